import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cursorOf } from '../../server/api/cursor.ts';
import { checkAnswer, description } from '../support/api-description.ts';
import { ask, complete, openStage, type Stage, TOKEN } from './stage.ts';

let stage: Stage;
let north: string;
let shop: string;
beforeAll(async () => {
  stage = await openStage();
  north = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'north' })).json.id ?? '';
  shop = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'shop', parent: north })).json.id ?? '';
  for (const id of ['a', 'b', 'c']) await ask(stage, 'POST', '/api/v1/configs', { id, raw_config: complete });
  for (const [index, tenant] of [stage.main, north, shop, stage.main, north].entries()) {
    const mac = `000fd300000${index}`;
    const model = index < 3 ? 'D40' : 'T46S';
    await ask(stage, 'POST', '/api/v1/devices', {
      id: `d${index}`,
      tenant,
      mac,
      vendor: 'Digium',
      model,
      X_room: { floor: index },
    });
  }
  for (const name of ['one', 'two', 'three']) {
    await ask(stage, 'POST', '/api/v1/tokens', { name, permissions: ['devices.read'], tenant: north });
    await ask(stage, 'POST', '/api/v1/users', { name, permissions: ['devices.read'], password: `long enough ${name}` });
  }
});
afterAll(() => stage.close());

type Row = Readonly<Record<string, unknown>>;

/** @returns the rows of a list, whatever it is called, and the rest of the answer */
async function list(
  path: string,
  query = '',
): Promise<{ rows: Row[]; total: number; next: string | null; status: number; text: string }> {
  const response = await fetch(`${stage.url}${path}?${query}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const text = await response.text();
  const answer = JSON.parse(text) as { total: number; next: string | null } & Record<string, Row[]>;
  const name = path.split('/').at(-1) ?? '';
  checkAnswer('GET', `${path}?${query}`, {
    status: response.status,
    type: response.headers.get('content-type'),
    json: answer,
    text,
  });
  return { ...answer, rows: answer[names[name] ?? name] ?? [], status: response.status, text };
}

const names: Readonly<Record<string, string>> = { audit: 'entries', unrecognised: 'requests' };
const lists = Object.entries(description.paths ?? {}).flatMap(([path, methods]) => {
  const asked = (methods.get?.parameters ?? []) as unknown as readonly { name: string; schema: { enum?: readonly string[] } }[];
  const sort = asked.find(({ name }) => name === 'sort');
  return sort
    ? [
        {
          path: path.replace('/devices/{id}', '/devices/d0').replace('/configs/{id}', '/configs/a').replace('{id}', 'x'),
          sorts: sort.schema.enum ?? [],
        },
      ]
    : [];
});

test('there is one way for all lists', () => {
  expect(lists.map(({ path }) => path).sort()).toEqual([
    '/api/v1/audit',
    '/api/v1/configs',
    '/api/v1/configs/a/versions',
    '/api/v1/devices',
    '/api/v1/devices/d0/deliveries',
    '/api/v1/devices/d0/requests',
    '/api/v1/dhcp/leases',
    '/api/v1/firmware',
    '/api/v1/operations',
    '/api/v1/packages',
    '/api/v1/plugins',
    '/api/v1/repositories',
    '/api/v1/requests/unrecognised',
    '/api/v1/settings',
    '/api/v1/templates',
    '/api/v1/tenants',
    '/api/v1/tokens',
    '/api/v1/users',
    '/api/v1/users/x/sessions',
  ]);
});

const walked = lists
  .filter(({ path }) => !path.endsWith('/sessions'))
  .flatMap(({ path, sorts }) => sorts.map((sort) => ({ path, sort })));

test.each(walked)('$path by $sort: pages of two have each row once, in the order of the whole', async ({ path, sort }) => {
  const whole = await list(path, `sort=${sort}&limit=1000`);
  expect(whole).toMatchObject({ status: 200, next: null });
  const rows: Row[] = [];
  for (let cursor = ''; ; ) {
    const page = await list(path, `sort=${sort}&limit=2${cursor}`);
    expect(page.total).toBe(whole.total);
    rows.push(...page.rows);
    if (page.next === null) break;
    expect(page.rows).toHaveLength(2);
    cursor = `&cursor=${page.next}`;
  }
  expect(rows).toEqual(whole.rows);
});

test('a minus before the sort turns the list round', async () => {
  const idsOf = async (query: string) => (await list('/api/v1/devices', query)).rows.map(({ id }) => id);
  expect(await idsOf('sort=-model')).toEqual((await idsOf('sort=model')).toReversed());
  expect((await list('/api/v1/tokens', 'sort=-name')).rows.map(({ name }) => name)).toEqual(['two', 'three', 'one']);
});

test('a cursor that was changed, cut or made up is refused, and it is said how', async () => {
  const { next } = await list('/api/v1/devices', 'limit=2');
  const cursor = next ?? '';
  const forged = Buffer.from('no JSON').toString('base64url');
  for (const wrong of [
    `${cursor}x`,
    cursor.slice(1),
    cursor.slice(0, -1),
    `${forged}.${cursor.split('.')[1]}`,
    '',
    '.',
    'x'.repeat(5_000),
  ]) {
    const { status, text } = await list('/api/v1/devices', `limit=2&cursor=${encodeURIComponent(wrong)}`);
    expect({ wrong, status, problem: JSON.parse(text) }).toMatchObject({
      status: 400,
      problem: { code: 'query-invalid', complaints: [{ path: 'cursor', message: 'is not what an answer had as next' }] },
    });
  }
});

test('a cursor that somebody makes with a right sum fails nothing', async () => {
  const own = cursorOf(['x'], JSON.stringify(['List devices', {}, 'mac', []]));
  expect(await list('/api/v1/devices', `sort=mac&cursor=${own}`)).toMatchObject({ status: 200, rows: [] });
});

test.each([
  ['another sort', 'sort=mac'],
  ['the other direction', 'sort=-created'],
  ['another filter', 'model=D40'],
  ['other tenants', 'tenant=x'],
])('a cursor is refused with %s', async (_, query) => {
  const { next } = await list('/api/v1/devices', 'limit=2');
  const { status, text } = await list('/api/v1/devices', `${query}&cursor=${next}`);
  expect({ status, text }).toMatchObject({
    status: 400,
    text: expect.stringContaining('sort and filters have to be as they were'),
  });
});

test('a cursor is refused in another list, and taken with other fields and another limit', async () => {
  const { next } = await list('/api/v1/devices', 'limit=2');
  expect((await list('/api/v1/configs', `cursor=${next}`)).status).toBe(400);
  expect(await list('/api/v1/devices', `limit=1&fields=id&cursor=${next}`)).toMatchObject({ status: 200, rows: [{ id: 'd2' }] });
});

test('a cursor holds what its reader has seen, and nothing else', async () => {
  const { next } = await list('/api/v1/devices', 'limit=2&sort=mac');
  const [version, , position] = JSON.parse(Buffer.from(next?.split('.')[0] ?? '', 'base64url').toString()) as unknown[];
  expect({ version, position }).toEqual({ version: 1, position: ['00:0f:d3:00:00:01', expect.any(Number), 2] });
});

test('only the fields that are asked for come, in the order of the document, those in others too', async () => {
  const { rows } = await list('/api/v1/devices', 'limit=1&fields=mac,id,seen.at,X_room.floor,options');
  expect(rows).toEqual([{ id: 'd0', mac: '00:0f:d3:00:00:00', options: {}, seen: null, X_room: { floor: 0 } }]);
  expect((await list('/api/v1/devices', 'limit=1&fields=X_room,X_room.floor')).rows).toEqual([{ X_room: { floor: 0 } }]);
  expect((await list('/api/v1/tokens', 'limit=1&fields=name')).rows).toEqual([{ name: 'one' }]);
});

test.each([
  ['vender', 'did you mean vendor?'],
  ['id,at', 'did you mean seen.at?'],
  ['seen.when', 'is no field'],
  ['mac.first', 'is no field'],
  ['id,', 'there are id, tenant, mac'],
  ['__proto__', 'is no field'],
  ['constructor', 'is no field'],
])('fields=%s is refused: %s', async (fields, told) => {
  const { status, text } = await list('/api/v1/devices', `fields=${fields}`);
  expect({ status, text }).toMatchObject({ status: 400, text: expect.stringContaining(told) });
});

test('a tenant is listed alone, or with those below it', async () => {
  const idsOf = async (query: string) => (await list('/api/v1/devices', query)).rows.map(({ id }) => id);
  expect(await idsOf(`tenant=${north}`)).toEqual(['d1', 'd4']);
  expect(await idsOf(`tenant=${north}&descendants=true`)).toEqual(['d1', 'd2', 'd4']);
  expect(await idsOf(`tenant=${shop}&descendants=true`)).toEqual(['d2']);
  expect(await idsOf('tenant=none&descendants=true')).toEqual([]);
});

test('devices are found by what they are, by what they lack, and by how their names begin', async () => {
  const idsOf = async (query: string) => (await list('/api/v1/devices', query)).rows.map(({ id }) => id);
  expect(await idsOf('search=t46')).toEqual(['d3', 'd4']);
  expect(await idsOf('search=00-0F-D3-00-00-04')).toEqual(['d4']);
  expect(await idsOf('search=d2')).toEqual(['d2']);
  expect(await idsOf('ip=&model=D40')).toEqual(['d0', 'd1', 'd2']);
  expect(await idsOf('vendor=')).toEqual([]);
  expect(await idsOf('recognised=true&seen=false&limit=1')).toEqual(['d0']);
  expect(await idsOf('state=held')).toEqual([]);
  expect(await idsOf('changed_since=2999-01-01T00:00:00Z')).toEqual([]);
  expect(await idsOf('not_seen_since=2000-01-01T00:00:00Z&id=d1')).toEqual(['d1']);
});
