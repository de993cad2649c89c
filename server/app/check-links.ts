import { CHECK, linkCheck } from '../firmware/check.ts';
import { keyOf } from '../firmware/installed.ts';
import type { CheckedFile, FirmwareService } from '../firmware/service.ts';
import { reason } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { OperationService } from '../operations/service.ts';

const dayMs = 86_400_000;

export interface CheckLinksParts {
  readonly firmware: FirmwareService;
  readonly operations: OperationService;
  readonly log: Log;
  readonly days: number;
  readonly now?: () => number;
  /** How often it is looked whether it is time. */
  readonly lookMs?: number;
}

/**
 * Asks the vendors every so many days whether what can be installed is still there. When it was asked the last time, the operations know,
 * so that a server that is started again every night asks no more often.
 * @returns what ends it
 */
export function checkLinksRegularly({
  firmware,
  operations,
  log,
  days,
  now = Date.now,
  lookMs = 3_600_000,
}: CheckLinksParts): () => void {
  if (days === 0) return () => {};
  const look = async () => {
    const [last] = operations.list({ label: CHECK, limit: 1 }).operations;
    if (last && now() - last.created < days * dayMs) return;
    const keys = firmware.list().map(({ vendor, package: { id } }) => keyOf(vendor, id));
    const told = (wrong: readonly CheckedFile[]) => {
      for (const { file, state, firmware: needing } of wrong) {
        const fields = { event: 'firmware.link-gone', file: file.name, url: file.url, firmware: needing, why: state.words };
        log.warn(fields, `a firmware file can no longer be fetched: ${state.words}`);
      }
    };
    await operations.start(...linkCheck(firmware, { keys, told }));
  };
  const timer = setInterval(() => {
    look().catch((cause) =>
      log.error({ event: 'firmware.check-failed', why: reason(cause) }, 'could not ask for firmware files'),
    );
  }, lookMs);
  return () => clearInterval(timer);
}
