import { compareVersions } from '../lib/version.ts';
import { interfaceRefusal, supportedInterfaces } from '../sdk/interface.ts';
import type { Index, IndexEntry } from './model.ts';

/** An index, and how much its repository is preferred: of a version that several have, the one of the highest priority is taken. */
export interface Offer {
  readonly repository: string;
  readonly priority: number;
  readonly index: Index;
}

export interface AvailableVersion {
  readonly entry: IndexEntry;
  readonly offer: Offer;
  /** Why this server cannot use it. */
  readonly refusal?: string;
}

/** What can be installed: package ids in their order, of each its versions, the newest first. Between equal priorities the first offer wins. */
export function available(
  offers: readonly Offer[],
  supported = supportedInterfaces,
): ReadonlyMap<string, readonly AvailableVersion[]> {
  const found = new Map<string, AvailableVersion[]>();
  for (const offer of [...offers].sort((a, b) => b.priority - a.priority)) {
    for (const entry of offer.index.packages) {
      const versions = found.get(entry.id) ?? [];
      if (versions.some(({ entry: { version } }) => compareVersions(version, entry.version) === 0)) continue;
      const refusal = interfaceRefusal(entry.interface, supported);
      found.set(entry.id, [...versions, { entry, offer, ...(refusal !== undefined && { refusal }) }]);
    }
  }
  for (const versions of found.values()) versions.sort((a, b) => compareVersions(b.entry.version, a.entry.version));
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
