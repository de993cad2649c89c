import { setTimeout as wait } from 'node:timers/promises';
import { ProvisioningError } from '../errors.ts';
import { formatCount } from '../sums.ts';
import { Failure } from './failure.ts';

/** How often something is tried, and how long it is waited for between two tries. */
export interface Patience {
  /** Default 5. */
  readonly tries?: number;
  /** Before the second try, at most; twice as long before each that follows. Default 1 s. */
  readonly firstMs?: number;
  /** Before any try. Default 30 s. */
  readonly mostMs?: number;
  /** Told before each wait. */
  readonly retrying?: (failure: Failure, waitMs: number) => void;
  /** Waits; rejects when it is cancelled. */
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** A server that wants to be left alone for longer is told of, and not waited for. */
const MOST_RETRY_AFTER_MS = 120_000;

/**
 * Tries until it works, lasts, or was tried often enough.
 *
 * @param what begins the sentence: `Cannot download http://…`
 * @throws ProvisioningError with the code of the last failure; the signal's reason
 */
export async function persist<Result>(
  what: string,
  work: () => Promise<Result>,
  { tries = 5, firstMs = 1_000, mostMs = 30_000, retrying, sleep = defaultSleep }: Patience,
  signal?: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (cause) {
      signal?.throwIfAborted();
      if (!(cause instanceof Failure)) throw cause;
      const afterMs = cause.afterMs ?? 0;
      const tooLong = afterMs > MOST_RETRY_AFTER_MS;
      if (!cause.passing || attempt === tries || tooLong) {
        const busy = tooLong ? `; it wants to be asked again in ${formatCount(Math.round(afterMs / 1_000))} s` : '';
        throw new ProvisioningError(cause.code, `${what}: ${cause.message}${busy} (try ${attempt} of ${tries})`, { cause });
      }
      const most = Math.min(firstMs * 2 ** (attempt - 1), mostMs);
      // Those who failed together do not come back together.
      const waitMs = Math.max(most * (0.5 + Math.random() / 2), afterMs);
      retrying?.(cause, waitMs);
      await sleep(waitMs, signal).catch((thrown: unknown) => {
        signal?.throwIfAborted();
        throw thrown;
      });
    }
  }
}

const defaultSleep = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  wait(milliseconds, undefined, signal ? { signal } : {});
