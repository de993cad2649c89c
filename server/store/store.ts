import type { ConfigDao } from '../configs/dao.ts';
import type { DeviceDao } from '../devices/dao.ts';
import type { TenantDao } from '../tenants/dao.ts';

/**
 * What the server keeps, in one database.
 *
 * A write that resolved survives a killed process and a power cut; one that rejected changed nothing. A read sees what was
 * committed when it was called, so a write that is still awaited may be missing from it. Whatever the database itself refuses is
 * a ProvisioningError: store-busy (another process kept it locked, nothing was written, try again), store-full, store-corrupt,
 * store-not-writable, store-closed, or store-failed for anything else.
 */
export interface Store {
  readonly tenants: TenantDao;
  readonly devices: DeviceDao;
  readonly configs: ConfigDao;
  /** Rejects when the database cannot be read now. */
  ping(): Promise<void>;
  /** Writes that were called before are finished first. A second call does nothing. */
  close(): Promise<void>;
}
