import { ProvisioningError, reason } from '../lib/errors.ts';
import { KeyedLock } from '../lib/lock.ts';
import { compareVersions } from '../lib/version.ts';
import type { Line, Vendor } from '../sdk.ts';
import type { Found, PluginDao, Raw, Tried } from './dao.ts';
import type { BrokenPackage, ModelRow, Plugin, VendorPackage } from './model.ts';
import type { PluginNotifier } from './notifier.ts';
import { checkVendor, isNamed, isOwn } from './validator.ts';

/** All that is installed at one moment. It never changes; loading makes another. */
export interface Catalogue {
  readonly packages: readonly VendorPackage[];
  readonly broken: readonly BrokenPackage[];
  plugin(id: string): Plugin | undefined;
  plugins(): readonly Plugin[];
  /** The plugins that could serve a phone of this vendor. */
  ofVendor(vendor: string | undefined): readonly Plugin[];
}

export interface PluginService {
  /** What is installed now. */
  readonly catalogue: Catalogue;
  /**
   * Reads all packages anew. A broken one is left out and listed; it never rejects for a package's sake.
   *
   * @param tried of code that is new to this process only what was tried and is well is loaded; without it all of it, as at the start
   */
  load(tried?: Tried): Promise<Catalogue>;
  /** Tries the code of all packages that is new to this process, apart from it. It never rejects for a package's sake. */
  tryOut(): Promise<Tried>;
}

export function pluginService(dao: PluginDao, notifier: PluginNotifier): PluginService {
  const loading = new KeyedLock();
  let catalogue = catalogueOf([], []);

  async function load(tried?: Tried): Promise<Catalogue> {
    const packages: VendorPackage[] = [];
    const broken: BrokenPackage[] = [];
    const taken = new Map<string, string>();
    for (const found of await dao.find()) {
      try {
        const loaded = await loadPackage(dao, found, tried);
        for (const { id } of loaded.plugins) {
          const owner = taken.get(id);
          if (owner !== undefined) throw new ProvisioningError('plugin-invalid', `plugins.${id} is already a plugin of ${owner}`);
        }
        for (const { id } of loaded.plugins) taken.set(id, loaded.id);
        packages.push(loaded);
      } catch (cause) {
        broken.push({ ...found, problem: reason(cause).replaceAll(/\s*\n\s*/g, '; ') });
      }
    }
    catalogue = catalogueOf(packages, broken);
    notifier.changed(catalogue);
    return catalogue;
  }

  return {
    get catalogue() {
      return catalogue;
    },
    // One at a time: one that began before a package was exchanged must not end after the one that saw the new.
    load: (tried) => loading.run('', () => load(tried)),
    async tryOut() {
      const found = await dao.find();
      // At once: together they take no longer than one that never ends.
      return new Map(await Promise.all(found.map(async (each) => [each.folder, await dao.tryOut(each)] as const)));
    },
  };
}

/** Reads a package and checks it. @throws ProvisioningError plugin-…, also for whatever its code throws */
export async function loadPackage(dao: PluginDao, found: Found, tried?: Tried): Promise<VendorPackage> {
  try {
    return packageOf(found, await dao.read(found, tried));
  } catch (cause) {
    if (cause instanceof ProvisioningError) throw cause;
    throw new ProvisioningError('plugin-unreadable', `its code cannot be loaded: ${reason(cause)}`, { cause });
  }
}

/** The same while the server runs: code that is new to this process is tried apart from it first. Rejects with the signal's reason, too. */
export async function loadTried(dao: PluginDao, found: Found, signal?: AbortSignal): Promise<VendorPackage> {
  return loadPackage(dao, found, new Map([[found.folder, await dao.tryOut(found, signal)]]));
}

/** @throws ProvisioningError plugin-invalid with all that is wrong */
export function packageOf({ id, folder }: Found, { definition, templates, pkgs }: Raw): VendorPackage {
  const complaints = checkVendor(definition, templates);
  if (complaints.length > 0) {
    const told = complaints.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
    throw new ProvisioningError('plugin-invalid', told, { complaints });
  }
  const vendor = definition as Vendor;
  const plugins: Plugin[] = [];
  const made: VendorPackage = { id, folder, definition: vendor, plugins, templates, pkgs };
  for (const [pluginId, line] of Object.entries(vendor.plugins)) plugins.push(pluginOf(pluginId, line, made));
  return made;
}

function pluginOf(id: string, line: Line, owner: VendorPackage): Plugin {
  const models = new Map<string, ModelRow>();
  for (const series of line.series) {
    for (const [name, model] of Object.entries(series.models)) models.set(name, { name, model, series });
  }
  const own = line.artefacts ?? [];
  const common = owner.definition.artefacts ?? [];
  const artefacts = [
    ...common.map((file) => own.find(({ name }) => name === file.name) ?? file),
    ...own.filter(({ name }) => !common.some((file) => file.name === name)),
  ].map((file) => ({ ...file, own: isOwn(file), named: isNamed(file) }));
  const version = line.series.map((series) => series.version).reduce((a, b) => (compareVersions(a, b) >= 0 ? a : b));
  return { id, package: owner, line, version, models, artefacts };
}

export function catalogueOf(packages: readonly VendorPackage[], broken: readonly BrokenPackage[]): Catalogue {
  const plugins = packages.flatMap((each) => each.plugins);
  const byId = new Map(plugins.map((plugin) => [plugin.id, plugin]));
  const byVendor = new Map<string, Plugin[]>();
  for (const plugin of plugins) {
    const { vendor } = plugin.package.definition;
    byVendor.set(vendor, [...(byVendor.get(vendor) ?? []), plugin]);
  }
  return {
    packages,
    broken,
    plugin: (id) => byId.get(id),
    plugins: () => plugins,
    ofVendor: (vendor) => (vendor === undefined ? [] : (byVendor.get(vendor) ?? [])),
  };
}
