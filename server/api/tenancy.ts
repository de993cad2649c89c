import * as z from 'zod';
import type { Caller } from '../access/model.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import type { Tenant } from '../tenants/model.ts';
import type { TenantService } from '../tenants/service.ts';
import { bodyInvalid, flag } from './input.ts';

/** Whose records a list has: those of the tenants that are asked for, as far as the caller sees them. undefined: all. */
export function tenantsFor(caller: Caller, asked?: readonly string[]): readonly string[] | undefined {
  return asked ? asked.filter(caller.sees) : caller.tenants;
}

/** Filters of lists whose rows belong to tenants. */
export const ofTenants = {
  tenant: z.array(z.string()).meta({ description: 'The id of a tenant; may be given several times.' }),
  descendants: flag.meta({ description: 'With `tenant`: and of all tenants below it.' }),
};

interface Asked {
  readonly tenant?: readonly string[];
  readonly descendants?: boolean;
}

/** Whose records a list has that is asked for by `ofTenants`. undefined: all. */
export function tenantsAsked(
  { tenant, descendants = false }: Asked,
  caller: Caller,
  tenants: Pick<TenantService, 'below'>,
): readonly string[] | undefined {
  if (!tenant || !descendants) return tenantsFor(caller, tenant);
  return tenantsFor(caller, [...new Set(tenant.filter(caller.sees).flatMap((id) => [...tenants.below(id)]))]);
}

/** Whether a record is of the tenants that a list is asked for by `ofTenants`. */
export function isOfTenants(asked: Asked, caller: Caller, tenants: Pick<TenantService, 'below'>): (tenant: string) => boolean {
  const wanted = tenantsAsked(asked, caller, tenants);
  if (!wanted) return () => true;
  const ids = new Set(wanted);
  return (tenant) => ids.has(tenant);
}

/**
 * The tenant that the body of another resource names by its id; without one the caller's. One that the caller does not see is none.
 * @param path of the field that names it
 * @throws HttpProblem body-invalid
 */
export function tenantOf(id: OrderedJson | undefined, tenants: TenantService, caller: Caller, path = 'tenant'): Tenant {
  const wanted = id === undefined ? caller.tenant : id;
  const tenant = typeof wanted === 'string' && caller.sees(wanted) ? tenants.get(wanted) : undefined;
  if (tenant) return tenant;
  throw bodyInvalid('The body is not valid', [{ path, message: 'is no tenant that there is; it must be the id of one' }]);
}
