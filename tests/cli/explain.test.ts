import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { option } from '../../server/lib/dhcp/options.ts';
import { type Mac, parseMac } from '../../server/lib/mac.ts';
import { raw, startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { freeUdpPort } from '../support/free-port.ts';
import { httpGet } from '../support/phones.ts';
import { relayed, servedOnLoopback } from '../support/relayed-dhcp.ts';
import { ip } from '../support/requests.ts';
import { offhook, type Ran } from './terminal.ts';
import { expectTranscript } from './transcripts.ts';

const password = 'marker-5up3r-s3cr3t';
const key = 'Blue-Kettle-4471';
const mac = '000fd3054848';
const file = `/Digium/${mac}.cfg`;

let server: TestApp | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

function put(data: string, name: string, text: string): void {
  mkdirSync(dirname(join(data, name)), { recursive: true });
  writeFileSync(join(data, name), text);
}

/** A server behind a proxy, which tells where phones come from; with a config for Alice that inherits from the site's. */
async function start(set: readonly string[] = [], data = mkdtempSync(join(tmpdir(), 'offhook-explain-'))): Promise<TestApp> {
  server = await startTestApp(['http.trusted_proxies=1', 'phones.url=http://provisioning.example.com', ...set], data);
  const { configs, tenants } = server.app.core;
  const tenant = tenants.main.id;
  const site = { timezone: 'Europe/Paris', locale: 'fr_FR', sip_proxy_ip: '192.168.1.5' };
  await configs.create({ id: 'site', tenant, parents: [], raw: raw(site) });
  const line = { username: 'alice', password, display_name: 'Alice Martin' };
  await configs.create({ id: 'alice', tenant, parents: ['site'], raw: raw({ sip_lines: { 1: line } }) });
  return server;
}

/** A device of the main tenant under an id of our own. */
async function add({ app }: TestApp, id: string, change: object): Promise<void> {
  await app.core.devices.create(app.core.tenants.main.id, change, id);
}

const macOf = (text: string) => parseMac(text) as Mac;

function ask({ http }: TestApp, path: string, from: string, agent = 'Digium D40 1.4.0.0'): ReturnType<typeof httpGet> {
  return httpGet(http, path, '127.0.0.1', { 'x-forwarded-for': from, 'user-agent': agent });
}

function on({ app, data }: TestApp, words: readonly string[], columns = 80): Promise<Ran> {
  const url = app.addresses.find(({ name }) => name === 'admin')?.url ?? '';
  return offhook([...words, '--server', url, '--data', data], '', { columns });
}

/** What a person at a terminal sees; times, and where this test has its data, are the same every time. */
async function transcript(where: TestApp, commands: readonly (readonly string[])[], columns?: number): Promise<string> {
  await where.app.core.sweep.idle();
  const pages = [];
  for (const words of commands) {
    const { code, out, err } = await on(where, words, columns);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).not.toContain(password);
    expect(out).not.toContain(key);
    const typed = words.map((word) => (/^[\w./:-]+$/.test(word) ? word : `'${word}'`)).join(' ');
    pages.push(`$ offhook ${typed}\n${out}`);
  }
  return pages
    .join('\n')
    .replaceAll(where.data, '/var/lib/offhook')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2026-11-22 09:14:05')
    .replaceAll(/ in [\d.]+ ms/g, ' in 1.2 ms');
}

const page = 'docs/troubleshooting.md';

test('a phone that gets what it should', async () => {
  const at = await start();
  await add(at, 'alices-phone', { mac: macOf(mac), model: 'D40', config: 'alice', description: 'Front desk' });
  expect((await ask(at, file, '192.168.1.20')).status).toBe(200);
  await eventually(async () => expect(await at.app.core.devices.deliveries('alices-phone')).toHaveLength(1));
  expectTranscript(page, 'it works', await transcript(at, [['explain', mac]]));
});

test('an unknown phone', async () => {
  const at = await start(['phones.unknown=refuse']);
  expect((await ask(at, file, '192.168.1.20')).status).toBe(404);
  const commands = [['requests'], ['explain', '--path', file, '--ip', '192.168.1.20']];
  expectTranscript(page, 'unknown phone', await transcript(at, commands));
});

test('a wrong key', async () => {
  const at = await start();
  await at.app.core.tenants.change(at.app.core.tenants.main.id, { provisioningKey: key });
  await add(at, 'alices-phone', { mac: macOf(mac), model: 'D40', config: 'alice' });
  expect((await ask(at, `/Blue-Kettle-4417${file}`, '203.0.113.20')).status).toBe(404);
  const commands = [['requests'], ['explain', '--path', `/Blue-Kettle-4417${file}`, '--ip', '203.0.113.20']];
  const text = await transcript(at, commands);
  expect(text.replaceAll(/^\$ .*$/gm, '')).not.toContain('Blue-Kettle');
  expectTranscript(page, 'wrong key', text);
});

test('two devices at one address', async () => {
  const data = mkdtempSync(join(tmpdir(), 'offhook-explain-'));
  const acme = {
    vendor: 'Acme',
    version: '1.0.0',
    macPrefixes: ['00:00:5e'],
    recognise: {},
    plugins: { 'acme-2': { series: [{ version: '2.0', models: { A1: { lines: 1 } } }] } },
    artefacts: [{ name: 'acme.cfg', template: 'phone.tpl', format: 'lines', secret: true, own: true }],
  };
  const definition = JSON.stringify(acme).replace('"recognise":{}', '"recognise":{path:[/^\\/acme\\.cfg$/]}');
  put(data, 'plugins/package.json', '{"type": "module"}');
  put(data, 'plugins/acme/plugin.js', `export default ${definition};`);
  put(data, 'plugins/acme/templates/phone.tpl', 'password = {{ lines[0].password }}\n');
  const at = await start(['phones.nat=true'], data);
  for (const [id, digits] of [
    ['reception', '00005e005301'],
    ['workshop', '00005e005302'],
  ] as const) {
    await add(at, id, { mac: macOf(digits), vendor: 'Acme', model: 'A1', ip: ip('192.168.1.1'), config: 'alice' });
  }
  expect((await ask(at, '/acme.cfg', '192.168.1.1', 'Acme A1')).status).toBe(404);
  const text = await transcript(at, [['explain', '--path', '/acme.cfg', '--ip', '192.168.1.1', '--user-agent', 'Acme A1']]);
  expectTranscript(page, 'two candidates by ip', text);
});

test('a template that fails', async () => {
  const data = mkdtempSync(join(tmpdir(), 'offhook-explain-'));
  put(data, 'templates/digium-2.8.1/phone.tpl', '<config>\n  <zone>{{ timezone.offset }}</zone>\n</config>\n');
  const at = await start([], data);
  await add(at, 'alices-phone', { mac: macOf(mac), model: 'D40', config: 'alice' });
  expect((await ask(at, file, '192.168.1.20')).status).toBe(503);
  expectTranscript(page, 'template error', await transcript(at, [['explain', mac]]));
});

test('a phone that is pinned to a plugin that is not installed', async () => {
  const at = await start();
  await add(at, 'alices-phone', { mac: macOf(mac), vendor: 'Digium', model: 'D40', plugin: 'digium-1.0.5', config: 'alice' });
  expect((await ask(at, file, '192.168.1.20')).status).toBe(404);
  expectTranscript(page, 'plugin not installed', await transcript(at, [['explain', mac]]));
});

test('a phone that no pattern recognises', async () => {
  const at = await start();
  const told = {
    'x-forwarded-for': '192.168.1.44',
    'user-agent': 'Example T1 3.2',
    'x-serial': '8001',
    authorization: 'Basic eA==',
  };
  await httpGet(at.http, `/prov/00005e005303.xml?token=${password}&try=1`, '127.0.0.1', told);
  expectTranscript(page, 'unrecognised', await transcript(at, [['requests'], ['requests', '--as-test']]));
});

const digium = option(60, 'digium_D40_1_4_0_0_57389');
const branch = '{ 10.20.0.0/24: { pools: 10.20.0.100-10.20.0.100, routers: 10.20.0.1, dns: 10.20.0.53 } }';

async function heardBy({ app }: TestApp, count: number): Promise<void> {
  await eventually(() => expect(app.core.messages.last).toBe(count));
}

test('a phone that gets no address, because none is left', async () => {
  const port = await freeUdpPort();
  const at = await start(servedOnLoopback(port, branch));
  await add(at, 'alices-phone', { mac: macOf(mac), vendor: 'Digium', model: 'D40', config: 'alice', description: 'Front desk' });
  const wanted = [option(54, ip('127.0.0.1')), option(50, ip('10.20.0.100')), option(12, 'printer')];
  const network = option(82, new Map([[5, Buffer.of(10, 20, 0, 0)]]));
  await relayed(port, '127.0.0.1', macOf('02005e005301'), 'request', new Map([...wanted, network]));
  await heardBy(at, 1);
  await relayed(port, '10.20.0.1', macOf(mac), 'discover', new Map([digium, option(12, 'frontdesk')]));
  await heardBy(at, 2);
  const leases = await transcript(at, [['dhcp', 'leases']]);
  const text = `${await transcript(at, [['explain', mac]])}\n${leases.replaceAll('127.0.0.1', '10.20.0.1')}`;
  expectTranscript(page, 'no address left', text);
});

test('a phone that has an address and asks for no file', async () => {
  const at = await start();
  await add(at, 'alices-phone', { mac: macOf(mac), vendor: 'Digium', model: 'D40', config: 'alice', description: 'Front desk' });
  const told = { op: 'commit', ip: '192.168.1.20', mac, options: { 60: digium[1].toString('hex') } };
  const url = at.app.addresses.find(({ name }) => name === 'admin')?.url ?? '';
  const { status } = await fetch(`${url}/api/v1/dhcp/leases`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${readFileSync(join(at.data, 'dhcp.token'), 'utf8').trim()}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(told),
  });
  expect(status).toBe(204);
  expectTranscript(page, 'address and no request', await transcript(at, [['explain', mac]]));
});

test('what a phone would be told over DHCP', async () => {
  const at = await start(servedOnLoopback(await freeUdpPort(), branch));
  await at.app.core.tenants.change(at.app.core.tenants.main.id, { provisioningKey: key });
  const words = ['explain', '--mac', mac, '--dhcp-60', 'digium_D40_1_4_0_0_57389', '--relay', '10.20.0.1'];
  const text = await transcript(at, [words]);
  expectTranscript(page, 'told over DHCP', text.replaceAll('127.0.0.1', '10.20.9.1'));
});
