import type Sqlite from 'better-sqlite3';
import type { Cell } from './shape.ts';

/** How many are remembered: so many lists are looked at at once, and no more. */
const MOST = 1_000;

/** Counts rows. */
export type Count = (sql: string, values: readonly Cell[]) => number;

export function counting(sqlite: Sqlite.Database): Count {
  return (sql, values) => sqlite.prepare<unknown[], { total: number }>(sql).get(...values)?.total ?? 0;
}

/**
 * Counts rows, and remembers it until something is written, by whomever: of 100,000 rows the counting takes a millisecond, and who turns
 * pages asks for it again with each.
 */
export function rememberedCounts(sqlite: Sqlite.Database): Count {
  const count = counting(sqlite);
  const changes = sqlite.prepare<[], { total: number }>('SELECT total_changes() AS total');
  let state = '';
  const totals = new Map<string, number>();
  return (sql, values) => {
    // Ours by the one, those of other connections by the other (sqlite.org/pragma.html#pragma_data_version).
    const now = `${changes.get()?.total} ${sqlite.pragma('data_version', { simple: true })}`;
    if (now !== state || totals.size >= MOST) totals.clear();
    state = now;
    const key = JSON.stringify([sql, ...values]);
    const known = totals.get(key);
    if (known !== undefined) return known;
    const total = count(sql, values);
    totals.set(key, total);
    return total;
  };
}
