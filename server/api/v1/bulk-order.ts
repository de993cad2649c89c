import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import { count, text } from '../fields.ts';
import { bodyInvalid, readObject } from '../input.ts';
import type { ApiParts, Changes } from '../parts.ts';
import { revisionMismatch } from '../revision.ts';
import { endpoint, inOrder, type Route } from '../route.ts';
import { bulkAnswer, type Done, type Many, type Row, runRows } from './bulk.ts';

type Document = ReadonlyMap<string, OrderedJson>;

/** Refuses by throwing, of a record as it is by then. */
export type Check = (current: { readonly revision: number }) => void;

interface Stored {
  readonly id: string;
  readonly revision: number;
}

/** What a resource does for one row: what its single requests do. */
export interface Actions {
  create(document: Document): Promise<Stored>;
  change(id: string, document: Document, check: Check): Promise<Stored>;
  remove(id: string, check: Check): Promise<void>;
  /** Of those that the caller sees. @throws whatever the API answers */
  idsOf(where: Document): Promise<string[]>;
}

interface Resource {
  readonly name: 'devices' | 'configs';
  readonly created: z.ZodType;
  readonly changed: z.ZodType;
  readonly where: z.ZodType;
  actions(changes: Changes, caller: Caller): Actions;
}

const flag = z.boolean({ error: 'must be true or false' }).default(false);
const order = z.strictObject({
  dry_run: flag,
  atomic: flag,
  rows: z.array(z.unknown(), { error: 'must be a list' }),
});

const target = z.strictObject({
  id: z.string({ error: 'must be the id of what is meant' }),
  revision: z.int({ error: 'must be a whole number' }).optional(),
});

/** `POST /api/v1/bulk/devices`, and the like: below `/api/v1/devices/` it would be in the way of a device with that id. */
export function bulkRoute(resource: Resource, parts: ApiParts): Route {
  const { name, created, changed, where } = resource;
  const revision = count.optional().meta({ description: 'The one that it must have: 412 if it was changed since.' });
  const named = z.object({ id: text, revision });
  const body = z.strictObject({
    dry_run: z.boolean().optional().meta({ description: 'Say what would become of each row, and change nothing.' }),
    atomic: z.boolean().optional().meta({ description: 'All rows or none.' }),
    rows: z.array(
      z.union([
        z.strictObject({ create: created }),
        z.strictObject({ update: z.intersection(named, changed) }),
        z.strictObject({ delete: named }),
        z.strictObject({ where, update: changed }),
        z.strictObject({ where, delete: z.strictObject({}) }),
      ]),
    ),
  });
  const start = endpoint({
    summary: `Change many ${name}`,
    about:
      'Each row is done as its single request would be, needs the permission of that, and sees what the rows before it did; one that fails undoes itself alone. ' +
      '`where` has the parameters of the list, and stands for all that it has.',
    permission: `${name}.bulk`,
    body: inOrder(body),
    answers: { 200: bulkAnswer({ index: count }, name === 'devices' ? 'DeviceBulk' : 'ConfigBulk') },
    async handle({ caller, body: given }) {
      const { dry_run: dryRun, atomic, rows } = readObject(new Map(given), order);
      const asked = rows.map((row, index) => rowOf(row, index, resource, caller));
      return { json: await runRows([asked], { dryRun, atomic }, caller, parts) };
    },
  });
  return { path: `/api/v1/bulk/${name}`, methods: { POST: start } };
}

/** Parameters of a list as a document says them: with true and false, and one text for a list of one. */
export function parameters(where: Document): Map<string, OrderedJson> {
  const asParameter = (key: string, value: OrderedJson) =>
    typeof value === 'boolean' ? String(value) : key === 'tenant' && typeof value === 'string' ? [value] : value;
  return new Map(Array.from(where, ([key, value]) => [key, asParameter(key, value)]));
}

const words = ['create', 'update', 'delete'] as const;
type Word = (typeof words)[number];

function rowOf(given: unknown, index: number, { name, actions }: Resource, caller: Caller): Row | Many {
  const place = { index };
  const rowFor = (permission: string, run: Row['run'], id?: string): Row => ({ place, permission, run, id });
  const asked = readRow(given);
  if (!asked) {
    const message = 'must be an object with create, update or delete, or with where and update or delete, which are objects';
    const problem = bodyInvalid('The row is not valid', [{ path: '', message }]);
    return rowFor(`${name}.bulk`, () => Promise.reject(problem));
  }
  const { word, document, where } = asked;
  const [permission, id] = [`${name}.${word}`, document.get('id')];
  if (!where) {
    const run = (changes: Changes) => act(word, document, actions(changes, caller));
    return rowFor(permission, run, typeof id === 'string' ? id : undefined);
  }
  return {
    place,
    permission: `${name}.read`,
    async rows(changes) {
      const ids = await actions(changes, caller).idsOf(where);
      return ids.map((each) => rowFor(permission, (later) => actOn(each, word, document, actions(later, caller)), each));
    },
  };
}

function readRow(given: unknown): { word: Word; document: Document; where: Document | undefined } | undefined {
  if (!(given instanceof Map)) return undefined;
  const [word, other] = words.filter((each) => given.has(each));
  const [document, where] = [word && given.get(word), given.get('where')];
  if (!word || other || !(document instanceof Map) || given.size !== (where === undefined ? 1 : 2)) return undefined;
  if (where === undefined) return { word, document, where };
  return where instanceof Map && word !== 'create' ? { word, document, where } : undefined;
}

async function act(word: Word, document: Document, actions: Actions): Promise<Done> {
  if (word === 'create') {
    const { id, revision } = await actions.create(document);
    return { status: 201, id, revision };
  }
  const { id, revision } = readObject(new Map([...document].filter(([key]) => key === 'id' || key === 'revision')), target);
  const rest = new Map([...document].filter(([key]) => key !== 'id' && key !== 'revision'));
  return actOn(id, word, rest, actions, (current) => {
    if (revision !== undefined && revision !== current.revision) throw revisionMismatch();
  });
}

async function actOn(id: string, word: Word, document: Document, actions: Actions, check: Check = () => {}): Promise<Done> {
  if (word === 'update') {
    const { revision } = await actions.change(id, document, check);
    return { status: 200, id, revision };
  }
  readObject(new Map(document), z.strictObject({}));
  await actions.remove(id, check);
  return { status: 204, id };
}
