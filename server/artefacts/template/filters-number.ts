import { Fault } from './errors.ts';
import { arithmetic, finite, readFloat, readInteger, round, toFixed } from './numbers.ts';
import { isTrue } from './operations.ts';
import { needInteger, type Routine, routine } from './routines.ts';
import { asInteger, asNumber, asText, float, integer, isFloat, Undefined } from './values.ts';

/** Filters that make or take numbers. */

function truncated(value: number): number | bigint {
  if (!Number.isFinite(value)) throw new Fault('infinity is not an integer');
  return integer(BigInt(Math.trunc(value)));
}

/** int(value, base), or of a text that is a float its whole part, or the default. */
function toInteger(value: unknown, otherwise: unknown, base: number): unknown {
  if (value instanceof Undefined) value.fail();
  const whole = asInteger(value);
  if (whole !== undefined) return whole;
  if (isFloat(value)) return Number.isNaN(finite(value)) ? otherwise : truncated(finite(value));
  const text = asText(value);
  if (text === undefined) return otherwise;
  const read = base === 0 || (base >= 2 && base <= 36) ? readInteger(text, base) : undefined;
  if (read !== undefined) return read;
  const number = readFloat(text);
  return number === undefined || Number.isNaN(number) ? otherwise : truncated(number);
}

function toFloat(value: unknown, otherwise: unknown): unknown {
  if (value instanceof Undefined) value.fail();
  if (asNumber(value) !== undefined) return float(finite(value));
  const number = readFloat(asText(value) ?? '');
  return number === undefined ? otherwise : float(number);
}

function roundWith(method: string, value: unknown, precision: number): unknown {
  if (value instanceof Undefined) value.fail();
  if (method === 'common') return round(value, precision);
  if (method !== 'ceil' && method !== 'floor') throw new Fault('the method is common, ceil or floor');
  const factor = arithmetic('**', 10, precision);
  const scaled = arithmetic('*', value, factor);
  if (scaled === undefined) throw new Fault('only numbers can be rounded');
  const whole = asInteger(scaled) ?? truncated(method === 'ceil' ? Math.ceil(finite(scaled)) : Math.floor(finite(scaled)));
  return arithmetic('/', whole, factor);
}

const units = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];

function fileSize(value: unknown, binary: boolean): string {
  const bytes = asNumber(value) ?? readFloat(asText(value) ?? '');
  if (value instanceof Undefined) value.fail();
  if (bytes === undefined) throw new Fault('a size is a number');
  const base = binary ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${truncated(bytes)} Bytes`;
  let unit = base;
  let index = 0;
  do {
    unit *= base;
    index++;
  } while (bytes >= unit && index < units.length);
  const name = `${units[index - 1]?.toUpperCase() ?? ''}iB`;
  return `${toFixed((base * bytes) / unit, 1)} ${binary ? name : `${units[index - 1] ?? ''}B`}`;
}

export const numberFilters: Readonly<Record<string, Routine>> = {
  abs: routine('value', (_, value) => {
    const whole = asInteger(value);
    if (whole !== undefined) return whole < 0 ? arithmetic('*', whole, -1) : whole;
    if (value instanceof Undefined) value.fail();
    if (!isFloat(value)) throw new Fault('only numbers have an absolute value');
    return float(Math.abs(finite(value)));
  }),
  filesizeformat: routine('value binary?', (_, value, binary = false) => fileSize(value, isTrue(binary))),
  float: routine('value default?', (_, value, otherwise = float(0)) => toFloat(value, otherwise)),
  int: routine('value default? base?', (_, value, otherwise = 0, base = 10) => toInteger(value, otherwise, needInteger(base))),
  round: routine('value precision? method?', (_, value, precision = 0, method = 'common') =>
    roundWith(asText(method) ?? '', value, needInteger(precision)),
  ),
};
