import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { printFloat, printInteger } from './numbers.ts';
import {
  Callable,
  Dict,
  DictView,
  Exhibit,
  entriesOf,
  Float,
  isMapping,
  Markup,
  Namespace,
  Range,
  Tuple,
  Undefined,
} from './values.ts';

/** str(value): what `{{ value }}` shows. */
export function toText(budget: Budget, value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.text;
  if (value === undefined) return '';
  if (value instanceof Undefined) {
    value.use();
    return '';
  }
  if (value instanceof Exhibit) return value.print() ?? unprintable();
  return represent(budget, value);
}

/** str(value), safe where the value was: what most filters for text begin with. */
export function softText(budget: Budget, value: unknown): string | Markup {
  return typeof value === 'string' || value instanceof Markup ? value : toText(budget, value);
}

/** repr(value): what a container shows of what it holds. */
export function represent(budget: Budget, value: unknown, holders: readonly object[] = []): string {
  switch (typeof value) {
    case 'string':
      return quote(budget, value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'bigint':
      return printInteger(value);
    case 'number':
      return Number.isInteger(value) ? printInteger(value) : printFloat(value);
    case 'undefined':
      return 'Undefined';
    case 'object':
      return value === null ? 'None' : representObject(budget, value, holders);
    default:
      return unprintable();
  }
}

function representObject(budget: Budget, value: object, holders: readonly object[]): string {
  if (value instanceof Float) return printFloat(value.value);
  if (value instanceof Markup) return `Markup(${quote(budget, value.text)})`;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Range) {
    return `range(${value.start}, ${value.stop}${value.step === 1 ? '' : `, ${value.step}`})`;
  }
  if (value instanceof Callable) return value.printed ?? unprintable();
  if (value instanceof Exhibit) return value.print() ?? unprintable();
  return representContainer(budget, value, holders);
}

function representContainer(budget: Budget, value: object, holders: readonly object[]): string {
  const seen = holders.includes(value);
  const inside = [...holders, value];
  const joined = (parts: string[]) => {
    budget.text(parts.reduce((length, part) => length + part.length + 2, 0));
    return parts.join(', ');
  };
  const show = (item: unknown) => {
    budget.spend(1);
    return represent(budget, item, inside);
  };
  const each = (items: Iterable<unknown>) => joined(Array.from(items, show));
  const pairs = (entries: Iterable<readonly [unknown, unknown]>) =>
    `{${joined(Array.from(entries, ([key, held]) => `${show(key)}: ${show(held)}`))}}`;
  if (Array.isArray(value)) return seen ? '[...]' : `[${each(value)}]`;
  if (value instanceof Tuple) {
    if (seen) return '(...)';
    return `(${each(value.items)}${value.items.length === 1 ? ',' : ''})`;
  }
  if (value instanceof DictView) return seen ? '...' : `dict_${value.kind}([${each(value)}])`;
  if (value instanceof Namespace) return `<Namespace ${representContainer(budget, value.attributes, inside)}>`;
  if (value instanceof Dict || isMapping(value)) return seen ? '{...}' : pairs(entriesOf(value));
  return unprintable();
}

/** Functions, generators and objects of the host: Python shows an address, which means nothing in a file. */
function unprintable(): never {
  throw new Fault('this value has no text of its own: it cannot be printed', 'template-unsupported');
}

const special: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A string as Python writes it in source. */
function quote(budget: Budget, text: string): string {
  budget.text(text.length);
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\'"]|[\p{C}\p{Z}]/gu, (character) => {
    if (character === ' ' || character === '"') return character === mark ? `\\${character}` : character;
    if (character === "'") return mark === "'" ? "\\'" : character;
    const point = character.codePointAt(0) ?? 0;
    const hexadecimal = point.toString(16);
    if (point <= 0xff) return special[character] ?? `\\x${hexadecimal.padStart(2, '0')}`;
    return point <= 0xffff ? `\\u${hexadecimal.padStart(4, '0')}` : `\\U${hexadecimal.padStart(8, '0')}`;
  });
  return mark + body + mark;
}

/** XML's five characters as references, the way MarkupSafe writes them. */
export function escapeXml(text: string): string {
  return /[&<>'"]/.test(text) ? text.replace(/[&<>'"]/g, (character) => references[character] ?? character) : text;
}

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};
