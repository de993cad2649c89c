import { type Ip, ipv4Number } from '../lib/ip.ts';
import { type Asker, obstacle } from './asker.ts';
import type { Entry } from './entry.ts';
import type { Client, Lease, NothingOffered, Refusal } from './model.ts';
import type { PoolState } from './pool-state.ts';
import { isWithin, poolsFor } from './subnet-state.ts';
import type { LeaseTable } from './table.ts';

/** Which address a client is offered, and whether it may have the one that it requests. */
export function rulesOver(table: LeaseTable, now: () => number) {
  /** Lets offers to new clients behind a client's circuit give way, the oldest first, while the pool is full for it. Is there room then? */
  function makeWay(pool: PoolState, { known, circuit }: Client, isFull: () => boolean): boolean {
    while (!known && isFull()) {
      const oldest = pool.offers.oldest(circuit);
      if (!oldest) return false;
      table.letGo(oldest, now());
    }
    return true;
  }

  function canOffer(pool: PoolState, client: Client): boolean {
    return makeWay(pool, client, () => pool.isFull || pool.hasOfferedMost(client.circuit));
  }

  /** Whether a client may be given an address that is in its way of no other. */
  function mayHave(entry: Entry, asker: Asker): boolean {
    const { pool, number, lease, hold } = entry;
    if (number === asker.reserved) return true;
    if (!pool?.serves(asker.vendor)) return false;
    const hasIt = (lease?.state === 'bound' && lease.client === asker.key) || hold?.key === asker.key;
    return hasIt || canOffer(pool, asker.client);
  }

  function choose(asker: Asker, wanted: Ip | undefined): Entry | NothingOffered['reason'] {
    const { subnet, client, reserved, own, offered } = asker;
    const asked = wanted === undefined ? undefined : ipv4Number(wanted);
    for (const number of [reserved, own?.number, offered?.number, asked]) {
      if (number === undefined || !isWithin(subnet, number)) continue;
      const entry = table.at(number);
      if (!obstacle(entry, asker) && mayHave(entry, asker)) return entry;
    }
    const pools = poolsFor(subnet, asker.vendor);
    let isLimited = false;
    for (const pool of pools) {
      if (!canOffer(pool, client)) {
        isLimited = true;
        continue;
      }
      const number = pool.pick();
      const found = number === undefined ? pool.offers.oldest(client.known ? undefined : client.circuit) : table.at(number);
      if (found) return found;
    }
    if (pools.length === 0) return 'no-pool';
    return isLimited ? 'limited' : 'exhausted';
  }

  /** Who keeps a client from its reservation. */
  function conflictOf(asker: Asker): Lease | undefined {
    if (asker.reserved === undefined) return undefined;
    const entry = table.at(asker.reserved);
    return obstacle(entry, asker) ? entry.lease : undefined;
  }

  function refusalOf(entry: Entry, asker: Asker, selecting: boolean): { reason: Refusal; lease?: Lease | undefined } | undefined {
    const { subnet, key, reserved, own } = asker;
    const { number, lease, hold } = entry;
    const reason = obstacle(entry, asker);
    if (reason) return { reason, lease };
    if (hold?.key === key || number === reserved) return undefined;
    if (reserved !== undefined && !obstacle(table.at(reserved), asker)) return { reason: 'reserved-elsewhere' };
    if (lease?.state === 'bound') return undefined;
    if (!selecting && own && own !== entry) return { reason: 'own-elsewhere', lease: own.lease };
    const pool = entry.pool;
    if (subnet !== entry.subnet || !pool?.serves(asker.vendor)) return { reason: 'not-in-pool' };
    return makeWay(pool, asker.client, () => pool.isFull) ? undefined : { reason: 'limited' };
  }

  /** The lease that a client gets on an address that it may have. */
  function leaseOn(entry: Entry, asker: Asker): Lease {
    const { subnet, client, key, own, offered, vendor } = asker;
    const earlier = entry.lease?.client === key ? entry.lease : undefined;
    const current = earlier?.state === 'bound' ? earlier : undefined;
    const at = now();
    const isServed = entry.number === asker.reserved || entry.pool?.serves(vendor);
    return {
      ...factsOf(own?.lease),
      ...factsOf(offered?.hold?.client),
      ...factsOf(client),
      ...(vendor !== undefined && { vendor }),
      address: entry.address,
      subnet: subnet.name,
      client: key,
      known: client.known,
      circuit: client.circuit,
      state: 'bound',
      since: current?.since ?? at,
      expires: current && !isServed ? current.expires : at + subnet.leaseMs,
    };
  }

  return { conflictOf, choose, refusalOf, leaseOn };
}

/** What a client or a lease tells of the phone. */
export function factsOf(told: Partial<Pick<Client, 'mac' | 'hostName' | 'vendorClass' | 'vendor'>> | undefined) {
  const { mac, hostName, vendorClass, vendor } = told ?? {};
  return {
    ...(mac !== undefined && { mac }),
    ...(hostName !== undefined && { hostName }),
    ...(vendorClass !== undefined && { vendorClass }),
    ...(vendor !== undefined && { vendor }),
  };
}
