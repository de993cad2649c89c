import { filters } from './filters.ts';
import { percent } from './format.ts';
import { compare, contains, countOf, elementsOf, equals, operate } from './operations.ts';
import { toText } from './print.ts';
import { type Routine, routine } from './routines.ts';
import type { Context } from './runtime.ts';
import { isLower, isUpper } from './text.ts';
import {
  asInteger,
  asNumber,
  asText,
  Callable,
  DictView,
  Exhibit,
  Float,
  isFloat,
  isMapping,
  Markup,
  Undefined,
} from './values.ts';

/** What may stand after `is`. */

function remainder(context: Context, value: unknown, divisor: unknown): unknown {
  if (typeof value === 'string' || value instanceof Markup) return percent(context, value, divisor);
  return operate(context.budget, context.escape, '%', value, divisor);
}

/** `x is sameas y`: the same object; of values that are no objects, the same type and value. */
function identical(left: unknown, right: unknown): boolean {
  if (left instanceof Float && right instanceof Float) return left.value === right.value;
  return left === right || (left instanceof Undefined && right instanceof Undefined && left.reason === right.reason);
}

function isIterable(value: unknown): boolean {
  return value instanceof Exhibit ? false : elementsOf(value) !== undefined;
}

function isSequence(value: unknown): boolean {
  if (value instanceof Undefined) return !value.strict;
  if (value instanceof DictView || value instanceof Exhibit) return false;
  return countOf(value) !== undefined;
}

const ordered = (holds: (difference: number) => boolean) =>
  routine('value other', ({ budget }, value, other) => holds(compare(budget, value, other)));
const equal = routine('value other', ({ budget }, value, other) => equals(budget, value, other));
const unequal = routine('value other', ({ budget }, value, other) => !equals(budget, value, other));
const greater = ordered((difference) => difference > 0);
const greaterOrEqual = ordered((difference) => difference >= 0);
const less = ordered((difference) => difference < 0);
const lessOrEqual = ordered((difference) => difference <= 0);
const is = (holds: (value: unknown) => boolean) => routine('value', (_, value) => holds(value));

export const tests: ReadonlyMap<string, Routine> = new Map(
  Object.entries({
    '!=': unequal,
    '<': less,
    '<=': lessOrEqual,
    '==': equal,
    '>': greater,
    '>=': greaterOrEqual,
    boolean: is((value) => typeof value === 'boolean'),
    callable: is((value) => value instanceof Callable || value instanceof Exhibit || value instanceof Undefined),
    defined: is((value) => !(value instanceof Undefined)),
    divisibleby: routine('value num', (context, value, divisor) => equals(context.budget, remainder(context, value, divisor), 0)),
    eq: equal,
    equalto: equal,
    escaped: is((value) => value instanceof Markup),
    even: routine('value', (context, value) => equals(context.budget, remainder(context, value, 2), 0)),
    false: is((value) => value === false),
    filter: routine('value', (_, value) => filters.has(asText(value) ?? '')),
    float: is(isFloat),
    ge: greaterOrEqual,
    greaterthan: greater,
    gt: greater,
    in: routine('value seq', ({ budget }, value, container) => contains(budget, container, value)),
    integer: is((value) => typeof value !== 'boolean' && asInteger(value) !== undefined),
    iterable: is(isIterable),
    le: lessOrEqual,
    lessthan: less,
    lower: routine('value', ({ budget }, value) => isLower(toText(budget, value))),
    lt: less,
    mapping: is(isMapping),
    ne: unequal,
    none: is((value) => value === null),
    number: is((value) => asNumber(value) !== undefined),
    odd: routine('value', (context, value) => equals(context.budget, remainder(context, value, 2), 1)),
    sameas: routine('value other', (_, value, other) => identical(value, other)),
    sequence: is(isSequence),
    string: is((value) => asText(value) !== undefined),
    test: routine('value', (_, value) => tests.has(asText(value) ?? '')),
    true: is((value) => value === true),
    undefined: is((value) => value instanceof Undefined),
    upper: routine('value', ({ budget }, value) => isUpper(toText(budget, value))),
  }),
);
