import type { OrderedJson } from '../lib/ordered-json.ts';
import type { Secret } from '../lib/secret.ts';

/** Raw config: what devices should be, in provd's vocabulary, in the order in which it was given. */
export type RawConfig = ReadonlyMap<string, OrderedJson>;

export interface Config {
  readonly id: string;
  readonly tenant: string;
  /** Ids of the configs it inherits from; a later one outranks an earlier one, and this config outranks all. */
  readonly parents: readonly string[];
  readonly raw: RawConfig;
  /** `autocreate`: copied for a device that has none; `default`: used by a device that has none. */
  readonly role?: 'autocreate' | 'default';
  /** Made for one device; goes when no device uses it any more. */
  readonly transient: boolean;
  readonly deletable: boolean;
  /**
   * Digits that somebody dials at a phone to give it this config: see `isCode`. No other config of its tenant has them, nobody inherits them,
   * and who knows them gets what the config says, passwords too.
   */
  readonly code?: Secret;
  /** Keys of others (`X_…`), kept as they came. */
  readonly extra: ReadonlyMap<string, OrderedJson>;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  /** Rises by one with every change; a write names the revision it read. */
  readonly revision: number;
}

/** A config with all it inherits. The same object is handed out until an ancestor changes: it is its own revision. */
export interface ResolvedConfig {
  /** Id of the config it was resolved from. */
  readonly id: string;
  /** Whose it is. The main tenant's are everybody's. */
  readonly tenant: string;
  readonly raw: RawConfig;
  /** The ids it was made of, in the order in which they were laid over each other; the config itself is the last. */
  readonly chain: readonly string[];
  /** Parents that do not exist. */
  readonly missing: readonly string[];
  /** When the youngest of the chain was changed. */
  readonly updated: number;
}

/** A tenant and those above it, the nearest first: its configs inherit from theirs. It stays as it is as long as there is the tenant. */
export type TenantLine = (tenant: string) => readonly string[];
