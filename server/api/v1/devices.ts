import * as z from 'zod';
import { resolveName } from '../../artefacts/names.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import type { Delivery } from '../../devices/model.ts';
import { readChange } from '../../devices/validator.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { parseIp } from '../../lib/ip.ts';
import { parseMac } from '../../lib/mac.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import type { Plugin } from '../../plugins/model.ts';
import { flag, objectOf, page, readQuery } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { conflicting, HttpProblem } from '../problem.ts';
import { checkRevision, tagOf, timeOf } from '../revision.ts';
import { type Answer, type Call, type Handler, param, type Route } from '../route.ts';
import { moveHandler } from './move.ts';
import { tenantOf } from './tenants.ts';

const listQuery = z
  .strictObject({
    ...page,
    tenant: z.array(z.string()),
    mac: z.string().transform((text, context) => parseMac(text) ?? refuse(context, 'must be a MAC address')),
    ip: z.string().transform((text, context) => parseIp(text) ?? refuse(context, 'must be an IPv4 or IPv6 address')),
    serial: z.string(),
    uuid: z.string().toLowerCase(),
    vendor: z.string(),
    model: z.string(),
    plugin: z.string(),
    config: z.string(),
    approved: flag,
    pinned: flag,
    configured: flag,
    sort: z.enum(['created', 'id', 'mac', 'ip', 'vendor', 'model', 'plugin', 'config'], {
      error: 'must be created, id, mac, ip, vendor, model, plugin or config',
    }),
    descending: flag,
  })
  .partial();

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

export function deviceRoutes(parts: ApiParts): Route[] {
  const { devices } = parts;

  async function known(id: string): Promise<StoredDevice> {
    const device = await devices.get(id);
    if (!device) throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
    return device;
  }

  async function list({ query }: Call): Promise<Answer> {
    const { tenant, configured, sort, descending, limit, offset, ...where } = readQuery(query, listQuery, ['tenant']);
    const found = await devices.list({
      where: defined(where),
      ...defined({ tenants: tenant, configured, sort, descending, limit, offset }),
    });
    return { json: { devices: found.devices.map(summaryOf), total: found.total } };
  }

  async function create({ body }: Call): Promise<Answer> {
    const { id, tenant, ...rest } = split(objectOf(body));
    if (id !== undefined && typeof id !== 'string') throw invalid('id', 'must be a text');
    const change = readChange(patched(new Map(), new Map(), rest));
    const device = await devices.create(tenantOf(tenant, parts.tenants).id, change, id);
    const headers = { location: `/api/v1/devices/${encodeURIComponent(device.id)}`, etag: tagOf(device) };
    return { status: 201, headers, json: await detailsOf(device, parts) };
  }

  async function show(call: Call): Promise<Answer> {
    const device = await known(param(call, 'id'));
    return { headers: { etag: tagOf(device) }, json: await detailsOf(device, parts) };
  }

  async function change(call: Call): Promise<Answer> {
    const id = param(call, 'id');
    const patch = split(objectOf(call.body));
    for (const key of ['id', 'tenant']) if (patch.fields.has(key)) throw invalid(key, 'cannot be changed');
    const device = await devices.change(id, (current) => {
      checkRevision(call.ifMatch, current);
      return readChange(patched(current.options, current.extra, patch));
    });
    return { headers: { etag: tagOf(device) }, json: await detailsOf(device, parts) };
  }

  async function remove(call: Call): Promise<Answer> {
    await devices.remove(param(call, 'id'), (current) => checkRevision(call.ifMatch, current));
    return {};
  }

  async function file(call: Call): Promise<Answer> {
    const device = await known(param(call, 'id'));
    const plugin = device.plugin === undefined ? undefined : parts.plugins.catalogue.plugin(device.plugin);
    const name = param(call, 'name');
    const found = plugin && resolveName(`/${name}`, plugin, device);
    if (!plugin || !found) throw new HttpProblem(404, 'file-unknown', whyNoFile(device, plugin, name, parts));
    const { bytes, contentType, digest, modified } = await conflicting(() =>
      parts.desired.file(plugin, found, device, device.tenant, parts.baseUrl(device.id)),
    );
    return { headers: { 'content-type': contentType, etag: `"${digest}"`, 'last-modified': modified.toUTCString() }, bytes };
  }

  const one = { GET: show, PATCH: change, DELETE: remove };
  return [
    { path: '/api/v1/devices', methods: { GET: list, POST: create } },
    { path: '/api/v1/devices/move', methods: { ...named('move', one), POST: moveHandler(parts) } },
    { path: '/api/v1/devices/:id', methods: one },
    { path: '/api/v1/devices/:id/files/*name', methods: { GET: file } },
  ];
}

/** A device may have the id that is also a word of ours. */
function named(id: string, { GET, PATCH, DELETE }: Record<'GET' | 'PATCH' | 'DELETE', Handler>): Route['methods'] {
  const about =
    (handler: Handler): Handler =>
    (call) =>
      handler({ ...call, params: { ...call.params, id } });
  return { GET: about(GET), PATCH: about(PATCH), DELETE: about(DELETE) };
}

/** Keys of one's own (`X_…`) stand beside the fields in a document, and by themselves in a device. */
function split(document: ReadonlyMap<string, OrderedJson>) {
  const isExtra = ([key]: [string, OrderedJson]) => key.startsWith('X_');
  const fields = new Map([...document].filter((entry) => !isExtra(entry)));
  return { fields, extra: new Map([...document].filter(isExtra)), id: fields.get('id'), tenant: fields.get('tenant') };
}

/** What `readChange` reads, from a merge patch (RFC 7396) of a device that has these options and keys of its own. */
function patched(
  options: ReadonlyMap<string, OrderedJson>,
  extra: ReadonlyMap<string, OrderedJson>,
  patch: { readonly fields: ReadonlyMap<string, OrderedJson>; readonly extra: ReadonlyMap<string, OrderedJson> },
): Map<string, OrderedJson> {
  const change = new Map(patch.fields);
  change.delete('id');
  change.delete('tenant');
  if (change.has('extra')) throw invalid('extra', 'is not a field of a device; keys of your own begin with X_');
  const asked = change.get('options');
  if (asked instanceof Map) change.set('options', merged(options, asked));
  if (patch.extra.size > 0) change.set('extra', merged(extra, patch.extra));
  return change;
}

function merged(target: ReadonlyMap<string, OrderedJson>, patch: ReadonlyMap<string, OrderedJson>): Map<string, OrderedJson> {
  const result = new Map(target);
  for (const [key, value] of patch) {
    if (value === null) result.delete(key);
    else if (value instanceof Map) result.set(key, merged(asObject(result.get(key)), value));
    else result.set(key, value);
  }
  return result;
}

function asObject(value: OrderedJson | undefined): ReadonlyMap<string, OrderedJson> {
  return value instanceof Map ? value : new Map();
}

function invalid(path: string, message: string): ProvisioningError {
  return new ProvisioningError('device-invalid', `The device cannot be stored: ${path} ${message}`, {
    complaints: [{ path, message }],
  });
}

/** Without what is undefined. */
function defined<Fields extends object>(fields: Fields): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> };
}

/** A device as a list shows it. What is not set is null. */
function summaryOf(device: StoredDevice): ReadonlyMap<string, unknown> {
  const { condition, seen, extra } = device;
  return new Map<string, unknown>([
    ...Object.entries({
      id: device.id,
      tenant: device.tenant,
      mac: device.mac ?? null,
      serial: device.serial ?? null,
      uuid: device.uuid ?? null,
      ip: device.ip ?? null,
      vendor: device.vendor ?? null,
      model: device.model ?? null,
      version: device.version ?? null,
      plugin: device.plugin ?? null,
      pinned: device.pinned,
      config: device.config ?? null,
      approved: device.approved,
      added: device.added ?? null,
      description: device.description ?? null,
      options: device.options,
      configured: condition.configured,
      problem: condition.problem ?? null,
      seen: seen ? { at: timeOf(seen.at), ip: seen.ip } : null,
      created: timeOf(device.created),
      updated: timeOf(device.updated),
      revision: device.revision,
    }),
    ...extra,
  ]);
}

/** A device with its own files, as they should be, and with what it fetched. */
async function detailsOf(device: StoredDevice, parts: ApiParts): Promise<ReadonlyMap<string, unknown>> {
  const deliveries = await parts.devices.deliveries(device.id);
  return new Map<string, unknown>([
    ...summaryOf(device),
    ['files', await filesOf(device, deliveries, parts)],
    [
      'deliveries',
      deliveries.map(({ artefact, digest, at, ip, transport }) => ({ name: artefact, digest, at: timeOf(at), ip, transport })),
    ],
  ]);
}

async function filesOf(device: StoredDevice, deliveries: readonly Delivery[], parts: ApiParts) {
  const plugin = device.plugin === undefined ? undefined : parts.plugins.catalogue.plugin(device.plugin);
  if (!plugin) return [];
  const files = [];
  for (const file of parts.desired.filesOf(plugin, device)) {
    const { digest, problem } = await desiredDigest(device, plugin, file, parts);
    const delivered = deliveries.find(({ artefact }) => artefact === file.name)?.digest;
    files.push({
      name: file.name,
      template: parts.renderer.templateOf({ plugin, file, device }) ?? null,
      secret: file.artefact.secret === true,
      digest: digest ?? null,
      problem: problem ?? null,
      in_sync: digest !== undefined && digest === delivered,
    });
  }
  return files;
}

async function desiredDigest(
  device: StoredDevice,
  plugin: Plugin,
  file: Parameters<ApiParts['desired']['file']>[1],
  { desired, baseUrl }: ApiParts,
): Promise<{ digest?: string; problem?: string }> {
  try {
    return { digest: (await desired.file(plugin, file, device, device.tenant, baseUrl(device.id))).digest };
  } catch (cause) {
    if (!(cause instanceof ProvisioningError) || /^store-/.test(cause.code)) throw cause;
    return { problem: cause.message };
  }
}

function whyNoFile(device: StoredDevice, plugin: Plugin | undefined, name: string, { desired }: ApiParts): string {
  if (device.plugin === undefined) return 'The device has no plugin, and so no files: no installed plugin supports it';
  if (!plugin) return `The device's plugin ${device.plugin} is not installed, and so it has no files`;
  const names = desired.filesOf(plugin, device).map((file) => file.name);
  return `The device has no file ${name}; its own are ${names.length === 0 ? 'none' : names.join(', ')}`;
}
