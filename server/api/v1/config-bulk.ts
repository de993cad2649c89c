import { readObject } from '../input.ts';
import type { Given } from '../listing.ts';
import type { ApiParts, Changes } from '../parts.ts';
import type { Route } from '../route.ts';
import { bulkRoute, parameters } from './bulk-order.ts';
import { createConfig, removeConfig, replaceConfig } from './config-changes.ts';
import { configDocument, configFilters, configQueryOf } from './configs.ts';

/** Raw configs are large: so many are read at once. */
const PAGE = 100;

export function configBulkRoutes(parts: ApiParts): Route[] {
  const bulk = bulkRoute(
    {
      name: 'configs',
      created: configDocument,
      changed: configDocument,
      where: configFilters,
      actions({ configs }, caller) {
        const who = { configs, tenants: parts.tenants, caller };
        return {
          create: (document) => createConfig(who, document),
          change: (id, document, check) =>
            replaceConfig(who, id, document, (stored) => {
              check(stored);
              return true;
            }),
          remove: (id, check) => removeConfig(who, id, check),
          idsOf: (where) =>
            idsOf(
              configs,
              configQueryOf(readObject(parameters(where), configFilters) as Given<typeof configFilters>, caller, parts.tenants),
            ),
        };
      },
    },
    parts,
  );
  return [bulk];
}

async function idsOf(configs: Changes['configs'], query: Parameters<Changes['configs']['list']>[0]): Promise<string[]> {
  const ids: string[] = [];
  let after: Awaited<ReturnType<Changes['configs']['list']>>['next'];
  do {
    const found = await configs.list({ ...query, limit: PAGE, ...(after && { after }) });
    for (const { id } of found.configs) ids.push(id);
    after = found.next;
  } while (after);
  return ids;
}
