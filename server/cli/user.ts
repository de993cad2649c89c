import { type Command, Option } from 'commander';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import { findTenant, tenantNames } from './find.ts';
import { exit, Failure, type Io } from './io.ts';
import { readPassword } from './login.ts';
import { keepLogin } from './logins.ts';
import { askList } from './pages.ts';
import { localTime, table } from './table.ts';

interface UserOptions extends ClientOptions {
  readonly tenant?: string;
  readonly passwordFile?: string;
  readonly password?: boolean;
  readonly name?: string;
  readonly permissions?: string[];
  readonly disable?: boolean;
  readonly enable?: boolean;
  readonly currentFile?: string;
}

const permissionsHelp = 'what he may: devices.read; * is one word, # one or more, ! before it takes away';
const passwordHelp = 'where the password stands; - is standard input; without it, it is asked for';

/** `offhook user …` */
export function addUser(program: Command, io: Io): void {
  const user = program.command('user').description('look at and change users: people, who log in');

  asking(user.command('list').description('list users, with what they may')).action((options: ClientOptions) =>
    list(options, io),
  );

  asking(
    user
      .command('add')
      .description('make a user')
      .argument('<name>', 'what is typed to log in')
      .argument('<permission...>', permissionsHelp)
      .option(
        '--tenant <tenant>',
        'whose devices and configs are there for him, with those of tenants below; default: the main one',
      )
      .option('--password-file <file>', passwordHelp)
      .addHelpText(
        'after',
        examples(["offhook user add ann '#'", "offhook user add bob 'devices.#' 'configs.#' --tenant north"]),
      ),
  ).action((name: string, permissions: string[], options: UserOptions) => add(name, permissions, options, io));

  asking(
    user
      .command('set')
      .description('change a user; another password, and --disable, end his sessions')
      .argument('<user>', 'his id or name')
      .option('--name <name>', 'another name')
      .option('--permissions <permission...>', permissionsHelp)
      .option('--password', 'another password, which is asked for')
      .option('--password-file <file>', 'another password: the file where it stands; - is standard input')
      .addOption(new Option('--disable', 'he is not let in').conflicts('enable'))
      .option('--enable', 'he is let in again'),
  ).action((text: string, options: UserOptions) => set(text, options, io));

  asking(user.command('remove').description('remove a user; his sessions end').argument('<user>', 'his id or name')).action(
    (text: string, options: ClientOptions) => remove(text, options, io),
  );

  asking(
    user
      .command('password')
      .description("change one's own password; all other sessions end")
      .option('--current-file <file>', 'where the password of now stands; - is standard input; without it, it is asked for')
      .option('--password-file <file>', 'where the new one stands; without it, it is asked for'),
  ).action((options: UserOptions) => password(options, io));
}

async function list(options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const document = await askList(client, '/api/v1/users', 'users');
  const names = await tenantNames(client);
  print(io, options, document, () => {
    const rows = listOf(document, 'users').map((each) => {
      const permissions = each.get('permissions');
      return [
        textOf(each, 'name'),
        names.get(textOf(each, 'tenant')) ?? '',
        each.get('disabled') === true ? 'disabled' : 'let in',
        Array.isArray(permissions) ? permissions.join(' ') : '',
        localTime(textOf(each, 'updated')),
        textOf(each, 'id'),
      ];
    });
    return table(['name', 'tenant', 'state', 'permits', 'changed', 'id'], rows) || 'There are no users: offhook user add\n';
  });
}

async function add(name: string, permissions: string[], options: UserOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const tenant = options.tenant === undefined ? undefined : textOf(await findTenant(client, options.tenant), 'id');
  const typed = await readPassword(options.passwordFile, `Password of ${name}: `, io);
  const body = new Map<string, OrderedJson>([
    ['name', name],
    ['permissions', permissions],
    ['password', typed],
    ...(tenant === undefined ? [] : [['tenant', tenant] as const]),
  ]);
  const { document } = await client.ask('POST', '/api/v1/users', { body });
  print(io, options, document, () => `${textOf(document, 'id')}\n`);
}

async function set(text: string, options: UserOptions, io: Io): Promise<void> {
  const { name, permissions, disable, enable, passwordFile } = options;
  const isPassword = options.password || passwordFile !== undefined;
  if (!isPassword && !disable && !enable && name === undefined && permissions === undefined)
    throw new Failure('Say what is to be set: --name, --permissions, --password, --disable or --enable', exit.usage);
  const client = clientFor(options, io);
  const found = await findUser(client, text);
  const typed = isPassword ? await readPassword(passwordFile, `Another password of ${textOf(found, 'name')}: `, io) : undefined;
  const body = new Map<string, OrderedJson>([
    ...(name === undefined ? [] : [['name', name] as const]),
    ...(permissions === undefined ? [] : [['permissions', permissions] as const]),
    ...(typed === undefined ? [] : [['password', typed] as const]),
    ...(disable || enable ? [['disabled', disable === true] as const] : []),
  ]);
  const { document } = await client.ask('PATCH', pathOf(found), { body });
  print(io, options, document, () => '');
}

async function remove(text: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  await client.ask('DELETE', pathOf(await findUser(client, text)));
  print(io, options, new Map(), () => '');
}

async function password(options: UserOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const current = await readPassword(options.currentFile, 'Password of now: ', io);
  const fresh = await readPassword(options.passwordFile, 'New password: ', io);
  const body = new Map([
    ['current', current],
    ['password', fresh],
  ]);
  const { document } = await client.ask('PUT', '/api/v1/self/password', { body });
  const user = textOf(objectIn(document, 'user'), 'name');
  const login = { ...client.login, token: textOf(document, 'token'), user, expires: textOf(document, 'expires') };
  keepLogin(client.url, login, io.environment);
  print(io, options, new Map(), () => `The password of ${user} is another; all his other sessions have ended.\n`);
}

function pathOf(user: Document): string {
  return `/api/v1/users/${encodeURIComponent(textOf(user, 'id'))}`;
}

async function findUser(client: Client, text: string): Promise<Document> {
  const document = await askList(client, '/api/v1/users', 'users');
  const all = listOf(document, 'users');
  const found =
    all.find((each) => textOf(each, 'id') === text) ?? all.find((each) => textOf(each, 'name') === text.toLowerCase());
  if (found) return found;
  throw new Failure(`There is no user with the id or the name ${text}; offhook user list shows those that there are`);
}
