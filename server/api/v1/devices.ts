import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import { resolveName } from '../../artefacts/names.ts';
import type { StoredDevice } from '../../devices/dao.ts';
import type { Delivery, Resync } from '../../devices/model.ts';
import { deviceSchema } from '../../devices/validator.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { whyStuck } from '../../pipeline/resync/stuck.ts';
import type { Plugin } from '../../plugins/model.ts';
import { anything, count, text, time } from '../fields.ts';
import { listing } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { conflicting, HttpProblem } from '../problem.ts';
import { checkRevision, tagOf, timeOf } from '../revision.ts';
import { type Call, endpoint, inOrder, param, type Route } from '../route.ts';
import { shownTo } from '../secrets.ts';
import { changeDevice, createDevice, mustSee, removeDevice } from './device-changes.ts';
import { deviceFilterOf, deviceFilters } from './device-filter.ts';
import { begins, begun } from './operations.ts';
import { delivery, deliveryDocument } from './requests.ts';

/** Keys of one's own begin with X_. */
const own = z.unknown();
const summary = z.looseObject({
  id: text,
  tenant: text,
  mac: text.nullable(),
  serial: text.nullable(),
  uuid: text.nullable(),
  ip: text.nullable(),
  vendor: text.nullable(),
  model: text.nullable(),
  version: text.nullable(),
  plugin: text.nullable(),
  pinned: z.boolean(),
  config: text.nullable(),
  approved: z.boolean(),
  added: text.nullable(),
  description: text.nullable(),
  options: anything,
  configured: z.boolean(),
  problem: text.nullable(),
  seen: z.strictObject({ at: time, ip: text }).nullable(),
  in_sync: z.boolean().nullable().meta({
    description: 'What it fetched last of its own files is what it would get now; null: it has fetched none of them.',
  }),
  account: text
    .nullable()
    .meta({ description: 'The username of the first line in what it fetched last: as that it is registered.' }),
  created: time,
  updated: time,
  revision: count,
});
/** The last time that somebody wanted it to read its configuration anew. */
const resync = z
  .strictObject({
    requested: time,
    operation: text.meta({ description: 'Id of the operation.' }),
    told: time.nullable().meta({ description: 'When the phone, or who tells it, said that it will.' }),
    way: text.nullable().meta({ description: 'By which way.' }),
    problem: text.nullable().meta({ description: 'Why it was not told.' }),
  })
  .meta({ id: 'Resync' });
const document = z
  .looseObject({
    ...summary.shape,
    files: z.array(
      z.strictObject({
        name: text,
        template: text.nullable(),
        secret: z.boolean(),
        digest: text.nullable(),
        problem: text.nullable(),
        in_sync: z.boolean().meta({ description: 'The device has fetched it as it is now.' }),
      }),
    ),
    deliveries: z.array(delivery),
    resync: resync.nullable(),
    stuck: text.nullable().meta({ description: 'Why it is not in sync, in words.' }),
  })
  .meta({ id: 'Device' });
const listed = summary.meta({ id: 'DeviceSummary' });
const sorts = [
  ...(['created', 'updated', 'seen', 'id', 'mac', 'ip', 'serial', 'uuid'] as const),
  ...(['vendor', 'model', 'version', 'plugin', 'config', 'description'] as const),
];
export const additionDocument = deviceSchema.extend({ id: text, tenant: text }).partial().catchall(own);
export const changeDocument = deviceSchema.catchall(own);
const addition = inOrder(additionDocument);
const changes = inOrder(changeDocument);

export function deviceRoutes(parts: ApiParts): Route[] {
  const { devices } = parts;

  async function known(call: Pick<Call, 'params' | 'caller'>): Promise<StoredDevice> {
    const id = param(call, 'id');
    const device = await devices.get(id);
    mustSee(call.caller, id, device);
    return device;
  }

  const list = listing({
    summary: 'List devices',
    about: 'An empty filter (`plugin=`) is for devices that have no such value.',
    permission: 'devices.read',
    name: 'devices',
    item: listed,
    filters: deviceFilters,
    sorts,
    usual: 'created',
    async find({ caller, query }, page) {
      const found = await devices.list({ ...deviceFilterOf(query, caller, parts.tenants), ...page });
      return { ...found, rows: found.devices.map((each) => summaryOf(each, caller)) };
    },
  });

  const create = endpoint({
    summary: 'Create a device',
    permission: 'devices.create',
    body: addition,
    revised: true,
    answers: { 201: document },
    async handle({ caller, body }) {
      const device = await createDevice({ ...parts, caller }, body);
      const headers = { location: `/api/v1/devices/${encodeURIComponent(device.id)}`, etag: tagOf(device) };
      return { status: 201, headers, json: await detailsOf(device, parts, caller) };
    },
  });

  const show = endpoint({
    summary: 'Show a device, its files and what it fetched',
    permission: 'devices.read',
    revised: true,
    answers: { 200: document },
    async handle(call) {
      const device = await known(call);
      return { headers: { etag: tagOf(device) }, json: await detailsOf(device, parts, call.caller) };
    },
  });

  const change = endpoint({
    summary: 'Change a device',
    about: 'A merge patch (RFC 7396): null takes a field away.',
    permission: 'devices.update',
    body: changes,
    revised: true,
    answers: { 200: document },
    async handle(call) {
      const device = await changeDevice({ ...parts, caller: call.caller }, param(call, 'id'), call.body, (current) =>
        checkRevision(call.ifMatch, current),
      );
      return { headers: { etag: tagOf(device) }, json: await detailsOf(device, parts, call.caller) };
    },
  });

  const remove = endpoint({
    summary: 'Remove a device',
    permission: 'devices.delete',
    revised: true,
    answers: { 204: 'nothing' },
    async handle(call) {
      await removeDevice({ ...parts, caller: call.caller }, param(call, 'id'), (current) => checkRevision(call.ifMatch, current));
      return {};
    },
  });

  const resync = endpoint({
    summary: 'Tell a phone to read its configuration anew',
    about:
      'The operation succeeds when the phone says that it will, or who tells it does, and fails with what they said, or that nobody did. A phone is not ' +
      'restarted where its vendor can do without; with `restart` it is in any case, or, if false, is not told if it would be.',
    permission: 'devices.resync',
    body: z.strictObject({ restart: z.boolean({ error: 'must be true or false' }).optional() }).optional(),
    answers: begins,
    async handle(call) {
      return begun(await parts.resync((await known(call)).id, call.body?.restart));
    },
  });

  const file = endpoint({
    summary: 'Read a file as the device would be sent it',
    about: 'It holds the device’s passwords. 409 says why it cannot be made.',
    permission: 'secrets.read',
    answers: { 200: { mediaType: '*/*' } },
    async handle(call) {
      const device = await known(call);
      const plugin = device.plugin === undefined ? undefined : parts.plugins.catalogue.plugin(device.plugin);
      const name = param(call, 'name');
      const found = plugin && resolveName(`/${name}`, plugin, device);
      if (!plugin || !found) throw new HttpProblem(404, 'file-unknown', whyNoFile(device, plugin, name, parts));
      const { bytes, contentType, digest, modified } = await conflicting(() =>
        parts.desired.file(plugin, found, device, device.tenant, parts.baseUrl(device.id)),
      );
      return { headers: { 'content-type': contentType, etag: `"${digest}"`, 'last-modified': modified.toUTCString() }, bytes };
    },
  });

  return [
    { path: '/api/v1/devices', methods: { GET: list, POST: create } },
    { path: '/api/v1/devices/:id', methods: { GET: show, PATCH: change, DELETE: remove } },
    { path: '/api/v1/devices/:id/resync', methods: { POST: resync } },
    { path: '/api/v1/devices/:id/files/*name', methods: { GET: file } },
  ];
}

/** A device as a list shows it. What is not set is null. */
function summaryOf(device: StoredDevice, caller: Caller): ReadonlyMap<string, unknown> {
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
      options: shownTo(caller, device.options),
      configured: condition.configured,
      problem: condition.problem ?? null,
      seen: seen ? { at: timeOf(seen.at), ip: seen.ip } : null,
      in_sync: device.inSync ?? null,
      account: device.account ?? null,
      created: timeOf(device.created),
      updated: timeOf(device.updated),
      revision: device.revision,
    }),
    ...shownTo(caller, extra),
  ]);
}

/** A device with its own files, as they should be, and with what it fetched. */
async function detailsOf(device: StoredDevice, parts: ApiParts, caller: Caller): Promise<ReadonlyMap<string, unknown>> {
  const [deliveries, resync] = await Promise.all([parts.devices.deliveries(device.id), parts.devices.resync(device.id)]);
  const files = await filesOf(device, deliveries, parts);
  return new Map<string, unknown>([
    ...summaryOf(device, caller),
    ['files', files],
    ['deliveries', deliveries.map(deliveryDocument)],
    ['resync', resync ? resyncDocument(resync) : null],
    ['stuck', whyStuck(device, resync, deliveriesOf(files, deliveries)) ?? null],
  ]);
}

function resyncDocument({ requested, operation, told, way, problem }: Resync) {
  return {
    requested: timeOf(requested),
    operation,
    told: told === undefined ? null : timeOf(told),
    way: way ?? null,
    problem: problem ?? null,
  };
}

/** Those of its own files. */
function deliveriesOf(files: readonly { readonly name: string }[], deliveries: readonly Delivery[]): Delivery[] {
  return deliveries.filter(({ artefact }) => files.some(({ name }) => name === artefact));
}

async function filesOf(device: StoredDevice, deliveries: readonly Delivery[], parts: ApiParts) {
  const plugin = device.plugin === undefined ? undefined : parts.plugins.catalogue.plugin(device.plugin);
  if (!plugin) return [];
  const files = [];
  for (const file of parts.desired.filesOf(plugin, device)) {
    const delivered = deliveries.find(({ artefact }) => artefact === file.name)?.digest;
    const { digest, problem } = await desiredDigest(device, plugin, file, delivered, parts);
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
  delivered: string | undefined,
  { desired, baseUrl }: ApiParts,
): Promise<{ digest?: string; problem?: string }> {
  try {
    return { digest: (await desired.current(plugin, file, device, baseUrl(device.id), delivered)).digest };
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
