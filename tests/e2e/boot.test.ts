import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseMac } from '../../server/lib/mac.ts';
import { oneLine, raw, startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet, tftpGet } from '../support/phones.ts';
import { combinations, fetchWith } from '../support/tftp-clients.ts';

const run = promisify(execFile);

let server: TestApp;
let folder: string;

beforeAll(async () => {
  server = await startTestApp();
  folder = mkdtempSync(join(tmpdir(), 'offhook-phone-'));
  const { configs, devices, tenants } = server.app.core;
  const tenant = tenants.main.id;
  await configs.create({ id: 'base', tenant, parents: [], raw: raw({ timezone: 'America/Montreal', locale: 'fr_CA' }) });
  await configs.create({ id: 'auto', tenant, parents: ['base'], role: 'autocreate', raw: oneLine('auto-pw', 'Not assigned') });
  await configs.create({ id: 'alice', tenant, parents: ['base'], raw: oneLine('alice-pw') });
  await devices.create(tenant, { mac: parseMac('000fd3054848') ?? null, config: 'alice' }, 'alices-phone');
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const name = 'Digium/000fd3054848.cfg';
type Phone = [label: string, fetch: () => Promise<Buffer>];

const overHttp = (label: string, ...flags: string[]): Phone => [
  label,
  async () => {
    const answer = await run('curl', ['-sf', ...flags, `http://127.0.0.1:${server.http}/${name}`], { encoding: 'buffer' });
    return answer.stdout;
  },
];
const phones: Phone[] = [
  overHttp('curl over HTTP'),
  overHttp('curl over HTTP/1.0', '-0'),
  ...combinations.map(
    ({ client, flags }): Phone => [
      ['TFTP by', client, ...flags].join(' '),
      () => fetchWith({ client, flags, filename: name, port: server.tftp, folder }),
    ],
  ),
];

test.each(phones)('a Digium D40 played by %s gets exactly its own configuration', async (_label, fetch) => {
  const text = (await fetch()).toString();
  expect(text).toContain('password="alice-pw"');
  expect(text).toContain('<setting id="time_zone" value="America/Montreal" />');
  expect(text).toContain(`<contacts url="http://127.0.0.1:${server.http}/Digium/000fd3054848-contacts.xml" id="internal" />`);
  expect(text).toBe((await httpGet(server.http, `/${name}`, '127.0.0.1')).body);
});

test('what a phone learns in one place it keeps: vendor, address, plugin', async () => {
  await httpGet(server.http, `/${name}`, '127.0.0.1');
  const device = await server.app.core.devices.get('alices-phone');
  expect(device).toMatchObject({ vendor: 'Digium', ip: '127.0.0.1', plugin: 'digium-2.8.1', config: 'alice' });
});

test('a phone that nobody knows is created, associated, given a config and served in one request', async () => {
  const { status, body } = await httpGet(server.http, '/Digium/000fd3aaaaaa.cfg', '127.0.0.3');
  expect([status, body.includes('line_label="Not assigned"'), body.includes('auto-pw')]).toEqual([200, true, true]);
  const [device] = (await server.app.core.devices.list({ where: { mac: parseMac('000fd3aaaaaa') } as never })).devices;
  expect(device).toMatchObject({ vendor: 'Digium', ip: '127.0.0.3', added: 'auto', plugin: 'digium-2.8.1' });
  const config = await server.app.core.configs.get(device?.config ?? '');
  expect(config).toMatchObject({ parents: ['auto'], transient: true });
});

test('and over TFTP likewise', async () => {
  const { status, body } = await tftpGet(server.tftp, 'Digium/000fd3aaaaab.cfg', '127.0.0.4');
  expect([status, body.includes('auto-pw')]).toEqual([200, true]);
});

test('a change of the base config is on the phone’s next request, and ready before it comes', async () => {
  const { configs, sweep, devices } = server.app.core;
  const before = await httpGet(server.http, `/${name}`, '127.0.0.1');
  await configs.replace('base', { parents: [], raw: raw({ timezone: 'Asia/Kolkata', locale: 'fr_CA' }) });
  const after = await httpGet(server.http, `/${name}`, '127.0.0.1');
  expect(after.body).toContain('value="Asia/Kolkata"');
  expect(after.headers.etag).not.toBe(before.headers.etag);
  await sweep.idle();
  expect((await devices.get('alices-phone'))?.condition).toEqual({ configured: true });
});

test('a phone that has its file already is told so, and that counts as having it', async () => {
  const first = await httpGet(server.http, `/${name}`, '127.0.0.1');
  const again = await httpGet(server.http, `/${name}`, '127.0.0.1', { 'if-none-match': first.headers.etag ?? '' });
  expect([again.status, again.body]).toEqual([304, '']);
  await eventually(async () => {
    const [delivery] = await server.app.core.devices.deliveries('alices-phone');
    expect(`"${delivery?.digest}"`).toBe(first.headers.etag);
  });
});

test('what was taken is noted with digest, address and transport, over both transports', async () => {
  await httpGet(server.http, `/${name}`, '127.0.0.1');
  const last = async () => (await server.app.core.devices.deliveries('alices-phone'))[0];
  const overHttp = await eventually(async () => {
    expect(await last()).toMatchObject({ artefact: name, ip: '127.0.0.1', transport: 'http' });
    return last();
  });
  expect(overHttp?.digest).toMatch(/^[\da-f]{64}$/);
  await tftpGet(server.tftp, name, '127.0.0.1');
  await eventually(async () => expect(await last()).toMatchObject({ transport: 'tftp', digest: overHttp?.digest }));
});

test('a config that goes missing, or is not complete, shows at once and in words', async () => {
  const { configs, devices, sweep, tenants } = server.app.core;
  const tenant = tenants.main.id;
  const condition = async () => {
    await sweep.idle();
    return (await devices.get('bobs-phone'))?.condition;
  };
  await configs.create({ id: 'bob', tenant, parents: ['bobs-vlan'], raw: oneLine('bob-pw') });
  await devices.create(tenant, { mac: parseMac('000fd3bbbbbb') ?? null, vendor: 'Digium', config: 'bob' }, 'bobs-phone');
  expect(await condition()).toEqual({ configured: true });

  await configs.create({ id: 'bobs-vlan', tenant, parents: ['bobs-id'], raw: raw({ vlan_enabled: true, vlan_id: 3 }) });
  await configs.create({ id: 'bobs-id', tenant, parents: [], raw: raw({ vlan_id: 3 }) });
  await configs.replace('bobs-vlan', { parents: ['bobs-id'], raw: raw({ vlan_enabled: true }) });
  await eventually(async () => expect(await condition()).toEqual({ configured: true }));
  await configs.remove('bobs-id');
  await eventually(async () =>
    expect(await condition()).toMatchObject({ configured: false, problem: expect.stringContaining('vlan_id') }),
  );
  expect((await httpGet(server.http, '/Digium/000fd3bbbbbb.cfg', '127.0.0.5')).status).toBe(503);

  await configs.remove('bob');
  await eventually(async () =>
    expect(await condition()).toEqual({ configured: false, problem: 'Its config bob does not exist' }),
  );
  expect((await httpGet(server.http, '/Digium/000fd3bbbbbb.cfg', '127.0.0.5')).status).toBe(404);
});

test('the server starts again with all it had', async () => {
  const { data } = server;
  await server.app.close();
  server = await startTestApp([], data);
  const { status, body } = await httpGet(server.http, `/${name}`, '127.0.0.1');
  expect([status, body.includes('alice-pw')]).toEqual([200, true]);
});
