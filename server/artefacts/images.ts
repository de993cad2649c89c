import { readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Content, fileContent } from '../lib/content.ts';
import type { Plugin } from '../plugins/model.ts';

export type Image = Content & { readonly modified: Date };

/** Firmware images that phones ask for by their path. */
export interface Images {
  /** Opens one. @param path as in `PhoneRequest`: the listener has cleaned it, it has no `..` and no empty part */
  open(path: string, plugin: Plugin): Promise<Image | undefined>;
}

/** The file of an installed firmware package that a phone of a plugin asks for, by its path with a leading slash. */
export type Installed = (plugin: Plugin, path: string) => string | undefined;

/** Phones ask for much that is nowhere, a storm of them thousands of times a second: the folder is looked at once in this time. */
const freshMs = 1_000;

/**
 * What an administrator put into the folder of the plugin by hand, else what a firmware package installed, else what lies in the folder of
 * another line of the vendor package: a phone on its way to another line asks for that one's image.
 * @param folder one folder a plugin
 */
export function openImages(folder: string, installed: Installed, now = () => performance.now()): Images {
  // A promise: who comes while the folder is looked at waits for that look.
  let filled: Promise<readonly string[]> = Promise.resolve([]);
  let looked = Number.NEGATIVE_INFINITY;

  async function open(name: string, plugins: readonly Plugin[]): Promise<Image | undefined> {
    const folders = await filled;
    for (const { id } of plugins) {
      if (!folders.includes(id)) continue;
      const image = await openInside(join(folder, id), name);
      if (image) return image;
    }
    return undefined;
  }

  return {
    async open(path, plugin) {
      // Bytes beyond ASCII came as Latin-1 signs; in the file system they are the bytes again.
      const name = Buffer.from(path, 'latin1').toString('utf8');
      if (name.endsWith('/')) return undefined;
      if (now() - looked >= freshMs) {
        looked = now();
        filled = entriesOf(folder);
        // Whoever asks is told below.
        filled.catch(() => {});
      }
      const file = installed(plugin, name);
      return (
        (await open(name, [plugin])) ??
        (file === undefined ? undefined : await fileContent(file)) ??
        (await open(
          name,
          plugin.package.plugins.filter((other) => other !== plugin),
        ))
      );
    },
  };
}

/** A link that leads out of the folder leads to nothing. */
async function openInside(folder: string, name: string): Promise<Image | undefined> {
  const file = await real(join(folder, name));
  if (file === undefined) return undefined;
  const root = await real(folder);
  return root !== undefined && file.startsWith(root + sep) ? fileContent(file) : undefined;
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return [];
    throw cause;
  });
}

async function real(path: string): Promise<string | undefined> {
  return realpath(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR' || cause.code === 'ENAMETOOLONG') return undefined;
    throw cause;
  });
}
