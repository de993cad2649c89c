import { readFileSync } from 'node:fs';
import { reason } from '../lib/errors.ts';
import { JsonError, type OrderedJson, parseOrdered, stringifyOrdered } from '../lib/ordered-json.ts';
import { exit, Failure, type Io } from './io.ts';

type Tree = ReadonlyMap<string, OrderedJson>;

/** `sip_lines.1.password=…`: where, and what; undefined takes it away. */
export interface Assignment {
  readonly path: readonly string[];
  readonly value: OrderedJson | undefined;
}

/**
 * Reads `KEY=TEXT` (`true` and `false` are those), `KEY=` (takes it away), `KEY@=FILE` (the text of a file, `-` for standard
 * input) and `KEY:=JSON`. A dot in a key separates levels, one with a backslash before it does not.
 */
export async function readAssignments(pairs: readonly string[], io: Io): Promise<Assignment[]> {
  const assignments: Assignment[] = [];
  for (const pair of pairs) {
    const [, key = '', sign, given = ''] = /^([^=]*?)([:@]?)=(.*)$/s.exec(pair) ?? [];
    const path = (key.match(/(?:\\.|[^.\\])+/gs) ?? []).map((step) => step.replaceAll(/\\(.)/gs, '$1'));
    if (path.length === 0) throw new Failure(`${pair} is no assignment; write KEY=VALUE, such as locale=fr_FR`, exit.usage);
    // The end of the last line is the editor's.
    if (sign === '@') assignments.push({ path, value: (await readInput(given, io)).replace(/\r?\n$/, '') });
    else assignments.push({ path, value: sign === ':' ? parseJson(key, given) : plain(given) });
  }
  return assignments;
}

/** The text of a file; `-` is standard input. */
export async function readInput(file: string, io: Io): Promise<string> {
  if (file === '-') return io.input();
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Failure(`${file} cannot be read: ${reason(cause)}`, exit.usage, cause);
  }
}

function plain(text: string): OrderedJson | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  return text === '' ? undefined : text;
}

function parseJson(key: string, text: string): OrderedJson {
  try {
    return parseOrdered(text);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    // Not the text: it may be a password without its quotes.
    throw new Failure(`What follows ${key}:= is no JSON: ${cause.message}`, exit.usage, cause);
  }
}

/** The tree with the value in its place; objects on the way are made where there are none. */
export function assign(
  tree: Tree,
  [step = '', ...rest]: readonly string[],
  value: OrderedJson | undefined,
): Map<string, OrderedJson> {
  const result = new Map(tree);
  const below = result.get(step);
  if (rest.length > 0) result.set(step, assign(below instanceof Map ? below : new Map(), rest, value));
  else if (value === undefined) result.delete(step);
  else result.set(step, value);
  return result;
}

/** Everything in a tree by its path, as `parseAssignment` reads it. */
export function leaves(tree: Tree, above = ''): [path: string, value: OrderedJson][] {
  return [...tree].flatMap(([key, value]): [string, OrderedJson][] => {
    const path = `${above}${key.replaceAll(/[\\.]/g, '\\$&')}`;
    return value instanceof Map && value.size > 0 ? leaves(value, `${path}.`) : [[path, value]];
  });
}

/** The texts of a list in a document. */
export function textsIn(document: Tree, key: string): string[] {
  const value = document.get(key);
  return Array.isArray(value) ? value.map(String) : [];
}

/** Whole certificates are for files, not for tables. */
const MOST_SHOWN = 100;

/** A value in a table. */
export function shown(value: OrderedJson): string {
  const text = typeof value === 'string' ? value : stringifyOrdered(value);
  const [first = '', ...more] = text.split('\n');
  if (more.length === 0 && text.length <= MOST_SHOWN) return text;
  return `${first.slice(0, MOST_SHOWN)}… (${text.length} characters)`;
}
