import { isSecretName, MASK, maskedValue } from './mask.ts';
import { type OrderedJson, stringifyOrdered } from './ordered-json.ts';
import { Secret } from './secret.ts';
import { pathOf } from './value-path.ts';

/** A record as its fields, by the names that people know. What is not set is not there. */
export type Fields = ReadonlyMap<string, OrderedJson | Secret>;

/** One value that is otherwise. `before` is absent of what was not there, `after` of what is there no more. */
export interface Difference {
  /** `raw_config.sip_lines.1.display_name`: see `pathOf`. */
  readonly path: string;
  /** A secret is a mask, and says only that there was one, or that it is another. */
  readonly before?: OrderedJson;
  readonly after?: OrderedJson;
}

/**
 * What is otherwise, object by object down to the values; lists are values. What came or went is told whole. The order of keys is none
 * of it.
 */
export function differences(before: Fields, after: Fields): Difference[] {
  const found: Difference[] = [];
  compare('', before, after, false, found);
  return found;
}

function compare(above: string, before: Fields, after: Fields, isSecret: boolean, found: Difference[]): void {
  for (const [key, was] of before) {
    const is = after.get(key);
    if (isSame(was, is)) continue;
    const path = pathOf(above, key);
    const hidden = isSecret || isSecretName(key);
    if (was instanceof Map && is instanceof Map) compare(path, was, is, hidden, found);
    else found.push({ path, before: shown(was, hidden), ...(is !== undefined && { after: shown(is, hidden) }) });
  }
  for (const [key, is] of after) {
    if (!before.has(key)) found.push({ path: pathOf(above, key), after: shown(is, isSecret || isSecretName(key)) });
  }
}

function isSame(one: OrderedJson | Secret | undefined, other: OrderedJson | Secret | undefined): boolean {
  if (one === other) return true;
  if (one instanceof Secret) return other instanceof Secret && one.reveal() === other.reveal();
  if (!Array.isArray(one) || !Array.isArray(other)) return false;
  return stringifyOrdered(one) === stringifyOrdered(other);
}

function shown(value: OrderedJson | Secret, isSecret: boolean): OrderedJson {
  return value instanceof Secret ? MASK : maskedValue(value, isSecret);
}
