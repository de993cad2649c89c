import { ProvisioningError, reason } from '../lib/errors.ts';
import { type Ip, ipv4Number } from '../lib/ip.ts';
import type { Log } from '../lib/log.ts';
import type { Mac } from '../lib/mac.ts';
import { type Asker, askerOf } from './asker.ts';
import type { LeaseDao } from './dao.ts';
import { type Entry, filingOf } from './entry.ts';
import {
  type Binding,
  type Client,
  clientKey,
  type Lease,
  type LeaseState,
  type NothingOffered,
  type Offered,
  type OtherUsage,
  type PoolUsage,
  type Subnet,
} from './model.ts';
import type { LeaseNotifier } from './notifier.ts';
import { factsOf, rulesOver } from './rules.ts';
import { isWithin, poolsFor, subnetState } from './subnet-state.ts';
import { holdMs, LeaseTable } from './table.ts';
import { checkSubnets } from './validator.ts';

/**
 * Who has which address. Everything is decided in memory, in one go, so that no address is given twice; what is told to a client as its
 * own is on disk before.
 */
export interface LeaseService {
  /** Reads what is kept, and watches from then on for leases that end. To be called once, before anything else. @throws store-… */
  start(): Promise<void>;
  /**
   * An address for a client that looks for one, kept for it for a minute: its reservation, else the one that it has or had, or was
   * offered before, else the one that it wants, else one of its vendor's pools, else of those for all; there one that was never used, else
   * the one that was let go the longest time ago.
   */
  offer(subnet: Subnet, client: Client, wanted?: Ip): Offered | NothingOffered;
  /** What `offer` would say now. Nothing is kept for the client, and no other offer ends for it. */
  preview(subnet: Subnet, client: Client, wanted?: Ip): Offered | NothingOffered;
  /**
   * Gives a client the address that it requests, or lengthens its lease on it. A client that has another address in the subnet gives
   * that up.
   *
   * An address that lies no longer in a pool for this client stays its own until the lease ends, which is not lengthened. A client that got
   * a reservation since is refused its old address as soon as the reserved one is free.
   *
   * @throws ProvisioningError store-…; the client then has what it had before
   */
  bind(subnet: Subnet, client: Client, address: Ip, choice: ServerChoice): Promise<Binding>;
  /** Ends a client's lease. @returns undefined when it has none on this address, and nothing changed. @throws store-… */
  release(client: Client, address: Ip): Promise<Lease | undefined>;
  /**
   * Takes an address out of use that was found to be used by a stranger: by the client that has it, or, before it is offered, by us. One
   * circuit takes a tenth of a pool out of use at most; what it declined first is then in use again.
   * @returns undefined when the client neither has the address nor is offered it, and nothing changed. @throws store-…
   */
  decline(client: Client, address: Ip): Promise<Lease | undefined>;
  /** Ends what has ended by now. It is done before every decision, and each second. */
  expire(): void;
  /** By address. */
  list(query?: LeaseQuery): { readonly leases: readonly Lease[]; readonly total: number };
  /** How full each pool is. */
  usage(): PoolUsage[];
  /**
   * How the addresses stand that no pool counts, so that all together have as many that are bound as there are leases: of each subnet
   * with reservations those that are reserved, and where there are any, those in use that are in no pool now.
   */
  otherUsage(): OtherUsage[];
  /**
   * Gives these addresses to nobody from now on: they are the server's own. Whoever has one is told so when it asks again.
   * @returns those that clients could have had until now
   */
  keepForUs(addresses: readonly Ip[]): Ip[];
  /**
   * Makes an address one that was never used, whoever has it: that client is not told, and may go on using it until it asks again.
   * @throws ProvisioningError lease-unknown, store-…
   */
  forget(address: Ip): Promise<void>;
  /** Resolves when what has ended is written as far as it can be. */
  close(): Promise<void>;
}

/**
 * Which server's offer a client chose (RFC 2131 section 4.3.2). this: it also gets what is free and not offered to it any more, as after a
 * restart. unclear: what it calls the server may be another's name, too, so it gets only what is its own. none: it names no server, and only
 * clients that are known here get anything.
 */
export type ServerChoice = 'this' | 'unclear' | 'none';

export interface LeaseQuery {
  /** Text of its range. */
  readonly subnet?: string;
  readonly state?: LeaseState;
  readonly mac?: Mac;
  readonly address?: Ip;
  readonly limit?: number;
  readonly offset?: number;
}

export interface LeaseOptions {
  readonly dao: LeaseDao;
  readonly notifier: LeaseNotifier;
  readonly log: Log;
  readonly subnets: readonly Subnet[];
  /** How much of each pool clients may have together that nobody knew before they asked. */
  readonly newClientsPercent: number;
  /** How long a declined address is out of use, in milliseconds. */
  readonly declineMs: number;
  /** How long a lease is remembered that is over, in milliseconds: its client gets the same address again, if it is free. */
  readonly keepMs: number;
  readonly now?: () => number;
}

const expireEveryMs = 1_000;
/** Of a subnet that has no address for somebody it is told so often, and not more: a flood of clients makes none of lines. */
const shortageEveryMs = 3_600_000;
/** The store writes one batch without a pause. */
const batchLeases = 100;

const remedies = {
  exhausted: 'has no address left; enlarge its pools in dhcp.subnets, or shorten its lease_seconds',
  limited: 'has no address left for clients that nobody knew (dhcp.new_clients_percent); enlarge its pools in dhcp.subnets',
};

/** @throws ProvisioningError lease-subnets-invalid */
export function leaseService(options: LeaseOptions): LeaseService {
  const { dao, notifier, log, declineMs, keepMs, newClientsPercent, now = Date.now } = options;
  checkSubnets(options.subnets);
  const subnets = new Map(options.subnets.map((subnet) => [subnet.range.text, subnetState(subnet, newClientsPercent)]));
  const table = new LeaseTable([...subnets.values()]);
  const { conflictOf, choose, keep, refusalOf, leaseOn } = rulesOver(table, now);
  const writing = new Set<Promise<void>>();
  let expiring: NodeJS.Timeout | undefined;
  /** When it was told, by subnet and reason. */
  const shortages = new Map<string, number>();

  function tellShortage(why: keyof typeof remedies, { subnet: { name }, client: { mac }, vendor }: Asker): void {
    const [key, at] = [`${why} ${name}`, now()];
    if (at - (shortages.get(key) ?? Number.NEGATIVE_INFINITY) < shortageEveryMs) return;
    shortages.set(key, at);
    log.warn({ event: 'lease.none-left', subnet: name, why, mac, vendor }, `${name} ${remedies[why]}`);
  }

  function ask(subnet: Subnet, client: Client): Asker {
    const state = subnets.get(subnet.range.text);
    if (!state) throw new ProvisioningError('lease-subnet-unknown', `No subnet ${subnet.range.text} is served`);
    return askerOf(table, state, client);
  }

  function decide(subnet: Subnet, client: Client, wanted: Ip | undefined) {
    expire();
    const asker = ask(subnet, client);
    const conflict = conflictOf(asker);
    const chosen = choose(asker, wanted);
    return { asker, chosen, offer: { ...offerOf(chosen, asker), ...(conflict && { conflict }) } };
  }

  function offerOf(chosen: ReturnType<typeof choose>, { subnet, vendor }: Asker): Offered | NothingOffered {
    if (typeof chosen === 'string') {
      return { kind: 'none', reason: chosen, pools: poolsFor(subnet, vendor).map((pool) => pool.usage(subnet.name)) };
    }
    const { address, lease } = chosen.entry;
    return { kind: 'offered', address, ...(lease?.state === 'bound' && { lease }) };
  }

  async function write(leases: readonly Lease[]): Promise<void> {
    await dao.save(leases);
    for (const lease of leases) notifier.changed(lease);
  }

  /** Writes what nobody waits for. After a start, what could not be written is found as it was, and ends again. */
  function writeLater(work: () => Promise<void>): void {
    const written = work()
      .catch((cause) => {
        log.error({ event: 'lease.not-written', err: cause }, `could not write which leases are over: ${reason(cause)}`);
      })
      .finally(() => writing.delete(written));
    writing.add(written);
  }

  /** The entry of a client that has the address by lease or offer. */
  function heldBy(client: Client, address: Ip): Entry | undefined {
    const [entry, key] = [table.find(address), clientKey(client)];
    const has = entry?.hold?.key === key || (entry?.lease?.state === 'bound' && entry.lease.client === key);
    return has ? entry : undefined;
  }

  function expire(): void {
    const at = now();
    for (let entry = table.nextLapsed(at); entry; entry = table.nextLapsed(at)) table.letGo(entry, at);
    const ended: Lease[] = [];
    for (let entry = table.nextEnded(at); entry?.lease; entry = table.nextEnded(at)) {
      const { lease } = entry;
      const expired = over(lease, 'expired', lease.expires);
      table.give(entry, expired);
      ended.push(expired);
      // Of a declined address it was told that it is nobody's.
      if (lease.state === 'bound') notifier.changed(expired);
    }
    const forgotten: Ip[] = [];
    for (let entry = table.nextForgotten(at - keepMs); entry; entry = table.nextForgotten(at - keepMs)) {
      table.give(entry, undefined);
      forgotten.push(entry.address);
    }
    for (const batch of batches(ended)) writeLater(() => dao.save(batch));
    for (const batch of batches(forgotten)) writeLater(() => dao.remove(batch));
  }

  return {
    async start() {
      // Of what a circuit declined the first gives way first.
      for (const lease of (await dao.list()).sort((one, other) => one.since - other.since)) {
        const entry = table.at(ipv4Number(lease.address));
        table.give(entry, entry.subnet ? { ...lease, subnet: entry.subnet.name } : lease);
      }
      expire();
      expiring = setInterval(expire, expireEveryMs).unref();
    },

    offer(subnet, client, wanted) {
      const { asker, chosen, offer } = decide(subnet, client, wanted);
      if (typeof chosen !== 'string') keep(chosen, asker, now() + holdMs);
      else if (chosen !== 'no-pool') tellShortage(chosen, asker);
      return offer;
    },

    preview: (subnet, client, wanted) => decide(subnet, client, wanted).offer,

    async bind(subnet, client, address, choice) {
      expire();
      const asker = ask(subnet, client);
      const number = ipv4Number(address);
      if (!isWithin(asker.subnet, number)) return { kind: 'refused', reason: 'outside-subnet' };
      const entry = table.at(number);
      const { own, reserved, key } = asker;
      const isIts = own === entry || number === reserved || entry.hold?.key === key;
      if (!isIts && (choice === 'unclear' || (choice === 'none' && !own))) {
        const lease = entry.lease && !['released', 'expired'].includes(entry.lease.state) ? entry.lease : undefined;
        return { kind: 'unknown', ...(lease && { lease }) };
      }
      const refusal = refusalOf(entry, asker, choice !== 'none');
      if (refusal) return { kind: 'refused', reason: refusal.reason, ...(refusal.lease && { lease: refusal.lease }) };

      const [before, at, lease] = [entry.lease, now(), leaseOn(entry, asker)];
      // Its other address it does not use any more, and its other offer neither.
      const other = own && own !== entry && own.lease?.state === 'bound' ? own.lease : undefined;
      const left = other && over(other, 'released', at);
      if (own && left) table.give(own, left);
      if (asker.offered) table.letGo(asker.offered, at);
      table.letGo(entry, at);
      table.give(entry, lease);
      try {
        await write(left ? [left, lease] : [lease]);
      } catch (cause) {
        // The client is not told that it has the address, so nobody uses it but who did before; and it goes on using its other one.
        if (entry.lease === lease) table.give(entry, before);
        if (own && own.lease === left) table.give(own, other);
        throw cause;
      }
      return { kind: 'bound', lease, seconds: Math.max(1, Math.floor((lease.expires - at) / 1_000)) };
    },

    async release(client, address) {
      expire();
      const entry = heldBy(client, address);
      if (entry?.lease?.state !== 'bound' || entry.lease.client !== clientKey(client)) return undefined;
      const released = over(entry.lease, 'released', now());
      table.letGo(entry, now());
      table.give(entry, released);
      await write([released]);
      return released;
    },

    async decline(client, address) {
      expire();
      const entry = heldBy(client, address);
      if (!entry?.subnet) return undefined;
      const at = now();
      const declined: Lease = {
        address,
        subnet: entry.subnet.name,
        client: clientKey(client),
        known: client.known,
        circuit: client.circuit,
        state: 'declined',
        since: at,
        expires: at + declineMs,
        ...factsOf(client, entry.hold?.client ?? entry.lease),
      };
      const wasBound = entry.lease?.state === 'bound';
      table.letGo(entry, at);
      table.give(entry, declined);
      const changed = [declined];
      const { pool } = entry;
      const oldest = pool?.hasDeclinedTooMany(client.circuit) ? pool.declined.oldest(client.circuit) : undefined;
      if (oldest?.lease) {
        const back = over(oldest.lease, 'expired', at);
        table.give(oldest, back);
        changed.push(back);
      }
      await dao.save(changed);
      if (wasBound) notifier.changed(declined);
      return declined;
    },

    expire,

    list({ subnet, state, mac, address, limit, offset = 0 } = {}) {
      expire();
      const one = address === undefined ? undefined : table.find(address)?.lease;
      const all = address === undefined ? table.leases : one ? [one] : [];
      const found = all.filter(
        (lease) =>
          (subnet === undefined || lease.subnet === subnet) &&
          (state === undefined || lease.state === state) &&
          (mac === undefined || lease.mac === mac),
      );
      const sorted = found.sort((a, b) => ipv4Number(a.address) - ipv4Number(b.address));
      return { leases: sorted.slice(offset, limit === undefined ? undefined : offset + limit), total: found.length };
    },

    usage() {
      expire();
      return [...subnets.values()].flatMap(({ name, pools }) => pools.map((pool) => pool.usage(name)));
    },

    otherUsage() {
      expire();
      const rows = new Map<string, OtherCount>();
      for (const { name, reservedFor, ours } of subnets.values()) {
        const size = [...reservedFor.keys()].filter((number) => !ours.has(number)).length;
        if (size > 0) rows.set(`reserved ${name}`, countOf('reserved', name, size));
      }
      for (const entry of table.others) {
        const { standing } = filingOf(entry);
        if (standing === 'past' || standing === 'unused') continue;
        const subnet = entry.subnet?.name ?? entry.lease?.subnet ?? '';
        const kind = entry.subnet?.reservedFor.has(entry.number) ? 'reserved' : 'outside';
        const row = rows.get(`${kind} ${subnet}`) ?? countOf(kind, subnet, 0);
        rows.set(`${kind} ${subnet}`, row);
        row[standing]++;
        if (kind === 'outside') row.size++;
      }
      return [...rows.values()].map((row) => ({ ...row, free: row.size - row.bound - row.offered - row.declined }));
    },

    keepForUs(addresses) {
      expire();
      const taken: Ip[] = [];
      for (const address of addresses) {
        const entry = table.at(ipv4Number(address));
        const { subnet, lease, number } = entry;
        if (!subnet || subnet.ours.has(number)) continue;
        if (entry.pool || subnet.reservedFor.has(number)) taken.push(address);
        table.keepForUs(entry, now());
        if (lease) writeLater(() => dao.remove([address]));
        if (lease?.state === 'bound') notifier.changed(over(lease, 'released', now()));
      }
      return taken;
    },

    async forget(address) {
      expire();
      const entry = table.find(address);
      const lease = entry?.lease;
      if (!entry || !lease) throw new ProvisioningError('lease-unknown', `Nothing is known of a lease on ${address}`);
      table.letGo(entry, now());
      table.give(entry, undefined);
      await dao.remove([address]);
      if (lease.state === 'bound') notifier.changed(over(lease, 'released', now()));
    },

    async close() {
      clearInterval(expiring);
      await Promise.all(writing);
    },
  };
}

type OtherCount = { -readonly [Key in Exclude<keyof OtherUsage, 'free'>]: OtherUsage[Key] };

function countOf(kind: OtherUsage['kind'], subnet: string, size: number): OtherCount {
  return { kind, subnet, size, bound: 0, offered: 0, declined: 0 };
}

function over(lease: Lease, state: 'released' | 'expired', expires: number): Lease {
  return { ...lease, state, expires };
}

function* batches<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += batchLeases) yield items.slice(start, start + batchLeases);
}
