import * as z from 'zod';
import type { Caller } from '../../access/model.ts';
import type { DeviceFilter } from '../../devices/dao.ts';
import { parseIp } from '../../lib/ip.ts';
import { parseMac } from '../../lib/mac.ts';
import type { TenantService } from '../../tenants/service.ts';
import { moment } from '../fields.ts';
import { flag } from '../input.ts';
import type { Given } from '../listing.ts';
import { ofTenants, tenantsAsked } from '../tenancy.ts';

const states = ['held', 'configured', 'failing'] as const;
const syncs = { 'in-sync': true, 'out-of-sync': false, unfetched: null } as const;

/** An exact value; an empty one: devices without it. */
const exact = z.string().transform((text) => text || null);

const orNone = <Value>(parse: (text: string) => Value | undefined, message: string) =>
  z.string().transform((text, context) => {
    if (text === '') return null;
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** By what devices are asked for; in a query, or wherever else some of them are meant. */
export const deviceFilters = z
  .strictObject({
    ...ofTenants,
    id: z.string(),
    mac: orNone(parseMac, 'must be a MAC address'),
    ip: orNone(parseIp, 'must be an IPv4 or IPv6 address'),
    serial: exact,
    uuid: z.string().transform((text) => text.toLowerCase() || null),
    vendor: exact,
    model: exact,
    version: exact,
    plugin: exact,
    config: exact,
    description: exact.meta({ description: 'The whole of it, whatever the case.' }),
    added: z.enum(['auto', ''], { error: 'must be auto, or empty' }).transform((text) => text || null),
    approved: flag,
    pinned: flag,
    recognised: flag.meta({ description: 'Its vendor is known.' }),
    configured: flag,
    state: z
      .enum(states, { error: `must be ${states.join(', ')}` })
      .meta({ description: 'held: until it is approved; configured, failing: whether all its files can be made.' }),
    sync: z.enum(Object.keys(syncs) as (keyof typeof syncs)[], { error: `must be ${Object.keys(syncs).join(', ')}` }).meta({
      description:
        'Whether what it fetched last of its own files is what it would get now; unfetched: it has fetched none of them.',
    }),
    seen: flag.meta({ description: 'It has asked, ever.' }),
    seen_since: moment.meta({ description: 'It has asked then or later.' }),
    not_seen_since: moment.meta({ description: 'It has not asked since then, or never.' }),
    changed_since: moment.meta({ description: 'It was changed then or later.' }),
    search: z
      .string()
      .min(1, { error: 'must not be empty' })
      .meta({ description: 'The beginning of its id, MAC address, IP address, serial number, model or description.' }),
  })
  .partial()
  .meta({ description: 'An empty value: devices without it.' });

/** Which devices are asked for, of those that the caller sees. */
export function deviceFilterOf(
  asked: Given<typeof deviceFilters>,
  caller: Caller,
  tenantTree: Pick<TenantService, 'below'>,
): DeviceFilter {
  const { tenant, descendants, configured, recognised, state, sync, seen, search, ...others } = asked;
  const { seen_since: seenSince, not_seen_since: notSeenSince, changed_since: changedSince, ...where } = others;
  const tenants = tenantsAsked({ ...(tenant && { tenant }), ...(descendants && { descendants }) }, caller, tenantTree);
  return {
    where,
    ...(tenants && { tenants }),
    ...(configured !== undefined && { configured }),
    ...(recognised !== undefined && { recognised }),
    ...(state && { state }),
    ...(sync && { inSync: syncs[sync] }),
    ...(seen !== undefined && { seen }),
    ...(search !== undefined && { search }),
    ...(seenSince !== undefined && { seenSince }),
    ...(notSeenSince !== undefined && { notSeenSince }),
    ...(changedSince !== undefined && { changedSince }),
  };
}
