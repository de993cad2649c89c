import { type Attempt, Attempts, type Limit, Limited } from '../lib/attempts.ts';
import type { Caller } from './model.ts';

export interface ClaimLimits {
  /** Of wrong codes at one phone. */
  readonly phone: Limit;
  /** Of wrong codes that one caller, a PBX, say, passes on from all its phones. */
  readonly caller: Limit;
  /** How many phones and callers are remembered. */
  readonly remembered: number;
}

/** People mistype a code now and then. Who tries has seven hundred codes a day at most, with however many phones. */
export const CLAIM_LIMITS: ClaimLimits = {
  phone: { most: 5, everyMs: 600_000 },
  caller: { most: 30, everyMs: 120_000 },
  remembered: 30_000,
};

/** Counts wrong codes. A right one makes up for none of those before it: whoever knows one could otherwise try on for ever. */
export class ClaimLimiter {
  readonly #limits: ClaimLimits;
  readonly #attempts: Attempts;

  constructor(limits: ClaimLimits, now: () => number) {
    this.#limits = limits;
    this.#attempts = new Attempts(limits.remembered, now);
  }

  /** @param device id of the phone's @throws Limited claims-limited */
  begin({ kind, id }: Pick<Caller, 'kind' | 'id'>, device: string): Attempt {
    const { phone, caller } = this.#limits;
    const buckets = [
      { key: `phone ${device}`, limit: phone },
      { key: `caller ${kind} ${id}`, limit: caller },
    ];
    return this.#attempts.begin(buckets, (wait) => new Limited('claims-limited', wait, 'Too many wrong codes'));
  }
}
