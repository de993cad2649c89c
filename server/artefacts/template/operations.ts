import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { arithmetic, compareNumbers } from './numbers.ts';
import { characters, compareText, lengthOf } from './text.ts';
import {
  asInteger,
  asNumber,
  asText,
  DictView,
  Exhibit,
  entriesOf,
  Float,
  getKey,
  Iteration,
  isMapping,
  list,
  Markup,
  missing,
  Range,
  sizeOf,
  Tuple,
  Undefined,
} from './values.ts';

/** Python's operators over the values of a template. Texts that they make are counted against the budget. */

/** bool(value) */
export function isTrue(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'boolean') return value;
  if (value === null || value === undefined || value instanceof Undefined) return false;
  if (typeof value === 'bigint') return value !== 0n;
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof DictView) return isTrue(value.mapping);
  if (isMapping(value)) {
    for (const _ of entriesOf(value)) return true;
    return false;
  }
  const length = countOf(value);
  return length === undefined || length > 0;
}

/** len(value) without asking whether it may be; undefined for what has no length. */
export function countOf(value: unknown): number | undefined {
  const text = asText(value);
  if (text !== undefined) return lengthOf(text);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Range) return value.length;
  if (value instanceof DictView) return sizeOf(value.mapping);
  if (value instanceof Exhibit) return value.length;
  if (value === undefined || value instanceof Undefined) {
    if (value instanceof Undefined) value.use();
    return 0;
  }
  return isMapping(value) ? sizeOf(value) : undefined;
}

/** What a `for` walks through, lazily; undefined when there is nothing to walk through. */
export function elementsOf(value: unknown): Iterable<unknown> | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple) return value.items;
  const text = asText(value);
  if (text !== undefined) return characters(text);
  if (value instanceof DictView) return value;
  if (value instanceof Range) return rangeElements(value);
  if (value instanceof Iteration) return { [Symbol.iterator]: () => value.iterator };
  if (value === undefined) return [];
  if (value instanceof Undefined) {
    value.use();
    return [];
  }
  return isMapping(value) ? keysOf(value) : undefined;
}

function* keysOf(mapping: Parameters<typeof entriesOf>[0]): Generator<unknown> {
  for (const [key] of entriesOf(mapping)) yield key;
}

function* rangeElements(range: Range): Generator<number> {
  for (let i = 0; i < range.length; i++) yield range.at(i);
}

/** Walks through a value; every element is a step. */
export function* iterate(budget: Budget, value: unknown): Generator<unknown> {
  const elements = elementsOf(value);
  if (elements === undefined) throw new Fault('this cannot be iterated over');
  const iterator = elements[Symbol.iterator]();
  // Not for…of: that would end a generator which a template goes on with later.
  for (let result = iterator.next(); !result.done; result = iterator.next()) {
    budget.spend(1);
    yield result.value === undefined ? new Undefined('a list element without a value is undefined') : result.value;
  }
}

/** list(value) */
export function toList(budget: Budget, value: unknown): unknown[] {
  return list([...iterate(budget, value)]);
}

/** left == right */
export function equals(budget: Budget, left: unknown, right: unknown): boolean {
  if (left instanceof Undefined || right instanceof Undefined) {
    for (const side of [left, right]) if (side instanceof Undefined) side.use();
    return left instanceof Undefined && right instanceof Undefined;
  }
  // NaN is not equal to itself, nor is it to itself in JavaScript.
  if (left === right) return true;
  const text = asText(left);
  if (text !== undefined) return text === asText(right);
  if (asNumber(left) !== undefined) return compareNumbers(left, right) === 0;
  if (Array.isArray(left)) return Array.isArray(right) && equalItems(budget, left, right);
  if (left instanceof Tuple) return right instanceof Tuple && equalItems(budget, left.items, right.items);
  if (left instanceof Range) return right instanceof Range && equalRanges(left, right);
  if (left instanceof DictView) return right instanceof DictView && equalViews(budget, left, right);
  if (!isMapping(left) || !isMapping(right) || sizeOf(left) !== sizeOf(right)) return false;
  for (const [key, value] of entriesOf(left)) {
    const other = getKey(right, key);
    if (other === missing || !same(budget, value, other)) return false;
  }
  return true;
}

/** Containers take an element that is the very same for equal, even NaN. */
function same(budget: Budget, left: unknown, right: unknown): boolean {
  budget.spend(1);
  return left === right || equals(budget, left, right);
}

function equalItems(budget: Budget, left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => same(budget, item, right[index]));
}

function equalRanges(left: Range, right: Range): boolean {
  if (left.length !== right.length) return false;
  return left.length === 0 || (left.start === right.start && (left.length === 1 || left.step === right.step));
}

/** Keys and items compare as sets, values only with themselves. */
function equalViews(budget: Budget, left: DictView, right: DictView): boolean {
  if (left.kind !== right.kind || left.kind === 'values') return false;
  if (left.kind === 'items') return equals(budget, left.mapping, right.mapping);
  return sizeOf(left.mapping) === sizeOf(right.mapping) && [...left].every((key) => getKey(right.mapping, key) !== missing);
}

/** Negative, 0 or positive; an error for values that have no order. NaN when numbers have none. */
export function compare(budget: Budget, left: unknown, right: unknown): number {
  budget.spend(1);
  for (const side of [left, right]) if (side instanceof Undefined) side.fail();
  const text = asText(left);
  const other = asText(right);
  if (text !== undefined && other !== undefined) return compareText(text, other);
  const difference = compareNumbers(left, right);
  if (difference !== undefined) return difference;
  const both =
    Array.isArray(left) && Array.isArray(right)
      ? [left, right]
      : left instanceof Tuple && right instanceof Tuple
        ? [left.items, right.items]
        : [];
  const [a, b] = both;
  if (!a || !b) throw new Fault('these values have no order');
  for (let i = 0; i < a.length && i < b.length; i++) if (!same(budget, a[i], b[i])) return compare(budget, a[i], b[i]);
  return a.length - b.length;
}

/** item in container */
export function contains(budget: Budget, container: unknown, item: unknown): boolean {
  const text = asText(container);
  if (text !== undefined) {
    if (item instanceof Undefined) item.use();
    const part = asText(item);
    if (part === undefined) throw new Fault('only a text can be in a text');
    budget.search(text.length, part.length);
    return text.includes(part);
  }
  const mapping = container instanceof DictView && container.kind === 'keys' ? container.mapping : container;
  if (isMapping(mapping)) return getKey(mapping, item) !== missing;
  if (container instanceof Range && asInteger(item) !== undefined) {
    const offset = Number(item) - container.start;
    return offset % container.step === 0 && offset / container.step >= 0 && offset / container.step < container.length;
  }
  for (const element of iterate(budget, container)) if (same(budget, element, item)) return true;
  return false;
}

/** The code points of two texts put together, safe if either was: what was not gets escaped first. */
export function joinTexts(
  budget: Budget,
  makeSafe: (text: string) => string,
  left: string | Markup,
  right: string | Markup,
): string | Markup {
  if (typeof left === 'string' && typeof right === 'string') {
    budget.text(left.length + right.length);
    return left + right;
  }
  const [a, b] = [left, right].map((part) => (typeof part === 'string' ? makeSafe(part) : part.text));
  const text = `${a}${b}`;
  budget.text(text.length);
  return new Markup(text);
}

function isString(value: unknown): value is string | Markup {
  return typeof value === 'string' || value instanceof Markup;
}

function add(budget: Budget, makeSafe: (text: string) => string, left: unknown, right: unknown): unknown {
  if (isString(left) && isString(right)) return joinTexts(budget, makeSafe, left, right);
  if (Array.isArray(left) && Array.isArray(right)) {
    budget.spend(left.length + right.length);
    return list([...left, ...right]);
  }
  if (left instanceof Tuple && right instanceof Tuple) {
    budget.spend(left.items.length + right.items.length);
    return new Tuple([...left.items, ...right.items]);
  }
  return undefined;
}

function repeat(budget: Budget, what: unknown, times: unknown): unknown {
  const given = asInteger(times);
  if (given === undefined) return undefined;
  const count = Math.max(0, Number(given));
  if (isString(what)) {
    const text = typeof what === 'string' ? what : what.text;
    if (text === '') return what;
    budget.text(text.length * count);
    const repeated = text.repeat(count);
    return typeof what === 'string' ? repeated : new Markup(repeated);
  }
  const items = what instanceof Tuple ? what.items : Array.isArray(what) ? what : undefined;
  if (items === undefined) return undefined;
  if (items.length > 0) budget.spend(items.length * count);
  const repeated: unknown[] = [];
  for (let i = 0; items.length > 0 && i < count; i++) for (const item of items) repeated.push(item);
  return what instanceof Tuple ? new Tuple(repeated) : list(repeated);
}

/** One of `+ - * / // % **`; the `%` of a text is the caller's, for it needs to print. */
export function operate(
  budget: Budget,
  makeSafe: (text: string) => string,
  operator: string,
  left: unknown,
  right: unknown,
): unknown {
  for (const side of [left, right]) if (side instanceof Undefined) side.fail();
  let result = arithmetic(operator, left, right);
  if (result === undefined && operator === '+') result = add(budget, makeSafe, left, right);
  if (result === undefined && operator === '*') result = repeat(budget, left, right) ?? repeat(budget, right, left);
  if (result === undefined) throw new Fault(`these values have no '${operator}'`);
  return result;
}

/** Whether a sort must put one before the other: sorted() asks nothing but `<`. */
export function sortBy<T>(budget: Budget, items: readonly T[], key: (item: T) => unknown, reverse: boolean): T[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  const sign = reverse ? -1 : 1;
  return keyed.sort((a, b) => sign * (compare(budget, a.key, b.key) || 0)).map(({ item }) => item);
}
