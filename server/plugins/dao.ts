import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ProvisioningError, reason } from '../lib/errors.ts';
import { openShelf, type ShelfOptions } from '../lib/shelf.ts';
import { installedOnes, type PackageShelf, packageFacts } from './installed.ts';
import { checkBuiltFor } from './validator.ts';

/** A vendor package as it lies in its folder, not yet looked at. */
export interface Found {
  /** Name of the folder. */
  readonly id: string;
  readonly folder: string;
}

export interface Raw {
  readonly definition: unknown;
  readonly templates: ReadonlyMap<string, string>;
  readonly pkgs: ReadonlyMap<string, string>;
}

/** Where vendor packages lie: folders of folders. */
export interface PluginDao {
  /** In the order of their names; a later directory's package stands for an earlier one's of the same name. */
  find(): Promise<Found[]>;
  /** @throws whatever the package's code throws, or ProvisioningError plugin-unreadable */
  read(found: Found): Promise<Raw>;
}

/** @param entry the file in a package that exports its definition */
export function folderDao(directories: readonly string[], entry = 'plugin.js'): PluginDao {
  const loaded = new Map<string, { readonly code: string | undefined; readonly module: Promise<unknown> }>();

  /** Node keeps a module for good, with all that it imports: what has changed since, or did not load, is read from another place. */
  async function load(folder: string): Promise<unknown> {
    const code = await digestOf(folder);
    const before = loaded.get(folder);
    if (before && before.code === code) return before.module;
    const module = before ? importCopy(folder) : import(pathToFileURL(join(folder, entry)).href);
    loaded.set(folder, { code, module });
    // What was wrong need not have been in the code.
    module.catch(() => loaded.set(folder, { code: undefined, module }));
    return module;
  }

  async function importCopy(folder: string): Promise<unknown> {
    const copy = await mkdtemp(join(tmpdir(), 'offhook-package-'));
    try {
      await writeFile(join(copy, 'package.json'), '{"type":"module"}');
      await cp(folder, copy, { recursive: true });
      return await import(pathToFileURL(join(copy, entry)).href);
    } finally {
      await rm(copy, { recursive: true });
    }
  }

  return {
    async find() {
      const found = new Map<string, Found>();
      for (const directory of directories) {
        for (const id of await folders(directory)) {
          const folder = join(directory, id);
          if (await exists(join(folder, entry))) found.set(id, { id, folder });
        }
      }
      return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    },

    async read({ folder }) {
      // Before any of its code runs. A package that was not built, but lies as it was written, says nothing.
      const info = await readIfThere(join(folder, 'plugin-info'));
      if (info !== undefined) checkBuiltFor(info);
      const module: unknown = await load(folder);
      if (typeof module !== 'object' || module === null || !('default' in module)) {
        throw new ProvisioningError('plugin-unreadable', `${entry} has no default export`);
      }
      return { definition: module.default, ...(await readPackageTexts(folder)) };
    },
  };
}

/** Where vendor packages lie: in the directories of the settings, and on the shelf of those that were installed. */
export interface PackagePlaces {
  readonly directories: PluginDao;
  readonly shelf: PackageShelf;
  /** Both. */
  readonly all: PluginDao;
}

/** @param data the data directory @throws ProvisioningError shelf-unreadable */
export async function openPackages(directories: readonly string[], data: string, options: ShelfOptions): Promise<PackagePlaces> {
  const found = folderDao(directories);
  const shelf = await openShelf(join(data, 'packages'), packageFacts, options);
  return { directories: found, shelf, all: withInstalled(found, () => installedOnes(shelf)) };
}

/** What is installed stands for what lies in a directory under the same id. */
export function withInstalled(dao: PluginDao, installed: () => ReadonlyMap<string, { readonly folder: string }>): PluginDao {
  return {
    read: (found) => dao.read(found),
    async find() {
      const found = new Map((await dao.find()).map((each) => [each.id, each]));
      for (const [id, { folder }] of installed()) found.set(id, { id, folder });
      return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    },
  };
}

/** Templates that all vendors share; they lie beside the bundled packages. */
export function readSharedTemplates(): Promise<Map<string, string>> {
  return readTemplates(join(import.meta.dirname, '../../templates'));
}

/** What a package has besides its definition. */
export async function readPackageTexts(folder: string): Promise<Omit<Raw, 'definition'>> {
  const pkgs = await readTexts(join(folder, 'pkgs'), (name) => !name.startsWith('.'));
  return { templates: await readTemplates(join(folder, 'templates')), pkgs };
}

/** Templates of a folder by file name; none when the folder does not exist. */
export function readTemplates(folder: string): Promise<Map<string, string>> {
  return readTexts(folder, (name) => name.endsWith('.tpl'));
}

/** Of all code in a folder. */
async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const files = await readdir(folder, { withFileTypes: true, recursive: true });
  const code = files
    .filter((each) => each.isFile() && /\.[cm]?[jt]s$/.test(each.name))
    .map((each) => join(each.parentPath, each.name));
  for (const file of code.sort()) hash.update(`${file}\0`).update(await readFile(file));
  return hash.digest('hex');
}

async function readTexts(folder: string, isWanted: (name: string) => boolean): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const { name } of (await entries(folder)).filter((each) => each.isFile() && isWanted(each.name))) {
    texts.set(name, await readFile(join(folder, name), 'utf8'));
  }
  return texts;
}

async function folders(directory: string): Promise<string[]> {
  return (await entries(directory)).filter((each) => each.isDirectory()).map(({ name }) => name);
}

async function entries(directory: string) {
  try {
    return (await readdir(directory, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new ProvisioningError('plugin-unreadable', `Cannot read ${directory}: ${reason(cause)}`, { cause });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new ProvisioningError('plugin-unreadable', `Cannot read ${file}: ${reason(cause)}`, { cause });
  });
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    // What cannot be looked at is there: reading it says what is wrong, for this package alone.
    (cause: NodeJS.ErrnoException) => cause.code !== 'ENOENT',
  );
}

/** Operators' templates, by plugin id and file name: `<folder>/<plugin>/<name>.tpl`. What is known of them lies in folders with a dot. */
export async function readOverrides(folder: string): Promise<Map<string, ReadonlyMap<string, string>>> {
  const overrides = new Map<string, ReadonlyMap<string, string>>();
  const plugins = (await folders(folder)).filter((name) => !name.startsWith('.'));
  for (const plugin of plugins) overrides.set(plugin, await readTemplates(join(folder, plugin)));
  return overrides;
}
