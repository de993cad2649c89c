import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { offhookProgram } from '../../server/cli/program.ts';
import { parseMac } from '../../server/lib/mac.ts';
import { ask, openStage, PASSWORD, type Stage, TOKEN } from '../api/stage.ts';
import { ip } from '../support/requests.ts';
import { openPlace, type Place } from './place.ts';
import { noHost, offhook, type Ran } from './terminal.ts';

let here: Place;
let stage: Stage;
let data: string;
beforeEach(async () => {
  here = await openPlace();
  ({ stage, data } = here);
});
afterEach(() => here.close());

const place = () => here.words;

/** Runs a command on the server of the test. */
function on(...words: string[]): Promise<Ran> {
  return offhook([...words, ...place()]);
}

/** The same, which must succeed. */
async function done(...words: string[]): Promise<string> {
  const ran = await on(...words);
  expect({ words, ...ran }).toMatchObject({ code: 0, err: '' });
  await stage.settled();
  return ran.out;
}

async function makeAlice(): Promise<void> {
  await done('config', 'set', 'site', 'sip_proxy_ip=192.0.2.5', 'locale=fr_FR');
  const account = [`sip_lines.1.username=1001`, `sip_lines.1.password=${PASSWORD}`, 'sip_lines.1.display_name=Alice'];
  await done('config', 'set', 'alice', '--parent', 'site', ...account);
  await done('device', 'add', '--id', 'desk1', 'mac=000fd3054848', 'vendor=Digium', 'model=D40', 'config=alice', 'serial=S1');
}

// Devices -----------------------------------------------------------------------------------------------------------------------

test('a device is added, listed, shown, changed and removed', async () => {
  await makeAlice();
  expect(await done('device', 'list')).toBe(
    [
      'MAC                IP  MODEL       FIRMWARE  PLUGIN        STATE       IN SYNC  ID',
      '00:0f:d3:05:48:48  -   Digium D40  -         digium-2.8.1  configured  -        desk1',
      '',
    ].join('\n'),
  );
  await done('device', 'set', 'desk1', 'description=Front desk', 'options.switchboard=true', 'X_room:={"floor": 2}', 'serial=');
  const page = await done('device', 'show', 'desk1');
  for (const line of [
    /^description +Front desk$/m,
    /^tenant +main$/m,
    /^serial +-$/m,
    /^state +configured$/m,
    /^options\.switchboard +true$/m,
    /^X_room\.floor +2$/m,
    /^Digium\/000fd3054848\.cfg +digium\/phone\.tpl +never fetched$/m,
  ]) {
    expect(page).toMatch(line);
  }
  await done('device', 'remove', 'desk1');
  expect(await done('device', 'list')).toBe('There are no such devices.\n');
});

test.each(['desk1', '00:0F:D3:05:48:48', '000fd3054848', '000f.d305.4848', '10.0.0.9', 'S1', 'U-1'])(
  'a device is meant by %s',
  async (text) => {
    await makeAlice();
    await done('device', 'set', 'desk1', 'ip=10.0.0.9', 'uuid=u-1');
    expect(JSON.parse(await done('device', 'show', text, '--json')).id).toBe('desk1');
  },
);

test('a word that means no device, or several, is an error that says what to do', async () => {
  const { code, err } = await on('device', 'show', 'nobody');
  expect(code).toBe(1);
  expect(err).toBe(
    'offhook: No device has the id, MAC address, IP address, serial number or UUID nobody; offhook device list shows all\n',
  );
  await done('device', 'add', '--id', 'a', 'serial=S');
  await done('device', 'add', '--id', 'b', 'serial=S');
  expect((await on('device', 'set', 'S', 'model=D40')).err).toBe(
    'offhook: Several devices have the serial S; say which by its id: a, b\n',
  );
});

test('what a phone fetched is shown, and whether it is what it should have', async () => {
  await makeAlice();
  const { json } = await ask(stage, 'GET', '/api/v1/devices/desk1');
  const note = { device: 'desk1', ip: ip('10.0.0.7'), transport: 'tftp', own: true };
  stage.devices.noteDelivery({ ...note, artefact: 'Digium/000fd3054848.cfg', digest: String(json.files?.[0]?.digest) });
  stage.devices.noteDelivery({ ...note, artefact: 'Digium/000fd3054848-contacts.xml', digest: 'old' });
  const page = await done('device', 'show', 'desk1');
  expect(page).toMatch(/^Digium\/000fd3054848\.cfg +digium\/phone\.tpl +in sync$/m);
  expect(page).toMatch(/^Digium\/000fd3054848-contacts\.xml +digium\/contacts\.tpl +changed since it was fetched$/m);
  expect(page).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +Digium\/000fd3054848\.cfg +tftp +10\.0\.0\.7$/m);
});

test('those that fetched other files than they would get now are listed, and why they are stuck is shown', async () => {
  await makeAlice();
  await done('device', 'add', '--id', 'desk2', 'mac=000fd3054849', 'vendor=Digium', 'model=D40', 'config=alice');
  for (const [id, mac] of [
    ['desk1', '000fd3054848'],
    ['desk2', '000fd3054849'],
  ]) {
    const { json } = await ask(stage, 'GET', `/api/v1/devices/${id}`);
    const digest = String(json.files?.find((file) => file.name === `Digium/${mac}.cfg`)?.digest);
    const sent = { device: String(id), artefact: `Digium/${mac}.cfg`, ip: ip('10.0.0.7'), transport: 'http', own: true };
    stage.devices.noteDelivery({ ...sent, digest: id === 'desk1' ? digest : 'old' });
  }
  await stage.flush();
  const listed = await done('device', 'list', '--out-of-sync');
  expect(listed).toMatch(/ no +desk2$/m);
  expect(listed).not.toContain('desk1');
  expect(await done('device', 'show', 'desk1')).toMatch(/^in sync +yes$/m);
  const page = await done('device', 'show', 'desk2');
  expect(page).toMatch(/^in sync +no$/m);
  expect(page).toMatch(/^stuck +Its files have changed since its phone fetched them \(.*\), and it was not told$/m);
});

test('a device whose files cannot be made says why', async () => {
  await done('device', 'add', '--id', 'sad', 'mac=00005e005301', 'vendor=Acme', 'model=M1');
  const page = await done('device', 'show', 'sad');
  expect(page).toMatch(/^state +failing$/m);
  expect(page).toMatch(/^problem +\S/m);
  expect(page).toMatch(/^acme\/00005e005301\.cfg .*cannot be made$/m);
});

test('a held device and a pinned plugin are told apart', async () => {
  await done('device', 'add', '--id', 'new', 'approved=false', 'plugin=digium-1.1.0.0');
  const page = await done('device', 'show', 'new');
  expect(page).toMatch(/^state +held$/m);
  expect(page).toMatch(/^plugin +digium-1\.1\.0\.0 \(chosen by an operator\)$/m);
});

test('a list is filtered, sorted and cut, and says that it was cut', async () => {
  await done('tenant', 'add', 'north');
  for (const id of ['a', 'b', 'c']) await done('device', 'add', '--id', id, `model=${id === 'c' ? 'D50' : 'D40'}`);
  await done('device', 'add', '--id', 'd', '--tenant', 'north');
  const ids = async (...words: string[]) =>
    (JSON.parse(await done('device', 'list', '--json', ...words)) as { devices: { id: string }[] }).devices.map(({ id }) => id);
  expect(await ids('model=D40')).toEqual(['a', 'b']);
  expect(await ids('tenant=north')).toEqual(['d']);
  expect(await ids('--sort=-id', '--limit', '2')).toEqual(['d', 'c']);
  const cut = await on('device', 'list', '--limit', '1');
  expect(cut).toMatchObject({ code: 0, err: '1 of 4 are shown; --limit shows more, and --all all of them\n' });
  expect((await on('device', 'list', '--limit', '4')).err).toBe('');
});

test('of a long list 100 are shown, or as many as are asked for, or all, though the server gives a thousand at once', async () => {
  const all = Array.from({ length: 1_205 }, (_, index) => `d${String(index).padStart(4, '0')}`);
  await Promise.all(all.map((id) => stage.devices.create(stage.main, {}, id)));
  const ids = async (...words: string[]) =>
    (JSON.parse(await done('device', 'list', '--sort', 'id', '--json', ...words)) as { devices: { id: string }[] }).devices.map(
      ({ id }) => id,
    );
  expect(await ids()).toEqual(all.slice(0, 100));
  expect(await ids('--limit', '1100')).toEqual(all.slice(0, 1_100));
  expect(await ids('--all')).toEqual(all);
  expect((await on('device', 'list', '--all')).err).toBe('');
});

test('what a phone told of itself moves no cursor', async () => {
  await stage.devices.meet(
    { mac: parseMac('000fd3000001'), model: '\u001b[2J\u009b31mD40\n' } as never,
    ip('10.0.0.1'),
    stage.main,
    ip('10.0.0.1'),
  );
  const list = await done('device', 'list');
  expect(list).toContain('\\u{1b}[2J\\u{9b}31mD40\\u{a}');
  expect(list.split('\n')).toHaveLength(3);
});

test('a file is printed byte for byte', async () => {
  await makeAlice();
  const { code, bytes } = await on('render', '000fd3054848', '/Digium/000fd3054848.cfg');
  const { text } = await ask(stage, 'GET', '/api/v1/devices/desk1/files/Digium/000fd3054848.cfg');
  expect(code).toBe(0);
  expect(bytes.toString()).toBe(text);
  expect(text).toContain(PASSWORD);
  const wrong = await on('render', 'desk1', 'Digium/a b?.cfg');
  expect(wrong).toMatchObject({ code: 1, out: '', err: expect.stringContaining('no file Digium/a b?.cfg; its own are Digium/') });
  // It would be the URL of a config.
  expect(await on('render', 'desk1', '../../../configs/alice')).toMatchObject({ code: 2, out: '' });
});

// Configs -----------------------------------------------------------------------------------------------------------------------

test('a config is shown with its passwords masked, unless they are asked for', async () => {
  await makeAlice();
  for (const flags of [[], ['--json'], ['--resolved'], ['--resolved', '--json']]) {
    const page = await done('config', 'show', 'alice', ...flags);
    expect(page).not.toContain(PASSWORD);
    expect(page).toContain('[secret]');
    expect(await done('config', 'show', 'alice', '--secrets', ...flags)).toContain(PASSWORD);
  }
  expect(await done('config', 'show', 'alice')).toMatch(/^parents +site$/m);
});

test('a resolved config says where each value comes from, of passwords too', async () => {
  await makeAlice();
  const page = await done('config', 'show', 'alice', '--resolved');
  expect(page).toMatch(/^locale +fr_FR +site$/m);
  expect(page).toMatch(/^sip_lines\.1\.password +\[secret\] +alice$/m);
  await done('config', 'remove', 'site');
  const broken = await done('config', 'show', 'alice', '--resolved');
  expect(broken).toMatch(/^parents that do not exist +site$/m);
  expect(broken).toMatch(/^raw_config\.sip_lines\.1\.proxy_ip +is missing/m);
});

test('single values are changed, and the others stay as they are, in their order', async () => {
  await makeAlice();
  await done(
    'config',
    'set',
    'alice',
    'sip_lines.1.display_name=Alice A.',
    'ntp_enabled=false',
    'X_a.b\\.c:=[1, null]',
    'X_none=',
  );
  const { json } = await ask(stage, 'GET', '/api/v1/configs/alice');
  expect(json).toMatchObject({ parent_ids: ['site'], revision: 2 });
  expect(JSON.stringify(json.raw_config)).toBe(
    `{"sip_lines":{"1":{"username":"1001","password":"${PASSWORD}","display_name":"Alice A."}},"ntp_enabled":false,"X_a":{"b.c":[1,null]}}`,
  );
});

test('a config is set from YAML or JSON, a file or standard input, in its order', async () => {
  const yaml = join(data, 'lines.yml');
  writeFileSync(
    yaml,
    'sip_proxy_ip: 192.0.2.5\nsip_lines:\n  10: {username: "0010", password: p, display_name: B}\n  9:\n    username: 0009\n    password: yes\n    display_name: A\n',
  );
  await done('config', 'set', 'lines', '--file', yaml, '--role', 'default');
  const show = async (id: string) => (await ask(stage, 'GET', `/api/v1/configs/${id}`)).text;
  expect(await show('lines')).toContain(
    '"raw_config":{"sip_proxy_ip":"192.0.2.5","sip_lines":{"10":{"username":"0010","password":"p","display_name":"B"},"9":{"username":"0009","password":"yes","display_name":"A"}}}',
  );
  const { code } = await offhook(
    ['config', 'set', 'json', '--file', '-', 'locale=de_DE', ...place()],
    '{"funckeys": {"2": {"type": "park"}, "1": {"type": "park"}}}',
  );
  expect(code).toBe(0);
  expect(await show('json')).toContain('"raw_config":{"funckeys":{"2":{"type":"park"},"1":{"type":"park"}},"locale":"de_DE"}');
});

test('a whole config that was shown is set again as it was', async () => {
  await makeAlice();
  const shown = await done('config', 'show', 'alice', '--json', '--secrets');
  const before = (await ask(stage, 'GET', '/api/v1/configs/alice')).text;
  expect((await offhook(['config', 'set', 'alice', '--file', '-', ...place()], shown)).code).toBe(0);
  expect((await ask(stage, 'GET', '/api/v1/configs/alice')).text).toBe(before);
  await done('config', 'remove', 'alice');
  expect((await offhook(['config', 'set', 'alice', '--file', '-', ...place()], shown)).code).toBe(0);
  expect((await ask(stage, 'GET', '/api/v1/configs/alice')).json).toMatchObject({ parent_ids: ['site'], revision: 2 });
});

test('a mask is never stored in the place of a password', async () => {
  await makeAlice();
  const masked = await done('config', 'show', 'alice', '--json');
  const { code, err } = await offhook(['config', 'set', 'alice', '--file', '-', ...place()], masked);
  expect(code).toBe(2);
  expect(err).toContain('sip_lines.1.password: the value is masked');
  expect((await ask(stage, 'GET', '/api/v1/configs/alice')).json.revision).toBe(1 as never);
});

test('a password comes from a file or from standard input, without its line end', async () => {
  await makeAlice();
  const file = join(data, 'password.txt');
  writeFileSync(file, 'from a file\n');
  await done('config', 'set', 'alice', `sip_lines.1.password@=${file}`);
  expect(await done('config', 'show', 'alice', '--secrets')).toMatch(/password +from a file$/m);
  await offhook(['config', 'set', 'alice', 'sip_lines.1.password@=-', ...place()], 'from a pipe\r\n');
  expect(await done('config', 'show', 'alice', '--secrets')).toMatch(/password +from a pipe$/m);
});

test('parents, role and tenant are set and taken away', async () => {
  await makeAlice();
  await done('tenant', 'add', 'north');
  await done('config', 'set', 'a', '--tenant', 'north', '--parent', 'site', '--parent', 'alice', '--role', 'autocreate');
  expect(await done('config', 'list', '--tenant', 'north')).toMatch(/^a +site, alice +autocreate +no +north /m);
  expect(await done('config', 'list', '--role', 'default')).toBe('There are no such configs.\n');
  await done('config', 'set', 'a', '--no-parent', '--role', 'none');
  expect((await ask(stage, 'GET', '/api/v1/configs/a')).json).toMatchObject({ parent_ids: [], role: null });
  const moved = await on('config', 'set', 'a', '--tenant', 'main');
  expect(moved.code).toBe(2);
  expect((await on('config', 'set', 'a', 'locale=fr_FR', '--tenant', 'main')).err).toContain('tenant cannot be changed');
});

test('a code is set, masked, kept by other changes and taken away', async () => {
  await makeAlice();
  const file = join(data, 'code.txt');
  writeFileSync(file, '004711\n');
  const code = async () => (await ask(stage, 'GET', '/api/v1/configs/alice')).json.code;
  expect(await done('config', 'set', 'alice', '--code', `@${file}`, '--json')).not.toContain('004711');
  expect(await code()).toBe('004711');
  expect(await done('config', 'show', 'alice')).toMatch(/^code +\[secret\]$/m);
  expect(await done('config', 'show', 'alice', '--secrets')).toMatch(/^code +004711$/m);
  await done('config', 'set', 'alice', 'locale=de_DE');
  expect(await code()).toBe('004711');
  await done('config', 'set', 'alice', '--code', '0815');
  expect(await code()).toBe('0815');
  await done('config', 'set', 'alice', '--code', 'none');
  expect(await code()).toBeNull();
  expect((await on('config', 'set', 'alice', '--code', '47')).err).toContain('code must be 4 to 16 digits');
});

test('what is wrong with a config is told line by line, without the values', async () => {
  const { code, err } = await on('config', 'set', 'a', 'locale=french', 'sip_proxy_prt=1', `sip_local_key=${PASSWORD}`);
  expect(code).toBe(1);
  expect(err.split('\n')).toEqual([
    'offhook: The config is not valid:',
    expect.stringMatching(/^ {2}raw_config\.sip_proxy_prt there is no such key; did you mean sip_proxy_port\?/),
    expect.stringMatching(/^ {2}raw_config\.locale must be/),
    expect.stringMatching(/^ {2}raw_config\.sip_local_key must be/),
    '',
  ]);
  expect(err).not.toContain(PASSWORD);
});

test('a change that crosses another is refused, not lost', async () => {
  await makeAlice();
  // Between reading and writing, somebody else writes.
  const proxy = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.method === 'PUT') await done('config', 'set', 'alice', 'locale=de_DE');
    const { status, headers, text } = await ask(stage, request.method ?? '', request.url ?? '', body || undefined, {
      ...(request.headers['if-match'] && { 'if-match': request.headers['if-match'] }),
    });
    response.writeHead(status, { 'content-type': headers.get('content-type') ?? '', etag: headers.get('etag') ?? '' }).end(text);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const { code, err } = await offhook(['config', 'set', 'alice', 'locale=fr_CA', '--server', url, '--data', data]);
  expect({ code, err }).toEqual({ code: 1, err: 'offhook: It was changed since you read it; read it again\n' });
  expect((await ask(stage, 'GET', '/api/v1/configs/alice')).json.raw_config).toMatchObject({ locale: 'de_DE' });
  proxy.close();
});

test.each([
  [['config', 'set', 'a'], 'Say what is to be set'],
  [['config', 'set', 'a', 'locale'], 'locale is no assignment'],
  [['config', 'set', 'a', '=x'], 'is no assignment'],
  [['config', 'set', 'a', 'x:={'], 'What follows x:= is no JSON'],
  [['config', 'set', 'a', 'x@=/nonexistent/file'], '/nonexistent/file cannot be read'],
  [['config', 'set', 'a', '--file', '/nonexistent/file'], '/nonexistent/file cannot be read'],
  [['config', 'set', 'a', '--role', 'boss'], 'Allowed choices are autocreate, default, none'],
  [['config', 'show'], "missing required argument 'id'"],
  [['device', 'list', 'D40'], 'D40 is no filter'],
  [['device', 'list', '--limit', 'x'], 'It must be a whole number'],
  [['device', 'lst'], 'Did you mean list?'],
  [['tenant', 'set', 'main'], 'Say what is to be set'],
  [['tenant', 'add', 'x', '--generate-key', '--key-stdin'], 'cannot be used with'],
  [['nonsense'], "unknown command 'nonsense'"],
  [['status', '--colour'], "unknown option '--colour'"],
  [['status', '--server', 'nonsense'], 'nonsense is no URL'],
])('%j is a wrong call: 2, and why', async (words, why) => {
  const { code, out, err } = await offhook(words.includes('--server') ? words : [...words, ...place()]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(why);
});

test.each([
  ['a: [1', 'standard input:1:'],
  ['a: &x 1\nb: *x', 'anchors'],
  ['{"a": 1', 'standard input is no JSON: Line 1, column 8'],
  ['just text', 'must hold an object'],
  ['[1]', 'must hold an object'],
])('the document %j is refused with its place', async (text, why) => {
  const { code, err } = await offhook(['config', 'set', 'a', '--file', '-', ...place()], text);
  expect(code).toBe(2);
  expect(err).toContain(why);
});

// Tenants, plugins, log, status -------------------------------------------------------------------------------------------------

test('a tenant is made with a key that is told once, renamed and removed', async () => {
  const made = await done('tenant', 'add', 'north', '--generate-key');
  const [, id, key] = /^(\S+)\nThe key, which is not shown again: ([\da-f]{32})\n$/.exec(made) ?? [];
  expect(key).toBeDefined();
  expect((await stage.store.tenants.list()).at(-1)?.provisioningKey?.reveal()).toBe(key);
  expect(await done('tenant', 'list')).toMatch(new RegExp(`^north +main +yes +${id}$`, 'm'));
  await done('tenant', 'set', 'north', '--name', 'south', '--no-key');
  expect(await done('tenant', 'list')).toMatch(new RegExp(`^south +main +no +${id}$`, 'm'));
  await offhook(['tenant', 'set', id ?? '', '--key-stdin', ...place()], 'key-from-a-pipe\n');
  expect((await stage.store.tenants.list()).at(-1)?.provisioningKey?.reveal()).toBe('key-from-a-pipe');
  await done('tenant', 'set', 'south', '--key', 'key-of-who-insists');
  expect((await stage.store.tenants.list()).at(-1)?.provisioningKey?.reveal()).toBe('key-of-who-insists');
  expect(JSON.parse(await done('tenant', 'set', 'south', '--generate-key', '--json'))).toHaveProperty('provisioning_key');
  await done('tenant', 'remove', 'south');
  expect(await on('tenant', 'remove', 'south')).toMatchObject({ code: 1, err: expect.stringContaining('there are main') });
});

test('a tenant is made below another, which is not removed before it', async () => {
  await done('tenant', 'add', 'north');
  const shop = (await done('tenant', 'add', 'shop', '--parent', 'north')).trim();
  expect(await done('tenant', 'list')).toMatch(new RegExp(`^shop +north +no +${shop}$`, 'm'));
  expect((await on('tenant', 'remove', 'north')).err).toContain('tenants below it');
  expect((await on('tenant', 'add', 'stall', '--parent', 'nobody')).err).toMatch(/No tenant has the id or the name nobody/);
  await done('tenant', 'remove', 'shop');
  await done('tenant', 'remove', 'north');
});

test('a token is made for a tenant, told once, and opens nothing any more when it is revoked', async () => {
  await done('tenant', 'add', 'north');
  const made = await done('token', 'add', 'portal', 'devices.*', '!devices.delete', '--tenant', 'north', '--expires', '30');
  const [, id, token = ''] = /^(\S+)\nThe token, which is not shown again: (offhook_\S+)\n$/.exec(made) ?? [];
  const listed = await done('token', 'list');
  expect(listed).toMatch(new RegExp(`^portal +north +devices\\.\\* !devices\\.delete +2\\d{3}-.* - +${id}$`, 'm'));
  expect(listed).not.toContain(token);
  const file = join(mkdtempSync(join(tmpdir(), 'offhook-token-')), 'token');
  writeFileSync(file, token);
  const asPortal = (...words: string[]) => offhook([...words, '--server', stage.url, '--token-file', file]);
  expect(await asPortal('device', 'list')).toMatchObject({ code: 0 });
  expect(await asPortal('config', 'list')).toMatchObject({ code: 1, err: expect.stringContaining('configs.read') });
  expect(await on('token', 'add', 'x', 'Devices.Read')).toMatchObject({ code: 1, err: expect.stringContaining('permissions.0') });
  await done('token', 'add', 'portal', 'devices.read');
  expect(await on('token', 'revoke', 'portal')).toMatchObject({ code: 2, err: expect.stringContaining('2 tokens') });
  await done('token', 'revoke', id ?? '');
  expect(await asPortal('device', 'list')).toMatchObject({ code: 1, err: expect.stringContaining('was it revoked') });
  await done('token', 'revoke', 'portal');
  expect(await on('token', 'revoke', 'portal')).toMatchObject({ code: 1, err: expect.stringContaining('no token') });
  rmSync(dirname(file), { recursive: true });
});

test('plugins are listed with their models, broken packages with their problem', async () => {
  const page = await done('plugin', 'list', '--lines');
  expect(page).toMatch(/^digium-1\.4\.0\.0 +Digium +1\.4\.0\.0\.57389 +D40, D50, D70$/m);
  expect(page).toMatch(/^sad +vendor: must be a text$/m);
  const packages = await done('plugin', 'list');
  expect(packages).toMatch(
    /^digium +1\.0\.0 +a directory here +- +- +\d+ +digium-1\.1\.0\.0, digium-1\.4\.0\.0, digium-2\.8\.1$/m,
  );
  expect(packages).toMatch(/^sad +vendor: must be a text$/m);
});

test('the level of the log is shown and changed', async () => {
  expect(await done('log-level')).toBe('trace\n');
  expect(await done('log-level', 'warn')).toBe('warn\n');
  expect(await done('log-level')).toBe('warn\n');
  expect(await on('log-level', 'loud')).toMatchObject({ code: 1, err: expect.stringContaining('trace, debug, info') });
});

test('the status needs no token, and fails when the store does', async () => {
  const { code, out } = await offhook(['status', '--server', stage.url, '--data', '/nonexistent']);
  expect(code).toBe(0);
  expect(out).toMatch(/^version +1\.2\.3$/m);
  expect(out).toMatch(/^devices +0$/m);
  expect(out).toMatch(/^sad +vendor: must be a text$/m);
  const other = await openStage({ store: { ping: () => Promise.reject(new Error('gone')) } });
  const failing = await offhook(['status', '--server', other.url]);
  expect(failing).toMatchObject({ code: 1, err: expect.stringContaining('The store does not answer (store-failed)') });
  await other.close();
});

// The way to the server ---------------------------------------------------------------------------------------------------------

test('no server, no token, the wrong token, no permission: each is one line that says what to do', async () => {
  const { port } = new URL(stage.url);
  const free = createServer();
  await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
  const closed = (free.address() as AddressInfo).port;
  await new Promise((resolve) => free.close(resolve));
  const none = await offhook(['device', 'list', '--server', `http://127.0.0.1:${closed}`, '--data', data]);
  expect(none.err).toMatch(
    /^offhook: No server answers at http:\/\/127\.0\.0\.1:\d+: start it \(offhook serve, .*--server URL\n$/,
  );

  const empty = await offhook(['device', 'list', '--server', stage.url, '--data', join(data, 'other')]);
  expect(empty.err).toMatch(/^offhook: There is no token .*other\/admin\.token: .*--data DIR.*\n$/);

  writeFileSync(join(data, 'wrong'), 'x'.repeat(40));
  const wrong = await offhook(['device', 'list', ...place(), '--token-file', join(data, 'wrong')]);
  expect(wrong.err).toMatch(/^offhook: .* does not take the token in .*wrong: .*--data DIR.*\n$/);

  const isRoot = process.getuid?.() === 0;
  chmodSync(join(data, 'admin.token'), 0o000);
  const locked = await offhook(['device', 'list', ...place()]);
  // Root reads what it likes.
  if (isRoot) expect(locked.code).toBe(0);
  else expect(locked.err).toMatch(/^offhook: \S+ may not read the token .*: run this as root, or as the user of the server/);
  for (const { code, out, err } of [none, empty, wrong]) {
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).not.toContain(TOKEN);
  }
  expect(port).not.toBe('');
});

test('something else on the port is told from Offhook', async () => {
  const other = createServer((_request, response) => void response.end('hello'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { code, err } = await offhook(['status', '--server', url]);
  expect({ code, err }).toEqual({ code: 1, err: `offhook: ${url} is no Offhook: it answers something else\n` });
  other.close();
});

test('server and token are found by the settings, as serve finds them', async () => {
  const file = join(data, 'offhook.yml');
  writeFileSync(
    file,
    `data: ${data}\nadmin:\n  listen: ['0.0.0.0']\n  allow_unencrypted: true\n  port: ${new URL(stage.url).port}\n`,
  );
  expect(await offhook(['tenant', 'list', '--config', file])).toMatchObject({ code: 0, err: '' });
  const environment = { OFFHOOK_DATA: data, OFFHOOK_ADMIN_PORT: new URL(stage.url).port };
  expect(await offhook(['tenant', 'list'], '', { environment })).toMatchObject({ code: 0, err: '' });
  const broken = await offhook(['tenant', 'list', '--config', join(data, 'none.yml')]);
  expect(broken).toMatchObject({ code: 78, err: expect.stringContaining('there is no such file') });
});

test('no password or token appears in what a command says or the server logs', async () => {
  await makeAlice();
  await on('config', 'set', 'alice', `sip_lines.0.password=${PASSWORD}`, `colour=${PASSWORD}`);
  await on('device', 'set', 'desk1', `mac=${PASSWORD}`, 'options.password:=', `serial:=["${PASSWORD}"]`);
  expect(stage.log.length).toBeGreaterThan(5);
  expect(stage.log.filter((line) => line.includes(PASSWORD) || line.includes(TOKEN))).toEqual([]);
});

// Help --------------------------------------------------------------------------------------------------------------------------

const program = offhookProgram(
  {
    environment: {},
    terminal: false,
    columns: 80,
    rows: 24,
    out() {},
    err() {},
    secret: async () => undefined,
    input: async () => '',
  },
  noHost,
);
// What scripts of shells ask is for nobody else.
const shown = program.commands.filter((command) => command.name() !== 'complete');
const leaves = shown.flatMap((command) =>
  command.commands.length === 0 ? [[command.name()]] : command.commands.map((each) => [command.name(), each.name()]),
);

test.each(leaves.map((words) => [words.join(' '), words] as const))(
  'offhook %s has help, and stands in docs/cli.md',
  async (name, words) => {
    const { code, out, err } = await offhook([...words, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Usage: offhook ${name}`);
    expect(readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8')).toContain(`offhook ${name}`);
  },
);

test('without a command the help is shown, and it is a wrong call', async () => {
  const { code, err } = await offhook([]);
  expect(code).toBe(2);
  expect(err).toContain('Usage: offhook');
});

test('the version is that of package.json', async () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
  expect(await offhook(['--version'])).toMatchObject({ code: 0, out: `${version}\n` });
});

test('devices are exported, edited as a file, tried, and imported again', async () => {
  await makeAlice();
  const file = join(data, 'phones.csv');
  const { out } = await on('device', 'export', 'model=D40', '--raw-config', 'sip_lines.1.username');
  expect(out).toMatch(/raw_config.sip_lines.1.username\r\n.*,1001\r\n$/);
  expect(out).not.toContain(PASSWORD);
  writeFileSync(file, out.replace(',D40,', ',D50,'));
  expect(await done('device', 'import', file, '--dry-run')).toBe('0 would be created, 1 would be changed\n');
  expect(await done('device', 'import', file)).toBe('0 created, 1 changed\n');
  expect(JSON.parse(await done('device', 'show', 'desk1', '--json'))).toMatchObject({ model: 'D50' });
  writeFileSync(file, 'id,mac\ndesk2,000fd3054849\ndesk3,nonsense\n');
  const ran = await on('device', 'import', file, '--atomic');
  expect(ran).toMatchObject({ code: 1, err: `offhook: 1 line of ${file} could not be done\n` });
  expect(ran.out).toMatch(/^LINE +ID +PROBLEM\n3 +desk3 +.*mac must be a MAC address/);
  expect(ran.out).toContain('Nothing was stored');
  expect((await on('device', 'show', 'desk2')).code).toBe(1);
  expect((await on('device', 'import', join(data, 'none.csv'))).err).toMatch(/none\.csv/);
});

// DHCP --------------------------------------------------------------------------------------------------------------------------

test('a configuration for the DHCP server of the site is printed, as it is to be saved', async () => {
  const text = await done('dhcp-config', 'dnsmasq', '--url', 'http://192.0.2.7:8667');
  expect(text).toContain('\ndhcp-option-force=tag:offhook-digium,66,"http://192.0.2.7:8667/Digium"\n');
  await done('tenant', 'add', 'north', '--key', 'k3y-of-the-north');
  const keyed = await done('dhcp-config', 'isc', '--tenant', 'north', '--address', '192.0.2.8');
  expect(keyed).toContain('/k3y-of-the-north/Digium');
  expect(keyed).toContain('next-server 192.0.2.8;');
});

test('a DHCP server that there is no configuration for, and a tenant that is not there, are told', async () => {
  expect(await on('dhcp-config', 'bind')).toMatchObject({
    code: 1,
    out: '',
    err: 'offhook: There is no configuration for the DHCP server bind; there is one for kea, dnsmasq, isc, mikrotik, windows\n',
  });
  expect((await on('dhcp-config', 'kea', '--tenant', 'nobody')).err).toMatch(/No tenant has the id or the name nobody/);
});
