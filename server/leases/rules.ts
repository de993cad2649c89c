import { type Ip, ipv4Number } from '../lib/ip.ts';
import { type Asker, obstacle } from './asker.ts';
import type { Entry } from './entry.ts';
import type { Client, Facts, Lease, NothingOffered, Refusal } from './model.ts';
import type { PoolState } from './pool-state.ts';
import { isWithin, poolsFor } from './subnet-state.ts';
import type { LeaseTable } from './table.ts';

/** An address that a client is to be offered. */
export interface Choice {
  readonly entry: Entry;
  /** Offers to others that end for it. */
  readonly ending: readonly Entry[];
  /** It is the next of its pool that was never used. */
  readonly isNext: boolean;
}

const none: readonly Entry[] = [];

/** Which address a client is offered, and whether it may have the one that it requests. */
export function rulesOver(table: LeaseTable, now: () => number) {
  /**
   * The offers to new clients behind a client's circuit that give way to it, the oldest first, where the pool has so many too many;
   * undefined: there is no room.
   */
  function wayFor(pool: PoolState, { known, circuit }: Client, tooMany: number): readonly Entry[] | undefined {
    if (known) return none;
    const oldest = pool.offers.first(circuit, tooMany);
    return oldest.length === tooMany ? oldest : undefined;
  }

  function wayForOffer(pool: PoolState, client: Client): readonly Entry[] | undefined {
    return wayFor(pool, client, Math.max(pool.newClientsTooMany(client), pool.offersTooMany(client.circuit)));
  }

  /** What gives way to a client that is given an address that is in its way of no other; undefined where it may not have it. */
  function wayTo(entry: Entry, asker: Asker): readonly Entry[] | undefined {
    const { pool, number, lease, hold } = entry;
    if (number === asker.reserved) return none;
    if (!pool?.serves(asker.vendor)) return undefined;
    const hasIt = (lease?.state === 'bound' && lease.client === asker.key) || hold?.key === asker.key;
    return hasIt ? none : wayForOffer(pool, asker.client);
  }

  /** Which address a client is to be offered. Nothing changes by it. */
  function choose(asker: Asker, wanted: Ip | undefined): Choice | NothingOffered['reason'] {
    const { subnet, client, reserved, own, offered } = asker;
    const asked = wanted === undefined ? undefined : ipv4Number(wanted);
    for (const number of [reserved, own?.number, offered?.number, asked]) {
      if (number === undefined || !isWithin(subnet, number)) continue;
      const entry = table.at(number);
      const ending = obstacle(entry, asker) ? undefined : wayTo(entry, asker);
      if (ending) return { entry, ending, isNext: false };
    }
    const pools = poolsFor(subnet, asker.vendor);
    let isLimited = false;
    for (const pool of pools) {
      const ending = wayForOffer(pool, client);
      if (!ending) {
        // Where nothing is left, a client that is known would get nothing either.
        isLimited ||= pool.pick(none) !== undefined || pool.offers.oldest() !== undefined;
        continue;
      }
      const number = pool.pick(ending);
      const entry = number === undefined ? pool.offers.oldest(client.known ? undefined : client.circuit) : table.at(number);
      if (entry) return { entry, ending, isNext: number !== undefined && !entry.lease };
    }
    if (pools.length === 0) return 'no-pool';
    return isLimited ? 'limited' : 'exhausted';
  }

  /** Keeps what was chosen for the client until then. */
  function keep({ entry, ending, isNext }: Choice, { key, client, vendor }: Asker, until: number): void {
    const at = now();
    for (const other of ending) table.letGo(other, at);
    if (isNext) entry.pool?.pass(entry.number);
    table.keep(entry, { key, client: { ...client, ...(vendor !== undefined && { vendor }) }, until }, at);
  }

  /** Who keeps a client from its reservation. */
  function conflictOf(asker: Asker): Lease | undefined {
    if (asker.reserved === undefined) return undefined;
    const entry = table.at(asker.reserved);
    return obstacle(entry, asker) ? entry.lease : undefined;
  }

  function refusalOf(entry: Entry, asker: Asker, selecting: boolean): { reason: Refusal; lease?: Lease | undefined } | undefined {
    const { key, reserved, own } = asker;
    const { number, lease, hold } = entry;
    const reason = obstacle(entry, asker);
    if (reason) return { reason, lease };
    if (hold?.key === key || number === reserved) return undefined;
    if (reserved !== undefined && !obstacle(table.at(reserved), asker)) return { reason: 'reserved-elsewhere' };
    if (lease?.state === 'bound') return undefined;
    if (!selecting && own && own !== entry) return { reason: 'own-elsewhere', lease: own.lease };
    const { pool } = entry;
    if (!pool?.serves(asker.vendor)) return { reason: 'not-in-pool' };
    const ending = wayFor(pool, asker.client, pool.newClientsTooMany(asker.client));
    if (!ending) return { reason: 'limited' };
    for (const other of ending) table.letGo(other, now());
    return undefined;
  }

  /** The lease that a client gets on an address that it may have. */
  function leaseOn(entry: Entry, asker: Asker): Lease {
    const { subnet, client, key, own, offered, vendor } = asker;
    const earlier = entry.lease?.client === key ? entry.lease : undefined;
    const current = earlier?.state === 'bound' ? earlier : undefined;
    const at = now();
    const isServed = entry.number === asker.reserved || entry.pool?.serves(vendor);
    return {
      address: entry.address,
      subnet: subnet.name,
      client: key,
      known: client.known,
      circuit: (client.renews && current?.circuit) || client.circuit,
      state: 'bound',
      since: current?.since ?? at,
      expires: current && !isServed ? current.expires : at + subnet.leaseMs,
      ...factsOf(client, offered?.hold?.client, own?.lease),
    };
  }

  return { conflictOf, choose, keep, refusalOf, leaseOn };
}

/** What a client or a lease tells of the phone, and nothing else; what it does not tell, as earlier ones told. */
export function factsOf(latest: Facts, before?: Facts, first?: Facts): Facts {
  const mac = latest.mac ?? before?.mac ?? first?.mac;
  const hostName = latest.hostName ?? before?.hostName ?? first?.hostName;
  const vendorClass = latest.vendorClass ?? before?.vendorClass ?? first?.vendorClass;
  const vendor = latest.vendor ?? before?.vendor ?? first?.vendor;
  return {
    ...(mac !== undefined && { mac }),
    ...(hostName !== undefined && { hostName }),
    ...(vendorClass !== undefined && { vendorClass }),
    ...(vendor !== undefined && { vendor }),
  };
}
