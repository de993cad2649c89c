import * as z from 'zod';
import { linkCheck } from '../../firmware/check.ts';
import { keyOf } from '../../firmware/installed.ts';
import type { Described } from '../../firmware/service.ts';
import type { Task } from '../../operations/run.ts';
import { flag, readQuery } from '../input.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { type Answer, type Call, param, type Route } from '../route.ts';
import { begun } from './operations.ts';

const which = { vendor: z.string(), plugin: z.string(), installed: flag };
const query = z.strictObject(which).partial();
/** repositories: also what packages describe that could be installed. */
const checkQuery = z.strictObject({ ...which, repositories: flag }).partial();

/** Firmware packages: what the installed vendor packages describe, and what of it is installed. */
export function firmwareRoutes({ firmware, packages, operations }: ApiParts): Route[] {
  const keyIn = (call: Call) => keyOf(param(call, 'vendor'), param(call, 'id'));

  function wanted(call: Call, type: typeof checkQuery | typeof query = checkQuery): Described[] {
    const { vendor, plugin, installed } = readQuery(call.query, type);
    return firmware
      .list()
      .filter((each) => vendor === undefined || each.vendor === vendor)
      .filter(({ package: { plugins } }) => plugin === undefined || plugins.length === 0 || plugins.includes(plugin))
      .filter((each) => installed === undefined || installed === (each.installed !== undefined));
  }

  function list(call: Call): Answer {
    const found = wanted(call, query);
    const problems = Array.from(firmware.problems, ([vendor, { message }]) => ({ vendor, problem: message }));
    return { json: { firmware: found.map(summaryOf), total: found.length, problems } };
  }

  function show(call: Call): Answer {
    return { json: detailsOf(firmware.get(keyIn(call))) };
  }

  async function install(call: Call): Promise<Answer> {
    const key = keyIn(call);
    const { version } = firmware.get(key).package;
    const order = {
      label: 'install_pkg',
      title: `install the firmware ${key} ${version}`,
      subject: { firmware: key, vendor: param(call, 'vendor') },
      key: `firmware ${key}`,
      steps: [
        { label: 'download', title: 'download its files', unit: 'bytes' as const },
        { label: 'install', title: 'unpack and install them' },
      ],
    };
    return begun(await operations.start(order, async (task) => ({ installed: await firmware.install(key, task) })));
  }

  async function uninstall(call: Call): Promise<Answer> {
    return { json: { removed: await firmware.uninstall(keyIn(call)) } };
  }

  async function supply({ stream }: Call): Promise<Answer> {
    const matched = await firmware.supply(stream);
    return { json: { files: matched.map(({ file: { name, size }, firmware: needing }) => ({ name, size, firmware: needing })) } };
  }

  async function check(call: Call): Promise<Answer> {
    const { repositories = false } = readQuery(call.query, checkQuery);
    const keys = wanted(call).map(({ vendor, package: { id } }) => keyOf(vendor, id));
    const others = repositories ? { others: (task: Task) => packages.pkgsToBeHad(task) } : {};
    return begun(await operations.start(...linkCheck(firmware, { keys, ...others })));
  }

  return [
    { path: '/api/v1/firmware', methods: { GET: list } },
    { path: '/api/v1/firmware/files', methods: { POST: supply }, takesFile: true },
    { path: '/api/v1/firmware/check', methods: { POST: check } },
    { path: '/api/v1/firmware/:vendor/:id', methods: { GET: show, DELETE: uninstall } },
    { path: '/api/v1/firmware/:vendor/:id/install', methods: { POST: install } },
  ];
}

function summaryOf({ vendor, package: { id, version, descriptions, plugins, extra }, files, installed }: Described) {
  return {
    vendor,
    id,
    version,
    descriptions: Object.fromEntries(Array.from(descriptions, ([locale, text]) => [locale || 'default', text])),
    plugins,
    // Of these alone, without what it needs besides.
    download_bytes: files.reduce((sum, { size }) => sum + size, 0),
    to_be_supplied: files.filter(({ url }) => url === undefined).map(({ name }) => name),
    installed: installed ? installed.facts.version : null,
    extra: Object.fromEntries(extra),
  };
}

function detailsOf(found: Described) {
  const { vendor, package: described, files, installed } = found;
  return {
    ...summaryOf(found),
    needs: described.depends.map((id) => keyOf(vendor, id)),
    files: files.map(({ name, url = null, size, sums, authenticated }) => ({
      name,
      url,
      size,
      ...Object.fromEntries(sums),
      authenticated,
    })),
    asked: installed ? installed.facts.asked : null,
    installed_at: installed ? timeOf(installed.facts.installed) : null,
    installed_files: installed ? installed.facts.files : [],
  };
}
