import type { Ended, Page } from '../lib/paging.ts';
import type { Condition, Delivery, Device, Identity, Looked, Resync, Sending, Sighting } from './model.ts';

export type DeviceSort =
  | 'created'
  | 'updated'
  | 'seen'
  | 'id'
  | 'mac'
  | 'ip'
  | 'serial'
  | 'uuid'
  | 'vendor'
  | 'model'
  | 'version'
  | 'plugin'
  | 'config'
  | 'description';

type Fact =
  | Identity
  | 'id'
  | 'vendor'
  | 'model'
  | 'version'
  | 'plugin'
  | 'config'
  | 'description'
  | 'approved'
  | 'pinned'
  | 'added';

/** Devices of which all of this is true. */
export interface DeviceFilter {
  /** Only these tenants; all when absent. */
  readonly tenants?: readonly string[];
  /** Exact values; null: those without it. */
  readonly where?: { readonly [Name in Fact]?: Device[Name] | null };
  readonly configured?: boolean;
  /** held: until it is approved; configured, failing: whether all its files can be made. */
  readonly state?: 'held' | 'configured' | 'failing';
  /** What it fetched last of its own files is what it would get now, or is not; null: it has fetched none of them. */
  readonly inSync?: boolean | null;
  /** Its vendor is known. */
  readonly recognised?: boolean;
  /** It has ever asked. */
  readonly seen?: boolean;
  /** Milliseconds since 1970: asked or was changed then or later; asked before, or never. */
  readonly seenSince?: number;
  readonly notSeenSince?: number;
  readonly changedSince?: number;
  /** Its id, MAC address, IP address, serial number, model or description begins so, whatever the case of Latin letters. */
  readonly search?: string;
}

export interface DeviceQuery extends DeviceFilter, Page<DeviceSort> {}

export type StoredDevice = Device & {
  readonly condition: Condition;
  readonly seen?: Sighting;
  /** Whether what it fetched last of its own files is what it would get now; absent: it has fetched none of them. */
  readonly inSync?: boolean;
  /** The username of its first line in what it fetched last: as that it is registered. */
  readonly account?: string;
};

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
  /**
   * By code points, descriptions whatever the case of Latin letters; devices without that field come first, equal ones in order of
   * creation. Default: created.
   */
  list(query: DeviceQuery): Promise<Ended & { devices: StoredDevice[]; total: number }>;
  /** Ids of devices of these tenants, or of all, of which what they fetched last has a line with this username: as that they are registered. */
  idsOfAccount(username: string, tenants: readonly string[] | undefined, limit: number): Promise<string[]>;
  count(filter: DeviceFilter): Promise<number>;
  /** In order of creation. */
  ids(filter?: DeviceFilter): Promise<string[]>;
  /** Ids of the devices whose config is one of these, or whose plugin is one of these, in order of creation. */
  idsUsing(use: { configs?: readonly string[]; plugins?: readonly string[] }): Promise<string[]>;
  /** Those that no longer exist are passed over, here and below. */
  setConditions(conditions: ReadonlyMap<string, Looked>): Promise<void>;
  noteSightings(sightings: readonly Sighting[]): Promise<void>;
  /**
   * @returns ids of the devices that fetched a file of their own of which it is not known that it is what they would get now: they are to be
   * looked at
   */
  noteDeliveries(deliveries: readonly Sending[]): Promise<string[]>;
  deliveries(device: string): Promise<Delivery[]>;
  /** When each of these last fetched a file of its own, and whether it is in sync; without those that have fetched none. */
  fetches(ids: readonly string[]): Promise<ReadonlyMap<string, { readonly at: number; readonly inSync: boolean }>>;
  /** Over what was noted of the same device before. */
  noteResync(resync: Resync): Promise<void>;
  resync(device: string): Promise<Resync | undefined>;
  /** Notes under which URL devices reach the server; undefined is the usual one. */
  noteUrls(urls: ReadonlyMap<string, string | undefined>): Promise<void>;
  /** Where it is not the usual one. */
  urls(): Promise<ReadonlyMap<string, string>>;
}
