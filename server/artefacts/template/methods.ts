import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { equals, iterate, sortBy, toList } from './operations.ts';
import { type Methods, needInteger, type Routine, routine, variadic } from './routines.ts';
import type { Context } from './runtime.ts';
import { textMethods } from './text-methods.ts';
import {
  asInteger,
  type CallArguments,
  Dict,
  DictView,
  entriesOf,
  float,
  getKey,
  isFloat,
  isMapping,
  isOwnList,
  type Mapping,
  Markup,
  missing,
  Range,
  Tuple,
} from './values.ts';

/** The method of a value's type, to be called with the value in front of its arguments. */
export function methodOf(value: unknown, name: string): Routine | undefined {
  const methods = methodsFor(value);
  return methods && Object.hasOwn(methods, name) ? methods[name] : undefined;
}

/** Whether all dicts, and with them the caller's objects, have a method of this name. */
export function isDictMethod(name: string): boolean {
  return Object.hasOwn(dictMethods, name);
}

function methodsFor(value: unknown): Methods | undefined {
  if (typeof value === 'string' || value instanceof Markup) return textMethods;
  if (Array.isArray(value)) return listMethods;
  if (value instanceof Tuple || value instanceof Range) return tupleMethods;
  if (value instanceof DictView) return undefined;
  if (isMapping(value)) return dictMethods;
  if (isFloat(value)) return floatMethods;
  return asInteger(value) === undefined ? undefined : integerMethods;
}

/** Lists and dicts of the caller are shared between renderings: only the template's own can be changed. */
function own(value: unknown): unknown[] {
  if (Array.isArray(value) && isOwnList(value)) return value;
  throw new Fault('a list that was given to the template cannot be changed', 'template-unsupported');
}

function ownDict(value: unknown): Dict {
  if (value instanceof Dict) return value;
  throw new Fault('a dict that was given to the template cannot be changed', 'template-unsupported');
}

function indexIn(budget: Budget, items: readonly unknown[], value: unknown): number {
  budget.spend(items.length);
  const index = items.findIndex((item) => item === value || equals(budget, item, value));
  if (index === -1) throw new Fault('the value is not in the list');
  return index;
}

function itemsOf(value: unknown): readonly unknown[] {
  return value instanceof Tuple ? value.items : (value as readonly unknown[]);
}

const tupleMethods: Methods = {
  count: routine('self value', ({ budget }, self, value) => {
    let found = 0;
    for (const item of iterate(budget, self)) if (item === value || equals(budget, item, value)) found++;
    return found;
  }),
  index: routine('self value', ({ budget }, self, value) =>
    indexIn(budget, self instanceof Range ? toList(budget, self) : itemsOf(self), value),
  ),
};

const listMethods: Methods = {
  ...tupleMethods,
  append: routine('self value', (_, self, value) => {
    own(self).push(value);
    return null;
  }),
  clear: routine('self', (_, self) => {
    own(self).length = 0;
    return null;
  }),
  copy: routine('self', ({ budget }, self) => toList(budget, self)),
  extend: routine('self values', ({ budget }, self, values) => {
    for (const value of toList(budget, values)) own(self).push(value);
    return null;
  }),
  insert: routine('self index value', ({ budget }, self, index, value) => {
    budget.spend(own(self).length / 16);
    own(self).splice(needInteger(index), 0, value);
    return null;
  }),
  pop: routine('self index?', (_, self, index = -1) => {
    const items = own(self);
    const at = needInteger(index) < 0 ? needInteger(index) + items.length : needInteger(index);
    if (at < 0 || at >= items.length) throw new Fault('there is no such item to take off');
    return items.splice(at, 1)[0];
  }),
  remove: routine('self value', ({ budget }, self, value) => {
    own(self).splice(indexIn(budget, own(self), value), 1);
    return null;
  }),
  reverse: routine('self', (_, self) => {
    own(self).reverse();
    return null;
  }),
  sort: routine('self reverse?', ({ budget }, self, reverse) => {
    const items = own(self);
    items.splice(0, items.length, ...sortBy(budget, items, (item) => item, reverse === true));
    return null;
  }),
};

function mapping(value: unknown): Mapping {
  return value as Mapping;
}

function merged(context: Context, target: Dict, given: CallArguments): void {
  const [source] = given.positional;
  for (const [key, value] of pairsOf(context.budget, source)) target.set(key, value);
  for (const [key, value] of given.named) target.set(key, value);
}

/** What dict() and update() read: a mapping, or pairs. */
function* pairsOf(budget: Budget, source: unknown): Generator<readonly [unknown, unknown]> {
  if (source === undefined) return;
  if (isMapping(source)) {
    for (const entry of entriesOf(source)) {
      budget.spend(1);
      yield entry;
    }
    return;
  }
  for (const item of iterate(budget, source)) {
    const pair = toList(budget, item);
    if (pair.length !== 2) throw new Fault('a dict is made of pairs');
    yield [pair[0], pair[1]];
  }
}

/** dict(…) */
export function makeDict(context: Context, given: CallArguments): Dict {
  if (given.positional.length > 1) throw new Fault('too many arguments');
  const dict = new Dict();
  merged(context, dict, given);
  return dict;
}

const dictMethods: Methods = {
  clear: routine('self', (_, self) => {
    ownDict(self).clear();
    return null;
  }),
  copy: routine('self', (context, self) => makeDict(context, { positional: [self], named: new Map() })),
  get: routine('self key default?', (_, self, key, otherwise = null) => {
    const value = getKey(mapping(self), key);
    return value === missing ? otherwise : value;
  }),
  items: routine('self', (_, self) => new DictView('items', mapping(self))),
  keys: routine('self', (_, self) => new DictView('keys', mapping(self))),
  pop: routine('self key default?', (_, self, key, otherwise) => {
    const value = ownDict(self).get(key);
    ownDict(self).delete(key);
    if (value !== missing) return value;
    if (otherwise === undefined) throw new Fault('there is no such key to take out');
    return otherwise;
  }),
  popitem: routine('self', (_, self) => {
    const last = [...ownDict(self).entries()].at(-1);
    if (!last) throw new Fault('the dict is empty');
    ownDict(self).delete(last[0]);
    return new Tuple(last);
  }),
  setdefault: routine('self key default?', (_, self, key, otherwise = null) => {
    const value = ownDict(self).get(key);
    if (value === missing) ownDict(self).set(key, otherwise);
    return value === missing ? otherwise : value;
  }),
  update: variadic((context, { positional: [self, ...positional], named }) => {
    merged(context, ownDict(self), { positional, named });
    return null;
  }),
  values: routine('self', (_, self) => new DictView('values', mapping(self))),
};

const integerMethods: Methods = {
  bit_length: routine('self', (_, self) => {
    const value = BigInt(asInteger(self) ?? 0);
    return value === 0n ? 0 : (value < 0n ? -value : value).toString(2).length;
  }),
  conjugate: routine('self', (_, self) => asInteger(self)),
};

const floatMethods: Methods = {
  is_integer: routine('self', (_, self) => typeof self !== 'number'),
  conjugate: routine('self', (_, self) => (typeof self === 'number' ? float(self) : self)),
};
