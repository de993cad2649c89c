import type { Config } from './model.ts';

export interface ConfigQuery {
  readonly tenants?: readonly string[];
  readonly role?: Config['role'];
  readonly transient?: boolean;
  readonly limit?: number;
  readonly offset?: number;
}

/** Where configs are kept. Every promise that resolves is on disk. */
export interface ConfigDao {
  get(id: string): Promise<Config | undefined>;
  /** @throws ProvisioningError config-id-taken, tenant-unknown */
  insert(config: Config): Promise<void>;
  /** Stores `config` over the one of `config.revision`, as revision + 1. @returns false when that revision is no longer the stored one. @throws tenant-unknown */
  update(config: Config): Promise<boolean>;
  /** @returns false when there is none. */
  delete(id: string): Promise<boolean>;
  /** In order of creation. */
  list(query: ConfigQuery): Promise<{ configs: Config[]; total: number }>;
  /** Ids of the configs that name this one as a parent, in order of creation. */
  childrenOf(id: string): Promise<string[]>;
}
