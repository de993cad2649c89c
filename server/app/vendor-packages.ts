import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceService } from '../devices/service.ts';
import { makeDirectory } from '../lib/directory.ts';
import type { Log } from '../lib/log.ts';
import type { Position } from '../lib/paging.ts';
import { writing } from '../lib/writing.ts';
import type { Task } from '../operations/run.ts';
import type { OverrideService } from '../overrides/service.ts';
import type { PluginDao } from '../plugins/dao.ts';
import type { PackageShelf } from '../plugins/installed.ts';
import type { VendorPackage } from '../plugins/model.ts';
import { type PackageService, packageService } from '../plugins/packages.ts';
import { loadTried, type PluginService } from '../plugins/service.ts';
import { readArchive, readChecked, unpackArchive } from '../repositories/archive.ts';
import { type RepositoryService, repositoryService } from '../repositories/service.ts';
import { shelfAt } from '../repositories/web.ts';
import type { Settings } from '../settings.ts';
import type { Fetching } from './network.ts';
import { renderAll } from './render-all.ts';
import { values, type Workers } from './workers.ts';

/** Repositories, and what is installed from them. */
export interface VendorPackages {
  readonly repositories: RepositoryService;
  readonly packages: PackageService;
}

export interface VendorPackageParts {
  readonly settings: Settings;
  readonly log: Log;
  readonly fetching: Fetching;
  readonly shelf: PackageShelf;
  /** The directories of the settings, without what is installed. */
  readonly directories: PluginDao;
  readonly plugins: PluginService;
  readonly devices: Pick<DeviceService, 'list' | 'idsUsing' | 'reconsider'>;
  readonly overrides: Pick<OverrideService, 'keepBases'>;
  readonly workers: Workers;
}

/** As many devices are read at once. */
const page = 1_000;

/** What it does, the first of several processes does alone. */
export async function createVendorPackages(parts: VendorPackageParts): Promise<VendorPackages> {
  const { settings, log, fetching, shelf, directories, plugins, devices, overrides, workers } = parts;
  const directory = join(settings.data, 'repositories');
  const incoming = join(directory, 'incoming');
  // What was on its way when the process ended: some kilobytes that come again.
  if (workers.number === 1) await rm(incoming, { recursive: true, force: true });
  const { network, patience } = fetching;
  const repositories = await repositoryService({
    directory,
    shelfOf: (location) => shelfAt(location, { network, patience, folder: incoming }),
    now: Date.now,
    distrusted(repository, { message: why }) {
      // All processes read it, and one tells.
      if (workers.number === 1)
        log.warn({ event: 'repository.distrusted', repository, why }, 'does not use the index that was kept');
    },
  });

  /** A phone of that vendor may now be served better, or by nobody. */
  async function reconsider(vendor: string, signal: AbortSignal): Promise<void> {
    let after: Position | undefined;
    do {
      const found = await devices.list({ where: { vendor }, limit: page, ...(after && { after }) });
      for (const { id } of found.devices) {
        signal.throwIfAborted();
        await devices.reconsider(id);
      }
      after = found.next;
    } while (after);
  }

  async function configure(concerned: readonly VendorPackage[], task: Task): Promise<void> {
    for (const vendor of new Set(concerned.map(({ definition }) => definition.vendor))) await reconsider(vendor, task.signal);
    await renderAll(workers, task, { plugins: [...new Set(concerned.flatMap((each) => each.plugins.map(({ id }) => id)))] });
  }

  const packages = packageService({
    shelf,
    catalogue: () => plugins.catalogue,
    load: (found, signal) => loadTried(directories, found, signal),
    async bundled(id) {
      const found = (await directories.find()).find((each) => each.id === id);
      // Why it does not work is told when it is taken in, among those that are broken.
      return found && loadTried(directories, found).catch(() => undefined);
    },
    available: () => repositories.available(),
    async fetch(version, { signal, progress }) {
      const { sha256, size } = version.entry;
      const to = join(incoming, sha256);
      progress(0, size);
      await writing(directory, async () => {
        await makeDirectory(incoming);
        await repositories.archive(version, to, signal);
      });
      progress(size, size);
      return to;
    },
    unpack: (file, { entry }, folder, signal) => writing(folder, () => unpackArchive(file, entry, folder, signal)),
    async readPkgs(file, { entry }) {
      const { files } = await readArchive(await readChecked(file, { ...entry, sums: { sha256: entry.sha256 } }));
      const pkgs = [...files].filter(([path]) => path.startsWith('pkgs/'));
      return new Map(pkgs.map(([path, bytes]) => [path.slice('pkgs/'.length), bytes.toString()]));
    },
    devicesWith: async (plugin) => (await devices.idsUsing({ plugins: [plugin] })).length,
    // What operators made of its templates is known by the text that it was made of. That goes with the package: where it cannot be noted,
    // the package stays. At the start it can wait, for the text is still there.
    leaving: ({ plugins: going }) => overrides.keepBases(going),
    takeIn: async () => void values(await workers.ask('takePackages', await plugins.tryOut())),
    configure,
    now: Date.now,
  });
  return { repositories, packages };
}
