import { types } from 'node:util';
import type { Complaint } from '../lib/errors.ts';

/**
 * Where a definition holds what runs code of the package as soon as it is read, or is no plain value: getters, proxies, instances of
 * classes, arrays with holes. Nothing of it runs here. Functions are not looked into.
 */
export function notPlain(definition: unknown): Complaint[] {
  const complaints: Complaint[] = [];
  const seen = new Set<object>();
  const look = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const kind = strangeness(value);
    if (kind !== undefined) {
      complaints.push({ path, message: `must be a plain value, and is ${kind}` });
      return;
    }
    for (const key of Reflect.ownKeys(value)) {
      const below = path ? `${path}.${String(key)}` : String(key);
      const property = Reflect.getOwnPropertyDescriptor(value, key);
      if (property && 'value' in property) look(property.value, below);
      else complaints.push({ path: below, message: 'must be a plain value, and is computed when it is read' });
    }
  };
  look(definition, '');
  return complaints;
}

/** What it is that makes reading it more than reading; undefined for a plain one. */
function strangeness(value: object): string | undefined {
  if (types.isProxy(value)) return 'a proxy';
  const prototype: unknown = Reflect.getPrototypeOf(value);
  if (Array.isArray(value)) {
    if (prototype !== Array.prototype) return 'an instance of a class';
    // Besides each element it has its length.
    return Reflect.ownKeys(value).length <= value.length ? 'an array with holes' : undefined;
  }
  const plain = types.isRegExp(value) ? RegExp.prototype : Object.prototype;
  return prototype === plain || prototype === null ? undefined : 'an instance of a class';
}
