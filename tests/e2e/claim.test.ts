import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type BuiltServer, startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/phones.ts';
import { locked, openUdpPhone, type PhonePeer } from '../sync/peers.ts';

const path = '/Digium/000fd3000001.cfg';
let server: BuiltServer;
let phone: PhonePeer;
/** What the phone fetched last: it knows itself by that. */
let file = '';

async function boot(): Promise<void> {
  const { status, body } = await httpGet(server.http, path, '127.0.0.1');
  expect(status).toBe(200);
  file = body.toString();
}

/** Who the phone is by its file: as that it is asked for a login, and shows it. */
const account = () =>
  file.includes('1001') ? { username: '1001', password: 'pw-alice' } : { username: 'autoprov', password: 'pw-waiting' };

const line = (username: string, password: string) => ({
  sip_lines: { 1: { username, password, display_name: 'N', proxy_ip: '192.0.2.20' } },
});

beforeAll(async () => {
  // Whoever knows its login makes it fetch its file again.
  phone = await openUdpPhone((request, turn) => {
    const answer = locked(account())(request, turn);
    const isTaken = answer !== undefined && 'status' in answer && answer.status === 200;
    if (isTaken) void boot();
    return answer;
  });
  server = await startBuiltServer([`sync.port=${phone.port}`, 'deliveries.flush_seconds=1', 'workers=2']);
  const waiting = { id: 'auto', role: 'autocreate', parent_ids: [], raw_config: line('autoprov', 'pw-waiting') };
  expect((await server.ask('/api/v1/configs', waiting)).status).toBe(201);
  const alice = { id: 'alice', code: '004711', parent_ids: [], raw_config: line('1001', 'pw-alice') };
  expect((await server.ask('/api/v1/configs', alice)).status).toBe(201);
}, 60_000);
afterAll(async () => {
  await server.stop();
  await phone.close();
});

async function registered(): Promise<unknown> {
  const { devices } = (await (await server.ask('/api/v1/devices?ip=127.0.0.1')).json()) as { devices: { account: unknown }[] };
  return devices[0]?.account;
}

interface Claimed {
  readonly device: string;
  readonly config: string;
  readonly operation: { readonly id: string };
}

async function ended({ operation: { id } }: Claimed): Promise<unknown> {
  return eventually(async () => {
    const operation = (await (await server.ask(`/api/v1/operations/${id}`)).json()) as { ended: string | null };
    expect(operation.ended).not.toBeNull();
    return operation;
  });
}

test('a phone that nobody prepared is somebody’s by a code, and nobody’s again', async () => {
  await boot();
  expect(file).toContain('pw-waiting');
  expect(file).not.toContain('pw-alice');
  // Its login is shown where it was seen, and another worker saw it.
  await eventually(async () => {
    const { devices } = (await (await server.ask('/api/v1/devices')).json()) as { devices: object[] };
    expect(devices).toMatchObject([{ seen: { ip: '127.0.0.1' }, in_sync: true }]);
  });

  const wrong = await server.ask('/api/v1/claims', { code: '0000', phone: { ip: '127.0.0.1' } });
  expect(wrong.status).toBe(404);

  const claimed = await server.ask('/api/v1/claims', { code: '004711', phone: { username: 'autoprov' } });
  expect(claimed.status).toBe(202);
  const claim = (await claimed.json()) as Claimed;
  expect(claim).toMatchObject({ config: 'alice' });
  // Its old login was right, once the phone had asked for it.
  expect(await ended(claim)).toMatchObject({ state: 'success', steps: [{ label: 'render' }], result: { way: 'phone' } });
  const before = phone.seen.length;
  expect(new Set(phone.seen.map(({ uri }) => uri))).toEqual(new Set([`sip:autoprov@127.0.0.1:${phone.port}`]));
  await eventually(async () => expect(file).toContain('pw-alice'));
  // It is registered by that now, and another worker has written it down.
  await eventually(async () => expect(await registered()).toBe('1001'));

  expect((await server.ask('/api/v1/claims', { code: '004711', phone: { username: '1001' } })).status).toBe(409);

  const released = await server.ask('/api/v1/claims/release', { phone: { username: '1001' } });
  expect(released.status).toBe(202);
  expect(await ended((await released.json()) as Claimed)).toMatchObject({ state: 'success' });
  expect(new Set(phone.seen.slice(before).map(({ uri }) => uri))).toEqual(new Set([`sip:1001@127.0.0.1:${phone.port}`]));
  await eventually(async () => expect(file).toContain('pw-waiting'));
  expect(file).not.toContain('pw-alice');
}, 60_000);

test('of many phones that dial one code at once, one has it', async () => {
  const macs = Array.from({ length: 8 }, (_, index) => `000fd30001${String(index).padStart(2, '0')}`);
  const get = (mac: string, index: number) => httpGet(server.http, `/Digium/${mac}.cfg`, `127.0.1.${index + 1}`);
  for (const { status } of await Promise.all(macs.map(get))) expect(status).toBe(200);
  const answers = await Promise.all(macs.map((mac) => server.ask('/api/v1/claims', { code: '004711', phone: { mac } })));
  expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(macs.length - 1).fill(409)]);
  const files = await Promise.all(macs.map(get));
  expect(files.filter(({ body }) => body.toString().includes('pw-alice'))).toHaveLength(1);
}, 60_000);
