import type { Command } from 'commander';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import { packagePath } from './find.ts';
import { type FollowOptions, follow, following } from './follow.ts';
import { Failure, type Io } from './io.ts';
import type { Host } from './serve.ts';
import { table } from './table.ts';

interface ForceOptions extends FollowOptions {
  readonly force?: boolean;
}

const PACKAGE = 'id of the vendor package, as offhook plugin list has it';
const FORCE = 'also when devices lose their plugin by it';

/** Commands below `offhook plugin` that change what is installed. */
export function addChanges(plugin: Command, io: Io, host: Host): void {
  following(
    asking(
      plugin
        .command('install')
        .description('install vendor packages; phones get files from them as soon as that is done')
        .argument('<packages...>', 'id, or id@version for another than the newest')
        .option('--force', FORCE)
        .addHelpText(
          'after',
          examples([
            'offhook plugin install yealink',
            'offhook plugin install digium@1.0.0',
            'offhook plugin install digium yealink',
          ]),
        ),
    ),
  ).action((packages: string[], options: ForceOptions) => install(packages, options, io, host));

  following(
    asking(
      plugin
        .command('upgrade')
        .description('install newer versions of what is installed')
        .argument('[packages...]', 'which; without one all that are not pinned')
        .option('--force', FORCE),
    ),
  ).action((packages: string[], options: ForceOptions) => upgrade(packages, options, io, host));

  following(
    asking(
      plugin
        .command('rollback')
        .description('go back to the version that was there before')
        .argument('<package>', PACKAGE)
        .option('--force', FORCE),
    ),
  ).action((id: string, options: ForceOptions) => rollBack(id, options, io, host));

  following(
    asking(
      plugin
        .command('uninstall')
        .description('remove a vendor package; your templates and its firmware stay')
        .argument('<package>', PACKAGE)
        .option('--force', FORCE),
    ),
  ).action((id: string, options: ForceOptions) => uninstall(id, options, io, host));

  asking(
    plugin
      .command('pin')
      .description('keep a vendor package at its version: upgrade passes over it')
      .argument('<package>', PACKAGE),
  ).action((id: string, options: ClientOptions) => pin('PUT', id, options, io));
  asking(plugin.command('unpin').description('let upgrade upgrade it again').argument('<package>', PACKAGE)).action(
    (id: string, options: ClientOptions) => pin('DELETE', id, options, io),
  );
}

interface Wanted {
  readonly id: string;
  readonly version?: string;
}

async function install(packages: readonly string[], options: ForceOptions, io: Io, host: Host): Promise<void> {
  const wanted = packages.map((each): Wanted => {
    const [id = '', ...version] = each.split('@');
    return { id, ...(version.length > 0 && { version: version.join('@') }) };
  });
  await installAll(wanted, options, { client: clientFor(options, io), io, host });
}

/** One after the other: what fails is told, and the others are left alone. */
async function installAll(
  wanted: readonly Wanted[],
  options: ForceOptions,
  around: { client: Client; io: Io; host: Host },
): Promise<void> {
  for (const { id, version } of wanted) {
    const body = new Map<string, OrderedJson>([
      ...(version === undefined ? [] : [['version', version] as const]),
      ...(options.force ? [['force', true] as const] : []),
    ]);
    const { document } = await around.client.ask('POST', packagePath(id, '/install'), { body });
    await follow(document, options, around, (ended) => installedText('is installed', ended));
  }
}

function installedText(what: string, ended: Document): string {
  const result = objectIn(ended, 'result');
  return `${textOf(result, 'id')} ${textOf(result, 'version')} ${what}.\n`;
}

async function upgrade(named: readonly string[], options: ForceOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await client.ask('GET', '/api/v1/packages');
  const installed = listOf(document, 'packages').filter((each) => each.get('version') !== null);
  const ids = installed.map((each) => textOf(each, 'id'));
  const missing = named.find((id) => !ids.includes(id));
  if (missing !== undefined) throw new Failure(`The package ${missing} is not installed; there is ${ids.join(', ') || 'none'}`);
  const asked = installed.filter((each) => named.length === 0 || named.includes(textOf(each, 'id')));
  const pinned = asked.filter((each) => each.get('pinned') === true);
  if (named.length > 0 && pinned[0])
    throw new Failure(
      `${textOf(pinned[0], 'id')} is pinned; offhook plugin unpin ${textOf(pinned[0], 'id')} lets it be upgraded`,
    );
  const wanted = asked
    .filter((each) => each.get('pinned') !== true && each.get('upgrade') !== null)
    .map((each) => ({ id: textOf(each, 'id'), version: textOf(each, 'upgrade') }));
  if (wanted.length > 0) return installAll(wanted, options, { client, io, host });
  const passed = pinned.length === 0 ? '' : `; pinned: ${pinned.map((each) => textOf(each, 'id')).join(', ')}`;
  const told = `There is nothing newer${passed}. offhook repository refresh looks again what there is.\n`;
  print(io, options, new Map([['upgraded', []]]), () => told);
}

async function rollBack(id: string, options: ForceOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const body: Document = new Map(options.force ? [['force', true]] : []);
  const { document } = await client.ask('POST', packagePath(id, '/roll-back'), { body });
  await follow(document, options, { client, io, host }, (ended) => installedText('is back', ended));
}

async function uninstall(id: string, options: ForceOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const query: [string, string][] = options.force ? [['force', 'true']] : [];
  const { document, status } = await client.ask('DELETE', packagePath(id), { query, expect: [409] });
  if (status === 409) throw new Failure(await refusalOf(document, id, client));
  await follow(document, options, { client, io, host }, (ended) => lostText(id, objectIn(ended, 'result')));
}

async function refusalOf(problem: Document, id: string, client: Client): Promise<string> {
  if (textOf(problem, 'code') !== 'package-in-use') return textOf(problem, 'detail');
  const { document } = await client.ask('GET', packagePath(id, '/losses'));
  const ways = [
    'Move them to another plugin (offhook device list plugin=… shows them, offhook device set DEVICE plugin=… moves one)',
    `or say that it may be: offhook plugin uninstall ${id} --force`,
  ];
  return `Devices would lose their plugin, and get nothing any more; nothing was removed.\n${lossesOf(document)}${ways.join(',\n')}`;
}

function lossesOf(document: Document): string {
  const rows = listOf(document, 'lost').map((each) => [textOf(each, 'plugin'), Number(each.get('devices')).toLocaleString('en')]);
  return table(['plugin', 'devices'], rows);
}

function lostText(id: string, result: Document): string {
  const lost = lossesOf(result);
  return `${id} is uninstalled.\n${lost === '' ? '' : `These devices lost their plugin:\n${lost}`}`;
}

async function pin(method: 'PUT' | 'DELETE', id: string, options: ClientOptions, io: Io): Promise<void> {
  const { document } = await clientFor(options, io).ask(method, packagePath(id, '/pin'));
  const state = method === 'PUT' ? 'stays at' : 'is upgraded again; it is at';
  print(io, options, document, () => `${id} ${state} ${textOf(document, 'version')}.\n`);
}
