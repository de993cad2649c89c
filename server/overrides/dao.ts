import { createHash } from 'node:crypto';
import { lstat, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { makeDirectory } from '../lib/directory.ts';
import { syncFolder, writeDurably } from '../lib/durable.ts';
import { ProvisioningError, reason } from '../lib/errors.ts';
import { unwritable } from '../lib/writing.ts';
import type { Texts } from './model.ts';

/** What is kept of an override: the operator's text, the package's that it was made from, the operator's before the last change. */
export type Kind = 'override' | 'base' | 'former';

/** Where overrides are kept. Names are checked by the caller. Every promise that resolves is on disk. */
export interface OverrideDao {
  read(kind: Kind): Promise<Texts>;
  write(kind: Kind, plugin: string, name: string, text: string): Promise<void>;
  /** Both or neither, whenever the process ends. */
  writeWithBase(plugin: string, name: string, override: string, base: string): Promise<void>;
  /** Nothing when it is not there. */
  remove(kind: Kind, plugin: string, name: string): Promise<void>;
  /** Ends what a process began that ended in the middle; to be called before anything is changed. */
  recover(): Promise<void>;
}

/** What `writeWithBase` is about to do: the base belongs to the override of this digest. */
const intention = z.strictObject({ override: z.string(), base: z.string() });

/**
 * Overrides as files: `<folder>/<plugin>/<name>.tpl`, as an operator puts them there. Their bases lie in the same folder, so that who copies
 * it, or keeps it under version control, has both: `<folder>/.bases/<plugin>/<name>.tpl`; a name with a dot is never a plugin's. So do
 * `.former`, and `.pending` for the moment of a change of both. A link below the folder is neither followed nor written through.
 * @param readFolder reads the templates of each folder in a folder; links, and folders with a dot, are left out
 */
export function folderOverrideDao(folder: string, readFolder: (folder: string) => Promise<Texts>): OverrideDao {
  const roots = { override: folder, base: join(folder, '.bases'), former: join(folder, '.former') };
  const pending = join(folder, '.pending');

  /** The folder, or that of the plugin in it, when it is a link. The folder of all overrides may be one: it is the operator's. */
  async function linkIn(root: string, plugin = ''): Promise<string | undefined> {
    for (const directory of [root, join(root, plugin)]) {
      if (directory !== folder && (await lstat(directory).catch(ifMissing))?.isSymbolicLink()) return directory;
    }
    return undefined;
  }

  async function read(root: string): Promise<Texts> {
    return (await linkIn(root)) === undefined ? readFolder(root) : new Map();
  }

  async function write(root: string, plugin: string, name: string, text: string): Promise<void> {
    const path = join(root, plugin, name);
    try {
      const link = await linkIn(root, plugin);
      if (link !== undefined) throw new Error(`${link} is a link`);
      await makeDirectory(join(root, plugin));
      // One that was left, or put there, as a link would be written through.
      await rm(`${path}.part`, { force: true });
      await writeDurably(path, text, 0o600);
      // The folders may be new: their names are to be on the disk, too.
      for (const directory of [root, folder, dirname(folder)]) await syncFolder(directory);
    } catch (cause) {
      throw notWritable(path, folder, cause);
    }
  }

  async function remove(root: string, plugin: string, name: string): Promise<void> {
    const path = join(root, plugin, name);
    try {
      if ((await linkIn(root, plugin)) !== undefined) return;
      await rm(path, { force: true });
      await syncFolder(dirname(path)).catch(ifMissing);
    } catch (cause) {
      throw notWritable(path, folder, cause);
    }
  }

  return {
    read: (kind) => read(roots[kind]),
    write: (kind, plugin, name, text) => write(roots[kind], plugin, name, text),
    remove: (kind, plugin, name) => remove(roots[kind], plugin, name),

    async writeWithBase(plugin, name, override, base) {
      await write(pending, plugin, name, JSON.stringify({ override: digestOf(override), base }));
      try {
        await write(folder, plugin, name, override);
      } catch (cause) {
        await remove(pending, plugin, name);
        throw cause;
      }
      await write(roots.base, plugin, name, base);
      await remove(pending, plugin, name);
    },

    async recover() {
      const overrides = await read(folder);
      for (const [plugin, texts] of await read(pending)) {
        for (const [name, text] of texts) {
          const { override, base } = intention.parse(JSON.parse(text));
          const there = overrides.get(plugin)?.get(name);
          if (there !== undefined && digestOf(there) === override) await write(roots.base, plugin, name, base);
          await remove(pending, plugin, name);
        }
      }
    },
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function ifMissing(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') throw cause;
}

function notWritable(path: string, folder: string, cause: unknown): ProvisioningError {
  const told = unwritable(cause, folder)?.message ?? `${path} cannot be written: ${reason(cause)}`;
  return new ProvisioningError('template-not-writable', told, { cause });
}
