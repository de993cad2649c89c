import * as z from 'zod';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Tenant } from '../../tenants/model.ts';
import { count, text, time } from '../fields.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { checkRevision, tagOf, timeOf } from '../revision.ts';
import { type Answer, type Call, endpoint, param, type Route } from '../route.ts';
import { tenantOf } from '../tenancy.ts';

const name = z.string({ error: 'must be a text' });
const key = z.string({ error: 'must be a text, or null for none' }).nullable();
const change = z.strictObject({ name, provisioning_key: key }).partial();
const addition = change.extend({
  name,
  id: z
    .uuid({ error: 'must be a UUID' })
    .toLowerCase()
    .optional()
    .meta({ description: 'What another system calls it, say; a new one, if it is left out.' }),
  parent: z
    .string({ error: 'must be the id of a tenant' })
    .optional()
    .meta({ description: 'The tenant that it belongs to, for ever; the caller’s, if it is left out.' }),
});

const document = z
  .strictObject({
    id: text,
    name: text,
    parent: text.nullable().meta({ description: 'The tenant that it belongs to; of the main one null.' }),
    main: z.boolean().meta({ description: 'Unknown phones come to it; there is one.' }),
    provisioning_key_set: z.boolean(),
    created: time,
    updated: time,
    revision: count,
  })
  .meta({ id: 'Tenant' });

export function tenantRoutes({ tenants }: ApiParts): Route[] {
  function known(call: Pick<Call, 'params' | 'caller'>): Tenant {
    const id = param(call, 'id');
    const tenant = call.caller.sees(id) ? tenants.get(id) : undefined;
    if (!tenant) throw new ProvisioningError('tenant-unknown', `No tenant has the id ${id}`);
    return tenant;
  }

  const list = listingOf({
    summary: 'List tenants',
    permission: 'tenants.read',
    name: 'tenants',
    item: document,
    filters: z.strictObject({ name: z.string(), parent: z.string() }).partial(),
    sorts: {
      created: ({ created }: Tenant) => created,
      updated: ({ updated }) => updated,
      name: ({ name }) => name,
    },
    usual: 'created',
    key: ({ id }) => id,
    find: ({ caller, query: { name, parent } }) =>
      tenants
        .list()
        .filter(
          (each) => caller.sees(each.id) && (name ?? each.name) === each.name && (parent === undefined || parent === each.parent),
        ),
    document: documentOf,
  });

  const create = endpoint({
    summary: 'Create a tenant',
    about: 'Its `provisioning_key` is written and never read.',
    permission: 'tenants.create',
    body: addition,
    revised: true,
    answers: { 201: document },
    async handle({ caller, body: { name, parent, id, ...rest } }) {
      const tenant = await tenants.create(name, changeOf(rest), tenantOf(parent, tenants, caller, 'parent').id, id);
      const { headers, json } = answer(tenant);
      return { status: 201, headers: { ...headers, location: `/api/v1/tenants/${encodeURIComponent(tenant.id)}` }, json };
    },
  });

  const show = endpoint({
    summary: 'Show a tenant',
    permission: 'tenants.read',
    revised: true,
    answers: { 200: document },
    handle: (call) => answer(known(call)),
  });

  const patch = endpoint({
    summary: 'Change a tenant',
    permission: 'tenants.update',
    body: change,
    revised: true,
    answers: { 200: document },
    async handle(call) {
      const stored = known(call);
      checkRevision(call.ifMatch, stored);
      // The service writes over the revision that it has in memory now: nothing is awaited in between.
      return answer(await tenants.change(stored.id, changeOf(call.body)));
    },
  });

  const remove = endpoint({
    summary: 'Remove a tenant',
    about: 'One that has devices, configs or tenants below it is not removed, nor is the main one.',
    permission: 'tenants.delete',
    revised: true,
    answers: { 204: 'nothing' },
    async handle(call) {
      const stored = known(call);
      checkRevision(call.ifMatch, stored);
      await tenants.remove(stored.id);
      return {};
    },
  });

  return [
    { path: '/api/v1/tenants', methods: { GET: list, POST: create } },
    { path: '/api/v1/tenants/:id', methods: { GET: show, PATCH: patch, DELETE: remove } },
  ];
}

function changeOf({ name, provisioning_key: provisioningKey }: z.output<typeof change>) {
  return { ...(name !== undefined && { name }), ...(provisioningKey !== undefined && { provisioningKey }) };
}

function answer(tenant: Tenant): Answer {
  return { headers: { etag: tagOf(tenant) }, json: documentOf(tenant) };
}

/** The key is written and never read: URLs of phones show it to those who may know it. */
function documentOf({ id, name, main, parent, provisioningKey, created, updated, revision }: Tenant) {
  return {
    id,
    name,
    main,
    parent: parent ?? null,
    provisioning_key_set: provisioningKey !== undefined,
    created: timeOf(created),
    updated: timeOf(updated),
    revision,
  };
}
