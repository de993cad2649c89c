import type { Command } from 'commander';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, onDisk, print } from './command.ts';
import { examples } from './device.ts';
import { packagePath } from './find.ts';
import { following } from './follow.ts';
import { Failure, type Io } from './io.ts';
import { localised } from './language.ts';
import { askList } from './pages.ts';
import { addChanges } from './plugin-change.ts';
import { sizeText } from './progress.ts';
import { reload } from './reload.ts';
import type { Host } from './serve.ts';
import { fields, localTime, table, visible, withProblems } from './table.ts';
import { textsIn } from './values.ts';
import { cut, indented, section, wrap } from './wrap.ts';

interface ListOptions extends ClientOptions {
  readonly lines?: boolean;
}

/** `offhook plugin …` */
export function addPlugin(program: Command, io: Io, host: Host): void {
  const plugin = program
    .command('plugin')
    .description('install, upgrade and remove vendor packages: the plugins that phones are served by; and build them');

  asking(
    plugin
      .command('list')
      .description('list the vendor packages that are installed, and those that are broken')
      .option('--lines', 'list their plugins instead, the firmware lines, with their models'),
  ).action((options: ListOptions) => (options.lines ? lines(options, io) : list(options, io)));

  asking(
    plugin
      .command('search')
      .description('list the vendor packages that repositories have')
      .argument('[word]', 'only those with this in their name, their description, a plugin or a model')
      .addHelpText('after', examples(['offhook plugin search', 'offhook plugin search yealink', 'offhook plugin search T46U'])),
  ).action((word: string | undefined, options: ClientOptions) => search(word, options, io));

  asking(
    plugin
      .command('show')
      .description('show a vendor package: its plugins and models, the versions that there are, and what is new in them')
      .argument('<package>', 'its id, such as yealink'),
  ).action((id: string, options: ClientOptions) => show(id, options, io));

  addChanges(plugin, io, host);

  following(
    asking(
      plugin
        .command('reload')
        .description('read vendor packages anew that were put into a directory of the settings; the same as offhook reload'),
    ),
  ).action((options: ClientOptions) => reload(options, io, host));

  plugin
    .command('build')
    .description('make the archive of a vendor package; asks no server')
    .argument('<dir>', 'its folder, as docs/writing-a-plugin.md describes it')
    .option('--into <folder>', 'where the archive goes', '.')
    .option('--json', 'print what was built, for programs')
    .action(async (folder: string, { into, json = false }: { into: string; json?: boolean }) => {
      const { buildArchive, keepArchive } = await import('../packaging/build.ts');
      const file = await onDisk(async () => keepArchive(await buildArchive(folder), into));
      print(io, { json }, new Map([['file', file]]), () => `${file}\n`);
    });
}

/** Vendor packages, of which the answer has only some; it is printed for programs as they are shown to people. */
async function packages(client: Client, wanted: (each: Document) => boolean): Promise<[Document[], Document]> {
  const document = await askList(client, '/api/v1/packages', 'packages');
  const found = listOf(document, 'packages').filter(wanted);
  return [found, new Map([...document, ['packages', found], ['total', found.length]])];
}

const isInstalled = (each: Document): boolean => each.get('version') !== null || each.get('problem') !== null;

async function list(options: ClientOptions, io: Io): Promise<void> {
  const [found, document] = await packages(clientFor(options, io), isInstalled);
  print(io, options, document, () => {
    const rows = found.map((each) => [
      textOf(each, 'id'),
      textOf(each, 'version'),
      sourceOf(each),
      textOf(each, 'upgrade') && `${textOf(each, 'upgrade')} can be had`,
      each.get('pinned') === true ? 'yes' : '',
      devicesOf(each).toLocaleString('en'),
      listOf(each, 'plugins')
        .map((plugin) => textOf(plugin, 'id'))
        .join(', '),
    ]);
    const there = table(['package', 'version', 'from', 'upgrade', 'pinned', 'devices', 'plugins'], rows);
    return withProblems(there || none, 'broken package', brokenOf(found.filter((each) => each.get('problem') !== null)));
  });
}

const none = 'No vendor package is installed; offhook plugin search shows what repositories have.\n';

const brokenOf = (packages: readonly Document[]): string[][] =>
  packages.map((each) => [textOf(each, 'id'), textOf(each, 'problem')]);

const sourceOf = (each: Document): string => (textOf(each, 'from') === 'directory' ? 'a directory here' : textOf(each, 'from'));

function devicesOf(each: Document): number {
  return listOf(each, 'plugins').reduce((sum, plugin) => sum + Number(plugin.get('devices')), 0);
}

async function lines(options: ClientOptions, io: Io): Promise<void> {
  const document = await askList(clientFor(options, io), '/api/v1/plugins', 'plugins');
  print(io, options, document, () => {
    const plugins = listOf(document, 'plugins').map((each) => [
      ...['id', 'vendor', 'firmware'].map((name) => textOf(each, name)),
      modelsOf(each),
    ]);
    const there = table(['plugin', 'vendor', 'firmware', 'models'], plugins);
    return withProblems(there || none, 'broken package', brokenOf(listOf(document, 'broken')));
  });
}

const modelsOf = (plugin: Document): string => textsIn(plugin, 'models').join(', ');

async function search(word: string | undefined, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const [found, document] = await packages(client, (each) => each.get('newest') !== null && speaksOf(each, word));
  print(io, options, document, () => {
    const rows = found.map((each) => [
      textOf(each, 'id'),
      textOf(each, 'newest'),
      textOf(each, 'version'),
      localised(objectIn(each, 'descriptions'), io.environment),
    ]);
    return table(['package', 'newest', 'installed', 'description'], rows);
  });
  if (found.length > 0 || options.json) return;
  const entered = await askList(client, '/api/v1/repositories', 'repositories');
  const read = listOf(entered, 'repositories').filter((each) => each.get('versions') !== null);
  if (read.length === 0) throw new Failure('No repository was read: enter one with offhook repository add NAME LOCATION');
  const names = read.map((each) => textOf(each, 'name')).join(', ');
  const what = word === undefined ? 'a package' : `a package that speaks of ${word}`;
  throw new Failure(`No repository has ${what}; there is ${names}, and offhook repository refresh reads them anew`);
}

function speaksOf(each: Document, word = ''): boolean {
  const texts = [textOf(each, 'id'), ...[...objectIn(each, 'descriptions').values()].map(String)];
  const plugins = listOf(each, 'plugins').flatMap((plugin) => [textOf(plugin, 'id'), modelsOf(plugin)]);
  return [...texts, ...plugins].some((text) => text.toLowerCase().includes(word.toLowerCase()));
}

async function show(id: string, options: ClientOptions, io: Io): Promise<void> {
  const { document } = await clientFor(options, io).ask('GET', packagePath(id));
  print(io, options, document, () => pageOf(document, io));
}

function pageOf(found: Document, { columns, environment }: Io): string {
  const version = textOf(found, 'version');
  const upgrade = textOf(found, 'upgrade');
  const former = textOf(found, 'former');
  const page = fields([
    ['package', textOf(found, 'id')],
    ['description', localised(objectIn(found, 'descriptions'), environment)],
    ['installed', version],
    ...(version === ''
      ? []
      : ([
          ['from', sourceOf(found)],
          ['since', localTime(textOf(found, 'installed'))],
          ['pinned', found.get('pinned') === true ? 'yes: offhook plugin upgrade passes over it' : 'no'],
          ['before', former && `${former}: offhook plugin rollback ${textOf(found, 'id')} brings it back`],
          ['upgrade', upgrade && `${upgrade}: offhook plugin upgrade ${textOf(found, 'id')} installs it`],
        ] as const)),
    ...(found.get('problem') === null ? [] : [['problem', textOf(found, 'problem')] as const]),
  ]);
  const plugins = listOf(found, 'plugins').map((each) => [
    textOf(each, 'id'),
    textOf(each, 'firmware'),
    version === '' ? '' : Number(each.get('devices')).toLocaleString('en'),
    modelsOf(each),
  ]);
  const fitted = table(['plugin', 'firmware', 'devices', 'models'], plugins)
    .split('\n')
    .map((line) => cut(line, columns - 2))
    .join('\n');
  const versions = listOf(found, 'versions');
  const rows = versions.map((each) => [
    textOf(each, 'version'),
    textOf(each, 'released'),
    textOf(each, 'repository') + (textOf(each, 'channel') === 'stable' ? '' : `, ${textOf(each, 'channel')}`),
    sizeText(Number(each.get('size'))),
    textOf(each, 'refusal') || 'yes',
  ]);
  const notes = versions.map((each) => section(`What is new in ${textOf(each, 'version')}`, notesOf(each, columns)));
  return [
    page,
    section('Plugins', indented(fitted)),
    section('Versions in repositories', indented(table(['version', 'released', 'from', 'size', 'can be used'], rows))),
    ...notes,
  ].join('');
}

/** Markdown, as it is: it is written to be read. What follows the first line of an item stands below its text. */
function notesOf(version: Document, columns: number): string {
  const notes = textOf(version, 'notes').trim();
  const paragraphs = notes === '' ? [] : notes.split('\n');
  const hanging = (line: string) => ' '.repeat(2 + (/^ *(?:[-*+] +)?/.exec(line)?.[0].length ?? 0));
  return paragraphs.map((line) => (line === '' ? '\n' : wrap(visible(line), columns, '  ', hanging(line)))).join('');
}
