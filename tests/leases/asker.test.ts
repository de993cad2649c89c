import { afterEach, expect, test } from '@jest/globals';
import type { LeaseOptions } from '../../server/leases/service.ts';
import { ip, macOf, openLeases, phone, stranger, subnetOf } from './stage.ts';

const TEN = '10.0.0.0/24';
const ten = subnetOf(TEN, ['10.0.0.10-10.0.0.19']);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(subnet = ten, change: Partial<LeaseOptions> = {}) {
  const stage = await openLeases([subnet], change);
  closing.push(() => stage.close());
  return stage;
}

test('a client is of the vendor that it told when it was offered an address, before the one that it told when it got one', async () => {
  const stage = await open(subnetOf(TEN, ['10.0.0.10-10.0.0.12 Snom', '10.0.0.20-10.0.0.22 Yealink']));
  expect(await stage.boot(phone(1, { vendor: 'Snom' }))).toBe('10.0.0.10');
  expect(stage.offer(phone(1, { vendor: 'Yealink' }))).toBe('10.0.0.20');
  expect(stage.offer(phone(1))).toBe('10.0.0.20');
  expect(stage.offer(phone(2, { vendor: 'Yealink' }))).toBe('10.0.0.21');
  // However often it says less.
  for (let time = 0; time < 3; time++) expect(stage.offer(phone(2))).toBe('10.0.0.21');
});

test('a reserved address that is offered to a phone under one identifier is offered to it under another', async () => {
  const stage = await open(subnetOf(TEN, ['10.0.0.10-10.0.0.19'], { [macOf(1)]: '10.0.0.15' }));
  expect(stage.offer(phone(1))).toBe('10.0.0.15');
  expect(stage.offer(phone(1, { id: Buffer.from('firmware') }))).toBe('10.0.0.15');
});

test('what is offered to one stranger is not given to another', async () => {
  const stage = await open();
  expect(stage.offer(stranger(1))).toBe('10.0.0.10');
  expect(await stage.bind(stranger(2), '10.0.0.10')).toBe('offered');
});

test('who declined its address is not known any more by that', async () => {
  const stage = await open();
  await stage.boot(phone(1));
  await stage.leases.decline(phone(1), ip('10.0.0.10'));
  expect(await stage.bind(phone(1), '10.0.0.15', 'none')).toBe('unknown');
});

test('a phone that nobody knows any more counts as new as soon as it is offered the address that it has', async () => {
  const stage = await open();
  await stage.boot(phone(1));
  expect(stage.leases.usage()).toMatchObject([{ bound: 1, newClients: 0 }]);
  expect(stage.offer(stranger(1))).toBe('10.0.0.10');
  expect(stage.leases.usage()).toMatchObject([{ bound: 1, newClients: 1 }]);
});

test('of a network of two addresses both are given', async () => {
  const stage = await open(subnetOf('10.0.0.0/31', ['10.0.0.0-10.0.0.1']));
  expect([await stage.boot(phone(1)), await stage.boot(phone(2))]).toEqual(['10.0.0.0', '10.0.0.1']);
});
