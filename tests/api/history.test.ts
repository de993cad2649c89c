import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, complete, type Json, openStage, PASSWORD, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

/** Of an answer. Lists have a method of that name. */
const entriesIn = (json: Json) => (json as unknown as { readonly entries: readonly Json[] }).entries;
const entries = async (query = '', headers = {}) =>
  entriesIn((await ask(stage, 'GET', `/api/v1/audit${query}`, undefined, headers)).json);
const create = (id: string, more: object = {}) => ask(stage, 'POST', '/api/v1/configs', { id, raw_config: complete, ...more });
const replace = async (id: string, raw: object) =>
  expect((await ask(stage, 'PUT', `/api/v1/configs/${id}`, { raw_config: raw })).status).toBe(200);
const localeOf = async (id: string) => {
  const { json } = await ask(stage, 'GET', `/api/v1/configs/${id}`);
  return json.raw_config?.locale;
};

async function tokenOf(tenant: string, permissions: readonly string[], name = 'portal') {
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', { name, tenant, permissions });
  return { id: json.id, headers: { authorization: `Bearer ${json.token}` } };
}

test('each change tells who made it, from where, and what is otherwise, without secrets', async () => {
  const portal = await tokenOf(stage.main, ['#']);
  await create('alice');
  const changed = { ...complete, locale: 'fr_FR', admin_password: PASSWORD };
  await ask(stage, 'PUT', '/api/v1/configs/alice', { raw_config: changed }, portal.headers);
  await ask(stage, 'DELETE', '/api/v1/configs/alice', undefined, portal.headers);
  const found = await entries('?resource=config&id=alice');
  expect(found).toMatchObject([
    { action: 'removed', actor: { kind: 'token', id: portal.id, name: 'portal' }, from: '127.0.0.1', tenant: stage.main },
    {
      action: 'changed',
      revision: 2,
      diff: [
        { path: 'raw_config.locale', after: 'fr_FR' },
        { path: 'raw_config.admin_password', after: '[secret]' },
      ],
    },
    { action: 'created', actor: { kind: 'administrator', id: null, name: null }, from: '127.0.0.1' },
  ]);
  expect(JSON.stringify(found)).not.toContain(PASSWORD);
});

test('tokens, users, templates and what is installed leave entries as well', async () => {
  const { id } = await tokenOf(stage.main, ['devices.read'], 'desk');
  await ask(stage, 'PATCH', `/api/v1/tokens/${id}`, { name: 'reception' });
  await ask(stage, 'DELETE', `/api/v1/tokens/${id}`);
  const password = 'several words are easy to remember';
  const user = (await ask(stage, 'POST', '/api/v1/users', { name: 'ann', permissions: ['#'], password })).json;
  await ask(stage, 'PATCH', `/api/v1/users/${user.id}`, { password: `${password} too` });
  const { total } = (await ask(stage, 'GET', '/api/v1/audit?limit=1&resource=user')).json;
  expect(total).toBe((await entries('?resource=user')).length);
  expect(await entries('?limit=5')).toMatchObject([
    {
      resource: 'user',
      action: 'changed',
      diff: [{ path: 'password', before: '[secret]', after: '[secret]' }],
    },
    { resource: 'user', action: 'created' },
    { resource: 'token', action: 'removed', diff: expect.arrayContaining([{ path: 'name', before: 'reception' }]) },
    { resource: 'token', action: 'changed', diff: [{ path: 'name', before: 'desk', after: 'reception' }] },
    { resource: 'token', action: 'created', diff: expect.arrayContaining([{ path: 'permissions', after: ['devices.read'] }]) },
  ]);
});

test('what was looked at leaves no entry, nor does what was refused', async () => {
  const before = await entries();
  await ask(stage, 'GET', '/api/v1/devices');
  expect((await create('alice', { parent_ids: 'none' })).status).toBe(400);
  expect((await ask(stage, 'DELETE', '/api/v1/configs/nobody')).status).toBe(404);
  expect(await entries()).toEqual(before);
});

test('entries are found by what they say, and page by page', async () => {
  for (const id of ['a', 'b', 'c', 'd', 'e']) await create(id);
  const seen: string[] = [];
  let cursor = '';
  for (let page = 0; page < 3; page += 1) {
    const { json } = await ask(stage, 'GET', `/api/v1/audit?resource=config&limit=2${cursor}`);
    seen.push(...entriesIn(json).map(({ id = '' }) => id));
    if (page < 2) expect(json.next).toEqual(expect.any(String));
    else expect(json.next).toBeNull();
    cursor = `&cursor=${json.next}`;
  }
  expect(seen).toEqual(['e', 'd', 'c', 'b', 'a']);
  expect(await entries('?actor=administrator&resource=config')).toHaveLength(5);
  expect(await entries('?actor=phone')).toEqual([]);
  expect(await entries('?from=2999-01-01T00:00:00Z')).toEqual([]);
  expect(await entries('?resource=config&to=2999-01-01T00:00:00Z')).toHaveLength(5);
  expect((await ask(stage, 'GET', '/api/v1/audit?cursor=x')).status).toBe(400);
  expect((await ask(stage, 'GET', '/api/v1/audit?actor_id=x')).json).toMatchObject({ complaints: [{ path: 'actor' }] });
});

test('a tenant sees what was changed of its own and of those below it, and nothing of others', async () => {
  const north = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'north' })).json.id ?? '';
  const shop = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'shop', parent: north })).json.id ?? '';
  for (const [id, tenant] of [
    ['mine', north],
    ['below', shop],
    ['main', stage.main],
  ])
    await create(id ?? '', { tenant });
  await replace('main', { ...complete, locale: 'fr_FR' });
  const { headers } = await tokenOf(north, ['#']);
  const seen = await entries('?resource=config', headers);
  expect(seen.map(({ id }) => id)).toEqual(['below', 'mine']);
  expect(await entries(`?tenant=${stage.main}`, headers)).toEqual([]);
  expect(await entries('?id=main', headers)).toEqual([]);
  for (const [method, path] of [
    ['GET', 'versions'],
    ['GET', 'versions/1'],
    ['POST', 'versions/1/roll-back'],
  ] as const)
    expect((await ask(stage, method, `/api/v1/configs/main/${path}`, method === 'POST' ? {} : undefined, headers)).status).toBe(
      404,
    );
  expect(await localeOf('main')).toBe('fr_FR');
});

test('a config goes back to what it was, also when it was removed', async () => {
  await create('alice', { X_note: 'first' });
  await replace('alice', { ...complete, locale: 'fr_FR' });
  await replace('alice', { ...complete, locale: 'de_DE' });
  const { json } = await ask(stage, 'GET', '/api/v1/configs/alice/versions');
  expect(json).toMatchObject({ total: 2, versions: [{ revision: 2 }, { revision: 1 }] });
  expect((await ask(stage, 'GET', '/api/v1/configs/alice/versions/2')).json).toMatchObject({ raw_config: { locale: 'fr_FR' } });

  expect((await ask(stage, 'POST', '/api/v1/configs/alice/versions/2/roll-back', {})).json).toMatchObject({
    revision: 4,
    raw_config: { locale: 'fr_FR' },
  });
  expect((await entries('?id=alice'))[0]).toMatchObject({ action: 'rolled-back', revision: 4 });

  await ask(stage, 'DELETE', '/api/v1/configs/alice');
  const { headers } = await tokenOf(stage.main, ['#', '!configs.create']);
  const back = '/api/v1/configs/alice/versions/1/roll-back';
  expect(await ask(stage, 'POST', back, {}, headers)).toMatchObject({ status: 403, json: { code: 'permission-missing' } });
  expect((await ask(stage, 'POST', back, {})).json).toMatchObject({ X_note: 'first', raw_config: complete });
  expect(await localeOf('alice')).toBeUndefined();
});

test('a version is shown without its secrets to who may not read them, who rolls it back all the same', async () => {
  await create('alice');
  await replace('alice', { locale: 'fr_FR' });
  const { headers } = await tokenOf(stage.main, ['#', '!secrets.read']);
  const shown = await ask(stage, 'GET', '/api/v1/configs/alice/versions/1', undefined, headers);
  expect(shown.json).toMatchObject({ raw_config: { sip_lines: { 1: { password: '[secret]' } } } });
  const rolled = await ask(stage, 'POST', '/api/v1/configs/alice/versions/1/roll-back', {}, headers);
  expect(rolled.text).not.toContain(PASSWORD);
  expect((await ask(stage, 'GET', '/api/v1/configs/alice')).json).toMatchObject({ raw_config: complete });
});

test('a rollback over a revision that is no longer there is refused, and so is one to what is not kept', async () => {
  await create('alice');
  const { headers } = await ask(stage, 'GET', '/api/v1/configs/alice');
  await replace('alice', { ...complete, locale: 'fr_FR' });
  const match = { 'if-match': headers.get('etag') ?? '' };
  expect((await ask(stage, 'POST', '/api/v1/configs/alice/versions/1/roll-back', {}, match)).status).toBe(412);
  for (const revision of ['2', '77', 'x', '1e3'])
    expect(await ask(stage, 'POST', `/api/v1/configs/alice/versions/${revision}/roll-back`, {})).toMatchObject({
      status: 404,
      json: { code: 'version-unknown' },
    });
  expect((await ask(stage, 'GET', '/api/v1/configs/nobody/versions')).json).toMatchObject({ code: 'config-unknown' });
});
