/** What rows are sorted by. Rows without it come first, then numbers by size, then texts. */
export type SortValue = string | number | null;

/** Where a page ended: what its last row has of all that the list is sorted by. What comes or goes elsewhere does not move it. */
export type Position = readonly SortValue[];

/** Which rows of a list, and in which order. */
export interface Page<Sort extends string = string> {
  readonly sort?: Sort;
  readonly descending?: boolean;
  /** Default: all of them. */
  readonly limit?: number;
  /** Only rows behind this. */
  readonly after?: Position;
}

/** Where the next page begins; absent at the end, and when no rows were asked for. */
export interface Ended {
  readonly next?: Position;
}

/** From one row more than a page has, if there is one. @returns the page */
export function cut<Row>(
  rows: readonly Row[],
  limit: number | undefined,
  positionOf: (row: Row) => Position,
): Ended & { rows: Row[] } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, ...(last !== undefined && page.length < rows.length && { next: positionOf(last) }) };
}

/**
 * A page of rows that are in memory.
 * @param positionOf the value that they are sorted by, and what tells rows with the same value apart
 */
export function pageOf<Row>(
  rows: readonly Row[],
  positionOf: (row: Row) => Position,
  { descending = false, limit, after }: Omit<Page, 'sort'>,
): Ended & { rows: Row[] } {
  const sign = descending ? -1 : 1;
  const found = rows
    .map((row) => ({ row, at: positionOf(row) }))
    .filter(({ at }) => after === undefined || sign * comparePositions(at, after) > 0)
    .sort((one, other) => sign * comparePositions(one.at, other.at));
  const page = cut(found, limit, ({ at }) => at);
  return { ...page, rows: page.rows.map(({ row }) => row) };
}

export function comparePositions(one: Position, other: Position): number {
  for (const [index, value] of one.entries()) {
    const order = compareValues(value, other[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(one: SortValue, other: SortValue): number {
  if (one === other) return 0;
  if (typeof one === typeof other && one !== null && other !== null) return one < other ? -1 : 1;
  return rank(one) - rank(other);
}

const rank = (value: SortValue): number => (value === null ? 0 : typeof value === 'number' ? 1 : 2);
