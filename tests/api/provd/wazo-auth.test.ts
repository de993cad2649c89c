import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openWazoAuth, type WazoAuth } from '../../../server/access/wazo-auth.ts';
import { ask, openStage, type Stage } from '../stage.ts';
import { askProvd } from './stage.ts';

const MASTER = '11111111-1111-4111-8111-111111111111';
const NORTH = '22222222-2222-4222-8222-222222222222';
const SHOP = '33333333-3333-4333-8333-333333333333';
const SOUTH = '44444444-4444-4444-8444-444444444444';
const DEEP = '55555555-5555-4555-8555-555555555555';

/** As wazo-auth has them: the master tenant is its own parent. */
const tenants: Record<string, { name: string; parent: string }> = {
  [MASTER]: { name: 'master', parent: MASTER },
  [NORTH]: { name: 'north', parent: MASTER },
  [SHOP]: { name: 'shop', parent: NORTH },
  [SOUTH]: { name: 'north', parent: MASTER },
  [DEEP]: { name: 'deep', parent: SHOP },
};
const all = ['provd.#', 'auth.tenants.#'];
const tokens: Record<string, { tenant: string; acl: string[] }> = {
  'master-token': { tenant: MASTER, acl: all },
  'north-token': { tenant: NORTH, acl: all },
  'south-token': { tenant: SOUTH, acl: ['provd.dev_mgr.#'] },
  'deep-token': { tenant: DEEP, acl: all },
  'reader-token': { tenant: MASTER, acl: ['provd.#', '!provd.secrets.read', '!provd.dev_mgr.devices.*.delete'] },
  'other-token': { tenant: MASTER, acl: ['confd.#', 'devices.read', 'secrets.read'] },
};
const isBelow = (one: string, above: string): boolean =>
  one === above || (one !== MASTER && isBelow(tenants[one]?.parent ?? MASTER, above));

let wazo: Server;
let auth: WazoAuth;
let stage: Stage;
/** What it was asked. */
const asked: string[] = [];
/** Instead of its answer. */
let broken: { status: number; text: string } | undefined;

beforeAll(async () => {
  wazo = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://wazo');
    asked.push(`${request.method} ${request.url}`);
    const tell = (status: number, json: object) => response.writeHead(status).end(JSON.stringify(json));
    if (broken) return response.writeHead(broken.status).end(broken.text);
    const [, kind, id = ''] = /^\/api\/auth\/0\.1\/(token|tenants)\/(.*)$/.exec(pathname) ?? [];
    if (kind === 'token') {
      const token = tokens[id];
      if (!token) return tell(404, { reason: ['No such token'] });
      const tenant = searchParams.get('tenant');
      if (tenant !== null && !(tenants[tenant] && isBelow(tenant, token.tenant))) return tell(403, { reason: ['Unauthorized'] });
      const metadata = { uuid: `user-of-${id}`, tenant_uuid: token.tenant, purpose: 'internal' };
      return tell(200, { data: { token: id, auth_id: metadata.uuid, acl: token.acl, metadata } });
    }
    const token = tokens[request.headers['x-auth-token']?.toString() ?? ''];
    const tenant = tenants[id];
    if (kind !== 'tenants' || !token?.acl.includes('auth.tenants.#')) return tell(401, {});
    if (!tenant || !isBelow(id, token.tenant)) return tell(404, {});
    return tell(200, { uuid: id, name: tenant.name, parent_uuid: tenant.parent });
  });
  await new Promise<void>((resolve) => wazo.listen(0, '127.0.0.1', resolve));
  auth = await openWazoAuth({ url: `http://127.0.0.1:${(wazo.address() as AddressInfo).port}/api/auth` });
  stage = await openStage({ wazo: { auth, mainTenant: MASTER } });
  await ask(stage, 'POST', '/api/v1/configs', {
    id: 'phone',
    parent_ids: ['base'],
    raw_config: { admin_password: 'marker-s3cr3t' },
  });
});
afterAll(async () => {
  await stage.close();
  await auth.close();
  await new Promise((resolve) => wazo.close(resolve));
});

const by = (token: string, tenant?: string) => ({ 'x-auth-token': token, ...(tenant && { 'wazo-tenant': tenant }) });
const mac = (last: string) => ({ mac: `00:0f:d3:00:00:${last}` });

test('a token of wazo-auth permits what its access list permits of provd', async () => {
  expect((await askProvd(stage, 'GET', '/dev_mgr/devices', undefined, by('master-token'))).status).toBe(200);
  expect((await askProvd(stage, 'GET', '/dev_mgr/devices', undefined, by('nobody'))).status).toBe(401);
  expect((await askProvd(stage, 'GET', '/dev_mgr/devices', undefined, by('other-token'))).status).toBe(401);
  expect((await askProvd(stage, 'DELETE', '/dev_mgr/devices/x', undefined, by('reader-token'))).status).toBe(401);
  expect((await askProvd(stage, 'DELETE', '/dev_mgr/devices/x', undefined, by('master-token'))).status).toBe(404);
});

test('passwords are shown to whoever is permitted provd.secrets.read', async () => {
  const shown = async (token: string) =>
    (await askProvd(stage, 'GET', '/cfg_mgr/configs/phone', undefined, by(token))).json.config?.raw_config?.admin_password;
  expect(await shown('master-token')).toBe('marker-s3cr3t');
  expect(await shown('reader-token')).not.toBe('marker-s3cr3t');
});

test('a tenant that asks for the first time is made, with its name and where it belongs', async () => {
  const { status } = await askProvd(
    stage,
    'POST',
    '/dev_mgr/devices',
    { device: { id: 'deep', ...mac('05') } },
    by('deep-token'),
  );
  expect(status).toBe(201);
  const told = async (id: string) => (await ask(stage, 'GET', `/api/v1/tenants/${id}`)).json;
  // Its token is not told of those above it but for their place, so that they are called by their ids.
  expect(await told(DEEP)).toMatchObject({ name: 'deep', parent: SHOP });
  expect(await told(SHOP)).toMatchObject({ name: SHOP, parent: stage.main });
  const { json } = await ask(stage, 'GET', '/api/v1/audit?resource=tenant');
  expect(JSON.stringify(json)).toContain('user-of-deep-token');
});

test('who sees a tenant there asks in its name here, also where its name is taken', async () => {
  const create = (id: string, last: string, tenant: string) =>
    askProvd(stage, 'POST', '/dev_mgr/devices', { device: { id, ...mac(last) } }, by('master-token', tenant));
  expect((await create('north', '01', NORTH)).status).toBe(201);
  expect((await create('south', '02', SOUTH)).status).toBe(201);
  expect((await ask(stage, 'GET', `/api/v1/tenants/${SOUTH}`)).json.name).toBe(SOUTH);
  const { json } = await askProvd(stage, 'GET', '/dev_mgr/devices/south', undefined, by('south-token'));
  expect(json).toMatchObject({ device: { id: 'south', tenant_uuid: SOUTH, is_new: false } });
  expect((await askProvd(stage, 'GET', '/dev_mgr/devices/north', undefined, by('south-token'))).status).toBe(404);
  for (const tenant of [MASTER, NORTH, '66666666-6666-4666-8666-666666666666', 'nobody', stage.main])
    expect((await askProvd(stage, 'GET', '/dev_mgr/devices', undefined, by('south-token', tenant))).status).toBe(401);
});

test('asked for the first time by many at once, it is made once', async () => {
  const fresh = '77777777-7777-4777-8777-777777777777';
  tenants[fresh] = { name: 'fresh', parent: MASTER };
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => askProvd(stage, 'GET', '/dev_mgr/devices', undefined, by('master-token', fresh))),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect((await ask(stage, 'GET', `/api/v1/tenants/${fresh}`)).json).toMatchObject({ name: 'fresh' });
});

test('the master tenant there is the main tenant here, under its name there', async () => {
  await askProvd(stage, 'POST', '/dev_mgr/devices', { device: { id: 'main', ...mac('03') } }, by('master-token', MASTER));
  expect((await stage.devices.get('main'))?.tenant).toBe(stage.main);
  const { json } = await askProvd(stage, 'GET', '/dev_mgr/devices/main', undefined, by('master-token'));
  expect(json).toMatchObject({ device: { tenant_uuid: MASTER, is_new: true } });
  expect((await ask(stage, 'GET', `/api/v1/tenants/${MASTER}`)).status).toBe(404);
  const moved = await askProvd(
    stage,
    'PUT',
    '/dev_mgr/devices/main',
    { device: { id: 'main', ...mac('03') } },
    by('master-token', NORTH),
  );
  expect(moved.status).toBe(204);
  expect((await stage.devices.get('main'))?.tenant).toBe(NORTH);
});

test('tokens of this server go on opening, and wazo-auth never hears of them', async () => {
  asked.length = 0;
  expect((await askProvd(stage, 'GET', '/dev_mgr/devices')).status).toBe(200);
  expect((await askProvd(stage, 'GET', '/dev_mgr/devices', undefined, { 'wazo-tenant': NORTH })).status).toBe(200);
  expect(asked).toEqual([]);
});

test('what cannot be a token is not asked for, and its tokens open nothing below /api', async () => {
  asked.length = 0;
  for (const text of ['..', 'a/b', 'master-token?x', 'x'.repeat(200)])
    expect((await askProvd(stage, 'GET', '/dev_mgr/devices', undefined, by(text))).status).toBe(401);
  expect((await ask(stage, 'GET', '/api/v1/devices', undefined, { authorization: 'Bearer master-token' })).status).toBe(401);
  expect(asked).toEqual([]);
});

test.each([
  ['that fails', { status: 500, text: 'oops' }],
  ['that tells something else', { status: 200, text: '{"data":{}}' }],
  ['that tells no JSON', { status: 200, text: '<html>' }],
  ['that tells without end', { status: 200, text: ' '.repeat(2_000_000) }],
])('a server %s lets nobody in for the time being', async (_, instead) => {
  broken = instead;
  try {
    const { status, text } = await askProvd(stage, 'GET', '/dev_mgr/devices', undefined, by('master-token'));
    expect({ status, text }).toEqual({ status: 503, text: 'Try again later' });
    expect(stage.log.at(-1)).toContain('could not be asked');
    expect(stage.log.at(-1)).not.toContain('master-token');
  } finally {
    broken = undefined;
  }
});

test('a server that is not there lets nobody in for the time being', async () => {
  const nowhere = await openWazoAuth({ url: 'http://127.0.0.1:9' });
  const other = await openStage({ wazo: { auth: nowhere, mainTenant: MASTER } });
  try {
    expect((await askProvd(other, 'GET', '/status', undefined, by('master-token'))).status).toBe(503);
    expect((await askProvd(other, 'GET', '/status')).status).toBe(200);
  } finally {
    await other.close();
    await nowhere.close();
  }
});
