import { JsonError, type OrderedJson, parseOrdered, stringifyOrdered } from '../../lib/ordered-json.ts';
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

/** Those of the documents that are asked for, as they are asked for. */
export function listed(documents: Iterable<Document>, { selector, fields, skip, limit, sort }: Listing): Document[] {
  let found = [...documents].filter(selector.matches);
  if (sort) {
    const keys = new Map(found.map((each) => [each, valueAt(each, sort.path)]));
    found = found.toSorted((one, other) => compare(keys.get(one), keys.get(other)) * (sort.descending ? -1 : 1));
  }
  const page = limit === undefined ? found.slice(skip) : found.slice(skip, skip + Math.max(limit, 0));
  return fields ? page.map((each) => projected(each, fields)) : page;
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
