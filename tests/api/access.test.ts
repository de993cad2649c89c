import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { routes } from '../support/api-description.ts';
import { ask, complete, type Json, openStage, PASSWORD, type Stage } from './stage.ts';

let stage: Stage;
/** Ids of tenants: north with shop below it, and south. */
const ids = { north: '', shop: '', south: '' };
const bearers = new Map<string, string>();
/** Ids that were made by the server: `token north`. */
const made = new Map<string, string>();

async function tokenFor(tenant: string, permissions: readonly string[]): Promise<Record<string, string>> {
  const key = `${tenant} ${permissions.join()}`;
  if (!bearers.has(key)) {
    const { status, json } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'test', tenant, permissions });
    expect(status).toBe(201);
    bearers.set(key, json.token ?? '');
  }
  return { authorization: `Bearer ${bearers.get(key)}` };
}

beforeAll(async () => {
  stage = await openStage();
  const tenant = async (name: string, parent?: string) =>
    (await ask(stage, 'POST', '/api/v1/tenants', { name, ...(parent && { parent }) })).json.id ?? '';
  ids.north = await tenant('north');
  ids.shop = await tenant('shop', ids.north);
  ids.south = await tenant('south');
  let number = 0;
  for (const [name, id] of Object.entries({ ...ids, main: stage.main })) {
    number += 1;
    const config = { id: `config-${name}`, tenant: id, raw_config: complete, X_api_token: PASSWORD };
    const options = { switchboard: true, sip_password: PASSWORD };
    const device = {
      id: `device-${name}`,
      tenant: id,
      mac: `000fd300000${number}`,
      vendor: 'Digium',
      model: 'D40',
      config: `config-${name}`,
      options,
    };
    expect((await ask(stage, 'POST', '/api/v1/configs', config)).status).toBe(201);
    expect((await ask(stage, 'POST', '/api/v1/devices', device)).status).toBe(201);
    const token = await ask(stage, 'POST', '/api/v1/tokens', { name, tenant: id, permissions: ['devices.read'] });
    made.set(`token ${name}`, token.json.id ?? '');
    const user = { name, tenant: id, permissions: ['devices.read'], password: 'correct horse battery staple' };
    made.set(`user ${name}`, (await ask(stage, 'POST', '/api/v1/users', user)).json.id ?? '');
    const order = { label: 'test', title: 'test', tenant: id };
    made.set(`operation ${name}`, (await stage.operations.start(order, async () => undefined)).id);
    // So that there is an earlier version.
    await ask(stage, 'PUT', `/api/v1/configs/config-${name}`, { ...config, X_second: true, tenant: undefined, id: undefined });
  }
});
afterAll(() => stage.close());

const endpoints = routes.flatMap(({ path, methods }) =>
  Object.entries(methods).map(([method, endpoint]) => ({ method, path: path.replaceAll(/[:*](\w+)/g, 'some-$1'), endpoint })),
);
const permitted = endpoints.filter(({ endpoint }) => endpoint.permission !== undefined);
const bodyOf = (method: string) => (method === 'GET' ? undefined : {});

test.each(permitted)('$method $path needs its permission', async ({ method, path, endpoint: { permission = '' } }) => {
  const without = await tokenFor(stage.main, ['#', `!${permission}`]);
  expect(await ask(stage, method, path, bodyOf(method), without)).toMatchObject({
    status: 403,
    json: { code: 'permission-missing', detail: expect.stringContaining(permission) },
  });
  const withIt = await tokenFor(stage.main, [permission]);
  expect([401, 403]).not.toContain((await ask(stage, method, path, bodyOf(method), withIt)).status);
});

test.each(permitted.filter(({ endpoint }) => endpoint.serverWide))(
  '$method $path is for the main tenant',
  async ({ method, path }) => {
    const all = await tokenFor(ids.north, ['#']);
    expect(await ask(stage, method, path, bodyOf(method), all)).toMatchObject({ status: 403, json: { code: 'tenant-not-main' } });
  },
);

/** What a route names by its path, as it is of the tenant of that name: of nobody it is not there. */
const named: Readonly<Record<string, (name: string) => string>> = {
  devices: (name) => `device-${name}`,
  configs: (name) => `config-${name}`,
  tenants: (name) => (name === 'nobody' ? NOBODY : { ...ids, main: stage.main }[name as keyof typeof ids]),
  tokens: (name) => made.get(`token ${name}`) ?? NOBODY,
  users: (name) => made.get(`user ${name}`) ?? NOBODY,
  operations: (name) => made.get(`operation ${name}`) ?? 'ffffffffffff',
};
const NOBODY = '00000000-0000-4000-8000-000000000000';
/** What has to be valid before anybody looks whether the thing is there. */
const bodies: Readonly<Record<string, object>> = {
  'PATCH /api/v1/devices/:id': { description: 'mine' },
  'PUT /api/v1/configs/:id': { raw_config: {} },
  'POST /api/v1/configs/:id/versions/:revision/roll-back': {},
  'PATCH /api/v1/tenants/:id': { name: 'mine' },
  'PATCH /api/v1/tokens/:id': { name: 'mine' },
  'PATCH /api/v1/users/:id': { permissions: [] },
};
/** What else names something of a tenant, in query or body: other tests of this file. */
const elsewhere = [
  '/api/v1/bulk/devices',
  '/api/v1/bulk/configs',
  '/api/v1/resyncs',
  '/api/v1/devices.csv',
  '/api/v1/devices',
  '/api/v1/configs',
  '/api/v1/tenants',
  '/api/v1/tokens',
  '/api/v1/users',
  '/api/v1/audit',
  '/api/v1/operations',
  '/api/v1/events',
  '/api/v1/dhcp/config/:server',
  '/api/v1/claims',
  '/api/v1/claims/release',
];
/** What names nothing of a tenant. */
const nobodys = ['/status', '/metrics', '/openapi.json', '/docs', '/api/v1/plugins'];
/** What is the caller's own. */
const own = ['/api/v1/self', '/api/v1/self/password', '/api/v1/login', '/api/v1/logout'];

const ofTenants = routes.flatMap(({ path, methods }) =>
  Object.entries(methods)
    .filter(([, { serverWide }]) => !serverWide)
    .map(([method]) => ({ method, path })),
);
const byPath = ofTenants.filter(({ path }) => /^\/api\/v1\/(?:devices|configs|tenants|tokens|users|operations)\/:id/.test(path));

test('every route that is not for the main tenant alone is in a table of this file', () => {
  const known = new Set([...byPath.map(({ path }) => path), ...elsewhere, ...nobodys, ...own]);
  expect(ofTenants.filter(({ path }) => !known.has(path))).toEqual([]);
});

/** Who sees whom: a tenant sees itself and what is below it. */
const callers = [
  { caller: 'north', sees: ['north', 'shop'], others: ['south', 'main'] },
  { caller: 'shop', sees: ['shop'], others: ['north', 'south', 'main'] },
  { caller: 'south', sees: ['south'], others: ['north', 'shop', 'main'] },
] as const;

const table = callers.flatMap(({ caller, sees, others }) => byPath.map((way) => ({ ...way, caller, sees, others })));

test.each(table)(
  '$method $path of another tenant is as if it were not there for $caller',
  async ({ method, path, caller, sees, others }) => {
    const [, resource = ''] = /^\/api\/v1\/(\w+)/.exec(path) ?? [];
    const body = bodies[`${method} ${path}`];
    const bearer = await tokenFor(ids[caller], ['#']);
    const at = (name: string) =>
      path
        .replace(':id', named[resource]?.(name) ?? '')
        .replace(':revision', '1')
        .replace(':session', NOBODY)
        .replace('*name', 'Digium/000fd3000003.cfg');
    const nothing = await ask(stage, method, at('nobody'), body, bearer);
    expect(nothing.status).toBe(404);
    for (const name of others) {
      const foreign = await ask(stage, method, at(name), body, bearer);
      expect({ name, status: foreign.status }).toEqual({ name, status: 404 });
      const [there = '', nowhere = ''] = [name, 'nobody'].map((each) => named[resource]?.(each));
      expect(foreign.text.replaceAll(there, nowhere)).toBe(nothing.text);
    }
    // What it sees is there, so that the table says something.
    if (method === 'GET' && !path.includes('files')) {
      for (const name of sees) expect((await ask(stage, 'GET', at(name), undefined, bearer)).status).toBe(200);
    }
  },
);

test('what others tried to change is as it was', async () => {
  expect((await ask(stage, 'GET', '/api/v1/devices/device-south')).json).toMatchObject({ description: null });
  expect((await ask(stage, 'GET', '/api/v1/configs/config-south')).json).toMatchObject({ raw_config: complete, revision: 2 });
});

test('neither the trail of changes nor the configuration of DHCP servers tells of another tenant, by whatever it is asked for', async () => {
  const north = await tokenFor(ids.north, ['#']);
  for (const query of ['', `?tenant=${ids.south}`, '?id=device-south', `?actor=token&actor_id=${made.get('token south')}`]) {
    const { status, text } = await ask(stage, 'GET', `/api/v1/audit${query}`, undefined, north);
    expect({ query, status }).toEqual({ query, status: 200 });
    expect(text).not.toMatch(/(?:device|config)-(?:south|main)/);
    expect(text).not.toContain(ids.south);
  }
  const asked = async (tenant: string) => ask(stage, 'GET', `/api/v1/dhcp/config/dnsmasq?tenant=${tenant}`, undefined, north);
  const [foreign, nothing] = [await asked(ids.south), await asked(NOBODY)];
  expect(foreign.status).toBeGreaterThanOrEqual(400);
  expect(foreign.text.replaceAll(ids.south, NOBODY)).toBe(nothing.text);
});

test('lists have what is of the caller’s tenant and of those below it, whatever tenants they are asked for', async () => {
  const north = await tokenFor(ids.north, ['#']);
  const idsIn = async (path: string) => {
    const { json } = await ask(stage, 'GET', path, undefined, north);
    const [items = []] = Object.values(json).filter(Array.isArray) as unknown as { id: string }[][];
    return [items.map(({ id }) => id), Number(json.total)];
  };
  expect(await idsIn('/api/v1/devices')).toEqual([['device-north', 'device-shop'], 2]);
  expect(await idsIn('/api/v1/configs')).toEqual([['config-north', 'config-shop'], 2]);
  expect(await idsIn('/api/v1/tenants')).toEqual([[ids.north, ids.shop], 2]);
  const operations = ['shop', 'north'].map((name) => made.get(`operation ${name}`));
  expect((await idsIn('/api/v1/operations?label=test'))[1]).toBe(2);
  expect(new Set((await idsIn('/api/v1/operations?label=test'))[0] as string[])).toEqual(new Set(operations));
  for (const path of ['devices', 'configs']) {
    expect(await idsIn(`/api/v1/${path}?tenant=${ids.south}`)).toEqual([[], 0]);
    expect((await idsIn(`/api/v1/${path}?tenant=${ids.south}&tenant=${ids.shop}`))[1]).toBe(1);
  }
  expect((await idsIn('/api/v1/devices?mac=000fd3000003'))[1]).toBe(0);
});

test.each([
  ['/api/v1/devices', () => ({ id: 'intruder', tenant: ids.south, mac: '000fd3000044' }), 'tenant'],
  ['/api/v1/devices', () => ({ id: 'intruder', tenant: stage.main, mac: '000fd3000044' }), 'tenant'],
  ['/api/v1/configs', () => ({ id: 'intruder', tenant: ids.south, raw_config: {} }), 'tenant'],
  ['/api/v1/configs', () => ({ id: 'intruder', parent_ids: ['config-south'], raw_config: {} }), 'parent_ids.0'],
  ['/api/v1/tenants', () => ({ name: 'intruder', parent: ids.south }), 'parent'],
  ['/api/v1/tokens', () => ({ name: 'intruder', tenant: ids.south, permissions: ['devices.read'] }), 'tenant'],
])('nothing is made in another tenant, or of what is there: %s', async (path, body, field) => {
  const north = await tokenFor(ids.north, ['#']);
  expect(await ask(stage, 'POST', path, body(), north)).toMatchObject({ status: 400, json: { complaints: [{ path: field }] } });
});

function statusesIn({ rows }: Json): number[] {
  return (rows as unknown as { status: number }[]).map(({ status }) => status);
}

test('nothing of another tenant is reached by rows, by whatever they name it, and they say no more than of what is not there', async () => {
  const north = await tokenFor(ids.north, ['#']);
  const south = { tenant: ids.south };
  await ask(stage, 'PATCH', '/api/v1/devices/device-south', { ip: '192.0.2.78' });
  const before = await Promise.all(
    ['devices', 'configs'].map((each) => ask(stage, 'GET', `/api/v1/${each}?tenant=${ids.south}`)),
  );
  const rowsFor = (name: string) => ({
    devices: [
      { update: { id: `device-${name}`, description: 'mine' } },
      { update: { id: `device-${name}`, revision: 1, description: 'mine' } },
      { delete: { id: `device-${name}` } },
    ],
    configs: [{ update: { id: `config-${name}`, raw_config: {} } }, { delete: { id: `config-${name}` } }],
  });
  for (const order of [{ dry_run: true }, { atomic: true }, {}]) {
    for (const name of ['south', 'main']) {
      for (const resource of ['devices', 'configs'] as const) {
        const path = `/api/v1/bulk/${resource}`;
        const foreign = await ask(stage, 'POST', path, { ...order, rows: rowsFor(name)[resource] }, north);
        const nothing = await ask(stage, 'POST', path, { ...order, rows: rowsFor('nobody')[resource] }, north);
        expect(statusesIn(foreign.json)).toEqual(rowsFor(name)[resource].map(() => 404));
        expect(foreign.text.replaceAll(`-${name}`, '-nobody')).toBe(nothing.text);
      }
    }
    // What names a tenant, an address or a MAC address.
    const rows = [
      { create: { id: 'intruder', ...south, mac: '000fd3000044' } },
      { create: { id: 'intruder', mac: '000fd3000044', ip: '192.0.2.78' } },
      { update: { id: 'device-north', ...south } },
      { update: { id: 'device-north', ip: '192.0.2.78' } },
    ];
    const { json } = await ask(stage, 'POST', '/api/v1/bulk/devices', { ...order, rows }, north);
    expect(statusesIn(json)).toEqual([400, 409, 400, 409]);
    const where = [south, { tenant: [stage.main] }, { mac: '000fd3000003' }, { ip: '192.0.2.78' }, { config: 'config-south' }];
    const many = where.map((each) => ({ where: each, delete: {} }));
    expect((await ask(stage, 'POST', '/api/v1/bulk/devices', { ...order, rows: many }, north)).json.rows).toEqual([]);
    const configs = [
      { create: { id: 'intruder', ...south, raw_config: {} } },
      { create: { id: 'intruder', parent_ids: ['config-south'], raw_config: {} } },
      { where: south, delete: {} },
    ];
    const answer = await ask(stage, 'POST', '/api/v1/bulk/configs', { ...order, rows: configs }, north);
    expect(statusesIn(answer.json)).toEqual([400, 400]);
  }
  const after = await Promise.all(['devices', 'configs'].map((each) => ask(stage, 'GET', `/api/v1/${each}?tenant=${ids.south}`)));
  expect(after.map(({ text }) => text)).toEqual(before.map(({ text }) => text));
});

test('no phone of another tenant is told, by whatever it is meant', async () => {
  const north = await tokenFor(ids.north, ['#']);
  for (const devices of [['device-south'], ['device-shop', 'device-main'], ['nobody']]) {
    expect(await ask(stage, 'POST', '/api/v1/resyncs', { devices }, north)).toMatchObject({ status: 404 });
  }
  for (const [where, devices] of [
    [{}, 2],
    [{ id: 'device-south' }, 0],
    [{ tenant: [ids.south] }, 0],
    [{ search: 'device-' }, 2],
  ] as const) {
    const { status, json } = await ask(stage, 'POST', '/api/v1/resyncs', { where }, north);
    expect([status, json.tenant]).toEqual([202, ids.north]);
    const ended = await stage.operations.wait(json.id ?? '');
    const told = JSON.stringify(ended?.result);
    expect(told).not.toMatch(/device-(?:south|main)/);
    expect(ended?.result).toMatchObject({ devices });
  }
});

test('nothing of another tenant is reached by CSV, by whatever column it is named', async () => {
  const north = await tokenFor(ids.north, ['#']);
  const headers = { ...north, 'content-type': 'text/csv' };
  const exported = (await ask(stage, 'GET', '/api/v1/devices.csv?raw_config=sip_lines.1.username', undefined, north)).text;
  expect(exported).toContain('device-shop');
  expect(exported).not.toMatch(/device-(?:south|main)/);
  for (const query of [`tenant=${ids.south}`, `tenant=${stage.main}`, 'mac=000fd3000003', 'config=config-south'])
    expect((await ask(stage, 'GET', `/api/v1/devices.csv?${query}`, undefined, north)).text).toBe(
      exported.replace(/\r\n.*/s, '\r\n').replace(',raw_config.sip_lines.1.username', ''),
    );
  // A config of another tenant shows nothing, though a device names it.
  await ask(stage, 'PATCH', '/api/v1/devices/device-shop', { config: 'config-south' });
  const { text } = await ask(
    stage,
    'GET',
    `/api/v1/devices.csv?tenant=${ids.shop}&raw_config=sip_lines.1.username`,
    undefined,
    north,
  );
  expect(text).toMatch(/,config-south,.*,\r\n$/);
  await ask(stage, 'PATCH', '/api/v1/devices/device-shop', { config: 'config-shop' });

  await ask(stage, 'PATCH', '/api/v1/devices/device-south', { ip: '192.0.2.79' });
  const before = await ask(stage, 'GET', `/api/v1/devices?tenant=${ids.south}`);
  const lines = [
    'id,tenant,mac,ip,description',
    'device-south,,,,mine',
    `,${ids.south},000fd3000003,,mine`,
    `thief,${ids.south},000fd3000044,,mine`,
    `device-north,${ids.south},,,mine`,
    'device-north,,000fd3000001,192.0.2.79,mine',
    'thief,,000fd3000044,192.0.2.79,mine',
  ];
  for (const query of ['?dry_run=true', '']) {
    const { json } = await ask(stage, 'POST', `/api/v1/devices.csv${query}`, lines.join('\n'), headers);
    // An id is one among all tenants: it is taken, as it is for a single request.
    expect(statusesIn(json)).toEqual([409, 400, 400, 400, 409, 409]);
  }
  expect((await ask(stage, 'GET', `/api/v1/devices?tenant=${ids.south}`)).text).toBe(before.text);
  // In its own tenant the same MAC address is another phone.
  const own = await ask(stage, 'POST', '/api/v1/devices.csv', 'id,mac\nsame,000fd3000003\n', headers);
  expect(statusesIn(own.json)).toEqual([201]);
  await ask(stage, 'DELETE', '/api/v1/devices/same', undefined, north);
});

test('no phone of another tenant is claimed or released, by whatever it is named, nor by a code of another tenant', async () => {
  const [north, main] = [await tokenFor(ids.north, ['#']), await tokenFor(stage.main, ['#'])];
  const code = '9473920183';
  await ask(stage, 'POST', '/api/v1/configs', { id: 'claimed', tenant: ids.south, raw_config: complete, code });
  await ask(stage, 'PATCH', '/api/v1/devices/device-south', { ip: '192.0.2.80' });
  const before = await ask(stage, 'GET', `/api/v1/devices?tenant=${ids.south}`);
  const names: [Record<string, string>, Record<string, string>][] = [
    [{ device: 'device-south' }, { device: 'device-nobody' }],
    [{ mac: '00:0f:d3:00:00:03' }, { mac: '00:0f:d3:00:00:99' }],
    [{ ip: '192.0.2.80' }, { ip: '192.0.2.81' }],
  ];
  for (const [there, nowhere] of names) {
    for (const [path, more] of [['claims', { code, take: true }] as const, ['claims/release', {}] as const]) {
      const [foreign, nothing] = [
        await ask(stage, 'POST', `/api/v1/${path}`, { phone: there, ...more }, north),
        await ask(stage, 'POST', `/api/v1/${path}`, { phone: nowhere, ...more }, north),
      ];
      expect([foreign.status, nothing.status]).toEqual([404, 404]);
      expect(foreign.text.replaceAll(Object.values(there).join(), Object.values(nowhere).join())).toBe(nothing.text);
    }
  }
  await ask(stage, 'POST', '/api/v1/devices', { id: 'waits', tenant: ids.north, mac: '000fd3000077' });
  const [right, wrong] = [code, '0000'].map((each) => ({ phone: { device: 'waits' }, code: each, take: true }));
  for (const who of [north, main]) {
    const [foreign, nothing] = [
      await ask(stage, 'POST', '/api/v1/claims', right, who),
      await ask(stage, 'POST', '/api/v1/claims', wrong, who),
    ];
    expect([foreign.status, foreign.text]).toEqual([404, nothing.text]);
  }
  expect((await ask(stage, 'GET', `/api/v1/devices?tenant=${ids.south}`)).text).toBe(before.text);
  await ask(stage, 'DELETE', '/api/v1/devices/waits');
  await ask(stage, 'DELETE', '/api/v1/configs/claimed');
});

test('an address is not taken from a phone of another tenant', async () => {
  const ip = '192.0.2.77';
  expect((await ask(stage, 'PATCH', '/api/v1/devices/device-south', { ip })).status).toBe(200);
  const north = await tokenFor(ids.north, ['#']);
  const taken = { status: 409, json: { code: 'device-ip-taken' } };
  expect(await ask(stage, 'PATCH', '/api/v1/devices/device-north', { ip }, north)).toMatchObject(taken);
  expect(await ask(stage, 'POST', '/api/v1/devices', { id: 'thief', mac: '000fd3000066', ip }, north)).toMatchObject(taken);
  expect((await ask(stage, 'GET', '/api/v1/devices/thief')).status).toBe(404);
  expect((await ask(stage, 'GET', '/api/v1/devices/device-south')).json.ip).toBe(ip);
  // Whoever sees both moves it.
  expect((await ask(stage, 'PATCH', '/api/v1/devices/device-north', { ip })).json.ip).toBe(ip);
  expect((await ask(stage, 'GET', '/api/v1/devices/device-south')).json.ip).toBeNull();
});

test('a device that names another tenant’s config has none', async () => {
  const north = await tokenFor(ids.north, ['#']);
  const device = { id: 'thief', mac: '000fd3000055', vendor: 'Digium', model: 'D40', config: 'config-south' };
  const { json } = await ask(stage, 'POST', '/api/v1/devices', device, north);
  expect(json.files).toMatchObject([{ digest: null, problem: 'Its config config-south does not exist' }, expect.anything()]);
  expect(await ask(stage, 'GET', '/api/v1/devices/thief/files/Digium/000fd3000055.cfg', undefined, north)).toMatchObject({
    status: 409,
  });
  await ask(stage, 'DELETE', '/api/v1/devices/thief', undefined, north);
});

test('who may not read secrets sees that they are there, and writes back what he saw', async () => {
  const reader = await tokenFor(stage.main, ['#', '!secrets.read']);
  for (const path of [
    '/api/v1/devices',
    '/api/v1/devices/device-main',
    '/api/v1/configs',
    '/api/v1/configs/config-main',
    '/api/v1/configs/config-main/resolved',
    '/api/v1/configs/config-main/versions',
    '/api/v1/configs/config-main/versions/1',
    '/api/v1/audit',
    '/api/v1/devices.csv?raw_config=sip_lines.1.password&raw_config=sip_lines',
    '/api/v1/devices/device-main/requests',
    '/api/v1/devices/device-main/deliveries',
    '/api/v1/settings',
    '/api/v1/users',
    '/api/v1/operations',
    '/api/v1/repositories',
    '/api/v1/tokens',
    '/api/v1/tenants',
  ]) {
    expect({ path, status: (await ask(stage, 'GET', path, undefined, reader)).status }).toEqual({ path, status: 200 });
    expect({ path, shows: (await ask(stage, 'GET', path, undefined, reader)).text.includes(PASSWORD) }).toEqual({
      path,
      shows: false,
    });
  }
  // Whoever may read them sees some of these, so that this says something.
  for (const path of ['/api/v1/configs/config-main/versions/1', '/api/v1/devices.csv?raw_config=sip_lines.1.password'])
    expect((await ask(stage, 'GET', path)).text).toContain(PASSWORD);
  const explained = await ask(stage, 'POST', '/api/v1/explain', { device: 'device-main' }, reader);
  expect([explained.status, explained.text.includes(PASSWORD)]).toEqual([200, false]);
  expect((await ask(stage, 'GET', '/api/v1/devices/device-main/files/Digium/000fd3000004.cfg', undefined, reader)).status).toBe(
    403,
  );

  const seen = (await ask(stage, 'GET', '/api/v1/configs/config-main', undefined, reader)).json;
  expect(seen).toMatchObject({
    X_api_token: '[secret]',
    raw_config: { sip_lines: { 1: { password: '[secret]', username: '1001' } } },
  });
  const changed = JSON.parse(JSON.stringify(seen));
  changed.raw_config.locale = 'fr_FR';
  expect((await ask(stage, 'PUT', '/api/v1/configs/config-main', changed, reader)).text).not.toContain(PASSWORD);
  const stored = (await ask(stage, 'GET', '/api/v1/configs/config-main')).json;
  expect(stored).toMatchObject({ X_api_token: PASSWORD, raw_config: { ...complete, locale: 'fr_FR' } });

  await ask(stage, 'PATCH', '/api/v1/devices/device-main', { options: { sip_password: '[secret]', switchboard: false } }, reader);
  expect((await ask(stage, 'GET', '/api/v1/devices/device-main')).json).toMatchObject({
    options: { sip_password: PASSWORD, switchboard: false },
  });
  expect(
    await ask(stage, 'POST', '/api/v1/configs', { id: 'x', raw_config: { admin_password: '[secret]' } }, reader),
  ).toMatchObject({ status: 400, json: { complaints: [{ path: 'raw_config.admin_password' }] } });
});

test.each([
  ['device.read', 'did you mean devices.read?'],
  ['!secret.read', 'did you mean secrets.read?'],
  ['nothing.like.it', 'docs/api.md'],
])('a permission that there is not is a slip: %s', async (pattern, hint) => {
  const body = { name: 'x', permissions: ['#', pattern] };
  expect(await ask(stage, 'POST', '/api/v1/tokens', body)).toMatchObject({
    status: 400,
    json: { complaints: [{ path: 'permissions.1', message: expect.stringContaining(hint) }] },
  });
});

test('a token tells who it is, and its secret is shown once', async () => {
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'desk', permissions: ['devices.read'] });
  const self = { kind: 'token', id: json.id, name: 'desk', tenant: stage.main, permissions: ['devices.read'] };
  const own = { authorization: `Bearer ${json.token}` };
  expect((await ask(stage, 'GET', '/api/v1/self', undefined, own)).json).toEqual(self);
  expect((await ask(stage, 'GET', `/api/v1/tokens/${json.id}`)).text).not.toContain(json.token);
  expect(stage.log.join()).not.toContain(json.token);
  expect((await ask(stage, 'DELETE', `/api/v1/tokens/${json.id}`)).status).toBe(204);
  expect((await ask(stage, 'GET', '/api/v1/self', undefined, own)).status).toBe(401);
});
