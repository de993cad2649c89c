import * as z from 'zod';
import { nearest } from '../lib/nearest.ts';

/** What of a document is asked for, by field: all of it, or some of what is in it. */
export interface Selection extends ReadonlyMap<string, Selection | 'all'> {}

/**
 * `id,mac,seen.at` as it is asked of documents of a schema.
 * @throws nothing: @returns what is wrong with it as a text
 */
export function readSelection(text: string, type: z.ZodType): Selection | string {
  const selection: MutableSelection = new Map();
  for (const path of text.split(',')) {
    const parts = path.split('.');
    if (!isField(parts, type)) return unknownField(path, fieldsOf(type));
    add(selection, parts);
  }
  return selection;
}

type MutableSelection = Map<string, MutableSelection | 'all'>;

function add(selection: MutableSelection, [first = '', ...rest]: readonly string[]): void {
  const before = selection.get(first);
  if (before === 'all') return;
  if (rest.length === 0) {
    selection.set(first, 'all');
    return;
  }
  const below = before ?? new Map();
  selection.set(first, below);
  add(below, rest);
}

function isField([first = '', ...rest]: readonly string[], type: z.ZodType): boolean {
  const inner = bare(type);
  if (inner instanceof z.ZodRecord || inner instanceof z.ZodUnknown) return isText(first, rest);
  if (!(inner instanceof z.ZodObject)) return false;
  if (Object.hasOwn(inner.shape, first)) return rest.length === 0 || isField(rest, inner.shape[first]);
  // Keys of one's own.
  return inner.def.catchall instanceof z.ZodUnknown && first.startsWith('X_') && isText(first, rest);
}

const isText = (first: string, rest: readonly string[]): boolean => [first, ...rest].every((part) => part !== '');

/** Without what may be null or absent about it. */
function bare(type: unknown): unknown {
  return type instanceof z.ZodNullable || type instanceof z.ZodOptional ? bare(type.unwrap()) : type;
}

/** All that can be asked for by name. */
export function fieldsOf(type: z.ZodType): string[] {
  const inner = bare(type);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries<z.ZodType>(inner.shape).flatMap(([name, field]) => [
    name,
    ...fieldsOf(field).map((below) => `${name}.${below}`),
  ]);
}

function unknownField(path: string, known: readonly string[]): string {
  const like = nearest(path, known) ?? known.find((each) => each.endsWith(`.${path}`));
  const hint =
    like === undefined ? `there are ${known.filter((each) => !each.includes('.')).join(', ')}` : `did you mean ${like}?`;
  return `has ${JSON.stringify(path)}, which is no field; ${hint}`;
}

/** What was asked for of a document, in the document's order. */
export function select(document: unknown, selection: Selection): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  const entries = document instanceof Map ? [...document] : Object.entries(document);
  return new Map(
    entries.flatMap(([name, value]): [string, unknown][] => {
      const below = selection.get(name);
      if (below === undefined) return [];
      return [[name, below === 'all' ? value : select(value, below)]];
    }),
  );
}

/** What documents of a schema are when some of their fields are asked for. */
export function partOf(type: z.ZodObject): z.ZodObject {
  const shape = Object.entries<z.ZodType>(type.shape).map(([name, field]) => [name, partOfField(field)] as const);
  return z
    .object(Object.fromEntries(shape))
    .catchall(type.def.catchall ?? z.never())
    .partial();
}

function partOfField(field: z.ZodType): z.ZodType {
  if (field instanceof z.ZodNullable) return partOfField(field.unwrap() as z.ZodType).nullable();
  return field instanceof z.ZodObject ? partOf(field) : field;
}
