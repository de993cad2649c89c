import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import type { Config } from '../../configs/model.ts';
import type { ConfigFields } from '../../configs/service.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { OrderedJson } from '../../lib/ordered-json.ts';
import { bodyInvalid, readObject } from '../input.ts';
import type { ApiParts, Changes } from '../parts.ts';
import { revisionMismatch } from '../revision.ts';
import { secretOf, withSecretsOf } from '../secrets.ts';
import { tenantOf } from '../tenancy.ts';

export const role = z.enum(['autocreate', 'default'], { error: 'must be autocreate, default or null' });

const boolean = z.boolean({ error: 'must be true or false' });
/** A config as it is written; what was read can be sent back. */
export const replacement = z
  .strictObject({
    id: z.string({ error: 'must be a text' }),
    tenant: z.string({ error: 'must be the id of a tenant' }),
    parent_ids: z.array(z.string({ error: 'must be a text' }), { error: 'must be a list of ids' }),
    raw_config: z
      .custom<Map<string, OrderedJson>>((value) => value instanceof Map, { error: 'must be an object' })
      .meta({ type: 'object', description: 'docs/configs.md has all keys.' }),
    role: role.nullable(),
    transient: boolean,
    deletable: boolean,
    code: z.string({ error: 'must be a text of digits or null' }).nullable().meta({
      description: 'What gives it to a phone at which it is dialled: 4 to 16 digits, of no other config of the tenant.',
    }),
    // Written by the server; they may stand here so that what was read can be sent back.
    created: z.unknown(),
    updated: z.unknown(),
    revision: z.unknown(),
  })
  .partial({
    id: true,
    tenant: true,
    parent_ids: true,
    role: true,
    transient: true,
    deletable: true,
    code: true,
    created: true,
    updated: true,
    revision: true,
  });

type Document = z.output<typeof replacement>;

/** Who changes configs, by themselves or many at once. */
export interface ConfigParts extends Pick<ApiParts, 'tenants'> {
  readonly configs: Pick<Changes['configs'], 'get' | 'create' | 'replace' | 'remove'>;
  readonly caller: Caller;
}

type Given = ReadonlyMap<string, OrderedJson>;

/** @throws whatever the API answers */
export function createConfig({ configs, tenants, caller }: ConfigParts, given: Given): Promise<Config> {
  const { document, extra } = read(given);
  const tenant = tenantOf(document.tenant, tenants, caller).id;
  return configs.create({
    ...fieldsOf(document, extra, undefined),
    tenant,
    ...(document.id !== undefined && { id: document.id }),
  });
}

/**
 * @param check refuses by throwing; tells whether only the config that it was asked about may be replaced
 * @throws whatever the API answers
 */
export async function replaceConfig(
  parts: ConfigParts,
  id: string,
  given: Given,
  check: (stored: Config) => boolean,
): Promise<Config> {
  const { document, extra } = read(given);
  const stored = await seenConfig(parts, id);
  const revision = check(stored) ? stored.revision : undefined;
  for (const key of ['id', 'tenant'] as const) {
    if (document[key] === undefined || document[key] === stored[key]) continue;
    throw bodyInvalid('The body is not valid', [{ path: key, message: `cannot be changed; it is ${stored[key]}` }]);
  }
  return parts.configs.replace(stored.id, fieldsOf(document, extra, stored), revision).catch((cause) => {
    const isLost = revision !== undefined && cause instanceof ProvisioningError && cause.code === 'config-changed';
    throw isLost ? revisionMismatch(cause) : cause;
  });
}

/** @param check refuses by throwing @throws whatever the API answers */
export async function removeConfig(parts: ConfigParts, id: string, check: (stored: Config) => void): Promise<void> {
  const stored = await seenConfig(parts, id);
  check(stored);
  if (!(await parts.configs.remove(stored.id))) throw unknownConfig(stored.id);
}

/** What belongs to a tenant that the caller does not see is not there for it. @throws ProvisioningError config-unknown */
export async function seenConfig(
  { configs, caller }: { readonly configs: Pick<ConfigParts['configs'], 'get'>; readonly caller: Caller },
  id: string,
): Promise<Config> {
  const config = await configs.get(id);
  if (!config || !caller.sees(config.tenant)) throw unknownConfig(id);
  return config;
}

export function unknownConfig(id: string): ProvisioningError {
  return new ProvisioningError('config-unknown', `No config has the id ${id}`);
}

/** Keys of one's own (`X_…`) stand beside the fields in a document, and by themselves in a config. */
function read(body: ReadonlyMap<string, OrderedJson>): { document: Document; extra: Map<string, OrderedJson> } {
  const entries = [...body];
  const fields = new Map(entries.filter(([key]) => !key.startsWith('X_')));
  return { document: readObject(fields, replacement), extra: new Map(entries.filter(([key]) => key.startsWith('X_'))) };
}

function fieldsOf(document: Document, extra: ReadonlyMap<string, OrderedJson>, stored: Config | undefined): ConfigFields {
  const { parent_ids: parents = [], raw_config: raw, role, transient, deletable, code } = document;
  return {
    parents,
    raw: withSecretsOf(stored?.raw, raw, 'raw_config'),
    extra: withSecretsOf(stored?.extra, extra, 'extra'),
    ...(role && { role }),
    ...(transient !== undefined && { transient }),
    ...(deletable !== undefined && { deletable }),
    ...(typeof code === 'string' && { code: secretOf(stored?.code, code, 'code') }),
  };
}
