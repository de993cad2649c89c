import { ProvisioningError } from '../../lib/errors.ts';
import type { Change, Changes } from '../store.ts';
import type { Database } from './database.ts';

/** A process asks many times a second: only one that was stopped for long, or a computer asleep, is behind by so many. */
export const KEPT = 100_000;

/** How many more there may be before the oldest go. */
const SPARE = 1_000;

type Row = Change & { readonly sequence: number; readonly writer: number };

/** Writes down what was changed, in the transaction that changes it. */
export function changeRecorder(database: Pick<Database, 'prepare' | 'writer'>): (kind: Change['kind'], id: string) => void {
  const insert = database.prepare('INSERT INTO changes (writer, kind, id) VALUES (?, ?, ?)');
  const forget = database.prepare('DELETE FROM changes WHERE sequence <= ?');
  return (kind, id) => {
    const sequence = Number(insert.run(database.writer, kind, id).lastInsertRowid);
    if (sequence % SPARE === 0) forget.run(sequence - KEPT);
  };
}

/**
 * Numbers have no gaps: SQLite gives a row the number after the greatest, under the lock of the one who writes, and the newest row
 * never goes.
 */
export function changesOf(database: Database): Changes {
  const selectNewest = database.prepare<{ newest: number | null }>('SELECT max(sequence) AS newest FROM changes');
  const selectAfter = database.prepare<Row>(
    'SELECT sequence, writer, kind, id FROM changes WHERE sequence > ? ORDER BY sequence',
  );
  return {
    newest: () => database.read(() => selectNewest.get()?.newest ?? 0),

    after: (number) =>
      database.read(() => {
        const rows = selectAfter.all(number);
        const [first, last] = [rows[0], rows.at(-1)];
        if (!first || !last) return undefined;
        if (first.sequence !== number + 1) {
          throw new ProvisioningError('store-behind', 'More was changed by others than is still known');
        }
        const others = rows.filter(({ writer }) => writer !== database.writer);
        return { changes: others.map(({ kind, id }) => ({ kind, id })), newest: last.sequence };
      }),
  };
}
