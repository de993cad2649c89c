import { types } from 'node:util';
import { ProvisioningError } from './errors.ts';
import { Secret } from './secret.ts';

/** As deep as an error with its causes and their complaints; what is deeper is no field of an event. */
const MAX_DEPTH = 8;
/** Items of a list, characters of a text and of a stack: what is longer belongs into a file, not into a line. */
const MAX_ITEMS = 50;
const MAX_TEXT = 4_096;
const MAX_FRAMES = 20;

/**
 * The fields of an event as they may be printed: JSON without anything that might carry a secret unseen. A Secret is `[secret]`
 * wherever it stands; of Maps, Sets and bytes only the size is told, because configs and files are made of them; of an error what
 * it is and where, not the values that libraries hang on it. It never throws, and calls no method of the values.
 */
export function printable(fields: object): object {
  if (types.isProxy(fields)) return { fields: '[proxy]' };
  if (isError(fields)) return { err: printError(fields, [fields]) };
  return isPlain(fields) ? fields : printObject(fields, [fields]);
}

/** Nearly all events are: what is printed of them is what they are. */
function isPlain(fields: object): boolean {
  const names = Object.keys(fields);
  return names.length <= MAX_ITEMS && names.every((name) => isPlainValue(dataOf(fields, name)));
}

function isPlainValue(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_TEXT;
  return typeof value === 'number' ? Number.isFinite(value) : value === null || value === undefined || typeof value === 'boolean';
}

function print(value: unknown, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
      return cut(value);
    case 'bigint':
      return value.toString();
    case 'symbol':
    case 'function':
      return `[${typeof value}]`;
    case 'object':
      if (value === null) return null;
      if (above.includes(value)) return '[itself]';
      return above.length > MAX_DEPTH ? '[deep]' : printStructure(value, [...above, value]);
    default:
      return Number.isNaN(value) ? 'NaN' : value;
  }
}

function printStructure(value: object, above: readonly object[]): unknown {
  if (types.isProxy(value)) return '[proxy]';
  if (value instanceof Secret) return '[secret]';
  if (isError(value)) return printError(value, above);
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? '[no date]' : value.toISOString();
  if (types.isMap(value)) return `[Map of ${value.size}]`;
  if (types.isSet(value)) return `[Set of ${value.size}]`;
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`;
  if (types.isRegExp(value)) return cut(String(value));
  if (types.isBoxedPrimitive(value) || types.isPromise(value)) return '[object]';
  if (!Array.isArray(value)) return printObject(value, above);
  const items = value.slice(0, MAX_ITEMS).map((item) => print(item, above));
  return value.length > MAX_ITEMS ? [...items, `[${value.length - MAX_ITEMS} more]`] : items;
}

const getter = Symbol('getter');

/** An own property, if it is data; a getter might do or tell anything. */
function dataOf(value: object, name: string): unknown {
  const { get, value: item } = Object.getOwnPropertyDescriptor(value, name) ?? {};
  return get ? getter : item;
}

function printObject(value: object, above: readonly object[]): Record<string, unknown> {
  const names = Object.keys(value);
  const printed = names.slice(0, MAX_ITEMS).map((name) => {
    const item = dataOf(value, name);
    return [name, item === getter ? '[getter]' : print(item, above)];
  });
  if (names.length > MAX_ITEMS) printed.push(['…', `[${names.length - MAX_ITEMS} more]`]);
  return Object.fromEntries(printed);
}

/** Facts of an error that say what failed and where; `input`, `rawPacket`, `body` … may be anything and are left out. */
const ERROR_FACTS = ['code', 'errno', 'syscall', 'address', 'port', 'path'] as const;

function printError(error: Error, above: readonly object[]): Record<string, unknown> {
  const facts = ERROR_FACTS.map((name) => [name, read(error, name)] as const).filter(([, value]) => isFact(value));
  const complaints = error instanceof ProvisioningError ? error.complaints.map(({ path, message }) => ({ path, message })) : [];
  const [cause, errors] = [read(error, 'cause'), read(error, 'errors')];
  return {
    type: text(read(error, 'name')),
    message: withoutInput(text(read(error, 'message'))),
    ...Object.fromEntries(facts.map(([name, value]) => [name, print(value, above)])),
    ...(complaints.length > 0 && { complaints: print(complaints, above) }),
    ...(cause !== undefined && { cause: print(cause, above) }),
    ...(Array.isArray(errors) && { errors: print(errors, above) }),
    stack: frames(text(read(error, 'stack'))),
  };
}

/** Errors of the platform have getters for what others have as data; one that fails says nothing. */
function read(error: Error, name: string): unknown {
  try {
    return Reflect.get(error, name);
  } catch {
    return undefined;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? cut(value) : '');

/** Also one of another realm, as the errors of Node's core are within a test runner. */
function isError(value: object): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}

const isFact = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';

/** JSON.parse quotes what it read: `Unexpected token 'h', "hunter2" is not valid JSON`; others show the lines around. */
function withoutInput(message: string): string {
  return message.replace(/,? *(?:\.{3})?".*"(?:\.{3})? (?=is not valid JSON)/s, ' ').replace(/\n.*/s, ' …');
}

/** Where it was thrown. The first line of a stack is the message, as it was when the error was made. */
function frames(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => FRAME.test(line))
    .slice(0, MAX_FRAMES)
    .map((line) => line.trim());
}

/** `    at servePhone (file:///…/serve-phone.js:12:3)`: a place, so that a line of a message that starts with "at" is none. */
const FRAME = /^ {4}at \S.*(?::\d+:\d+\)?|<anonymous>\)?|\(native\)|\(index \d+\))$/;

const cut = (long: string): string => (long.length > MAX_TEXT ? `${long.slice(0, MAX_TEXT)}… (${long.length} characters)` : long);
