import { randomUUID } from 'node:crypto';
import { ProvisioningError } from '../lib/errors.ts';
import { Secret } from '../lib/secret.ts';
import type { TenantDao } from './dao.ts';
import type { Tenant } from './model.ts';
import type { TenantNotifier } from './notifier.ts';
import { checkTenant, type TenantChange } from './validator.ts';

export interface TenantService {
  /** The tenant that unknown phones come to. */
  readonly main: Tenant;
  list(): readonly Tenant[];
  get(id: string): Tenant | undefined;
  /** By provisioning key, at the same cost for every key. */
  byKey(key: string): Tenant | undefined;
  /** It and those above it, the nearest first; the main tenant is the last. */
  line(id: string): readonly string[];
  /** It and all below it. */
  below(id: string): ReadonlySet<string>;
  /**
   * @param parent id of the tenant that it belongs to, for ever: configs inherit along that line; default: the main tenant
   * @param id a UUID; default: a new one
   * @throws ProvisioningError tenant-unknown (the parent), tenant-invalid, tenant-id-taken, tenant-name-taken, tenant-key-taken
   */
  create(name: string, change?: TenantChange, parent?: string, id?: string): Promise<Tenant>;
  /** @throws ProvisioningError tenant-unknown, tenant-changed, and as create */
  change(id: string, change: TenantChange): Promise<Tenant>;
  /** @throws ProvisioningError tenant-unknown, tenant-in-use */
  remove(id: string): Promise<void>;
  /** Another process stored, changed or removed these. */
  changedElsewhere(ids: readonly string[]): Promise<void>;
}

/** Tenants are few and every request asks for them: they are kept in memory. */
export async function tenantService(dao: TenantDao, notifier: TenantNotifier, now = Date.now): Promise<TenantService> {
  let byId = new Map<string, Tenant>();
  let byKey = new Map<string, Tenant>();
  /** Ids of those that belong to a tenant, by its id. */
  let children = new Map<string, string[]>();
  let main: Tenant;

  async function reload(): Promise<void> {
    const tenants = await dao.list();
    byId = new Map(tenants.map((tenant) => [tenant.id, tenant]));
    byKey = new Map(tenants.flatMap((tenant) => (tenant.provisioningKey ? [[tenant.provisioningKey.reveal(), tenant]] : [])));
    children = new Map(tenants.map(({ id }) => [id, []]));
    for (const { id, parent = '' } of tenants) children.get(parent)?.push(id);
    const found = tenants.find((tenant) => tenant.main);
    if (!found) throw new ProvisioningError('store-damaged', 'The store has no main tenant; restore it from a backup');
    main = found;
  }

  function known(id: string): Tenant {
    const tenant = byId.get(id);
    if (!tenant) throw new ProvisioningError('tenant-unknown', `No tenant has the id ${id}`);
    return tenant;
  }

  function line(id: string): string[] {
    const found = [id];
    for (let next = byId.get(id)?.parent; next !== undefined; next = byId.get(next)?.parent) found.push(next);
    return byId.has(id) ? found : [id, main.id];
  }

  await reload();
  return {
    get main() {
      return main;
    },
    list: () => [...byId.values()],
    get: (id) => byId.get(id),
    byKey: (key) => byKey.get(key),
    line,

    below(id) {
      const found = new Set([id]);
      for (const each of found) for (const child of children.get(each) ?? []) found.add(child);
      return found;
    },

    async create(name, change = {}, parent = main.id, id = randomUUID()) {
      checkTenant({ ...change, name });
      known(parent);
      const at = now();
      await dao.insert(apply({ id, name, main: false, parent, created: at, updated: at, revision: 1 }, change));
      await reload();
      return known(id);
    },

    async change(id, change) {
      checkTenant(change);
      if (!(await dao.update({ ...apply(known(id), change), updated: now() }))) {
        await reload();
        throw new ProvisioningError('tenant-changed', `The tenant ${id} was changed by somebody else; look at it and try again`);
      }
      await reload();
      notifier.changed(id);
      return known(id);
    },

    async remove(id) {
      known(id);
      await dao.delete(id);
      await reload();
      notifier.changed(id);
    },

    async changedElsewhere(ids) {
      await reload();
      for (const id of ids) notifier.changed(id);
    },
  };
}

function apply(tenant: Tenant, { name, provisioningKey }: TenantChange): Tenant {
  const { provisioningKey: before, ...rest } = tenant;
  const key = provisioningKey === undefined ? before : provisioningKey === null ? undefined : new Secret(provisioningKey);
  return { ...rest, ...(name !== undefined && { name }), ...(key && { provisioningKey: key }) };
}
