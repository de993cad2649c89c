import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { Secret } from '../../server/lib/secret.ts';
import { type Destination, uriOf } from '../../server/sync/notify.ts';
import { type Order, type SenderOptions, SipSender } from '../../server/sync/sender.ts';
import { makePair, temporaryDirectory } from '../support/http-certificate.ts';
import { type Answer, locked, openStreamPhone, openUdpPhone, type PhonePeer } from './peers.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

/** T1 of a twentieth: what takes 32 s takes 1.6. */
/** For what takes its time; elsewhere nothing is sent twice, however slow the machine is. */
const quick = { timers: { t1: 25, t2: 200 } };

function sender(more: Partial<SenderOptions> = {}): SipSender {
  const made = new SipSender({ localAddress: async () => '127.0.0.1', ...more });
  cleanups.push(() => made.close());
  return made;
}

async function phone(answer: Answer, tls?: Parameters<typeof openStreamPhone>[1], transport: Destination['transport'] = 'udp') {
  const peer: PhonePeer = transport === 'udp' ? await openUdpPhone(answer) : await openStreamPhone(answer, tls);
  cleanups.push(() => peer.close());
  return { peer, to: { transport, host: '127.0.0.1', port: peer.port } as const };
}

const order = (to: Destination, more: Partial<Order> = {}): Order => ({
  notification: { event: 'check-sync;reboot=false' },
  to,
  uri: uriOf(to, '1001'),
  ...more,
});
const credentials = { username: '1001', password: new Secret('s3cret') };

test('a phone is told what its vendor calls it, as a NOTIFY that wants nothing more', async () => {
  const { peer, to } = await phone(() => ({ status: 200 }));
  const notification = {
    event: 'service-control',
    headers: [['X-Vendor', 'yes']] as const,
    contentType: 'text/plain',
    body: 'action=restart\n',
  };
  expect(await sender().tell(order(to, { notification }))).toEqual({ kind: 'accepted', status: 200 });
  const [request] = peer.seen;
  expect(request).toMatchObject({ method: 'NOTIFY', uri: `sip:1001@127.0.0.1:${peer.port}` });
  expect(request?.body.toString()).toBe('action=restart\n');
  const headers = Object.fromEntries(request?.headers.fields ?? []);
  expect(headers).toMatchObject({
    Event: 'service-control',
    'Subscription-State': 'terminated;reason=timeout',
    'Max-Forwards': '70',
    'Content-Type': 'text/plain',
    'X-Vendor': 'yes',
    To: `<sip:1001@127.0.0.1:${peer.port}>`,
    CSeq: '1 NOTIFY',
  });
  expect(headers.Via).toMatch(/^SIP\/2\.0\/UDP 127\.0\.0\.1:\d+;branch=z9hG4bK[\da-f]{24};rport$/);
});

test.each([
  [202, { kind: 'accepted', status: 202 }],
  [489, { kind: 'unsupported', status: 489 }],
  [405, { kind: 'unsupported', status: 405 }],
  [403, { kind: 'login-refused', status: 403 }],
  [481, { kind: 'refused', status: 481, reason: 'So' }],
  [302, { kind: 'refused', status: 302, reason: 'So' }],
])('%i is told as it is meant', async (status, outcome) => {
  const { to } = await phone(() => ({ status }));
  expect(await sender().tell(order(to))).toEqual(outcome);
});

test.each([
  [401, 'MD5', 'md5', 'udp'],
  [407, 'MD5', 'md5', 'udp'],
  [401, 'SHA-256', 'sha256', 'udp'],
  [407, 'SHA-256', 'sha256', 'tcp'],
] as const)('who asks with %i and %s is shown the login, over the same call', async (status, algorithm, hash, transport) => {
  const { peer, to } = await phone(
    locked({ username: '1001', password: 's3cret' }, { status, algorithm, hash }),
    undefined,
    transport,
  );
  expect(await sender().tell(order(to, { credentials }))).toEqual({ kind: 'accepted', status: 200 });
  expect(peer.seen.map(({ headers }) => headers.get('CSeq'))).toEqual(['1 NOTIFY', '2 NOTIFY']);
  expect(new Set(peer.seen.map(({ headers }) => headers.get('Call-ID'))).size).toBe(1);
  expect(new Set(peer.seen.map(({ headers }) => headers.get('Via'))).size).toBe(2);
  expect(JSON.stringify(peer.seen)).not.toContain('s3cret');
});

test.each([
  ['a wrong password', { credentials: { username: '1001', password: new Secret('wrong') } }],
  ['no login', {}],
])('with %s the login is refused, and not tried without end', async (_, more) => {
  const { peer, to } = await phone(locked({ username: '1001', password: 's3cret' }));
  expect(await sender().tell(order(to, more))).toEqual({ kind: 'login-refused', status: 401 });
  expect(peer.seen.length).toBeLessThanOrEqual(2);
});

test('nobody is sent the password itself', async () => {
  const { peer, to } = await phone(() => ({ status: 401, headers: [['WWW-Authenticate', 'Basic realm="phone"']] }));
  expect(await sender().tell(order(to, { credentials }))).toEqual({ kind: 'login-refused', status: 401 });
  expect(peer.seen).toHaveLength(1);
});

test('over UDP it is sent again until somebody answers: the same bytes, at growing intervals', async () => {
  const times: number[] = [];
  const { peer, to } = await phone((_, turn) => {
    times.push(performance.now());
    return turn < 4 ? undefined : { status: 200 };
  });
  expect(await sender(quick).tell(order(to))).toEqual({ kind: 'accepted', status: 200 });
  expect(new Set(peer.seen.map(({ headers }) => JSON.stringify(headers.fields))).size).toBe(1);
  expect(times.length).toBeGreaterThanOrEqual(4);
});

test('somebody who says that he is at work is waited for', async () => {
  const { peer, to } = await phone((_, turn) => (turn < 3 ? { status: 100 } : [{ status: 180 }, { status: 200 }]));
  expect(await sender(quick).tell(order(to))).toEqual({ kind: 'accepted', status: 200 });
  expect(peer.seen.length).toBeGreaterThanOrEqual(3);
});

test('silence is told as such, once it was tried as long as the standard says', async () => {
  const { peer, to } = await phone(() => undefined);
  expect(await sender(quick).tell(order(to))).toEqual({ kind: 'silent' });
  // 25, 50, 100, 200, 200 … of 1,600 milliseconds.
  expect(peer.seen.length).toBeGreaterThanOrEqual(6);
  expect(peer.seen.length).toBeLessThanOrEqual(12);
});

test('answers to somebody else, noise and copies are nobody’s', async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => socket.close(() => resolve(undefined))));
  socket.on('message', (bytes, { port }) => {
    const text = bytes.toString('latin1');
    const [, via = ''] = /^(Via: .*)\r$/m.exec(text) ?? [];
    const say = (status: number, first: string, sequence: string) =>
      socket.send(`SIP/2.0 ${status} So\r\n${first}\r\nCSeq: ${sequence}\r\nContent-Length: 0\r\n\r\n`, port, '127.0.0.1');
    say(500, via.replace(/branch=\w+/, 'branch=z9hG4bKother'), '1 NOTIFY');
    say(500, via, '1 OPTIONS');
    say(500, '', '1 NOTIFY');
    socket.send(Buffer.from([0, 1, 2, 255]), port, '127.0.0.1');
    socket.send(bytes, port, '127.0.0.1');
    for (let copy = 0; copy < 3; copy++) say(200, via, '1 NOTIFY');
  });
  const to = { transport: 'udp', host: '127.0.0.1', port: socket.address().port } as const;
  const one = sender();
  expect(await one.tell(order(to))).toEqual({ kind: 'accepted', status: 200 });
  expect(await one.tell(order(to))).toEqual({ kind: 'accepted', status: 200 });
});

test('many are told at once, and each outcome is that of its phone', async () => {
  const phones = await Promise.all(Array.from({ length: 40 }, (_, index) => phone(() => ({ status: 200 + index }))));
  const one = sender();
  const outcomes = await Promise.all(phones.map(({ to }) => one.tell(order(to))));
  expect(outcomes).toEqual(Array.from({ length: 40 }, (_, index) => ({ kind: 'accepted', status: 200 + index })));
});

test('over TCP it is told once, and where nobody listens at once', async () => {
  const { peer, to } = await phone(() => ({ status: 200 }), undefined, 'tcp');
  expect(await sender().tell(order(to))).toEqual({ kind: 'accepted', status: 200 });
  expect(peer.seen[0]?.uri).toBe(`sip:1001@127.0.0.1:${peer.port};transport=tcp`);
  await peer.close();
  cleanups.length = 1;
  expect(await sender().tell(order(to))).toMatchObject({ kind: 'unreachable', why: expect.stringContaining('ECONNREFUSED') });
});

test.each([
  ['closes', (socket: { destroy(): void }) => socket.destroy(), 'closed the connection'],
  [
    'speaks something else',
    (socket: { write(text: string): void }) => socket.write('HTTP/1.1 200 OK\r\n\r\n'),
    'another protocol',
  ],
])('who %s a connection is told of', async (_, act, why) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => act(socket as never));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const to = { transport: 'tcp', host: '127.0.0.1', port: (server.address() as { port: number }).port } as const;
  expect(await sender().tell(order(to))).toMatchObject({ kind: 'unreachable', why: expect.stringContaining(why) });
});

test('over TLS only a certificate that is believed is told, unless none need be', async () => {
  const pair = makePair(temporaryDirectory(), 'phone');
  const [cert, key] = [readFileSync(pair.certificate), readFileSync(pair.key)];
  const { peer, to } = await phone(() => ({ status: 200 }), { cert, key }, 'tls');
  expect(await sender().tell(order(to))).toMatchObject({ kind: 'unreachable', why: expect.stringContaining('self-signed') });
  expect(peer.seen).toEqual([]);
  expect(await sender({ tls: { ca: cert } }).tell(order(to))).toEqual({ kind: 'accepted', status: 200 });
  expect(peer.seen[0]?.uri).toBe(`sips:1001@127.0.0.1:${peer.port}`);
  expect(await sender({ tls: { rejectUnauthorized: false } }).tell(order(to))).toEqual({ kind: 'accepted', status: 200 });
});

test.each(['tcp', 'tls'] as const)('over %s it can be given up at any moment', async (transport) => {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const to = { transport, host: '127.0.0.1', port: (server.address() as { port: number }).port };
  // So that nothing else ends it before the test does.
  const patient = sender({ timers: { t1: 10_000, t2: 10_000 } });
  for (const signal of [AbortSignal.abort(), AbortSignal.timeout(100)])
    expect(await patient.tell(order(to), signal)).toEqual({ kind: 'unreachable', why: expect.stringContaining('given up') });
});

test('a sender that closes says so to who waits, and takes no more', async () => {
  const { to } = await phone(() => undefined);
  const closing = sender();
  const waiting = closing.tell(order(to));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await closing.close();
  expect(await waiting).toEqual({ kind: 'unreachable', why: 'The server ends' });
  expect(await closing.tell(order(to))).toEqual({ kind: 'unreachable', why: 'The server ends' });
});

test('a name that would be more than a name is escaped, and a header that would be two is refused', async () => {
  const { peer, to } = await phone(() => ({ status: 200 }));
  const uri = uriOf(to, 'a@b\r\nX: y é');
  expect(await sender().tell(order(to, { uri }))).toEqual({ kind: 'accepted', status: 200 });
  expect(peer.seen[0]?.uri).toBe(`sip:a%40b%0D%0AX%3A%20y%20%C3%A9@127.0.0.1:${peer.port}`);
  const notification = { event: 'check-sync\r\nX: y' };
  expect(await sender().tell(order(to, { notification }))).toMatchObject({ kind: 'unreachable' });
  expect(peer.seen).toHaveLength(1);
});
