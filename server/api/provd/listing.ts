import { setImmediate as nextTurn } from 'node:timers/promises';
import { JsonError, type OrderedJson, parseOrdered, stringifyOrdered } from '../../lib/ordered-json.ts';
import type { Ended, Page } from '../../lib/paging.ts';
import { type Document, readSelector, type Selector, valueAt } from './selector.ts';

/** What is asked of a list. */
export interface Listing {
  readonly selector: Selector;
  readonly fields: readonly (readonly string[])[] | undefined;
  readonly skip: number;
  /** undefined: all. */
  readonly limit: number | undefined;
  readonly sort: { readonly path: readonly string[]; readonly descending: boolean } | undefined;
}

/** What cannot be read is passed over, as clients of provd are used to; an operator that there is not is refused. @throws Refusal */
export function readListing(query: URLSearchParams): Listing {
  const q64 = query.get('q64');
  const selector = readJson(q64 === null ? query.get('q') : Buffer.from(q64, 'base64').toString());
  const fields = query.get('fields');
  const [skip, limit] = [wholeOf(query.get('skip')) ?? 0, wholeOf(query.get('limit'))];
  const sort = query.get('sort');
  return {
    selector: readSelector(selector ?? new Map()),
    fields: fields === null ? undefined : fields.split(',').map((field) => field.split('.')),
    skip: Math.max(skip, 0),
    limit: limit === 0 ? undefined : limit,
    sort: sort === null ? undefined : { path: sort.split('.'), descending: query.get('sort_ord') === 'DESC' },
  };
}

function readJson(text: string | null): OrderedJson | undefined {
  if (text === null) return undefined;
  try {
    return parseOrdered(text);
  } catch (cause) {
    if (cause instanceof JsonError) return undefined;
    throw cause;
  }
}

function wholeOf(text: string | null): number | undefined {
  return text !== null && /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** How many rows are read at once. */
const ROWS_AT_ONCE = 500;

/** All rows of a list, page by page: others are answered in between. */
export async function* inPages<Row>(
  read: (page: Pick<Page, 'limit' | 'after'>) => Promise<Ended & { readonly rows: readonly Row[] }>,
): AsyncGenerator<Row> {
  let page = await read({ limit: ROWS_AT_ONCE });
  for (;;) {
    yield* page.rows;
    if (!page.next) return;
    await nextTurn();
    page = await read({ limit: ROWS_AT_ONCE, after: page.next });
  }
}

/** Records by their ids, those that there are. */
export async function* named<Row>(ids: readonly string[], get: (id: string) => Promise<Row | undefined>): AsyncGenerator<Row> {
  for (const id of new Set(ids)) {
    const found = await get(id);
    if (found) yield found;
  }
}

/** Those of the documents that are asked for, as they are asked for. Without an order the rest is not looked at when there are enough. */
export async function* listed(
  documents: AsyncIterable<Document>,
  { selector, fields, skip, limit, sort }: Listing,
): AsyncGenerator<Document> {
  const most = limit === undefined ? Number.POSITIVE_INFINITY : Math.max(limit, 0);
  const as = (each: Document) => (fields ? projected(each, fields) : each);
  if (sort) {
    const found: { readonly key: OrderedJson | undefined; readonly document: Document }[] = [];
    for await (const each of documents) {
      if (selector.matches(each)) found.push({ key: valueAt(each, sort.path), document: as(each) });
    }
    const sign = sort.descending ? -1 : 1;
    found.sort((one, other) => compare(one.key, other.key) * sign);
    for (const { document } of found.slice(skip, skip + most)) yield document;
    return;
  }
  let [passing, wanted] = [skip, most];
  if (wanted === 0) return;
  for await (const each of documents) {
    if (!selector.matches(each)) continue;
    if (passing > 0) {
      passing--;
      continue;
    }
    yield as(each);
    wanted--;
    if (wanted === 0) return;
  }
}

/** Absent before all others, then by kind, then by value: a list of any values has one order. */
function compare(one: OrderedJson | undefined, other: OrderedJson | undefined): number {
  const [left, right] = [rank(one), rank(other)];
  if (left !== right) return left - right;
  const [a, b] = [one, other].map((value) =>
    typeof value === 'string' || typeof value === 'number' ? value : stringifyOrdered(value ?? null),
  );
  return a === undefined || b === undefined || a === b ? 0 : a < b ? -1 : 1;
}

function rank(value: OrderedJson | undefined): number {
  const kinds = ['undefined', 'boolean', 'number', 'string', 'object'];
  return value === null ? 1 : kinds.indexOf(typeof value);
}

/** The id is always there. */
function projected(document: Document, fields: readonly (readonly string[])[]): Document {
  const result = new Map<string, OrderedJson>();
  for (const path of [['id'], ...fields]) {
    const value = valueAt(document, path);
    if (value !== undefined) put(result, path, value);
  }
  return result;
}

function put(target: Map<string, OrderedJson>, [key = '', ...rest]: readonly string[], value: OrderedJson): void {
  if (rest.length === 0) {
    target.set(key, value);
    return;
  }
  const below = target.get(key);
  const next = below instanceof Map ? below : new Map<string, OrderedJson>();
  target.set(key, next);
  put(next, rest, value);
}
