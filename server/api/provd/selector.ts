import { type OrderedJson, stringifyOrdered } from '../../lib/ordered-json.ts';
import { Refusal } from './answer.ts';

export type Document = ReadonlyMap<string, OrderedJson>;

/** What a document has to be (section 2.2 of the contract): `{"vendor":"Snom","added":{"$ne":"auto"}}`. */
export interface Selector {
  matches(document: Document): boolean;
  /** Texts of which a field must have one: by them an index may find what could match. */
  readonly among: ReadonlyMap<string, readonly string[]>;
}

type Test = (value: OrderedJson | undefined) => boolean;

const OPERATORS: Readonly<Record<string, (wanted: OrderedJson) => Test>> = {
  $in: (wanted) => isAmong(asList(wanted, '$in')),
  $nin(wanted) {
    const isOne = isAmong(asList(wanted, '$nin'));
    return (value) => !isOne(value);
  },
  $contains: (wanted) => (value) => Array.isArray(value) && value.some((each) => isSame(each, wanted)),
  $gt: (wanted) => (value) => order(value, wanted, (by) => by > 0),
  $ge: (wanted) => (value) => order(value, wanted, (by) => by >= 0),
  $lt: (wanted) => (value) => order(value, wanted, (by) => by < 0),
  $le: (wanted) => (value) => order(value, wanted, (by) => by <= 0),
  $ne: (wanted) => (value) => !isSame(value, wanted),
  $exists: (wanted) => (value) => (value !== undefined) === (wanted === true),
};

/** @throws Refusal when it is no object, or has an operator that there is not */
export function readSelector(given: OrderedJson): Selector {
  if (!(given instanceof Map)) throw new Refusal(400, 'q must be an object');
  const tests = Array.from(given, ([key, wanted]) => ({ path: key.split('.'), test: testOf(wanted) }));
  return {
    matches: (document) => tests.every(({ path, test }) => test(valueAt(document, path))),
    among: new Map(
      [...given].flatMap(([key, wanted]) => [textsOf(wanted)].flatMap((texts) => (texts ? [[key, texts] as const] : []))),
    ),
  };
}

/** Those of `"x"` and of `{"$in":["x","y"]}`; undefined of what other values could match, too. */
function textsOf(wanted: OrderedJson): readonly string[] | undefined {
  if (typeof wanted === 'string') return [wanted];
  const list = wanted instanceof Map ? wanted.get('$in') : undefined;
  return Array.isArray(list) && list.every((each) => typeof each === 'string') ? list : undefined;
}

function testOf(wanted: OrderedJson): Test {
  if (!(wanted instanceof Map) || ![...wanted.keys()].some((key) => key.startsWith('$')))
    return (value) => isEqual(value, wanted);
  const tests = Array.from(wanted, ([name, operand]) => {
    const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
    if (!operator) throw new Refusal(400, `Unknown operator ${name}: there are ${Object.keys(OPERATORS).join(', ')}`);
    return operator(operand);
  });
  return (value) => tests.every((test) => test(value));
}

/** The value at a path of keys. */
export function valueAt(document: Document, path: readonly string[]): OrderedJson | undefined {
  let value: OrderedJson | undefined = document as Map<string, OrderedJson>;
  for (const key of path) value = value instanceof Map ? value.get(key) : undefined;
  return value;
}

/** The same, or a list with the same in it. */
function isEqual(value: OrderedJson | undefined, wanted: OrderedJson): boolean {
  return isSame(value, wanted) || (Array.isArray(value) && value.some((each) => isSame(each, wanted)));
}

function isSame(value: OrderedJson | undefined, wanted: OrderedJson): boolean {
  if (value === undefined) return false;
  if (value === wanted) return true;
  if (typeof value !== 'object' || typeof wanted !== 'object' || value === null || wanted === null) return false;
  return stringifyOrdered(inOrder(value)) === stringifyOrdered(inOrder(wanted));
}

/** The order of keys is none of a value. */
function inOrder(value: OrderedJson): OrderedJson {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!(value instanceof Map)) return value;
  return new Map([...value].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, item]) => [key, inOrder(item)]));
}

/** As many as a list may have, a value is compared with those alone that are not texts, which are few. */
function isAmong(list: readonly OrderedJson[]): Test {
  const texts = new Set(list.filter((each) => typeof each === 'string'));
  const others = list.filter((each) => typeof each !== 'string');
  return (value) =>
    (Array.isArray(value) ? value : [value]).some((each) => typeof each === 'string' && texts.has(each)) ||
    others.some((each) => isEqual(value, each));
}

function asList(value: OrderedJson, operator: string): readonly OrderedJson[] {
  if (Array.isArray(value)) return value;
  throw new Refusal(400, `${operator} must have a list`);
}

function order(value: OrderedJson | undefined, wanted: OrderedJson, test: (by: number) => boolean): boolean {
  if (typeof value === 'number' && typeof wanted === 'number') return test(value - wanted);
  if (typeof value === 'string' && typeof wanted === 'string') return test(value < wanted ? -1 : value > wanted ? 1 : 0);
  return false;
}
