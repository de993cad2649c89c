import * as z from 'zod';
import type { Device } from '../../devices/model.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { withoutKeys } from '../../pipeline/line.ts';
import type { RecentRequest } from '../../pipeline/recent-requests.ts';
import type { Plugin } from '../../plugins/model.ts';
import { page, readQuery } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';
import { recentDocument } from './request-document.ts';

const listQuery = z.strictObject(page).partial();

/** The last requests of phones, the latest first. */
export function requestRoutes(parts: ApiParts): Route[] {
  /** What would have to be installed for the phone to get it. */
  function firmwareFor({ request, became }: RecentRequest, plugin: Plugin | undefined): readonly string[] {
    if (became.kind !== 'no-file' || !plugin) return [];
    return parts.firmware.providers(plugin, withoutKeys(request.path, parts).replace(/^\/(?:\[key\]\/)?/, ''));
  }

  async function answer(device: Device | undefined, { query }: Call): Promise<Answer> {
    const { limit = 100, offset = 0 } = readQuery(query, listQuery);
    const requests = await parts.recent(device?.id);
    const latest = requests.toReversed().slice(offset, offset + limit);
    const plugin = device?.plugin === undefined ? undefined : parts.plugins.catalogue.plugin(device.plugin);
    const documents = latest.map((each) => ({ ...recentDocument(each, parts), firmware: firmwareFor(each, plugin) }));
    return { json: { requests: documents, total: requests.length } };
  }

  async function ofDevice(call: Call): Promise<Answer> {
    const id = param(call, 'id');
    const device = await parts.devices.get(id);
    if (!device) throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
    return answer(device, call);
  }

  return [
    { path: '/api/v1/requests/unrecognised', methods: { GET: (call) => answer(undefined, call) } },
    { path: '/api/v1/devices/:id/requests', methods: { GET: ofDevice } },
  ];
}
