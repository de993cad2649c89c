import * as z from 'zod';
import { ProvisioningError, prefixed } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import type { Task } from '../../operations/run.ts';
import type { Plan } from '../../operations/validator.ts';
import type { PackageFacts } from '../../plugins/installed.ts';
import { type PackageState, packageSteps } from '../../plugins/packages.ts';
import type { AvailableVersion } from '../../repositories/available.ts';
import { flag, readObject, readQuery } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';
import { begun } from './operations.ts';

const installBody = z.strictObject({ version: z.string().min(1).optional(), force: z.boolean().optional() });
const upgradeBody = z.strictObject({ packages: z.array(z.string()).optional(), force: z.boolean().optional() });
const forceBody = z.strictObject({ force: z.boolean().optional() });
const forceQuery = z.strictObject({ force: flag }).partial();

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
        const { total } = await devices.list({ where: { plugin }, limit: 0 });
        return { id: plugin, firmware, models: [...models.keys()], devices: total };
      }),
    );
  }

  async function list(): Promise<Answer> {
    const all = packages.list();
    const documents = await Promise.all(all.map(async (each) => ({ ...summaryOf(each), plugins: await pluginsOf(each) })));
    return { json: { packages: documents, total: all.length } };
  }

  async function show(call: Call): Promise<Answer> {
    const found = known(param(call, 'id'));
    return { json: { ...summaryOf(found), plugins: await pluginsOf(found), versions: found.available.map(versionOf) } };
  }

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

  async function install(call: Call): Promise<Answer> {
    const id = param(call, 'id');
    const { version, force } = readObject(call.body ?? new Map(), installBody);
    const options = { ...(version !== undefined && { version }), ...(force !== undefined && { force }) };
    const title = `install the vendor package ${id}${version === undefined ? '' : ` ${version}`}`;
    return start(id, 'install', title, async (task) => installedOf(await packages.install(id, options, task)), [
      packageSteps.download,
      packageSteps.configure,
    ]);
  }

  async function upgrade(call: Call): Promise<Answer> {
    const { packages: ids, force = false } = readObject(call.body ?? new Map(), upgradeBody);
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
  }

  async function rollBack(call: Call): Promise<Answer> {
    const id = param(call, 'id');
    const { force } = readObject(call.body ?? new Map(), forceBody);
    const title = `go back to the former version of the vendor package ${id}`;
    return start(id, 'downgrade', title, async (task) =>
      installedOf(await packages.rollBack(id, { ...(force && { force }) }, task)),
    );
  }

  async function uninstall(call: Call): Promise<Answer> {
    const id = param(call, 'id');
    const { force = false } = readQuery(call.query, forceQuery);
    // Told at once, and not by an operation that fails: whoever asks has to decide.
    const lost = await packages.losses(id, { force });
    return start(id, 'uninstall', `uninstall the vendor package ${id}`, async (task) => {
      await packages.uninstall(id, { force }, task);
      return { lost: lost.map(({ plugin, devices }) => ({ plugin, devices })) };
    });
  }

  async function losses(call: Call): Promise<Answer> {
    return { json: { lost: await packages.losses(param(call, 'id'), { force: true }) } };
  }

  const pin = (pinned: boolean) => async (call: Call) => ({ json: installedOf(await packages.pin(param(call, 'id'), pinned)) });

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
