import { Fault } from './errors.ts';
import type { Context } from './runtime.ts';

/**
 * What templates compute with. Python's types, and how they are held:
 *
 * - `str` is a string, `None` null, `bool` a boolean;
 * - `int` is a number without fraction, or a bigint beyond 2^53; `float` any other number, or a Float where the
 *   number has no fraction;
 * - `list` is an array, `tuple` a Tuple, `dict` a Dict; a Map or a plain object from the caller reads like a dict.
 *
 * Arrays, maps and objects of the caller are never written to. Everything else of the caller's (functions,
 * instances of classes) is opaque: it can be passed on and compared, not looked into.
 */

/** Stands where no value is: an unset variable, a key that is not there. Never seen by a template. */
export const missing = Symbol('missing');

/** A Python float without fraction: 1.0, which is equal to 1 but prints otherwise. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export function float(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value;
}

export function isFloat(value: unknown): value is number | Float {
  return value instanceof Float || (typeof value === 'number' && !Number.isInteger(value));
}

export function integer(value: bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** The value of an int or bool, undefined for anything else. */
export function asInteger(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'bigint' ? value : undefined;
}

/** The value of a number or bool in JavaScript's own, undefined for anything else. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof Float) return value.value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'bigint' ? Number(value) : undefined;
}

export class Tuple {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

/** What `groupby` gives: a pair whose parts have names too. */
export class Group extends Tuple {
  readonly grouper: unknown;
  readonly list: readonly unknown[];

  constructor(grouper: unknown, list: readonly unknown[]) {
    super([grouper, list]);
    this.grouper = grouper;
    this.list = list;
  }
}

/** Text that is escaped already; what is joined to it gets escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The text of a str, safe or not; undefined for anything else. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Markup ? value.text : undefined;
}

/** A variable, attribute or item that does not exist. */
export class Undefined {
  /** Says what is undefined, in words of the template: never with a value of the context. */
  readonly reason: string;
  /** Strict ones may only be asked whether they are there. */
  readonly strict: boolean;

  constructor(reason: string, strict = false) {
    this.reason = reason;
    this.strict = strict;
  }

  fail(): never {
    throw new Fault(this.reason, 'template-undefined');
  }

  /** Fails where Jinja's StrictUndefined would. */
  use(): void {
    if (this.strict) this.fail();
  }
}

export class Range {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly length: number;
  constructor(start: number, stop: number, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }

  at(index: number): number {
    return this.start + index * this.step;
  }
}

/** Something that can be walked through once: a generator, a reversed list. */
export class Iteration {
  readonly iterator: Iterator<unknown>;

  constructor(iterator: Iterator<unknown>) {
    this.iterator = iterator;
  }
}

/** A dictionary of a template's own; keys are found as Python finds them. */
export class Dict {
  private readonly table = new Map<unknown, readonly [unknown, unknown]>();

  constructor(entries: Iterable<readonly [unknown, unknown]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.table.size;
  }

  /** The value of a key, or `missing`. */
  get(key: unknown): unknown {
    const entry = this.table.get(hashKey(key));
    return entry === undefined ? missing : entry[1];
  }

  set(key: unknown, value: unknown): void {
    const hash = hashKey(key);
    this.table.set(hash, [this.table.get(hash)?.[0] ?? key, value]);
  }

  delete(key: unknown): void {
    this.table.delete(hashKey(key));
  }

  clear(): void {
    this.table.clear();
  }

  entries(): Iterable<readonly [unknown, unknown]> {
    return this.table.values();
  }
}

/** `dict.items()`, `.keys()`, `.values()`: they show the dictionary as it is when looked at. */
export class DictView {
  readonly kind: 'items' | 'keys' | 'values';
  readonly mapping: Mapping;

  constructor(kind: DictView['kind'], mapping: Mapping) {
    this.kind = kind;
    this.mapping = mapping;
  }

  /** A tuple an entry for `items`. */
  *[Symbol.iterator](): Generator<unknown> {
    for (const [key, value] of entriesOf(this.mapping)) {
      yield this.kind === 'items' ? new Tuple([key, value]) : this.kind === 'keys' ? key : value;
    }
  }
}

/** `namespace()`: the one thing whose attributes `set` can write. */
export class Namespace {
  readonly attributes: Dict;

  constructor(attributes: Dict) {
    this.attributes = attributes;
  }
}

/** The arguments of a call. */
export interface CallArguments {
  readonly positional: readonly unknown[];
  readonly named: ReadonlyMap<string, unknown>;
}

/** The only thing that a template can call. */
export class Callable {
  /** How it prints; undefined when Python prints an address, which nobody could compare. */
  readonly printed: string | undefined;
  readonly call: (context: Context, list: CallArguments) => unknown;
  readonly attribute: (name: string) => unknown;

  constructor(call: Callable['call'], printed?: string, attribute: Callable['attribute'] = () => missing) {
    this.call = call;
    this.printed = printed;
    this.attribute = attribute;
  }
}

/** An object of the engine with attributes and perhaps items, a text and a call: loops, modules, `self`. */
export abstract class Exhibit {
  /** The value of an attribute, or `missing`. */
  abstract attribute(name: string): unknown;
  /** How it prints, or undefined as for a Callable. */
  abstract print(): string | undefined;

  call(_context: Context, _list: CallArguments): unknown {
    throw new Fault('this cannot be called');
  }

  get length(): number | undefined {
    return undefined;
  }
}

export type PlainObject = Readonly<Record<string, unknown>>;
export type Mapping = Dict | ReadonlyMap<unknown, unknown> | PlainObject;

export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isMapping(value: unknown): value is Mapping {
  return value instanceof Dict || value instanceof Map || isPlainObject(value);
}

/** A property that is data and the object's own; getters are not run and prototypes not seen. */
export function ownProperty(object: PlainObject, key: string): unknown {
  const property = Object.getOwnPropertyDescriptor(object, key);
  return property?.enumerable && 'value' in property && property.value !== undefined ? property.value : missing;
}

/** The value of a key in a mapping, or `missing`. */
export function getKey(mapping: Mapping, key: unknown): unknown {
  if (mapping instanceof Dict) return mapping.get(key);
  const hash = hashKey(key);
  if (!(mapping instanceof Map))
    return typeof key === 'string' || key instanceof Markup ? ownProperty(mapping as PlainObject, asText(key) ?? '') : missing;
  const plain = asText(key) ?? hash;
  const value: unknown = mapping.get(plain);
  if (value !== undefined) return value;
  // True and 1 are the same key, and tuples are compared by what they hold.
  if (hash === 1 || hash === 0) return mapping.get(hash === 1) ?? missing;
  if (!(key instanceof Tuple)) return missing;
  for (const [known, held] of mapping) if (known instanceof Tuple && hashKey(known) === hash) return held;
  return missing;
}

export function sizeOf(mapping: Mapping): number {
  if (mapping instanceof Dict) return mapping.size;
  let size = 0;
  for (const _ of entriesOf(mapping)) size++;
  return size;
}

/** The entries of a mapping, in its order. */
export function* entriesOf(mapping: Mapping): Generator<readonly [unknown, unknown]> {
  if (mapping instanceof Dict) yield* mapping.entries();
  else if (mapping instanceof Map) {
    for (const entry of mapping) if (entry[1] !== undefined) yield entry;
  } else {
    for (const key of Object.keys(mapping as PlainObject)) {
      const value = ownProperty(mapping as PlainObject, key);
      if (value !== missing) yield [key, value];
    }
  }
}

/**
 * The key under which a value is found: equal values have the same one. Texts stand for themselves; a NUL in
 * front keeps those that could be mistaken for a tuple's apart.
 */
export function hashKey(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('\0') ? `\0s${value}` : value;
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Float) return hashKey(value.value);
  if (value instanceof Markup) return hashKey(value.text);
  if (value instanceof Tuple) return hashTuple(value);
  if (value instanceof Undefined) {
    value.use();
    return Undefined;
  }
  // Of the views of a dict Python hashes values(), which it compares by identity, and not those that it compares as sets.
  const isSet = value instanceof DictView && value.kind !== 'values';
  if (Array.isArray(value) || isMapping(value) || isSet) throw new Fault('a list or a dict cannot be a key');
  return value;
}

/** Longest text that stands for a tuple: tuples of tuples would double it at every level. */
const longestHash = 65_536;
const hashes = new WeakMap<Tuple, string>();

function hashTuple(tuple: Tuple): string {
  const known = hashes.get(tuple);
  if (known !== undefined) return known;
  const hash = `\0t${tuple.items.map(hashText).join('')}`;
  if (hash.length > longestHash) throw new Fault('a tuple that is too large for a key', 'template-limit');
  hashes.set(tuple, hash);
  return hash;
}

const identities = new WeakMap<object, number>();
let identityCount = 0;

/** A text that tells a hash key from every other; its length goes first, so that parts cannot be confused. */
function hashText(value: unknown): string {
  const hash = hashKey(value);
  let text = `${typeof hash}${String(hash)}`;
  if ((typeof hash === 'object' && hash !== null) || typeof hash === 'function') {
    const identity = identities.get(hash) ?? ++identityCount;
    identities.set(hash, identity);
    text = `object${identity}`;
  }
  return `${text.length}:${text}`;
}

const ownLists = new WeakSet<object>();

/** Makes a list the template's own, which it may change; lists of the caller it may not. */
export function list(items: unknown[]): unknown[] {
  ownLists.add(items);
  return items;
}

export function isOwnList(value: readonly unknown[]): value is unknown[] {
  return ownLists.has(value);
}
