import * as z from 'zod';
import type { Config } from '../../configs/model.ts';
import { readSettings } from '../../configs/raw-config.ts';
import type { ConfigFields } from '../../configs/service.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import { bodyInvalid, flag, objectOf, page, readObject, readQuery } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { checkRevision, revisionMismatch, tagOf, timeOf } from '../revision.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';
import { tenantOf } from './tenants.ts';

const role = z.enum(['autocreate', 'default'], { error: 'must be autocreate, default or null' });
const listQuery = z.strictObject({ ...page, tenant: z.array(z.string()), role, transient: flag }).partial();

const boolean = z.boolean({ error: 'must be true or false' });
const replacement = z
  .strictObject({
    id: z.string({ error: 'must be a text' }),
    tenant: z.string({ error: 'must be the id of a tenant' }),
    parent_ids: z.array(z.string({ error: 'must be a text' }), { error: 'must be a list of ids' }),
    raw_config: z.custom<Map<string, OrderedJson>>((value) => value instanceof Map, { error: 'must be an object' }),
    role: role.nullable(),
    transient: boolean,
    deletable: boolean,
    // Written by the server; they may stand here so that what was read can be sent back.
    created: z.unknown(),
    updated: z.unknown(),
    revision: z.unknown(),
  })
  .partial()
  .required({ raw_config: true });

type Document = z.output<typeof replacement>;

export function configRoutes({ configs, tenants }: ApiParts): Route[] {
  async function known(id: string): Promise<Config> {
    const config = await configs.get(id);
    if (!config) throw unknownConfig(id);
    return config;
  }

  async function list({ query }: Call): Promise<Answer> {
    const { tenant, ...rest } = readQuery(query, listQuery, ['tenant']);
    const { role, transient, limit, offset } = rest;
    const found = await configs.list({
      ...(tenant && { tenants: tenant }),
      ...(role && { role }),
      ...(transient !== undefined && { transient }),
      ...(limit !== undefined && { limit }),
      ...(offset !== undefined && { offset }),
    });
    return { json: { configs: found.configs.map(summaryOf), total: found.total } };
  }

  async function create({ body }: Call): Promise<Answer> {
    const { document, extra } = read(body);
    const tenant = tenantOf(document.tenant, tenants).id;
    const config = await configs.create({
      ...fieldsOf(document, extra),
      tenant,
      ...(document.id !== undefined && { id: document.id }),
    });
    const headers = { etag: tagOf(config), location: `/api/v1/configs/${encodeURIComponent(config.id)}` };
    return { status: 201, headers, json: documentOf(config) };
  }

  async function show(call: Call): Promise<Answer> {
    const config = await known(param(call, 'id'));
    return { headers: { etag: tagOf(config) }, json: documentOf(config) };
  }

  async function replace(call: Call): Promise<Answer> {
    const { document, extra } = read(call.body);
    const stored = await known(param(call, 'id'));
    checkRevision(call.ifMatch, stored);
    for (const key of ['id', 'tenant'] as const) {
      if (document[key] === undefined || document[key] === stored[key]) continue;
      throw bodyInvalid('The body is not valid', [{ path: key, message: `cannot be changed; it is ${stored[key]}` }]);
    }
    const revision = call.ifMatch === undefined || call.ifMatch.trim() === '*' ? undefined : stored.revision;
    const config = await configs.replace(stored.id, fieldsOf(document, extra), revision).catch((cause) => {
      const isLost = revision !== undefined && cause instanceof ProvisioningError && cause.code === 'config-changed';
      throw isLost ? revisionMismatch(cause) : cause;
    });
    return { headers: { etag: tagOf(config) }, json: documentOf(config) };
  }

  async function remove(call: Call): Promise<Answer> {
    const id = param(call, 'id');
    if (call.ifMatch !== undefined) checkRevision(call.ifMatch, await known(id));
    if (!(await configs.remove(id))) throw unknownConfig(id);
    return {};
  }

  async function resolved(call: Call): Promise<Answer> {
    const found = await configs.resolve(param(call, 'id'));
    if (!found) throw unknownConfig(param(call, 'id'));
    const reading = readSettings(found.raw);
    return {
      json: {
        id: found.id,
        raw_config: found.raw,
        origins: await configs.origins(found),
        chain: found.chain,
        missing: found.missing,
        complaints: 'complaints' in reading ? reading.complaints : [],
        updated: timeOf(found.updated),
      },
    };
  }

  return [
    { path: '/api/v1/configs', methods: { GET: list, POST: create } },
    { path: '/api/v1/configs/:id', methods: { GET: show, PUT: replace, DELETE: remove } },
    { path: '/api/v1/configs/:id/resolved', methods: { GET: resolved } },
  ];
}

function unknownConfig(id: string): ProvisioningError {
  return new ProvisioningError('config-unknown', `No config has the id ${id}`);
}

/** Keys of one's own (`X_…`) stand beside the fields in a document, and by themselves in a config. */
function read(body: OrderedJson | undefined): { document: Document; extra: Map<string, OrderedJson> } {
  const entries = [...objectOf(body)];
  const fields = new Map(entries.filter(([key]) => !key.startsWith('X_')));
  return { document: readObject(fields, replacement), extra: new Map(entries.filter(([key]) => key.startsWith('X_'))) };
}

function fieldsOf(document: Document, extra: ReadonlyMap<string, OrderedJson>): ConfigFields {
  const { parent_ids: parents = [], raw_config: raw, role, transient, deletable } = document;
  return {
    parents,
    raw,
    extra,
    ...(role && { role }),
    ...(transient !== undefined && { transient }),
    ...(deletable !== undefined && { deletable }),
  };
}

/** As a list shows it: without its raw config, which may be large. */
function summaryOf(config: Config): ReadonlyMap<string, unknown> {
  const { id, tenant, parents, role, transient, deletable, created, updated, revision, extra } = config;
  const fields = { id, tenant, parent_ids: parents, role: role ?? null, transient, deletable };
  const times = { created: timeOf(created), updated: timeOf(updated), revision };
  return new Map<string, unknown>([...Object.entries({ ...fields, ...times }), ...extra]);
}

function documentOf(config: Config): ReadonlyMap<string, unknown> {
  return new Map([...summaryOf(config), ['raw_config', config.raw]]);
}
