import { rm } from 'node:fs/promises';
import { ProvisioningError } from '../lib/errors.ts';
import { KeyedLock } from '../lib/lock.ts';
import { nearest } from '../lib/nearest.ts';
import { compareVersions } from '../lib/version.ts';
import type { Task } from '../operations/run.ts';
import type { AvailableVersion } from '../repositories/available.ts';
import type { Found } from './dao.ts';
import { formerKey, type InstalledPackage, installedOnes, type PackageFacts, type PackageShelf } from './installed.ts';
import type { BrokenPackage, VendorPackage } from './model.ts';
import type { Catalogue } from './service.ts';

/** The steps of what changes a package, as they are announced before it begins. */
export const packageSteps = {
  download: { label: 'download', title: 'download the archive', unit: 'bytes' },
  configure: { label: 'configure', title: 'render the files of its devices', unit: 'devices' },
} as const;

/** How many devices have a plugin that goes away. */
export interface Losing {
  readonly plugin: string;
  readonly devices: number;
}

/** A vendor package, installed or to be had. */
export interface PackageState {
  readonly id: string;
  /** Absent: it is not installed. */
  readonly version?: string;
  /** Why it does not work. */
  readonly problem?: string;
  /** Absent for one that lies in a directory of the settings, or that came along. */
  readonly installed?: PackageFacts;
  /** The version to go back to. */
  readonly former?: string;
  /** What repositories have, the newest first. */
  readonly available: readonly AvailableVersion[];
  /** The newest that this server can use, when it is newer than the installed one. */
  readonly upgrade?: string;
}

export interface PackageParts {
  readonly shelf: PackageShelf;
  readonly catalogue: () => Catalogue;
  /** Reads a package and checks it, without taking it in. @throws ProvisioningError plugin-…; the signal's reason */
  load(found: Found, signal: AbortSignal): Promise<VendorPackage>;
  /** The package that there would be without an installed one: from the directories of the settings. One that does not work is none. */
  bundled(id: string): Promise<VendorPackage | undefined>;
  available(): ReadonlyMap<string, readonly AvailableVersion[]>;
  /** Brings an archive here and checks it. @returns where it lies; whoever asked removes it */
  fetch(version: AvailableVersion, task: Task): Promise<string>;
  unpack(file: string, version: AvailableVersion, folder: string, signal: AbortSignal): Promise<unknown>;
  /** The files of the `pkgs` folder of an archive, by name; nothing else of it is looked at. */
  readPkgs(file: string, version: AvailableVersion): Promise<ReadonlyMap<string, string>>;
  devicesWith(plugin: string): Promise<number>;
  /** Called before another package, or none, takes the place of one. */
  leaving(before: VendorPackage): Promise<void>;
  /** Has all processes take in what is installed now. */
  takeIn(): Promise<void>;
  /** Has all devices looked at that these packages serve or served. */
  configure(concerned: readonly VendorPackage[], task: Task): Promise<void>;
  now(): number;
}

export interface PackageService {
  list(): PackageState[];
  /**
   * Installs a version, newer or older than the one that is there, or the newest that this server can use.
   * @param options force: also when devices lose their plugin
   * @throws ProvisioningError package-unknown, package-version-unknown, package-refused, package-in-use, plugin-…, and what fetching and
   *   unpacking throw
   */
  install(id: string, options: { version?: string; force?: boolean }, task: Task): Promise<PackageFacts>;
  /**
   * The packages of which a newer version can be had and that are not pinned.
   * @param ids of these alone @throws ProvisioningError package-not-installed, package-refused, when one of them is not, or is pinned
   */
  upgradable(ids?: readonly string[]): readonly { readonly id: string; readonly version: string }[];
  /** Back to the version that was there before. @throws ProvisioningError package-not-installed, package-in-use, plugin-… */
  rollBack(id: string, options: { force?: boolean }, task: Task): Promise<PackageFacts>;
  /** @throws ProvisioningError package-not-installed, package-in-use */
  uninstall(id: string, options: { force?: boolean }, task: Task): Promise<void>;
  /** @throws ProvisioningError package-not-installed */
  pin(id: string, pinned: boolean): Promise<PackageFacts>;
  /** What the packages that could be installed, and are not, describe: the files of their `pkgs` folder by id, or why they cannot be had. */
  pkgsToBeHad(task: Task): Promise<ReadonlyMap<string, ReadonlyMap<string, string> | ProvisioningError>>;
  /** How many devices would lose their plugin if it were uninstalled. @throws ProvisioningError package-not-installed; package-in-use unless forced */
  losses(id: string, options: { force?: boolean }): Promise<readonly Losing[]>;
}

export function packageService(parts: PackageParts): PackageService {
  const { shelf, catalogue } = parts;
  const lock = new KeyedLock();
  const changes = new KeyedLock();
  const inTurn = <Result>(id: string, { signal }: Task, work: () => Promise<Result>) => lock.run(id, work, signal);
  const present = (id: string): VendorPackage | undefined => catalogue().packages.find((each) => each.id === id);

  function installed(id: string): InstalledPackage {
    const found = installedOnes(shelf).get(id);
    if (found) return found;
    const remedy = present(id)
      ? 'it comes along, or lies in a directory of plugins.directories'
      : 'offhook plugin list shows what is';
    throw new ProvisioningError('package-not-installed', `The package ${id} was not installed from a repository: ${remedy}`);
  }

  /** Devices whose plugin is in one package and not in the other. */
  async function losing(before: VendorPackage | undefined, after: VendorPackage | undefined): Promise<Losing[]> {
    const kept = new Set(after?.plugins.map(({ id }) => id));
    const gone = before?.plugins.filter(({ id }) => !kept.has(id)) ?? [];
    const counted = await Promise.all(gone.map(async ({ id }) => ({ plugin: id, devices: await parts.devicesWith(id) })));
    return counted.filter(({ devices }) => devices > 0);
  }

  async function refuseLoss(before: VendorPackage | undefined, after: VendorPackage | undefined, force = false): Promise<void> {
    const lost = force ? [] : await losing(before, after);
    if (lost.length === 0) return;
    const told = lost.map(({ plugin, devices }) => `${plugin} (${devices} ${devices === 1 ? 'device' : 'devices'})`).join(', ');
    const remedy = 'Move them to another plugin first, or say that it may be (--force)';
    throw new ProvisioningError('package-in-use', `Devices would lose their plugin: ${told}. ${remedy}`);
  }

  /** What stands beside it must go on to work: a plugin has one owner. */
  function refuseTaken(made: VendorPackage): void {
    for (const { id } of made.plugins) {
      const owner = catalogue().plugin(id)?.package.id;
      if (owner === undefined || owner === made.id) continue;
      throw new ProvisioningError('plugin-invalid', `plugins.${id} is already a plugin of ${owner}`);
    }
  }

  function choose(id: string, version: string | undefined): AvailableVersion {
    const all = parts.available();
    const versions = all.get(id);
    if (!versions) {
      const like = nearest(id, [...all.keys()]);
      const hint = like === undefined ? 'offhook plugin search shows what can be had' : `did you mean ${like}?`;
      throw new ProvisioningError('package-unknown', `No repository has a package ${id}: ${hint}`);
    }
    const found =
      version === undefined
        ? versions.find(({ refusal }) => refusal === undefined)
        : versions.find(({ entry }) => entry.version === version);
    if (!found) {
      const there = versions
        .map(({ entry, refusal }) => `${entry.version}${refusal === undefined ? '' : ` (${refusal})`}`)
        .join(', ');
      const [code, told] =
        version === undefined
          ? ['package-refused', `no version of ${id} that this server can use`]
          : ['package-version-unknown', `no ${id} ${version}`];
      throw new ProvisioningError(code, `There is ${told}; there are ${there}`);
    }
    if (found.refusal !== undefined)
      throw new ProvisioningError('package-refused', `${id} ${found.entry.version} cannot be used: ${found.refusal}`);
    return found;
  }

  /** Puts one in the place of what is there, which is kept for a way back. */
  async function exchange(facts: PackageFacts, folder: string, force: boolean | undefined, task: Task): Promise<PackageFacts> {
    const { id } = facts;
    const made = await parts.load({ id, folder }, task.signal);
    const before = await exclusively(task, async () => {
      const there = present(id);
      refuseTaken(made);
      await refuseLoss(there, made, force);
      if (there) await parts.leaving(there);
      task.signal.throwIfAborted();
      const old = installedOnes(shelf).get(id);
      const isOther = old && old.facts.version !== facts.version;
      await shelf.change(new Map([[id, { folder, facts }], ...(isOther ? [[formerKey(id), old] as const] : [])]));
      await parts.takeIn();
      return there;
    });
    await configure([before, made], task);
    return facts;
  }

  /**
   * One change of what is there at a time, whatever its package, from the look at its neighbours until all serve it: two packages that
   * come at once could have the same plugin. Who cancels after the change only does without the devices being looked at.
   */
  const exclusively = <Result>({ signal }: Task, work: () => Promise<Result>): Promise<Result> => changes.run('', work, signal);

  const configure = (packages: readonly (VendorPackage | undefined)[], task: Task): Promise<void> => {
    const concerned = packages.filter((each) => each !== undefined);
    return task.step(packageSteps.configure, (step) => parts.configure(concerned, step));
  };

  const service: PackageService = {
    list() {
      const all = parts.available();
      const { packages, broken } = catalogue();
      const ids = new Set([
        ...packages.map(({ id }) => id),
        ...broken.map(({ id }) => id),
        ...installedOnes(shelf).keys(),
        ...all.keys(),
      ]);
      return [...ids].sort().map((id) =>
        stateOf(
          id,
          present(id),
          broken.find((each) => each.id === id),
          shelf,
          all.get(id) ?? [],
        ),
      );
    },

    upgradable(ids) {
      const there = service.list().filter(({ version }) => version !== undefined);
      for (const id of ids ?? []) {
        const found = there.find((each) => each.id === id);
        if (!found) {
          const told = there.map((each) => each.id).join(', ') || 'none';
          throw new ProvisioningError('package-not-installed', `The package ${id} is not installed; there is ${told}`);
        }
        if (found.installed?.pinned)
          throw new ProvisioningError('package-refused', `${id} is pinned; offhook plugin unpin ${id} lets it be upgraded`);
      }
      return there
        .filter(({ id, installed: facts }) => (ids ? ids.includes(id) : facts?.pinned !== true))
        .flatMap(({ id, upgrade }) => (upgrade === undefined ? [] : [{ id, version: upgrade }]));
    },

    install: (id, { version, force }, task) =>
      inTurn(id, task, async () => {
        // Only now: while it waited, the repositories may have been read anew.
        const chosen = choose(id, version);
        const { entry, offer } = chosen;
        const file = await task.step(packageSteps.download, (step) => parts.fetch(chosen, step));
        try {
          const folder = await shelf.stage(`${id}-${entry.version}`);
          try {
            await parts.unpack(file, chosen, folder, task.signal);
            const facts: PackageFacts = {
              id,
              version: entry.version,
              sha256: entry.sha256,
              repository: offer.repository,
              channel: offer.index.channel,
              pinned: installedOnes(shelf).get(id)?.facts.pinned ?? false,
              installed: parts.now(),
            };
            return await exchange(facts, folder, force, task);
          } catch (cause) {
            if (shelf.items.get(id)?.folder !== folder) await rm(folder, { recursive: true, force: true });
            throw cause;
          }
        } finally {
          await rm(file, { force: true });
        }
      }),

    rollBack: (id, { force }, task) =>
      inTurn(id, task, async () => {
        const { facts } = installed(id);
        const former = shelf.items.get(formerKey(id));
        if (!former) throw new ProvisioningError('package-not-installed', `No version was there before ${id} ${facts.version}`);
        return exchange({ ...former.facts, pinned: facts.pinned, installed: parts.now() }, former.folder, force, task);
      }),

    uninstall: (id, { force }, task) =>
      inTurn(id, task, async () => {
        installed(id);
        const after = await parts.bundled(id);
        const before = await exclusively(task, async () => {
          const there = present(id);
          await refuseLoss(there, after, force);
          if (there) await parts.leaving(there);
          task.signal.throwIfAborted();
          await shelf.change(new Map(), [id, formerKey(id)]);
          await parts.takeIn();
          return there;
        });
        await configure([before, after], task);
      }),

    pin: (id, pinned) =>
      lock.run(id, async () => {
        const { folder, facts } = installed(id);
        const next = { ...facts, pinned };
        await shelf.change(new Map([[id, { folder, facts: next }]]));
        return next;
      }),

    async pkgsToBeHad(task) {
      const found = new Map<string, ReadonlyMap<string, string> | ProvisioningError>();
      const read = async (version: AvailableVersion, title: string) => {
        const file = await task.step({ label: 'download', title, unit: 'bytes' }, (step) => parts.fetch(version, step));
        try {
          return await parts.readPkgs(file, version);
        } finally {
          await rm(file, { force: true });
        }
      };
      for (const [id, versions] of parts.available()) {
        const newest = versions.find(({ refusal }) => refusal === undefined);
        if (!newest || present(id)) continue;
        const pkgs = await read(newest, `download ${id} ${newest.entry.version}`).catch((cause) => {
          task.signal.throwIfAborted();
          if (cause instanceof ProvisioningError) return cause;
          throw cause;
        });
        found.set(id, pkgs);
      }
      return found;
    },

    async losses(id, { force }) {
      installed(id);
      const [before, after] = [present(id), await parts.bundled(id)];
      await refuseLoss(before, after, force);
      return losing(before, after);
    },
  };
  return service;
}

function stateOf(
  id: string,
  present: VendorPackage | undefined,
  broken: BrokenPackage | undefined,
  shelf: PackageShelf,
  available: readonly AvailableVersion[],
): PackageState {
  const facts = installedOnes(shelf).get(id)?.facts;
  const former = shelf.items.get(formerKey(id))?.facts.version;
  const version = present?.definition.version ?? facts?.version;
  const newest = available.find(({ refusal }) => refusal === undefined)?.entry.version;
  const isNewer = newest !== undefined && version !== undefined && compareVersions(newest, version) > 0;
  return {
    id,
    ...(version !== undefined && { version }),
    ...(broken && { problem: broken.problem }),
    ...(facts && { installed: facts }),
    ...(former !== undefined && { former }),
    available,
    ...(isNewer && { upgrade: newest }),
  };
}
