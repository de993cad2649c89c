import type { Config } from '../../configs/model.ts';
import type { ApiParts } from '../parts.ts';
import { shownTo } from '../secrets.ts';
import { linksTo, noSuchResource, Refusal } from './answer.ts';
import { configDocument, configFields } from './documents.ts';
import { inPages, listed, named, readListing } from './listing.ts';
import { type Call, objectIn, type Route } from './route.ts';
import type { Document } from './selector.ts';

/** `/cfg_mgr`: configs. Those of provd have no tenant; here a caller is shown those that he sees, and makes them for the tenant in whose name he asks. */
export function configRoutes({ configs }: ApiParts): Route[] {
  async function known(call: Call): Promise<Config> {
    const config = await configs.get(call.params.id ?? '');
    if (config && call.caller.sees(config.tenant)) return config;
    throw noSuchResource();
  }

  async function* candidates({ caller }: Call, ids: readonly string[] | undefined): AsyncGenerator<Document> {
    const whose = caller.tenants ? { tenants: caller.tenants } : {};
    const all = async (page: object) => {
      const { configs: rows, ...ended } = await configs.list({ ...whose, ...page });
      return { rows, ...ended };
    };
    for await (const config of ids ? named(ids, configs.get) : inPages(all)) {
      if (caller.sees(config.tenant)) yield configDocument(config, caller);
    }
  }

  const manager = '/cfg_mgr';
  return [
    {
      method: 'GET',
      path: manager,
      acl: 'cfg_mgr.read',
      permission: 'configs.read',
      handle: () => linksTo(manager, { 'cfg.configs': 'configs', 'cfg.autocreate': 'autocreate' }),
    },
    {
      method: 'GET',
      path: `${manager}/configs`,
      acl: 'cfg_mgr.configs.read',
      permission: 'configs.read',
      async handle(call) {
        const listing = readListing(call.query);
        const items = listed(candidates(call, listing.selector.among.get('id')), listing);
        return { status: 200, list: { name: 'configs', items } };
      },
    },
    {
      method: 'POST',
      path: `${manager}/configs`,
      acl: 'cfg_mgr.configs.create',
      permission: 'configs.create',
      async handle(call) {
        const document = objectIn(call.body, 'config');
        const id = document.get('id');
        if (id !== undefined && typeof id !== 'string') throw new Refusal(400, 'id must be a string');
        const fields = configFields(document, undefined);
        const config = await configs.create({ ...fields, tenant: call.tenant, ...(id !== undefined && { id }) });
        return { status: 201, json: { id: config.id }, location: `${call.path}/${encodeURIComponent(config.id)}` };
      },
    },
    {
      method: 'GET',
      path: `${manager}/configs/:id`,
      acl: 'cfg_mgr.configs.{id}.read',
      permission: 'configs.read',
      async handle(call) {
        return { status: 200, json: { config: configDocument(await known(call), call.caller) } };
      },
    },
    {
      method: 'PUT',
      path: `${manager}/configs/:id`,
      acl: 'cfg_mgr.configs.{id}.update',
      permission: 'configs.update',
      async handle(call) {
        const stored = await known(call);
        await configs.replace(stored.id, configFields(objectIn(call.body, 'config'), stored));
        return { status: 204 };
      },
    },
    {
      method: 'DELETE',
      path: `${manager}/configs/:id`,
      acl: 'cfg_mgr.configs.{id}.delete',
      permission: 'configs.delete',
      async handle(call) {
        const { id, deletable } = await known(call);
        if (!deletable) throw new Refusal(403, `The document ${id} is not deletable`);
        if (!(await configs.remove(id))) throw noSuchResource();
        return { status: 204 };
      },
    },
    {
      method: 'GET',
      path: `${manager}/configs/:id/raw`,
      acl: 'cfg_mgr.configs.{id}.raw.read',
      permission: 'configs.read',
      async handle(call) {
        const resolved = await configs.resolve((await known(call)).id);
        if (!resolved) throw noSuchResource();
        return { status: 200, json: { raw_config: shownTo(call.caller, resolved.raw) } };
      },
    },
    {
      method: 'POST',
      path: `${manager}/autocreate`,
      acl: 'cfg_mgr.autocreate.create',
      permission: 'configs.create',
      async handle({ tenant }) {
        const config = await configs.autocreate(tenant);
        if (!config) throw new Refusal(400, 'no config has the role autocreate, or it has no line 1');
        return { status: 201, json: { id: config.id }, location: `/0.2/cfg_mgr/configs/${encodeURIComponent(config.id)}` };
      },
    },
  ];
}
