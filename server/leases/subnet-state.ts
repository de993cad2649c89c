import { ipv4Number } from '../lib/ip.ts';
import type { Mac } from '../lib/mac.ts';
import type { Subnet } from './model.ts';
import { PoolState } from './pool-state.ts';

/** A subnet, with its addresses as numbers. */
export interface SubnetState {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly leaseMs: number;
  readonly pools: readonly PoolState[];
  /** Whose an address is. */
  readonly reservedFor: ReadonlyMap<number, Mac>;
  readonly reservations: ReadonlyMap<Mac, number>;
  /** The server's own addresses, which nobody gets. */
  readonly ours: Set<number>;
}

export function subnetState({ range, pools, reservations, leaseSeconds }: Subnet, newClientsPercent: number): SubnetState {
  const numbers = new Map([...reservations].map(([mac, address]) => [mac, ipv4Number(address)]));
  const reservedFor = new Map([...numbers].map(([mac, number]) => [number, mac]));
  const [{ first, last } = { first: 0, last: -1 }] = range.ipv4;
  return {
    name: range.text,
    first,
    last,
    leaseMs: leaseSeconds * 1_000,
    pools: pools.map((pool) => new PoolState(pool, reservedFor.keys(), newClientsPercent)),
    reservedFor,
    reservations: numbers,
    ours: new Set(),
  };
}

/** The pool that an address is given from; undefined for one that is in none, or reserved. */
export function poolAt(subnet: SubnetState, number: number): PoolState | undefined {
  if (subnet.reservedFor.has(number)) return undefined;
  return subnet.pools.find(({ first, last }) => first <= number && number <= last);
}

/** The pools that serve a vendor's phones: its own, then those for all. */
export function poolsFor({ pools }: SubnetState, vendor: string | undefined): PoolState[] {
  const serving = pools.filter((pool) => pool.serves(vendor));
  return [...serving.filter(({ pool }) => pool.vendor !== undefined), ...serving.filter(({ pool }) => pool.vendor === undefined)];
}

export function isWithin({ first, last }: SubnetState, number: number): boolean {
  return first <= number && number <= last;
}
