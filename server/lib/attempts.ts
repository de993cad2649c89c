import { LRUCache } from 'lru-cache';
import { ProvisioningError } from './errors.ts';

/** So many wrong tries at once; then one each time that so many milliseconds have passed. */
export interface Limit {
  readonly most: number;
  readonly everyMs: number;
}

/** What tries are counted for: a name, a network, a phone. */
export interface Bucket {
  readonly key: string;
  readonly limit: Limit;
  /** A try that succeeds makes it empty; otherwise that one counts for nothing. */
  readonly forgives?: boolean;
}

/** Who tries too often waits. */
export class Limited extends ProvisioningError {
  /** Until the next try. */
  readonly seconds: number;

  constructor(code: string, waitMs: number, why: string) {
    const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
    super(code, `${why}: try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`);
    this.seconds = seconds;
  }
}

export interface Attempt {
  /** It was right, and counts for nothing. */
  succeeded(): void;
}

/** Counts wrong tries. What is being tried counts as wrong until it is known better: a thousand at once are no way around. */
export class Attempts {
  readonly #now: () => number;
  /** When a bucket will be empty, in milliseconds since 1970. */
  readonly #empty: LRUCache<string, number>;

  /** @param remembered how many buckets; whose last try was longest ago is forgotten first */
  constructor(remembered: number, now: () => number) {
    this.#now = now;
    this.#empty = new LRUCache({ max: remembered });
  }

  /** @param limited the error for who has to wait so many milliseconds @throws what that makes */
  begin(buckets: readonly Bucket[], limited: (waitMs: number) => Limited): Attempt {
    const wait = Math.max(...buckets.map((bucket) => this.#wait(bucket)));
    if (wait > 0) throw limited(wait);
    for (const { key, limit } of buckets) this.#empty.set(key, this.#level(key) + limit.everyMs);
    return {
      succeeded: () => {
        for (const { key, limit, forgives = false } of buckets) {
          if (forgives) this.#empty.delete(key);
          else this.#empty.set(key, this.#level(key) - limit.everyMs);
        }
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
