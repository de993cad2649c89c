import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type BuiltServer, startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/phones.ts';
import { ok, openPbx, type Pbx } from '../sync/pbx.ts';
import { openUdpPhone, type PhonePeer } from '../sync/peers.ts';

const execute = promisify(execFile);
const program = join(import.meta.dirname, '../../dist/server/main.js');
const size = 40;
const macOf = (number: number) => `000fd30001${String(number).padStart(2, '0')}`;
const ipOf = (number: number) => `127.0.2.${number + 1}`;
const fetchFile = (number: number) => httpGet(server.http, `/Digium/${macOf(number)}.cfg`, ipOf(number));

let server: BuiltServer;
let phones: PhonePeer;
let pbx: Pbx;

beforeAll(async () => {
  // All phones on one socket; each fetches its file again as soon as it is told to.
  phones = await openUdpPhone(({ uri }) => {
    const number = Number(/127\.0\.2\.(\d+):/.exec(uri)?.[1]) - 1;
    if (number === 7) return { status: 489 };
    void fetchFile(number);
    return { status: 200 };
  }, '0.0.0.0');
  pbx = await openPbx((action) => {
    if (action.Action === 'PJSIPNotify') void fetchFile(Number(action.Endpoint));
    return ok(action);
  });
  server = await startBuiltServer([
    `sync.port=${phones.port}`,
    `sync.pbxs={pbx: {kind: asterisk, host: 127.0.0.1, port: ${pbx.port}, username: offhook, secret: s3cret}}`,
    'sync.tenant_ways={north: [pbx]}',
    'sync.per_second=200',
    'deliveries.flush_seconds=1',
  ]);
  const common = { id: 'common', raw_config: { sip_proxy_ip: '192.0.2.20', locale: 'en_US' } };
  expect((await server.ask('/api/v1/configs', common)).status).toBe(201);
  const rows = Array.from({ length: size }, (_, number) => number);
  for (const number of rows) {
    const line = { username: String(number), password: 's3cret', display_name: 'Alice', proxy_ip: '192.0.2.20' };
    const config = { id: `c${number}`, parent_ids: ['common'], raw_config: { sip_lines: { 1: line } } };
    expect((await server.ask('/api/v1/configs', config)).status).toBe(201);
    const device = { id: `d${number}`, mac: macOf(number), vendor: 'Digium', model: 'D40', config: `c${number}` };
    expect((await server.ask('/api/v1/devices', device)).status).toBe(201);
  }
  for (const number of rows) expect((await fetchFile(number)).status).toBe(200);
  await eventually(async () => expect(await count('in-sync')).toBe(size));
}, 60_000);
afterAll(async () => {
  await server.stop();
  await phones.close();
  await pbx.close();
});

async function count(sync: string): Promise<number> {
  return ((await (await server.ask(`/api/v1/devices?limit=1&sync=${sync}`)).json()) as { total: number }).total;
}
async function changeAll(locale: string): Promise<void> {
  const common = { raw_config: { sip_proxy_ip: '192.0.2.20', locale } };
  expect((await server.ask('/api/v1/configs/common', common, 'PUT')).status).toBe(200);
  await eventually(async () => expect(await count('out-of-sync')).toBe(size));
}
async function offhook(...words: string[]) {
  const place = ['--server', `http://127.0.0.1:${server.admin}`, '--data', server.data];
  return execute(process.execPath, [program, ...words, ...place]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

test('a change of what all inherit makes all phones out of sync, and they fetch it when they are told in waves', async () => {
  await changeAll('fr_FR');
  const { code, stdout, stderr } = await offhook(
    'device',
    'resync',
    '--out-of-sync',
    '--waves',
    '2,25%',
    '--tolerance',
    '50',
    '--patience',
    '20',
  );
  expect(stdout).toContain(`${size - 1} of ${size} devices told and in sync.`);
  expect([code, stderr]).toEqual([1, expect.stringContaining('1 device is not in sync')]);
  expect(stdout).toMatch(/Could not be told: 1\n.*does not know the event check-sync \(489\)/s);
  expect(await count('out-of-sync')).toBe(1);
  const metrics = await (await server.ask('/metrics')).text();
  expect(metrics).toContain(`\noffhook_phones_told_total{way="phone",outcome="told"} ${size - 1}\n`);
  expect(metrics).toContain('\noffhook_phones_told_total{way="phone",outcome="unsupported"} 1\n');
  const page = (await offhook('device', 'show', macOf(7))).stdout;
  expect(page).toMatch(/^stuck +The phone at 127\.0\.2\.8 does not know the event check-sync \(489\)$/m);
}, 60_000);

test('the phones of a tenant are told by its PBX, as the accounts that they fetched', async () => {
  const before = phones.seen.length;
  const tenant = (await (await server.ask('/api/v1/tenants', { name: 'north' })).json()) as { id: string };
  const line = { username: String(size), password: 's3cret', display_name: 'Bob', proxy_ip: '192.0.2.20' };
  const config = (name: string) => ({
    tenant: tenant.id,
    raw_config: { locale: 'fr_FR', sip_lines: { 1: { ...line, display_name: name } } },
  });
  expect((await server.ask('/api/v1/configs', { id: 'north', ...config('Bob') })).status).toBe(201);
  const device = { id: 'north', tenant: tenant.id, mac: macOf(size), vendor: 'Digium', model: 'D40', config: 'north' };
  expect((await server.ask('/api/v1/devices', device)).status).toBe(201);
  expect((await fetchFile(size)).status).toBe(200);
  const isInSync = async (word: string) =>
    eventually(async () =>
      expect((await offhook('device', 'show', 'north')).stdout).toMatch(new RegExp(`^in sync +${word}$`, 'm')),
    );
  await isInSync('yes');
  const { tenant: _, ...changed } = config('Robert');
  expect((await server.ask('/api/v1/configs/north', changed, 'PUT')).status).toBe(200);
  await isInSync('no');
  expect(await offhook('device', 'resync', 'north')).toMatchObject({
    code: 0,
    stdout: `It reads its configuration anew: Asterisk tells ${size}: Done.\n`,
  });
  await isInSync('yes');
  expect(pbx.actions.map(({ Action, Endpoint, Variable }) => [Action, Endpoint, Variable])).toEqual([
    ['Login', undefined, undefined],
    ['PJSIPNotify', String(size), 'Event=check-sync'],
  ]);
  expect(phones.seen).toHaveLength(before);
});
