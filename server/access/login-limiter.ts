import { LRUCache } from 'lru-cache';
import { ProvisioningError } from '../lib/errors.ts';
import type { Ip } from '../lib/ip.ts';

/** So many wrong passwords at once; then one each time that so many milliseconds have passed. */
export interface Limit {
  readonly most: number;
  readonly everyMs: number;
}

export interface LoginLimits {
  /** Of one name from one network. */
  readonly pair: Limit;
  /** Of all names from one network. */
  readonly network: Limit;
  /** Of one name from all networks where nobody is logged in by that name: far more than one network, or a few, can use up. */
  readonly name: Limit;
  /** How many networks, names and pairs are remembered; who was refused longest ago is forgotten first. */
  readonly remembered: number;
}

export const LOGIN_LIMITS: LoginLimits = {
  pair: { most: 5, everyMs: 60_000 },
  network: { most: 20, everyMs: 15_000 },
  name: { most: 100, everyMs: 10_000 },
  remembered: 30_000,
};

/** Who asks too often waits. */
export class LoginLimited extends ProvisioningError {
  /** Until the next try. */
  readonly seconds: number;

  constructor(waitMs: number, why: string) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
    super('access-login-limited', `${why}: try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`);
    this.seconds = seconds;
  }
}

export interface Attempt {
  /** The password was right: it counts for nothing, and the name begins anew in this network. */
  succeeded(): void;
}

interface Bucket {
  readonly key: string;
  readonly limit: Limit;
}

/** Counts wrong passwords. What is being tried counts as wrong until it is known better: a thousand at once are no way around. */
export class LoginLimiter {
  readonly #limits: LoginLimits;
  readonly #now: () => number;
  /** When a bucket will be empty, in milliseconds since 1970. */
  readonly #empty: LRUCache<string, number>;

  constructor(limits: LoginLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#empty = new LRUCache({ max: limits.remembered });
  }

  /**
   * @param name as it is compared; text that cannot be a name is `undefined`, so that what is typed takes no memory
   * @param isFamiliar somebody is logged in by that name in this network: what others try elsewhere does not lock it out
   * @throws LoginLimited
   */
  begin(name: string | undefined, source: Ip, isFamiliar: boolean): Attempt {
    const { pair, network, name: byName } = this.#limits;
    const from = networkOf(source);
    const together = { key: `pair ${from} ${name ?? ''}`, limit: pair };
    const alone = [
      { key: `network ${from}`, limit: network },
      ...(name === undefined || isFamiliar ? [] : [{ key: `name ${name}`, limit: byName }]),
    ];
    const buckets = [together, ...alone];
    const wait = Math.max(...buckets.map((bucket) => this.#wait(bucket)));
    if (wait > 0) throw new LoginLimited(wait, 'Too many logins failed');
    for (const { key, limit } of buckets) this.#empty.set(key, this.#level(key) + limit.everyMs);
    return {
      succeeded: () => {
        this.#empty.delete(together.key);
        for (const { key, limit } of alone) this.#empty.set(key, this.#level(key) - limit.everyMs);
      },
    };
  }

  #level(key: string): number {
    return Math.max(this.#empty.get(key) ?? 0, this.#now());
  }

  #wait({ key, limit: { most, everyMs } }: Bucket): number {
    return this.#level(key) + everyMs - most * everyMs - this.#now();
  }
}

/** What one customer of a provider has at most: an IPv4 address, or 48 bits of IPv6 (RFC 6177). */
export function networkOf(ip: Ip): string {
  if (!ip.includes(':')) return ip;
  const [head = [], tail] = ip.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = tail === undefined ? [] : Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...(tail ?? [])].slice(0, 3).join(':');
}
