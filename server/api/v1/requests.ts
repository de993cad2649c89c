import * as z from 'zod';
import type { Delivery, Device } from '../../devices/model.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { withoutKeys } from '../../pipeline/line.ts';
import type { RecentRequest } from '../../pipeline/recent-requests.ts';
import type { Plugin } from '../../plugins/model.ts';
import { text, time } from '../fields.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { type Call, param, type Route } from '../route.ts';
import { recentDocument, recentSchema } from './request-document.ts';

const document = recentSchema
  .extend({ firmware: z.array(text).meta({ description: 'What would have to be installed for the phone to get it.' }) })
  .meta({ id: 'Request' });

/** A file that a device fetched whole. */
export const delivery = z
  .strictObject({ name: text, digest: text.meta({ description: 'SHA-256.' }), at: time, ip: text, transport: text })
  .meta({ id: 'Delivery' });

export function deliveryDocument({ artefact, digest, at, ip, transport }: Delivery) {
  return { name: artefact, digest, at: timeOf(at), ip, transport };
}

interface Asked {
  readonly recent: RecentRequest;
  readonly plugin: Plugin | undefined;
}

/** The last requests of phones. */
export function requestRoutes(parts: ApiParts): Route[] {
  function firmwareFor({ request, became }: RecentRequest, plugin: Plugin | undefined): readonly string[] {
    if (became.kind !== 'no-file' || !plugin) return [];
    return parts.firmware.providers(plugin, withoutKeys(request.path, parts).replace(/^\/(?:\[key\]\/)?/, ''));
  }

  async function known(call: Pick<Call, 'params' | 'caller'>): Promise<Device> {
    const id = param(call, 'id');
    const device = await parts.devices.get(id);
    if (device && call.caller.sees(device.tenant)) return device;
    throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
  }

  async function asked(device: Device | undefined): Promise<readonly Asked[]> {
    const plugin = device?.plugin === undefined ? undefined : parts.plugins.catalogue.plugin(device.plugin);
    return (await parts.recent(device?.id)).map((recent) => ({ recent, plugin }));
  }

  const outline = {
    about: 'The latest first.',
    name: 'requests',
    item: document,
    sorts: { at: ({ recent }: Asked) => recent.last, first: ({ recent }: Asked) => recent.first },
    usual: '-at',
    // Turns are those of a process; several may have noted requests.
    key: ({ recent: { turn, first, request } }: Asked) => [turn, first, request.path ?? '', request.ip],
    document: ({ recent, plugin }: Asked) => ({ ...recentDocument(recent, parts), firmware: firmwareFor(recent, plugin) }),
  } as const;

  const unrecognised = listingOf({
    ...outline,
    summary: 'List the last requests for which no device was found',
    permission: 'requests.read',
    serverWide: true,
    find: () => asked(undefined),
  });

  const ofDevice = listingOf({
    ...outline,
    summary: 'List the last requests of a device',
    permission: 'devices.read',
    find: async (call) => asked(await known(call)),
  });

  const deliveries = listingOf({
    summary: 'List what a device has fetched: each of its files once, as it was the last time',
    permission: 'devices.read',
    name: 'deliveries',
    item: delivery,
    sorts: { name: ({ artefact }: Delivery) => artefact, at: ({ at }) => at },
    usual: 'name',
    key: ({ artefact }) => artefact,
    find: async (call) => parts.devices.deliveries((await known(call)).id),
    document: deliveryDocument,
  });

  return [
    { path: '/api/v1/requests/unrecognised', methods: { GET: unrecognised } },
    { path: '/api/v1/devices/:id/requests', methods: { GET: ofDevice } },
    { path: '/api/v1/devices/:id/deliveries', methods: { GET: deliveries } },
  ];
}
