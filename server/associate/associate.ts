import { reason } from '../lib/errors.ts';
import { compareVersions, isSameRelease } from '../lib/version.ts';
import type { Plugin } from '../plugins/model.ts';
import type { DeviceInfo, Support } from '../sdk.ts';

export const support = {
  none: 0,
  improbable: 100,
  unknown: 200,
  probable: 300,
  incomplete: 400,
  complete: 500,
  exact: 600,
} as const satisfies Record<string, Support>;

export interface Candidate {
  readonly plugin: Plugin;
  readonly score: Support;
  /** Why this score, in words. */
  readonly why: string;
}

/** How well a plugin supports a phone of which this much is known. */
export function score(info: DeviceInfo, plugin: Plugin): Candidate {
  try {
    const own = plugin.package.definition.support?.(info, plugin.line);
    if (own !== undefined) return { plugin, score: own, why: 'the vendor package says so' };
  } catch (cause) {
    return { plugin, score: support.none, why: `its support function failed: ${reason(cause)}` };
  }
  if (info.vendor === undefined) return { plugin, score: support.improbable, why: 'the vendor is not known' };
  if (info.vendor !== plugin.package.definition.vendor) return { plugin, score: support.none, why: 'another vendor' };
  if (info.model === undefined) return { plugin, score: support.probable, why: 'the vendor fits, the model is not known' };
  const row = plugin.models.get(info.model);
  if (!row) return { plugin, score: support.probable, why: `the vendor fits, the model ${info.model} is not in its table` };
  if (info.version !== undefined && isSameRelease(row.series.version, info.version)) {
    return { plugin, score: support.exact, why: `made for ${info.model} with firmware ${row.series.version}` };
  }
  return { plugin, score: support.complete, why: `made for ${info.model}, with firmware ${row.series.version}` };
}

/** All that could serve this phone, the best first; between equals the newest release for its model, then the newest line, then the id. */
export function candidates(info: DeviceInfo, plugins: readonly Plugin[]): Candidate[] {
  // The first number of a release may be that of the hardware, which says nothing of which line is newer: 66.86.0.15, 96.85.0.5.
  const release = ({ models, version }: Plugin) => models.get(info.model ?? '')?.series.version ?? version;
  return plugins
    .map((plugin) => score(info, plugin))
    .filter((candidate) => candidate.score > support.none)
    .sort(
      (a, b) =>
        b.score - a.score ||
        compareVersions(release(b.plugin), release(a.plugin)) ||
        compareVersions(b.plugin.version, a.plugin.version) ||
        (a.plugin.id < b.plugin.id ? 1 : -1),
    );
}

/**
 * The plugin that serves this phone best; undefined when none is at least probable.
 * @param plugins those of the phone's vendor, so that the work does not grow with what else is installed
 */
export function associate(info: DeviceInfo, plugins: readonly Plugin[]): Candidate | undefined {
  const [best] = candidates(info, plugins);
  return best && best.score >= support.probable ? best : undefined;
}

/**
 * The id of the plugin for a phone that nobody chose one for. One that it was given stays, also when the phone's firmware
 * changes: the plugin decides about the firmware, not the other way round. Only a guess gives way to something better.
 */
export function choose(info: DeviceInfo, plugins: readonly Plugin[], current: string | undefined): string | undefined {
  const present = plugins.find(({ id }) => id === current);
  const before = present ? score(info, present).score : support.none;
  if (before >= support.incomplete) return current;
  const best = associate(info, plugins);
  return best && best.score > before ? best.plugin.id : current;
}
