import type * as z from 'zod';
import { type About, about, schema } from '../settings.ts';

export type Kind = 'text' | 'integer' | 'boolean' | 'word' | 'list' | 'map';

/** One setting. */
export interface Key extends About {
  /** `http.port` */
  readonly path: string;
  readonly kind: Kind;
  /** What may stand here, in words. */
  readonly allowed: string;
  /** `OFFHOOK_HTTP_PORT` */
  readonly variable: string;
  readonly type: z.ZodType;
}

export interface Group {
  /** `http`; empty for the whole. */
  readonly path: string;
  readonly description: string;
  readonly members: readonly (Key | Group)[];
}

/** All settings as the schema has them, in its order. */
export const settingsTree: Group = group('', schema);
export const settingsKeys: ReadonlyMap<string, Key> = new Map(leaves(settingsTree).map((key) => [key.path, key]));
export const settingsGroups: ReadonlyMap<string, Group> = new Map(groups(settingsTree).map((found) => [found.path, found]));

export function isGroup(member: Key | Group): member is Group {
  return 'members' in member;
}

/** `tls` of `http.tls` */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function leaves(parent: Group): Key[] {
  return parent.members.flatMap((member) => (isGroup(member) ? leaves(member) : [member]));
}

function groups(parent: Group): Group[] {
  return [parent, ...parent.members.filter(isGroup).flatMap(groups)];
}

function group(path: string, type: z.ZodObject): Group {
  const members = Object.entries<z.core.$ZodType>(type.shape).map(([name, member]) => {
    const memberPath = path === '' ? name : `${path}.${name}`;
    return isObject(member) ? group(memberPath, member) : leaf(memberPath, member as z.ZodType);
  });
  return { path, description: about.get(type)?.description ?? '', members };
}

function isObject(type: z.core.$ZodType): type is z.ZodObject {
  return type._zod.def.type === 'object';
}

function leaf(path: string, type: z.ZodType): Key {
  const facts = about.get(type);
  if (!facts) throw new TypeError(`The setting ${path} has no description`);
  const { kind, allowed } = sort(type);
  const variable = `OFFHOOK_${path.replaceAll('.', '_').toUpperCase()}`;
  return { allowed, ...facts, path, kind, variable, type };
}

/** What a type is below its default and transformation. */
function sort(type: z.core.$ZodType): { kind: Kind; allowed: string } {
  const { def } = (type as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'default':
    case 'optional':
      return sort(def.innerType);
    case 'pipe':
      return sort(def.in);
    case 'number': {
      const { minValue, maxValue } = type as z.ZodNumber;
      return { kind: 'integer', allowed: `a whole number from ${minValue} to ${maxValue}` };
    }
    case 'boolean':
      return { kind: 'boolean', allowed: 'true or false' };
    case 'enum':
      return {
        kind: 'word',
        allowed: Object.values(def.entries)
          .join(', ')
          .replace(/, ([^,]*)$/, ' or $1'),
      };
    case 'array':
      return { kind: 'list', allowed: 'a list' };
    case 'string':
      return { kind: 'text', allowed: 'a text that is not empty' };
    default:
      return { kind: 'map', allowed: 'keys with their values' };
  }
}
