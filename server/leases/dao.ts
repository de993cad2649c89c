import type { Ip } from '../lib/ip.ts';
import type { Lease } from './model.ts';

/** Where leases are kept, one an address. Every promise that resolves is on disk, and calls take effect in their order. */
export interface LeaseDao {
  /** All, in no order: the service has them in memory. */
  list(): Promise<Lease[]>;
  /** Stores each over the one of its address, if there is one; all of them or none. */
  save(leases: readonly Lease[]): Promise<void>;
  /** Those that no longer exist are passed over. */
  remove(addresses: readonly Ip[]): Promise<void>;
}
