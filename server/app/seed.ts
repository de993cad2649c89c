import { fromPlain, type OrderedJson } from '../lib/ordered-json.ts';
import type { Core } from './core.ts';

/**
 * Gives an empty store a config for phones that nobody knows, so that a phone can be tried at once. Its account is a placeholder:
 * the phone shows that it was provisioned, and registers nowhere.
 */
export async function seed({ configs, tenants }: Pick<Core, 'configs' | 'tenants'>): Promise<void> {
  const { total } = await configs.list({ limit: 1 });
  if (total > 0) return;
  const tenant = tenants.main.id;
  await configs.create({
    id: 'base',
    tenant,
    parents: [],
    raw: ordered({ timezone: 'UTC', locale: 'en_US', sip_proxy_ip: 'sip.invalid' }),
  });
  await configs.create({
    id: 'autoprov',
    tenant,
    parents: ['base'],
    role: 'autocreate',
    raw: ordered({ sip_lines: { 1: { username: 'autoprov', password: 'autoprov', display_name: 'Not assigned yet' } } }),
  });
}

function ordered(value: object): Map<string, OrderedJson> {
  return fromPlain(value) as Map<string, OrderedJson>;
}
