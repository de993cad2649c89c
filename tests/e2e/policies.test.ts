import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { type Mac, parseMac } from '../../server/lib/mac.ts';
import { oneLine, raw, startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet, tftpGet } from '../support/phones.ts';

let server: TestApp | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const macOf = (text: string) => parseMac(text) as Mac;

/** A server with a config for unknown phones. */
async function start(set: readonly string[] = [], data?: string): Promise<TestApp> {
  server = await startTestApp(set, data);
  const { configs, tenants } = server.app.core;
  await configs.create({ id: 'auto', tenant: tenants.main.id, parents: [], role: 'autocreate', raw: oneLine('auto-pw') });
  return server;
}

function put(data: string, file: string, text: string): string {
  const path = join(data, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

test('held, an unknown phone is kept for the operator and gets nothing of its own until it is approved', async () => {
  const { app, http } = await start(['phones.unknown=hold']);
  expect((await httpGet(http, '/Digium/000fd3000001.cfg')).status).toBe(404);
  const [device] = await app.core.devices.list({}).then(({ devices }) => devices);
  expect(device).toMatchObject({ approved: false, vendor: 'Digium' });
  expect((await httpGet(http, '/Digium/000fd3000001-contacts.xml')).status).toBe(404);
  await app.core.devices.change(device?.id ?? '', { approved: true });
  expect((await httpGet(http, '/Digium/000fd3000001.cfg')).body).toContain('auto-pw');
});

test('refused, an unknown phone leaves no trace, and a known one is served', async () => {
  const { app, http } = await start(['phones.unknown=refuse']);
  expect((await httpGet(http, '/Digium/000fd3000001.cfg')).status).toBe(404);
  expect((await app.core.devices.list({})).total).toBe(0);
  await app.core.devices.create(app.core.tenants.main.id, { mac: macOf('000fd3000001') });
  expect((await httpGet(http, '/Digium/000fd3000001.cfg')).body).toContain('auto-pw');
});

test('a phone that asks by date gets what changed, also when a parent or a key went away and left no date', async () => {
  const { app, http } = await start();
  const { configs, devices, tenants } = app.core;
  const tenant = tenants.main.id;
  await configs.create({ id: 'site', tenant, parents: [], raw: raw({ sip_dtmf_mode: 'SIP-INFO' }) });
  await configs.create({ id: 'alice', tenant, parents: ['site'], raw: oneLine('alice-pw') });
  await devices.create(tenant, { mac: macOf('000fd3000001'), config: 'alice', vendor: 'Digium', model: 'D40' });
  const ask = (headers = {}) => httpGet(http, '/Digium/000fd3000001.cfg', '127.0.0.2', headers);
  const dated = async () => ({ 'if-modified-since': String((await ask()).headers['last-modified']) });

  const before = await dated();
  expect(Date.parse(before['if-modified-since'])).toBeLessThanOrEqual(Date.now());
  await configs.remove('site');
  expect((await ask(before)).status).toBe(200);
  const between = await dated();
  await tenants.change(tenant, { provisioningKey: 'Abcdefgh12345678' });
  expect((await ask(between)).body).toContain('Abcdefgh12345678');
  const after = await dated();
  await tenants.change(tenant, { provisioningKey: null });
  expect((await ask(after)).body).not.toContain('Abcdefgh12345678');
  // By the tag it is known at once, by the date from the next second on.
  await eventually(async () => expect((await ask(await dated())).status).toBe(304));
});

test('behind NAT many phones come from one address, and each gets its own', async () => {
  const { app, http, tftp } = await start(['phones.nat=true']);
  for (const mac of ['000fd3000001', '000fd3000002', '000fd3000003']) {
    expect((await httpGet(http, `/Digium/${mac}.cfg`)).body).toContain(`${mac}-contacts.xml`);
    expect((await tftpGet(tftp, `Digium/${mac}.cfg`)).body).toContain(`${mac}-contacts.xml`);
  }
  expect((await app.core.devices.list({})).devices.map(({ ip }) => ip)).toEqual(['127.0.0.2', '127.0.0.2', '127.0.0.2']);
});

test('two phones that exchanged their addresses get their files once the hold has passed', async () => {
  const { http } = await start(['phones.address_hold_seconds=1']);
  const ask = (mac: string, from: string) => httpGet(http, `/Digium/${mac}.cfg`, from);
  expect((await ask('000fd3000001', '127.0.0.2')).status).toBe(200);
  expect((await ask('000fd3000002', '127.0.0.3')).status).toBe(200);
  expect((await ask('000fd3000001', '127.0.0.3')).status).toBe(404);
  await eventually(async () => {
    const answers = [await ask('000fd3000001', '127.0.0.3'), await ask('000fd3000002', '127.0.0.2')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });
});

test('secrets go without a key only into the networks that the settings name', async () => {
  const { app, http } = await start(['phones.secrets_without_key=127.0.0.2']);
  await app.core.tenants.change(app.core.tenants.main.id, { provisioningKey: 'a-key-of-ours' });
  expect((await httpGet(http, '/Digium/000fd3000001.cfg', '127.0.0.2')).status).toBe(200);
  expect((await httpGet(http, '/Digium/000fd3000002.cfg', '127.0.0.3')).status).toBe(404);
  const keyed = await httpGet(http, '/a-key-of-ours/Digium/000fd3000002.cfg', '127.0.0.3');
  expect(keyed.body).toContain(`http://127.0.0.1:${http}/a-key-of-ours/Digium/000fd3000002-contacts.xml`);
});

test('a tenant’s new key is in what its phones are told at once, and the old one is worth nothing', async () => {
  const { app, http } = await start(['phones.secrets_without_key=192.0.2.0/24']);
  const { tenants } = app.core;
  await tenants.change(tenants.main.id, { provisioningKey: 'the-first-key' });
  expect((await httpGet(http, '/the-first-key/Digium/000fd3000001.cfg')).body).toContain('/the-first-key/Digium/');
  await tenants.change(tenants.main.id, { provisioningKey: 'the-second-key' });
  expect((await httpGet(http, '/the-first-key/Digium/000fd3000001.cfg')).status).toBe(404);
  expect((await httpGet(http, '/the-second-key/Digium/000fd3000001.cfg')).body).toContain('/the-second-key/Digium/');
});

test('phones are told the URL of the settings, wherever they came from', async () => {
  const { http, tftp } = await start(['phones.url=https://prov.example.com/phones/']);
  for (const answer of [await httpGet(http, '/Digium/000fd3000001.cfg'), await tftpGet(tftp, 'Digium/000fd3000001.cfg')]) {
    expect(answer.body).toContain('"https://prov.example.com/phones/Digium/000fd3000001-contacts.xml"');
  }
});

test('firmware images are sent from the folder of the plugin, whole and in ranges, over both transports', async () => {
  const { data, http, tftp } = await start();
  const image = 'Digium/firmware/2_8_1_D40_firmware.eff';
  const bytes = 'firmware'.repeat(1_000);
  put(data, `images/digium-2.8.1/${image}`, bytes);
  put(data, 'images/digium-1.4.0.0/Digium/firmware/old.eff', 'old');
  put(data, 'secret', 'secret');
  symlinkSync(join(data, 'secret'), join(data, 'images/digium-2.8.1/Digium/link.eff'));
  expect((await httpGet(http, `/${image}`)).body).toBe(bytes);
  expect((await httpGet(http, `/${image}`, '127.0.0.2', { range: 'bytes=8-15' })).body).toBe('firmware');
  expect((await tftpGet(tftp, image)).body).toBe(bytes);
  expect((await httpGet(http, '/Digium/firmware/old.eff')).body).toBe('old');
  for (const path of ['/Digium/link.eff', '/Digium/firmware', '/Digium/firmware/', '/Digium/firmware/none.eff']) {
    expect((await httpGet(http, path)).status).toBe(404);
  }
});

test('an operator’s template stands before the package’s: for one phone, for a model, for all', async () => {
  const { app, data, http } = await start();
  const ask = async () => (await httpGet(http, '/Digium/000fd3000001.cfg')).body;
  await ask();
  const [device] = (await app.core.devices.list({})).devices;
  await app.core.devices.change(device?.id ?? '', { model: 'D40' });
  const folder = `templates/${device?.plugin}`;
  expect(await ask()).toContain('<config>');
  for (const [file, text] of [
    ['phone.tpl', 'for all {{ lines[0].displayName }}'],
    ['D40.tpl', 'for the model {% include "phone.tpl" %}'],
    ['000fd3000001.cfg.tpl', 'for one'],
  ] as const) {
    put(data, `${folder}/${file}`, text);
    await app.reload();
    expect(await ask()).toBe(
      text.replace('{{ lines[0].displayName }}', 'Alice').replace('{% include "phone.tpl" %}', 'for all Alice'),
    );
  }
});

test('a template that fails is told with its file and line, and without a value', async () => {
  const { app, data, http } = await start();
  put(data, 'templates/digium-2.8.1/phone.tpl', '<config>\n{{ lines[0].password.nothing.at.all }}</config>');
  await app.reload();
  expect((await httpGet(http, '/Digium/000fd3000001.cfg')).status).toBe(503);
  await app.core.sweep.idle();
  const [device] = (await app.core.devices.list({})).devices;
  expect(device?.condition).toMatchObject({
    configured: false,
    problem: expect.stringMatching(/templates\/digium-2\.8\.1\/phone\.tpl:2/),
  });
  expect(JSON.stringify(device?.condition)).not.toContain('auto-pw');
});

test('two broken packages beside a good one: one clear line each, and the good one serves', async () => {
  const data = mkdtempSync(join(tmpdir(), 'offhook-e2e-'));
  put(data, 'plugins/package.json', '{"type": "module"}');
  put(data, 'plugins/throws/plugin.js', 'throw new Error("no licence found");');
  put(data, 'plugins/wrong/plugin.js', 'export default { vendor: "Wrong" };');
  const { http } = await start([], data);
  expect((await httpGet(http, '/Digium/000fd3000001.cfg')).status).toBe(200);
  const lines = await eventually(() => {
    const broken = readFileSync(join(data, 'offhook.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('plugin.broken'));
    expect(broken).toHaveLength(2);
    return broken.map((line) => JSON.parse(line) as { msg: string });
  });
  expect(lines[0]?.msg).toBe('the vendor package throws is disabled: its code cannot be loaded: no licence found');
  expect(lines[1]?.msg).toMatch(/^the vendor package wrong is disabled: version: /);
});

test('a steady phone writes nothing to the store', async () => {
  const { data, http } = await start(['deliveries.flush_seconds=3600']);
  const ask = () => httpGet(http, '/Digium/000fd3000001.cfg');
  await ask();
  await ask();
  await server?.app.core.sweep.idle();
  const wal = join(data, 'offhook.sqlite-wal');
  const before = readFileSync(wal);
  utimesSync(wal, 0, 0);
  for (let count = 0; count < 50; count++) expect((await ask()).status).toBe(200);
  expect(readFileSync(wal).equals(before)).toBe(true);
});

test('a config of another tenant does not exist for a device, and one of the main tenant does', async () => {
  const { app, http } = await start();
  const { configs, devices, tenants } = app.core;
  const other = (await tenants.create('other')).id;
  await configs.create({ id: 'others', tenant: other, parents: [], raw: oneLine('others-pw') });
  await configs.create({ id: 'shared', tenant: tenants.main.id, parents: [], raw: oneLine('shared-pw') });
  await devices.create(tenants.main.id, { mac: macOf('000fd3000001'), config: 'others' });
  await devices.create(other, { mac: macOf('000fd3000002'), config: 'shared' });
  expect((await httpGet(http, '/Digium/000fd3000001.cfg', '127.0.0.2')).status).toBe(404);
  expect((await httpGet(http, '/Digium/000fd3000002.cfg', '127.0.0.3')).body).toContain('shared-pw');
});

test('an unknown phone does not take an address that is another’s, nor one that is told from outside', async () => {
  const { app, http } = await start(['http.trusted_proxies=1']);
  const ask = (mac: string, ip: string) => httpGet(http, `/Digium/${mac}.cfg`, '127.0.0.1', { 'x-forwarded-for': ip });
  const addresses = async () => Object.fromEntries((await app.core.devices.list({})).devices.map(({ mac, ip }) => [mac, ip]));
  expect((await ask('000fd3000001', '10.0.0.1')).status).toBe(200);
  expect((await ask('000fd3000002', '10.0.0.1')).status).toBe(404);
  expect((await ask('000fd3000003', '203.0.113.7')).status).toBe(404);
  expect(await addresses()).toEqual({
    '00:0f:d3:00:00:01': '10.0.0.1',
    '00:0f:d3:00:00:02': undefined,
    '00:0f:d3:00:00:03': undefined,
  });
  expect((await ask('000fd3000002', '10.0.0.2')).status).toBe(200);
  expect((await ask('000fd3000001', '10.0.0.1')).status).toBe(200);
});
