import { afterEach, beforeEach, expect, test } from '@jest/globals';
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
