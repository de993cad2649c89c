import type { Operation } from './model.ts';

/** Where operations are kept. Every promise that resolves is on disk. */
export interface OperationDao {
  /** All, in order of creation: so few are kept that the service has them in memory. */
  list(): Promise<Operation[]>;
  /** Stores it, over the one with its id if there is one. */
  save(operation: Operation): Promise<void>;
  /** Those that no longer exist are passed over. */
  remove(ids: readonly string[]): Promise<void>;
}
