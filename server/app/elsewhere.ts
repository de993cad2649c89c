import { ProvisioningError, reason } from '../lib/errors.ts';
import type { RootLog } from '../lib/log.ts';
import type { CatchUp } from './catch-up.ts';
import type { Workers } from './workers.ts';

/** How often a worker that nobody asks looks what others changed, and tells them under which URLs phones came. */
const watchMs = 100;

/** Keeps this process and the other workers of one mind. */
export interface Elsewhere {
  /** Resolves when this process knows all that other workers have committed. */
  current(): Promise<void>;
  /** Has the others told, soon, under which URL a device reached this process; undefined is the usual one. */
  tellUrl(device: string, url: string | undefined): void;
  close(): void;
}

/** @param takeIn brings this process up to what is committed */
export function createElsewhere(workers: Workers, takeIn: CatchUp, log: RootLog): Elsewhere {
  // Nobody else changes anything.
  if (workers.count === 1) return { current: async () => {}, tellUrl() {}, close() {} };
  let newUrls = new Map<string, string | undefined>();

  async function current(): Promise<void> {
    try {
      await takeIn();
    } catch (cause) {
      if (cause instanceof ProvisioningError && cause.code === 'store-behind') {
        log.fatal({ event: 'worker.behind', why: cause.message }, 'this worker missed changes, and another takes its place');
        log.flushSync();
        workers.giveUp();
      }
      throw cause;
    }
  }

  const watch = async () => {
    const urls = newUrls;
    newUrls = new Map();
    try {
      if (urls.size > 0) await workers.ask('learnUrls', urls);
      await current();
    } catch (cause) {
      log.error({ event: 'worker.changes-unread', why: reason(cause) }, 'could not look what other workers changed');
    }
  };
  const watching = setInterval(() => void watch(), watchMs);
  return {
    current,
    tellUrl: (device, url) => void newUrls.set(device, url),
    close: () => clearInterval(watching),
  };
}
