import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../lib/directory.ts';
import { ProvisioningError } from '../lib/errors.ts';
import { KeyedLock } from '../lib/lock.ts';
import type { WorkOptions } from '../lib/shared-work.ts';
import type { Shelved } from '../lib/shelf.ts';
import type { Task } from '../operations/run.ts';
import type { Plugin, VendorPackage } from '../plugins/model.ts';
import type { CachedFile, FirmwareCache } from './cache.ts';
import { type Facts, FILES, type Installed, type InstalledShelf, keyOf } from './installed.ts';
import type { CheckedLink } from './links.ts';
import type { Firmware, FirmwarePackage, RemoteFile } from './model.ts';
import { type Plan, planOf, withDependencies } from './plan.ts';
import { providersOf } from './provides.ts';
import { readFirmware } from './read.ts';
import { type ServedFiles, servedFiles } from './served.ts';
import type { UnpackOptions } from './unpack.ts';

/** A firmware package that an installed vendor package describes. */
export interface Described {
  readonly vendor: string;
  readonly package: FirmwarePackage;
  /** What has to be downloaded for it alone. */
  readonly files: readonly RemoteFile[];
  readonly installed?: Installed;
}

/** A link to a file, and who needs it. */
export interface CheckedFile extends CheckedLink {
  /** Keys of the firmware packages. */
  readonly firmware: readonly string[];
}

export interface Checked {
  readonly files: readonly CheckedFile[];
  /** Vendor packages whose description cannot be had or read. */
  readonly broken: ReadonlyMap<string, ProvisioningError>;
}

export interface FirmwareParts {
  readonly shelf: InstalledShelf;
  readonly cache: Pick<FirmwareCache, 'fetch' | 'supply' | 'collect'>;
  unpack(plan: Plan, options: Omit<UnpackOptions, 'limits' | 'tools'>): Promise<string>;
  checkLinks(files: Iterable<RemoteFile>, options: WorkOptions): Promise<CheckedLink[]>;
  /** Called when other firmware is installed than before; resolves when all processes serve that. */
  changed(): Promise<void>;
  now(): number;
}

export interface FirmwareService {
  /** Takes the vendor packages that there are from now on. What they describe wrongly is told by `problems`. */
  describe(packages: readonly VendorPackage[]): void;
  readonly problems: ReadonlyMap<string, ProvisioningError>;
  /** What can be installed, and what is installed of vendor packages that no longer describe it. */
  list(): Described[];
  /** @throws ProvisioningError firmware-unknown; firmware-broken when its vendor package describes none that can be read */
  get(key: string): Described;
  /** What is installed, also of vendor packages that no longer are. */
  readonly installed: ReadonlyMap<string, Installed>;
  /**
   * Installs a firmware package with all that it needs and that is not there: all of it or nothing.
   * @throws ProvisioningError firmware-unknown, firmware-broken, and what downloading and unpacking throw
   */
  install(key: string, task: Task): Promise<readonly string[]>;
  /**
   * Removes what was installed, and what was only installed for its sake.
   * @throws ProvisioningError firmware-not-installed, firmware-needed
   */
  uninstall(key: string): Promise<readonly string[]>;
  readonly served: ServedFiles;
  /** Keys of the packages that would install what a phone of a plugin asks for, without a leading slash. */
  providers(plugin: Plugin, path: string): readonly string[];
  /**
   * Takes a file that the vendor does not give to everybody, from an administrator who has it.
   * @returns which file it is, and the keys of the packages that need it
   * @throws ProvisioningError firmware-file-unknown
   */
  supply(bytes: AsyncIterable<Buffer>): Promise<readonly { readonly file: RemoteFile; readonly firmware: readonly string[] }[]>;
  /**
   * Asks whether the files of some packages are still where they were.
   * @param others what vendor packages describe that are not installed: the files of their `pkgs` folder by id, or why they are not there
   */
  check(keys: readonly string[], task: Task, others?: ReadonlyMap<string, Pkgs | ProvisioningError>): Promise<Checked>;
  /** Looks anew what is installed, after another process has changed it. */
  reload(): Promise<void>;
}

export function firmwareService({ shelf, cache, unpack, checkLinks, changed, now }: FirmwareParts): FirmwareService {
  const lock = new KeyedLock();
  let described = new Map<string, Firmware>();
  let problems = new Map<string, ProvisioningError>();
  let served = servedFiles(shelf.items.values());

  const serve = () => {
    served = servedFiles(shelf.items.values());
  };
  const describedAs = (vendor: string, firmware: Firmware, each: FirmwarePackage): Described => {
    const installed = shelf.items.get(keyOf(vendor, each.id));
    const files = each.files.flatMap((id) => firmware.files.get(id) ?? []);
    return { vendor, package: each, files, ...(installed && { installed }) };
  };
  const find = (key: string): { vendor: string; firmware: Firmware; found: FirmwarePackage } => {
    const [vendor = '', id = ''] = key.split(/\/(.*)/s);
    const firmware = described.get(vendor);
    const found = firmware?.packages.get(id);
    if (firmware && found) return { vendor, firmware, found };
    const cause = problems.get(vendor);
    if (!cause) throw new ProvisioningError('firmware-unknown', `No installed vendor package describes the firmware ${key}`);
    const remedy = 'install another version of it';
    const { complaints } = cause;
    throw new ProvisioningError('firmware-broken', `The vendor package ${vendor}: ${cause.message}; ${remedy}`, {
      cause,
      complaints,
    });
  };

  const describedFiles = (): RemoteFile[] => [...described.values()].flatMap(({ files }) => [...files.values()]);

  /** Forgets downloads, but for what is installed; what was supplied only when it is described no more. */
  const collect = async (): Promise<void> => {
    const sources = [...shelf.items.values()].flatMap(({ facts }) => facts.sources.map(sourceOf));
    await cache.collect(sources, describedFiles());
  };

  /** Until it is released, nothing of it leaves the cache. */
  async function fetchAll(files: readonly RemoteFile[], task: Task): Promise<Fetched> {
    const end = files.reduce((sum, { size }) => sum + size, 0);
    const places: Fetched = new Map();
    let before = 0;
    try {
      for (const file of files) {
        task.progress(before, end);
        const progress = (current: number) => task.progress(before + current, end);
        places.set(file, await cache.fetch(file, { signal: task.signal, progress }));
        before += file.size;
      }
    } catch (cause) {
      release(places);
      throw cause;
    }
    task.progress(end, end);
    return places;
  }

  async function make(key: string, facts: Omit<Facts, 'files'>, plan: Plan, places: Fetched, task: Task) {
    const folder = await shelf.stage(key);
    try {
      const work = join(folder, 'work');
      await makeDirectory(work);
      const downloads = new Map(plan.files.map((file) => [file.name, places.get(file)?.path ?? '']));
      const made = await unpack(plan, { downloads, folder: work, signal: task.signal });
      await rename(made, join(folder, FILES));
      await rm(work, { recursive: true });
      return { folder, facts: { ...facts, files: await filesBelow(join(folder, FILES)) } };
    } catch (cause) {
      await rm(folder, { recursive: true, force: true });
      throw cause;
    }
  }

  const isThere = (vendor: string, { id, version }: FirmwarePackage): boolean =>
    shelf.items.get(keyOf(vendor, id))?.facts.version === version;

  /** What is to be installed for a package: itself, and what it needs and is not there. */
  function wantedFor(key: string): Wanted {
    const { vendor, firmware, found } = find(key);
    const needed = withDependencies(firmware, found.id);
    const plans = needed
      .filter((each) => each === found || !isThere(vendor, each))
      .map((each) => [each, planOf(firmware, each.id)] as const);
    return { vendor, firmware, found, needed, plans: new Map(plans) };
  }

  const isStill = ({ vendor, firmware, needed, plans }: Wanted): boolean =>
    described.get(vendor) === firmware && needed.every((each) => plans.has(each) || isThere(vendor, each));

  async function put({ vendor, found, plans }: Wanted, places: Fetched, task: Task): Promise<string[]> {
    const made = new Map<string, Shelved<Facts>>();
    try {
      await task.step('install', async (step) => {
        for (const [each, plan] of plans) {
          step.progress(made.size, plans.size);
          const key = keyOf(vendor, each.id);
          const asked = each === found || shelf.items.get(key)?.facts.asked === true;
          made.set(key, await make(key, factsOf(vendor, each, plan, asked, now()), plan, places, step));
        }
        await shelf.change(made);
        step.progress(plans.size, plans.size);
      });
    } catch (cause) {
      // What is listed already is no longer ours to remove.
      const listed = new Set(Array.from(shelf.items.values(), ({ folder }) => folder));
      const left = [...made.values()].filter(({ folder }) => !listed.has(folder));
      for (const { folder } of left) await rm(folder, { recursive: true, force: true });
      throw cause;
    }
    serve();
    await changed();
    await collect();
    return [...made.keys()];
  }

  const needing = (file: RemoteFile): string[] =>
    service.list().flatMap(({ vendor, package: { id }, files }) => (files.includes(file) ? [keyOf(vendor, id)] : []));

  const service: FirmwareService = {
    describe(packages) {
      described = new Map();
      problems = new Map();
      for (const { id, pkgs } of packages) {
        const firmware = read(pkgs);
        if (firmware instanceof ProvisioningError) problems.set(id, firmware);
        else described.set(id, firmware);
      }
    },

    get problems() {
      return problems;
    },

    get installed() {
      return shelf.items;
    },

    get served() {
      return served;
    },

    list() {
      const found = [...described].flatMap(([vendor, firmware]) =>
        Array.from(firmware.packages.values(), (each) => describedAs(vendor, firmware, each)),
      );
      const known = new Set(found.map(({ vendor, package: { id } }) => keyOf(vendor, id)));
      return [...found, ...[...shelf.items].flatMap(([key, item]) => (known.has(key) ? [] : [leftBehind(item)]))];
    },

    get(key) {
      const item = shelf.items.get(key);
      if (item && !described.get(item.facts.vendor)?.packages.has(item.facts.id)) return leftBehind(item);
      const { vendor, firmware, found } = find(key);
      return describedAs(vendor, firmware, found);
    },

    async install(key, task) {
      for (;;) {
        const wanted = wantedFor(key);
        const files = new Set([...wanted.plans.values()].flatMap((plan) => plan.files));
        // Not behind the lock: others need not wait for what a vendor's server takes its time for.
        const places = await task.step({ label: 'download', unit: 'bytes' }, (step) => fetchAll([...files], step));
        try {
          // Meanwhile another version of the vendor package may have come, or something have gone that is needed.
          const turn = async () => (isStill(wanted) ? put(wanted, places, task) : undefined);
          const installed = await lock.run('', turn, task.signal);
          if (installed) return installed;
        } finally {
          release(places);
        }
      }
    },

    uninstall: (key) =>
      lock.run('', async () => {
        const item = shelf.items.get(key);
        if (!item) throw new ProvisioningError('firmware-not-installed', `The firmware ${key} is not installed`);
        const left = new Map(shelf.items);
        left.delete(key);
        const needing = neededBy(key, left);
        if (needing.length > 0) {
          const names = needing.join(', ');
          throw new ProvisioningError('firmware-needed', `The firmware ${key} is needed by ${names}; uninstall that first`);
        }
        const taken = [key];
        for (;;) {
          const orphan = [...left].find(([each, { facts }]) => !facts.asked && neededBy(each, left).length === 0);
          if (!orphan) break;
          left.delete(orphan[0]);
          taken.push(orphan[0]);
        }
        await shelf.change(new Map(), taken);
        serve();
        await changed();
        await collect();
        return taken;
      }),

    providers({ id, package: owner }, path) {
      const firmware = described.get(owner.id);
      return firmware ? providersOf(firmware, id, path).map((each) => keyOf(owner.id, each.id)) : [];
    },

    async supply(bytes) {
      const matched = await cache.supply(bytes, describedFiles());
      return matched.map((file) => ({ file, firmware: needing(file) }));
    },

    async check(keys, task, others = new Map()) {
      const owners = new Map<RemoteFile, string[]>();
      const add = (key: string, files: Iterable<RemoteFile>) => {
        for (const file of files) owners.set(file, [...(owners.get(file) ?? []), key]);
      };
      for (const key of keys) add(key, service.get(key).files);
      const broken = new Map<string, ProvisioningError>();
      for (const [vendor, pkgs] of others) {
        const firmware = pkgs instanceof ProvisioningError ? pkgs : read(pkgs);
        if (firmware instanceof ProvisioningError) {
          broken.set(vendor, firmware);
          continue;
        }
        for (const { id, files } of firmware.packages.values())
          add(
            keyOf(vendor, id),
            files.flatMap((each) => firmware.files.get(each) ?? []),
          );
      }
      const progress = (current: number, end?: number) => task.progress(current, end);
      const checked = await checkLinks(owners.keys(), { signal: task.signal, progress });
      return { files: checked.map((each) => ({ ...each, firmware: owners.get(each.file) ?? [] })), broken };
    },

    async reload() {
      await shelf.reload();
      serve();
    },
  };
  return service;
}

/** The files of a `pkgs` folder by name, as text. */
export type Pkgs = ReadonlyMap<string, string>;

/** @returns what is described, or why it cannot be read */
function read(pkgs: Pkgs): Firmware | ProvisioningError {
  try {
    return readFirmware(Array.from(pkgs, ([name, text]) => ({ name, text })));
  } catch (cause) {
    if (cause instanceof ProvisioningError) return cause;
    throw cause;
  }
}

/** What is installed although no vendor package describes it any more: it is there until somebody removes it. */
function leftBehind(installed: Installed): Described {
  const { vendor, id, version, plugins, depends } = installed.facts;
  const none = { descriptions: new Map(), files: [], extra: new Map() };
  return { vendor, package: { id, version, plugins, depends, ...none }, files: [], installed };
}

/** What an installation sets out to do. */
interface Wanted {
  readonly vendor: string;
  readonly firmware: Firmware;
  readonly found: FirmwarePackage;
  /** With all that it needs, there or not. */
  readonly needed: readonly FirmwarePackage[];
  readonly plans: ReadonlyMap<FirmwarePackage, Plan>;
}

/** What is held in the cache until it is installed. */
type Fetched = Map<RemoteFile, CachedFile>;

function release(places: Fetched): void {
  for (const place of places.values()) place.release();
}

function neededBy(key: string, among: ReadonlyMap<string, Installed>): string[] {
  return [...among].filter(([, { facts }]) => facts.depends.some((id) => keyOf(facts.vendor, id) === key)).map(([each]) => each);
}

function factsOf(
  vendor: string,
  { id, version, plugins, depends }: FirmwarePackage,
  { files }: Plan,
  asked: boolean,
  installed: number,
) {
  const sources = files.map(({ id: file, name, size, sums }) => ({ id: file, name, size, sums: Object.fromEntries(sums) }));
  return { vendor, id, version, plugins: [...plugins], depends: [...depends], sources, asked, installed };
}

function sourceOf({ id, name, size, sums }: Facts['sources'][number]): RemoteFile {
  return { id, name, size, sums: new Map(Object.entries(sums)) as RemoteFile['sums'], authenticated: false };
}

async function filesBelow(folder: string): Promise<Facts['files']> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  return Promise.all(paths.sort().map(async (path) => ({ path, size: (await stat(join(folder, path))).size })));
}
