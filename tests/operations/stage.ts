import { createLog } from '../../server/lib/log.ts';
import type { OperationDao } from '../../server/operations/dao.ts';
import type { Operation } from '../../server/operations/model.ts';
import { operationNotifier } from '../../server/operations/notifier.ts';
import { type OperationOptions, operationService } from '../../server/operations/service.ts';

/** A disk in memory: what is on it are texts. */
export class Disk implements OperationDao {
  readonly texts = new Map<string, string>();
  saves = 0;
  /** What the next saves are refused with. */
  refusals: Error[] = [];

  async list(): Promise<Operation[]> {
    return [...this.texts.values()].map((text) => JSON.parse(text));
  }

  async save(operation: Operation): Promise<void> {
    this.saves++;
    const refused = this.refusals.shift();
    if (refused) throw refused;
    this.texts.set(operation.id, JSON.stringify(operation));
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.texts.delete(id);
  }
}

/** Operations over a disk, which another test server may have written to before. */
export async function openOperations(change: Partial<OperationOptions> = {}, disk = new Disk()) {
  const lines: Record<string, unknown>[] = [];
  const told: Operation[] = [];
  const notifier = operationNotifier();
  notifier.subscribe((operation) => told.push(operation));
  const log = createLog({ level: 'trace', format: 'json', sink: { write: (line) => void lines.push(JSON.parse(line)) } });
  const operations = operationService({ dao: disk, notifier, log, keep: 100, keepMs: 1_000_000, ...change });
  await operations.takeOver();
  return { operations, disk, lines, told };
}

/** Work that goes on until the test lets it end. */
export function held() {
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { release, until };
}
