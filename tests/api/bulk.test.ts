import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, complete, openStage, PASSWORD, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

interface Told {
  readonly stored: boolean;
  readonly updated: number;
  readonly failed: number;
  readonly rows: readonly { readonly index: number; readonly status: number; readonly id?: string; readonly problem?: object }[];
}

const bulk = async (rows: readonly object[], order: object = {}, headers: Record<string, string> = {}) => {
  const reply = await ask(stage, 'POST', '/api/v1/bulk/devices', { ...order, rows }, headers);
  expect({ status: reply.status, text: reply.status === 200 ? '' : reply.text }).toEqual({ status: 200, text: '' });
  return reply.json as unknown as Told;
};
const mac = (number: number) =>
  `00:0f:d3:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`;
const phone = (number: number) => ({ id: `p${number}`, mac: mac(number), vendor: 'Digium', model: 'D40', config: 'alice' });
const list = async () =>
  (await ask(stage, 'GET', '/api/v1/devices')).json.devices as unknown as { id: string; revision: number }[];
const bearer = async (body: object) => ({
  authorization: `Bearer ${(await ask(stage, 'POST', '/api/v1/tokens', { name: 'x', ...body })).json.token}`,
});

test('rows are done one after the other, each as its single request, and each tells what became of it', async () => {
  const rows = [
    { create: phone(1) },
    { create: { ...phone(2), ip: '192.0.2.1' } },
    { update: { id: 'p1', revision: 1, description: 'Front desk', ip: '192.0.2.1' } },
    { delete: { id: 'p2', revision: 2 } },
    { create: { mac: mac(3) } },
  ];
  const { rows: results, ...rest } = await bulk(rows);
  expect(rest).toEqual({ stored: true, created: 3, updated: 1, deleted: 1, failed: 0 });
  expect(results).toEqual([
    { index: 0, status: 201, id: 'p1', revision: 1 },
    { index: 1, status: 201, id: 'p2', revision: 1 },
    { index: 2, status: 200, id: 'p1', revision: 2 },
    { index: 3, status: 204, id: 'p2' },
    { index: 4, status: 201, id: expect.stringMatching(/^[\da-f]{32}$/), revision: 1 },
  ]);
  expect((await ask(stage, 'GET', '/api/v1/devices/p1')).json).toMatchObject({ description: 'Front desk', ip: '192.0.2.1' });
  await stage.settled();
  expect((await list()).map(({ id }) => id)).toHaveLength(2);
});

const failing: [string, object, string, string, object | undefined][] = [
  ['a MAC address that is none', { create: { mac: 'x' } }, 'POST', '/api/v1/devices', { mac: 'x' }],
  ['a field that there is not', { create: { colour: 1 } }, 'POST', '/api/v1/devices', { colour: 1 }],
  ['a MAC address that is taken', { create: { mac: mac(1) } }, 'POST', '/api/v1/devices', { mac: mac(1) }],
  ['an id that is taken', { create: { id: 'p1' } }, 'POST', '/api/v1/devices', { id: 'p1' }],
  ['a tenant that there is not', { create: { tenant: 'no' } }, 'POST', '/api/v1/devices', { tenant: 'no' }],
  [
    'a mask of nothing',
    { create: { options: { password: '[secret]' } } },
    'POST',
    '/api/v1/devices',
    { options: { password: '[secret]' } },
  ],
  ['a device that there is not', { update: { id: 'no', model: 'D50' } }, 'PATCH', '/api/v1/devices/no', { model: 'D50' }],
  ['a tenant that shall change', { update: { id: 'p1', tenant: 'x' } }, 'PATCH', '/api/v1/devices/p1', { tenant: 'x' }],
  ['a device to remove that there is not', { delete: { id: 'no' } }, 'DELETE', '/api/v1/devices/no', undefined],
];

test.each(failing)(
  'a row with %s has the problem of its single request, and the others are done',
  async (_, row, method, path, body) => {
    await bulk([{ create: phone(1) }]);
    const alone = await ask(stage, method, path, body);
    expect(alone.status).toBeGreaterThanOrEqual(400);
    for (const order of [{ dry_run: true }, {}]) {
      const { rows, failed } = await bulk([{ create: phone(8) }, row, { delete: { id: 'p8' } }], order);
      expect(failed).toBe(1);
      expect(rows[1]).toMatchObject({ index: 1, status: alone.status, problem: alone.json });
      expect([rows[0]?.status, rows[2]?.status]).toEqual([201, 204]);
    }
  },
);

test('a row whose device was changed since is refused as by If-Match', async () => {
  await bulk([{ create: phone(1) }, { update: { id: 'p1', description: 'x' } }]);
  const stale = await ask(stage, 'PATCH', '/api/v1/devices/p1', { description: 'y' }, { 'if-match': '"old-1"' });
  const { rows } = await bulk([{ update: { id: 'p1', revision: 1, description: 'y' } }, { delete: { id: 'p1', revision: 1 } }]);
  expect(rows).toEqual([0, 1].map((index) => ({ index, id: 'p1', status: 412, problem: stale.json })));
});

test.each([
  [null],
  [{}],
  [{ create: 1 }],
  [{ create: {}, delete: { id: 'a' } }],
  [{ where: {}, create: {} }],
  [{ where: 1, delete: {} }],
  [{ update: { description: 'x' } }],
  [{ update: { id: 'p1', revision: 'x' } }],
  [{ delete: { id: 'p1', force: true } }],
  [{ where: { colour: 'red' }, delete: {} }],
])('a row that says nothing that can be done is its own fault: %j', async (row) => {
  const { rows } = await bulk([row as object, { create: phone(1) }]);
  expect(rows).toMatchObject([
    { index: 0, status: 400, problem: { code: 'body-invalid' } },
    { index: 1, status: 201 },
  ]);
});

test('all or none: nothing is stored when one row fails, and each tells what would have become of it', async () => {
  const rows = [{ create: phone(1) }, { create: { ...phone(2), mac: mac(1) } }];
  expect(await bulk(rows, { atomic: true })).toMatchObject({ stored: false, created: 1, failed: 1 });
  expect(await list()).toEqual([]);
  expect(await bulk([rows[0] ?? {}], { atomic: true })).toMatchObject({ stored: true, created: 1, failed: 0 });
  expect(await list()).toMatchObject([{ id: 'p1' }]);
});

test('a dry run says what the run says, rows seeing those before them, and changes nothing', async () => {
  await ask(stage, 'POST', '/api/v1/configs', { id: 'auto', role: 'autocreate', raw_config: complete });
  await bulk([{ create: phone(1) }]);
  await stage.settled();
  const before = { devices: await list(), audit: (await ask(stage, 'GET', '/api/v1/audit')).text };
  const rows = [
    { create: phone(2) },
    { create: { ...phone(3), mac: mac(2) } },
    { delete: { id: 'p2' } },
    { create: { id: 'p3', mac: mac(2) } },
    { update: { id: 'p1', mac: mac(2) } },
    { update: { id: 'p1', revision: 1, options: { switchboard: true } } },
    { where: { model: 'D40' }, update: { description: 'all' } },
  ];
  const told = await bulk(rows, { dry_run: true });
  expect(told.stored).toBe(false);
  await stage.settled();
  expect({ devices: await list(), audit: (await ask(stage, 'GET', '/api/v1/audit')).text }).toEqual(before);
  expect((await ask(stage, 'GET', '/api/v1/configs')).json.total).toBe(1);
  const done = await bulk(rows);
  expect(done).toEqual({ ...told, stored: true });
  expect(done.rows.map(({ status }) => status)).toEqual([201, 409, 204, 201, 409, 200, 200]);
});

test('where stands for all that the list has when its turn comes, also of more than are done at once', async () => {
  await bulk(Array.from({ length: 600 }, (_, index) => ({ create: phone(index) })));
  const { updated, rows } = await bulk([
    { where: { model: 'D40', approved: true, tenant: stage.main }, update: { model: 'D50' } },
    { where: { model: 'D40' }, update: { model: 'D70' } },
  ]);
  expect(updated).toBe(600);
  expect(rows[599]).toEqual({ index: 0, status: 200, id: 'p599', revision: 2 });
  expect(await bulk([{ where: { model: 'D50' }, delete: {} }])).toMatchObject({ deleted: 600, failed: 0 });
  expect(await list()).toEqual([]);
});

test('each row needs the permission of its single request', async () => {
  await bulk([{ create: phone(1) }]);
  const rows = [
    { create: phone(2) },
    { update: { id: 'p1', model: 'D50' } },
    { delete: { id: 'p1' } },
    { where: {}, delete: {} },
  ];
  const may = async (...permissions: string[]) =>
    (await bulk(rows, { dry_run: true }, await bearer({ permissions: ['devices.bulk', ...permissions] }))).rows.map(
      ({ status }) => status,
    );
  expect(await may()).toEqual([403, 403, 403, 403]);
  expect(await may('devices.create')).toEqual([201, 403, 403, 403]);
  expect(await may('devices.update', 'devices.read')).toEqual([403, 200, 403, 403]);
  expect(await may('devices.delete')).toEqual([403, 403, 204, 403]);
});

test('who changed what is in the audit, row by row', async () => {
  const headers = await bearer({ name: 'importer', permissions: ['devices.*'] });
  await bulk([{ create: phone(1) }, { create: phone(1) }, { update: { id: 'p1', model: 'D50' } }], {}, headers);
  const { json } = await ask(stage, 'GET', '/api/v1/audit?resource=device');
  expect(json.entries).toMatchObject([
    { actor: { kind: 'token', name: 'importer' }, action: 'changed', diff: [{ path: 'model', before: 'D40', after: 'D50' }] },
    { actor: { kind: 'token', name: 'importer' }, action: 'created' },
  ]);
});

test('who may not read secrets writes back what he saw', async () => {
  await bulk([{ create: { ...phone(1), options: { sip_password: PASSWORD } } }]);
  const reader = await bearer({ permissions: ['#', '!secrets.read'] });
  const options = { sip_password: '[secret]', switchboard: true };
  expect(await bulk([{ update: { id: 'p1', options } }], {}, reader)).toMatchObject({ updated: 1 });
  expect((await ask(stage, 'GET', '/api/v1/devices/p1')).json.options).toEqual({ sip_password: PASSWORD, switchboard: true });
});

test('configs are created, replaced and removed as devices are, and what inherits is told', async () => {
  const rows = [
    { create: { id: 'site', raw_config: { locale: 'fr_FR' } } },
    { create: { id: 'alice', parent_ids: ['site'], raw_config: complete } },
    { create: { id: 'alice', raw_config: {} } },
    { update: { id: 'site', revision: 1, raw_config: { locale: 'de_DE' } } },
    { update: { id: 'site', revision: 1, raw_config: {} } },
    { create: { id: 'gone', raw_config: {}, transient: true } },
    { where: { transient: true }, delete: {} },
  ];
  const { status, json } = await ask(stage, 'POST', '/api/v1/bulk/configs', { rows });
  expect(status).toBe(200);
  expect((json as unknown as Told).rows.map(({ status }) => status)).toEqual([201, 201, 409, 200, 412, 201, 204]);
  expect((await ask(stage, 'GET', '/api/v1/configs/alice/resolved')).json.raw_config).toMatchObject({ locale: 'de_DE' });
  await ask(stage, 'POST', '/api/v1/bulk/configs', { rows: [{ update: { id: 'site', raw_config: { locale: 'it_IT' } } }] });
  expect((await ask(stage, 'GET', '/api/v1/configs/alice/resolved')).json.raw_config).toMatchObject({ locale: 'it_IT' });
  expect((await ask(stage, 'GET', '/api/v1/configs/site/versions')).json.versions).toHaveLength(2);
});
