import type { FirmwareService } from '../firmware/service.ts';
import type { HistoryService } from '../history/service.ts';
import type { LeaseService } from '../leases/service.ts';
import type { Fields } from '../lib/differences.ts';
import { shown, withoutLogin } from '../lib/download/network.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import type { OverrideService } from '../overrides/service.ts';
import type { ParameterName, ParameterService } from '../parameters/service.ts';
import type { PackageService } from '../plugins/packages.ts';
import type { RepositoryService } from '../repositories/service.ts';

/**
 * Services of what does not lie in the store, with an entry of the history for each change: who acts is known here, whoever called. An entry
 * comes after its change; one that cannot be written fails whoever asked, who is told why.
 */

type Note = HistoryService['note'];
const nothing: Fields = new Map();

/** The service, with other methods in the place of some. */
function instead<Service extends object>(service: Service, methods: Partial<Service>): Service {
  return Object.assign(Object.create(service), methods);
}

export function notedOverrides(overrides: OverrideService, note: Note): OverrideService {
  const textOf = async (plugin: string, name: string): Promise<Fields> => {
    const found = (await overrides.list()).find((each) => each.plugin === plugin && each.name === name);
    return found ? new Map([['text', found.override]]) : nothing;
  };
  async function noting<Result>(plugin: string, name: string, work: () => Promise<Result>): Promise<Result> {
    const before = await textOf(plugin, name);
    const result = await work();
    const after = await textOf(plugin, name);
    const action = after.size === 0 ? 'removed' : before.size === 0 ? 'created' : 'changed';
    await note({ what: { resource: 'template', id: `${plugin}/${name}` }, action, before, after });
    return result;
  }
  return instead(overrides, {
    put: (plugin, name, ...rest) => noting(plugin, name, () => overrides.put(plugin, name, ...rest)),
    remove: (plugin, name, ...rest) => noting(plugin, name, () => overrides.remove(plugin, name, ...rest)),
    merge: (plugin, name, ...rest) => noting(plugin, name, () => overrides.merge(plugin, name, ...rest)),
    async accept(plugin, name, ...rest) {
      const accepted = await overrides.accept(plugin, name, ...rest);
      await note({ what: { resource: 'template', id: `${plugin}/${name}` }, action: 'accepted' });
      return accepted;
    },
  });
}

export function notedPackages(packages: PackageService, note: Note): PackageService {
  const factsOf = (id: string): Fields => {
    const found = packages.list().find((each) => each.id === id);
    if (found?.version === undefined) return nothing;
    return new Map<string, string | boolean>([
      ['version', found.version],
      ['pinned', found.installed?.pinned ?? false],
    ]);
  };
  async function noting<Result>(id: string, action: string, work: () => Promise<Result>): Promise<Result> {
    const before = factsOf(id);
    const result = await work();
    await note({ what: { resource: 'package', id }, action, before, after: factsOf(id) });
    return result;
  }
  return instead(packages, {
    install: (id, ...rest) => noting(id, 'installed', () => packages.install(id, ...rest)),
    rollBack: (id, ...rest) => noting(id, 'rolled-back', () => packages.rollBack(id, ...rest)),
    uninstall: (id, ...rest) => noting(id, 'uninstalled', () => packages.uninstall(id, ...rest)),
    pin: (id, pinned) => noting(id, pinned ? 'pinned' : 'unpinned', () => packages.pin(id, pinned)),
  });
}

export function notedFirmware(firmware: FirmwareService, note: Note): FirmwareService {
  const versions = (): Fields => new Map(Array.from(firmware.installed, ([key, { facts }]) => [key, facts.version]));
  async function noting<Result>(action: string, work: () => Promise<Result>): Promise<Result> {
    const before = versions();
    const result = await work();
    const after = versions();
    // One brings others, or takes them away.
    const keys = new Set([...before.keys(), ...after.keys()]);
    for (const id of keys) {
      if (before.get(id) === after.get(id)) continue;
      await note({ what: { resource: 'firmware', id }, action, before: versionIn(before, id), after: versionIn(after, id) });
    }
    return result;
  }
  return instead(firmware, {
    install: (...order) => noting('installed', () => firmware.install(...order)),
    uninstall: (key) => noting('uninstalled', () => firmware.uninstall(key)),
    async supply(bytes) {
      const matched = await firmware.supply(bytes);
      for (const { file } of matched) await note({ what: { resource: 'firmware-file', id: file.name }, action: 'supplied' });
      return matched;
    },
  });
}

function versionIn(versions: Fields, key: string): Fields {
  const version = versions.get(key);
  return version === undefined ? nothing : new Map([['version', version]]);
}

export function notedRepositories(repositories: RepositoryService, note: Note): RepositoryService {
  const fieldsOf = (name: string): Fields => {
    const found = repositories.list().find((each) => each.name === name);
    if (!found) return nothing;
    const { location, channel, priority, keys, allowUnsigned } = found;
    return new Map<string, OrderedJson>([
      // It may have a password in it.
      ['location', URL.canParse(location) ? shown(new URL(location)) : location],
      ['channel', channel],
      ['priority', priority],
      ['keys', keys],
      ['allow_unsigned', allowUnsigned],
    ]);
  };
  async function noting<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    const before = fieldsOf(id);
    const result = await work();
    const after = fieldsOf(id);
    const action = after.size === 0 ? 'removed' : before.size === 0 ? 'created' : 'changed';
    await note({ what: { resource: 'repository', id }, action, before, after });
    return result;
  }
  return instead(repositories, {
    enter: (repository) => noting(repository.name, () => repositories.enter(repository)),
    remove: (name) => noting(name, () => repositories.remove(name)),
  });
}

type Leases = Pick<LeaseService, 'list' | 'usage' | 'otherUsage' | 'forget'>;

export function notedLeases(leases: Leases, note: Note): Leases {
  return instead(leases, {
    async forget(address) {
      await leases.forget(address);
      await note({ what: { resource: 'lease', id: address }, action: 'removed' });
    },
  });
}

export function notedParameters(parameters: ParameterService, note: Note): ParameterService {
  // A proxy may have a password in it.
  const fieldsOf = (name: ParameterName): Fields => {
    const value = parameters.get(name);
    return value === undefined ? nothing : new Map([['value', withoutLogin(value)]]);
  };
  return instead(parameters, {
    async set(name, value) {
      const before = fieldsOf(name);
      await parameters.set(name, value);
      await note({ what: { resource: 'parameter', id: name }, action: 'changed', before, after: fieldsOf(name) });
    },
  });
}
