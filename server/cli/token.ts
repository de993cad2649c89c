import type { Command } from 'commander';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Client, type Document, listOf, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import { findTenant } from './find.ts';
import { exit, Failure, type Io } from './io.ts';
import { askList } from './pages.ts';
import { localTime, table } from './table.ts';

interface TokenOptions extends ClientOptions {
  readonly tenant?: string;
  /** A time of RFC 3339, or a number of days. */
  readonly expires?: string;
}

const day = 86_400_000;

/** `offhook token …` */
export function addToken(program: Command, io: Io): void {
  const token = program.command('token').description('look at and make tokens: what programs show the API to be let in');

  asking(token.command('list').description('list tokens, with what they permit and when they were used')).action(
    (options: ClientOptions) => list(options, io),
  );

  asking(
    token
      .command('add')
      .description('make a token, and print it: it is not shown again')
      .argument('<name>', 'what it is for')
      .argument('<permission...>', 'what it permits: devices.read; * is one word, # one or more, ! before it takes away')
      .option('--tenant <tenant>', 'whose devices and configs it opens, with those of tenants below; default: the main one')
      .option('--expires <time>', 'when it opens nothing any more: a time (RFC 3339), or in how many days')
      .addHelpText(
        'after',
        examples([
          "offhook token add portal 'devices.#' 'configs.#' --tenant north --expires 365",
          "offhook token add monitoring '#.read' '!secrets.read'",
        ]),
      ),
  ).action((name: string, permissions: string[], options: TokenOptions) => add(name, permissions, options, io));

  asking(
    token.command('revoke').description('revoke a token: it opens nothing from then on').argument('<token>', 'its id or name'),
  ).action((text: string, options: ClientOptions) => revoke(text, options, io));
}

async function list(options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const document = await askList(client, '/api/v1/tokens', 'tokens');
  const tenants = await askList(client, '/api/v1/tenants', 'tenants');
  print(io, options, document, () => {
    const names = new Map(listOf(tenants, 'tenants').map((each) => [textOf(each, 'id'), textOf(each, 'name')]));
    const rows = listOf(document, 'tokens').map((each) => {
      const permissions = each.get('permissions');
      return [
        textOf(each, 'name'),
        names.get(textOf(each, 'tenant')) ?? '',
        Array.isArray(permissions) ? permissions.join(' ') : '',
        localTime(textOf(each, 'expires')),
        localTime(textOf(each, 'used')),
        textOf(each, 'id'),
      ];
    });
    return table(['name', 'tenant', 'permits', 'expires', 'used', 'id'], rows);
  });
}

async function add(name: string, permissions: string[], options: TokenOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const tenant = options.tenant === undefined ? undefined : textOf(await findTenant(client, options.tenant), 'id');
  const body = new Map<string, OrderedJson>([
    ['name', name],
    ['permissions', permissions],
    ...(tenant === undefined ? [] : [['tenant', tenant] as const]),
    ...(options.expires === undefined ? [] : [['expires', timeOf(options.expires)] as const]),
  ]);
  const { document } = await client.ask('POST', '/api/v1/tokens', { body });
  print(
    io,
    options,
    document,
    () => `${textOf(document, 'id')}\nThe token, which is not shown again: ${textOf(document, 'token')}\n`,
  );
}

async function revoke(text: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const found = await findToken(client, text);
  await client.ask('DELETE', `/api/v1/tokens/${encodeURIComponent(textOf(found, 'id'))}`);
  print(io, options, new Map(), () => '');
}

/** By its id, or by its name where one token alone has it. */
async function findToken(client: Client, text: string): Promise<Document> {
  const document = await askList(client, '/api/v1/tokens', 'tokens');
  const all = listOf(document, 'tokens');
  const found = all.filter((each) => textOf(each, 'id') === text || textOf(each, 'name') === text);
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (only)
    throw new Failure(`${found.length} tokens have the name ${text}; say which by its id: offhook token list`, exit.usage);
  throw new Failure(`There is no token with the id or the name ${text}; offhook token list shows those that there are`);
}

function timeOf(text: string): string {
  if (/^\d{1,5}$/.test(text)) return new Date(Date.now() + Number(text) * day).toISOString();
  return text;
}
