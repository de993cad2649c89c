import type { Command } from 'commander';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import { packagePath } from './find.ts';
import { type FollowOptions, follow, following, forEach } from './follow.ts';
import { Failure, type Io } from './io.ts';
import { askList } from './pages.ts';
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

  const ofOne = (name: string, description: string, run: typeof rollBack) =>
    following(
      asking(plugin.command(name).description(description).argument('<package>', PACKAGE).option('--force', FORCE)),
    ).action((id: string, options: ForceOptions) => run(id, options, io, host));
  ofOne('rollback', 'go back to the version that was there before', rollBack);
  ofOne('uninstall', 'remove a vendor package; your templates and its firmware stay', uninstall);

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

async function install(packages: readonly string[], options: ForceOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  await forEach(packages, async (each) => {
    const [id = '', ...version] = each.split('@');
    const body: Document = new Map(forced(options));
    if (version.length > 0) body.set('version', version.join('@'));
    const { document } = await client.ask('POST', packagePath(id, '/install'), { body });
    await follow(document, options, { client, io, host }, (ended) => stateText('is installed', objectIn(ended, 'result')));
  });
}

const forced = ({ force }: ForceOptions): [string, OrderedJson][] => (force ? [['force', true]] : []);

function stateText(state: string, installed: Document): string {
  return `${textOf(installed, 'id')} ${textOf(installed, 'version')} ${state}.\n`;
}

async function upgrade(named: readonly string[], options: ForceOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const body: Document = new Map(forced(options));
  if (named.length > 0) body.set('packages', [...named]);
  const { document } = await client.ask('POST', '/api/v1/packages/upgrade', { body });
  const there = await askList(client, '/api/v1/packages', 'packages');
  const pinned = listOf(there, 'packages').filter((each) => each.get('pinned') === true);
  const passed = pinned.length === 0 ? '' : `; pinned: ${pinned.map((each) => textOf(each, 'id')).join(', ')}`;
  const nothing = `There is nothing newer${passed}. offhook repository refresh looks again what there is.\n`;
  const told = (ended: Document) =>
    listOf(objectIn(ended, 'result'), 'upgraded')
      .map((each) => stateText('is installed', each))
      .join('');
  await follow(document, options, { client, io, host }, (ended) => told(ended) || nothing);
}

async function rollBack(id: string, options: ForceOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await client.ask('POST', packagePath(id, '/roll-back'), { body: new Map(forced(options)) });
  await follow(document, options, { client, io, host }, (ended) => stateText('is back', objectIn(ended, 'result')));
}

async function uninstall(id: string, options: ForceOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const query: [string, string][] = options.force ? [['force', 'true']] : [];
  const { document, status } = await client.ask('DELETE', packagePath(id), { query, expect: [409] });
  if (status === 409) throw new Failure(await refusalOf(document, id, client));
  const ended = await follow(document, options, { client, io, host }, (each) => lostText(id, objectIn(each, 'result')));
  if (options.json || ended.get('ended') === null) return;
  const { document: left } = await client.ask('GET', packagePath(id), { expect: [404] });
  const version = textOf(left, 'version');
  if (version !== '') io.out(`Its phones are served by ${id} ${version}, which lies in a directory of the settings.\n`);
}

async function refusalOf(problem: Document, id: string, client: Client): Promise<string> {
  if (textOf(problem, 'code') !== 'package-in-use') return textOf(problem, 'detail');
  const { document } = await client.ask('GET', packagePath(id, '/losses'));
  const ways = [
    'Move them to another plugin: offhook device move --from PLUGIN --to OTHER --dry-run says what would change,',
    `or say that it may be: offhook plugin uninstall ${id} --force`,
  ];
  return `Devices would lose their plugin, and get nothing any more; nothing was removed.\n${lossesOf(document)}${ways.join('\n')}`;
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
