import { ipv4Number } from '../lib/ip.ts';
import { Ranked } from '../lib/ranked.ts';
import { type Entry, type Filed, filingOf, type Standing } from './entry.ts';
import type { Client, Pool, PoolUsage } from './model.ts';
import { NumberSet } from './numbers.ts';

/**
 * How many clients that nobody knew may have addresses of one pool, whatever its size: who forges 10 million MAC addresses is not to
 * fill the memory. It is the number of phones that one server is made for.
 */
const mostNewClients = 100_000;

/**
 * How many offers to clients that nobody knew one circuit may have outstanding in a pool; and no more than half of what they may have
 * of the pool, so that one circuit leaves room for the others. An offer that gives way is not lost: its address is offered to another
 * only after all other free ones, and until then the client can still have it. So 2,000 phones that boot at once behind one
 * interface all get theirs, while packets with random MAC addresses hold no more than this.
 */
const mostOffers = 256;

/**
 * So many times of what is left for clients that nobody knew one circuit may have, where a relay tells circuits apart. A circuit alone
 * has nine tenths of all then; of several each has less, and a tenth circuit still finds room. Without option 82 a network is one
 * circuit, and there is nobody to leave room for.
 */
const mostOfRest = 9;

/** One in so many addresses of a pool is out of use at a time because of what one circuit declined, at least one. */
const declinedShare = 10;

/** Entries by the circuit that their client is behind, in the order in which they came. */
class Circuits {
  readonly #entries = new Map<string, Set<Entry>>();

  add(circuit: string, entry: Entry): void {
    const entries = this.#entries.get(circuit) ?? new Set();
    this.#entries.set(circuit, entries.add(entry));
  }

  delete(circuit: string, entry: Entry): void {
    const entries = this.#entries.get(circuit);
    entries?.delete(entry);
    if (entries?.size === 0) this.#entries.delete(circuit);
  }

  count(circuit: string): number {
    return this.#entries.get(circuit)?.size ?? 0;
  }

  /** Of any circuit, when none is named. */
  oldest(circuit?: string): Entry | undefined {
    const entries = circuit === undefined ? this.#entries.values().next().value : this.#entries.get(circuit);
    return entries?.values().next().value;
  }

  /** So many of a circuit, or all if there are fewer. */
  first(circuit: string, count: number): Entry[] {
    const found: Entry[] = [];
    for (const entry of this.#entries.get(circuit) ?? []) {
      if (found.length === count) break;
      found.push(entry);
    }
    return found;
  }
}

/** The addresses of a pool by how they stand. */
export class PoolState {
  readonly pool: Pool;
  readonly first: number;
  readonly last: number;
  /** Outstanding, to clients that nobody knew. */
  readonly offers = new Circuits();
  readonly declined = new Circuits();
  readonly #newClientsPercent: number;
  readonly #neverUsed: NumberSet;
  /** By when they were let go. */
  readonly #past = new Ranked<Entry>();
  readonly #counts: Record<Standing, number> = { bound: 0, offered: 0, declined: 0, past: 0, unused: 0 };
  #size: number;
  #newClients = 0;
  /** By their circuits. */
  readonly #newBehind = new Map<string, number>();
  /** Where to look for the next address that was never used: one that was offered for nothing is not the next. */
  #next = 0;

  constructor(pool: Pool, reserved: Iterable<number>, newClientsPercent: number) {
    this.pool = pool;
    this.first = ipv4Number(pool.first);
    this.last = ipv4Number(pool.last);
    const range = this.last - this.first + 1;
    this.#neverUsed = new NumberSet(range);
    const taken = [...reserved].filter((number) => this.first <= number && number <= this.last);
    for (const number of taken) this.#neverUsed.delete(number - this.first);
    this.#newClientsPercent = newClientsPercent;
    this.#size = range - taken.length;
    this.#counts.unused = this.#size;
  }

  /** Without those that are reserved, and the server's own. */
  get size(): number {
    return this.#size;
  }

  /** How many addresses clients may have together that nobody knew, by lease or offer. */
  get newClientsMost(): number {
    return Math.min(Math.ceil((this.#size * this.#newClientsPercent) / 100), mostNewClients);
  }

  /** Takes out an address, of which nothing is known, for good. */
  leaveOut(number: number): void {
    this.#neverUsed.delete(number - this.first);
    this.#counts.unused--;
    this.#size--;
  }

  /** Whether clients of this vendor get addresses here. */
  serves(vendor: string | undefined): boolean {
    return this.pool.vendor === undefined || this.pool.vendor === vendor;
  }

  /** How many clients that nobody knew have to go from behind a client's circuit before there is room for it. */
  newClientsTooMany({ circuit, hasNeighbours = false }: Client): number {
    const left = this.newClientsMost - this.#newClients;
    // Each that goes leaves room for one, of which the circuit may have so many times more.
    const beyond = (this.#newBehind.get(circuit) ?? 0) - mostOfRest * left;
    return Math.max(0, 1 - left, hasNeighbours ? Math.floor(beyond / (mostOfRest + 1)) + 1 : 0);
  }

  /** How many offers to new clients behind a circuit have to end before it may have one more. */
  offersTooMany(circuit: string): number {
    return Math.max(0, this.offers.count(circuit) + 1 - Math.min(Math.ceil(this.newClientsMost / 2), mostOffers));
  }

  /** Whether a circuit has declined more than it may. */
  hasDeclinedTooMany(circuit: string): boolean {
    return this.declined.count(circuit) > Math.ceil(this.#size / declinedShare);
  }

  /** A free address: one that was never used, else the one that was let go the longest time ago. @param ending offers that are to end first */
  pick(ending: readonly Entry[]): number | undefined {
    const spare = ending.filter(({ lease }) => !lease).map(({ number }) => number - this.first);
    const next = (from: number) => least(this.#neverUsed.next(from), ...spare.filter((offset) => offset >= from));
    const offset = next(this.#next) ?? next(0);
    return offset === undefined ? (this.#past.first ?? ending[0])?.number : this.first + offset;
  }

  /** An address that was never used is offered: the next to be picked is behind it. */
  pass(number: number): void {
    this.#next = number - this.first + 1;
  }

  /** Counts and files an entry as it stands now, instead of as it stood before. */
  file(entry: Entry): void {
    const [before, after] = [entry.filed, filingOf(entry)];
    const offset = entry.number - this.first;
    this.#counts[before?.standing ?? 'unused']--;
    this.#counts[after.standing]++;
    this.#countNew(before?.newBehind, -1);
    this.#countNew(after.newBehind, 1);
    if (before?.standing === 'past') this.#past.delete(entry);
    if (before?.circuit !== undefined) this.#circuitsOf(before).delete(before.circuit, entry);
    if (after.standing === 'past') this.#past.set(entry, entry.letGo);
    if (after.circuit !== undefined) this.#circuitsOf(after).add(after.circuit, entry);
    if (after.standing === 'unused') this.#neverUsed.add(offset);
    else this.#neverUsed.delete(offset);
    entry.filed = after;
  }

  usage(subnet: string): PoolUsage {
    const { bound, offered, declined, past, unused } = this.#counts;
    return {
      ...this.pool,
      subnet,
      size: this.size,
      bound,
      offered,
      declined,
      free: past + unused,
      past,
      newClients: this.#newClients,
      newClientsMost: this.newClientsMost,
    };
  }

  #countNew(circuit: string | undefined, change: 1 | -1): void {
    if (circuit === undefined) return;
    this.#newClients += change;
    const count = (this.#newBehind.get(circuit) ?? 0) + change;
    if (count === 0) this.#newBehind.delete(circuit);
    else this.#newBehind.set(circuit, count);
  }

  #circuitsOf({ standing }: Filed): Circuits {
    return standing === 'declined' ? this.declined : this.offers;
  }
}

function least(...offsets: readonly (number | undefined)[]): number | undefined {
  const found = offsets.filter((offset) => offset !== undefined);
  return found.length === 0 ? undefined : Math.min(...found);
}
