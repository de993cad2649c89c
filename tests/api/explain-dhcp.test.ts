import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { option } from '../../server/lib/dhcp/options.ts';
import { type Mac, parseMac } from '../../server/lib/mac.ts';
import { oneLine, startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { freeUdpPort } from '../support/free-port.ts';
import { httpGet } from '../support/phones.ts';
import { relayed, servedOnLoopback } from '../support/relayed-dhcp.ts';
import { ip } from '../support/requests.ts';
import type { Json } from './stage.ts';

const key = 'the-key-of-the-main-tenant';
const mac = parseMac('000fd3054848') as Mac;
const digium = option(60, 'digium_D40_1_4_0_0_57389');
const options = { 60: digium[1].toString('hex') };
const relay = '10.20.0.1';
/** A key may stand where an operator wrote it himself, in hexadecimal even: a comma makes that of the sub-option. */
const subnets = `{
  10.20.0.0/24: { pools: [{ range: 10.20.0.100-10.20.0.101, vendor: Digium }], routers: 10.20.0.1,
    options: { 43: '1=${`0x${Buffer.from(`a,${key}`).toString('hex')}`}', 160: 'https://x:hunter2@host/' } },
  10.21.0.0/24: { pools: [{ range: 10.21.0.100-10.21.0.101, vendor: Yealink }] } }`.replaceAll('\n', ' ');

let server: TestApp | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function start(set: readonly string[]): Promise<TestApp> {
  server = await startTestApp(['phones.url=http://provisioning.example.com', ...set]);
  const { tenants, configs } = server.app.core;
  await tenants.change(tenants.main.id, { provisioningKey: key });
  await configs.create({ id: 'auto', tenant: tenants.main.id, parents: [], role: 'autocreate', raw: oneLine('pw') });
  return server;
}

async function serve(...set: readonly string[]): Promise<{ at: TestApp; port: number }> {
  const port = await freeUdpPort();
  return { port, at: await start([...servedOnLoopback(port, subnets), ...set]) };
}

async function post({ app, data }: TestApp, path: string, body: object): Promise<{ status: number; text: string; json: Json }> {
  const url = app.addresses.find(({ name }) => name === 'admin')?.url ?? '';
  const token = readFileSync(join(data, 'admin.token'), 'utf8').trim();
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, text, json: text === '' ? undefined : JSON.parse(text) };
}

async function explain(at: TestApp, body: object): Promise<Json> {
  const { status, text, json } = await post(at, '/api/v1/explain', body);
  expect({ status, text: status === 200 ? '' : text }).toEqual({ status: 200, text: '' });
  for (const secret of [key, Buffer.from(key).toString('hex'), 'hunter2']) expect(text).not.toContain(secret);
  return json;
}

async function deviceOf({ app }: TestApp) {
  return (await app.core.devices.list({ where: { mac } })).devices[0];
}

test('where DHCP is off, a question of it is what the site’s DHCP server should tell, and it has no other place in an explanation', async () => {
  const at = await start([]);
  const json = await explain(at, { mac, options });
  expect(json).toMatchObject({
    verdict: expect.stringMatching(
      /^This server answers no DHCP \(dhcp\.mode: off\)\. The DHCP server of the phone’s network should/,
    ),
    advice: [{ command: 'offhook dhcp-config kea' }],
    dhcp: {
      mode: 'off',
      text: '',
      last: null,
      lease: null,
      answer: {
        kind: 'elsewhere',
        address: null,
        options: [{ code: 66, name: 'Server-Name', value: 'http://provisioning.example.com/[key]/Digium', from: 'package' }],
      },
    },
    would: [],
  });
  expect(await explain(at, { mac: '020000000001' })).toMatchObject({
    verdict:
      'This server answers no DHCP (dhcp.mode: off), and has nothing to say to this phone: no installed vendor package recognises it.',
    dhcp: { answer: { kind: 'elsewhere', options: [] } },
  });
  expect((await at.app.core.devices.list({})).total).toBe(0);
});

test('who only listens has heard a phone, says so, and tells what it would have told', async () => {
  const port = await freeUdpPort();
  const at = await start([
    'dhcp.mode=listen',
    'dhcp.interfaces=',
    `dhcp.port=${port}`,
    'phones.secrets_without_key=10.20.0.0/24',
  ]);
  const before = await explain(at, { mac, options });
  expect(before).toMatchObject({
    verdict: expect.stringMatching(/^This server only listens to DHCP \(dhcp\.mode: listen\)\./),
    would: [expect.stringMatching(/^make a device of it/), expect.stringMatching(/^give it a config of its own/)],
    dhcp: { text: 'No DHCP message of it was heard since this server started.', answer: { kind: 'elsewhere' } },
  });
  const chosen = [option(54, ip('10.20.0.9')), option(50, ip('10.20.0.77')), option(12, 'frontdesk')];
  await relayed(port, relay, mac, 'request', new Map([digium, ...chosen]));
  await eventually(() => expect(at.app.core.messages.last).toBe(1));
  const json = await explain(at, { device: (await deviceOf(at))?.id });
  expect(json).toMatchObject({
    verdict: expect.stringMatching(
      /^It asked another DHCP server for the address 10\.20\.0\.77, and has asked for no file\. When it asks/,
    ),
    dhcp: {
      text: 'It was only heard: this server answers nobody. The address is 10.20.0.77.',
      last: { type: 'REQUEST', how: 'heard', circuit: relay, host_name: 'frontdesk', vendor_class: 'digium_D40_1_4_0_0_57389' },
      answer: null,
    },
  });
});

test('a client is said to be offered what it would be, and nothing is given, noted or kept by that', async () => {
  const { at } = await serve();
  const state = async () => [
    (await at.app.core.devices.list({})).total,
    await at.app.core.store.leases.list(),
    at.app.core.messages.last,
    at.app.core.baseUrls.told.size,
  ];
  const before = await state();
  const question = { mac, options: { ...options, 55: '031b' }, relay };
  const json = await explain(at, question);
  expect(json).toMatchObject({
    request: { transport: 'dhcp', mac },
    verdict: 'It is offered 10.20.0.100, of 10.20.0.0/24, and is told where its files are.',
    advice: [],
    outcome: { kind: 'no-request' },
    dhcp: { mode: 'serve', answer: { kind: 'offered', address: '10.20.0.100', circuit: relay, left_out: [] } },
  });
  // Of the network’s own what the client asks for, and what the vendor says anyway.
  const told = json.dhcp?.answer?.options?.map(({ code, value, from }) => [code, value, from]);
  expect(told).toEqual([
    [54, '127.0.0.1', 'server'],
    [51, '86400', 'server'],
    [58, '43200', 'server'],
    [59, '75600', 'server'],
    [1, '255.255.255.0', 'subnet'],
    [3, '10.20.0.1', 'subnet'],
    [66, 'http://provisioning.example.com/[key]/Digium', 'package'],
  ]);
  for (let count = 0; count < 5; count++) expect(await explain(at, question)).toEqual(json);
  expect(await explain(at, { options, relay })).toMatchObject({ dhcp: { answer: { address: '10.20.0.100' } } });
  expect(await explain(at, { ...question, ip: '10.20.0.101' })).toMatchObject({ dhcp: { answer: { address: '10.20.0.101' } } });
  expect(await state()).toEqual(before);
});

test('an option that hides a key or a password is told without it, whoever wrote it and in whatever form', async () => {
  const { at } = await serve();
  const { dhcp } = await explain(at, { mac, options, relay });
  const values = dhcp?.answer?.options?.map(({ code, value }) => [code, value]);
  expect(values).toEqual(
    expect.arrayContaining([
      [43, '[secret]'],
      [160, '[secret]'],
    ]),
  );
});

test('what an operator says in the place of a vendor package is told as his, and tells phones as well where their files are', async () => {
  const own = '{ 10.20.0.0/24: { pools: 10.20.0.100-10.20.0.101, options: { 66: http://elsewhere } } }';
  const at = await start(servedOnLoopback(await freeUdpPort(), own));
  const { verdict, dhcp } = await explain(at, { mac, options, relay });
  expect(verdict).toBe('It is offered 10.20.0.100, of 10.20.0.0/24, and is told where its files are.');
  const told = dhcp?.answer?.options?.map(({ code, value, from }) => [code, value, from]);
  expect(told?.at(-1)).toEqual([66, 'http://elsewhere', 'subnet']);
  expect((await explain(at, { mac: '020000000001', relay })).verdict).toBe(
    'It is offered 10.20.0.100, of 10.20.0.0/24, but is not told where its files are: no installed vendor package recognises it.',
  );
});

test.each<[string, object, string, string | null]>([
  ['a network that is not served', { mac, options, relay: '10.99.0.1' }, 'dhcp.subnets has none for the relay 10.99.0.1', null],
  ['an interface that is in none', { mac, options, interface: 'lo' }, 'dhcp.subnets has none for the interface lo', null],
  [
    'a pool that is for others',
    { mac, options, relay: '10.21.0.1' },
    '10.21.0.0/24 has no address for it: none of its pools is for this client',
    null,
  ],
  [
    'a computer, where only phones are answered',
    { mac: '020000000001', relay },
    'it is no phone that is known (dhcp.known_only)',
    'offhook device add mac=02:00:00:00:00:01 config=NAME',
  ],
])('%s gets no answer, and it is said why', async (_, body, why, command) => {
  const { at } = await serve('dhcp.known_only=true');
  const json = await explain(at, body);
  expect(json).toMatchObject({ verdict: `It gets no answer: ${why}.`, dhcp: { answer: { kind: 'none', why, options: [] } } });
  expect(json.advice?.at(-1)?.command).toBe(command);
});

test('an interface on which nobody is answered is refused with those that there are', async () => {
  const { at } = await serve();
  expect(await post(at, '/api/v1/explain', { mac, interface: 'eth99' })).toMatchObject({
    status: 400,
    json: { code: 'dhcp-question-invalid', detail: 'DHCP is not served on the interface eth99 now; it is on lo' },
  });
  expect((await post(at, '/api/v1/explain', { mac, relay: 'fe80::1' })).json.detail).toContain('relay must be an IPv4 address');
  expect((await post(at, '/api/v1/explain', { path: '/x', relay })).json.detail).toContain('a request of its own');
});

test('a proxy tells options and gives no address', async () => {
  const at = await start(servedOnLoopback(await freeUdpPort(), subnets, 'proxy'));
  const json = await explain(at, { mac, options, relay });
  expect(json.verdict).toBe(
    'It gets no address here (dhcp.mode: proxy). When it asks for the rest alone (DHCPINFORM), it is told where its files are.',
  );
  expect(json.dhcp?.answer).toMatchObject({ kind: 'told', address: null, subnet: '10.20.0.0/24' });
  expect(json.dhcp?.answer?.options?.map(({ code }) => code)).toEqual([54, 1, 3, 43, 160, 66]);
});

test('of a phone that was not answered it is said why, until it asks for a file; a question of it comes from where it is', async () => {
  const { at, port } = await serve();
  const { core } = at.app;
  // One that nobody made is a device when it has an address.
  const { id: device } = await core.devices.create(core.tenants.main.id, { mac });
  await relayed(port, '10.21.0.1', mac, 'discover', new Map([digium]));
  await eventually(() => expect(core.messages.last).toBe(1));
  expect(await explain(at, { device })).toMatchObject({
    verdict: expect.stringMatching(
      /^It has no address from this server: its last DHCP message was not answered, because 10\.21\.0\.0\/24 has/,
    ),
    dhcp: { last: { type: 'DISCOVER', outcome: 'ignored', circuit: '10.21.0.1' }, lease: null },
  });
  expect(await explain(at, { mac })).toMatchObject({
    request: { options },
    dhcp: { answer: { kind: 'none', circuit: '10.21.0.1' } },
  });
  const file = `/${key}/Digium/${mac.replaceAll(':', '')}.cfg`;
  expect((await httpGet(at.http, file, '127.0.0.1', {})).status).toBe(200);
  expect((await explain(at, { device })).verdict).toMatch(/^It gets Digium\//);
});

test('a phone that was heard of in no way is said to be silent, where this server gives addresses', async () => {
  const { at } = await serve();
  const { core } = at.app;
  const { id } = await core.devices.create(core.tenants.main.id, { mac, vendor: 'Digium', model: 'D40' });
  const json = await explain(at, { device: id });
  expect(json.verdict).toMatch(
    /^Nothing was heard of it since this server started: neither DHCP nor a request for a file\. When it asks/,
  );
  expect(json.advice?.[0]?.command).toBe('offhook dhcp watch');
});

test('of a phone whose own DHCP server told of its lease, that is the last message', async () => {
  const at = await start([]);
  const told = { op: 'commit', ip: '10.0.0.7', mac, options: { ...options, 12: Buffer.from('frontdesk').toString('hex') } };
  expect((await post(at, '/api/v1/dhcp/leases', told)).status).toBe(204);
  const device = (await deviceOf(at))?.id;
  expect((await explain(at, { device })).dhcp).toMatchObject({
    text: 'Its DHCP server says that it has 10.0.0.7.',
    last: { type: 'commit', how: 'told', ip: '10.0.0.7', host_name: 'frontdesk' },
  });
  const other = await at.app.core.devices.create(at.app.core.tenants.main.id, { mac: parseMac('000fd3054849') as Mac });
  const silent = await explain(at, { device: other.id });
  expect([silent.verdict?.slice(0, 8), silent.dhcp?.text]).toEqual([
    'It gets ',
    'No DHCP server has told of it since this server started.',
  ]);
});
