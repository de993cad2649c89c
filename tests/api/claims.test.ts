import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Ip, parseIp } from '../../server/lib/ip.ts';
import { ask, type Json, openStage, type Reply, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  await config('auto', 'waiting', { role: 'autocreate' });
  await config('alice', '1001', { code: CODE });
  await config('bob', '1002', { code: '2222' });
});
afterEach(() => stage.close());

/** Nobody dials this by chance, so that nothing shows it by chance. */
const CODE = '9473920183';

const rawFor = (...names: string[]) => ({
  sip_proxy_ip: '192.0.2.5',
  sip_lines: Object.fromEntries(
    names.map((username, index) => [index + 1, { username, password: `pw-${username}`, display_name: 'N' }]),
  ),
});
async function config(id: string, username: string, rest: object = {}): Promise<void> {
  const { status } = await ask(stage, 'POST', '/api/v1/configs', { id, raw_config: rawFor(username), ...rest });
  expect(status).toBe(201);
}
let phones = 0;
/** A phone that waits. */
async function phone(id: string, rest: object = {}): Promise<Json> {
  phones += 1;
  const [mac, ip] = [`000fd30000${String(phones).padStart(2, '0')}`, `192.0.2.${phones}`];
  const { status, json } = await ask(stage, 'POST', '/api/v1/devices', { id, mac, ip, vendor: 'Digium', model: 'D40', ...rest });
  expect(status).toBe(201);
  // Its phone has been there: a login is shown nowhere else.
  const at = parseIp(String(json.ip));
  if (at) stage.devices.noteSighting(id, at);
  return json;
}
/** What its phone fetched last has these lines: as those it is registered. */
async function fetched(id: string, ...accounts: string[]): Promise<void> {
  const where = { ip: parseIp('192.0.2.1') as Ip, transport: 'http' };
  stage.devices.noteDelivery({ device: id, artefact: 'phone.cfg', digest: 'd', own: true, accounts, ...where });
  await stage.flush();
}
beforeEach(() => {
  phones = 0;
});
const deviceOf = async (id: string) => (await ask(stage, 'GET', `/api/v1/devices/${id}`)).json;
const configOf = async (id: string) => String((await deviceOf(id)).config);
const claim = (who: object, rest: object = {}, headers = {}) =>
  ask(stage, 'POST', '/api/v1/claims', { code: CODE, phone: who, ...rest }, headers);
const release = (who: object, headers = {}) => ask(stage, 'POST', '/api/v1/claims/release', { phone: who }, headers);
const ended = async ({ json }: Pick<Reply, 'json'>) => stage.operations.wait(String(json.operation?.id));
async function tokenFor(tenant: string, permissions = ['claims.*']): Promise<{ authorization: string }> {
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'pbx', tenant, permissions });
  return { authorization: `Bearer ${json.token}` };
}
const tenant = async (name: string) => String((await ask(stage, 'POST', '/api/v1/tenants', { name })).json.id);
const refused = (status: number, code: string) => ({ status, json: { code } });

test.each([
  ['username', 'waiting'],
  ['device', 'd'],
  ['mac', '00-0F-D3-00-00-01'],
  ['ip', '192.0.2.1'],
])('a phone is claimed by its %s: it has the config, and the transient one has gone', async (by, value) => {
  const transient = String((await phone('d')).config);
  await fetched('d', 'waiting');
  expect(transient).toMatch(/^auto[\da-f]{32}$/);
  const reply = await claim({ [by]: value });
  expect(reply).toMatchObject({
    status: 202,
    json: { device: 'd', config: 'alice', released: [], operation: { label: 'resync' } },
  });
  expect(reply.headers.get('location')).toBe(`/api/v1/operations/${reply.json.operation?.id}`);
  expect(await configOf('d')).toBe('alice');
  expect((await ask(stage, 'GET', `/api/v1/configs/${transient}`)).status).toBe(404);
});

test('the phone is told as whom it still knows itself, when its files are made; that it says nothing loses nothing', async () => {
  await phone('d');
  const operation = await ended(await claim({ device: 'd' }));
  expect(operation).toMatchObject({
    state: 'fail',
    error: { code: 'resync-silent' },
    steps: [{ label: 'render', state: 'success' }],
  });
  expect(stage.told).toEqual([{ uri: 'sip:waiting@192.0.2.1:5060', username: 'waiting' }]);
  expect(await deviceOf('d')).toMatchObject({ config: 'alice', configured: true });
  await fetched('d', '1001');
  await ended(await release({ username: '1001' }));
  expect(stage.told.slice(1)).toEqual([{ uri: 'sip:1001@192.0.2.1:5060', username: '1001' }]);
});

test('a phone that cannot be told at all has its config all the same, and the operation says why it was not told', async () => {
  await phone('d', { ip: undefined });
  expect(await ended(await claim({ device: 'd' }))).toMatchObject({ error: { code: 'resync-impossible' } });
  expect(await configOf('d')).toBe('alice');
});

test('phones that wait under one name are told apart by their addresses, and none is taken for another', async () => {
  await phone('a');
  await phone('b');
  for (const id of ['a', 'b']) await fetched(id, 'waiting');
  expect(await claim({ username: 'waiting' })).toMatchObject(refused(409, 'phone-ambiguous'));
  expect([await claim({ ip: '192.0.2.2' }), await configOf('b')]).toMatchObject([{ status: 202 }, 'alice']);
  await fetched('b', '1001');
  // Now one alone waits.
  expect(await claim({ username: 'waiting' }, { code: '2222' })).toMatchObject({ json: { device: 'a', config: 'bob' } });
});

test('a phone is known by the username of any line that it fetched, not by one that it would get', async () => {
  await ask(stage, 'POST', '/api/v1/configs', { id: 'two', raw_config: rawFor('2001', '2002'), transient: true });
  await phone('a', { config: 'two' });
  expect(await claim({ username: '2002' })).toMatchObject(refused(404, 'phone-unknown'));
  await fetched('a', '2001', '2002');
  expect(await claim({ username: '2002' })).toMatchObject({ status: 202, json: { device: 'a' } });
  // It is registered as before until it has fetched what it is now.
  expect(await release({ username: '1001' })).toMatchObject(refused(404, 'phone-unknown'));
  expect(await release({ username: '2001' })).toMatchObject({ status: 202, json: { device: 'a' } });
});

test.each([{ username: 'nobody' }, { device: 'nobody' }, { mac: '000fd3999999' }, { ip: '192.0.2.99' }])(
  'a phone that is not known is none: %j',
  async (who) => {
    await phone('d');
    expect(await claim(who)).toMatchObject(refused(404, 'phone-unknown'));
    expect(await release(who)).toMatchObject(refused(404, 'phone-unknown'));
  },
);

test('a prepared phone is not claimed, and nobody learns at it whether a code is right', async () => {
  await phone('d', { config: 'bob' });
  for (let number = 0; number < 9; number++) {
    const [right, wrong] = [await claim({ device: 'd' }, { take: true }), await claim({ device: 'd' }, { code: '0000' })];
    expect(right).toMatchObject({
      status: 409,
      json: { code: 'phone-prepared', detail: expect.stringContaining('Release it first') },
    });
    expect(wrong.text).toBe(right.text);
  }
  expect([await configOf('d'), stage.refusals]).toEqual(['bob', []]);
});

test('a device whose config is none any more waits for one', async () => {
  await phone('d', { config: 'gone' });
  expect(await claim({ device: 'd' })).toMatchObject({ status: 202, json: { config: 'alice' } });
});

test('a phone that is held is for its operator', async () => {
  await phone('d', { approved: false });
  expect(await claim({ device: 'd' })).toMatchObject(refused(409, 'phone-held'));
  expect(await release({ device: 'd' })).toMatchObject(refused(409, 'phone-held'));
});

test('a wrong code is no more than that, is told to the security log, and is not shown', async () => {
  await phone('d');
  const texts = await Promise.all(
    ['8362947105', '12', '*21', ''].map(async (code) => (await claim({ device: 'd' }, { code })).text),
  );
  expect(new Set(texts).size).toBe(1);
  expect(JSON.parse(texts[0] ?? '')).toMatchObject({
    status: 404,
    code: 'claim-code-unknown',
    detail: 'No config has this code',
  });
  expect(stage.refusals).toEqual(Array(4).fill('wrong code 127.0.0.1 d'));
  expect(stage.log.join()).not.toContain('8362947105');
});

test('codes cannot be tried through: after some wrong ones the right one is not looked at', async () => {
  await phone('d');
  await phone('e');
  const wrong = await Promise.all(Array.from({ length: 8 }, () => claim({ device: 'd' }, { code: '0000' })));
  expect(wrong.map(({ status }) => status).sort()).toEqual([404, 404, 404, 404, 404, 429, 429, 429]);
  const right = await claim({ device: 'd' });
  expect(right).toMatchObject(refused(429, 'claims-limited'));
  expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(stage.refusals.at(-1)).toBe('codes limited 127.0.0.1 d');
  expect(await claim({ device: 'e' })).toMatchObject({ status: 202 });
  expect((await deviceOf('d')).config).not.toBe('alice');
});

test('a config that is in use stays where it is, unless it is taken; then the other phone waits, and is told', async () => {
  await phone('old', { config: 'alice' });
  await phone('new');
  const before = await configOf('new');
  const told = await claim({ device: 'new' });
  expect(told).toMatchObject({
    status: 409,
    json: { code: 'config-in-use', detail: expect.stringContaining('old (00:0f:d3:00:00:01)') },
  });
  expect([await configOf('old'), await configOf('new')]).toEqual(['alice', before]);
  const reply = await claim({ device: 'new' }, { take: true });
  expect(reply).toMatchObject({ status: 202, json: { device: 'new', config: 'alice', released: [{ device: 'old' }] } });
  expect([await configOf('new'), await configOf('old')]).toEqual(['alice', expect.stringMatching(/^auto[\da-f]{32}$/)]);
  const [other] = reply.json.released ?? [];
  expect(other?.config).toBe(await configOf('old'));
  await Promise.all([ended(reply), stage.operations.wait(String(other?.operation?.id))]);
  expect(stage.told.map(({ uri }) => uri).sort()).toEqual(['sip:1001@192.0.2.1:5060', 'sip:waiting@192.0.2.2:5060']);
});

test('of two claims at once of one code, or for one phone, exactly one is done', async () => {
  for (let round = 0; round < 10; round++) {
    const [one, other] = [`one${round}`, `other${round}`];
    await phone(one);
    await phone(other);
    const ofCode = await Promise.all([claim({ device: one }), claim({ device: other })]);
    expect(ofCode.map(({ status }) => status).sort()).toEqual([202, 409]);
    const holders = [await configOf(one), await configOf(other)].filter((each) => each === 'alice');
    expect(holders).toHaveLength(1);
    await Promise.all([release({ device: one }), release({ device: other })]);
    const forPhone = await Promise.all([
      claim({ device: one }),
      claim({ device: one }, { code: '2222' }),
      claim({ device: one }),
    ]);
    expect(forPhone.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    const winner = forPhone.find(({ status }) => status === 202)?.json.config;
    expect(await configOf(one)).toBe(winner);
    await release({ device: one });
  }
  // Nothing was left over: of each device there is one transient config.
  expect((await ask(stage, 'GET', '/api/v1/configs?transient=true')).json.total).toBe(20 as never);
});

test('a released phone waits again, with a config of its own; one that waits stays as it is', async () => {
  await phone('d');
  const first = await configOf('d');
  expect(await release({ device: 'd' })).toMatchObject({ status: 202, json: { device: 'd', config: first } });
  await claim({ device: 'd' });
  const reply = await release({ mac: '000fd3000001' });
  expect(reply).toMatchObject({ status: 202, json: { device: 'd', operation: { label: 'resync' } } });
  const second = await configOf('d');
  expect([reply.json.config, second === first]).toEqual([second, false]);
  expect((await ask(stage, 'GET', `/api/v1/configs/${second}`)).json).toMatchObject({
    transient: true,
    parent_ids: ['auto'],
    code: null,
  });
  expect((await ask(stage, 'GET', '/api/v1/configs/alice')).json.code).toBe(CODE);
  expect(await claim({ device: 'd' })).toMatchObject({ status: 202 });
});

test('where nothing says what a phone in autoprov has, it keeps what it has', async () => {
  await phone('d', { config: 'alice' });
  await phone('e');
  await ask(stage, 'DELETE', '/api/v1/configs/auto');
  expect(await release({ device: 'd' })).toMatchObject(refused(409, 'autocreate-needed'));
  expect(await claim({ device: 'e' }, { take: true })).toMatchObject(refused(409, 'autocreate-needed'));
  expect([await configOf('d'), await configOf('e')]).toEqual(['alice', expect.stringMatching(/^auto./)]);
});

test('a phone and a code are of one tenant; what is of another is not there', async () => {
  const [north, south] = [await tenant('north'), await tenant('south')];
  await config('northern', '4001', { tenant: north, code: '4444' });
  await phone('n', { tenant: north });
  await phone('s', { tenant: south });
  await phone('m');
  for (const id of ['n', 's', 'm']) await fetched(id, 'waiting');
  const pbx = await tokenFor(north);
  for (const who of [{ device: 's' }, { device: 'm' }, { mac: '000fd3000003' }, { ip: '192.0.2.2' }])
    for (const reply of [await claim(who, { code: '4444' }, pbx), await release(who, pbx)])
      expect(reply).toMatchObject(refused(404, 'phone-unknown'));
  // The one that it sees is not taken for another of the same name.
  expect(await release({ username: 'waiting' }, pbx)).toMatchObject({ json: { device: 'n' } });
  const [foreign, nothing] = [await claim({ device: 'n' }, {}, pbx), await claim({ device: 'n' }, { code: '0000' }, pbx)];
  expect([foreign.status, foreign.text]).toEqual([404, nothing.text]);
  // Nor is it for who sees both.
  expect(await claim({ device: 'm' }, { code: '4444' })).toMatchObject(refused(404, 'claim-code-unknown'));
});

test('who names a config of another tenant neither has it, nor is known by it, nor is told as if he had', async () => {
  const [north, south] = [await tenant('north'), await tenant('south')];
  await config('northern', '4001', { tenant: north, code: '4444' });
  await config('southern', '5001', { tenant: south, code: '5555' });
  await phone('thief', { tenant: south, config: 'northern' });
  await phone('n', { tenant: north });
  const pbx = await tokenFor(south);
  expect(await claim({ device: 'n' }, { code: '4444' })).toMatchObject({ status: 202, json: { released: [] } });
  expect(await configOf('thief')).toBe('northern');
  const reply = await claim({ device: 'thief' }, { code: '5555' }, pbx);
  expect(reply).toMatchObject({ status: 202, json: { config: 'southern' } });
  await ended(reply);
  expect(stage.told.at(-1)).toEqual({ uri: 'sip:192.0.2.1:5060', username: undefined });
});

test('a phone that has its tenant’s default waits, and is told as whom that calls it', async () => {
  await config('usual', '7001', { role: 'default' });
  await ask(stage, 'DELETE', '/api/v1/configs/auto');
  await phone('d');
  await ended(await claim({ device: 'd' }));
  expect(stage.told).toEqual([{ uri: 'sip:7001@192.0.2.1:5060', username: '7001' }]);
});

test('who claims and who releases is noted, with what was changed and without the code', async () => {
  await phone('d');
  const pbx = await tokenFor(stage.main);
  const before = await configOf('d');
  await claim({ device: 'd' }, {}, pbx);
  await release({ device: 'd' }, pbx);
  const { json, text } = await ask(stage, 'GET', '/api/v1/audit?id=d&resource=device');
  const changes = (json.entries as unknown as { diff: unknown }[]).slice(0, -2).reverse();
  for (const each of changes) expect(each).toMatchObject({ action: 'changed', actor: { kind: 'token', name: 'pbx' } });
  const paths = changes.map(({ diff }) => diff);
  expect(paths[0]).toEqual([{ path: 'config', before, after: 'alice' }]);
  expect(paths[1]).toEqual([{ path: 'config', before: 'alice' }]);
  expect(paths[2]).toEqual([{ path: 'config', after: await configOf('d') }]);
  expect(text + stage.log.join() + (await ask(stage, 'GET', '/api/v1/operations')).text).not.toContain(CODE);
});

test.each([
  [{}, ['code', 'phone']],
  [{ code: 1234, phone: { device: 'd' } }, ['code']],
  [{ code: '1'.repeat(65), phone: { device: 'd' } }, ['code']],
  [{ code: '1234', phone: 'd' }, ['phone']],
  [{ code: '1234', phone: {} }, ['phone']],
  [{ code: '1234', phone: { device: 'd', ip: '192.0.2.1' } }, ['phone']],
  [{ code: '1234', phone: { device: null } }, ['phone.device']],
  [{ code: '1234', phone: { username: '' } }, ['phone.username']],
  [{ code: '1234', phone: { mac: 'x' } }, ['phone.mac']],
  [{ code: '1234', phone: { ip: '1.2.3' } }, ['phone.ip']],
  [{ code: '1234', phone: { serial: 'x' } }, ['serial', 'phone']],
  [{ code: '1234', phone: { device: 'd' }, take: 'yes' }, ['take']],
])('%j is no claim', async (body, paths) => {
  const reply = await ask(stage, 'POST', '/api/v1/claims', body);
  expect(reply).toMatchObject(refused(400, 'body-invalid'));
  expect([...(reply.json.complaints ?? [])].map(({ path }) => path)).toEqual(paths);
});
