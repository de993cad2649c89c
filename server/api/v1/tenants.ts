import * as z from 'zod';
import { ProvisioningError } from '../../lib/errors.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import type { Tenant } from '../../tenants/model.ts';
import type { TenantService } from '../../tenants/service.ts';
import { bodyInvalid, readObject } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { checkRevision, tagOf, timeOf } from '../revision.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';

const name = z.string({ error: 'must be a text' });
const key = z.string({ error: 'must be a text, or null for none' }).nullable();
const addition = z.strictObject({ name, provisioning_key: key.optional() });
const change = addition.partial();

export function tenantRoutes({ tenants }: ApiParts): Route[] {
  function known(id: string): Tenant {
    const tenant = tenants.get(id);
    if (!tenant) throw new ProvisioningError('tenant-unknown', `No tenant has the id ${id}`);
    return tenant;
  }

  function list(): Answer {
    const all = tenants.list();
    return { json: { tenants: all.map(documentOf), total: all.length } };
  }

  async function create({ body }: Call): Promise<Answer> {
    const { name, ...rest } = readObject(body, addition);
    const tenant = await tenants.create(name, changeOf(rest));
    const { headers, json } = answer(tenant);
    return { status: 201, headers: { ...headers, location: `/api/v1/tenants/${encodeURIComponent(tenant.id)}` }, json };
  }

  function show(call: Call): Answer {
    return answer(known(param(call, 'id')));
  }

  async function patch(call: Call): Promise<Answer> {
    const wanted = changeOf(readObject(call.body, change));
    const stored = known(param(call, 'id'));
    checkRevision(call.ifMatch, stored);
    // The service writes over the revision that it has in memory now: nothing is awaited in between.
    return answer(await tenants.change(stored.id, wanted));
  }

  async function remove(call: Call): Promise<Answer> {
    const stored = known(param(call, 'id'));
    checkRevision(call.ifMatch, stored);
    await tenants.remove(stored.id);
    return {};
  }

  return [
    { path: '/api/v1/tenants', methods: { GET: list, POST: create } },
    { path: '/api/v1/tenants/:id', methods: { GET: show, PATCH: patch, DELETE: remove } },
  ];
}

/** The tenant that the body of another resource names by its id; without one the main tenant. @throws HttpProblem body-invalid */
export function tenantOf(id: OrderedJson | undefined, tenants: TenantService): Tenant {
  if (id === undefined) return tenants.main;
  const tenant = typeof id === 'string' ? tenants.get(id) : undefined;
  if (tenant) return tenant;
  throw bodyInvalid('The body is not valid', [
    { path: 'tenant', message: 'is no tenant that there is; it must be the id of one' },
  ]);
}

function changeOf({ name, provisioning_key: provisioningKey }: z.output<typeof change>) {
  return { ...(name !== undefined && { name }), ...(provisioningKey !== undefined && { provisioningKey }) };
}

function answer(tenant: Tenant): Answer {
  return { headers: { etag: tagOf(tenant) }, json: documentOf(tenant) };
}

/** The key is written and never read: URLs of phones show it to those who may know it. */
function documentOf({ id, name, main, provisioningKey, created, updated, revision }: Tenant) {
  return {
    id,
    name,
    main,
    provisioning_key_set: provisioningKey !== undefined,
    created: timeOf(created),
    updated: timeOf(updated),
    revision,
  };
}
