import type { Entry } from '../../history/model.ts';
import type { Actor } from '../../lib/actor.ts';
import { type Difference, differences, type Fields } from '../../lib/differences.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { type OrderedJson, parseOrdered, stringifyOrdered } from '../../lib/ordered-json.ts';
import type { Secret } from '../../lib/secret.ts';
import type { Database } from './database.ts';

/** An entry without what the store gives it, and without who acts. */
export type Noted = Pick<Entry, 'what' | 'action' | 'diff'>;

/** Puts entries into the transaction that is open. @returns the number of the entry */
export function noteTaker(database: Pick<Database, 'prepare'>, now: () => number): (noted: Noted, who: Actor) => number {
  const insert = database.prepare(`
    INSERT INTO audit (at, kind, actor, name, ip, resource, id, tenant, revision, action, diff)
    VALUES (max(?, coalesce((SELECT at FROM audit ORDER BY number DESC LIMIT 1), 0)), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  return ({ what: { resource, id, tenant, revision }, action, diff }, { kind, id: actor = '', name, from }) => {
    const who = [kind, actor, name ?? null, from ?? null];
    const what = [resource, id, tenant ?? null, revision ?? null];
    return Number(insert.run(now(), ...who, ...what, action, encodeDiff(diff)).lastInsertRowid);
  };
}

interface Stored {
  readonly id: string;
  readonly tenant?: string;
  readonly revision?: number;
}

/**
 * What a write made of a record.
 * @param fields those that a record may have
 */
export function changeOf<Record extends Stored>(
  resource: string,
  fields: readonly string[],
  { before, after }: { before?: Record | undefined; after?: Record | undefined },
  action = before === undefined ? 'created' : after === undefined ? 'removed' : 'changed',
): Noted {
  const record = after ?? before;
  if (!record) throw new TypeError('What never was cannot change');
  const { id, tenant = id, revision } = record;
  const [was, is] = [before, after].map((each) => (each ? fieldsOf(each, fields) : new Map()));
  return {
    what: { resource, id, tenant, ...(revision !== undefined && { revision }) },
    action,
    diff: differences(was ?? new Map(), is ?? new Map()),
  };
}

/** What the entry tells by itself, and what changes with every change. */
const APART = new Set(['id', 'created', 'updated', 'revision']);

/** Names of fields to people, where they are others than here. */
const WORDS: Readonly<Record<string, string>> = {
  raw: 'raw_config',
  parents: 'parent_ids',
  provisioningKey: 'provisioning_key',
};

function fieldsOf(record: object, fields: readonly string[]): Fields {
  const values = new Map<string, unknown>(Object.entries(record));
  const told = new Map<string, OrderedJson | Secret>();
  for (const field of fields) {
    const value = values.get(field);
    if (APART.has(field) || value === undefined || (value instanceof Map && value.size === 0)) continue;
    // Keys of others stand beside the fields.
    if (field === 'extra' && value instanceof Map) for (const [key, item] of value) told.set(key, item);
    else told.set(WORDS[field] ?? field, value as OrderedJson | Secret);
  }
  return told;
}

const BEFORE = 1;
const AFTER = 2;

/** One after the other: path, what there is, and that. In objects of a list, what nests as deep as JSON may here would nest too deep. */
function encodeDiff(diff: readonly Difference[]): string | null {
  if (diff.length === 0) return null;
  const cells: OrderedJson[] = [];
  for (const { path, before, after } of diff) {
    cells.push(path, (before === undefined ? 0 : BEFORE) + (after === undefined ? 0 : AFTER));
    if (before !== undefined) cells.push(before);
    if (after !== undefined) cells.push(after);
  }
  return stringifyOrdered(cells);
}

export function decodeDiff(text: string | null): Difference[] {
  const cells = text === null ? [] : parseOrdered(text);
  const diff: Difference[] = [];
  if (!Array.isArray(cells))
    throw new ProvisioningError('store-corrupt', 'The store holds no list where it keeps what was changed');
  const rest = cells.values();
  for (const path of rest) {
    const present = Number(rest.next().value);
    const before = present & BEFORE ? rest.next().value : undefined;
    const after = present & AFTER ? rest.next().value : undefined;
    diff.push({ path: String(path), ...(before !== undefined && { before }), ...(after !== undefined && { after }) });
  }
  return diff;
}
