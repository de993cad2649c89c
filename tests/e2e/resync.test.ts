import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MEDIA_TYPE } from '../../server/api/provd/answer.ts';
import { type BuiltServer, startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/phones.ts';
import { type Answered, openUdpPhone, type PhonePeer } from '../sync/peers.ts';

const execute = promisify(execFile);
const program = join(import.meta.dirname, '../../dist/server/main.js');
const path = '/Digium/000fd3000001.cfg';
let server: BuiltServer;
let phone: PhonePeer;
/** What the phone says next time. */
let says: Answered = { status: 200 };

beforeAll(async () => {
  // It fetches its file again as soon as it is told to.
  phone = await openUdpPhone(() => {
    if (says.status === 200) void httpGet(server.http, path, '127.0.0.1');
    return says;
  });
  server = await startBuiltServer([`sync.port=${phone.port}`, 'deliveries.flush_seconds=1']);
  const line = { username: 'u1', password: 's3cret', display_name: 'Alice', proxy_ip: '192.0.2.20' };
  const config = { id: 'auto', role: 'autocreate', parent_ids: [], raw_config: { sip_lines: { 1: line } } };
  expect((await server.ask('/api/v1/configs', config)).status).toBe(201);
  expect((await httpGet(server.http, path, '127.0.0.1')).status).toBe(200);
  await eventually(async () => expect(await device()).toMatchObject({ configured: true }));
}, 60_000);
afterAll(async () => {
  await server.stop();
  await phone.close();
});

const device = async () => {
  const { devices } = (await (await server.ask('/api/v1/devices')).json()) as { devices: { id: string; configured: boolean }[] };
  return devices[0];
};
async function offhook(...words: string[]) {
  const place = ['--server', `http://127.0.0.1:${server.admin}`, '--data', server.data];
  return execute(process.execPath, [program, ...words, ...place]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

test('a phone that is told to by an operator fetches its file again', async () => {
  const before = phone.seen.length;
  expect(await offhook('device', 'resync', '000fd3000001')).toMatchObject({
    code: 0,
    stdout: 'It reads its configuration anew: The phone at 127.0.0.1 answered 200.\n',
  });
  expect(new Set(phone.seen.slice(before).map(({ uri }) => uri))).toEqual(new Set([`sip:u1@127.0.0.1:${phone.port}`]));
  const { id } = (await device()) ?? { id: '' };
  await eventually(async () => {
    const { requests } = (await (await server.ask(`/api/v1/devices/${id}/requests`)).json()) as { requests: { times: number }[] };
    expect(requests.at(-1)).toMatchObject({ times: 2 });
  });
});

test('whether a phone has its files as they are now is known and counted', async () => {
  const counted = async (of: BuiltServer) =>
    Object.fromEntries(
      [...(await (await of.ask('/metrics')).text()).matchAll(/^offhook_devices\{sync="([\w-]+)"\} (\d+)$/gm)].map(
        ([, sync, count]) => [sync, Number(count)],
      ),
    );
  const isInSync = async (of: BuiltServer, inSync: boolean) =>
    eventually(async () => {
      const { devices } = (await (await of.ask('/api/v1/devices')).json()) as { devices: object[] };
      expect(devices).toMatchObject([{ in_sync: inSync }]);
    });
  await isInSync(server, true);
  expect(await counted(server)).toEqual({ 'in-sync': 1, 'out-of-sync': 0, unfetched: 0 });
  const list = async (filter: string) => (await offhook('device', 'list', filter)).stdout;
  const { config } = ((await device()) ?? {}) as { config?: string };
  const current = (await (await server.ask(`/api/v1/configs/${config}`)).json()) as { raw_config: { sip_lines: object } };
  const line = { username: 'u1', password: 's3cret', display_name: 'Alice Smith', proxy_ip: '192.0.2.20' };
  const changed = await server.ask(
    `/api/v1/configs/${config}`,
    { raw_config: { ...current.raw_config, sip_lines: { 1: line } } },
    'PUT',
  );
  expect(changed.status).toBe(200);
  await isInSync(server, false);
  expect(await counted(server)).toEqual({ 'in-sync': 0, 'out-of-sync': 1, unfetched: 0 });
  expect(await list('--out-of-sync')).toContain('00:0f:d3:00:00:01');
  expect((await offhook('device', 'show', '000fd3000001')).stdout).toMatch(/^stuck +Its files have changed since its phone/m);

  expect(await offhook('device', 'resync', '000fd3000001')).toMatchObject({ code: 0 });
  await isInSync(server, true);
  expect(await list('--out-of-sync')).toContain('There are no such devices');
});

test('an operator reads what the phone said instead', async () => {
  says = { status: 489, reason: 'Bad Event' };
  const { code, stderr } = await offhook('device', 'resync', '000fd3000001');
  expect(code).toBe(1);
  expect(stderr).toContain('The phone at 127.0.0.1 does not know the event check-sync (489)');
  says = { status: 200 };
});

test('a client of provd synchronises it', async () => {
  const { id } = (await device()) ?? { id: '' };
  const provd = (method: string, where: string, body?: object) =>
    fetch(`http://127.0.0.1:${server.admin}${where}`, {
      method,
      headers: {
        'x-auth-token': readFileSync(join(server.data, 'admin.token'), 'utf8').trim(),
        ...(body && { 'content-type': MEDIA_TYPE }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
  const begun = await provd('POST', '/0.2/dev_mgr/synchronize', { id });
  expect(begun.status).toBe(201);
  await eventually(async () => {
    expect(await (await provd('GET', begun.headers.get('location') ?? '')).json()).toEqual({ status: 'success' });
  });
});

test('the server ends while a phone is waited for', async () => {
  says = { status: 100 };
  const { id } = (await device()) ?? { id: '' };
  const { status } = await server.ask(`/api/v1/devices/${id}/resync`, {});
  expect(status).toBe(202);
  expect(await server.stop()).toBe(0);
});
