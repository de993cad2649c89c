import { join } from 'node:path';
import type { Plugin } from '../plugins/model.ts';
import { FILES, type Installed } from './installed.ts';

/** Finds the file of an installed firmware package that a phone of a plugin asks for. */
export type ServedFiles = (plugin: Plugin, path: string) => string | undefined;

/**
 * Of two packages that have a file of the same name for a plugin, the one that was installed last serves it. What another line of the
 * vendor package has comes after the line's own: a phone on its way to another line asks for that one's image.
 *
 * @returns a look-up that costs the same however many are installed: phones ask for much that is nowhere
 */
export function servedFiles(installed: Iterable<Installed>): ServedFiles {
  const vendors = new Map<string, Map<string, Place[]>>();
  for (const { folder, facts } of [...installed].sort((a, b) => b.facts.installed - a.facts.installed)) {
    const paths = vendors.get(facts.vendor) ?? new Map<string, Place[]>();
    vendors.set(facts.vendor, paths);
    for (const { path } of facts.files) {
      const places = paths.get(path) ?? [];
      paths.set(path, [...places, { file: join(folder, FILES, path), plugins: facts.plugins }]);
    }
  }
  return ({ id, package: owner }, path) => {
    const places = vendors.get(owner.id)?.get(path.slice(1));
    return (places?.find(({ plugins }) => plugins.length === 0 || plugins.includes(id)) ?? places?.[0])?.file;
  };
}

interface Place {
  readonly file: string;
  readonly plugins: readonly string[];
}
