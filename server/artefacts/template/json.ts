import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { printFloat, printInteger } from './numbers.ts';
import { compare } from './operations.ts';
import { asInteger, asNumber, asText, entriesOf, isFloat, isMapping, Tuple, Undefined } from './values.ts';

/** A value as json.dumps writes it: keys sorted, ASCII only, and safe inside HTML. */
export function toJson(budget: Budget, value: unknown, indent: string | undefined): string {
  const write = (item: unknown, holders: readonly object[], newline: string): string => {
    budget.spend(1);
    const simple = scalar(item);
    if (simple !== undefined) return simple;
    if (typeof item !== 'object' || item === null) throw new Fault('this value has no JSON');
    if (holders.includes(item)) throw new Fault('a value that contains itself has no JSON');
    const inside = [...holders, item];
    const deeper = indent === undefined ? '' : newline + indent;
    const enclose = (parts: string[], open: string, close: string) => {
      if (parts.length === 0) return open + close;
      const text =
        open + deeper + parts.join(indent === undefined ? ', ' : `,${deeper}`) + (indent === undefined ? '' : newline) + close;
      budget.text(text.length);
      return text;
    };
    const items = item instanceof Tuple ? item.items : Array.isArray(item) ? item : undefined;
    if (items)
      return enclose(
        items.map((one) => write(one, inside, deeper)),
        '[',
        ']',
      );
    if (!isMapping(item)) throw new Fault('this value has no JSON');
    const entries = [...entriesOf(item)].sort(([a], [b]) => compare(budget, a, b));
    return enclose(
      entries.map(([key, held]) => `${jsonText(keyText(key))}: ${write(held, inside, deeper)}`),
      '{',
      '}',
    );
  };
  return write(value, [], '\n').replace(/[<>&']/g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`);
}

function scalar(value: unknown): string | undefined {
  const text = asText(value);
  if (text !== undefined) return jsonText(text);
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Undefined) {
    value.use();
    throw new Fault('an undefined value has no JSON');
  }
  const whole = asInteger(value);
  if (whole !== undefined) return printInteger(whole);
  return isFloat(value) ? jsonFloat(asNumber(value) ?? Number.NaN) : undefined;
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? printFloat(value) : value > 0 ? 'Infinity' : '-Infinity';
}

function keyText(key: unknown): string {
  const text = asText(key);
  if (text !== undefined) return text;
  const simple = key instanceof Tuple ? undefined : scalar(key);
  if (simple === undefined) throw new Fault('this key has no JSON');
  return simple;
}

function jsonText(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
