import { afterEach, expect, test } from '@jest/globals';
import type { LeaseDao } from '../../server/leases/dao.ts';
import type { Ip } from '../../server/lib/ip.ts';
import { addresses, HOUR, ip, macOf, openLeases, phone, stranger, subnetOf } from './stage.ts';

const ten = subnetOf('10.0.0.0/24', ['10.0.0.10-10.0.0.19']);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(subnets = [ten]) {
  const stage = await openLeases(subnets, { newClientsPercent: 100 });
  closing.push(() => stage.close());
  return stage;
}

test('100,000 leases that are over are remembered, and not one more: the one that ended first is forgotten', async () => {
  const now = 1_700_000_000_000;
  const over = addresses('10.0.0.1', 100_001).map((address, number) => ({
    address,
    subnet: '10.0.0.0/8',
    client: `mac:${macOf(number)}`,
    known: true,
    circuit: 'eth0',
    state: 'released' as const,
    since: now - HOUR,
    expires: now - number,
  }));
  const removed: Ip[] = [];
  const dao: LeaseDao = {
    list: async () => over,
    save: async () => {},
    remove: async (gone) => void removed.push(...gone),
  };
  const stage = await openLeases([subnetOf('10.0.0.0/8', ['10.0.0.1-10.1.255.255'])], { dao }, { now });
  expect(stage.stateOf('10.1.134.160')).toBe('released');
  await stage.close();
  expect(removed).toEqual(['10.1.134.161']);
});

test('who had an address that was forgotten, or that another has now, is not known here', async () => {
  const stage = await open();
  expect(await stage.boot(phone(1))).toBe('10.0.0.10');
  await stage.leases.forget(ip('10.0.0.10'));
  expect(await stage.bind(phone(1), '10.0.0.10', 'none')).toBe('unknown');
  expect(await stage.boot(phone(2))).toBe('10.0.0.11');
  stage.clock.now += HOUR;
  expect(await stage.bind(phone(3), '10.0.0.11')).toBe('bound');
  expect(await stage.bind(phone(2), '10.0.0.12', 'none')).toBe('unknown');
});

test('who moved to another address keeps that when the first is given to somebody', async () => {
  const stage = await open();
  await stage.boot(phone(1));
  expect(await stage.bind(phone(1), '10.0.0.15')).toBe('bound');
  expect(await stage.bind(phone(2), '10.0.0.10')).toBe('bound');
  expect(await stage.bind(phone(1), '10.0.0.15', 'none')).toBe('bound');
});

test('of a client with an address in each of two subnets that become one, its own is the one that it has, not the one that it had later', async () => {
  const low = subnetOf('10.0.0.0/25', ['10.0.0.10-10.0.0.19']);
  const high = subnetOf('10.0.0.128/25', ['10.0.0.200-10.0.0.209']);
  const stage = await open([low, high]);
  await stage.boot(phone(1));
  stage.clock.now += 1_000;
  await stage.leases.bind(high, phone(1), ip('10.0.0.200'), 'this');
  await stage.leases.release(phone(1), ip('10.0.0.200'));
  const one = await stage.restart([subnetOf('10.0.0.0/24', ['10.0.0.10-10.0.0.19', '10.0.0.200-10.0.0.209'])]);
  closing.push(() => one.leases.close());
  expect(one.offer(phone(1))).toBe('10.0.0.10');
});

test.each(['is known', 'comes when the offer is over'])(
  'what was offered to a client is not its own any more when it is offered to one that %s',
  async (who) => {
    const stage = await open([subnetOf('10.0.0.0/24', ['10.0.0.10-10.0.0.10', '10.0.0.20-10.0.0.29 Snom'])]);
    expect(stage.offer(stranger(1, { vendor: 'Snom' }), '10.0.0.10')).toBe('10.0.0.10');
    if (who !== 'is known') stage.clock.now += 60_000;
    expect(stage.offer(who === 'is known' ? phone(2) : stranger(2))).toBe('10.0.0.10');
    // Whatever the first does now ends no offer to the second.
    expect(await stage.boot(stranger(1, { vendor: 'Snom' }))).toBe('10.0.0.20');
    expect(stage.leases.usage().map(({ offered }) => offered)).toEqual([1, 0]);
    expect(await stage.bind(phone(2), '10.0.0.10', 'none')).toBe('bound');
  },
);
