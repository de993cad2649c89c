import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { RecentMessage } from '../../server/pipeline/recent-messages.ts';
import { dhcp, ip, request } from '../support/requests.ts';
import { ask, complete, openStage, PASSWORD, type Stage } from './stage.ts';

const key = 'the-key-of-the-main-tenant';
const file = '/Digium/000fd3054848.cfg';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

async function explain(body: object) {
  const { status, json, text } = await ask(stage, 'POST', '/api/v1/explain', body);
  expect({ status, text: status === 200 ? '' : text }).toEqual({ status: 200, text: '' });
  return json;
}

async function makePhone(): Promise<void> {
  await ask(stage, 'POST', '/api/v1/configs', { id: 'site', parent_ids: [], raw_config: { sip_proxy_ip: '192.0.2.5' } });
  const alice = { id: 'alice', parent_ids: ['site'], raw_config: { sip_lines: complete.sip_lines } };
  expect((await ask(stage, 'POST', '/api/v1/configs', alice)).status).toBe(201);
  const phone = { id: 'desk1', mac: '000fd3054848', vendor: 'Digium', model: 'D40', config: 'alice' };
  expect((await ask(stage, 'POST', '/api/v1/devices', phone)).status).toBe(201);
  await stage.settled();
}

test('a request is explained as facts: who it is and by which pattern, candidates, config with origins, templates, outcome', async () => {
  await makePhone();
  const json = await explain({ path: file, ip: '10.0.0.7', headers: { 'User-Agent': 'Digium D40' } });
  expect(json).toMatchObject({
    request: { at: null, transport: 'http', ip: '10.0.0.7', path: file, headers: { 'user-agent': 'Digium D40' }, key: 'none' },
    verdict: expect.stringMatching(/^It gets Digium\/000fd3054848\.cfg, [\d,]+ bytes, for the first time\.$/),
    outcome: { kind: 'file', file: 'Digium/000fd3054848.cfg', digest: expect.stringMatching(/^[\da-f]{64}$/) },
    would: ['note its address 10.0.0.7', 'note what it fetched', 'write a line into the security log'],
    obstacles: [],
    recognition: {
      facts: { vendor: 'Digium', mac: '00:0f:d3:05:48:48' },
      evidence: [{ package: 'digium', place: 'path', pattern: expect.stringContaining('(?<mac>') }],
      mac_prefix_vendor: 'Digium',
      contradictions: [],
    },
    device: { id: 'desk1', found_by: 'mac', address_owner: null },
    plugin: { id: 'digium-2.8.1', installed: true, pinned: false },
    config: { id: 'alice', from: 'own', chain: ['site', 'alice'], missing: [], complaints: [] },
    files: [
      {
        name: 'Digium/000fd3054848.cfg',
        secret: true,
        templates: [
          { name: '000fd3054848.cfg.tpl', layers: [] },
          { name: 'D40.tpl', layers: [] },
          { name: 'phone.tpl', layers: ['digium/phone.tpl'] },
        ],
        delivered: null,
      },
      { name: 'Digium/000fd3054848-contacts.xml' },
    ],
  });
  expect(json.candidates?.map((each) => [each.plugin, each.score])).toEqual([
    ['digium-2.8.1', 500],
    ['digium-1.4.0.0', 500],
    ['digium-1.1.0.0', 500],
  ]);
  expect(json.config?.origins).toMatchObject({ sip_proxy_ip: 'site', 'sip_lines.1.username': 'alice' });
});

test('the digest is that of the file that the API shows', async () => {
  await makePhone();
  const { json } = await ask(stage, 'GET', '/api/v1/devices/desk1');
  expect((await explain({ device: 'desk1' })).outcome?.digest).toBe(json.files?.[0]?.digest);
});

test('no password, no key and no credential is in an explanation', async () => {
  await ask(stage, 'PATCH', `/api/v1/tenants/${stage.main}`, { provisioning_key: key });
  await makePhone();
  const headers = { referer: `http://10.0.0.1/${key}/x`, 'x-api-key': 'hunter2' };
  const { text } = await ask(stage, 'POST', '/api/v1/explain', { path: `/${key}${file}?password=hunter2&a=${key}`, headers });
  expect(JSON.parse(text)).toMatchObject({
    request: {
      path: file,
      query: 'password=[secret]&a=[key]',
      headers: { referer: 'http://10.0.0.1/[key]/x', 'x-api-key': '[secret]' },
      key: 'valid',
      tenant: stage.main,
    },
    config: { raw_config: { sip_lines: { 1: { username: '1001', password: '[secret]' } } } },
  });
  for (const secret of [PASSWORD, key, 'hunter2']) expect(text).not.toContain(secret);
});

test('a device is explained by its last request, with its key, and what is said besides stands in its place', async () => {
  await makePhone();
  expect((await explain({ device: 'desk1' })).request).toMatchObject({
    at: null,
    transport: 'http',
    path: file,
    ip: '127.0.0.1',
  });
  await ask(stage, 'PATCH', `/api/v1/tenants/${stage.main}`, { provisioning_key: key });
  const last = request({ transport: 'tftp', path: '/Digium/000fd3054848-contacts.xml', ip: '203.0.113.9' });
  stage.recent.note('desk1', last, stage.main, { kind: 'no-file' }, 1);
  const recorded = await explain({ device: 'desk1' });
  expect(recorded.request).toMatchObject({ at: expect.any(String), transport: 'tftp', ip: '203.0.113.9', key: 'valid' });
  expect(recorded.outcome).toMatchObject({ kind: 'file', file: 'Digium/000fd3054848-contacts.xml' });
  const changed = await explain({ device: 'desk1', path: file });
  expect(changed.request).toMatchObject({ at: null, transport: 'tftp', ip: '203.0.113.9', path: file, key: 'none' });
  expect(changed.obstacles).toEqual([{ kind: 'untrusted', why: expect.any(String) }]);
});

test('a device without files of its own is explained as if its MAC address were told', async () => {
  await ask(stage, 'POST', '/api/v1/devices', { id: 'odd', mac: '000fd3054849', plugin: 'gone-1' });
  const json = await explain({ device: 'odd' });
  expect(json).toMatchObject({ device: { id: 'odd', found_by: 'mac' }, outcome: { kind: 'no-plugin' } });
  expect(json.verdict).toBe('It gets nothing: its plugin gone-1 is not installed (an operator chose it).');
  expect(json.advice?.[0]?.command).toBe('offhook device set 00:0f:d3:05:48:49 plugin=');
  expect(json.advice?.at(-1)?.text).toBe('The vendor package sad is installed but broken: vendor: must be a text.');
});

test('what DHCP tells is explained in hexadecimal, without a file', async () => {
  const options = { 60: Buffer.from('digium_D40_1_4_0_0_57389').toString('hex') };
  const json = await explain({ mac: '000fd3054848', options });
  expect(json).toMatchObject({
    request: { transport: 'dhcp', mac: '00:0f:d3:05:48:48', options },
    recognition: { facts: { vendor: 'Digium', model: 'D40', version: '1.4.0.0.57389', mac: '00:0f:d3:05:48:48' } },
    candidates: [{ plugin: 'digium-1.4.0.0', score: 600 }, {}, {}],
    outcome: { kind: 'no-request' },
  });
});

test.each<[string, object, string]>([
  ['nothing', {}, 'Say what is to be explained'],
  ['only an address', { ip: '10.0.0.1' }, 'Say what is to be explained'],
  ['an address that is none', { path: '/x', ip: 'here' }, 'ip must be an IPv4 or IPv6 address'],
  ['DHCP and a path', { path: '/x', mac: '000fd3054848' }, 'a request of its own'],
  ['an option that is not in hexadecimal', { options: { 60: 'digium' } }, 'must be in hexadecimal'],
  ['an option with another code', { options: { 0: '00' } }, 'must be the code of a DHCP option'],
  ['a header that is no text', { path: '/x', headers: { a: 1 } }, 'headers'],
  ['a path that climbs', { path: '/../x' }, 'is no name that a file can have'],
  ['what there is not', { path: '/x', colour: 'red' }, 'there is no such field'],
])('%s is refused with what is wrong', async (_, body, why) => {
  const { status, json } = await ask(stage, 'POST', '/api/v1/explain', body);
  expect({ status, code: json.code, detail: json.detail }).toEqual({
    status: 400,
    code: 'body-invalid',
    detail: expect.stringContaining(why),
  });
});

test('a device that there is not is a problem', async () => {
  expect((await ask(stage, 'POST', '/api/v1/explain', { device: 'nobody' })).json.code).toBe('device-unknown');
  expect((await ask(stage, 'GET', '/api/v1/devices/nobody/requests')).json.code).toBe('device-unknown');
});

test('the last requests are listed, the latest first, with what they are recognised as', async () => {
  await makePhone();
  const query = `token=hunter2&mac=1`;
  stage.recent.note('desk1', request({ path: '/1' }), undefined, { kind: 'no-file' }, 1.234567);
  const kept = stage.recent.note('desk1', request({ path: file, query }), stage.main, { kind: 'file', file: 'f', bytes: 9 }, 1);
  kept.takenMs = 12;
  const told = dhcp({ 60: 'digium_D40_1_4_0_0_57389' });
  stage.recent.note(undefined, { ...told, ip: ip('10.0.0.9') }, undefined, { kind: 'no-plugin' }, 1);

  const ofDevice = (await ask(stage, 'GET', '/api/v1/devices/desk1/requests')).json;
  expect(ofDevice).toMatchObject({ requests: [{ path: file }, { path: '/1' }], total: 2 });
  expect(ofDevice.requests?.[0]).toMatchObject({
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    query: 'token=[secret]&mac=1',
    facts: { vendor: 'Digium', mac: '00:0f:d3:05:48:48' },
    outcome: { kind: 'file', file: 'f', bytes: 9 },
    answered_ms: 1,
    taken_ms: 12,
    tenant: stage.main,
  });
  expect(ofDevice.requests?.[1]).toMatchObject({ answered_ms: 1.23, taken_ms: null });
  const unrecognised = (await ask(stage, 'GET', '/api/v1/requests/unrecognised')).json;
  expect(unrecognised).toMatchObject({ requests: [{ transport: 'dhcp', ip: '10.0.0.9', facts: { model: 'D40' } }], total: 1 });
  expect((await ask(stage, 'GET', '/api/v1/devices/desk1/requests?limit=1&sort=at')).json).toMatchObject({
    requests: [{ path: '/1' }],
    total: 2,
  });
});

test('where no package serves a phone, it is said how repositories are searched', async () => {
  await ask(stage, 'POST', '/api/v1/devices', { id: 'new', mac: '0004f2000001', vendor: 'Poly com' });
  const known = await explain({ device: 'new' });
  expect(known.verdict).toBe('It gets nothing: no installed plugin supports a phone of Poly com.');
  expect(known.advice?.[0]?.command).toBe("offhook plugin search 'Poly com'");
  const unknown = await explain({ transport: 'http', path: '/nobody-knows.cfg', ip: '203.0.113.77' });
  expect(unknown.verdict).toContain('no pattern of an installed vendor package recognises this request');
  expect(unknown.advice?.map(({ command }) => command)).toContain('offhook plugin search');
});

const dhcpMessage = { at: Date.now(), type: 'REQUEST', how: 'served', outcome: 'ignored', device: 'desk1' } as const;

test.each<[string, Partial<RecentMessage>, string, string | null]>([
  [
    'took another server’s offer',
    { why: 'it chose the server 10.0.0.9', reason: 'other-server' },
    'It takes its address from another DHCP server: it chose the server 10.0.0.9.',
    null,
  ],
  [
    'was refused',
    { outcome: 'refused', ip: ip('10.0.0.7'), why: 'another client has the address', reason: 'held' },
    'It has no address: its request for 10.0.0.7 was refused, because another client has the address.',
    'offhook dhcp leases',
  ],
  [
    'found a stranger at its address',
    { type: 'DECLINE', outcome: 'noted', ip: ip('10.0.0.7') },
    'It has no address: it found that somebody else uses 10.0.0.7, which it was given.',
    'offhook dhcp leases --state declined',
  ],
  [
    'did not come for what it was offered',
    { type: 'DISCOVER', outcome: 'offered', ip: ip('10.0.0.7') },
    'It was offered 10.0.0.7 over DHCP, and did not request it.',
    'offhook explain --mac 00:0f:d3:05:48:48',
  ],
  [
    'is only heard to look for an address',
    { type: 'DISCOVER', how: 'heard', outcome: 'noted' },
    'It looks for an address, and was not heard to take one: it seems that no DHCP server answers it.',
    'offhook dhcp watch --mac 00:0f:d3:05:48:48',
  ],
  [
    'is served and fetched nothing',
    { outcome: 'acknowledged', ip: ip('10.0.0.7') },
    'It got the address 10.0.0.7 over DHCP, and has asked for no file.',
    'offhook explain --mac 00:0f:d3:05:48:48',
  ],
])('of a phone that %s over DHCP that is said first, until it asks for a file', async (_, message, verdict, command) => {
  await makePhone();
  stage.messages.note({ ...dhcpMessage, ...message });
  const json = await explain({ device: 'desk1' });
  expect(json.verdict).toMatch(new RegExp(`^${verdict.replaceAll('.', '\\.')} When it asks for its file, it gets Digium/`));
  expect(json.advice?.[0]?.command).toBe(command);
  expect((await explain({ device: 'desk1', path: file })).verdict).toMatch(/^It gets Digium/);
  stage.recent.note('desk1', request({ path: file, ip: '10.0.0.7' }), undefined, { kind: 'no-file' }, 1);
  expect((await explain({ device: 'desk1' })).verdict).toMatch(/^It gets Digium/);
});

test.each<[string, Partial<RecentMessage>]>([
  ['asked a proxy for an address', { type: 'DISCOVER', why: 'a proxy gives none', reason: 'proxy' }],
  ['gave its address back', { type: 'RELEASE', outcome: 'noted', ip: ip('10.0.0.7') }],
  ['is another', { device: 'desk2', why: 'all are given away', reason: 'exhausted' }],
])('a phone that %s is none that has trouble with DHCP', async (_, message) => {
  await makePhone();
  stage.messages.note({ ...dhcpMessage, ...message });
  expect((await explain({ device: 'desk1' })).verdict).toMatch(/^It gets Digium/);
});
