import { AsyncLocalStorage } from 'node:async_hooks';
import type { Ip } from './ip.ts';

/** Who does something. A program or a person has an id, and a name that says to people who it is. */
export interface Actor {
  readonly kind: 'token' | 'user' | 'wazo-user' | 'administrator' | 'dhcp-server' | 'phone' | 'server';
  readonly id?: string;
  readonly name?: string;
  /** The address that it came from. */
  readonly from?: Ip;
}

const server: Actor = { kind: 'server' };
const acting = new AsyncLocalStorage<Actor>();
let underway = 0;

/**
 * Does some work as somebody: what it calls and awaits finds out with `actor`. When the promise of the work has settled, whatever it
 * left behind may be the server's own: work that outlives its call is done as its actor by whoever lets it go on.
 */
export async function actingAs<Result>(who: Actor, work: () => Promise<Result> | Result): Promise<Result> {
  underway++;
  try {
    return await acting.run(who, work);
  } finally {
    // While it is in use, Node 20 follows every promise of the process, those of phones too, which makes each dearer by some part of a
    // microsecond.
    if (--underway === 0) acting.disable();
  }
}

/** Who acts: the server itself, where nobody said otherwise. */
export function actor(): Actor {
  return acting.getStore() ?? server;
}
