import { afterEach, expect, test } from '@jest/globals';
import type { LeaseOptions } from '../../server/leases/service.ts';
import { HOUR, ip, macOf, openLeases, phone, stranger, subnetOf } from './stage.ts';

const TEN = '10.0.0.0/24';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(pool: string, change: Partial<LeaseOptions> = {}, reservations: Record<string, string> = {}) {
  const stage = await openLeases([subnetOf(pool.startsWith('10.0.0.') ? TEN : '10.0.0.0/8', [pool], reservations)], change);
  closing.push(() => stage.close());
  return stage;
}

test('clients that nobody knew have 100,000 addresses of a pool at most, and one circuit has 256 offers, however large the pool is', async () => {
  const stage = await open('10.1.0.0-10.254.255.255');
  for (let number = 0; number < 300; number++) stage.offer(stranger(number));
  expect(stage.leases.usage()).toMatchObject([{ newClientsMost: 100_000, newClients: 256, offered: 256 }]);
});

test('who is known gets what is offered to a stranger behind any circuit, also when another had the first offer', async () => {
  const stage = await open('10.0.0.10-10.0.0.11', { newClientsPercent: 100 });
  await stage.boot(stranger(1, { circuit: 'port1' }));
  expect(stage.offer(stranger(2, { circuit: 'port2' }))).toBe('10.0.0.11');
  expect(stage.offer(phone(3))).toBe('10.0.0.11');
});

test('to an offer that gives way an address that was never used is preferred, and one that was let go before', async () => {
  // One circuit has one offer.
  const stage = await open('10.0.0.10-10.0.0.13', { newClientsPercent: 50 });
  stage.offer(phone(1), '10.0.0.10');
  await stage.bind(phone(1), '10.0.0.10');
  await stage.leases.release(phone(1), ip('10.0.0.10'));
  expect(stage.offer(stranger(2), '10.0.0.10')).toBe('10.0.0.10');
  expect(stage.offer(stranger(3))).toBe('10.0.0.11');
  for (const number of [4, 5, 6, 7]) await stage.boot(phone(number));
  stage.clock.now += HOUR;
  expect(stage.offer(stranger(8), '10.0.0.10')).toBe('10.0.0.10');
  expect(stage.offer(stranger(9))).not.toBe('10.0.0.10');
  expect(await stage.bind(stranger(8), '10.0.0.10')).toBe('bound');
});

test('an address counts as let go when its lease ended or, later, an offer of it; also after a restart', async () => {
  const before = await open('10.0.0.10-10.0.0.12');
  for (const number of [1, 2, 3]) {
    await before.boot(phone(number));
    before.clock.now += 1_000;
  }
  // The first ends last.
  await before.bind(phone(1), '10.0.0.10', 'none');
  before.clock.now += HOUR;
  before.leases.expire();
  const stage = await before.restart();
  closing.push(() => stage.leases.close());
  expect(stage.offer(phone(4))).toBe('10.0.0.11');
  stage.clock.now += 60_000;
  expect([5, 6, 7].map((number) => stage.offer(phone(number)))).toEqual(['10.0.0.12', '10.0.0.10', '10.0.0.11']);
});

test('reserved addresses at both ends of a pool are no part of it', async () => {
  const stage = await open('10.0.0.10-10.0.0.12', {}, { [macOf(8)]: '10.0.0.10', [macOf(9)]: '10.0.0.12' });
  expect(stage.leases.usage()).toMatchObject([{ size: 1, free: 1 }]);
  expect([1, 2].map((number) => stage.offer(phone(number)))).toEqual(['10.0.0.11', 'exhausted']);
});

test('a stranger behind one of many circuits that chose us gets what is free though it was not offered', async () => {
  const stage = await open('10.0.0.10-10.0.0.29');
  expect(await stage.bind(stranger(1, { circuit: 'port1', hasNeighbours: true }), '10.0.0.20')).toBe('bound');
});
