import * as z from 'zod';
import { ProvisioningError } from '../../lib/errors.ts';
import { page, readQuery } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';
import { recentDocument } from './request-document.ts';

const listQuery = z.strictObject(page).partial();

/** The last requests of phones, the latest first. */
export function requestRoutes(parts: ApiParts): Route[] {
  async function answer(device: string | undefined, { query }: Call): Promise<Answer> {
    const { limit = 100, offset = 0 } = readQuery(query, listQuery);
    const requests = await parts.recent(device);
    const latest = requests.toReversed().slice(offset, offset + limit);
    return { json: { requests: latest.map((each) => recentDocument(each, parts)), total: requests.length } };
  }

  async function ofDevice(call: Call): Promise<Answer> {
    const id = param(call, 'id');
    if (!(await parts.devices.get(id))) throw new ProvisioningError('device-unknown', `No device has the id ${id}`);
    return answer(id, call);
  }

  return [
    { path: '/api/v1/requests/unrecognised', methods: { GET: (call) => answer(undefined, call) } },
    { path: '/api/v1/devices/:id/requests', methods: { GET: ofDevice } },
  ];
}
