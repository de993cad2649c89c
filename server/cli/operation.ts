import { type Command, Option } from 'commander';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, collect, print } from './command.ts';
import { examples } from './device.ts';
import { type FollowOptions, follow, following, untilEnded } from './follow.ts';
import { Failure, type Io } from './io.ts';
import { askingPages, askList, mostOf, type PageOptions, tellRest } from './pages.ts';
import { amountOf, stateOf, tookOf, treeOf } from './progress.ts';
import type { Host } from './serve.ts';
import { fields, localTime, table } from './table.ts';
import { section } from './wrap.ts';

interface ListOptions extends ClientOptions, PageOptions {
  readonly state?: readonly string[];
  readonly label?: string;
  readonly subject?: readonly string[];
}

const WHICH = 'its id; may be left out when one runs';

/** `offhook operation …` */
export function addOperation(program: Command, io: Io, host: Host): void {
  const operation = program
    .command('operation')
    .description('look at and stop operations: long pieces of work that the server does');

  askingPages(
    operation
      .command('list')
      .description('list operations, the latest first')
      .addOption(new Option('--state <state>', 'waiting, progress, success or fail; may be repeated').argParser(collect))
      .option('--label <label>', 'what kind: render, install, download …')
      .addOption(
        new Option('--subject <kind:name>', 'what it is about, such as plugin:yealink-v86; may be repeated').argParser(collect),
      )
      .addHelpText('after', examples(['offhook operation list', 'offhook operation list --state progress'])),
  ).action((options: ListOptions) => list(options, io));

  asking(
    operation
      .command('show')
      .description('show an operation: how far it is with each of its parts, or why it failed')
      .argument('[id]', WHICH),
  ).action((id: string | undefined, options: ClientOptions) => show(id, options, io));

  asking(
    operation
      .command('wait')
      .description('show how far an operation is until it has ended; the exit code says how')
      .argument('[id]', WHICH),
  ).action((id: string | undefined, options: ClientOptions) => wait(id, options, io, host));

  following(
    asking(operation.command('cancel').description('stop an operation, and wait until it has ended').argument('[id]', WHICH)),
  ).action((id: string | undefined, options: FollowOptions) => cancel(id, options, io, host));

  asking(
    operation.command('forget').description('take an operation that has ended off the list').argument('<id>', 'its id'),
  ).action((id: string, options: ClientOptions) => forget(id, options, io));
}

async function list(options: ListOptions, io: Io): Promise<void> {
  const query = (['state', 'label', 'subject'] as const).flatMap((name) =>
    [options[name] ?? []].flat().map((value): [string, string] => [name, String(value)]),
  );
  const document = await askList(clientFor(options, io), '/api/v1/operations', 'operations', query, mostOf(options));
  const operations = listOf(document, 'operations');
  print(io, options, document, () => {
    const rows = operations.map((each) => [
      textOf(each, 'title'),
      stateOf({ step: each, above: '' }),
      amountOf(each),
      localTime(textOf(each, 'created')),
      tookOf(each, Date.now()),
      textOf(each, 'id'),
    ]);
    return table(['operation', 'state', 'progress', 'since', 'took', 'id'], rows) || 'There are no such operations.\n';
  });
  if (!options.json) tellRest(io, operations.length, document);
}

async function show(id: string | undefined, options: ClientOptions, io: Io): Promise<void> {
  const operation = await find(clientFor(options, io), id);
  print(io, options, operation, () => pageOf(operation, io.columns));
}

function pageOf(operation: Document, columns: number): string {
  const error = objectIn(operation, 'error');
  const complaints = listOf(error, 'complaints').map((each) => `${textOf(each, 'path')} ${textOf(each, 'message')}`);
  const page = fields([
    ['id', textOf(operation, 'id')],
    ['operation', textOf(operation, 'title')],
    ...[...objectIn(operation, 'subject')].map(([kind, name]) => [kind, String(name)] as const),
    ['state', stateOf({ step: operation, above: '' })],
    ['progress', amountOf(operation)],
    ['since', localTime(textOf(operation, 'created'))],
    ['took', tookOf(operation, Date.now())],
    ...(error.size === 0 ? [] : [['problem', textOf(error, 'message')] as const]),
    ...(complaints.length > 1 ? complaints.map((each) => ['', each] as const) : []),
  ]);
  const lines =
    listOf(operation, 'steps').length === 0
      ? []
      : treeOf(operation, columns, Number.POSITIVE_INFINITY, Date.now(), () => undefined);
  return page + section('Its parts', lines.map((line) => `${line}\n`).join(''));
}

async function wait(id: string | undefined, options: ClientOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  await follow(await find(client, id), options, { client, io, host });
}

async function cancel(id: string | undefined, options: FollowOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const found = textOf(await find(client, id), 'id');
  const { document } = await client.ask('POST', `${pathOf(found)}/cancel`);
  const ended = options.wait === false ? document : await untilEnded(document, { client, io, host }, { show() {} });
  print(io, options, ended, () => '');
  if (textOf(ended, 'state') === 'success') throw new Failure('It ended well before it could be stopped');
}

async function forget(id: string, options: ClientOptions, io: Io): Promise<void> {
  await clientFor(options, io).ask('DELETE', pathOf(id));
  print(io, options, new Map(), () => '');
}

/** The operation with that id, or the only one that runs. @throws Failure when none is meant, or several may be */
async function find(client: Client, id: string | undefined): Promise<Document> {
  if (id !== undefined) return (await client.ask('GET', pathOf(id))).document;
  const query = ['waiting', 'progress'].map((state): [string, string] => ['state', state]);
  const { document } = await client.ask('GET', '/api/v1/operations', { query });
  const [first, ...others] = listOf(document, 'operations');
  if (!first) throw new Failure('No operation runs; offhook operation list shows those that have ended');
  if (others.length === 0) return first;
  const told = [first, ...others].map((each) => `\n  ${textOf(each, 'id')} ${textOf(each, 'title')}`);
  throw new Failure(`Several operations run; say which:${told.join('')}`);
}

function pathOf(id: string): string {
  return `/api/v1/operations/${encodeURIComponent(id)}`;
}
