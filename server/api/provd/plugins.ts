import { keyOf } from '../../firmware/installed.ts';
import type { Described } from '../../firmware/service.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Task } from '../../operations/run.ts';
import { capabilitiesOf } from '../../plugins/capabilities.ts';
import type { Plugin } from '../../plugins/model.ts';
import { packageSteps } from '../../plugins/packages.ts';
import type { ApiParts } from '../parts.ts';
import { type Answer, linksTo, noSuchResource, Refusal } from './answer.ts';
import type { Counters } from './operations.ts';
import { type Call, type Route, textIn } from './route.ts';

/**
 * `/pg_mgr`. What provd calls a plugin is one here, a firmware line; what is installed and removed is the vendor package that it is of, with all its lines, which may be named by
 * its own id, too.
 */
export function pluginRoutes(parts: ApiParts, counters: Counters): Route[] {
  const { plugins, packages, repositories, firmware, operations, reload } = parts;

  /** The lines of the newest version of each package that this server can use, with that version. */
  function installable() {
    return packages.list().flatMap(({ id, available }) => {
      const usable = available.find(({ refusal }) => refusal === undefined);
      return usable ? Object.keys(usable.entry.plugins).map((line) => ({ package: id, line, entry: usable.entry })) : [];
    });
  }

  /** The package of an installed line, or of that id. */
  function installedPackage(id: string): string | undefined {
    const owner = plugins.catalogue.plugin(id)?.package.id;
    return owner ?? plugins.catalogue.packages.find((each) => each.id === id)?.id;
  }

  function toInstall(id: string): string | undefined {
    return installable().find(({ line, package: owner }) => line === id || owner === id)?.package;
  }

  function plugin({ params: { id = '' } }: Call): Plugin {
    const found = plugins.catalogue.plugin(id);
    if (found) return found;
    throw noSuchResource();
  }

  async function install(call: Call, id: string): Promise<Answer> {
    const order = {
      label: 'install',
      title: `install the vendor package ${id}`,
      subject: { package: id },
      key: `package ${id}`,
      steps: [packageSteps.download, packageSteps.configure],
    };
    const operation = await operations.start(order, async (task) => {
      const { version } = await packages.install(id, {}, task);
      return { id, version };
    });
    return counters.begun(call, operation);
  }

  /** Firmware packages that are for a plugin. */
  function firmwareOf({ id, package: owner }: Plugin): Described[] {
    const all = firmware.list().filter(({ vendor }) => vendor === owner.id);
    return all.filter(({ package: { plugins: of } }) => of.length === 0 || of.includes(id));
  }

  function firmwareNamed(call: Call): string {
    const id = textIn(call.body, 'id');
    const found = firmwareOf(plugin(call)).find((each) => each.package.id === id);
    if (!found) throw new Refusal(400, 'package not found');
    return keyOf(found.vendor, id);
  }

  const manager = '/pg_mgr';
  const ofServer = `${manager}/install`;
  const ofPlugin = `${manager}/plugins/:id`;
  const serverWide = true;
  const read = { method: 'GET', permission: 'packages.read', serverWide } as const;
  const change = { method: 'POST', permission: 'packages.install', serverWide } as const;
  return [
    {
      ...read,
      path: manager,
      acl: 'pg_mgr.read',
      handle: () => linksTo(manager, { 'srv.install': 'install', 'pg.plugins': 'plugins', 'pg.reload': 'reload' }),
    },
    {
      method: 'GET',
      path: `${manager}/plugins`,
      acl: 'pg_mgr.plugins.read',
      permission: 'plugins.read',
      handle() {
        const all = plugins.catalogue
          .plugins()
          .map(({ id }) => [id, { links: [{ rel: 'pg.plugin', href: `/0.2${manager}/plugins/${id}` }] }]);
        return { status: 200, json: { plugins: Object.fromEntries(all) } };
      },
    },
    {
      method: 'GET',
      path: ofPlugin,
      acl: 'pg_mgr.plugins.{id}.read',
      permission: 'plugins.read',
      handle: (call) => linksTo(`${manager}/plugins/${plugin(call).id}`, { 'pg.info': 'info', 'srv.install': 'install' }),
    },
    {
      method: 'GET',
      path: `${ofPlugin}/info`,
      acl: 'pg_mgr.plugins.{id}.info.read',
      permission: 'plugins.read',
      handle: (call) => ({ status: 200, json: { plugin_info: infoOf(plugin(call)) } }),
    },
    {
      method: 'GET',
      path: `${ofPlugin}/install`,
      acl: 'pg_mgr.plugins.{id}.install.read',
      permission: 'firmware.read',
      serverWide,
      handle(call) {
        const names = ['install', 'uninstall', 'installed', 'installable'];
        const links = Object.fromEntries(names.map((name) => [`srv.install.${name}`, name]));
        return linksTo(`${manager}/plugins/${plugin(call).id}/install`, links);
      },
    },
    {
      method: 'GET',
      path: `${ofPlugin}/install/installable`,
      acl: 'pg_mgr.plugins.{id}.install.installable.read',
      permission: 'firmware.read',
      serverWide,
      handle(call) {
        const all = firmwareOf(plugin(call)).map((each) => [
          each.package.id,
          {
            version: each.package.version,
            description: each.package.descriptions.get('') ?? '',
            dsize: each.files.reduce((sum, { size }) => sum + size, 0),
          },
        ]);
        return { status: 200, json: { pkgs: Object.fromEntries(all) } };
      },
    },
    {
      method: 'GET',
      path: `${ofPlugin}/install/installed`,
      acl: 'pg_mgr.plugins.{id}.install.installed.read',
      permission: 'firmware.read',
      serverWide,
      handle(call) {
        const all = firmwareOf(plugin(call)).flatMap(({ installed, package: { id, descriptions } }) =>
          installed ? [[id, { version: installed.facts.version, description: descriptions.get('') ?? '' }]] : [],
        );
        return { status: 200, json: { pkgs: Object.fromEntries(all) } };
      },
    },
    {
      method: 'POST',
      path: `${ofPlugin}/install/install`,
      acl: 'pg_mgr.plugins.{id}.install.install.create',
      permission: 'firmware.install',
      serverWide,
      async handle(call) {
        const key = firmwareNamed(call);
        const order = {
          label: 'install_pkg',
          title: `install the firmware ${key}`,
          subject: { firmware: key, vendor: plugin(call).package.id },
          key: `firmware ${key}`,
          steps: [
            { label: 'download', title: 'download its files', unit: 'bytes' as const },
            { label: 'install', title: 'unpack and install them' },
          ],
        };
        const work = async (task: Task) => ({ installed: await firmware.install(key, task) });
        return counters.begun(call, await operations.start(order, work));
      },
    },
    ...counters.routes(`${ofPlugin}/install/install`, 'firmware.install', { serverWide }),
    {
      method: 'POST',
      path: `${ofPlugin}/install/uninstall`,
      acl: 'pg_mgr.plugins.{id}.install.uninstall.create',
      permission: 'firmware.uninstall',
      serverWide,
      async handle(call) {
        await refusing(400, () => firmware.uninstall(firmwareNamed(call)));
        return { status: 204 };
      },
    },
    {
      ...read,
      path: ofServer,
      acl: 'pg_mgr.install.read',
      handle() {
        const names = ['install', 'uninstall', 'installed', 'installable', 'upgrade', 'update'];
        return linksTo(ofServer, Object.fromEntries(names.map((name) => [`srv.install.${name}`, name])));
      },
    },
    {
      ...read,
      path: `${ofServer}/installed`,
      acl: 'pg_mgr.install.installed.read',
      handle() {
        const all = plugins.catalogue.plugins().map((each) => [each.id, infoOf(each)]);
        return { status: 200, json: { pkgs: Object.fromEntries(all) } };
      },
    },
    {
      ...read,
      path: `${ofServer}/installable`,
      acl: 'pg_mgr.install.installable.read',
      handle() {
        const all = installable().map(({ line, entry }) => [
          line,
          {
            version: entry.version,
            description: entry.descriptions.get('') ?? '',
            capabilities: Object.fromEntries(
              Object.entries(entry.capabilities).filter(([name]) =>
                entry.plugins[line]?.models.includes(name.split(', ')[1] ?? ''),
              ),
            ),
            dsize: entry.size,
            sha256sum: entry.sha256,
          },
        ]);
        return { status: 200, json: { pkgs: Object.fromEntries(all) } };
      },
    },
    {
      ...change,
      path: `${ofServer}/install`,
      acl: 'pg_mgr.install.install.create',
      async handle(call) {
        const id = textIn(call.body, 'id');
        if (installedPackage(id) !== undefined) throw new Refusal(400, `plugin ${id} is already installed`);
        const owner = toInstall(id);
        if (owner === undefined) throw new Refusal(400, `'${id}'`);
        return refusing(400, () => install(call, owner));
      },
    },
    {
      ...change,
      path: `${ofServer}/upgrade`,
      acl: 'pg_mgr.install.upgrade.create',
      async handle(call) {
        const id = textIn(call.body, 'id');
        const owner = installedPackage(id);
        if (owner === undefined) throw new Refusal(400, `plugin ${id} is not already installed`);
        return refusing(400, () => install(call, owner));
      },
    },
    {
      ...change,
      path: `${ofServer}/update`,
      acl: 'pg_mgr.install.update.create',
      async handle(call) {
        const order = { label: 'update', title: 'read the index of all repositories', key: 'repositories' };
        const operation = await operations.start(order, async ({ signal, progress }) => {
          const states = await repositories.refresh(undefined, { signal, progress });
          return { repositories: states.map(({ name }) => name) };
        });
        return counters.begun(call, operation);
      },
    },
    ...['install', 'upgrade', 'update'].flatMap((name) =>
      counters.routes(`${ofServer}/${name}`, 'packages.install', { serverWide }),
    ),
    {
      ...change,
      path: `${ofServer}/uninstall`,
      acl: 'pg_mgr.install.uninstall.create',
      permission: 'packages.uninstall',
      async handle(call) {
        const id = textIn(call.body, 'id');
        const owner = installedPackage(id);
        if (owner === undefined) throw new Refusal(400, 'plugin not found');
        const lost = await refusing(400, () => packages.losses(owner, { force: true }));
        const others = lost.filter((each) => each.plugin !== id && id !== owner);
        if (others.length > 0) {
          const told = others.map(({ plugin: line, devices }) => `${line} (${devices})`).join(', ');
          throw new Refusal(400, `${id} is of ${owner}, with which devices of other plugins would lose theirs: ${told}`);
        }
        const order = {
          label: 'uninstall',
          title: `uninstall the vendor package ${owner}`,
          subject: { package: owner },
          key: `package ${owner}`,
          steps: [packageSteps.configure],
        };
        const { id: operation } = await operations.start(order, async (task) => {
          await packages.uninstall(owner, { force: true }, task);
          return undefined;
        });
        // provd has uninstalled it when it answers.
        const ended = await operations.wait(operation);
        if (ended?.error) throw new Refusal(400, ended.error.message);
        return { status: 204 };
      },
    },
    {
      ...change,
      path: `${manager}/reload`,
      acl: 'pg_mgr.reload.create',
      permission: 'settings.update',
      async handle(call) {
        const id = textIn(call.body, 'id');
        if (installedPackage(id) === undefined) throw new Refusal(400, `plugin ${id} is not installed`);
        await refusing(400, () => reload());
        return { status: 204 };
      },
    },
  ];
}

function infoOf({ id, package: { definition } }: Plugin) {
  const { version, vendor, description = {} } = definition;
  const { en = '', ...others } = description;
  const translated = Object.entries(others).map(([language, text]) => [`description_${language}`, text]);
  return {
    version,
    description: en,
    ...Object.fromEntries(translated),
    vendor,
    capabilities: capabilitiesOf(definition, [id]),
  };
}

/** What the service says no to is told with this status; what is the store's fault is not. */
async function refusing<Result>(status: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof ProvisioningError) || /^(?:store|disk)-/.test(cause.code)) throw cause;
    throw new Refusal(status, cause.message);
  }
}
