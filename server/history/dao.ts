import type { Actor } from '../lib/actor.ts';
import type { Entry, Version, VersionSummary } from './model.ts';

/** What is left out does not matter. */
export interface EntryQuery {
  /** Only what belongs to these: what is everybody's is left out then. */
  readonly tenants?: readonly string[];
  readonly resource?: string;
  readonly id?: string;
  /** Without an id: who of that kind has none. */
  readonly who?: Pick<Actor, 'kind' | 'id'>;
  /** Milliseconds since 1970: this one and later. */
  readonly from?: number;
  /** Earlier than this one. */
  readonly to?: number;
  /** From the oldest. */
  readonly ascending?: boolean;
  /** Only entries behind that with this number. */
  readonly after?: number;
  readonly limit: number;
}

/**
 * Where entries and versions are kept. The store itself writes those of devices, configs and tenants, each in the transaction of its
 * change: no change is without its entry. Every promise that resolves is on disk.
 *
 * Not noted is what phones cause by asking: what they tell of themselves (mac, serial, uuid, vendor, model, version), the plugin that
 * follows from it, their addresses, when they were seen, what they fetched. What they cause to be made or removed is, in their name.
 *
 * Before a change or removal of a config, the config as it was is kept; not of a transient one, which goes with its device.
 */
export interface HistoryDao {
  /** For what does not lie in the store. Number and time are given, and who acts is noted. */
  note(entry: Pick<Entry, 'what' | 'action' | 'diff'>): Promise<void>;
  /** From the newest, if nothing else is asked for; its cost does not grow with the number of entries. */
  entries(query: EntryQuery): Promise<Entry[]>;
  /** How many there are, wherever the page begins. */
  count(query: Omit<EntryQuery, 'ascending' | 'after' | 'limit'>): Promise<number>;
  /** Entries with a greater number, from the oldest. */
  after(number: number, limit: number): Promise<Entry[]>;
  /** The numbers of the oldest entry that is kept, and of the newest that there ever was; of none 1 and 0. */
  range(): Promise<{ readonly oldest: number; readonly newest: number }>;
  /** Of one config, from the newest. @param tenants only versions that belonged to them */
  versions(config: string, tenants?: readonly string[]): Promise<VersionSummary[]>;
  version(config: string, revision: number): Promise<Version | undefined>;
  /**
   * Removes entries and versions of changes before these times; not many at once, so that nobody waits for it.
   * @returns how many: 0 when there are no more
   */
  forgetBefore(entries: number, versions: number): Promise<number>;
  /**
   * Looks through some of the configs that have versions, those after this id, for those with more than `most`.
   * @returns their ids, and the last id that was looked at; undefined after the last
   */
  crowded(most: number, after: string): Promise<{ readonly configs: string[]; readonly last: string } | undefined>;
  /** Removes the oldest versions of a config beyond that number, not many at once. @returns how many: 0 when there are no more */
  forgetBeyond(config: string, most: number): Promise<number>;
}
