import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OrderedJson } from '../lib/ordered-json.ts';
import type { Channel } from '../repositories/model.ts';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, collect, print } from './command.ts';
import { examples } from './device.ts';
import { type FollowOptions, follow, following } from './follow.ts';
import { exit, Failure, type Io } from './io.ts';
import { askList } from './pages.ts';
import type { Host } from './serve.ts';
import { localTime, table, withProblems } from './table.ts';

interface Options extends FollowOptions {
  readonly channel?: string;
  readonly priority?: number;
  readonly key?: readonly string[];
  readonly allowUnsigned?: boolean;
  readonly location?: string;
}

export const channels: readonly Channel[] = ['stable', 'testing', 'archive'];

/** Commands below `offhook repository` about those that a server installs from. */
export function addEntered(repository: Command, io: Io, host: Host): void {
  asking(
    repository.command('list').description('list the repositories that vendor packages are installed from, and how each stands'),
  ).action((options: ClientOptions) => list(options, io));

  following(
    asking(
      described(
        repository
          .command('add')
          .description('enter a repository, and read what it has')
          .argument('<name>', 'how it is to be called')
          .argument('<location>', 'its URL, or a folder or a bundle on the host of the server'),
      )
        .option('--allow-unsigned', 'believe its index also when no key has signed it')
        .addHelpText(
          'after',
          examples([
            'offhook repository add main https://packages.example.com/offhook --key ed25519:…',
            'offhook repository add stick /media/usb/offhook.tar --key ed25519:…',
            'offhook repository add mine ./repository --allow-unsigned',
          ]),
        ),
    ),
  ).action((name: string, location: string, options: Options) => add(name, location, options, io, host));

  following(
    asking(
      described(
        repository
          .command('set')
          .description('change a repository, and read what it has')
          .argument('<name>', 'which')
          .option('--location <location>', 'where it is now'),
      )
        .option('--allow-unsigned', 'believe its index also when no key has signed it')
        .option('--no-allow-unsigned', 'believe its index only when a key of it has signed it'),
    ),
  ).action((name: string, options: Options) => set(name, options, io, host));

  asking(
    repository.command('remove').description('forget a repository; what was installed from it stays').argument('<name>', 'which'),
  ).action((name: string, options: ClientOptions) => remove(name, options, io));

  following(
    asking(
      repository.command('refresh').description('read anew what repositories have').argument('[name]', 'which; without one all'),
    ),
  ).action((name: string | undefined, options: FollowOptions) => refresh(name, options, io, host));
}

function described(command: Command): Command {
  return command
    .addOption(new Option('--channel <name>', 'which of its channels; of itself stable').choices(channels))
    .option('--priority <number>', 'of a version that several have, the one of the highest is taken; of itself 0', wholeNumber)
    .option('--key <key>', 'public key that its index must be signed by, ed25519:…; once for each', collect);
}

function wholeNumber(text: string): number {
  if (!/^-?\d{1,4}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from -1000 to 1000.');
  return Number(text);
}

/** As the server, which works in another directory, finds it. */
function placeOf(location: string): string {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(location)) return location;
  // Only of a server elsewhere it may be right all the same.
  return existsSync(location) || !location.startsWith('/') ? resolve(location) : location;
}

function bodyOf({ channel, priority, key, allowUnsigned }: Options, location: string | undefined): Document {
  const given: [string, OrderedJson | undefined][] = [
    ['location', location === undefined ? undefined : placeOf(location)],
    ['channel', channel],
    ['priority', priority],
    ['keys', key && [...key]],
    ['allow_unsigned', allowUnsigned],
  ];
  return new Map(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

function pathOf(name: string): string {
  if (/^\.{0,2}$/.test(name)) throw new Failure(`No repository can be called ${JSON.stringify(name)}`, exit.usage);
  return `/api/v1/repositories/${encodeURIComponent(name)}`;
}

async function all(client: Client): Promise<[Document[], Document]> {
  const document = await askList(client, '/api/v1/repositories', 'repositories');
  return [listOf(document, 'repositories'), document];
}

async function list(options: ClientOptions, io: Io): Promise<void> {
  const [repositories, document] = await all(clientFor(options, io));
  print(io, options, document, () => {
    const rows = repositories.map((each) => [
      textOf(each, 'name'),
      textOf(each, 'location'),
      textOf(each, 'channel'),
      textOf(each, 'priority'),
      trustOf(each),
      textOf(each, 'versions'),
      localTime(textOf(each, 'refreshed')),
    ]);
    const wrong = repositories.filter((each) => each.get('problem') !== null);
    const problems = wrong.map((each) => [textOf(each, 'name'), textOf(each, 'problem')]);
    const entered = table(['repository', 'location', 'channel', 'priority', 'signed', 'versions', 'read'], rows);
    return withProblems(entered || none, 'repository', problems);
  });
}

const none = 'There is no repository; offhook repository add NAME LOCATION enters one.\n';

function trustOf(repository: Document): string {
  const keys = repository.get('keys');
  const count = Array.isArray(keys) ? keys.length : 0;
  if (textOf(repository, 'signed_by') !== '') return `by ${textOf(repository, 'signed_by')}`;
  if (repository.get('allow_unsigned') === true) return 'need not be';
  return count === 0 ? 'no key' : 'must be';
}

async function add(name: string, location: string, options: Options, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const [before] = await all(client);
  if (before.some((each) => textOf(each, 'name') === name))
    throw new Failure(`There is a repository ${name} already; offhook repository set ${name} changes it`);
  if (options.key === undefined && !options.allowUnsigned)
    io.err('No key is given: the index of this repository will not be believed, whoever signed it. Its publisher tells --key.\n');
  await client.ask('PUT', pathOf(name), { body: bodyOf(options, location) });
  await read(
    name,
    options,
    { client, io, host },
    `It stays entered; offhook repository set ${name} changes it, remove ${name} forgets it`,
  );
}

async function set(name: string, options: Options, io: Io, host: Host): Promise<void> {
  const body = bodyOf(options, options.location);
  if (body.size === 0) throw new Failure('Say what is to be changed: --location, --channel, --priority, --key …', exit.usage);
  const client = clientFor(options, io);
  await client.ask('PATCH', pathOf(name), { body });
  await read(name, options, { client, io, host }, `It is changed all the same; offhook repository list shows it`);
}

async function remove(name: string, options: ClientOptions, io: Io): Promise<void> {
  await clientFor(options, io).ask('DELETE', pathOf(name));
  print(io, options, new Map(), () => '');
}

async function refresh(name: string | undefined, options: FollowOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  if (name === undefined && (await all(client))[0].length === 0) throw new Failure(none.trim());
  await read(name, options, { client, io, host });
}

/** Reads the index of one, or of all, and says what it has. @param afterwards what to do when it cannot be read */
async function read(
  name: string | undefined,
  options: FollowOptions,
  around: { client: Client; io: Io; host: Host },
  afterwards?: string,
): Promise<void> {
  const body: Document = new Map(name === undefined ? [] : [['name', name]]);
  const { document } = await around.client.ask('POST', '/api/v1/repositories/refresh', { body });
  const ended = await follow(document, options, around, haveText);
  const wrong = listOf(objectIn(ended, 'result'), 'repositories').filter((each) => each.get('problem') !== null);
  if (wrong.length === 0) return;
  const problems = wrong.map((each) => (name === undefined ? `${textOf(each, 'name')}: ` : '') + textOf(each, 'problem'));
  throw new Failure([...problems, ...(afterwards === undefined ? [] : [afterwards])].join('\n'));
}

function haveText(ended: Document): string {
  const found = listOf(objectIn(ended, 'result'), 'repositories').filter((each) => each.get('problem') === null);
  return found
    .map((each) => {
      const count = Number(each.get('versions'));
      const versions = count === 1 ? '1 version' : `${count.toLocaleString('en')} versions`;
      return `${textOf(each, 'name')} has ${versions} of vendor packages; offhook plugin search shows what there is.\n`;
    })
    .join('');
}
