import * as z from 'zod';
import { ProvisioningError, prefixed } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Task } from '../../operations/run.ts';
import type { Plan } from '../../operations/validator.ts';
import type { PackageFacts } from '../../plugins/installed.ts';
import { type PackageState, packageSteps } from '../../plugins/packages.ts';
import type { AvailableVersion } from '../../repositories/available.ts';
import { count, text, time } from '../fields.ts';
import { flag } from '../input.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { type Answer, endpoint, param, type Route } from '../route.ts';
import { begins, begun } from './operations.ts';

const installBody = z.strictObject({ version: z.string().min(1).optional(), force: z.boolean().optional() });
const upgradeBody = z.strictObject({ packages: z.array(z.string()).optional(), force: z.boolean().optional() });
const forceBody = z.strictObject({ force: z.boolean().optional() });
const forceQuery = z.strictObject({ force: flag }).partial();

const pluginOf = z.strictObject({ id: text, firmware: text, models: z.array(text), devices: count });
const summary = z.strictObject({
  id: text,
  version: text.nullable().meta({ description: 'That is installed.' }),
  problem: text.nullable(),
  from: text.nullable().meta({ description: 'A repository; directory where it lies in one of the settings, or came along.' }),
  pinned: z.boolean(),
  installed: time.nullable(),
  former: text.nullable().meta({ description: 'The version to go back to.' }),
  newest: text.nullable(),
  upgrade: text.nullable(),
  descriptions: z.record(z.string(), z.string()),
  plugins: z.array(pluginOf),
});
const document = z
  .strictObject({
    ...summary.shape,
    versions: z.array(
      z.strictObject({
        version: text,
        released: text,
        repository: text,
        channel: text,
        size: count,
        plugins: z.array(pluginOf),
        notes: z.unknown(),
        refusal: text.nullable(),
      }),
    ),
  })
  .meta({ id: 'Package' });
const inList = summary.meta({ id: 'PackageSummary' });
const installation = z
  .strictObject({ id: text, version: text, repository: text, channel: text, pinned: z.boolean(), sha256: text })
  .meta({ id: 'InstalledPackage' });
const lost = z.strictObject({ lost: z.array(z.looseObject({ plugin: text })) });

/** Vendor packages: those that are installed, those that repositories have, and how one becomes the other. */
export function packageRoutes({ packages, operations, plugins, devices }: ApiParts): Route[] {
  function known(id: string): PackageState {
    const all = packages.list();
    const found = all.find((each) => each.id === id);
    if (found) return found;
    const like = nearest(
      id,
      all.map((each) => each.id),
    );
    const hint = like === undefined ? 'offhook plugin search shows what can be had' : `did you mean ${like}?`;
    throw new ProvisioningError('package-unknown', `No package ${id} is installed or in a repository: ${hint}`);
  }

  /** The plugins of what is installed, with how many devices have each; of another those of its newest version. */
  async function pluginsOf({ id, available }: PackageState) {
    const installed = plugins.catalogue.packages.find((each) => each.id === id);
    if (!installed) return available[0] ? listed(available[0]) : [];
    return Promise.all(
      installed.plugins.map(async ({ id: plugin, version: firmware, models }) => {
        return { id: plugin, firmware, models: [...models.keys()], devices: await devices.count({ where: { plugin } }) };
      }),
    );
  }

  const list = listingOf({
    summary: 'List vendor packages, installed or to be had',
    permission: 'packages.read',
    serverWide: true,
    name: 'packages',
    item: inList,
    filters: z.strictObject({ installed: flag, upgradable: flag, pinned: flag }).partial(),
    sorts: { id: ({ id }: PackageState) => id },
    usual: 'id',
    key: ({ id }) => id,
    find: ({ query: { installed, upgradable, pinned } }) =>
      packages
        .list()
        .filter(
          (each) =>
            (installed === undefined || installed === (summaryOf(each).version !== null)) &&
            (upgradable === undefined || upgradable === (summaryOf(each).upgrade !== null)) &&
            (pinned === undefined || pinned === summaryOf(each).pinned),
        ),
    document: async (each) => ({ ...summaryOf(each), plugins: await pluginsOf(each) }),
  });

  const show = endpoint({
    summary: 'Show a vendor package and its versions',
    permission: 'packages.read',
    serverWide: true,
    answers: { 200: document },
    async handle(call) {
      const found = known(param(call, 'id'));
      return { json: { ...summaryOf(found), plugins: await pluginsOf(found), versions: found.available.map(versionOf) } };
    },
  });

  /** Work on a package, of which one is done at a time. */
  async function start(
    id: string,
    label: string,
    title: string,
    work: (task: Task) => Promise<object>,
    plan: readonly Plan[] = [packageSteps.configure],
  ): Promise<Answer> {
    const order = { label, title, subject: { package: id }, key: `package ${id}`, steps: plan };
    return begun(await operations.start(order, async (task) => ({ ...(await work(task)) })));
  }

  const install = endpoint({
    summary: 'Install a vendor package, or another version of it',
    permission: 'packages.install',
    serverWide: true,
    body: installBody,
    answers: begins,
    async handle(call) {
      const id = param(call, 'id');
      const { version, force } = call.body;
      const options = { ...(version !== undefined && { version }), ...(force !== undefined && { force }) };
      const title = `install the vendor package ${id}${version === undefined ? '' : ` ${version}`}`;
      return start(id, 'install', title, async (task) => installedOf(await packages.install(id, options, task)), [
        packageSteps.download,
        packageSteps.configure,
      ]);
    },
  });

  const upgrade = endpoint({
    summary: 'Upgrade vendor packages, or all of them',
    about: 'Without `packages` all that are not pinned.',
    permission: 'packages.install',
    serverWide: true,
    body: upgradeBody,
    answers: begins,
    async handle({ body: { packages: ids, force = false } }) {
      const wanted = packages.upgradable(ids);
      const order = {
        label: 'upgrade',
        title: `upgrade ${ids === undefined ? 'all vendor packages' : `the vendor packages ${ids.join(', ')}`}`,
        key: 'upgrade',
        steps: wanted.map(({ id, version }) => ({ label: 'install', title: `install ${id} ${version}` })),
      };
      return begun(
        await operations.start(order, async (task) => {
          const upgraded: { id: string; version: string }[] = [];
          for (const { id, version } of wanted) {
            await task
              .step('install', (step) => packages.install(id, { version, force }, step))
              .catch((cause) => {
                throw prefixed(`${id} ${version}`, cause);
              });
            upgraded.push({ id, version });
          }
          return { upgraded };
        }),
      );
    },
  });

  const rollBack = endpoint({
    summary: 'Go back to the former version of a vendor package',
    permission: 'packages.install',
    serverWide: true,
    body: forceBody,
    answers: begins,
    async handle(call) {
      const id = param(call, 'id');
      const { force } = call.body;
      const title = `go back to the former version of the vendor package ${id}`;
      return start(id, 'downgrade', title, async (task) =>
        installedOf(await packages.rollBack(id, { ...(force && { force }) }, task)),
      );
    },
  });

  const uninstall = endpoint({
    summary: 'Uninstall a vendor package',
    about: 'One whose plugins devices have is refused, unless `force` is set.',
    permission: 'packages.uninstall',
    serverWide: true,
    query: forceQuery,
    answers: begins,
    async handle(call) {
      const id = param(call, 'id');
      const { force = false } = call.query;
      // Told at once, and not by an operation that fails: whoever asks has to decide.
      const lost = await packages.losses(id, { force });
      return start(id, 'uninstall', `uninstall the vendor package ${id}`, async (task) => {
        await packages.uninstall(id, { force }, task);
        return { lost: lost.map(({ plugin, devices }) => ({ plugin, devices })) };
      });
    },
  });

  const losses = endpoint({
    summary: 'Show losses: which devices would lose their plugin with a vendor package, and what would serve them',
    permission: 'packages.read',
    serverWide: true,
    answers: { 200: lost },
    handle: async (call) => ({ json: { lost: await packages.losses(param(call, 'id'), { force: true }) } }),
  });

  const pin = (pinned: boolean) =>
    endpoint({
      summary: pinned ? 'Keep a vendor package at its version' : 'Let a vendor package be upgraded again',
      permission: 'packages.install',
      serverWide: true,
      answers: { 200: installation },
      handle: async (call) => ({ json: installedOf(await packages.pin(param(call, 'id'), pinned)) }),
    });

  return [
    { path: '/api/v1/packages', methods: { GET: list } },
    { path: '/api/v1/packages/upgrade', methods: { POST: upgrade } },
    { path: '/api/v1/packages/:id', methods: { GET: show, DELETE: uninstall } },
    { path: '/api/v1/packages/:id/install', methods: { POST: install } },
    { path: '/api/v1/packages/:id/roll-back', methods: { POST: rollBack } },
    { path: '/api/v1/packages/:id/losses', methods: { GET: losses } },
    { path: '/api/v1/packages/:id/pin', methods: { PUT: pin(true), DELETE: pin(false) } },
  ];
}

function summaryOf({ id, version, problem, installed, former, available, upgrade }: PackageState) {
  const [newest] = available;
  return {
    id,
    version: version ?? null,
    problem: problem ?? null,
    // A package that was not installed lies in a directory of the settings, or came along.
    from: installed?.repository ?? (version === undefined ? null : 'directory'),
    pinned: installed?.pinned ?? false,
    installed: installed ? timeOf(installed.installed) : null,
    former: former ?? null,
    newest: newest?.entry.version ?? null,
    upgrade: upgrade ?? null,
    descriptions: newest ? textsOf(newest) : {},
  };
}

function versionOf(available: AvailableVersion) {
  const { entry, offer, refusal = null } = available;
  return {
    version: entry.version,
    released: entry.released,
    repository: offer.repository,
    channel: offer.index.channel,
    size: entry.size,
    plugins: listed(available),
    notes: entry.notes,
    refusal,
  };
}

function listed({ entry: { plugins } }: AvailableVersion) {
  return Object.entries(plugins).map(([id, { version: firmware, models }]) => ({ id, firmware, models, devices: 0 }));
}

function textsOf({ entry }: AvailableVersion) {
  return Object.fromEntries(Array.from(entry.descriptions, ([language, text]) => [language || 'default', text]));
}

function installedOf({ id, version, repository, channel, pinned, sha256 }: PackageFacts) {
  return { id, version, repository, channel, pinned, sha256 };
}
