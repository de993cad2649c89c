import * as z from 'zod';
import { linkCheck } from '../../firmware/check.ts';
import { keyOf } from '../../firmware/installed.ts';
import type { Described } from '../../firmware/service.ts';
import type { Task } from '../../operations/run.ts';
import { anything, count, text, time } from '../fields.ts';
import { flag } from '../input.ts';
import { listingOf } from '../listing.ts';
import type { ApiParts } from '../parts.ts';
import { timeOf } from '../revision.ts';
import { type Call, endpoint, param, type Route } from '../route.ts';
import { begins, begun } from './operations.ts';

const which = { vendor: z.string(), plugin: z.string(), installed: flag };
const query = z.strictObject(which).partial();
/** repositories: also what packages describe that could be installed. */
const checkQuery = z.strictObject({ ...which, repositories: flag }).partial();

const summary = z.strictObject({
  vendor: text,
  id: text,
  version: text,
  descriptions: z.record(z.string(), z.string()).meta({ description: 'By locale, or default.' }),
  plugins: z.array(text),
  download_bytes: count,
  to_be_supplied: z.array(text).meta({ description: 'Files that cannot be downloaded: an operator has to supply them.' }),
  installed: text.nullable().meta({ description: 'The version that is installed.' }),
  extra: anything,
});
const document = z
  .strictObject({
    ...summary.shape,
    needs: z.array(text),
    files: z.array(z.looseObject({ name: text, url: text.nullable(), size: count, authenticated: z.boolean() })),
    asked: z.boolean().nullable().meta({ description: 'Somebody asked for it; else it came because another needs it.' }),
    installed_at: time.nullable(),
    installed_files: z.array(z.unknown()),
  })
  .meta({ id: 'Firmware' });
const listed = summary.meta({ id: 'FirmwareSummary' });
const supplied = z.strictObject({ name: text, size: count, firmware: z.array(text) });

/** Firmware packages: what the installed vendor packages describe, and what of it is installed. */
export function firmwareRoutes({ firmware, packages, operations }: ApiParts): Route[] {
  const keyIn = (call: Pick<Call, 'params'>) => keyOf(param(call, 'vendor'), param(call, 'id'));

  function wanted({ vendor, plugin, installed }: z.output<typeof query>): Described[] {
    return firmware
      .list()
      .filter((each) => vendor === undefined || each.vendor === vendor)
      .filter(({ package: { plugins } }) => plugin === undefined || plugins.length === 0 || plugins.includes(plugin))
      .filter((each) => installed === undefined || installed === (each.installed !== undefined));
  }

  const list = listingOf({
    summary: 'List firmware packages',
    about: 'Those that installed vendor packages describe.',
    permission: 'firmware.read',
    serverWide: true,
    name: 'firmware',
    item: listed,
    besides: { problems: z.array(z.strictObject({ vendor: text, problem: text })) },
    filters: query,
    sorts: { id: ({ package: { id } }: Described) => id, vendor: ({ vendor }) => vendor },
    usual: 'vendor',
    key: ({ vendor, package: { id } }) => keyOf(vendor, id),
    find: (call) => wanted(call.query),
    document: summaryOf,
    more: () => ({ problems: Array.from(firmware.problems, ([vendor, { message }]) => ({ vendor, problem: message })) }),
  });

  const show = endpoint({
    summary: 'Show a firmware package',
    permission: 'firmware.read',
    serverWide: true,
    answers: { 200: document },
    handle: (call) => ({ json: detailsOf(firmware.get(keyIn(call))) }),
  });

  const install = endpoint({
    summary: 'Download and install a firmware package, with what it needs',
    permission: 'firmware.install',
    serverWide: true,
    answers: begins,
    async handle(call) {
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
    },
  });

  const uninstall = endpoint({
    summary: 'Uninstall a firmware package',
    permission: 'firmware.uninstall',
    serverWide: true,
    answers: { 200: z.strictObject({ removed: z.array(text) }) },
    handle: async (call) => ({ json: { removed: await firmware.uninstall(keyIn(call)) } }),
  });

  const supply = endpoint({
    summary: 'Supply a file that cannot be downloaded',
    about: 'The body is the file. What it is for is known by its size and hash.',
    permission: 'firmware.install',
    serverWide: true,
    takesFile: 'application/octet-stream',
    answers: { 200: z.strictObject({ files: z.array(supplied) }) },
    async handle({ stream }) {
      const matched = await firmware.supply(stream);
      return {
        json: { files: matched.map(({ file: { name, size }, firmware: needing }) => ({ name, size, firmware: needing })) },
      };
    },
  });

  const check = endpoint({
    summary: 'Check whether files can be downloaded',
    about: 'With `repositories` also those of vendor packages that could be installed.',
    permission: 'firmware.install',
    serverWide: true,
    query: checkQuery,
    answers: begins,
    async handle({ query: { repositories = false, ...which } }) {
      const keys = wanted(which).map(({ vendor, package: { id } }) => keyOf(vendor, id));
      const others = repositories ? { others: (task: Task) => packages.pkgsToBeHad(task) } : {};
      return begun(await operations.start(...linkCheck(firmware, { keys, ...others })));
    },
  });

  return [
    { path: '/api/v1/firmware', methods: { GET: list } },
    { path: '/api/v1/firmware/files', methods: { POST: supply } },
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
