import * as z from 'zod';
import type { Entry, Version, VersionSummary } from '../../history/model.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { anything, count, moment, text, time } from '../fields.ts';
import { queryInvalid } from '../input.ts';
import { listing, listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { HttpProblem } from '../problem.ts';
import { checkRevision, revisionMismatch, tagOf, timeOf } from '../revision.ts';
import { type Call, endpoint, param, type Route } from '../route.ts';
import { secretShownTo, shownTo } from '../secrets.ts';
import { ofTenants, tenantsAsked } from '../tenancy.ts';
import { codeShown, documentOf as configOf, configSchema } from './configs.ts';

const kinds = ['administrator', 'user', 'token', 'wazo-user', 'dhcp-server', 'phone', 'server'] as const;
const filters = z
  .strictObject({
    ...ofTenants,
    resource: z.string().meta({ description: 'What kind of thing was changed: device, config, tenant, token, user, template …' }),
    id: z.string().meta({ description: 'Of what was changed.' }),
    actor: z
      .enum(kinds, { error: `must be one of ${kinds.join(', ')}` })
      .meta({ description: 'What kind of caller changed it.' }),
    actor_id: z.string().meta({ description: 'Of the token or the user.' }),
    from: moment.meta({ description: 'This time and later.' }),
    to: moment.meta({ description: 'Earlier than this time.' }),
  })
  .partial();

const entry = z
  .strictObject({
    number: count.meta({ description: 'Rises from entry to entry.' }),
    at: time,
    actor: z.strictObject({ kind: z.enum(kinds), id: text.nullable(), name: text.nullable() }),
    from: text.nullable().meta({ description: 'The address that it came from.' }),
    resource: text,
    id: text,
    tenant: text.nullable().meta({ description: 'Null of what is the server’s as a whole.' }),
    revision: count.nullable(),
    action: text.meta({ description: 'created, changed, removed, rolled-back, installed …' }),
    diff: z
      .array(z.strictObject({ path: text, before: z.unknown().optional(), after: z.unknown().optional() }))
      .meta({ description: 'Secrets in it are masks.' }),
  })
  .meta({ id: 'AuditEntry' });

const summary = z.strictObject({
  id: text,
  revision: count,
  tenant: text,
  parent_ids: z.array(text),
  role: text.nullable(),
  transient: z.boolean(),
  deletable: z.boolean(),
  created: time,
  updated: time,
  replaced: time.meta({ description: 'When the change came after which it was otherwise.' }),
  entry: count.meta({ description: 'The number of the entry of that change; it may be forgotten by now.' }),
});
const listed = summary.meta({ id: 'ConfigVersionSummary' });
const version = z.looseObject({ ...summary.shape, code: codeShown, raw_config: anything }).meta({ id: 'ConfigVersion' });

/** Who changed what, and what configs were before. */
export function historyRoutes({ history, configs, tenants }: ApiParts): Route[] {
  const audit = listing({
    summary: 'List changes: who changed what, when, from where, from the newest',
    about: 'What phones tell of themselves is none. Who is not of the main tenant sees the changes of his tenants.',
    permission: 'audit.read',
    name: 'entries',
    item: entry,
    filters,
    sorts: ['number'],
    usual: '-number',
    async find({ caller, query }, { descending, limit, after }) {
      const { tenant, descendants, actor, actor_id: actorId, ...where } = query;
      if (actorId !== undefined && actor === undefined) {
        throw queryInvalid([{ path: 'actor', message: 'must be there with actor_id: user or token' }]);
      }
      const of = tenantsAsked({ ...(tenant && { tenant }), ...(descendants && { descendants }) }, caller, tenants);
      const asked = {
        ...where,
        ...(of && { tenants: of }),
        ...(actor && { who: { kind: actor, ...(actorId !== undefined && { id: actorId }) } }),
      };
      const total = await history.count(asked);
      const found = await history.list({
        ...asked,
        ...(typeof after?.[0] === 'number' && { after: after[0] }),
        ascending: !descending,
        limit,
      });
      return { rows: found.entries.map(entryOf), total, ...(found.next !== undefined && { next: [found.next] }) };
    },
  });

  async function known(call: Pick<Call, 'params' | 'caller'>): Promise<Version> {
    const id = param(call, 'id');
    const revision = param(call, 'revision');
    const found = /^\d{1,15}$/.test(revision) ? await history.version(id, Number(revision), call.caller.tenants) : undefined;
    if (!found) throw new ProvisioningError('version-unknown', `No version ${revision} of the config ${id} is kept`);
    return found;
  }

  const versions = listingOf({
    summary: 'List versions of a config, from the newest, without their raw configs',
    about: 'Those before the present one; also of a config that was removed.',
    permission: 'configs.read',
    name: 'versions',
    item: listed,
    sorts: { revision: ({ revision }: VersionSummary) => revision, updated: ({ updated }) => updated },
    usual: '-revision',
    key: ({ revision }) => revision,
    async find(call) {
      const id = param(call, 'id');
      const found = await history.versions(id, call.caller.tenants);
      if (found.length > 0) return found;
      const config = await configs.get(id);
      if (!config || !call.caller.sees(config.tenant))
        throw new ProvisioningError('config-unknown', `No config has the id ${id}, nor had one`);
      return [];
    },
    document: summaryOf,
  });

  const show = endpoint({
    summary: 'Show a version of a config',
    permission: 'configs.read',
    answers: { 200: version },
    async handle(call) {
      const found = await known(call);
      const extra = [...shownTo(call.caller, found.extra)];
      return {
        json: new Map<string, unknown>([
          ...Object.entries(summaryOf(found)),
          ...extra,
          ['code', secretShownTo(call.caller, found.code)],
          ['raw_config', shownTo(call.caller, found.raw)],
        ]),
      };
    },
  });

  const rollBack = endpoint({
    summary: 'Roll a config back to a version',
    about:
      'Also one that was removed, which needs the permission `configs.create`. It is a change like any other, and can be rolled back.',
    permission: 'configs.update',
    revised: true,
    answers: { 200: configSchema },
    async handle(call) {
      const { id, revision } = await known(call);
      const stored = await configs.get(id);
      if (stored && call.caller.sees(stored.tenant)) checkRevision(call.ifMatch, stored);
      else if (!call.caller.may('configs.create'))
        throw new HttpProblem(
          403,
          'permission-missing',
          'There is no such config any more: to make it anew needs the permission configs.create',
        );
      const over = call.ifMatch === undefined || call.ifMatch.trim() === '*' ? undefined : stored?.revision;
      const { tenants } = call.caller;
      const config = await history.rollback(id, revision, { tenants, over }).catch((cause) => {
        const isLost = over !== undefined && cause instanceof ProvisioningError && cause.code === 'config-changed';
        throw isLost ? revisionMismatch(cause) : cause;
      });
      return { headers: { etag: tagOf(config) }, json: configOf(config, call.caller) };
    },
  });

  return [
    { path: '/api/v1/audit', methods: { GET: audit } },
    { path: '/api/v1/configs/:id/versions', methods: { GET: versions } },
    { path: '/api/v1/configs/:id/versions/:revision', methods: { GET: show } },
    { path: '/api/v1/configs/:id/versions/:revision/roll-back', methods: { POST: rollBack } },
  ];
}

function entryOf({ number, at, who, from, what, action, diff }: Entry) {
  return {
    number,
    at: timeOf(at),
    actor: { kind: who.kind, id: who.id ?? null, name: who.name ?? null },
    from: from ?? null,
    resource: what.resource,
    id: what.id,
    tenant: what.tenant ?? null,
    revision: what.revision ?? null,
    action,
    diff,
  };
}

function summaryOf(version: VersionSummary) {
  const { id, revision, tenant, parents, role, transient, deletable, created, updated, replaced, entry } = version;
  return {
    id,
    revision,
    tenant,
    parent_ids: parents,
    role: role ?? null,
    transient,
    deletable,
    created: timeOf(created),
    updated: timeOf(updated),
    replaced: timeOf(replaced),
    entry,
  };
}
