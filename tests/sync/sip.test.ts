import { afterEach, expect, test } from '@jest/globals';
import { Secret } from '../../server/lib/secret.ts';
import { SipSender } from '../../server/sync/sender.ts';
import { phoneWay, serverWay } from '../../server/sync/sip.ts';
import type { Phone } from '../../server/sync/way.ts';
import { locked, openUdpPhone, type PhonePeer } from './peers.ts';

// With the timers of the standard: nothing is sent twice, however slow the machine is.
const sender = () => new SipSender({ localAddress: async () => '127.0.0.1' });
const credentials = { username: 'auth', password: new Secret('s3cret') };
const phone: Phone = { device: 'd', ip: '127.0.0.1', hasOwnAddress: true, account: '1001', user: '1001', transport: 'udp' };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});
async function open(...[answer]: Parameters<typeof openUdpPhone>): Promise<PhonePeer & { readonly sender: SipSender }> {
  const [peer, own] = [await openUdpPhone(answer), sender()];
  cleanups.push(peer.close, () => own.close());
  return { ...peer, sender: own };
}

test('a registrar is asked for the account under which the phone is registered, and shown its login', async () => {
  const peer = await open(locked({ username: 'auth', password: 's3cret' }));
  const registrar = { host: 'localhost', port: peer.port };
  const told = await serverWay('registrar', peer.sender).tell(
    { event: 'check-sync' },
    { ...phone, ip: '192.0.2.1', account: 'old', registrar, serverCredentials: credentials },
  );
  expect(told).toEqual({ kind: 'told', words: 'The registrar localhost answered 200' });
  expect(new Set(peer.seen.map(({ uri }) => uri))).toEqual(new Set([`sip:old@localhost:${peer.port}`]));
});

test('an outbound proxy is sent what is for the account at the registrar', async () => {
  const peer = await open(() => ({ status: 202 }));
  const outboundProxy = { host: '127.0.0.1', port: peer.port };
  const registrar = { host: 'pbx.example.com', port: null };
  expect(
    await serverWay('outbound-proxy', peer.sender).tell({ event: 'x' }, { ...phone, registrar, outboundProxy }),
  ).toMatchObject({ kind: 'told' });
  expect(peer.seen[0]?.uri).toBe('sip:1001@pbx.example.com:5060');
});

test.each<[string, Partial<Phone>, string]>([
  ['has fetched nothing yet', { account: undefined as never }, 'has fetched no account yet'],
  ['has no such server', {}, 'Its first line has no outbound proxy'],
])('a proxy is not asked for a phone that %s', async (_, change, why) => {
  const own = sender();
  cleanups.push(() => own.close());
  expect(await serverWay('outbound-proxy', own).tell({ event: 'x' }, { ...phone, ...change })).toEqual({
    kind: 'impossible',
    why: expect.stringContaining(why),
  });
});

test('a server whose name nobody knows is told as such', async () => {
  const own = sender();
  cleanups.push(() => own.close());
  const registrar = { host: 'nobody.invalid', port: null };
  expect(await serverWay('registrar', own).tell({ event: 'x' }, { ...phone, registrar })).toEqual({
    kind: 'unreachable',
    why: expect.stringContaining('The registrar nobody.invalid could not be reached'),
  });
});

test.each([
  [404, { kind: 'refused', why: 'The registrar 127.0.0.1 answered 404 So' }],
  [489, { kind: 'unsupported', why: 'The registrar 127.0.0.1 does not know the event x (489)' }],
  [403, { kind: 'login-refused', why: expect.stringContaining('does not take that of the first line (403)') }],
])('what a registrar says is told: %i', async (status, told) => {
  const peer = await open(() => ({ status }));
  const registrar = { host: '127.0.0.1', port: peer.port };
  expect(await serverWay('registrar', peer.sender).tell({ event: 'x' }, { ...phone, registrar })).toEqual(told);
});

test('a phone is not told at an address that others share, or that nobody knows', async () => {
  const peer = await open(() => ({ status: 200 }));
  const way = phoneWay(peer.sender, { transport: 'udp', port: peer.port });
  const { ip, ...elsewhere } = phone;
  expect(await way.tell({ event: 'x' }, { ...phone, hasOwnAddress: false })).toMatchObject({ kind: 'impossible' });
  expect(await way.tell({ event: 'x' }, elsewhere)).toMatchObject({ kind: 'impossible' });
  expect(peer.seen).toEqual([]);
});

test('headers of a vendor are sent, and stand in place of ours', async () => {
  const peer = await open(() => ({ status: 200 }));
  const headers = [
    ['Subscription-State', 'active'],
    ['X-Vendor', '1'],
  ] as const;
  await phoneWay(peer.sender, { transport: 'udp', port: peer.port }).tell(
    { event: 'service-control', headers, contentType: 'text/plain', body: 'action=restart\n' },
    phone,
  );
  const [request] = peer.seen;
  expect(request?.headers.all('Subscription-State')).toEqual(['active']);
  expect([request?.headers.get('X-Vendor'), request?.headers.get('Content-Type')]).toEqual(['1', 'text/plain']);
  expect(String(request?.body)).toBe('action=restart\n');
});
