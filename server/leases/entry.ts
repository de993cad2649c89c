import type { Ip } from '../lib/ip.ts';
import type { Client, Lease } from './model.ts';
import type { PoolState } from './pool-state.ts';
import type { SubnetState } from './subnet-state.ts';

/** An offer that is outstanding: the address is kept for the client, in memory only. */
export interface Hold {
  readonly key: string;
  readonly client: Client;
  readonly until: number;
}

/** What is known of an address. */
export interface Entry {
  readonly number: number;
  readonly address: Ip;
  /** undefined: it is in no subnet that is served now. */
  readonly subnet: SubnetState | undefined;
  /** undefined: it is in none, or reserved. */
  readonly pool: PoolState | undefined;
  lease: Lease | undefined;
  hold: Hold | undefined;
  /** When its last lease or offer ended. */
  letGo: number;
  /** How the pool counts it; undefined as long as it has not: then it was never used. */
  filed: Filed | undefined;
}

export type Standing = 'bound' | 'declined' | 'offered' | 'past' | 'unused';

export interface Filed {
  readonly standing: Standing;
  /** Of the client that it is bound by or offered to, when nobody knew that. */
  readonly newBehind: string | undefined;
  /** Of the new client that it is offered to, or of the client that declined it. */
  readonly circuit: string | undefined;
}

export function filingOf({ lease, hold }: Entry): Filed {
  const isBound = lease?.state === 'bound';
  const offeredBehind = hold?.client.known === false ? hold.client.circuit : undefined;
  const newBehind = isBound && !lease.known ? lease.circuit : offeredBehind;
  if (isBound) return { standing: 'bound', newBehind, circuit: undefined };
  if (lease?.state === 'declined') return { standing: 'declined', newBehind, circuit: lease.circuit };
  if (hold) return { standing: 'offered', newBehind, circuit: offeredBehind };
  return { standing: lease ? 'past' : 'unused', newBehind, circuit: undefined };
}
