import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Client, clientKey, type Subnet } from '../../server/leases/model.ts';
import { type Ip, ipv4Number } from '../../server/lib/ip.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import { fc } from '../support/fuzz.ts';
import { addresses, macOf, openLeases, phone, subnetOf } from './stage.ts';

const DECLINE = 600_000;
const KEEP = 7_200_000;
const LEASE = 600_000;
const HOLD = 60_000;
const PERCENT = 60;

const reserved = { [macOf(1)]: '10.0.0.12', [macOf(2)]: '10.0.0.40' };
const second = subnetOf('10.0.1.0/28', ['10.0.1.1-10.0.1.9'], { [macOf(1)]: '10.0.1.14' }, LEASE / 1_000);
/** What the server may be started with: in the other settings a pool shrank, and others have reservations. */
const SETTINGS: readonly (readonly Subnet[])[] = [
  [subnetOf('10.0.0.0/26', ['10.0.0.10-10.0.0.21', '10.0.0.30-10.0.0.33 Yealink'], reserved, LEASE / 1_000), second],
  [
    subnetOf(
      '10.0.0.0/26',
      ['10.0.0.10-10.0.0.15', '10.0.0.30-10.0.0.33 Yealink'],
      { [macOf(3)]: '10.0.0.14', [macOf(4)]: '10.0.0.31', ...reserved },
      LEASE / 1_000,
    ),
    second,
  ],
];
/** What clients may ask for: of each subnet, of both its pools and of neither. */
const WANTED = [addresses('10.0.0.8', 35), addresses('10.0.1.1', 14)];

const step = fc.record({
  kind: fc.oneof(
    { weight: 10, arbitrary: fc.constant('offer' as const) },
    { weight: 8, arbitrary: fc.constant('request' as const) },
    { weight: 5, arbitrary: fc.constant('renew' as const) },
    { weight: 2, arbitrary: fc.constant('random' as const) },
    { weight: 2, arbitrary: fc.constant('release' as const) },
    { weight: 1, arbitrary: fc.constant('decline' as const) },
  ),
  client: fc.nat(29),
  subnet: fc.constantFrom(0, 0, 0, 1),
  circuit: fc.constantFrom('eth0', 'eth1', 'relay 7'),
  address: fc.nat(34),
  /** Of a phone with a reservation: its firmware asks. */
  flag: fc.boolean(),
});
/** What happens in one turn of the event loop, and then. */
const round = fc.record({
  steps: fc.array(step, { minLength: 20, maxLength: 20 }),
  pass: fc.constantFrom(0, 0, 0, 1_000, 1_000, 20_000, 70_000, 310_000, 700_000),
  restart: fc.constantFrom('no', 'no', 'no', 'no', 'no', 'no', 'no', 'no', 'same', 'other'),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function clientOf({ client, circuit, flag }: { client: number; circuit: string; flag: boolean }): Client {
  const hasId = client % 4 === 0 || (client === 1 && flag);
  return phone(client, {
    known: client % 2 === 0,
    circuit,
    ...(client % 3 === 0 && { vendor: 'Yealink' }),
    ...(hasId && { id: Buffer.from(`phone ${client}`) }),
  });
}

interface Held {
  readonly key: string;
  readonly mac: string | undefined;
  readonly known: boolean;
  readonly until: number;
}

/** What a person would write down: who was promised what until when. It looks through everything each time. */
class Reference {
  settings: readonly Subnet[] = SETTINGS[0] ?? [];
  leases = new Map<Ip, Held>();
  offers = new Map<Ip, Held>();
  declined: { readonly address: Ip; readonly circuit: string; readonly until: number }[] = [];
  /** The settings were others once: then more may have been given than would be now. */
  changed = false;

  pass(now: number): void {
    for (const map of [this.leases, this.offers]) for (const [address, { until }] of map) if (until <= now) map.delete(address);
    this.declined = this.declined.filter(({ until }) => until > now);
  }

  ownerOf(subnet: Subnet, address: Ip): string | undefined {
    return [...subnet.reservations].find(([, each]) => each === address)?.[0];
  }

  poolOf(subnet: Subnet, address: Ip) {
    if (this.ownerOf(subnet, address) !== undefined) return undefined;
    return subnet.pools.find(({ first, last }) => within(address, first, last));
  }

  isDeclined(address: Ip): boolean {
    return this.declined.some((each) => each.address === address);
  }

  /** Why this client cannot have this address, if somebody else is the reason. */
  obstacle(subnet: Subnet, client: Client, address: Ip): string | undefined {
    const owner = this.ownerOf(subnet, address);
    const held = this.leases.get(address);
    if (owner !== undefined && owner !== client.mac) return 'reserved';
    if (this.isDeclined(address)) return 'declined';
    if (held && held.key !== clientKey(client) && !(owner !== undefined && held.mac === owner)) return 'held';
    return undefined;
  }

  serves(subnet: Subnet, client: Client, address: Ip): boolean {
    const pool = this.poolOf(subnet, address);
    const isItsVendors = pool !== undefined && (pool.vendor === undefined || pool.vendor === client.vendor);
    return isItsVendors || (client.mac !== undefined && subnet.reservations.get(client.mac) === address);
  }

  newClients(subnet: Subnet, pool: Subnet['pools'][number], withOffers: boolean): number {
    const all = [...this.leases, ...(withOffers ? this.offers : [])];
    const theirs = all.filter(([address, { known }]) => !known && this.poolOf(subnet, address) === pool);
    return new Set(theirs.map(([address]) => address)).size;
  }

  addressesOf(subnet: Subnet, pool: Subnet['pools'][number]): Ip[] {
    const count = ipv4Number(pool.last) - ipv4Number(pool.first) + 1;
    return addresses(pool.first, count).filter((address) => this.ownerOf(subnet, address) === undefined);
  }

  most(subnet: Subnet, pool: Subnet['pools'][number]): number {
    return Math.ceil((this.addressesOf(subnet, pool).length * PERCENT) / 100);
  }

  leaseOf(subnet: Subnet, client: Client): Ip | undefined {
    const key = clientKey(client);
    return [...this.leases].find(([address, each]) => each.key === key && isOf(subnet, address))?.[0];
  }

  offerTo(subnet: Subnet, client: Client): Ip | undefined {
    const key = clientKey(client);
    return [...this.offers].find(([address, each]) => each.key === key && isOf(subnet, address))?.[0];
  }
}

const within = (address: Ip, first: Ip, last: Ip) =>
  ipv4Number(first) <= ipv4Number(address) && ipv4Number(address) <= ipv4Number(last);
const isOf = ({ range }: Subnet, address: Ip) =>
  range.ipv4.some(({ first, last }) => first <= ipv4Number(address) && ipv4Number(address) <= last);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'offhook-leases-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What came of steps, so that a test that tried nothing is seen. */
const outcomes = new Set<string>();
const note = (what: string) => outcomes.add(what);

/** One life of a server: every step is put to it and to the reference, and what it says is judged by that. */
async function live(rounds: readonly { steps: readonly Step[]; pass: number; restart: string }[], file: string): Promise<void> {
  const clock = { now: 1_700_000_000_000 };
  const reference = new Reference();
  const options = { newClientsPercent: PERCENT, declineMs: DECLINE, keepMs: KEEP };
  let store = await openSqliteStore(file, { check: false });
  let stage = await openLeases(reference.settings, { ...options, dao: store.leases }, clock);

  /** Begins a step now, as packets come in one after the other, and says later whether what came of it is right. */
  function begin(each: Step): () => Promise<void> {
    const subnet = reference.settings[each.subnet] as Subnet;
    const client = clientOf(each);
    const key = clientKey(client);
    const hold = { key, mac: client.mac, known: client.known };
    const now = clock.now;
    const wanted = WANTED[each.subnet]?.[each.address % (WANTED[each.subnet]?.length ?? 1)] as Ip;

    if (each.kind === 'offer') {
      const previewed = each.address % 4 === 0 ? stage.leases.preview(subnet, client, each.flag ? wanted : undefined) : undefined;
      const offer = stage.leases.offer(subnet, client, each.flag ? wanted : undefined);
      if (previewed) expect(offer).toEqual(previewed);
      return async () => {
        note(offer.kind === 'none' ? offer.reason : 'offered');
        const before = reference.offerTo(subnet, client);
        if (offer.kind === 'none') {
          // Nothing is to be had: then everything is somebody's.
          const pools = subnet.pools.filter(({ vendor }) => vendor === undefined || vendor === client.vendor);
          for (const pool of pools) {
            const isFull = reference.newClients(subnet, pool, true) >= reference.most(subnet, pool);
            if (offer.reason === 'limited' && !client.known && isFull) continue;
            const free = reference
              .addressesOf(subnet, pool)
              .filter((address) => !reference.obstacle(subnet, client, address) && !reference.offers.has(address));
            expect(free).toEqual([]);
          }
          expect(offer.reason === 'limited' && client.known).toBe(false);
          return;
        }
        const { address } = offer;
        expect(reference.obstacle(subnet, client, address)).toBeUndefined();
        expect(reference.serves(subnet, client, address)).toBe(true);
        const other = reference.offers.get(address);
        if (other && other.key !== key && other.mac !== client.mac) expect(other.known).toBe(false);
        const reservation = client.mac && subnet.reservations.get(client.mac);
        if (reservation && !reference.obstacle(subnet, client, reservation)) expect(address).toBe(reservation);
        else {
          const own = reference.leaseOf(subnet, client);
          if (own && reference.serves(subnet, client, own)) expect(address).toBe(own);
        }
        if (before) reference.offers.delete(before);
        reference.offers.set(address, { ...hold, until: now + HOLD });
      };
    }

    if (each.kind === 'release' || each.kind === 'decline') {
      const address = reference.leaseOf(subnet, client) ?? reference.offerTo(subnet, client) ?? wanted;
      const asked = stage.leases[each.kind](client, address);
      const declined = stage.leases.list({ state: 'declined' }).leases.map((lease) => lease.address);
      return async () => {
        const lease = await asked;
        note(`${each.kind} ${lease ? 'done' : 'ignored'}`);
        const isIts = reference.leases.get(address)?.key === key;
        if (each.kind === 'release') {
          expect(lease !== undefined).toBe(isIts);
          if (!lease) return;
          reference.leases.delete(address);
          if (reference.offers.get(address)?.key === key) reference.offers.delete(address);
        } else {
          if (isIts) expect(lease).toBeDefined();
          if (!lease) return;
          // Also one whose offer gave way meanwhile: the reference does not know which do.
          expect(isIts || reference.offers.get(address)?.key === key).toBe(true);
          reference.leases.delete(address);
          reference.offers.delete(address);
          reference.declined.push({ address, circuit: client.circuit, until: now + DECLINE });
          const pool = reference.poolOf(subnet, address);
          if (!pool) return;
          const theirs = reference.declined.filter(
            (other) => other.circuit === client.circuit && reference.poolOf(subnet, other.address) === pool,
          );
          if (theirs.length > Math.ceil(reference.addressesOf(subnet, pool).length / 10)) {
            // A restart leaves open which of those of the same moment was the first.
            const first = Math.min(...theirs.map(({ until }) => until));
            const back = theirs.find((each) => each.until === first && !declined.includes(each.address));
            expect(back).toBeDefined();
            reference.declined = reference.declined.filter((each) => each !== back);
          }
        }
      };
    }

    const own = reference.leaseOf(subnet, client);
    const offered = reference.offerTo(subnet, client);
    const address = (each.kind === 'request' ? offered : each.kind === 'renew' ? own : undefined) ?? wanted;
    const selecting = each.kind === 'request' || (each.kind === 'random' && each.flag);
    const asked = stage.leases.bind(subnet, client, address, selecting ? 'this' : 'none');
    return async () => {
      const binding = await asked;
      const what = binding.kind === 'refused' ? binding.reason : binding.kind;
      note(`${each.kind} ${what}`);
      const obstacle = reference.obstacle(subnet, client, address);
      const held = reference.leases.get(address);
      if (['reserved', 'declined', 'held'].includes(what)) expect(what).toBe(obstacle);
      if (binding.kind !== 'bound') {
        const reservation = client.mac && subnet.reservations.get(client.mac);
        const isFreed = reservation !== undefined && reservation !== address && !reference.obstacle(subnet, client, reservation);
        // Who has the address, or was offered it as one that is known, is not refused without a reason.
        const offer = reference.offers.get(address);
        if (!obstacle && offer?.key === key && offer.known) expect(what).toBe('bound');
        if (!obstacle && held?.key === key) expect(isFreed && what === 'reserved-elsewhere').toBe(true);
        return;
      }
      expect(obstacle).toBeUndefined();
      const offer = reference.offers.get(address);
      if (offer && offer.key !== key && offer.mac !== client.mac) expect(offer.known).toBe(false);
      const isServed = reference.serves(subnet, client, address);
      if (!isServed) expect(held?.key).toBe(key);
      const until = isServed ? now + LEASE : (held?.until ?? 0);
      expect(binding.lease).toMatchObject({ address, client: key, mac: client.mac, state: 'bound', expires: until });
      for (const other of [reference.leaseOf(subnet, client), address]) if (other) reference.leases.delete(other);
      for (const other of [reference.offerTo(subnet, client), address]) if (other) reference.offers.delete(other);
      reference.leases.set(address, { ...hold, until });
    };
  }

  /** What the server says is exactly what was acknowledged. */
  function compare(): void {
    const { leases } = stage.leases.list({ state: 'bound' });
    const told = Object.fromEntries(leases.map((lease) => [lease.address, `${lease.client} ${lease.expires}`]));
    expect(told).toEqual(
      Object.fromEntries([...reference.leases].map(([address, each]) => [address, `${each.key} ${each.until}`])),
    );
    const declined = stage.leases.list({ state: 'declined' }).leases.map(({ address }) => address);
    expect(declined.sort()).toEqual(reference.declined.map(({ address }) => address).sort());
    const usage = stage.leases.usage();
    const rows = [...usage, ...stage.leases.otherUsage()];
    expect(rows.reduce((sum, { bound }) => sum + bound, 0)).toBe(leases.length);
    for (const { size, bound, offered, declined, free } of rows) expect(bound + offered + declined + free).toBe(size);
    for (const subnet of reference.settings) {
      for (const pool of subnet.pools) {
        const counted = usage.find((each) => each.first === pool.first);
        const all = reference.addressesOf(subnet, pool);
        const bound = all.filter((address) => reference.leases.has(address)).length;
        expect(counted).toMatchObject({ size: all.length, bound });
        expect((counted?.free ?? 0) + (counted?.offered ?? 0) + (counted?.declined ?? 0) + bound).toBe(all.length);
        if (!reference.changed) expect(counted?.newClients).toBeLessThanOrEqual(reference.most(subnet, pool));
      }
    }
  }

  for (const { steps, pass, restart } of rounds) {
    // Decided one after the other in one turn, written together.
    for (const half of [steps.slice(0, 10), steps.slice(10)]) {
      for (const judge of half.map(begin)) await judge();
    }
    compare();
    clock.now += pass;
    reference.pass(clock.now);
    if (restart === 'no') continue;
    await stage.leases.close();
    await store.close();
    if (restart === 'other') {
      reference.settings = SETTINGS[1 - SETTINGS.indexOf(reference.settings)] ?? [];
      reference.changed = true;
    }
    reference.offers.clear();
    store = await openSqliteStore(file, { check: false });
    stage = await openLeases(reference.settings, { ...options, dao: store.leases }, clock);
    compare();
  }
  await stage.leases.close();
  await store.close();
}

test('whatever clients do in 30,000 steps, no address is given twice, none is lost, and reservations are kept', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 20, maxLength: 20, size: 'max' }), (rounds) =>
      live(rounds, join(directory, `${run++}`, 'store.db')),
    ),
    // What fails is made smaller for some minutes at most, and told.
    { numRuns: 75, interruptAfterTimeLimit: 240_000, markInterruptAsFailure: true },
  );
  const tried = ['offered', 'limited', 'exhausted', 'request bound', 'renew bound', 'renew reserved', 'renew reserved-elsewhere'];
  tried.push('random unknown', 'random held', 'request declined', 'random own-elsewhere', 'release done', 'decline done');
  expect(tried.filter((what) => !outcomes.has(what))).toEqual([]);
}, 300_000);
