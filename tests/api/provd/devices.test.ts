import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStage, type Stage } from '../stage.ts';
import { askProvd, tenantOf } from './stage.ts';

let stage: Stage;
let sub: string;
let other: string;
beforeAll(async () => {
  stage = await openStage();
  sub = await tenantOf(stage, 'sub');
  other = await tenantOf(stage, 'other');
});
afterAll(() => stage.close());

const mac = (number: number) =>
  `00:0f:d3:00:${number
    .toString(16)
    .padStart(4, '0')
    .replace(/(..)(..)/, '$1:$2')}`;
const create = (id: string, fields: object, tenant = stage.main) =>
  askProvd(stage, 'POST', '/dev_mgr/devices', { device: { id, ...fields } }, { 'wazo-tenant': tenant });
const put = (id: string, fields: object, tenant: string) =>
  askProvd(stage, 'PUT', `/dev_mgr/devices/${id}`, { device: { id, ...fields } }, { 'wazo-tenant': tenant });
const tenantNow = async (id: string) => (await stage.devices.get(id))?.tenant;

test.each([
  ['a MAC address that is none', { mac: 'x' }],
  ['a MAC address of another device of the tenant', { mac: mac(1) }],
  ['options that are no object', { mac: mac(2), options: 'x' }],
])('a new phone is not taken by a PUT with %s', async (_, fields) => {
  await create('taken', { mac: mac(1) }, sub);
  await create('new', { mac: mac(2) });
  expect((await put('new', fields, sub)).status).toBe(400);
  expect(await tenantNow('new')).toBe(stage.main);
});

test('of two tenants that take a new phone at once, one has it', async () => {
  await create('wanted', { mac: mac(3) });
  const answers = await Promise.all([sub, other].map((tenant) => put('wanted', { mac: mac(3), description: tenant }, tenant)));
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 404]);
  const device = await stage.devices.get('wanted');
  expect(device?.description).toBe(device?.tenant);
});

test('a list of more devices than are read at once is whole, and each comes once', async () => {
  const ids = Array.from({ length: 1_203 }, (_, index) => `many-${String(index).padStart(4, '0')}`);
  for (const [index, id] of ids.entries()) await stage.devices.create(other, { mac: mac(1_000 + index) as never }, id);
  const idsOf = async (query: string) => {
    const { json } = await askProvd(stage, 'GET', `/dev_mgr/devices?${query}`, undefined, { 'wazo-tenant': other });
    const { devices } = json as unknown as { devices: { id: string }[] };
    return devices.map(({ id }) => id).filter((id) => id !== 'wanted');
  };
  expect(await idsOf('')).toEqual(ids);
  expect(await idsOf('sort=id&sort_ord=DESC&limit=3&fields=id')).toEqual(ids.slice(-3).reverse());
  expect(await idsOf(`skip=1000&q=${encodeURIComponent('{"id":{"$ne":"wanted"}}')}`)).toEqual(ids.slice(1_000));
  const some = JSON.stringify({ id: { $in: ['many-0007', 'nobody', 'many-1202', 'many-0007', 'taken'] } });
  expect(await idsOf(`q=${encodeURIComponent(some)}`)).toEqual(['many-0007', 'many-1202']);
});
