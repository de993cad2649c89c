import { cut, type Ended, type Page, type Position } from '../../lib/paging.ts';
import type { Connection } from './database.ts';
import type { Cell, Filter } from './shape.ts';

/** A table whose rows are listed in the order of one of its columns, and then as they were made. */
export interface Listed {
  readonly table: string;
  /** What is read of a row. */
  readonly cells: string;
  /** What it is sorted by, by name. There is an index `TABLE_NAME` of each, in which `created` follows. */
  readonly sorts: Readonly<Record<string, { readonly column: string /** It is never NULL. */; readonly isFilled: boolean }>>;
}

export interface PageQuery extends Page {
  /** There is an index that holds just these rows, by `created`. */
  readonly isIndexed?: boolean;
}

/** Rows that follow each other in an index: together, in this order, they are the rest of the list. */
interface Stretch extends Filter {
  readonly order: readonly string[];
}

/**
 * A page of a list, whose cost is that of the page: it begins where the one before ended and is read from an index in its order.
 *
 * Only where filters and order have no index together one of two ways is taken: many rows are found soon among all in their order, and few
 * are soon sorted.
 */
export function readPage(
  database: Pick<Connection, 'prepare' | 'count'>,
  { table, cells, sorts }: Listed,
  { sql, ofRow = sql, values }: Filter,
  { sort: wanted, descending = false, limit, after, isIndexed = false }: PageQuery,
): Ended & { readonly rows: Cell[][]; readonly total: number } {
  const sort = wanted !== undefined && Object.hasOwn(sorts, wanted) ? wanted : 'created';
  const { column = sort, isFilled = true } = sorts[sort] ?? {};
  const count = (where: string, values: readonly Cell[]) =>
    database.count(`SELECT count(*) AS total FROM ${table} WHERE ${where}`, values);
  const total = count(sql, values);
  if (limit === 0 || total === 0) return { rows: [], total };

  const isFree = sql === 'true' || (isIndexed && sort === 'created');
  const isWalked = isFree || total * total > (limit ?? total) * count('true', []);
  // An id has the index that keeps it unique.
  const index = sort === 'id' ? `sqlite_autoindex_${table}_1` : `${table}_${sort}`;
  const source = isWalked && !isFree ? `${table} INDEXED BY ${index}` : table;
  const columns = sort === 'created' ? ['created', 'ordinal'] : [column, 'created', 'ordinal'];
  const sign = isWalked ? '' : '+';
  const direction = descending ? ' DESC' : '';
  const rows: Cell[][] = [];
  for (const stretch of stretchesOf(columns, sign, isFilled, descending, after)) {
    const lacking = limit === undefined ? -1 : limit + 1 - rows.length;
    if (lacking === 0) break;
    const found = database
      .prepare<Cell[]>(
        `SELECT ${cells}, ${columns.join(', ')} FROM ${source} WHERE ${isWalked ? ofRow : sql} AND ${stretch.sql}
         ORDER BY ${stretch.order.map((column) => `${column}${direction}`).join(', ')} LIMIT ?`,
      )
      .raw()
      .all(...values, ...stretch.values, lacking);
    for (const row of found) rows.push(row);
  }
  return { ...cut(rows, limit, (row) => row.slice(-columns.length)), total };
}

/**
 * What comes after a position, by the columns of the order: the rows that have all but the last of its values, those that have one less …
 * A comparison of all together would begin with the first row that has the first value.
 */
function stretchesOf(
  columns: readonly string[],
  sign: string,
  isFilled: boolean,
  descending: boolean,
  after: Position | undefined,
): Stretch[] {
  const [first = ''] = columns;
  const named = columns.map((column) => `${sign}${column}`);
  const without: Stretch = { sql: `${sign}${first} IS NULL`, values: [], order: named.slice(1) };
  const filledOnes: Stretch = { sql: isFilled ? 'true' : `${sign}${first} IS NOT NULL`, values: [], order: named };
  if (!after) return isFilled ? [filledOnes] : descending ? [filledOnes, without] : [without, filledOnes];
  const beyond = descending ? '<' : '>';
  const [value = null, ...rest] = columns.map((_, index) => after[index] ?? null);
  const isEmpty = value === null;
  const same = isEmpty ? without : { sql: `${sign}${first} = ?`, values: [value] };
  const inner = rest.map((_, index) => {
    const depth = rest.length - index;
    const equal = named.slice(1, depth).map((column) => ` AND ${column} = ?`);
    return {
      sql: `${same.sql}${equal.join('')} AND ${named[depth]} ${beyond} ?`,
      values: [...same.values, ...rest.slice(0, depth)],
      order: named.slice(depth),
    };
  });
  const outer = isEmpty ? filledOnes : { sql: `${sign}${first} ${beyond} ?`, values: [value], order: named };
  if (isEmpty) return descending ? inner : [...inner, outer];
  return descending && !isFilled ? [...inner, outer, without] : [...inner, outer];
}

/** A condition for a value, where there is one. */
export function when(value: Cell | boolean | undefined, sql: string): Filter[] {
  return value === undefined ? [] : [{ sql, values: [typeof value === 'boolean' ? Number(value) : value] }];
}

export function startingWith(column: string, prefix: string): Filter {
  return { sql: `(${column} >= ? AND ${column} < ?)`, values: [prefix, `${prefix}\u{10ffff}`] };
}

/**
 * All conditions together. The planner knows nothing of the values: it is left the index of the first alone, which is to be that of which
 * there are likely the fewest.
 */
export function joined([first, ...others]: readonly Filter[]): { readonly filter: Filter; readonly isIndexed: boolean } {
  return {
    filter: {
      sql: [first?.sql ?? 'true', ...others.map(({ sql }) => `+${sql}`)].join(' AND '),
      ofRow: [first, ...others].map((each) => each?.ofRow ?? each?.sql ?? 'true').join(' AND '),
      values: [...(first?.values ?? []), ...others.flatMap(({ values }) => values)],
    },
    // Rows with one value lie in its index as they were made.
    isIndexed: others.length === 0 && /^[\w ]+ (?:=|IS) (?:\?|NULL)$/.test(first?.sql ?? ''),
  };
}
