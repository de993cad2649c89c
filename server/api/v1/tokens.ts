import * as z from 'zod';
import type { Caller, Token } from '../../access/model.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { text, time } from '../fields.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { checkPermissions, permissions } from '../permitted.ts';
import { timeOf } from '../revision.ts';
import { type Call, endpoint, type Route } from '../route.ts';
import { isOfTenants, ofTenants, tenantOf } from '../tenancy.ts';

const name = z.string({ error: 'must be a text' });
const expires = z.iso
  .datetime({ offset: true, error: 'must be a time of RFC 3339, such as 2030-01-01T00:00:00Z' })
  .transform((value) => Date.parse(value));
const change = z.strictObject({ name, permissions, expires: expires.nullable() }).partial();
const addition = z.strictObject({
  name,
  permissions,
  expires: expires.nullish(),
  tenant: z.string({ error: 'must be the id of a tenant' }).optional().meta({ description: 'The caller’s, if it is left out.' }),
});

const document = z
  .strictObject({
    id: text,
    name: text,
    tenant: text,
    permissions: z.array(text),
    maker: text.meta({ description: 'The id of the token or the user that made it, administrator, or set-up.' }),
    created: time,
    expires: time.nullable(),
    used: time.nullable().meta({ description: 'To the minute.' }),
  })
  .meta({ id: 'Token' });
const made = z
  .strictObject({ ...document.shape, token: text.meta({ description: 'The token itself, which is not shown again.' }) })
  .meta({ id: 'NewToken' });

/** Tokens of programs and people. What they are is told once, when they are made. */
export function tokenRoutes({ access, tenants }: ApiParts, permitted: () => ReadonlySet<string>): Route[] {
  function known({ params: { id = '' }, caller }: Pick<Call, 'params' | 'caller'>): Token {
    const token = access.get(id);
    if (!token || !caller.sees(token.tenant)) throw new ProvisioningError('token-unknown', `No token has the id ${id}`);
    return token;
  }

  const list = listingOf({
    summary: 'List tokens',
    permission: 'tokens.read',
    name: 'tokens',
    item: document,
    filters: z.strictObject({ ...ofTenants, name: z.string(), maker: z.string() }).partial(),
    sorts: {
      created: ({ created }: Token) => created,
      name: ({ name }) => name,
      expires: ({ expires }) => expires,
      used: ({ used }) => used,
    },
    usual: 'created',
    key: ({ id }) => id,
    find({ caller, query: { name, maker, ...asked } }) {
      const isOf = isOfTenants(asked, caller, tenants);
      return access
        .list(caller)
        .filter((each) => isOf(each.tenant) && (name ?? each.name) === each.name && (maker ?? each.maker) === each.maker);
    },
    document: documentOf,
  });

  const create = endpoint({
    summary: 'Make a token',
    about: 'It permits no more than the token that makes it.',
    permission: 'tokens.create',
    tellsSecret: true,
    body: addition,
    answers: { 201: made },
    async handle({ caller, body: { tenant, expires, ...order } }) {
      checkPermissions(order.permissions, permitted());
      const { token, secret } = await access.create(
        { ...order, tenant: tenantOf(tenant, tenants, caller).id, ...(typeof expires === 'number' && { expires }) },
        caller,
      );
      const headers = { location: `/api/v1/tokens/${token.id}` };
      return { status: 201, headers, json: { ...documentOf(token), token: secret.reveal() } };
    },
  });

  const show = endpoint({
    summary: 'Show a token, but not what opens',
    permission: 'tokens.read',
    answers: { 200: document },
    handle: (call) => ({ json: documentOf(known(call)) }),
  });

  const patch = endpoint({
    summary: 'Change a token',
    permission: 'tokens.update',
    body: change,
    answers: { 200: document },
    async handle(call) {
      const { name, permissions, expires } = call.body;
      checkPermissions(permissions ?? [], permitted());
      const changes = {
        ...(name !== undefined && { name }),
        ...(permissions && { permissions }),
        ...(expires !== undefined && { expires }),
      };
      return { json: documentOf(await access.change(known(call).id, changes, call.caller)) };
    },
  });

  const remove = endpoint({
    summary: 'Revoke a token',
    about: 'From then on it opens nothing.',
    permission: 'tokens.delete',
    answers: { 204: 'nothing' },
    async handle(call) {
      await access.remove(known(call).id);
      return {};
    },
  });

  const own = endpoint({
    summary: 'Show who asks: whose token this is, and what it permits',
    answers: { 200: z.strictObject({ kind: text, id: text, name: text, tenant: text, permissions: z.array(text) }) },
    handle: ({ caller }) => ({ json: selfOf(caller) }),
  });

  return [
    { path: '/api/v1/tokens', methods: { GET: list, POST: create } },
    { path: '/api/v1/tokens/:id', methods: { GET: show, PATCH: patch, DELETE: remove } },
    { path: '/api/v1/self', methods: { GET: own } },
  ];
}

function selfOf({ kind, id, name, tenant, permissions }: Caller) {
  return { kind, id, name, tenant, permissions };
}

function documentOf({ id, name, tenant, permissions, maker, created, expires, used }: Token) {
  return {
    id,
    name,
    tenant,
    permissions,
    maker,
    created: timeOf(created),
    expires: expires === undefined ? null : timeOf(expires),
    used: used === undefined ? null : timeOf(used),
  };
}
