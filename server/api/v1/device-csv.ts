import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import { parseMac } from '../../lib/mac.ts';
import { nearest } from '../../lib/nearest.ts';
import { JsonError, type OrderedJson, parseOrdered, stringifyOrdered } from '../../lib/ordered-json.ts';
import { authorise } from '../authenticate.ts';
import { type CsvRecord, csvRecord, plainCell, readCsv } from '../csv.ts';
import { count } from '../fields.ts';
import { bodyInvalid, flag } from '../input.ts';
import type { Given } from '../listing.ts';
import type { ApiParts, Changes } from '../parts.ts';
import { HttpProblem } from '../problem.ts';
import { revisionMismatch, timeOf } from '../revision.ts';
import { endpoint, type Route } from '../route.ts';
import { shownTo } from '../secrets.ts';
import { tenantOf } from '../tenancy.ts';
import { bulkAnswer, type Done, ROWS_AT_ONCE, type Row, runRows } from './bulk.ts';
import { createDevice, invalid, merged, rewriteDevice } from './device-changes.ts';
import { deviceFilterOf, deviceFilters } from './device-filter.ts';

type Cells = ReadonlyMap<string, string>;
type Fields = Map<string, OrderedJson>;

/** Texts that are written as they are; an empty cell takes them away. */
const texts = ['mac', 'serial', 'uuid', 'ip', 'vendor', 'model', 'version', 'config', 'description'] as const;
/** What is shown, and passed over when it is read. */
const told = ['added', 'configured', 'problem', 'seen', 'created', 'updated'] as const;
const columns = ['id', 'tenant', ...texts, 'plugin', 'pinned', 'approved', 'options', 'own', ...told, 'revision'];
const RAW = 'raw_config.';

const exportQuery = z
  .strictObject({
    ...deviceFilters.shape,
    raw_config: z
      .array(z.string())
      .meta({ description: 'A path in the config of each device, such as sip_lines.1.username: a column more.' }),
  })
  .partial();
const importQuery = z.strictObject({ dry_run: flag, atomic: flag }).partial();

export function deviceCsvRoutes(parts: ApiParts): Route[] {
  const write = endpoint({
    summary: 'Export devices as CSV',
    about: 'What is written can be imported again. A cell that a spreadsheet would take for a formula begins with an apostrophe.',
    permission: 'devices.read',
    query: exportQuery,
    answers: { 200: { mediaType: 'text/csv' } },
    async handle({ caller, query: { raw_config: paths = [], ...filter } }) {
      if (paths.length > 0) authorise(caller, { permission: 'configs.read' });
      const ids = await parts.devices.ids(deviceFilterOf(filter as Given<typeof deviceFilters>, caller, parts.tenants));
      return {
        headers: {
          'content-type': 'text/csv; charset=utf-8; header=present',
          'content-disposition': 'attachment; filename="devices.csv"',
        },
        stream: records(ids, paths, parts, caller),
      };
    },
  });

  const read = endpoint({
    summary: 'Import devices from CSV',
    about:
      'The first line names columns, as the export has them. A row changes the device with its id, or else that with its MAC address in its tenant, or makes one; ' +
      'what has no column stays, and an empty cell takes away. A revision is the one that the device must have.',
    permission: 'devices.bulk',
    query: importQuery,
    takesFile: 'text/csv',
    answers: { 200: bulkAnswer({ line: count }, 'DeviceImport') },
    async handle({ caller, query: { dry_run: dryRun = false, atomic = false }, stream }) {
      const slices = rowsOf(readCsv(stream), dryRun || atomic ? Number.POSITIVE_INFINITY : ROWS_AT_ONCE, caller, parts);
      return { json: await runRows(slices, { dryRun, atomic }, caller, parts) };
    },
  });
  return [{ path: '/api/v1/devices.csv', methods: { GET: write, POST: read } }];
}

async function* records(
  ids: readonly string[],
  paths: readonly string[],
  parts: ApiParts,
  caller: Caller,
): AsyncGenerator<string> {
  yield csvRecord([...columns, ...paths.map((path) => RAW + path)]);
  for (const id of ids) {
    const device = await parts.devices.get(id);
    // It may have gone meanwhile.
    if (!device || !caller.sees(device.tenant)) continue;
    const cells = cellsOf(device, caller);
    const known = columns.map((column) => cells[column]);
    const raw = paths.length === 0 ? undefined : await rawOf(device, parts, caller);
    yield csvRecord([...known, ...paths.map((path) => textAt(raw, path))]);
  }
}

/** What is not there is undefined. */
function cellsOf(device: StoredDevice, caller: Caller): Readonly<Record<string, string | undefined>> {
  const { condition, seen, options, extra } = device;
  const object = (map: ReadonlyMap<string, OrderedJson>) =>
    map.size === 0 ? undefined : stringifyOrdered(new Map(shownTo(caller, map)));
  return {
    id: device.id,
    tenant: device.tenant,
    ...Object.fromEntries(texts.map((name) => [name, device[name]])),
    plugin: device.plugin,
    pinned: String(device.pinned),
    approved: String(device.approved),
    options: object(options),
    own: object(extra),
    added: device.added,
    configured: String(condition.configured),
    problem: condition.problem,
    seen: seen && `${timeOf(seen.at)} ${seen.ip}`,
    created: timeOf(device.created),
    updated: timeOf(device.updated),
    revision: String(device.revision),
  };
}

/** All that its config comes to; nothing where the caller does not see the config. */
async function rawOf({ config }: StoredDevice, { configs }: ApiParts, caller: Caller) {
  const stored = config === undefined ? undefined : await configs.get(config);
  if (!stored || !caller.sees(stored.tenant)) return undefined;
  const resolved = await configs.resolve(stored.id, 'if-room');
  return resolved && shownTo(caller, resolved.raw);
}

function textAt(raw: ReadonlyMap<string, OrderedJson> | undefined, path: string): string | undefined {
  let found: OrderedJson | ReadonlyMap<string, OrderedJson> | undefined = raw;
  for (const key of path.split('.')) found = found instanceof Map ? found.get(key) : undefined;
  if (found === undefined || found === null) return undefined;
  return typeof found === 'string' ? found : stringifyOrdered(found as OrderedJson);
}

/**
 * Rows of a file by slices: none waits for the client once it is to be done. Where the file cannot be read on after rows of it were done,
 * that is told as a row that failed, because whoever asked has to know how far it went.
 */
async function* rowsOf(
  records: AsyncIterable<CsvRecord>,
  size: number,
  caller: Caller,
  parts: ApiParts,
): AsyncGenerator<readonly Row[]> {
  let header: readonly string[] | undefined;
  let slice: Row[] = [];
  let [last, begun] = [1, false];
  try {
    for await (const record of records) {
      if (!header) header = readHeader(record);
      else slice.push(rowOf(record, header, caller, parts));
      last = record.line;
      if (slice.length < size) continue;
      begun = true;
      yield slice;
      slice = [];
    }
    if (!header) throw bodyInvalid('The file is empty: its first line must name the columns');
  } catch (cause) {
    if (!begun || !(cause instanceof HttpProblem)) throw cause;
    slice.push({ place: { line: last + 1 }, permission: 'devices.bulk', run: () => Promise.reject(cause) });
  }
  yield slice;
}

function readHeader({ cells }: CsvRecord): readonly string[] {
  const names = cells.map((cell) => cell.trim());
  const complaints = names.flatMap((name, index) => {
    if (names.indexOf(name) !== index) return [{ path: name, message: 'is the name of two columns' }];
    if (columns.includes(name) || name.startsWith(RAW)) return [];
    const like = nearest(name, columns);
    const hint = like === undefined ? `columns are ${columns.join(', ')}` : `did you mean ${like}?`;
    return [{ path: name, message: `is no column of devices; ${hint}` }];
  });
  if (complaints.length > 0) throw bodyInvalid('The first line of the file does not name columns of devices', complaints);
  return names;
}

function rowOf({ line, cells }: CsvRecord, header: readonly string[], caller: Caller, parts: ApiParts): Row {
  const given = new Map(header.flatMap((name, index) => (cells[index] === undefined ? [] : [[name, cells[index]]])));
  const id = cellIn(given, 'id');
  return {
    place: { line },
    permission: 'devices.bulk',
    id,
    async run(changes) {
      if (cells.length > header.length)
        throw bodyInvalid('The row is not valid', [
          { path: '', message: `has ${cells.length} cells, and there are ${header.length} columns` },
        ]);
      const stored = await find(given, changes, caller, parts);
      authorise(caller, { permission: stored ? 'devices.update' : 'devices.create' });
      return write(given, stored, { devices: changes.devices, tenants: parts.tenants, caller });
    },
  };
}

/** The device that a row means; what the caller does not see is not there. */
async function find(given: Cells, { devices }: Changes, caller: Caller, parts: ApiParts): Promise<StoredDevice | undefined> {
  const [id, mac] = [cellIn(given, 'id'), parseMac(cellIn(given, 'mac') ?? '')];
  if (id !== undefined) {
    const device = await devices.get(id);
    return device && caller.sees(device.tenant) ? device : undefined;
  }
  if (!mac) return undefined;
  const { id: tenant } = tenantOf(cellIn(given, 'tenant'), parts.tenants, caller);
  return (await devices.list({ where: { mac }, tenants: [tenant], limit: 1 })).devices[0];
}

async function write(given: Cells, stored: StoredDevice | undefined, who: Parameters<typeof createDevice>[0]): Promise<Done> {
  const [tenant, revision] = [cellIn(given, 'tenant'), cellIn(given, 'revision')];
  if (!stored) {
    const { extra, ...fields } = Object.fromEntries(fieldsOf(given, undefined));
    const named = Object.entries({ id: cellIn(given, 'id'), tenant }).filter(([, text]) => text !== undefined);
    const own = extra instanceof Map ? [...extra] : [];
    const kept = Object.entries(fields).filter(([, value]) => value !== null);
    const device = await createDevice(who, new Map([...(named as [string, string][]), ...kept, ...own]));
    return { status: 201, id: device.id, revision: device.revision };
  }
  if (tenant !== undefined && tenant !== stored.tenant) throw invalid('tenant', `cannot be changed; it is ${stored.tenant}`);
  const device = await rewriteDevice(
    who,
    stored.id,
    (current) => fieldsOf(given, current),
    (current) => {
      if (revision !== undefined && revision !== String(current.revision)) throw revisionMismatch();
    },
  );
  return { status: 200, id: device.id, revision: device.revision };
}

/** What `readChange` reads: null is what an empty cell takes away. */
function fieldsOf(given: Cells, current: StoredDevice | undefined): Fields {
  const fields: Fields = new Map();
  for (const name of texts) if (given.has(name)) fields.set(name, cellIn(given, name) ?? null);
  const approved = booleanIn(given, 'approved');
  if (approved !== undefined) fields.set('approved', approved);
  for (const [name, field] of [
    ['options', 'options'],
    ['own', 'extra'],
  ] as const)
    if (given.has(name)) fields.set(field, objectIn(given, name));
  const isPinned = booleanIn(given, 'pinned');
  // A plugin that the server chose is no choice of an operator's when it is read again.
  if (isPinned === false) {
    if (current?.pinned) fields.set('plugin', null);
  } else if (given.has('plugin')) fields.set('plugin', cellIn(given, 'plugin') ?? null);
  return fields;
}

/** undefined where it is empty; a lone apostrophe stands for an empty text. */
function cellIn(given: Cells, name: string): string | undefined {
  const cell = given.get(name);
  return cell === undefined || cell === '' ? undefined : plainCell(cell);
}

/** Spreadsheets write TRUE. */
function booleanIn(given: Cells, name: string): boolean | undefined {
  const text = cellIn(given, name)?.toLowerCase();
  if (text !== undefined && text !== 'true' && text !== 'false') throw invalid(name, 'must be true or false');
  return text === undefined ? undefined : text === 'true';
}

function objectIn(given: Cells, name: string): Map<string, OrderedJson> | null {
  const text = cellIn(given, name);
  if (text === undefined) return null;
  let value: OrderedJson;
  try {
    value = parseOrdered(text);
  } catch (cause) {
    if (cause instanceof JsonError) throw invalid(name, `must be an object of JSON: ${cause.message}`);
    throw cause;
  }
  if (!(value instanceof Map)) throw invalid(name, 'must be an object of JSON');
  if (name === 'own' && [...value.keys()].some((key) => !key.startsWith('X_')))
    throw invalid(name, 'must have keys that begin with X_');
  return merged(new Map(), value);
}
