import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const PASSWORD = 'several words are easy to remember';
const nobody = { authorization: '' };

async function addUser(name: string, more: object = {}) {
  const { status, json } = await ask(stage, 'POST', '/api/v1/users', {
    name,
    permissions: ['devices.#'],
    password: PASSWORD,
    ...more,
  });
  expect(status).toBe(201);
  return json;
}

async function login(name: string, password = PASSWORD) {
  const { status, json } = await ask(stage, 'POST', '/api/v1/login', { name, password }, nobody);
  expect(status).toBe(200);
  return { authorization: `Bearer ${json.token}` };
}

test('a user logs in, may what he may, and is shown nowhere with his password', async () => {
  const user = await addUser('ann');
  expect(user).toMatchObject({ name: 'ann', tenant: stage.main, permissions: ['devices.#'], disabled: false });
  const ann = await login('Ann');
  expect((await ask(stage, 'GET', '/api/v1/self', undefined, ann)).json).toMatchObject({
    kind: 'user',
    id: user.id,
    name: 'ann',
  });
  expect((await ask(stage, 'GET', '/api/v1/devices', undefined, ann)).status).toBe(200);
  expect((await ask(stage, 'GET', '/api/v1/configs', undefined, ann)).status).toBe(403);
  for (const path of ['users', `users/${user.id}`, `users/${user.id}/sessions`, 'audit'])
    expect((await ask(stage, 'GET', `/api/v1/${path}`)).text).not.toContain(PASSWORD);
  expect(stage.log.join()).not.toContain(PASSWORD);
  expect(stage.log.join()).not.toContain(ann.authorization.slice('Bearer '.length));
});

test('a session ends when its user logs out, and is none of a token', async () => {
  await addUser('ann');
  const [one, other] = [await login('ann'), await login('ann')];
  expect((await ask(stage, 'POST', '/api/v1/logout', {}, one)).status).toBe(204);
  expect((await ask(stage, 'GET', '/api/v1/self', undefined, one)).status).toBe(401);
  expect((await ask(stage, 'GET', '/api/v1/self', undefined, other)).status).toBe(200);
  expect(await ask(stage, 'POST', '/api/v1/logout', {})).toMatchObject({ status: 409, json: { code: 'access-not-a-user' } });
});

test('whoever changes users sees their sessions and ends them', async () => {
  const { id } = await addUser('ann');
  const ann = await login('ann');
  const { json } = await ask(stage, 'GET', `/api/v1/users/${id}/sessions`);
  const [session] = json.sessions ?? [];
  expect(json).toMatchObject({ total: 1, sessions: [{ from: '127.0.0.1', current: false }] });
  const path = `/api/v1/users/${id}/sessions/${session?.id}`;
  expect((await ask(stage, 'DELETE', path)).status).toBe(204);
  expect((await ask(stage, 'GET', '/api/v1/self', undefined, ann)).status).toBe(401);
  expect(await ask(stage, 'DELETE', path)).toMatchObject({ status: 404, json: { code: 'session-unknown' } });
});

test('a session of one user is not ended by way of another', async () => {
  const [ann, bob] = [await addUser('ann'), await addUser('bob')];
  const own = await login('ann');
  const [session] = (await ask(stage, 'GET', `/api/v1/users/${ann.id}/sessions`)).json.sessions ?? [];
  expect((await ask(stage, 'DELETE', `/api/v1/users/${bob.id}/sessions/${session?.id}`)).status).toBe(404);
  expect((await ask(stage, 'GET', '/api/v1/self', undefined, own)).status).toBe(200);
});

test('a user changes his own password, which ends his other sessions', async () => {
  await addUser('ann');
  const [one, other] = [await login('ann'), await login('ann')];
  const wrong = { current: 'this was never his password', password: 'another phrase that is long' };
  expect(await ask(stage, 'PUT', '/api/v1/self/password', wrong, one)).toMatchObject({
    status: 400,
    json: { complaints: [{ path: 'current' }] },
  });
  const right = { ...wrong, current: PASSWORD };
  const { status, json } = await ask(stage, 'PUT', '/api/v1/self/password', right, one);
  expect(status).toBe(200);
  for (const ended of [one, other]) expect((await ask(stage, 'GET', '/api/v1/self', undefined, ended)).status).toBe(401);
  const fresh = { authorization: `Bearer ${json.token}` };
  expect((await ask(stage, 'GET', '/api/v1/self', undefined, fresh)).status).toBe(200);
  await login('ann', right.password);
  expect((await ask(stage, 'PUT', '/api/v1/self/password', right)).status).toBe(409);
});

test('whoever guesses is refused, told to wait, and told of in the security log', async () => {
  await addUser('ann');
  const guess = () => ask(stage, 'POST', '/api/v1/login', { name: 'ann', password: 'a guess that is long' }, nobody);
  expect(await guess()).toMatchObject({ status: 401, json: { code: 'access-login-refused' } });
  let last = await guess();
  for (let tries = 0; tries < 10 && last.status !== 429; tries += 1) last = await guess();
  expect(last).toMatchObject({ status: 429, json: { code: 'access-login-limited' } });
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(stage.refusals).toContain('refused 127.0.0.1');
  expect(stage.refusals.at(-1)).toBe('limited 127.0.0.1');
  expect(stage.log.join()).not.toContain('a guess that is long');
});

test('behind proxies of ours it is the caller who is named and told to wait, and nobody else', async () => {
  const behind = await openStage({ trustedProxies: 1 });
  try {
    const user = { name: 'ann', permissions: ['devices.#'], password: PASSWORD };
    expect((await ask(behind, 'POST', '/api/v1/users', user, { 'x-forwarded-for': '192.0.2.9' })).status).toBe(201);
    const guess = (from: string, password = 'a guess that is long') =>
      ask(behind, 'POST', '/api/v1/login', { name: 'ann', password }, { ...nobody, 'x-forwarded-for': `10.9.9.9, ${from}` });
    let last = await guess('192.0.2.66');
    for (let tries = 0; tries < 10 && last.status !== 429; tries += 1) last = await guess('192.0.2.66');
    expect(last.status).toBe(429);
    expect(behind.refusals.at(-1)).toBe('limited 192.0.2.66');
    expect((await guess('198.51.100.1', PASSWORD)).status).toBe(200);
    const { entries } = (await ask(behind, 'GET', '/api/v1/audit?resource=user')).json;
    expect(entries).toMatchObject([{ from: '192.0.2.9' }]);
  } finally {
    await behind.close();
  }
});

test('nobody makes a user that may more than himself, or one of another tenant', async () => {
  const north = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'north' })).json.id;
  await addUser('boss', { tenant: north, permissions: ['users.#', 'devices.read'] });
  const boss = await login('boss');
  const make = (more: object) =>
    ask(stage, 'POST', '/api/v1/users', { name: 'x', permissions: ['devices.read'], password: PASSWORD, ...more }, boss);
  expect(await make({ permissions: ['configs.read'] })).toMatchObject({ status: 409, json: { code: 'user-refused' } });
  expect(await make({ tenant: stage.main })).toMatchObject({ status: 400, json: { complaints: [{ path: 'tenant' }] } });
  expect(await make({ permissions: ['device.read'] })).toMatchObject({
    status: 400,
    json: { complaints: [{ path: 'permissions.0', message: expect.stringContaining('did you mean devices.read?') }] },
  });
  expect(await make({ password: 'short' })).toMatchObject({ status: 400, json: { complaints: [{ path: 'password' }] } });
  expect((await make({})).status).toBe(201);
  expect((await ask(stage, 'GET', '/api/v1/users', undefined, boss)).json.total).toBe(2);
});

test('a user of another tenant is as if he were not there', async () => {
  const north = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'north' })).json.id;
  const { id } = await addUser('main');
  await addUser('boss', { tenant: north, permissions: ['#'] });
  const boss = await login('boss');
  for (const [method, path, body] of [
    ['GET', ''],
    ['PATCH', '', { disabled: true }],
    ['DELETE', ''],
    ['GET', '/sessions'],
    ['DELETE', '/sessions/some'],
  ] as const)
    expect({ method, path, ...(await ask(stage, method, `/api/v1/users/${id}${path}`, body, boss)) }).toMatchObject({
      method,
      path,
      status: 404,
      json: { code: 'user-unknown' },
    });
  await login('main');
});

test('a user is changed over the revision that was read', async () => {
  const { id } = await addUser('ann');
  const ann = await login('ann');
  const { headers } = await ask(stage, 'GET', `/api/v1/users/${id}`);
  const match = { 'if-match': headers.get('etag') ?? '' };
  expect((await ask(stage, 'PATCH', `/api/v1/users/${id}`, { disabled: true }, match)).json).toMatchObject({ disabled: true });
  expect((await ask(stage, 'PATCH', `/api/v1/users/${id}`, { disabled: false }, match)).status).toBe(412);
  expect((await ask(stage, 'GET', '/api/v1/self', undefined, ann)).status).toBe(401);
  expect((await ask(stage, 'DELETE', `/api/v1/users/${id}`)).status).toBe(204);
  expect((await ask(stage, 'GET', `/api/v1/users/${id}`)).status).toBe(404);
});
