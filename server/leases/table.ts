import { type Ip, ipv4Number, ipv4Of } from '../lib/ip.ts';
import { Ranked } from '../lib/ranked.ts';
import type { Entry, Hold } from './entry.ts';
import type { Lease } from './model.ts';
import { isWithin, poolAt, type SubnetState } from './subnet-state.ts';

/**
 * How long an offer keeps its address. A client repeats its REQUEST for a minute before it begins anew (RFC 2131 section 3.1.5): until
 * then nobody else is to get the address.
 */
export const holdMs = 60_000;

/** So many leases that are over are kept at most: who forges MAC addresses in a large pool is not to fill the memory. */
const mostPast = 100_000;

/**
 * All addresses of which something is known, by address, by client and by what ends next. It files them and decides nothing. Whatever
 * is changed is changed through `give`, `keep` and `letGo`.
 */
export class LeaseTable {
  readonly #subnets: readonly SubnetState[];
  readonly #entries = new Map<number, Entry>();
  readonly #owned = new Map<string, Entry>();
  readonly #kept = new Map<string, Entry>();
  readonly #offers = new Ranked<Entry>();
  /** Bound and declined. */
  readonly #running = new Ranked<Entry>();
  readonly #past = new Ranked<Entry>();
  /** Those that no pool counts. */
  readonly #others = new Set<Entry>();

  constructor(subnets: readonly SubnetState[]) {
    this.#subnets = subnets;
  }

  get leases(): Lease[] {
    return [...this.#entries.values()].flatMap(({ lease }) => (lease ? [lease] : []));
  }

  /** Those of which something is known that no pool counts, in no order. */
  get others(): Iterable<Entry> {
    return this.#others;
  }

  /** The address, whether something is known of it or not. */
  at(number: number): Entry {
    const known = this.#entries.get(number);
    if (known) return known;
    const subnet = this.#subnets.find((each) => isWithin(each, number));
    return {
      number,
      address: ipv4Of(number),
      subnet,
      pool: subnet && poolAt(subnet, number),
      lease: undefined,
      hold: undefined,
      letGo: 0,
      filed: undefined,
    };
  }

  find(address: Ip): Entry | undefined {
    const entry = this.#entries.get(ipv4Number(address));
    // What is no address of IPv4 has a number, too.
    return entry?.address === address ? entry : undefined;
  }

  /** The address that a client has in a subnet, or had last. */
  ownedBy(subnet: SubnetState, client: string): Entry | undefined {
    return this.#owned.get(named(subnet, client));
  }

  /** The address that is offered to a client in a subnet. */
  offeredTo(subnet: SubnetState, client: string): Entry | undefined {
    return this.#kept.get(named(subnet, client));
  }

  /** Writes down whose an address is, or was; undefined: nobody's, ever. */
  give(entry: Entry, lease: Lease | undefined): void {
    const before = owner(entry);
    if (before !== undefined && this.#owned.get(before) === entry) this.#owned.delete(before);
    entry.lease = lease;
    if (lease) entry.letGo = lease.expires;
    const after = owner(entry);
    if (after !== undefined && outranks(lease, this.#owned.get(after)?.lease)) this.#owned.set(after, entry);
    this.#file(entry);
  }

  /** Keeps an address for a client that it is offered to, and the one that it was offered before no longer. */
  keep(entry: Entry, hold: Hold, now: number): void {
    const name = named(entry.subnet, hold.key);
    for (const before of [this.#kept.get(name), entry]) if (before) this.letGo(before, now);
    this.#kept.set(name, entry);
    entry.hold = hold;
    this.#file(entry);
  }

  /** Ends the offer of an address. */
  letGo(entry: Entry, now: number): void {
    if (!entry.hold) return;
    this.#kept.delete(named(entry.subnet, entry.hold.key));
    entry.hold = undefined;
    entry.letGo = now;
    this.#file(entry);
  }

  /** Leaves an address to the server itself: what is known of it is forgotten, and nobody gets it any more. */
  keepForUs(entry: Entry, now: number): void {
    this.letGo(entry, now);
    this.give(entry, undefined);
    entry.subnet?.ours.add(entry.number);
    entry.pool?.leaveOut(entry.number);
  }

  /** An offer that has ended by now. */
  nextLapsed(now: number): Entry | undefined {
    return this.#offers.lowest <= now ? this.#offers.first : undefined;
  }

  /** A lease, or the rest of a declined address, that has ended by now; in the order in which they end. */
  nextEnded(now: number): Entry | undefined {
    return this.#running.lowest <= now ? this.#running.first : undefined;
  }

  /** One that is over, and ended before a time, or is one too many. */
  nextForgotten(before: number): Entry | undefined {
    return this.#past.lowest <= before || this.#past.size > mostPast ? this.#past.first : undefined;
  }

  #file(entry: Entry): void {
    const { number, lease, hold } = entry;
    entry.pool?.file(entry);
    for (const queue of [this.#running, this.#past]) queue.delete(entry);
    if (hold) this.#offers.set(entry, hold.until);
    else this.#offers.delete(entry);
    if (lease) (isOver(lease) ? this.#past : this.#running).set(entry, lease.expires);
    if (lease || hold) this.#entries.set(number, entry);
    else this.#entries.delete(number);
    if ((lease || hold) && !entry.pool) this.#others.add(entry);
    else this.#others.delete(entry);
  }
}

function isOver({ state }: Lease): boolean {
  return state === 'released' || state === 'expired';
}

/** By what the client of an address is found again. Who declined an address does not want it back. */
function owner({ subnet, lease }: Entry): string | undefined {
  return subnet && lease && lease.state !== 'declined' ? named(subnet, lease.client) : undefined;
}

function named(subnet: SubnetState | undefined, client: string): string {
  return `${subnet?.name} ${client}`;
}

/** Of two leases of one client in one subnet its own is the one that it has, else the latest. */
function outranks(lease: Lease | undefined, other: Lease | undefined): boolean {
  if (!lease || !other) return true;
  if (lease.state !== other.state && [lease.state, other.state].includes('bound')) return lease.state === 'bound';
  return lease.since >= other.since;
}
