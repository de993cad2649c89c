import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ProvisioningError, reason } from '../lib/errors.ts';
import { openShelf, type ShelfOptions } from '../lib/shelf.ts';
import { installedOnes, type PackageShelf, packageFacts } from './installed.ts';
import { type TryOptions, tryApart } from './try-apart.ts';
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

/** What became of a package's code when it was tried apart from the server, or that it was loaded before. */
export interface Verdict {
  /** Digest of the code; of none when it could not be read. */
  readonly code: string;
  /** Why it must not be loaded. */
  readonly problem?: { readonly code: string; readonly message: string };
}

/** By the folder of each package. A structured clone can hold it: one process tries for all. */
export type Tried = ReadonlyMap<string, Verdict>;

/** Where vendor packages lie: folders of folders. */
export interface PluginDao {
  /** In the order of their names; a later directory's package stands for an earlier one's of the same name. */
  find(): Promise<Found[]>;
  /** Tries code that this process has not loaded yet apart from it. Rejects with the signal's reason only. */
  tryOut(found: Found, signal?: AbortSignal): Promise<Verdict>;
  /**
   * @param tried code that this process has not loaded yet is loaded if it was tried and is well; without it whatever lies there is
   *   loaded, as at the start
   * @throws whatever the package's code throws, or ProvisioningError plugin-unreadable, plugin-interface
   */
  read(found: Found, tried?: Tried): Promise<Raw>;
}

export interface FolderOptions {
  /** Called before code is loaded that this process has not loaded yet. */
  loading?(found: Found): void;
  /** How long code may take: when it is tried, all that it does, and when it is loaded, what it waits for. */
  readonly timeoutMs?: number;
}

/** The file in a package that exports its definition. */
const entry = 'plugin.js';

/** Longer than any definition takes to load; a package that waits for something at its top level would hold up the start for good. */
const patienceMs = 10_000;

export function folderDao(directories: readonly string[], { loading, timeoutMs }: FolderOptions = {}): PluginDao {
  const loaded = new Map<string, { readonly code: string | undefined; readonly module: Promise<unknown> }>();

  const importFrom = (folder: string): Promise<unknown> =>
    withinTime(import(pathToFileURL(join(folder, entry)).href), timeoutMs ?? patienceMs);

  async function load(found: Found, tried: Tried | undefined): Promise<unknown> {
    const { folder } = found;
    const code = await digestOf(folder);
    const before = loaded.get(folder);
    if (before && before.code === code) return before.module;
    if (tried) refuseUntried(code, tried.get(folder));
    loading?.(found);
    // Node keeps a module for good, with all that it imports: what has changed since, or did not load, is read from another place. And of
    // a package that does not say itself what its code is, node would take it from whatever lies above.
    const isInPlace = !tried && !before && (await exists(join(folder, 'package.json')));
    const module = isInPlace ? importFrom(folder) : inCopy(folder, importFrom);
    loaded.set(folder, { code, module });
    // What was wrong need not have been in the code.
    module.catch(() => loaded.set(folder, { code: undefined, module }));
    return module;
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

    async tryOut({ id, folder }, signal) {
      let code = '';
      try {
        await checkInfo(folder);
        code = await digestOf(folder);
        const options: TryOptions = { signal, timeoutMs };
        if (loaded.get(folder)?.code !== code) await inCopy(folder, (copy) => tryApart(id, join(copy, entry), options));
        return { code };
      } catch (cause) {
        signal?.throwIfAborted();
        const { code: kind } = cause instanceof ProvisioningError ? cause : { code: 'plugin-unreadable' };
        return { code, problem: { code: kind, message: reason(cause) } };
      }
    },

    async read(found, tried) {
      const { folder } = found;
      // Before any of its code runs.
      await checkInfo(folder);
      const module: unknown = await load(found, tried);
      if (typeof module !== 'object' || module === null || !('default' in module)) {
        throw new ProvisioningError('plugin-unreadable', `${entry} has no default export`);
      }
      return { definition: module.default, ...(await readPackageTexts(folder)) };
    },
  };
}

/** A package that was not built, but lies as it was written, says nothing. @throws ProvisioningError plugin-unreadable, plugin-interface */
async function checkInfo(folder: string): Promise<void> {
  const info = await readIfThere(join(folder, 'plugin-info'));
  if (info !== undefined) checkBuiltFor(info);
}

/** @throws ProvisioningError with what was wrong when it was tried, or plugin-unreadable when other code lies there now */
function refuseUntried(code: string, verdict: Verdict | undefined): void {
  if (verdict?.problem) throw new ProvisioningError(verdict.problem.code, verdict.problem.message);
  if (verdict?.code === code) return;
  throw new ProvisioningError('plugin-unreadable', 'its code is not what was tried before it was to be loaded; reload once more');
}

/** Has something done with a copy of a package whose code is an ES module, unless it says itself that it is not. */
async function inCopy<Result>(folder: string, work: (copy: string) => Promise<Result>): Promise<Result> {
  const copy = await mkdtemp(join(tmpdir(), 'offhook-package-'));
  try {
    await writeFile(join(copy, 'package.json'), '{"type":"module"}');
    await cp(folder, copy, { recursive: true });
    return await work(copy);
  } catch (cause) {
    // Where the copy lay tells nobody anything.
    if (cause instanceof Error) cause.message = cause.message.replaceAll(copy, folder);
    throw cause;
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** What it imports may wait for ever. */
async function withinTime<Value>(work: Promise<Value>, milliseconds: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new ProvisioningError('plugin-unreadable', `${entry} did not finish loading within ${milliseconds / 1_000} s`);
    timer = setTimeout(() => reject(error), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Where vendor packages lie: in the directories of the settings, and on the shelf of those that were installed. */
export interface PackagePlaces {
  readonly directories: PluginDao;
  readonly shelf: PackageShelf;
  /** Both. */
  readonly all: PluginDao;
}

/** @param data the data directory @throws ProvisioningError shelf-unreadable */
export async function openPackages(
  directories: readonly string[],
  data: string,
  options: ShelfOptions & FolderOptions,
): Promise<PackagePlaces> {
  const found = folderDao(directories, options);
  const shelf = await openShelf(join(data, 'packages'), packageFacts, options);
  return { directories: found, shelf, all: withInstalled(found, () => installedOnes(shelf)) };
}

/** What is installed stands for what lies in a directory under the same id. */
export function withInstalled(dao: PluginDao, installed: () => ReadonlyMap<string, { readonly folder: string }>): PluginDao {
  return {
    ...dao,
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
  for (const file of code.sort()) hash.update(`${relative(folder, file)}\0`).update(await readFile(file));
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
