import type { HistoryService } from '../history/service.ts';
import { reason } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';

const hourMs = 3_600_000;

/** Has the history forget what is too old or too much, now and every hour. @returns what ends it, and resolves when it has ended */
export function pruneRegularly(
  history: Pick<HistoryService, 'prune'>,
  log: Pick<Log, 'error'>,
  everyMs = hourMs,
): () => Promise<void> {
  const ending = new AbortController();
  let pruning: Promise<void> | undefined;
  const prune = async () => {
    try {
      await history.prune(ending.signal);
    } catch (cause) {
      log.error(
        { event: 'history.not-pruned', why: reason(cause) },
        'could not remove old entries of the history; it is tried again',
      );
    }
    pruning = undefined;
  };
  // One that takes longer than an hour goes on.
  const begin = () => {
    pruning ??= prune();
  };
  begin();
  const timer = setInterval(begin, everyMs);
  return async () => {
    clearInterval(timer);
    ending.abort();
    await pruning;
  };
}
