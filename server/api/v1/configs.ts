import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import type { ConfigQuery } from '../../configs/dao.ts';
import type { Config } from '../../configs/model.ts';
import { readSettings } from '../../configs/raw-config.ts';
import type { TenantService } from '../../tenants/service.ts';
import { anything, count, moment, text, time } from '../fields.ts';
import { flag } from '../input.ts';
import { type Given, listing } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { checkRevision, tagOf, timeOf } from '../revision.ts';
import { type Call, endpoint, inOrder, param, type Route } from '../route.ts';
import { secretShownTo, shownTo } from '../secrets.ts';
import { ofTenants, tenantsAsked } from '../tenancy.ts';
import { createConfig, removeConfig, replaceConfig, replacement, role, seenConfig, unknownConfig } from './config-changes.ts';

/** By what configs are asked for; in a query, or where rows of a change name many. */
export const configFilters = z
  .strictObject({
    ...ofTenants,
    role,
    transient: flag,
    changed_since: moment.meta({ description: 'It was changed then or later.' }),
    search: z.string().min(1, { error: 'must not be empty' }).meta({ description: 'The beginning of its id.' }),
  })
  .partial();

export const configDocument = replacement.catchall(z.unknown());
const body = inOrder(configDocument);
const summary = z.looseObject({
  id: text,
  tenant: text,
  parent_ids: z.array(text),
  role: text.nullable(),
  transient: z.boolean(),
  deletable: z.boolean(),
  created: time,
  updated: time,
  revision: count,
});
/** Of a config by itself; a list does not show it. */
export const codeShown = text
  .nullable()
  .meta({ description: 'What gives it to a phone at which it is dialled; a mask for who may not read secrets.' });
export const configSchema = z.looseObject({ ...summary.shape, code: codeShown, raw_config: anything }).meta({ id: 'Config' });
const listed = summary.meta({ id: 'ConfigSummary' });
const whole = z
  .strictObject({
    id: text,
    raw_config: anything,
    origins: anything.meta({ description: 'Which config each value comes from.' }),
    chain: z.array(text),
    missing: z.array(text).meta({ description: 'Parents that there are not.' }),
    complaints: z.array(z.strictObject({ path: text, message: text })),
    updated: time,
  })
  .meta({ id: 'ResolvedConfig' });

export function configRoutes({ configs, tenants }: ApiParts): Route[] {
  const known = (call: Pick<Call, 'params' | 'caller'>) => seenConfig({ configs, caller: call.caller }, param(call, 'id'));

  const list = listing({
    summary: 'List configs, without their raw configs',
    permission: 'configs.read',
    name: 'configs',
    item: listed,
    filters: configFilters,
    sorts: ['created', 'updated', 'id', 'role'],
    usual: 'created',
    async find({ caller, query }, page) {
      const found = await configs.list({ ...configQueryOf(query, caller, tenants), ...page });
      return { ...found, rows: found.configs.map((each) => summaryOf(each, caller)) };
    },
  });

  const create = endpoint({
    summary: 'Create a config',
    permission: 'configs.create',
    body,
    revised: true,
    answers: { 201: configSchema },
    async handle({ caller, body }) {
      const config = await createConfig({ configs, tenants, caller }, body);
      const headers = { etag: tagOf(config), location: `/api/v1/configs/${encodeURIComponent(config.id)}` };
      return { status: 201, headers, json: documentOf(config, caller) };
    },
  });

  const show = endpoint({
    summary: 'Show a config',
    permission: 'configs.read',
    revised: true,
    answers: { 200: configSchema },
    async handle(call) {
      const config = await known(call);
      return { headers: { etag: tagOf(config) }, json: documentOf(config, call.caller) };
    },
  });

  const replace = endpoint({
    summary: 'Replace a config',
    about: 'The whole of it; what was read can be sent back.',
    permission: 'configs.update',
    body,
    revised: true,
    answers: { 200: configSchema },
    async handle(call) {
      const config = await replaceConfig({ configs, tenants, caller: call.caller }, param(call, 'id'), call.body, (stored) => {
        checkRevision(call.ifMatch, stored);
        return call.ifMatch !== undefined && call.ifMatch.trim() !== '*';
      });
      return { headers: { etag: tagOf(config) }, json: documentOf(config, call.caller) };
    },
  });

  const remove = endpoint({
    summary: 'Remove a config',
    permission: 'configs.delete',
    revised: true,
    answers: { 204: 'nothing' },
    async handle(call) {
      await removeConfig({ configs, tenants, caller: call.caller }, param(call, 'id'), (stored) =>
        checkRevision(call.ifMatch, stored),
      );
      return {};
    },
  });

  const resolved = endpoint({
    summary: 'Show what a config comes to with its parents',
    permission: 'configs.read',
    answers: { 200: whole },
    async handle(call) {
      const { id } = await known(call);
      const found = await configs.resolve(id);
      if (!found) throw unknownConfig(id);
      const reading = readSettings(found.raw);
      return {
        json: {
          id: found.id,
          raw_config: shownTo(call.caller, found.raw),
          origins: await configs.origins(found),
          chain: found.chain,
          missing: found.missing,
          complaints: 'complaints' in reading ? reading.complaints : [],
          updated: timeOf(found.updated),
        },
      };
    },
  });

  return [
    { path: '/api/v1/configs', methods: { GET: list, POST: create } },
    { path: '/api/v1/configs/:id', methods: { GET: show, PUT: replace, DELETE: remove } },
    { path: '/api/v1/configs/:id/resolved', methods: { GET: resolved } },
  ];
}

/** Of the configs that the caller sees. */
export function configQueryOf(
  { tenant, descendants, changed_since: changedSince, ...others }: Given<typeof configFilters>,
  caller: Caller,
  tree: Pick<TenantService, 'below'>,
): ConfigQuery {
  const tenants = tenantsAsked({ ...(tenant && { tenant }), ...(descendants && { descendants }) }, caller, tree);
  return { ...others, ...(tenants && { tenants }), ...(changedSince !== undefined && { changedSince }) };
}

/** As a list shows it: without its raw config, which may be large. */
function summaryOf(config: Config, caller: Caller): ReadonlyMap<string, unknown> {
  const { id, tenant, parents, role, transient, deletable, created, updated, revision, extra } = config;
  const fields = { id, tenant, parent_ids: parents, role: role ?? null, transient, deletable };
  const times = { created: timeOf(created), updated: timeOf(updated), revision };
  return new Map<string, unknown>([...Object.entries({ ...fields, ...times }), ...shownTo(caller, extra)]);
}

export function documentOf(config: Config, caller: Caller): ReadonlyMap<string, unknown> {
  return new Map([
    ...summaryOf(config, caller),
    ['code', secretShownTo(caller, config.code)],
    ['raw_config', shownTo(caller, config.raw)],
  ]);
}
