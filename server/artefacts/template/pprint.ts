import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { compare } from './operations.ts';
import { represent } from './print.ts';
import { lengthOf, splitLines } from './text.ts';
import { asNumber, asText, Dict, entriesOf, isMapping, list, Tuple } from './values.ts';

const width = 80;

/** What surrounds the value being laid out. */
interface Room {
  readonly indent: number;
  /** Characters to be kept free behind it for what closes around it. */
  readonly allowance: number;
  readonly level: number;
}

/** A value as Python's pprint lays it out: dicts sorted, and what is wider than 80 characters broken up. */
export function prettyPrint(budget: Budget, value: unknown): string {
  return layOut(budget, sorted(budget, value, []), { indent: 0, allowance: 0, level: 0 });
}

/** The same value with the keys of all dicts in order. */
function sorted(budget: Budget, value: unknown, holders: readonly unknown[]): unknown {
  budget.spend(1);
  if (holders.includes(value)) throw new Fault('a value that contains itself has no layout', 'template-unsupported');
  const inside = [...holders, value];
  if (Array.isArray(value)) return list(value.map((item) => sorted(budget, item, inside)));
  if (value instanceof Tuple) return new Tuple(value.items.map((item) => sorted(budget, item, inside)));
  if (!isMapping(value)) return value;
  const entries = [...entriesOf(value)].sort(([a], [b]) => order(budget, a, b));
  return new Dict(entries.map(([key, held]) => [key, sorted(budget, held, inside)] as const));
}

/** Keys that have no order among them are put in that of their types' names. */
function order(budget: Budget, left: unknown, right: unknown): number {
  const [a, b] = [typeName(left), typeName(right)];
  const comparable = a === b || (asNumber(left) !== undefined && asNumber(right) !== undefined);
  return comparable && a !== 'NoneType' ? compare(budget, left, right) : a < b ? -1 : a > b ? 1 : 0;
}

function typeName(value: unknown): string {
  if (asText(value) !== undefined) return 'str';
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (asNumber(value) !== undefined) return 'int';
  return value instanceof Tuple ? 'tuple' : 'object';
}

function layOut(budget: Budget, value: unknown, room: Room): string {
  const plain = represent(budget, value);
  if (lengthOf(plain) <= width - room.indent - room.allowance) return plain;
  const deeper = { ...room, level: room.level + 1 };
  if (value instanceof Dict) return `{${layOutEntries(budget, value, deeper)}}`;
  if (Array.isArray(value)) return `[${layOutItems(budget, value, deeper, 1)}]`;
  if (value instanceof Tuple) {
    const end = value.items.length === 1 ? ',)' : ')';
    return `(${layOutItems(budget, value.items, deeper, end.length)}${end}`;
  }
  return typeof value === 'string' ? layOutText(budget, value, deeper) : plain;
}

function layOutEntries(budget: Budget, dict: Dict, room: Room): string {
  const indent = room.indent + 1;
  const entries = [...dict.entries()];
  const lines = entries.map(([key, value], index) => {
    const shown = represent(budget, key);
    const allowance = index === entries.length - 1 ? room.allowance + 1 : 1;
    return `${shown}: ${layOut(budget, value, { ...room, indent: indent + lengthOf(shown) + 2, allowance })}`;
  });
  return lines.join(`,\n${' '.repeat(indent)}`);
}

function layOutItems(budget: Budget, items: readonly unknown[], room: Room, closing: number): string {
  const indent = room.indent + 1;
  const lines = items.map((item, index) =>
    layOut(budget, item, { ...room, indent, allowance: index === items.length - 1 ? room.allowance + closing : 1 }),
  );
  return lines.join(`,\n${' '.repeat(indent)}`);
}

/** A long text in several literals, one a line; in brackets when nothing else is around it. */
function layOutText(budget: Budget, text: string, room: Room): string {
  const alone = room.level === 1;
  const indent = room.indent + (alone ? 1 : 0);
  const allowance = room.allowance + (alone ? 1 : 0);
  const chunks: string[] = [];
  const lines = splitLines(text, true);
  let shown = '';
  lines.forEach((line, index) => {
    shown = represent(budget, line);
    const isLast = index === lines.length - 1;
    const most = width - indent;
    if (lengthOf(shown) <= most - (isLast ? allowance : 0)) chunks.push(shown);
    else chunks.push(...breakLine(budget, line, most, isLast ? allowance : 0));
  });
  if (chunks.length === 1) return shown;
  const body = chunks.join(`\n${' '.repeat(indent)}`);
  return alone ? `(${body})` : body;
}

function breakLine(budget: Budget, line: string, most: number, allowance: number): string[] {
  const parts = line.match(/\S+\s*|\s+/gu) ?? [];
  const chunks: string[] = [];
  let current = '';
  parts.forEach((part, index) => {
    const room = index === parts.length - 1 ? most - allowance : most;
    if (lengthOf(represent(budget, current + part)) > room) {
      if (current !== '') chunks.push(represent(budget, current));
      current = part;
    } else current += part;
  });
  if (current !== '') chunks.push(represent(budget, current));
  return chunks;
}
