import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from '../../server/plugins/model.ts';
import { device, raw, render } from '../support/render.ts';

/** A file as its keys say, whatever its layout. */
export type Values = ReadonlyMap<string, string>;

/** One key that provd's file and ours do not say alike; undefined where it is not there. */
export interface Found {
  readonly key: string;
  readonly theirs: string | undefined;
  readonly ours: string | undefined;
}

/** Keys that are meant to differ, and why. Every pattern that is given must fit. */
export interface Difference {
  readonly keys: RegExp;
  readonly theirs?: RegExp | undefined;
  readonly ours?: RegExp | undefined;
  readonly why: string;
}

/** Raw configs by case. The keys and values of the files that provd's plugins made of them lie in the vendors' provd/ folders. */
const rawConfigs = JSON.parse(readFileSync(join(import.meta.dirname, 'comparison/raw-configs.json'), 'utf8')) as Record<
  string,
  object
>;

export interface Sample {
  /** `yealink-v86-T46U` */
  readonly file: string;
  readonly plugin: Plugin;
  readonly model: string;
  readonly case: string;
  readonly theirs: Values;
}

/** What provd's plugins made for a vendor's phones: `<plugin>-<model>.json`, the minimal case in full, the others as they differ from it. */
export function samplesOf(vendor: string, plugins: readonly Plugin[]): Sample[] {
  const folder = join(import.meta.dirname, vendor, 'provd');
  return readdirSync(folder).flatMap((name) => {
    const file = name.replace(/\.json$/, '');
    const plugin = plugins.find(({ id }) => file.startsWith(`${id}-`));
    if (!plugin) throw new Error(`${name} is of no plugin`);
    const cases = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, Record<string, string | null>>;
    return Object.entries(cases).map(([each, values]) => {
      const whole = Object.entries({ ...cases.minimal, ...values });
      const theirs = new Map(whole.flatMap(([key, value]): [string, string][] => (value === null ? [] : [[key, value]])));
      return { file, plugin, model: file.slice(plugin.id.length + 1), case: each, theirs };
    });
  });
}

/** The phone's main file of ours for the same raw config. */
export function renderSample({ plugin, model, case: name }: Sample): string {
  const [main] = plugin.artefacts;
  if (!main) throw new Error(`${plugin.id} has no artefact`);
  return render(plugin, main, raw(rawConfigs[name] ?? {}), device(plugin, { model }));
}

export function compare(theirs: Values, ours: Values): Found[] {
  return [...new Set([...theirs.keys(), ...ours.keys()])]
    .map((key) => ({ key, theirs: theirs.get(key), ours: ours.get(key) }))
    .filter(({ theirs: left, ours: right }) => left !== right);
}

/** Whether a difference speaks of this one; a pattern for a side fits only what is there, and `undefined` given as such, nothing. */
export function explains(difference: Difference, { key, theirs, ours }: Found): boolean {
  const fits = (side: 'theirs' | 'ours', value: string | undefined) => {
    if (!(side in difference)) return true;
    const pattern = difference[side];
    return pattern === undefined || value === undefined ? pattern === value : pattern.test(value);
  };
  return difference.keys.test(key) && fits('theirs', theirs) && fits('ours', ours);
}
