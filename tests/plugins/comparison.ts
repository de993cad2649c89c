import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from '../../server/devices/model.ts';
import type { Mac } from '../../server/lib/mac.ts';
import type { Plugin, PluginArtefact } from '../../server/plugins/model.ts';
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

/** What a vendor's tests have for the comparison: differences.ts, and parse.ts, which reads a file of a template as the phone does. */
export interface Dialect {
  readonly differences: readonly Difference[];
  parse(text: string, template: string): Values;
}

export interface Sample {
  /** `yealink-v86-T46U` */
  readonly file: string;
  readonly plugin: Plugin;
  readonly phone: Device;
  readonly artefact: PluginArtefact;
  readonly case: string;
  readonly theirs: Values;
}

/** What a file of provd/ holds. */
interface Theirs {
  readonly mac: Mac;
  /** Where it is another text than in the name of the file, which has no blanks. */
  readonly model?: string;
  /** The minimal case in full, the others as they differ from it; null: the key is not there. */
  readonly cases: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
}

/** The vendors that there are files of provd's for. */
export const comparedVendors = readdirSync(import.meta.dirname).filter((name) =>
  existsSync(join(import.meta.dirname, name, 'provd')),
);

export async function dialectOf(vendor: string): Promise<Dialect> {
  const { differences } = (await import(`./${vendor}/differences.ts`)) as Pick<Dialect, 'differences'>;
  const { parse } = (await import(`./${vendor}/parse.ts`)) as Pick<Dialect, 'parse'>;
  return { differences, parse };
}

/**
 * What provd's plugins made for a vendor's phones: `<plugin>-<model>.json` is the main file, `<plugin>-<model>@<template>.json` one of another
 * template.
 */
export function samplesOf(vendor: string, plugins: readonly Plugin[]): Sample[] {
  const folder = join(import.meta.dirname, vendor, 'provd');
  return readdirSync(folder).flatMap((name) => {
    const file = name.replace(/\.json$/, '');
    const plugin = plugins.find(({ id }) => file.startsWith(`${id}-`));
    if (!plugin) throw new Error(`${name} is of no plugin`);
    const [named = '', template] = file.slice(plugin.id.length + 1).split('@');
    const [main] = plugin.artefacts;
    const artefact = template === undefined ? main : plugin.artefacts.find((each) => each.template === `${template}.tpl`);
    if (!artefact) throw new Error(`${name} is no file of ${plugin.id}`);
    const { mac, model = named, cases } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Theirs;
    const phone = device(plugin, { model, mac });
    return Object.entries(cases).map(([each, values]) => {
      const whole = Object.entries({ ...cases.minimal, ...values });
      const theirs = new Map(whole.flatMap(([key, value]): [string, string][] => (value === null ? [] : [[key, value]])));
      return { file, plugin, phone, artefact, case: each, theirs };
    });
  });
}

/** Our file for the same raw config. */
export function renderSample({ plugin, phone, artefact, case: name }: Sample): string {
  return render(plugin, artefact, raw(rawConfigs[name] ?? {}), phone);
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
