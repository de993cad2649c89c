import { afterEach, describe, expect, test } from '@jest/globals';
import type { LeaseDao } from '../../server/leases/dao.ts';
import type { Lease, Subnet } from '../../server/leases/model.ts';
import type { LeaseOptions } from '../../server/leases/service.ts';
import { addresses, HOUR, ip, macOf, openLeases, phone, stranger, subnetOf } from './stage.ts';

const TEN = '10.0.0.0/24';
const ten = (count: number, reservations: Record<string, string> = {}) =>
  subnetOf(TEN, [`10.0.0.10-10.0.0.${9 + count}`], reservations);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open(subnets: Subnet | readonly Subnet[], change: Partial<LeaseOptions> = {}) {
  const stage = await openLeases(Array.isArray(subnets) ? subnets : [subnets as Subnet], change);
  closing.push(() => stage.close());
  return stage;
}

describe('an offer', () => {
  test('is an address that was never used, then the one that was let go the longest time ago', async () => {
    const stage = await open(ten(3));
    for (const number of [1, 2, 3]) await stage.boot(phone(number));
    for (const number of [2, 3, 1]) {
      stage.clock.now += 1_000;
      await stage.leases.release(phone(number), ip(`10.0.0.${9 + number}`));
    }
    expect([4, 5, 6, 7].map((number) => stage.offer(phone(number)))).toEqual([
      '10.0.0.11',
      '10.0.0.12',
      '10.0.0.10',
      'exhausted',
    ]);
  });

  test('is the same when the client asks again, and is kept from others for a minute', async () => {
    const stage = await open(ten(1));
    expect(stage.offer(phone(1))).toBe('10.0.0.10');
    stage.clock.now += 30_000;
    expect(stage.offer(phone(1))).toBe('10.0.0.10');
    stage.clock.now += 59_999;
    expect(stage.offer(phone(2))).toBe('exhausted');
    stage.clock.now += 1;
    expect(stage.offer(phone(2))).toBe('10.0.0.10');
  });

  test('that nobody took is not the next one, but comes after all that are free', async () => {
    const stage = await open(ten(3));
    expect(stage.offer(phone(1))).toBe('10.0.0.10');
    stage.clock.now += 60_000;
    expect([2, 3, 4].map((number) => stage.offer(phone(number)))).toEqual(['10.0.0.11', '10.0.0.12', '10.0.0.10']);
  });

  test('is the address that the client has, with its lease, and the one that it had last', async () => {
    const stage = await open(ten(5));
    await stage.boot(phone(1));
    await stage.boot(phone(2));
    stage.clock.now += 1_000;
    const offer = stage.leases.offer(ten(5), phone(2));
    expect(offer).toMatchObject({ address: '10.0.0.11', lease: { state: 'bound', expires: stage.clock.now + HOUR - 1_000 } });
    stage.clock.now += 2 * HOUR;
    expect(stage.leases.offer(ten(5), phone(2))).toEqual({ kind: 'offered', address: '10.0.0.11' });
  });

  test('is the address that the client wants, if it is free and in a pool', async () => {
    const stage = await open(ten(5));
    await stage.boot(phone(1));
    expect(stage.offer(phone(2), '10.0.0.13')).toBe('10.0.0.13');
    expect(stage.offer(phone(3), '10.0.0.10')).toBe('10.0.0.11');
    expect(stage.offer(phone(4), '10.0.0.200')).toBe('10.0.0.12');
    expect(stage.offer(phone(5), '10.9.9.9')).toBe('10.0.0.14');
  });

  test("is of the client's vendor's pool before one for all, and never of another vendor's", async () => {
    const subnet = subnetOf(TEN, ['10.0.0.10-10.0.0.10', '10.0.0.20-10.0.0.20 Yealink']);
    const stage = await open(subnet);
    const yealink = (number: number) => phone(number, { vendor: 'Yealink' });
    expect(stage.offer(yealink(1))).toBe('10.0.0.20');
    expect(stage.offer(yealink(2))).toBe('10.0.0.10');
    await stage.leases.decline(yealink(2), ip('10.0.0.10'));
    expect(stage.offer(phone(3), '10.0.0.20')).toBe('exhausted');
  });

  test('of nothing says why, and how full the pools are that the client may have addresses from', async () => {
    const subnet = subnetOf(TEN, ['10.0.0.10-10.0.0.11', '10.0.0.20-10.0.0.20 Yealink']);
    const stage = await open(subnet, { newClientsPercent: 50 });
    await stage.boot(stranger(1));
    expect(stage.leases.offer(subnet, stranger(2, { circuit: 'eth1' }))).toEqual({
      kind: 'none',
      reason: 'limited',
      pools: [
        {
          first: '10.0.0.10',
          last: '10.0.0.11',
          subnet: TEN,
          size: 2,
          bound: 1,
          offered: 0,
          declined: 0,
          free: 1,
          past: 0,
          newClients: 1,
          newClientsMost: 1,
        },
      ],
    });
    await stage.boot(phone(3));
    expect(stage.offer(phone(4))).toBe('exhausted');
    const nothing = subnetOf('10.1.0.0/24', ['10.1.0.5-10.1.0.6 Snom']);
    const other = await open(nothing);
    expect(other.leases.offer(nothing, phone(1))).toEqual({ kind: 'none', reason: 'no-pool', pools: [] });
  });

  test('needs a client identifier or a MAC address', async () => {
    const stage = await open(ten(1));
    expect(() => stage.leases.offer(ten(1), { known: true, circuit: 'eth0', id: Buffer.alloc(0) })).toThrow(
      expect.objectContaining({ code: 'lease-client-unknown' }),
    );
  });

  test('in a pool of 16 million addresses is an address in it', async () => {
    const subnet = subnetOf('10.0.0.0/8', ['10.0.0.1-10.255.255.254']);
    const stage = await open(subnet);
    for (let number = 0; number < 5_000; number++) {
      expect(stage.offer(stranger(number))).not.toBe('exhausted');
      if (number % 100 === 0) stage.clock.now += 60_000;
    }
  });

  test('is of the network that the client is in, and what it has comes before what it wants', async () => {
    const stage = await open([ten(4), subnetOf('10.1.0.0/24', ['10.1.0.10-10.1.0.20'])]);
    expect(stage.offer(phone(1), '10.1.0.12')).toBe('10.0.0.10');
    expect(stage.offer(phone(1), '10.0.0.12')).toBe('10.0.0.10');
    await stage.boot(phone(1));
    expect(stage.offer(phone(1), '10.0.0.12')).toBe('10.0.0.10');
  });

  test('that was made to a stranger gives way to who is known and wants its address, and to no stranger behind another circuit', async () => {
    const stage = await open(ten(4), { newClientsPercent: 100 });
    for (const number of [1, 2]) await stage.boot(phone(number));
    expect([stage.offer(stranger(3)), stage.offer(stranger(4))]).toEqual(['10.0.0.12', '10.0.0.13']);
    expect(stage.offer(stranger(5, { circuit: 'eth1' }))).toBe('exhausted');
    expect(stage.offer(phone(6), '10.0.0.13')).toBe('10.0.0.13');
    expect(await stage.bind(stranger(3), '10.0.0.12')).toBe('bound');
    expect(await stage.bind(stranger(4), '10.0.0.13')).toBe('offered');
  });

  test('is the only one that is kept for the client', async () => {
    const stage = await open(subnetOf(TEN, ['10.0.0.10-10.0.0.12 Yealink', '10.0.0.20-10.0.0.22']));
    expect(stage.offer(phone(1, { vendor: 'Yealink' }))).toBe('10.0.0.10');
    expect(stage.offer(phone(1, { vendor: 'Snom' }))).toBe('10.0.0.20');
    expect(stage.leases.usage().map(({ offered }) => offered)).toEqual([0, 1]);
  });

  test('is never an address of another vendor’s pool, also when the client wants that', async () => {
    const stage = await open(subnetOf(TEN, ['10.0.0.10-10.0.0.12 Yealink', '10.0.0.20-10.0.0.22']));
    expect(stage.offer(phone(1, { vendor: 'Snom' }), '10.0.0.10')).toBe('10.0.0.20');
    expect(await stage.bind(phone(1, { vendor: 'Snom' }), '10.0.0.11')).toBe('not-in-pool');
  });
});

describe('a request', () => {
  test('for what was offered is a lease, kept with all that the client told', async () => {
    const stage = await open(ten(5));
    stage.offer(phone(1, { hostName: 'desk', vendorClass: 'yealink SIP-T46S', vendor: 'Yealink', id: Buffer.from([0, 1, 255]) }));
    // A REQUEST may say less.
    const binding = await stage.leases.bind(ten(5), phone(1, { id: Buffer.from([0, 1, 255]) }), ip('10.0.0.10'), 'this');
    const lease = {
      address: '10.0.0.10',
      subnet: TEN,
      client: 'id:0001ff',
      mac: macOf(1),
      hostName: 'desk',
      vendorClass: 'yealink SIP-T46S',
      vendor: 'Yealink',
      known: true,
      circuit: 'eth0',
      state: 'bound',
      since: stage.clock.now,
      expires: stage.clock.now + HOUR,
    };
    expect(binding).toEqual({ kind: 'bound', lease, seconds: 3_600 });
    expect(await stage.dao.list()).toEqual([lease]);
    expect(stage.told).toEqual([lease]);
  });

  test('again lengthens the lease, and does not begin it anew', async () => {
    const stage = await open(ten(5));
    await stage.boot(phone(1, { hostName: 'desk' }));
    const began = stage.clock.now;
    stage.clock.now += HOUR / 2;
    expect(await stage.bind(phone(1), '10.0.0.10', 'none')).toBe('bound');
    expect(stage.told.at(-1)).toMatchObject({ since: began, expires: began + 1.5 * HOUR, hostName: 'desk' });
    expect(await stage.dao.list()).toEqual(stage.told.slice(-1));
  });

  test.each<[string, string, string]>([
    ['of another network', '10.1.0.10', 'outside-subnet'],
    ["that is another's", '10.0.0.10', 'held'],
    ['that is offered to another', '10.0.0.11', 'offered'],
    ['that is reserved for another', '10.0.0.12', 'reserved'],
    ['that was declined', '10.0.0.13', 'declined'],
    ['that is in no pool', '10.0.0.99', 'not-in-pool'],
    ['that is free, as after a restart that forgot the offer', '10.0.0.14', 'bound'],
  ])('of a client that chose us for an address %s', async (_, address, outcome) => {
    const stage = await open(ten(8, { [macOf(9)]: '10.0.0.12' }));
    await stage.boot(phone(1));
    stage.offer(phone(2));
    stage.offer(phone(3), '10.0.0.13');
    await stage.leases.decline(phone(3), ip('10.0.0.13'));
    expect(await stage.bind(phone(4), address)).toBe(outcome);
  });

  test('of a client that is not known here and chose nobody is for the caller to be silent about', async () => {
    const stage = await open(ten(8));
    await stage.boot(phone(1));
    expect(await stage.bind(phone(4), '10.0.0.11', 'none')).toBe('unknown');
    expect(await stage.leases.bind(ten(8), phone(4), ip('10.0.0.10'), 'none')).toMatchObject({
      kind: 'unknown',
      lease: { mac: macOf(1) },
    });
    expect(await stage.bind(phone(4), '10.1.0.1', 'none')).toBe('outside-subnet');
    expect(stage.leases.list().total).toBe(1);
  });

  test('of a client that reboots is granted for the address that it had, also when the lease is over, and refused for others', async () => {
    const stage = await open(ten(8));
    await stage.boot(phone(1));
    stage.clock.now += 2 * HOUR;
    expect(await stage.bind(phone(1), '10.0.0.11', 'none')).toBe('own-elsewhere');
    expect(await stage.bind(phone(1), '10.0.0.10', 'none')).toBe('bound');
  });

  test('of a client for another address than it has gives up the first', async () => {
    const stage = await open(ten(8));
    await stage.boot(phone(1));
    expect(await stage.bind(phone(1), '10.0.0.15')).toBe('bound');
    expect(stage.stateOf('10.0.0.10')).toBe('released');
    expect(stage.told.map(({ address, state }) => [address, state])).toEqual([
      ['10.0.0.10', 'bound'],
      ['10.0.0.10', 'released'],
      ['10.0.0.15', 'bound'],
    ]);
  });

  test('of two clients for one address at once is granted to one', async () => {
    const stage = await open(ten(8));
    const outcomes = await Promise.all([1, 2, 3].map((number) => stage.bind(phone(number), '10.0.0.12')));
    expect(outcomes).toEqual(['bound', 'held', 'held']);
  });

  test('that says less than the one before is of a phone of the same vendor', async () => {
    const stage = await open(subnetOf(TEN, ['10.0.0.10-10.0.0.12 Yealink', '10.0.0.20-10.0.0.22']));
    await stage.boot(phone(1, { vendor: 'Yealink' }));
    stage.clock.now += HOUR / 2;
    expect(await stage.bind(phone(1), '10.0.0.10', 'none')).toBe('bound');
    expect(stage.leases.list().leases).toMatchObject([{ vendor: 'Yealink', expires: stage.clock.now + HOUR }]);
  });

  test('for the address of a phone whose firmware has another identifier is refused: without a reservation nothing says that they are one', async () => {
    const stage = await open(ten(4));
    await stage.boot(phone(1));
    const firmware = phone(1, { id: Buffer.from('firmware') });
    expect(await stage.bind(firmware, '10.0.0.10', 'none')).toBe('unknown');
    expect(await stage.bind(firmware, '10.0.0.10')).toBe('held');
    expect(await stage.boot(firmware)).toBe('10.0.0.11');
    expect(stage.stateOf('10.0.0.10')).toBe('bound');
  });

  test('for what was offered ends no offer to another', async () => {
    const stage = await open(ten(4), { newClientsPercent: 100 });
    for (const number of [1, 2, 3, 4]) stage.offer(stranger(number, { circuit: number < 3 ? 'eth0' : 'eth1' }));
    expect(await stage.bind(stranger(2), '10.0.0.11')).toBe('bound');
    expect(stage.offer(stranger(5, { circuit: 'eth2' }))).toBe('limited');
    expect(await stage.bind(stranger(1), '10.0.0.10')).toBe('bound');
  });

  test('that does not name us is granted for what was offered, or is reserved; nothing else is offered any more', async () => {
    const stage = await open(ten(4, { [macOf(9)]: '10.0.0.50' }));
    expect(await stage.bind(phone(9), '10.0.0.50', 'none')).toBe('bound');
    expect(stage.offer(phone(1))).toBe('10.0.0.10');
    expect(await stage.bind(phone(1), '10.0.0.10', 'none')).toBe('bound');
    expect(stage.offer(phone(2))).toBe('10.0.0.11');
    expect(await stage.bind(phone(2), '10.0.0.12')).toBe('bound');
    expect(stage.leases.usage()).toMatchObject([{ bound: 2, offered: 0 }]);
  });

  test('that is sent again and written counts, though the first could not be written', async () => {
    const real = await open(ten(2));
    const saved: (() => void)[] = [];
    const save = (leases: readonly Lease[]) =>
      saved.length > 0
        ? real.dao.save(leases)
        : new Promise<void>((_, reject) => {
            saved.push(() => reject(new Error('disk full')));
          });
    const stage = await open(ten(2), { dao: { list: () => real.dao.list(), save, remove: (gone) => real.dao.remove(gone) } });
    const first = stage.bind(phone(1), '10.0.0.10');
    expect(await stage.bind(phone(1), '10.0.0.10')).toBe('bound');
    saved[0]?.();
    await expect(first).rejects.toThrow('disk full');
    expect(await stage.bind(phone(2), '10.0.0.10')).toBe('held');
  });

  test('for another address that cannot be written leaves the client the one that it has', async () => {
    const real = await open(ten(2));
    let isFull = false;
    const save: LeaseDao['save'] = (leases) => (isFull ? Promise.reject(new Error('disk full')) : real.dao.save(leases));
    const stage = await open(ten(2), { dao: { list: () => real.dao.list(), save, remove: (gone) => real.dao.remove(gone) } });
    await stage.boot(phone(1));
    isFull = true;
    await expect(stage.bind(phone(1), '10.0.0.11')).rejects.toThrow('disk full');
    isFull = false;
    expect(stage.stateOf('10.0.0.10')).toBe('bound');
    expect(await stage.bind(phone(2), '10.0.0.10')).toBe('held');
    expect(await stage.bind(phone(1), '10.0.0.10', 'none')).toBe('bound');
    expect(stage.told.map(({ address, state }) => [address, state])).toEqual([
      ['10.0.0.10', 'bound'],
      ['10.0.0.10', 'bound'],
    ]);
  });

  test('that cannot be written is an error, and leaves everything as it was', async () => {
    const real = await open(ten(2));
    let isFull = false;
    const dao: LeaseDao = {
      list: () => real.dao.list(),
      save: (leases) => (isFull ? Promise.reject(new Error('disk full')) : real.dao.save(leases)),
      remove: (gone) => real.dao.remove(gone),
    };
    const stage = await open(ten(2), { dao });
    await stage.boot(phone(1));
    const before = stage.leases.list();
    isFull = true;
    stage.clock.now += 1_000;
    await expect(stage.bind(phone(1), '10.0.0.10')).rejects.toThrow('disk full');
    await expect(stage.bind(phone(2), '10.0.0.11')).rejects.toThrow('disk full');
    expect(stage.leases.list()).toEqual(before);
    expect(stage.told).toHaveLength(1);
    isFull = false;
    expect(await stage.bind(phone(3), '10.0.0.11')).toBe('bound');
  });
});

describe('a reservation', () => {
  const reserved = { [macOf(1)]: '10.0.0.10', [macOf(2)]: '10.0.0.50' };

  test('is given to its phone only, inside a pool or not, whoever wants it', async () => {
    const stage = await open(ten(2, reserved));
    expect(stage.offer(phone(5), '10.0.0.10')).toBe('10.0.0.11');
    expect(stage.offer(phone(6), '10.0.0.50')).toBe('exhausted');
    expect(await stage.boot(stranger(1))).toBe('10.0.0.10');
    expect(await stage.boot(stranger(2))).toBe('10.0.0.50');
    stage.clock.now += 2 * HOUR;
    expect([7, 8].map((number) => stage.offer(phone(number)))).toEqual(['10.0.0.11', 'exhausted']);
  });

  test('outside of all pools is lengthened like any other address', async () => {
    const stage = await open(ten(2, reserved));
    await stage.boot(phone(2));
    stage.clock.now += HOUR / 2;
    expect(await stage.bind(phone(2), '10.0.0.50', 'none')).toBe('bound');
    expect(stage.leases.list().leases).toMatchObject([{ expires: stage.clock.now + HOUR }]);
  });

  test('stays with a phone whose firmware has another client identifier than its boot loader', async () => {
    const stage = await open(ten(2, reserved));
    await stage.boot(phone(1));
    expect(await stage.boot(phone(1, { id: Buffer.from('firmware') }))).toBe('10.0.0.10');
    expect(stage.leases.list({ mac: macOf(1) }).leases).toMatchObject([
      { client: `id:${Buffer.from('firmware').toString('hex')}` },
    ]);
  });

  test('that was made for an address that another has takes effect when both ask again, and says so until then', async () => {
    const before = await open(ten(4));
    await before.boot(phone(8));
    await before.boot(phone(1));
    const stage = await before.restart([ten(4, reserved)]);
    closing.push(() => stage.leases.close());
    // 10.0.0.10 is 8's: 1 keeps what it has.
    expect(stage.leases.offer(ten(4), phone(1))).toMatchObject({
      address: '10.0.0.11',
      conflict: { mac: macOf(8), address: '10.0.0.10' },
    });
    expect(await stage.bind(phone(1), '10.0.0.11', 'none')).toBe('bound');
    // 8 is told to look for another address, and has the old one until it has found that.
    expect(await stage.bind(phone(8), '10.0.0.10', 'none')).toBe('reserved');
    expect(stage.stateOf('10.0.0.10')).toBe('bound');
    expect(await stage.boot(phone(8))).toBe('10.0.0.12');
    expect(stage.stateOf('10.0.0.10')).toBe('released');
    expect(await stage.bind(phone(1), '10.0.0.11', 'none')).toBe('reserved-elsewhere');
    expect(await stage.boot(phone(1))).toBe('10.0.0.10');
    expect(stage.stateOf('10.0.0.11')).toBe('released');
  });
});

describe('the end of a lease', () => {
  test('is told when it comes, not before, and leaves what is known of the client', async () => {
    const stage = await open(ten(1));
    await stage.boot(phone(1));
    stage.clock.now += HOUR - 1;
    expect(stage.offer(phone(2))).toBe('exhausted');
    expect(stage.told).toHaveLength(1);
    stage.clock.now += 1;
    stage.leases.expire();
    expect(stage.told.slice(1)).toMatchObject([
      { address: '10.0.0.10', mac: macOf(1), state: 'expired', expires: stage.clock.now },
    ]);
    expect(stage.offer(phone(2))).toBe('10.0.0.10');
    await stage.leases.close();
    expect(await stage.dao.list()).toMatchObject([{ state: 'expired' }]);
  });

  test('is told within a second although nobody asks', async () => {
    const stage = await open(subnetOf(TEN, ['10.0.0.10-10.0.0.10'], {}, 1), { now: Date.now });
    const expired = new Promise((resolve) => {
      stage.notifier.subscribe((lease) => lease.state === 'expired' && resolve(lease));
    });
    const start = Date.now();
    await stage.boot(phone(1));
    await expired;
    expect(Date.now() - start).toBeGreaterThanOrEqual(1_000);
  });

  test('by release is of the client that has it only', async () => {
    const stage = await open(ten(4));
    await stage.boot(phone(1));
    expect(await stage.leases.release(phone(2), ip('10.0.0.10'))).toBeUndefined();
    expect(await stage.leases.release(phone(1), ip('10.0.0.11'))).toBeUndefined();
    expect(await stage.leases.release(phone(1), ip('10.0.0.10'))).toMatchObject({ state: 'released', expires: stage.clock.now });
    expect(await stage.leases.release(phone(1), ip('10.0.0.10'))).toBeUndefined();
    expect(stage.told.map(({ state }) => state)).toEqual(['bound', 'released']);
    expect(await stage.dao.list()).toMatchObject([{ state: 'released' }]);
  });

  test('is remembered for as long as was said, on disk too', async () => {
    const stage = await open(ten(4), { keepMs: 10 * HOUR });
    await stage.boot(phone(1));
    stage.clock.now += 11 * HOUR - 1;
    expect(stage.leases.list().total).toBe(1);
    stage.clock.now += 1;
    expect(stage.leases.list().total).toBe(0);
    await stage.leases.close();
    expect(await stage.dao.list()).toEqual([]);
  });

  test('that cannot be written is an error in the log, and holds nobody up', async () => {
    const real = await open(ten(2));
    let isFull = false;
    const save: LeaseDao['save'] = (leases) => (isFull ? Promise.reject(new Error('disk full')) : real.dao.save(leases));
    const stage = await open(ten(1), { dao: { ...real.dao, save } });
    await stage.boot(phone(1));
    isFull = true;
    stage.clock.now += HOUR;
    expect(stage.offer(phone(2))).toBe('10.0.0.10');
    await stage.leases.close();
    expect(stage.lines).toMatchObject([{ event: 'lease.not-written' }]);
  });
});

describe('a declined address', () => {
  test("is nobody's for the time that was said, also of a client that was only offered it", async () => {
    const stage = await open(ten(2), { declineMs: 5 * HOUR });
    await stage.boot(phone(1));
    expect(await stage.leases.decline(phone(1), ip('10.0.0.10'))).toMatchObject({ state: 'declined', circuit: 'eth0' });
    expect(stage.offer(phone(1))).toBe('10.0.0.11');
    expect(stage.told.map(({ state }) => state)).toEqual(['bound', 'declined']);
    stage.clock.now += 5 * HOUR - 1;
    expect(await stage.bind(phone(1), '10.0.0.10')).toBe('declined');
    stage.clock.now += 1;
    expect(await stage.bind(phone(1), '10.0.0.10')).toBe('bound');
  });

  test('comes back without a word, and after a restart the one that was declined first is still the first', async () => {
    const before = await open(ten(20));
    for (const [number, address] of [
      [1, '10.0.0.11'],
      [2, '10.0.0.10'],
    ] as const) {
      before.offer(phone(number), address);
      await before.leases.decline(phone(number), ip(address));
      before.clock.now += 1_000;
    }
    const stage = await before.restart();
    closing.push(() => stage.leases.close());
    stage.offer(phone(3), '10.0.0.12');
    await stage.leases.decline(phone(3), ip('10.0.0.12'));
    expect(['10.0.0.11', '10.0.0.10', '10.0.0.12'].map(stage.stateOf)).toEqual(['expired', 'declined', 'declined']);
    stage.clock.now += 25 * HOUR;
    stage.leases.expire();
    expect(stage.stateOf('10.0.0.10')).toBe('expired');
    expect(stage.told).toEqual([]);
  });

  test('is told as the end of a lease where there was one, and is not one that the client had before', async () => {
    const stage = await open(ten(4));
    stage.offer(phone(1));
    expect(await stage.leases.decline(phone(1), ip('10.0.0.10'))).toMatchObject({ state: 'declined' });
    expect(stage.told).toEqual([]);
    expect(await stage.boot(phone(2))).toBe('10.0.0.11');
    await stage.leases.release(phone(2), ip('10.0.0.11'));
    expect(await stage.leases.decline(phone(2), ip('10.0.0.11'))).toBeUndefined();
    expect(stage.stateOf('10.0.0.11')).toBe('released');
  });

  test('is not one of which the client was neither told nor has a lease', async () => {
    const stage = await open(ten(2));
    await stage.boot(phone(1));
    expect(await stage.leases.decline(phone(2), ip('10.0.0.10'))).toBeUndefined();
    expect(await stage.leases.decline(phone(2), ip('10.0.0.11'))).toBeUndefined();
    expect(stage.leases.usage()).toMatchObject([{ bound: 1, declined: 0 }]);
  });

  test('is one of a tenth of the pool at most that one circuit declines, and the first is the first in use again', async () => {
    const stage = await open(ten(20));
    for (let number = 0; number < 100; number++) {
      const address = await stage.boot(stranger(number % 3));
      await stage.leases.decline(stranger(number % 3), ip(address));
      stage.clock.now += 1_000;
    }
    expect(stage.leases.usage()).toMatchObject([{ declined: 2, free: 18, newClients: 0 }]);
    await stage.boot(stranger(1, { circuit: 'eth1' }));
    await stage.leases.decline(stranger(1, { circuit: 'eth1' }), stage.told.at(-1)?.address ?? ip(''));
    expect(stage.leases.usage()).toMatchObject([{ declined: 3 }]);
  });
});

describe('a preview', () => {
  test('is what an offer would be, keeps nothing, and ends no offer of another', async () => {
    const stage = await open(ten(2), { newClientsPercent: 100 });
    const preview = (number: number) => stage.leases.preview(ten(2), stranger(number));
    for (let number = 1; number < 5; number++) expect(preview(number)).toEqual({ kind: 'offered', address: '10.0.0.10' });
    expect(stage.leases.usage()).toMatchObject([{ free: 2, offered: 0 }]);
    expect(stage.offer(stranger(1))).toBe('10.0.0.10');
    // The circuit has as many offers as it may: to another offer the first gives way, and to a look at one it does not.
    expect(preview(2)).toEqual({ kind: 'offered', address: '10.0.0.11' });
    expect(await stage.bind(stranger(1), '10.0.0.10')).toBe('bound');
    expect(preview(1)).toMatchObject({ kind: 'offered', address: '10.0.0.10', lease: { state: 'bound' } });
    expect(await stage.boot(phone(3))).toBe('10.0.0.11');
    expect(preview(4)).toMatchObject({ kind: 'none', reason: 'exhausted' });
    await stage.leases.close();
    expect((await stage.dao.list()).map(({ address }) => address)).toEqual(['10.0.0.10', '10.0.0.11']);
  });
});

describe('clients that nobody knew', () => {
  test('have their share of a pool together, by lease and offer; who is known has the rest', async () => {
    const stage = await open(ten(20));
    const got = [];
    for (let number = 0; number < 20; number++) got.push(await stage.boot(stranger(number, { circuit: `port${number}` })));
    expect(got).toEqual([...addresses('10.0.0.10', 15), ...Array(5).fill('limited')]);
    for (let number = 20; number < 25; number++) expect(await stage.boot(phone(number))).toMatch(/^10\./);
    expect(await stage.boot(phone(25))).toBe('exhausted');
  });

  test('that find no address are told to who reads the log, once an hour for each reason', async () => {
    const stage = await open(ten(4));
    for (let number = 0; number < 6; number++) await stage.boot(stranger(number));
    for (let number = 6; number < 9; number++) await stage.boot(phone(number));
    const told = () => stage.lines.filter(({ event }) => event === 'lease.none-left');
    expect(told()).toMatchObject([
      { level: 'warn', why: 'limited', subnet: TEN, mac: stranger(3).mac },
      { level: 'warn', why: 'exhausted', subnet: TEN, mac: phone(7).mac },
    ]);
    stage.clock.now += HOUR;
    for (let number = 10; number < 15; number++) await stage.boot(phone(number));
    expect(told()).toMatchObject([{}, {}, { why: 'exhausted', mac: phone(14).mac }]);
  });

  test('are told that nothing is left when who is known has the rest', async () => {
    const stage = await open(ten(4));
    for (let number = 0; number < 3; number++) await stage.boot(stranger(number));
    expect(stage.offer(stranger(3))).toBe('limited');
    await stage.boot(phone(4));
    expect(stage.offer(stranger(3))).toBe('exhausted');
  });

  test('count no longer when somebody knows them by the time they renew', async () => {
    const stage = await open(ten(4), { newClientsPercent: 25 });
    await stage.boot(stranger(1));
    expect(stage.offer(stranger(2, { circuit: 'eth1' }))).toBe('limited');
    expect(await stage.bind(phone(1), '10.0.0.10', 'none')).toBe('bound');
    expect(stage.offer(stranger(2, { circuit: 'eth1' }))).toBe('10.0.0.11');
  });

  test('give way to who is known, as long as they have only an offer', async () => {
    const stage = await open(ten(2), { newClientsPercent: 100 });
    expect(stage.offer(stranger(1))).toBe('10.0.0.10');
    expect(await stage.boot(stranger(2, { circuit: 'eth1' }))).toBe('10.0.0.11');
    expect(stage.offer(phone(3))).toBe('10.0.0.10');
    expect(await stage.bind(stranger(1), '10.0.0.10')).toBe('offered');
    expect(stage.offer(phone(4))).toBe('exhausted');
  });

  test('behind one circuit hold half of that share by offers, so that those behind another find room', async () => {
    const stage = await open(ten(20));
    for (let number = 0; number < 1_000; number++) expect(stage.offer(stranger(number))).toMatch(/^10\./);
    expect(stage.leases.usage()).toMatchObject([{ offered: 8, newClients: 8, newClientsMost: 15 }]);
    for (let number = 0; number < 7; number++) {
      expect(await stage.boot(stranger(2_000 + number, { circuit: 'eth1' }))).toMatch(/^10\./);
    }
  });

  test('behind one circuit of a relay leave room for those behind another, however many circuits there are', async () => {
    const behind = (number: number, circuit: string) => stranger(number, { circuit, hasNeighbours: true });
    const stage = await open(ten(40));
    const taken = async (from: number, circuit: string) => {
      const got = [];
      for (let number = from; number < from + 40; number++) got.push(await stage.boot(behind(number, circuit)));
      return got.filter((address) => address !== 'limited').length;
    };
    expect([await taken(0, 'port1'), await taken(100, 'port2')]).toEqual([27, 3]);
    expect(await stage.boot(phone(200, { circuit: 'port1', hasNeighbours: true }))).toMatch(/^10\./);
  });

  test('behind one circuit of a relay leave less when those behind others ask as well, and count after a restart', async () => {
    const behind = (number: number, circuit: string) => stranger(number, { circuit, hasNeighbours: true });
    const stage = await open(subnetOf('10.0.0.0/16', ['10.0.1.0-10.0.4.143']), { newClientsPercent: 100 });
    const got = { port1: 0, port2: 0, port3: 0 };
    for (let number = 0; number < 912; number++) {
      for (const [index, port] of (['port1', 'port2'] as const).entries()) {
        if ((await stage.boot(behind(1_000 * index + number, port))) !== 'limited') got[port] += 1;
      }
    }
    expect(got).toEqual({ port1: 432, port2: 432, port3: 0 });
    const again = await stage.restart();
    expect(await again.boot(behind(5_000, 'port1'))).toBe('limited');
    expect(await again.boot(behind(5_001, 'port3'))).toMatch(/^10\./);
    await again.close();
  });

  test('that come 2,000 at once behind one interface all get the address that they were offered', async () => {
    const subnet = subnetOf('10.0.0.0/16', ['10.0.1.0-10.0.11.255']);
    const stage = await open(subnet);
    const numbers = Array.from({ length: 2_000 }, (_, number) => number);
    const offered = numbers.map((number) => stage.offer(stranger(number)));
    expect(new Set(offered).size).toBe(2_000);
    const outcomes = await Promise.all(numbers.map((number) => stage.bind(stranger(number), offered[number] ?? '')));
    expect(new Set(outcomes)).toEqual(new Set(['bound']));
  });

  test('also when every address was used before', async () => {
    const subnet = subnetOf('10.0.0.0/16', ['10.0.1.0-10.0.10.255']);
    const stage = await open(subnet);
    const numbers = Array.from({ length: 1_900 }, (_, number) => number);
    for (let number = 0; number < 2_560; number++) await stage.boot(phone(10_000 + number));
    stage.clock.now += 2 * HOUR;
    const offered = numbers.map((number) => stage.offer(stranger(number)));
    const outcomes = await Promise.all(numbers.map((number) => stage.bind(stranger(number), offered[number] ?? '')));
    expect(new Set(outcomes)).toEqual(new Set(['bound']));
  });

  test('that choose us for what they were not offered have no more than their share, and offers behind their circuit give way', async () => {
    const stage = await open(ten(4), { newClientsPercent: 50 });
    stage.offer(stranger(1));
    await stage.boot(stranger(2, { circuit: 'eth1' }));
    expect(await stage.bind(stranger(3, { circuit: 'eth2' }), '10.0.0.13')).toBe('limited');
    expect(await stage.bind(stranger(4), '10.0.0.13')).toBe('bound');
    expect(stage.leases.usage()).toMatchObject([{ bound: 2, offered: 0, newClients: 2 }]);
    expect(await stage.bind(stranger(1), '10.0.0.10')).toBe('limited');
  });

  test('that flood the server leave nothing behind but their share', async () => {
    const stage = await open(ten(20));
    const known = [1, 2, 3].map((number) => phone(1_000_000 + number));
    for (let number = 0; number < 20_000; number++) {
      const address = stage.offer(stranger(number, { circuit: `port${number % 40}` }));
      if (number % 7 === 0 && address.startsWith('10.')) {
        await stage.bind(stranger(number, { circuit: `port${number % 40}` }), address);
      }
      stage.clock.now += 10;
    }
    for (const client of known) expect(await stage.boot(client)).toMatch(/^10\./);
    expect(stage.leases.usage()[0]).toMatchObject({ bound: 18, newClients: 15 });
  });
});

describe('after a restart', () => {
  test('leases are what they were, those that ended meanwhile are told, once', async () => {
    const stage = await open(ten(8));
    await stage.boot(phone(1));
    stage.clock.now += HOUR / 2;
    await stage.boot(stranger(2));
    stage.clock.now += HOUR / 2;
    const again = await stage.restart();
    expect(again.told).toMatchObject([{ address: '10.0.0.10', state: 'expired' }]);
    expect(again.leases.usage()).toMatchObject([{ bound: 1, past: 1, newClients: 1 }]);
    expect(again.offer(stranger(2))).toBe('10.0.0.11');
    expect(again.offer(phone(1))).toBe('10.0.0.10');
    await again.leases.close();
    const third = await again.restart();
    expect(third.told).toEqual([]);
    await third.leases.close();
  });

  test('a lease in no subnet any more is kept until it ends, and given to nobody', async () => {
    const stage = await open([ten(2), subnetOf('10.9.0.0/24', ['10.9.0.1-10.9.0.9'])]);
    const gone = subnetOf('10.9.0.0/24', ['10.9.0.1-10.9.0.9']);
    await stage.leases.bind(gone, phone(1), ip('10.9.0.5'), 'this');
    const again = await stage.restart([ten(2)]);
    closing.push(() => again.leases.close());
    expect(again.leases.list({ subnet: '10.9.0.0/24' }).leases).toMatchObject([{ address: '10.9.0.5', state: 'bound' }]);
    expect(await again.bind(phone(1), '10.9.0.5', 'none')).toBe('outside-subnet');
    expect(again.offer(phone(1), '10.9.0.5')).toBe('10.0.0.10');
    await expect(again.leases.bind(gone, phone(1), ip('10.9.0.5'), 'this')).rejects.toMatchObject({
      code: 'lease-subnet-unknown',
    });
    again.clock.now += HOUR;
    again.leases.expire();
    expect(again.told.at(-1)).toMatchObject({ address: '10.9.0.5', state: 'expired' });
  });

  test("an address that its pool no longer has stays its client's until the lease ends, and is not lengthened", async () => {
    const stage = await open(ten(8));
    for (const number of [1, 2]) await stage.boot(phone(number));
    const end = stage.clock.now + HOUR;
    const again = await stage.restart([ten(1)]);
    closing.push(() => again.leases.close());
    again.clock.now += HOUR / 2;
    await expect(again.leases.bind(ten(1), phone(2), ip('10.0.0.11'), 'none')).resolves.toMatchObject({
      kind: 'bound',
      lease: { expires: end },
      seconds: 1_800,
    });
    expect(again.leases.list({ address: ip('10.0.0.11') }).leases).toMatchObject([{ expires: end }]);
    again.clock.now = end;
    expect(await again.bind(phone(2), '10.0.0.11', 'none')).toBe('not-in-pool');
    expect(again.offer(phone(2))).toBe('10.0.0.10');
  });

  test('of a network that was cut in two, and of two that were made one, leases are on in the subnet that has their address', async () => {
    const whole = subnetOf('10.0.0.0/24', ['10.0.0.10-10.0.0.19', '10.0.0.200-10.0.0.209']);
    const low = subnetOf('10.0.0.0/25', ['10.0.0.10-10.0.0.19']);
    const high = subnetOf('10.0.0.128/25', ['10.0.0.200-10.0.0.209']);
    const stage = await open([whole]);
    expect(await stage.bind(phone(1), '10.0.0.200')).toBe('bound');
    expect(await stage.boot(phone(2))).toBe('10.0.0.10');
    const cut = await stage.restart([low, high]);
    const where = ({ leases }: typeof cut) =>
      leases.list({ state: 'bound' }).leases.map((lease) => `${lease.address} ${lease.subnet}`);
    expect(where(cut)).toEqual(['10.0.0.10 10.0.0.0/25', '10.0.0.200 10.0.0.128/25']);
    // In the half that it asks in it has none; the other half's is its own until its lease ends.
    expect(await cut.bind(phone(1), '10.0.0.200', 'none')).toBe('outside-subnet');
    cut.clock.now += 1;
    expect(await cut.boot(phone(1))).toBe('10.0.0.11');
    expect(cut.leases.usage().map(({ bound }) => bound)).toEqual([2, 1]);
    const one = await cut.restart([whole]);
    closing.push(() => one.leases.close());
    expect(where(one)).toEqual(['10.0.0.10 10.0.0.0/24', '10.0.0.11 10.0.0.0/24', '10.0.0.200 10.0.0.0/24']);
    // Of the two that it has it keeps the latter, and nobody else gets the other before its end.
    expect(one.offer(phone(1))).toBe('10.0.0.11');
    expect(await one.bind(phone(3), '10.0.0.200')).toBe('held');
    one.clock.now += HOUR;
    expect(await one.bind(phone(3), '10.0.0.200')).toBe('bound');
  });

  test('100,000 leases are read, and counted', async () => {
    const subnet = subnetOf('10.0.0.0/8', ['10.0.0.1-10.1.255.255']);
    const stage = await open(subnet);
    const now = stage.clock.now;
    await stage.dao.save(
      addresses('10.0.0.1', 100_000).map((address, number) => ({
        address,
        subnet: '10.0.0.0/8',
        client: `mac:${macOf(number)}`,
        mac: macOf(number),
        hostName: `phone-${number}`,
        known: true,
        circuit: 'eth0',
        state: 'bound',
        since: now - number,
        expires: now + HOUR,
      })),
    );
    const again = await stage.restart();
    closing.push(() => again.leases.close());
    expect(again.leases.usage()).toMatchObject([{ bound: 100_000 }]);
    expect(again.offer(phone(99_999))).toBe('10.1.134.160');
  });
});

describe('leases', () => {
  test('are listed by subnet, state, MAC and address, in the order of addresses, in pages', async () => {
    const stage = await open(ten(20));
    for (let number = 1; number <= 12; number++) await stage.boot(phone(number));
    await stage.leases.release(phone(3), ip('10.0.0.12'));
    const { leases } = stage;
    expect(leases.list().leases.map(({ address }) => address)).toEqual(addresses('10.0.0.10', 12));
    expect(leases.list({ state: 'released' }).leases).toMatchObject([{ mac: macOf(3) }]);
    expect(leases.list({ mac: macOf(5) }).leases).toMatchObject([{ address: '10.0.0.14' }]);
    expect(leases.list({ subnet: '10.1.0.0/24' })).toEqual({ leases: [], total: 0 });
    expect(leases.list({ limit: 2, offset: 10 })).toMatchObject({ total: 12, leases: [{ mac: macOf(11) }, { mac: macOf(12) }] });
    expect(leases.list({ address: ip('10.0.0.10'), state: 'released' }).total).toBe(0);
    expect(leases.list({ address: ip('::1') }).total).toBe(0);
  });

  test('that are forgotten are as if they had never been, and told as released', async () => {
    const stage = await open(ten(1));
    await stage.boot(phone(1));
    await stage.leases.forget(ip('10.0.0.10'));
    expect(stage.told.at(-1)).toMatchObject({ mac: macOf(1), state: 'released' });
    expect(await stage.dao.list()).toEqual([]);
    expect(stage.leases.usage()).toMatchObject([{ bound: 0, past: 0, free: 1 }]);
    expect(stage.offer(phone(2))).toBe('10.0.0.10');
    await expect(stage.leases.forget(ip('10.0.0.77'))).rejects.toMatchObject({ code: 'lease-unknown' });
  });
});

test.each<[string, readonly Subnet[], string]>([
  ['subnets overlap', [ten(1), subnetOf('10.0.0.128/25', [])], 'overlaps with 10.0.0.0/24'],
  ['a prefix is of IPv6', [subnetOf('2001:db8::/64', [])], 'must be one prefix of IPv4'],
  ['pools overlap', [subnetOf(TEN, ['10.0.0.1-10.0.0.9', '10.0.0.9-10.0.0.12'])], 'pool 10.0.0.9-10.0.0.12, which overlaps'],
  ['a pool is outside', [subnetOf(TEN, ['10.0.1.1-10.0.1.9'])], 'which holds addresses that no host'],
  ['a pool has the broadcast address', [subnetOf(TEN, ['10.0.0.1-10.0.0.255'])], 'which holds addresses that no host'],
  ['a pool is turned around', [subnetOf(TEN, ['10.0.0.9-10.0.0.1'])], 'ends before it begins'],
  ['two have one address', [ten(1, { [macOf(1)]: '10.0.0.9', [macOf(2)]: '10.0.0.9' })], '10.0.0.9 reserved for'],
  ['a reservation is outside', [ten(1, { [macOf(1)]: '10.0.1.9' })], '10.0.1.9 reserved for'],
])('nothing is served when %s', async (_, subnets, message) => {
  await expect(openLeases(subnets)).rejects.toMatchObject({
    code: 'lease-subnets-invalid',
    message: expect.stringContaining(message),
  });
});

describe("the server's own addresses", () => {
  test('are given to nobody, wherever they lie, and count in no pool', async () => {
    const stage = await open(ten(3, { [macOf(9)]: '10.0.0.50' }));
    expect(stage.leases.keepForUs([ip('10.0.0.11'), ip('10.0.0.50'), ip('10.0.0.1'), ip('192.0.2.1')])).toEqual([
      '10.0.0.11',
      '10.0.0.50',
    ]);
    expect(stage.leases.keepForUs([ip('10.0.0.11')])).toEqual([]);
    expect(stage.leases.usage()).toMatchObject([{ size: 2, free: 2 }]);
    expect(stage.leases.otherUsage()).toEqual([]);
    expect([1, 2, 3].map((number) => stage.offer(phone(number), '10.0.0.11'))).toEqual(['10.0.0.10', '10.0.0.12', 'exhausted']);
    expect(stage.offer(phone(9))).toBe('exhausted');
    for (const address of ['10.0.0.11', '10.0.0.50', '10.0.0.1']) expect(await stage.bind(phone(9), address)).toBe('ours');
  });

  test('are taken from whoever has them, who is told so when it asks again', async () => {
    const stage = await open(ten(3));
    expect(await stage.boot(phone(1))).toBe('10.0.0.10');
    expect(stage.offer(phone(2))).toBe('10.0.0.11');
    expect(stage.leases.keepForUs([ip('10.0.0.10'), ip('10.0.0.11')])).toEqual(['10.0.0.10', '10.0.0.11']);
    expect(stage.told.at(-1)).toMatchObject({ address: '10.0.0.10', state: 'released', mac: macOf(1) });
    expect(stage.leases.usage()).toMatchObject([{ size: 1, bound: 0, offered: 0, free: 1, past: 0, newClientsMost: 1 }]);
    expect([await stage.bind(phone(1), '10.0.0.10'), await stage.bind(phone(2), '10.0.0.11')]).toEqual(['ours', 'ours']);
    expect(await stage.boot(phone(1))).toBe('10.0.0.12');
    await stage.leases.close();
    expect((await stage.dao.list()).map(({ address }) => address)).toEqual(['10.0.0.12']);
  });
});

test('what no pool counts is counted by subnet: what is reserved, and what is in use and in no pool any more', async () => {
  const reserved = { [macOf(7)]: '10.0.0.50', [macOf(8)]: '10.0.0.10', [macOf(9)]: '10.0.0.51' };
  const stage = await open([ten(5, reserved), subnetOf('10.1.0.0/24', ['10.1.0.10-10.1.0.19'])]);
  expect(stage.leases.otherUsage()).toEqual([
    { kind: 'reserved', subnet: TEN, size: 3, bound: 0, offered: 0, declined: 0, free: 3 },
  ]);
  for (const number of [1, 7, 9]) await stage.boot(phone(number));
  await stage.leases.decline(phone(9), ip('10.0.0.51'));
  await stage.leases.bind(subnetOf('10.1.0.0/24', []), phone(2), ip('10.1.0.10'), 'this');
  stage.offer(phone(8));
  expect(stage.leases.usage().map(({ size, bound }) => [size, bound])).toEqual([
    [4, 1],
    [10, 1],
  ]);
  expect(stage.leases.otherUsage()).toEqual([
    { kind: 'reserved', subnet: TEN, size: 3, bound: 1, offered: 1, declined: 1, free: 0 },
  ]);

  const again = await stage.restart([subnetOf(TEN, ['10.0.0.12-10.0.0.13'], { [macOf(7)]: '10.0.0.50' })]);
  closing.push(() => again.close());
  expect(again.leases.otherUsage()).toEqual([
    { kind: 'reserved', subnet: TEN, size: 1, bound: 1, offered: 0, declined: 0, free: 0 },
    { kind: 'outside', subnet: TEN, size: 2, bound: 1, offered: 0, declined: 1, free: 0 },
    { kind: 'outside', subnet: '10.1.0.0/24', size: 1, bound: 1, offered: 0, declined: 0, free: 0 },
  ]);
});
