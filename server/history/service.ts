import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Config } from '../configs/model.ts';
import { differences, type Fields } from '../lib/differences.ts';
import { ProvisioningError } from '../lib/errors.ts';
import type { EntryQuery, HistoryDao } from './dao.ts';
import type { Entry, Subject, Version, VersionSummary } from './model.ts';

/** What happened to something that does not lie in the store. */
export interface Event {
  readonly what: Subject;
  readonly action: Entry['action'];
  /** As it was, and as it is. Whatever is secret by its name, its value or its type stays out of the entry. */
  readonly before?: Fields;
  readonly after?: Fields;
}

export interface HistoryService {
  /** Notes what whoever acts has done; to be called when it is done. For what lies in the store, the store does it. */
  note(event: Event): Promise<void>;
  /** Entries from the newest. @returns with `next`, when there are more: the number to ask for as `after` */
  list(query: EntryQuery): Promise<{ readonly entries: Entry[]; readonly next?: number }>;
  /** As `HistoryDao`. */
  readonly count: HistoryDao['count'];
  readonly after: HistoryDao['after'];
  readonly range: HistoryDao['range'];
  /** Earlier versions of a config, from the newest; also of one that was removed. @param tenants only versions that belonged to them */
  versions(config: string, tenants?: readonly string[]): Promise<VersionSummary[]>;
  /** What the config was at that revision, whole: with its secrets. */
  version(config: string, revision: number, tenants?: readonly string[]): Promise<Version | undefined>;
  /**
   * Makes a config what it was at that revision, also one that was removed: a change like any other, which makes a revision of its own.
   *
   * @param over the revision that the config must have now
   * @throws ProvisioningError version-unknown, and what `configs.restore` throws
   */
  rollback(
    config: string,
    revision: number,
    options?: { readonly tenants?: readonly string[] | undefined; readonly over?: number | undefined },
  ): Promise<Config>;
  /** Removes what is too old, or too much, in small pieces. Stops at the signal, and goes on from there when it is called again. */
  prune(signal?: AbortSignal): Promise<void>;
}

export interface HistoryOptions {
  readonly dao: HistoryDao;
  readonly configs: { restore(earlier: Config, revision?: number): Promise<Config> };
  /** How long entries are kept. Milliseconds. */
  readonly auditMs: number;
  /** How many versions of one config are kept. */
  readonly versions: number;
  /** How long a version is kept after the change that replaced it. Milliseconds. */
  readonly versionMs: number;
  readonly now?: () => number;
}

export function historyService({
  dao,
  configs,
  auditMs,
  versions: most,
  versionMs,
  now = Date.now,
}: HistoryOptions): HistoryService {
  const version: HistoryService['version'] = async (config, revision, tenants) => {
    const found = await dao.version(config, revision);
    return found && (tenants === undefined || tenants.includes(found.tenant)) ? found : undefined;
  };

  return {
    version,
    count: dao.count,
    after: dao.after,
    range: dao.range,
    versions: (config, tenants) => dao.versions(config, tenants),

    note: ({ what, action, before = new Map(), after = new Map() }) =>
      dao.note({ what, action, diff: differences(before, after) }),

    async list(query) {
      const found = await dao.entries({ ...query, limit: query.limit + 1 });
      const entries = found.slice(0, query.limit);
      const last = entries.at(-1);
      return { entries, ...(found.length > entries.length && last && { next: last.number }) };
    },

    async rollback(id, revision, { tenants, over } = {}) {
      const found = await version(id, revision, tenants);
      if (!found) throw new ProvisioningError('version-unknown', `No version ${revision} of the config ${id} is kept`);
      const { replaced, entry, ...config } = found;
      return configs.restore(config, over);
    },

    async prune(signal) {
      const at = now();
      while (!signal?.aborted && (await dao.forgetBefore(at - auditMs, at - versionMs)) > 0);
      let looked = await dao.crowded(most, '');
      while (looked && !signal?.aborted) {
        for (const config of looked.configs) while (!signal?.aborted && (await dao.forgetBeyond(config, most)) > 0);
        // A read comes back within this turn of the event loop.
        await nextTurn();
        looked = await dao.crowded(most, looked.last);
      }
    },
  };
}
