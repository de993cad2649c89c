import type { Condition, Delivery, Device, Identity, Sighting } from './model.ts';

export interface DeviceQuery {
  /** Only these tenants; all when absent. */
  readonly tenants?: readonly string[];
  /** Exact values. */
  readonly where?: Partial<Pick<Device, Identity | 'vendor' | 'model' | 'plugin' | 'config' | 'approved' | 'pinned'>>;
  readonly configured?: boolean;
  /** By code points; devices without that field come first. Default: created. */
  readonly sort?: 'created' | 'id' | 'mac' | 'ip' | 'vendor' | 'model' | 'plugin' | 'config';
  readonly descending?: boolean;
  readonly limit?: number;
  /** Rows to pass over. */
  readonly offset?: number;
}

export type StoredDevice = Device & { readonly condition: Condition; readonly seen?: Sighting };

/** Where devices are kept. Every promise that resolves is on disk. */
export interface DeviceDao {
  get(id: string): Promise<StoredDevice | undefined>;
  /** Through an index, whatever the number of devices; in order of creation. */
  findBy(identity: Identity, value: string): Promise<StoredDevice[]>;
  /**
   * @param unless only if its tenant has no device with the same value of this fact, seen in one step with the insertion
   * @throws ProvisioningError device-id-taken; device-mac-taken when the tenant has a device with this MAC; device-known when there is
   * one with the fact; tenant-unknown
   */
  insert(device: Device, unless?: 'serial' | 'uuid'): Promise<void>;
  /** Stores `device` over the one of `device.revision`, as revision + 1. @returns false when that revision is no longer the stored one. @throws device-mac-taken, tenant-unknown */
  update(device: Device): Promise<boolean>;
  /** With its deliveries. @returns false when there is none. */
  delete(id: string): Promise<boolean>;
  list(query: DeviceQuery): Promise<{ devices: StoredDevice[]; total: number }>;
  /** All ids, or those of a tenant, in order of creation. */
  ids(tenant?: string): Promise<string[]>;
  /** Ids of the devices whose config is one of these, or whose plugin is one of these, in order of creation. */
  idsUsing(use: { configs?: readonly string[]; plugins?: readonly string[] }): Promise<string[]>;
  /** Those that no longer exist are passed over, here and below. */
  setConditions(conditions: ReadonlyMap<string, Condition>): Promise<void>;
  noteSightings(sightings: readonly Sighting[]): Promise<void>;
  noteDeliveries(deliveries: readonly Delivery[]): Promise<void>;
  deliveries(device: string): Promise<Delivery[]>;
}
