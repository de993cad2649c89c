import type { Budget } from './budget.ts';
import { Fault } from './errors.ts';
import { characters, lengthOf, sliceOf } from './text.ts';
import { asInteger, asText, getKey, isMapping, list, Markup, missing, Range, Tuple, Undefined } from './values.ts';

/** value[key] of containers and texts; `missing` when there is no such item, or none at all. */
export function rawItem(value: unknown, key: unknown): unknown {
  if (value instanceof Undefined) value.fail();
  if (isMapping(value)) return Array.isArray(key) || (isMapping(key) && typeof key === 'object') ? missing : getKey(value, key);
  const index = asInteger(key);
  if (index === undefined) return missing;
  const at = Number(index);
  if (Array.isArray(value))
    return within(at, value.length, (i) => value[i] ?? (value[i] === null ? null : new Undefined('a list element is undefined')));
  if (value instanceof Tuple) return within(at, value.items.length, (i) => value.items[i]);
  if (value instanceof Range) return within(at, value.length, (i) => value.at(i));
  const text = asText(value);
  if (text === undefined) return missing;
  return within(at, lengthOf(text), (i) => alike(value, sliceOf(text, i, i + 1)));
}

function alike(model: unknown, text: string): string | Markup {
  return model instanceof Markup ? new Markup(text) : text;
}

function within(index: number, length: number, read: (index: number) => unknown): unknown {
  const at = index < 0 ? index + length : index;
  return at >= 0 && at < length ? read(at) : missing;
}

/** value[start:stop:step] */
export function slice(budget: Budget, value: unknown, start: unknown, stop: unknown, step: unknown): unknown {
  if (value instanceof Undefined) value.fail();
  const by = bound(step) ?? 1;
  if (by === 0) throw new Fault('the step of a slice is zero');
  const indices = (length: number): number[] => {
    const [first, last] = ends(length, bound(start), bound(stop), by);
    const found: number[] = [];
    for (let i = first; by > 0 ? i < last : i > last; i += by) found.push(i);
    budget.spend(found.length);
    return found;
  };
  const text = asText(value);
  if (text !== undefined) {
    if (by === 1) {
      const [first, last] = ends(lengthOf(text), bound(start), bound(stop), 1);
      return alike(value, last <= first ? '' : sliceOf(text, first, last));
    }
    const points = characters(text);
    return alike(
      value,
      indices(points.length)
        .map((i) => points[i])
        .join(''),
    );
  }
  if (Array.isArray(value)) return list(indices(value.length).map((i) => value[i]));
  if (value instanceof Tuple) return new Tuple(indices(value.items.length).map((i) => value.items[i]));
  if (value instanceof Range) {
    const [first, last] = ends(value.length, bound(start), bound(stop), by);
    return new Range(value.at(first), value.at(last), value.step * by);
  }
  throw new Fault('this cannot be sliced');
}

function bound(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined;
  const given = asInteger(value);
  if (given === undefined) throw new Fault('the bounds of a slice are integers');
  return Number(given);
}

/** First and last index of a slice, brought within the sequence as Python does. */
function ends(length: number, start: number | undefined, stop: number | undefined, step: number): [number, number] {
  const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
  const clamp = (index: number) => Math.min(highest, Math.max(lowest, index < 0 ? index + length : index));
  const [first, last] = step > 0 ? [lowest, highest] : [highest, lowest];
  return [start === undefined ? first : clamp(start), stop === undefined ? last : clamp(stop)];
}
