import type { Ended, Page } from '../lib/paging.ts';
import type { Secret } from '../lib/secret.ts';
import type { Config } from './model.ts';

export interface ConfigQuery extends Page<'created' | 'updated' | 'id' | 'role'> {
  readonly tenants?: readonly string[];
  readonly role?: Config['role'];
  readonly transient?: boolean;
  /** Its id begins so. */
  readonly search?: string;
  /** It was changed then or later: milliseconds since 1970. */
  readonly changedSince?: number;
}

/** A change that makes a config what it was before, told otherwise than any other. */
export type Action = 'rolled-back';

/** Where configs are kept. Every promise that resolves is on disk. */
export interface ConfigDao {
  get(id: string): Promise<Config | undefined>;
  /**
   * @returns its revision, which is greater than that of every version that is kept of one with its id
   * @throws ProvisioningError config-id-taken, config-code-taken, tenant-unknown
   */
  insert(config: Config, action?: Action): Promise<number>;
  /** Stores `config` over the one of `config.revision`, as revision + 1. @returns false when that revision is no longer the stored one. @throws config-code-taken, tenant-unknown */
  update(config: Config, action?: Action): Promise<boolean>;
  /** The config of this tenant that has this code. */
  byCode(tenant: string, code: Secret): Promise<Config | undefined>;
  /** @returns false when there is none. */
  delete(id: string): Promise<boolean>;
  /** By code points; those without the field come first, equal ones in order of creation. Default: created. */
  list(query: ConfigQuery): Promise<Ended & { configs: Config[]; total: number }>;
  /** Ids of the configs that name this one as a parent, in order of creation. */
  childrenOf(id: string): Promise<string[]>;
}
