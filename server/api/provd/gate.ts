import type { Request } from 'express';
import { wazoUser } from '../../access/caller.ts';
import type { Caller } from '../../access/model.ts';
import type { WazoAuth, WazoToken } from '../../access/wazo-auth.ts';
import { actingAs } from '../../lib/actor.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { addressOf } from '../actor.ts';
import { authenticate } from '../authenticate.ts';
import type { ApiParts } from '../parts.ts';
import { HttpProblem } from '../problem.ts';
import { Refusal } from './answer.ts';

/** Who asks, and the tenant in whose name. */
export interface Admitted {
  readonly caller: Caller;
  readonly tenant: string;
}

export interface Gate {
  /** @throws Refusal 401; ProvisioningError wazo-auth-unavailable */
  admit(request: Request): Promise<Admitted>;
  /** A tenant as clients know it: the main one of this server is the master tenant of wazo-auth. */
  shown(tenant: string): string;
}

export const unauthorized = () => new Refusal(401, 'Unauthorized');

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/;

/**
 * Lets in who shows a token of this server, or, where the settings name a wazo-auth server, one of that. Its tenants are those of the same
 * id here; one that nobody asked for before is made.
 */
export function gateOf(parts: Pick<ApiParts, 'tokens' | 'access' | 'users' | 'tenants' | 'wazo' | 'trustedProxies'>): Gate {
  const { tenants, wazo } = parts;
  const ours = (named: string) => (named === wazo?.mainTenant ? tenants.main.id : named);

  /** @returns undefined when the token is none of ours */
  function holderOf(secret: string): Caller | undefined {
    try {
      return authenticate(`Bearer ${secret}`, parts);
    } catch (cause) {
      if (cause instanceof HttpProblem) return undefined;
      throw cause;
    }
  }

  async function ofWazo(auth: WazoAuth, secret: string, named: string | undefined, request: Request): Promise<Admitted> {
    const token = await auth.tokenOf(secret, named);
    if (!token) throw unauthorized();
    const tenant = await known(token.tenant, { auth, secret, token, from: addressOf(request, parts) });
    const caller = wazoUser({ ...token, tenant }, tenants);
    if (named === undefined) return { caller, tenant };
    const asked = await known(named, { auth, secret, token, from: addressOf(request, parts), above: tenant });
    // It may stand elsewhere here than there.
    if (!caller.sees(asked)) throw unauthorized();
    return { caller, tenant: asked };
  }

  interface Asking {
    readonly auth: WazoAuth;
    readonly secret: string;
    readonly token: WazoToken;
    readonly from: ReturnType<typeof addressOf>;
    /** It belongs to this tenant unless wazo-auth tells another. */
    readonly above?: string;
    /** Those that belong to the one that was asked for. */
    readonly below?: readonly string[];
  }

  /** Id of a tenant of wazo-auth here. */
  async function known(uuid: string, asking: Asking): Promise<string> {
    const id = ours(uuid);
    if (tenants.get(id)) return id;
    const { auth, secret, token, from, above = tenants.main.id, below = [] } = asking;
    if (!UUID.test(uuid) || below.includes(uuid)) throw unauthorized();
    const told = await auth.tenantOf(uuid, secret);
    const parent = told?.parent === undefined ? above : await known(told.parent, { ...asking, below: [...below, uuid] });
    const who = { kind: 'wazo-user', id: token.user, name: token.user, from } as const;
    return actingAs(who, () => make(id, told?.name ?? id, parent));
  }

  async function make(id: string, name: string, parent: string): Promise<string> {
    try {
      await tenants.create(name, {}, parent, id);
    } catch (cause) {
      if (!(cause instanceof ProvisioningError)) throw cause;
      if (cause.code === 'tenant-id-taken') await tenants.changedElsewhere([]);
      else if (name !== id && /^tenant-(?:name-taken|invalid)$/.test(cause.code)) return make(id, id, parent);
      else throw cause;
    }
    return id;
  }

  return {
    shown: (tenant) => (wazo && tenant === tenants.main.id ? wazo.mainTenant : tenant),

    async admit(request) {
      const { 'x-auth-token': secret, 'wazo-tenant': header } = request.headers;
      if (typeof secret !== 'string' || Array.isArray(header)) throw unauthorized();
      const named = header === '' ? undefined : header;
      const caller = holderOf(secret);
      if (!caller && wazo) return ofWazo(wazo.auth, secret, named, request);
      const tenant = named === undefined ? caller?.tenant : ours(named);
      if (!caller || tenant === undefined || !tenants.get(tenant) || !caller.sees(tenant)) throw unauthorized();
      return { caller, tenant };
    },
  };
}
