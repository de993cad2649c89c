import { type Command, Option } from 'commander';
import { nearest } from '../lib/nearest.ts';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import { type FollowOptions, follow, following, forEach } from './follow.ts';
import { exit, Failure, type Io } from './io.ts';
import { localised } from './language.ts';
import { askList } from './pages.ts';
import { sizeText } from './progress.ts';
import type { Host } from './serve.ts';
import { supply } from './supply.ts';
import { fields, localTime, table, withProblems } from './table.ts';
import { textsIn } from './values.ts';
import { indented, section } from './wrap.ts';

interface WhichOptions extends FollowOptions {
  readonly plugin?: string;
  readonly vendor?: string;
  readonly installed?: boolean;
  readonly available?: boolean;
  readonly repositories?: boolean;
}

const KEY = 'such as digium/firmware-2.8.1; what follows the slash is enough where only one vendor package has it';

/** `offhook firmware …` */
export function addFirmware(program: Command, io: Io, host: Host): void {
  const firmware = program
    .command('firmware')
    .description('install and remove firmware packages: the images that phones download, as vendor packages describe them');

  asking(
    which(firmware.command('list').description('list firmware packages, and whether they are installed'))
      .addOption(new Option('--installed', 'only those that are').conflicts('available'))
      .option('--available', 'only those that are not'),
  ).action((options: WhichOptions) => list(options, io));

  const ofOne = (name: string, description: string, run: typeof show) =>
    asking(firmware.command(name).description(description).argument('<firmware>', KEY)).action(
      (key: string, options: ClientOptions) => run(key, options, io),
    );
  ofOne('show', 'show a firmware package: the files that it is made of, and what is installed of it', show);

  following(
    asking(
      firmware
        .command('install')
        .description('download firmware packages, check and unpack them; phones get the images as soon as that is done')
        .argument('<firmware...>', KEY)
        .addHelpText('after', examples(['offhook firmware install digium/firmware-2.8.1'])),
    ),
  ).action((keys: string[], options: FollowOptions) => install(keys, options, io, host));

  ofOne('uninstall', 'remove a firmware package, and what was only installed because it needs it', uninstall);

  asking(
    firmware
      .command('supply')
      .description(
        'give the server a file that the vendor offers no link to, or no longer serves; it is known by its sums, whatever its name',
      )
      .argument('<file>', 'the file, as the vendor gave it to you'),
  ).action((file: string, options: ClientOptions) => supply(file, options, io));

  following(
    asking(
      which(
        firmware.command('check').description('ask the vendors whether they still have the files of firmware packages'),
      ).option('--repositories', 'also what vendor packages describe that could be installed'),
    ),
  ).action((options: WhichOptions) => check(options, io, host));
}

function which(command: Command): Command {
  return command
    .option('--plugin <id>', 'only what is for this plugin')
    .option('--vendor <package>', 'only what this vendor package describes');
}

const keyOf = (each: Document): string => `${textOf(each, 'vendor')}/${textOf(each, 'id')}`;

function queryOf({ plugin, vendor, installed, available }: WhichOptions): [string, string][] {
  return [
    ...(plugin === undefined ? [] : [['plugin', plugin] satisfies [string, string]]),
    ...(vendor === undefined ? [] : [['vendor', vendor] satisfies [string, string]]),
    ...(installed ? [['installed', 'true'] satisfies [string, string]] : []),
    ...(available ? [['installed', 'false'] satisfies [string, string]] : []),
  ];
}

async function list(options: WhichOptions, io: Io): Promise<void> {
  const document = await askList(clientFor(options, io), '/api/v1/firmware', 'firmware', queryOf(options));
  print(io, options, document, () => {
    const rows = listOf(document, 'firmware').map((each) => [
      keyOf(each),
      textOf(each, 'version'),
      Number(each.get('download_bytes')) === 0 ? '' : sizeText(Number(each.get('download_bytes'))),
      stateOf(each),
      localised(objectIn(each, 'descriptions'), io.environment),
    ]);
    const problems = listOf(document, 'problems').map((each) => [textOf(each, 'vendor'), textOf(each, 'problem')]);
    const found = table(['firmware', 'version', 'download', 'state', 'description'], rows);
    return withProblems(found || 'There is no such firmware.\n', 'vendor package', problems);
  });
}

/** Of what is not installed also what an administrator has to bring. */
function stateOf(firmware: Document): string {
  const installed = textOf(firmware, 'installed');
  const version = textOf(firmware, 'version');
  if (installed !== '') return installed === version ? 'installed' : `installed, but ${installed}`;
  const files = textsIn(firmware, 'to_be_supplied');
  return files.length === 0 ? 'not installed' : `supply ${files.join(', ')}`;
}

/** The firmware that somebody means. @throws Failure when none is, or several may be */
async function find(client: Client, text: string): Promise<Document> {
  const document = await askList(client, '/api/v1/firmware', 'firmware');
  const all = listOf(document, 'firmware');
  const found = all.filter((each) => keyOf(each) === text || textOf(each, 'id') === text);
  if (found.length > 1)
    throw new Failure(`Several vendor packages have a firmware ${text}; say which: ${found.map(keyOf).join(', ')}`, exit.usage);
  if (found[0]) return found[0];
  const like = nearest(text, [...all.map(keyOf), ...all.map((each) => textOf(each, 'id'))]);
  const hint = like === undefined ? 'offhook firmware list shows what there is' : `did you mean ${like}?`;
  const none = all.length === 0 ? 'no vendor package that is installed describes any' : hint;
  throw new Failure(`There is no firmware ${text}: ${none}`);
}

function pathOf(firmware: Document, action = ''): string {
  const [vendor, id] = ['vendor', 'id'].map((name) => encodeURIComponent(textOf(firmware, name)));
  return `/api/v1/firmware/${vendor}/${id}${action}`;
}

async function show(key: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await client.ask('GET', pathOf(await find(client, key)));
  print(io, options, document, () => pageOf(document, io));
}

const SUMS = ['sha256', 'sha1', 'md5'];

function pageOf(firmware: Document, { environment }: Io): string {
  const page = fields([
    ['firmware', keyOf(firmware)],
    ['version', textOf(firmware, 'version')],
    ['description', localised(objectIn(firmware, 'descriptions'), environment)],
    ['for', textsIn(firmware, 'plugins').join(', ') || 'all plugins of its vendor package'],
    ['needs', textsIn(firmware, 'needs').join(', ')],
    ['state', stateOf(firmware)],
    ['since', localTime(textOf(firmware, 'installed_at'))],
    ...[...objectIn(firmware, 'extra')].map(([name, value]) => [name, String(value)] as const),
  ]);
  const files = listOf(firmware, 'files').map((file) => {
    const url = textOf(file, 'url') || 'the vendor offers no link: offhook firmware supply FILE';
    const login = file.get('authenticated') === true ? ', for those who log in (firmware.credentials)' : '';
    const rows: [string, string][] = [
      ['from', url + login],
      ['size', `${Number(file.get('size')).toLocaleString('en')} bytes`],
      ...SUMS.filter((name) => file.has(name)).map((name): [string, string] => [name, textOf(file, name)]),
    ];
    return `${textOf(file, 'name')}\n${indented(fields(rows))}`;
  });
  const installed = listOf(firmware, 'installed_files').map((file) => [textOf(file, 'path'), sizeText(Number(file.get('size')))]);
  return [
    page,
    section('Made of', indented(files.join(''))),
    section('Phones can download', indented(table(['path', 'size'], installed))),
  ].join('');
}

async function install(keys: readonly string[], options: FollowOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const found: Document[] = [];
  for (const key of keys) found.push(await find(client, key));
  await forEach(found, async (each) => {
    const { document } = await client.ask('POST', pathOf(each, '/install'));
    await follow(document, options, { client, io, host }, (ended) =>
      textsIn(objectIn(ended, 'result'), 'installed')
        .map((key) => `${key} is installed.\n`)
        .join(''),
    );
  });
}

async function uninstall(key: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await client.ask('DELETE', pathOf(await find(client, key)));
  print(io, options, document, () =>
    textsIn(document, 'removed')
      .map((each) => `${each} is uninstalled.\n`)
      .join(''),
  );
}

async function check(options: WhichOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const also = options.repositories ? [['repositories', 'true'] as const] : [];
  const { document } = await client.ask('POST', '/api/v1/firmware/check', { query: [...queryOf(options), ...also] });
  const ended = await follow(document, options, { client, io, host }, (each) => checkedText(objectIn(each, 'result')));
  const [wrong, broken] = ['wrong', 'problems'].map((name) => listOf(objectIn(ended, 'result'), name).length);
  const told = [
    ...(wrong ? [`${wrong === 1 ? '1 file' : `${wrong} files`} cannot be downloaded`] : []),
    ...(broken
      ? [`what ${broken === 1 ? '1 vendor package describes' : `${broken} vendor packages describe`} cannot be read`]
      : []),
  ];
  if (told.length > 0) throw new Failure(told.join('; '));
}

function checkedText(result: Document): string {
  // A host that cannot be reached has all its files in one line; what a host does not have is told file by file.
  const unreachable = new Map<string, Document[]>();
  const rows: string[][] = [];
  for (const file of listOf(result, 'wrong')) {
    const problem = textOf(file, 'problem');
    if (textOf(file, 'kind') === 'unreachable') unreachable.set(problem, [...(unreachable.get(problem) ?? []), file]);
    else rows.push(rowOf(file));
  }
  for (const [problem, files] of unreachable)
    rows.push(...(files.length === 1 ? files.map(rowOf) : [[`${files.length} files`, problem, '', '']]));
  const checked = Number(result.get('checked'));
  const all =
    ['There is no link to ask for.', 'The one file is still there.'][checked] ?? `All ${checked} files are still there.`;
  const broken = listOf(result, 'problems').map((each) => [textOf(each, 'vendor'), textOf(each, 'problem')]);
  return withProblems(table(['file', 'problem', 'firmware', 'url'], rows) || `${all}\n`, 'vendor package', broken);
}

function rowOf(file: Document): string[] {
  return [textOf(file, 'name'), textOf(file, 'problem'), textsIn(file, 'firmware').join(', '), textOf(file, 'url')];
}
