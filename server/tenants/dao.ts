import type { Tenant } from './model.ts';

/** Where tenants are kept. Every promise that resolves is on disk. */
export interface TenantDao {
  /** All, in order of creation: tenants are few, the service keeps them in memory. */
  list(): Promise<Tenant[]>;
  /** @throws ProvisioningError tenant-id-taken, tenant-name-taken, tenant-key-taken, tenant-unknown (the parent) */
  insert(tenant: Tenant): Promise<void>;
  /** Stores `tenant` over the one of `tenant.revision`, as revision + 1; `main` stays as it is. @returns false when that revision is no longer the stored one. @throws tenant-name-taken, tenant-key-taken */
  update(tenant: Tenant): Promise<boolean>;
  /** The main tenant, and one that still has devices, configs or tenants below it, is not deleted. @throws tenant-in-use @returns false when there is none. */
  delete(id: string): Promise<boolean>;
}
