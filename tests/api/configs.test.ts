import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { askProvd } from './provd/stage.ts';
import { ask, complete, openStage, PASSWORD, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const make = (body: unknown) => ask(stage, 'POST', '/api/v1/configs', body);

test('a config is created with the defaults, and has its place', async () => {
  const { status, headers, json } = await make({ id: 'alice', raw_config: complete, X_type: 'device' });
  expect(status).toBe(201);
  expect(headers.get('location')).toBe('/api/v1/configs/alice');
  expect(json).toEqual({
    id: 'alice',
    tenant: stage.main,
    parent_ids: [],
    role: null,
    transient: false,
    deletable: true,
    created: expect.any(String),
    updated: expect.any(String),
    revision: 1,
    X_type: 'device',
    code: null,
    raw_config: complete,
  });
});

test('raw config keeps the order of its keys, and the administrator sees the passwords', async () => {
  const raw = `{"funckeys":{"10":{"type":"park"},"9":{"type":"park"}},"sip_lines":{"2":{"username":"b","password":"${PASSWORD}","display_name":"B","proxy_ip":"h"},"1":{"password":"p","username":"a","display_name":"A","proxy_ip":"h"}}}`;
  expect((await make(`{"id":"a","raw_config":${raw}}`)).status).toBe(201);
  expect((await ask(stage, 'GET', '/api/v1/configs/a')).text).toContain(`"raw_config":${raw}`);
  expect((await ask(stage, 'GET', '/api/v1/configs/a/resolved')).text).toContain(raw);
});

test('a config is replaced as a whole; what was read can be sent back', async () => {
  const { json } = await make({ id: 'a', raw_config: { locale: 'fr_FR' }, role: 'default', X_mine: 1 });
  const again = await ask(stage, 'PUT', '/api/v1/configs/a', json);
  expect(again).toMatchObject({ status: 200, json: { revision: 1, role: 'default', X_mine: 1 } });
  const other = await ask(stage, 'PUT', '/api/v1/configs/a', { raw_config: {} });
  expect(other.json).toMatchObject({ raw_config: {}, role: null, revision: 2 });
  expect(other.json).not.toHaveProperty('X_mine');
});

test('a replacement that names the revision it read is stored over that one only', async () => {
  const tag = (await make({ id: 'a', raw_config: {} })).headers.get('etag') ?? '';
  const put = (locale: string, ifMatch: string) =>
    ask(stage, 'PUT', '/api/v1/configs/a', { raw_config: { locale } }, { 'if-match': ifMatch });
  const replies = await Promise.all(['fr_FR', 'fr_CA', 'de_DE', 'en_US'].map((locale) => put(locale, tag)));
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
  expect((await put('fr_FR', '*')).status).toBe(200);
  expect((await ask(stage, 'DELETE', '/api/v1/configs/a', undefined, { 'if-match': tag })).status).toBe(412);
});

test.each([
  [{}, 'body-invalid', ['raw_config']],
  [{ raw_config: [] }, 'body-invalid', ['raw_config']],
  [{ raw_config: {}, parent_ids: 'base' }, 'body-invalid', ['parent_ids']],
  [{ raw_config: {}, role: 'boss' }, 'body-invalid', ['role']],
  [{ raw_config: {}, colour: 1 }, 'body-invalid', ['colour']],
  [{ raw_config: {}, tenant: 'nobody' }, 'body-invalid', ['tenant']],
  [{ raw_config: {}, id: 'a/b' }, 'config-invalid', ['id']],
  [
    { raw_config: { locale: 'french', sip_proxy_prt: 5060 } },
    'config-invalid',
    ['raw_config.sip_proxy_prt', 'raw_config.locale'],
  ],
])('the config %j is refused with every path', async (body, code, paths) => {
  const { status, json } = await make(body);
  expect({ status, code: json.code }).toEqual({ status: 400, code });
  expect(json.complaints?.map(({ path }) => path)).toEqual(paths);
});

test.each(['id', 'tenant'])('the %s of a config cannot be changed', async (key) => {
  await make({ id: 'a', raw_config: {} });
  const { status, json } = await ask(stage, 'PUT', '/api/v1/configs/a', { raw_config: {}, [key]: 'other' });
  expect({ status, path: json.complaints?.[0]?.path }).toEqual({ status: 400, path: key });
});

test('an id that is taken, one that is unknown, and one that may not be removed', async () => {
  await make({ id: 'a', raw_config: {}, deletable: false });
  expect(await make({ id: 'a', raw_config: {} })).toMatchObject({ status: 409, json: { code: 'config-id-taken' } });
  expect(await ask(stage, 'DELETE', '/api/v1/configs/a')).toMatchObject({ status: 409, json: { code: 'config-not-deletable' } });
  for (const [method, path] of [
    ['GET', ''],
    ['PUT', ''],
    ['DELETE', ''],
    ['GET', '/resolved'],
  ] as const) {
    const reply = await ask(stage, method, `/api/v1/configs/none${path}`, method === 'PUT' ? { raw_config: {} } : undefined);
    expect({ method, ...reply }).toMatchObject({ method, status: 404, json: { code: 'config-unknown' } });
  }
});

test('a config that is removed is gone', async () => {
  await make({ id: 'a', raw_config: {} });
  expect((await ask(stage, 'DELETE', '/api/v1/configs/a')).status).toBe(204);
  expect((await ask(stage, 'GET', '/api/v1/configs/a')).status).toBe(404);
});

test('a resolved config says where each value comes from, and what is missing', async () => {
  await make({ id: 'site', raw_config: { sip_proxy_ip: '192.0.2.5', locale: 'fr_FR' } });
  await make({ id: 'alice', parent_ids: ['site', 'later'], raw_config: { locale: 'fr_CA', ntp_enabled: false } });
  await ask(stage, 'PUT', '/api/v1/configs/site', {
    raw_config: { sip_proxy_ip: '192.0.2.6', ntp_enabled: true, ntp_ip: 'time' },
  });
  const { json } = await ask(stage, 'GET', '/api/v1/configs/alice/resolved');
  expect(json).toEqual({
    id: 'alice',
    raw_config: { sip_proxy_ip: '192.0.2.6', ntp_enabled: false, ntp_ip: 'time', locale: 'fr_CA' },
    origins: { sip_proxy_ip: 'site', ntp_enabled: 'alice', ntp_ip: 'site', locale: 'alice' },
    chain: ['site', 'alice'],
    missing: ['later'],
    complaints: [],
    updated: expect.any(String),
  });
});

test('a resolved config that is not complete says what it lacks', async () => {
  const lines = { 1: { username: 'u', password: PASSWORD, display_name: 'n' } };
  await make({ id: 'site', raw_config: { sip_proxy_ip: '192.0.2.5' } });
  await make({ id: 'a', parent_ids: ['site'], raw_config: { sip_lines: lines } });
  await ask(stage, 'DELETE', '/api/v1/configs/site');
  const { json } = await ask(stage, 'GET', '/api/v1/configs/a/resolved');
  expect(json.complaints).toEqual([{ path: 'raw_config.sip_lines.1.proxy_ip', message: expect.any(String) }]);
});

test('a list leaves the raw config out, can be filtered and cut, and says how many there are', async () => {
  const tenant = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'other' })).json.id;
  await make({ id: 'a', raw_config: complete, role: 'default' });
  await make({ id: 'b', raw_config: {}, transient: true });
  await make({ id: 'c', raw_config: {}, tenant });
  const idsOf = async (query: string) => {
    const { text, json } = await ask(stage, 'GET', `/api/v1/configs?${query}`);
    expect(text).not.toContain('raw_config');
    return json.configs?.map(({ id }) => id);
  };
  expect(await idsOf('')).toEqual(['a', 'b', 'c']);
  expect(await idsOf('role=default')).toEqual(['a']);
  expect(await idsOf('transient=true')).toEqual(['b']);
  expect(await idsOf(`tenant=${tenant}`)).toEqual(['c']);
  expect(await idsOf('limit=1&sort=-created')).toEqual(['c']);
  expect((await ask(stage, 'GET', '/api/v1/configs?limit=0')).json).toEqual({ configs: [], total: 3, next: null });
});

test('a code is set, shown and taken away; another config of the tenant cannot have it', async () => {
  expect((await make({ id: 'a', code: '004711', raw_config: {} })).json).toMatchObject({ code: '004711' });
  const taken = { status: 409, json: { code: 'config-code-taken' } };
  expect(await make({ id: 'b', code: '004711', raw_config: {} })).toMatchObject(taken);
  await make({ id: 'b', raw_config: {} });
  const put = (id: string, body: object) => ask(stage, 'PUT', `/api/v1/configs/${id}`, { raw_config: {}, ...body });
  expect(await put('b', { code: '004711' })).toMatchObject(taken);
  expect(await put('a', { code: null })).toMatchObject({ status: 200, json: { code: null, revision: 2 } });
  expect(await put('b', { code: '004711' })).toMatchObject({ status: 200, json: { code: '004711' } });
  for (const [code, message] of [
    [4711, 'must be a text of digits or null'],
    ['47', 'must be 4 to 16 digits'],
  ])
    expect(await put('b', { code })).toMatchObject({ status: 400, json: { complaints: [{ path: 'code', message }] } });
  expect(await put('b', { code: '004711', role: 'default' })).toMatchObject({
    status: 400,
    json: { complaints: [{ path: 'code' }] },
  });
  const bulk = {
    rows: [{ update: { id: 'b', code: '004712', raw_config: {} } }, { create: { code: '004711', raw_config: {} } }],
  };
  expect((await ask(stage, 'POST', '/api/v1/bulk/configs', bulk)).json.rows).toMatchObject([{ status: 200 }, { status: 201 }]);
});

test('a code is a secret: nobody reads it who may not, wherever it is, and he can send the mask of it back', async () => {
  const CODE = '9473920183';
  await make({ id: 'a', code: CODE, raw_config: {}, X_mine: 1 });
  await make({ id: 'b', raw_config: {} });
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'reader', permissions: ['#', '!secrets.read'] });
  const reader = { authorization: `Bearer ${json.token}` };
  const shown = (await ask(stage, 'GET', '/api/v1/configs/a', undefined, reader)).json;
  expect(shown.code).toBe('[secret]');
  const again = await ask(stage, 'PUT', '/api/v1/configs/a', { ...(shown as object), raw_config: { locale: 'fr_FR' } }, reader);
  expect(again).toMatchObject({ status: 200, json: { code: '[secret]', revision: 2 } });
  expect(await ask(stage, 'PUT', '/api/v1/configs/b', { code: '[secret]', raw_config: {} }, reader)).toMatchObject({
    status: 400,
    json: { complaints: [{ path: 'code', message: expect.stringContaining('stands for a secret') }] },
  });
  expect((await ask(stage, 'GET', '/api/v1/configs/a')).json.code).toBe(CODE);
  const places = ['configs', 'configs/a', 'configs/a/resolved', 'configs/a/versions', 'configs/a/versions/1', 'audit'];
  for (const place of places)
    expect({ place, text: (await ask(stage, 'GET', `/api/v1/${place}`, undefined, reader)).text }).toEqual({
      place,
      text: expect.not.stringContaining(CODE),
    });
  expect((await ask(stage, 'GET', '/api/v1/configs/a/versions/1')).json.code).toBe(CODE);
  expect((await ask(stage, 'GET', '/api/v1/audit')).text).not.toContain(CODE);
  await ask(stage, 'PUT', '/api/v1/configs/a', { raw_config: {} });
  await ask(stage, 'POST', '/api/v1/configs/a/versions/2/roll-back', {}, reader);
  expect((await ask(stage, 'GET', '/api/v1/configs/a')).json.code).toBe(CODE);
  expect(stage.log.join()).not.toContain(CODE);
});

test('a client of provd neither sees a code nor takes it away', async () => {
  await make({ id: 'a', code: '004711', raw_config: {} });
  const seen = await askProvd(stage, 'GET', '/cfg_mgr/configs/a');
  expect(seen.text).not.toContain('004711');
  const changed = { config: { ...(seen.json.config as object), raw_config: { locale: 'fr_FR' } } };
  expect((await askProvd(stage, 'PUT', '/cfg_mgr/configs/a', changed)).status).toBe(204);
  expect((await ask(stage, 'GET', '/api/v1/configs/a')).json).toMatchObject({ code: '004711', raw_config: { locale: 'fr_FR' } });
  const told = await askProvd(stage, 'PUT', '/cfg_mgr/configs/a', { config: { ...changed.config, code: '1234' } });
  expect([told.status, told.text.includes('1234')]).toEqual([400, false]);
});

test('nobody inherits a code', async () => {
  await make({ id: 'a', code: '004711', raw_config: {} });
  await make({ id: 'b', parent_ids: ['a'], raw_config: {} });
  expect((await ask(stage, 'GET', '/api/v1/configs/b')).json.code).toBeNull();
  expect((await ask(stage, 'GET', '/api/v1/configs/b/resolved')).text).not.toContain('004711');
});
