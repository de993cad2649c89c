import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { filters } from './filters.ts';
import { follow, pathOf } from './lookup.ts';
import { compare, countOf, elementsOf, equals, isTrue, iterate, operate, sortBy, toList } from './operations.ts';
import { softText } from './print.ts';
import { needInteger, type Routine, routine, variadic } from './routines.ts';
import type { Context } from './runtime.ts';
import { tests } from './tests.ts';
import { characters } from './text.ts';
import {
  asInteger,
  asText,
  type CallArguments,
  DictView,
  Group,
  hashKey,
  Iteration,
  isMapping,
  list,
  Markup,
  Tuple,
  Undefined,
} from './values.ts';

/** Filters that walk through something. */

/** Texts compare without regard to case unless it is asked for. */
function ignoreCase(value: unknown): unknown {
  const text = asText(value);
  return text === undefined ? value : text.toLowerCase();
}

/** What an element is compared by: an attribute of it, or itself. */
function keyOf(context: Context, attribute: unknown, caseSensitive: unknown, otherwise?: unknown): (item: unknown) => unknown {
  const path = pathOf(asText(attribute) ?? attribute);
  const sensitive = isTrue(caseSensitive);
  return (item) => {
    const value = follow(context, item, path, otherwise);
    return sensitive ? value : ignoreCase(value);
  };
}

function sort(
  context: Context,
  value: unknown,
  reverse: unknown = false,
  caseSensitive: unknown = false,
  attribute: unknown = null,
): unknown[] {
  const names = asText(attribute)?.split(',') ?? [attribute];
  const keys = names.map((name) => keyOf(context, name, caseSensitive));
  return list(
    sortBy(context.budget, toList(context.budget, value), (item) => new Tuple(keys.map((key) => key(item))), isTrue(reverse)),
  );
}

function dictSort(
  context: Context,
  value: unknown,
  caseSensitive: unknown = false,
  by: unknown = 'key',
  reverse: unknown = false,
): unknown[] {
  if (value instanceof Undefined) value.fail();
  const part = asText(by);
  if (part !== 'key' && part !== 'value') throw new Fault("a dict is sorted by 'key' or by 'value'");
  if (!isMapping(value)) throw new Fault('only a dict has keys to sort');
  const items = [...iterate(context.budget, new DictView('items', value))];
  const key = (item: unknown) => (item instanceof Tuple ? item.items[part === 'key' ? 0 : 1] : item);
  return list(
    sortBy(context.budget, items, (item) => (isTrue(caseSensitive) ? key(item) : ignoreCase(key(item))), isTrue(reverse)),
  );
}

function groupBy(
  context: Context,
  value: unknown,
  attribute: unknown,
  otherwise: unknown = null,
  caseSensitive: unknown = false,
): unknown[] {
  const key = keyOf(context, attribute, caseSensitive, otherwise);
  const named = keyOf(context, attribute, true, otherwise);
  const groups: { key: unknown; items: unknown[] }[] = [];
  for (const item of sortBy(context.budget, toList(context.budget, value), key, false)) {
    const group = groups.at(-1);
    const itemKey = key(item);
    if (group && equals(context.budget, group.key, itemKey)) group.items.push(item);
    else groups.push({ key: itemKey, items: list([item]) });
  }
  return list(groups.map(({ items }) => new Group(named(items[0]), items)));
}

function* unique(context: Context, value: unknown, caseSensitive: unknown, attribute: unknown): Generator<unknown> {
  const key = keyOf(context, attribute, caseSensitive);
  const seen = new Set<unknown>();
  for (const item of iterate(context.budget, value)) {
    const hash = hashKey(key(item));
    if (seen.has(hash)) continue;
    seen.add(hash);
    yield item;
  }
}

function extreme(sign: number): Routine {
  return routine('value case_sensitive? attribute?', (context, value, caseSensitive = false, attribute = null) => {
    const key = keyOf(context, attribute, caseSensitive);
    let best: { item: unknown; key: unknown } | undefined;
    for (const item of iterate(context.budget, value)) {
      const candidate = { item, key: key(item) };
      if (!best || compare(context.budget, candidate.key, best.key) * sign > 0) best = candidate;
    }
    return best ? best.item : context.undefined_('the sequence is empty');
  });
}

function sum(context: Context, value: unknown, attribute: unknown = null, start: unknown = 0): unknown {
  if (asText(start) !== undefined) throw new Fault('texts are joined, not summed');
  const path = pathOf(asText(attribute) ?? attribute);
  let total = start;
  for (const item of iterate(context.budget, value)) {
    total = operate(context.budget, context.escape, '+', total, follow(context, item, path));
  }
  return total;
}

function join(context: Context, value: unknown, separator: unknown = '', attribute: unknown = null): string | Markup {
  const { budget } = context;
  const path = pathOf(asText(attribute) ?? attribute);
  const parts = Array.from(iterate(budget, value), (item) => softText(budget, follow(context, item, path)));
  const between = softText(budget, separator);
  // Where output is escaped, one safe text makes the result safe, and the others escaped.
  const safe = context.autoescape && (between instanceof Markup || parts.some((part) => part instanceof Markup));
  const show = (part: string | Markup) => (typeof part !== 'string' ? part.text : safe ? context.escape(part) : part);
  const texts = parts.map(show);
  const middle = show(between);
  budget.text(texts.reduce((length, text) => length + text.length + middle.length, 0));
  const joined = texts.join(middle);
  return safe ? new Markup(joined) : joined;
}

function first(context: Context, value: unknown): unknown {
  const elements = elementsOf(value);
  if (!elements) throw new Fault('this cannot be iterated over');
  const { done, value: item } = iterate(context.budget, value).next();
  return done ? context.undefined_('the sequence is empty') : item;
}

/** The elements from the last to the first, where a type knows its order backwards. */
function reversed(budget: Budget, value: unknown): unknown[] {
  if (value instanceof Iteration) throw new Fault('a generator cannot be read backwards');
  return toList(budget, value).reverse();
}

function last(context: Context, value: unknown): unknown {
  if (value instanceof Markup) return new Markup(characters(value.text).at(-1) ?? '');
  const [item] = reversed(context.budget, value);
  return item === undefined ? context.undefined_('the sequence is empty') : item;
}

function reverse(context: Context, value: unknown): unknown {
  if (typeof value === 'string') return characters(value).reverse().join('');
  if (value instanceof Markup) return new Markup(characters(value.text).reverse().join(''));
  const items = toList(context.budget, value).reverse();
  return value instanceof Iteration ? items : new Iteration(items[Symbol.iterator]());
}

function* batch(context: Context, value: unknown, size: number, fill: unknown): Generator<unknown> {
  let row: unknown[] = list([]);
  for (const item of iterate(context.budget, value)) {
    if (row.length === size) {
      yield row;
      row = list([]);
    }
    row.push(item);
  }
  if (row.length === 0) return;
  if (fill !== null) {
    context.budget.spend(Math.max(0, size - row.length));
    while (row.length < size) row.push(fill);
  }
  yield row;
}

function* slices(context: Context, value: unknown, count: number, fill: unknown): Generator<unknown> {
  const items = toList(context.budget, value);
  if (count === 0) throw new Fault('division by zero');
  const size = Math.floor(items.length / count);
  const longer = items.length - size * count;
  let start = 0;
  for (let i = 0; i < count; i++) {
    context.budget.spend(1);
    const end = start + size + (i < longer ? 1 : 0);
    const slice = list(items.slice(start, end));
    if (fill !== null && i >= longer) slice.push(fill);
    yield slice;
    start = end;
  }
}

/** `map(attribute=…)`, or `map('filter', …)`. */
function mapper(context: Context, { positional, named }: CallArguments): (item: unknown) => unknown {
  const [name, ...rest] = positional;
  if (name === undefined && named.has('attribute')) {
    for (const known of named.keys()) if (known !== 'attribute' && known !== 'default') throw new Fault('an unknown argument');
    const attribute = named.get('attribute');
    const path = pathOf(asText(attribute) ?? attribute);
    return (item) => follow(context, item, path, named.get('default'));
  }
  if (name === undefined) throw new Fault('map wants a filter or an attribute');
  const filter = filters.get(asText(name) ?? '');
  if (!filter) throw new Fault('map names a filter that does not exist');
  return (item) => filter.call(context, { positional: [item, ...rest], named });
}

function* map(context: Context, value: unknown, list_: CallArguments): Generator<unknown> {
  if (!isTrue(value)) return;
  const apply = mapper(context, list_);
  for (const item of iterate(context.budget, value)) yield apply(item);
}

function selector(wanted: boolean, byAttribute: boolean): Routine {
  function* select(context: Context, value: unknown, { positional, named }: CallArguments): Generator<unknown> {
    if (!isTrue(value)) return;
    const [attribute] = positional;
    if (byAttribute && attribute === undefined) throw new Fault('the name of the attribute is missing');
    const path = byAttribute ? pathOf(asText(attribute) ?? attribute) : [];
    const [name, ...rest] = byAttribute ? positional.slice(1) : positional;
    const test = name === undefined ? undefined : tests.get(asText(name) ?? '');
    if (name !== undefined && !test) throw new Fault('a test that does not exist is named');
    for (const item of iterate(context.budget, value)) {
      const subject = follow(context, item, path);
      const holds = test ? test.call(context, { positional: [subject, ...rest], named }) : subject;
      if (isTrue(holds) === wanted) yield item;
    }
  }
  return lazily(select);
}

/** A filter whose result is a generator: nothing is done before it is walked through. */
function lazily(run: (context: Context, value: unknown, given: CallArguments) => Generator<unknown>): Routine {
  return variadic(
    (context, { positional: [value, ...positional], named }) => new Iteration(run(context, value, { positional, named })),
  );
}

const length = routine('value', (_, value) => {
  const count = countOf(value);
  if (count === undefined) throw new Fault('this has no length');
  return count;
});

export const sequenceFilters: Readonly<Record<string, Routine>> = {
  batch: routine(
    'value linecount fill_with?',
    (context, value, size, fill = null) => new Iteration(batch(context, value, Number(asInteger(size) ?? Number.NaN), fill)),
  ),
  count: length,
  dictsort: routine('value case_sensitive? by? reverse?', dictSort),
  first: routine('value', first),
  groupby: routine('value attribute default? case_sensitive?', groupBy),
  items: routine('value', (_, value) => {
    if (!(value instanceof Undefined) && !isMapping(value)) throw new Fault('only a dict has items');
    return new Iteration((isMapping(value) ? [...new DictView('items', value)] : [])[Symbol.iterator]());
  }),
  join: routine('value d? attribute?', join),
  last: routine('value', last),
  length,
  list: routine('value', ({ budget }, value) => toList(budget, value)),
  map: lazily(map),
  max: extreme(1),
  min: extreme(-1),
  reject: selector(false, false),
  rejectattr: selector(false, true),
  reverse: routine('value', reverse),
  select: selector(true, false),
  selectattr: selector(true, true),
  slice: routine(
    'value slices fill_with?',
    (context, value, count, fill = null) => new Iteration(slices(context, value, needInteger(count), fill)),
  ),
  sort: routine('value reverse? case_sensitive? attribute?', sort),
  sum: routine('iterable attribute? start?', sum),
  unique: routine(
    'value case_sensitive? attribute?',
    (context, value, caseSensitive = false, attribute = null) => new Iteration(unique(context, value, caseSensitive, attribute)),
  ),
};
