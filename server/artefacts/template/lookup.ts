import { Fault } from './errors.ts';
import { rawItem } from './items.ts';
import { isDictMethod, methodOf } from './methods.ts';
import type { Context } from './runtime.ts';
import {
  asInteger,
  asNumber,
  type CallArguments,
  Callable,
  Exhibit,
  float,
  Group,
  isMapping,
  isPlainObject,
  missing,
  Namespace,
  ownProperty,
  Range,
  Undefined,
} from './values.ts';

/** How a template reaches into a value. Nothing else does, so this is the whole way out of the sandbox: there is none. */

const numberAttributes: Readonly<Record<string, (value: unknown) => unknown>> = {
  real: (value) => asInteger(value) ?? value,
  imag: (value) => (asInteger(value) === undefined ? float(0) : 0),
  numerator: (value) => asInteger(value) ?? missing,
  denominator: (value) => (asInteger(value) === undefined ? missing : 1),
};

/** The documented methods and the engine's own attributes; `missing` otherwise. */
function namedAttribute(value: unknown, name: string): unknown {
  if (value instanceof Exhibit) return value.attribute(name);
  if (value instanceof Callable) return value.attribute(name);
  if (value instanceof Namespace) return value.attributes.get(name);
  if (value instanceof Group && (name === 'grouper' || name === 'list')) return value[name];
  if (value instanceof Range && (name === 'start' || name === 'stop' || name === 'step')) return value[name];
  if (asNumber(value) !== undefined && Object.hasOwn(numberAttributes, name)) return numberAttributes[name]?.(value);
  const method = methodOf(value, name);
  return method
    ? new Callable((caller, list) => method.call(caller, { ...list, positional: [value, ...list.positional] }))
    : missing;
}

/** `value.name`: attributes first, then items. */
function getAttribute(context: Context, value: unknown, name: string): unknown {
  if (value instanceof Undefined) value.fail();
  let found = namedAttribute(value, name);
  if (found === missing && isMapping(value)) found = rawItem(value, name);
  return found === missing ? context.undefined_(`'${name}' is undefined`) : found;
}

/** `value.name` for many values: most are the caller's objects, of which nothing but the name's being a method has to be known. */
export function attributeGetter(name: string): (context: Context, value: unknown) => unknown {
  const isMethod = isDictMethod(name);
  return (context, value) => {
    if (isMethod || !isPlainObject(value)) return getAttribute(context, value, name);
    const found = ownProperty(value, name);
    return found === missing ? context.undefined_(`'${name}' is undefined`) : found;
  };
}

/** `value[key]`: items first, then attributes. `constant` is the key when the template spells it out. */
export function getItem(context: Context, value: unknown, key: unknown, constant?: string): unknown {
  let found = rawItem(value, key);
  if (found === missing && typeof key === 'string') found = namedAttribute(value, key);
  // A key that was computed may be a secret: it is not named.
  return found === missing
    ? context.undefined_(constant === undefined ? 'an item is undefined' : `'${constant}' is undefined`)
    : found;
}

/** Attributes only, as the filter `attr` wants. */
export function getOnlyAttribute(context: Context, value: unknown, name: string): unknown {
  if (value instanceof Undefined) value.fail();
  const found = namedAttribute(value, name);
  return found === missing ? context.undefined_('an attribute is undefined') : found;
}

export function call(context: Context, value: unknown, list: CallArguments): unknown {
  if (value instanceof Undefined) value.fail();
  if (!(value instanceof Callable) && !(value instanceof Exhibit)) throw new Fault('this cannot be called');
  const result = context.elsewhere(() => value.call(context, list));
  return result === undefined ? null : result;
}

/** Parts of a dotted path as filters take it in `attribute`: whole numbers are indices. */
export function pathOf(attribute: unknown): readonly unknown[] {
  if (typeof attribute !== 'string') return attribute === undefined || attribute === null ? [] : [attribute];
  return attribute.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** Follows a path from a value; `otherwise` takes the place of what is undefined. */
export function follow(context: Context, value: unknown, path: readonly unknown[], otherwise?: unknown): unknown {
  let found = value;
  for (const part of path) {
    found = getItem(context, found, part);
    if (otherwise !== undefined && otherwise !== null && found instanceof Undefined) found = otherwise;
  }
  return found;
}
