import type { OrderedJson } from '../../lib/ordered-json.ts';
import { readObject } from '../input.ts';
import type { Given } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import type { Route } from '../route.ts';
import { bulkRoute, parameters } from './bulk-order.ts';
import { changeDevice, createDevice, removeDevice } from './device-changes.ts';
import { deviceFilterOf, deviceFilters } from './device-filter.ts';
import { additionDocument, changeDocument } from './devices.ts';

export function deviceBulkRoutes(parts: ApiParts): Route[] {
  const bulk = bulkRoute(
    {
      name: 'devices',
      created: additionDocument,
      changed: changeDocument,
      where: deviceFilters,
      actions({ devices }, caller) {
        const who = { devices, tenants: parts.tenants, caller };
        return {
          create: (document) => createDevice(who, document),
          change: (id, document, check) => changeDevice(who, id, document, check),
          remove: (id, check) => removeDevice(who, id, check),
          idsOf: async (where: ReadonlyMap<string, OrderedJson>) =>
            devices.ids(
              deviceFilterOf(readObject(parameters(where), deviceFilters) as Given<typeof deviceFilters>, caller, parts.tenants),
            ),
        };
      },
    },
    parts,
  );
  return [bulk];
}
