import { LRUCache } from 'lru-cache';

/** How often one may ask. */
export interface Rate {
  /** At once, after a while of silence. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Each takes some hundred bytes. Who is forgotten for others begins anew. */
const MOST_SOURCES = 8_192;

interface Bucket {
  tokens: number;
  at: number;
}

/** Counts what each source asks: a token for each, which come back with time. */
export class Throttle {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new LRUCache<string, Bucket>({ max: MOST_SOURCES });

  /** @param now in milliseconds; must not go back */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Whether the source may ask now. Asking too often costs no token: who goes on is heard as often as the rate says. */
  take(source: string): boolean {
    const { burst, perSecond } = this.#rate;
    const now = this.#now();
    const bucket = this.#buckets.get(source) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    this.#buckets.set(source, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** How many sources are remembered. */
  get size(): number {
    return this.#buckets.size;
  }
}
