import type { RepeatDao, TokenDao, UserDao } from '../access/dao.ts';
import type { ConfigDao } from '../configs/dao.ts';
import type { DeviceDao } from '../devices/dao.ts';
import type { HistoryDao } from '../history/dao.ts';
import type { LeaseDao } from '../leases/dao.ts';
import type { OperationDao } from '../operations/dao.ts';
import type { ParameterDao } from '../parameters/dao.ts';
import type { TenantDao } from '../tenants/dao.ts';

/** A record that was stored, changed or removed by another connection: by another process of the server. */
export interface Change {
  readonly kind: 'tenant' | 'device' | 'config' | 'parameter';
  readonly id: string;
}

/**
 * What other connections have committed, for those who keep in memory what they read. Told are changes of records as their daos'
 * insert, update and delete make them; not what was found out about devices (conditions, sightings, deliveries).
 */
export interface Changes {
  /** The number of the newest change, whoever made it. To be read before anything that is kept. */
  newest(): Promise<number>;
  /**
   * All after the change of a number, in the order of their commits, and the number of the newest; undefined when there are none.
   * @throws ProvisioningError store-behind when some of them are no longer known: whoever asked so late has to begin anew
   */
  after(number: number): Promise<{ readonly changes: readonly Change[]; readonly newest: number } | undefined>;
}

/** Daos whose writes are made at once, and are seen by nobody else until all are committed together. */
export interface Transaction extends Pick<Store, 'devices' | 'configs'> {
  /** Runs a part of the work whose writes are undone when it throws. One at a time. */
  part<Result>(work: () => Promise<Result>): Promise<Result>;
}

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
  readonly operations: OperationDao;
  readonly leases: LeaseDao;
  readonly tokens: TokenDao;
  readonly users: UserDao;
  readonly repeats: RepeatDao;
  readonly parameters: ParameterDao;
  readonly history: HistoryDao;
  /** Empty unless the store was opened as shared. */
  readonly changes: Changes;
  /**
   * Runs work whose writes are on disk together when this resolves, or are undone when it says false or throws. One at a time; while it
   * goes on, others read what was before, and what they write waits.
   */
  transact(work: (transaction: Transaction) => Promise<boolean>): Promise<void>;
  /** Rejects when the database cannot be read now. */
  ping(): Promise<void>;
  /** Writes that were called before are finished first. A second call does nothing. */
  close(): Promise<void>;
}
