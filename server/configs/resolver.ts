import { LRUCache } from 'lru-cache';
import type { ConfigDao } from './dao.ts';
import type { Config, RawConfig, ResolvedConfig, TenantLine } from './model.ts';
import { flatten, visibleTo } from './resolve.ts';

export interface Resolver {
  /**
   * The config with all it inherits; undefined when there is none. Hands out the same object until the config, one it inherits
   * from, or one that it names and that did not exist, is changed. (An object that nobody asked for in a long time may give way to
   * others, and is made again.)
   *
   * @param keep whether what is made for this call may push out what others asked for before
   */
  resolve(id: string, keep?: 'always' | 'if-room'): Promise<ResolvedConfig | undefined>;
  /** The config was created, changed or removed. From now on nobody is given what was made of it before. */
  forget(id: string): void;
}

/**
 * A value with its path, its origin and its places in two Maps, and what is read from it, was measured at 260 bytes, so these are some
 * 64 MB. A phone with a few keys has 50 values: 5,000 phones that boot together do not push one another out.
 */
const MOST_VALUES = 250_000;

export function createResolver(dao: Pick<ConfigDao, 'get'>, base: RawConfig, line: TenantLine): Resolver {
  /** Resolved configs by the ids they depend on. */
  const dependents = new Map<string, Set<string>>();
  const cache = new LRUCache<string, ResolvedConfig>({
    maxSize: MOST_VALUES,
    sizeCalculation: sizeOf,
    dispose: (resolved, id) => {
      for (const dependency of dependenciesOf(resolved)) {
        const others = dependents.get(dependency);
        others?.delete(id);
        if (others?.size === 0) dependents.delete(dependency);
      }
    },
  });
  const underway = new Map<string, Promise<ResolvedConfig | undefined>>();
  /** What is being resolved: ids that were read, and whether one of them has been changed since. */
  const readers = new Set<{ readonly read: Set<string>; stale: boolean }>();

  const store = (resolved: ResolvedConfig, keep: 'always' | 'if-room') => {
    if (keep === 'if-room' && cache.calculatedSize + sizeOf(resolved) > MOST_VALUES) return;
    cache.set(resolved.id, resolved);
    // One that is larger than the whole cache is not kept.
    if (!cache.has(resolved.id)) return;
    for (const dependency of dependenciesOf(resolved)) {
      const others = dependents.get(dependency) ?? new Set();
      dependents.set(dependency, others.add(resolved.id));
    }
  };

  const make = async (id: string, keep: 'always' | 'if-room') => {
    const reader = { read: new Set<string>(), stale: false };
    readers.add(reader);
    try {
      let family: Map<string, Config>;
      // Ends: each further round was caused by a write to the disk.
      do {
        reader.stale = false;
        reader.read.clear();
        family = await readFamily(dao, [id], reader.read);
      } while (reader.stale);
      const config = family.get(id);
      if (!config) return undefined;
      const resolved = flatten(base, config, visibleTo(line(config.tenant), family));
      store(resolved, keep);
      return resolved;
    } finally {
      readers.delete(reader);
      underway.delete(id);
    }
  };

  return {
    async resolve(id, keep = 'always') {
      const known = cache.get(id);
      if (known) return known;
      const making = underway.get(id) ?? make(id, keep);
      underway.set(id, making);
      return making;
    },
    forget(id) {
      for (const dependent of dependents.get(id) ?? []) cache.delete(dependent);
      for (const reader of readers) reader.stale ||= reader.read.has(id);
    },
  };
}

/**
 * Reads configs and all that they inherit from, by id.
 *
 * @param asked grows by each id before it is read
 */
export async function readFamily(
  dao: Pick<ConfigDao, 'get'>,
  ids: readonly string[],
  asked: Set<string> = new Set(),
): Promise<Map<string, Config>> {
  const family = new Map<string, Config>();
  let generation = ids;
  while (generation.length > 0) {
    const fresh = [...new Set(generation)].filter((id) => !asked.has(id));
    for (const id of fresh) asked.add(id);
    const found = (await Promise.all(fresh.map((id) => dao.get(id)))).filter((config) => config !== undefined);
    for (const config of found) family.set(config.id, config);
    generation = found.flatMap(({ parents }) => parents);
  }
  return family;
}

function sizeOf({ raw, chain, missing }: ResolvedConfig): number {
  return valuesIn(raw) + chain.length + missing.length;
}

function valuesIn(raw: RawConfig): number {
  let values = 0;
  for (const value of raw.values()) values += value instanceof Map ? valuesIn(value) : 1;
  return values;
}

function dependenciesOf({ chain, missing }: ResolvedConfig): readonly string[] {
  return [...chain, ...missing];
}
