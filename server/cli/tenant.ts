import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Document, listOf, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import { findTenant } from './find.ts';
import { exit, Failure, type Io } from './io.ts';
import { askList } from './pages.ts';
import { table } from './table.ts';

interface KeyOptions extends ClientOptions {
  /** false: `--no-key`; true: nothing was said. */
  readonly key?: string | boolean;
  readonly keyStdin?: boolean;
  readonly generateKey?: boolean;
  readonly name?: string;
  readonly parent?: string;
  readonly id?: string;
}

/** `offhook tenant …` */
export function addTenant(program: Command, io: Io): void {
  const tenant = program.command('tenant').description('look at and change tenants: who devices and configs belong to');

  asking(tenant.command('list').description('list tenants')).action((options: ClientOptions) => list(options, io));

  asking(
    withKey(tenant.command('add').description('make a tenant'))
      .argument('<name>', 'its name')
      .option('--parent <tenant>', 'the tenant that it belongs to, its id or name; default: the main one')
      .option('--id <uuid>', 'what another system calls it; default: a new one')
      .addHelpText(
        'after',
        examples(['offhook tenant add north --generate-key', 'offhook tenant add north --key-stdin < key.txt']),
      ),
  ).action((name: string, options: KeyOptions) => add(name, options, io));

  asking(
    withKey(tenant.command('set').description('change a tenant'))
      .argument('<tenant>', 'its id or name')
      .option('--name <name>', 'its new name')
      .option('--no-key', 'take the key away: its phones are told URLs without one')
      .addHelpText('after', examples(['offhook tenant set main --generate-key', 'offhook tenant set north --name south'])),
  ).action((text: string, options: KeyOptions) => set(text, options, io));

  asking(
    tenant
      .command('remove')
      .description('remove a tenant that has neither devices nor configs, nor tenants below it')
      .argument('<tenant>', 'its id or name'),
  ).action((text: string, options: ClientOptions) => remove(text, options, io));
}

function withKey(command: Command): Command {
  return command
    .addOption(new Option('--key-stdin', 'read the provisioning key from standard input').conflicts(['generateKey']))
    .addOption(new Option('--generate-key', 'make a key that nobody can guess, and print it'))
    .addOption(
      new Option('--key <key>', 'the key itself; others on this host see it in the list of processes').conflicts([
        'keyStdin',
        'generateKey',
      ]),
    );
}

async function list(options: ClientOptions, io: Io): Promise<void> {
  const document = await askList(clientFor(options, io), '/api/v1/tenants', 'tenants');
  print(io, options, document, () => {
    const tenants = listOf(document, 'tenants');
    const names = new Map(tenants.map((each) => [textOf(each, 'id'), textOf(each, 'name')]));
    const rows = tenants.map((each) => [
      textOf(each, 'name'),
      names.get(textOf(each, 'parent')) ?? '',
      each.get('provisioning_key_set') === true ? 'yes' : 'no',
      textOf(each, 'id'),
    ]);
    return table(['name', 'belongs to', 'key', 'id'], rows);
  });
}

async function add(name: string, options: KeyOptions, io: Io): Promise<void> {
  const key = await keyOf(options, io);
  const client = clientFor(options, io);
  const parent = options.parent === undefined ? undefined : textOf(await findTenant(client, options.parent), 'id');
  const body = new Map<string, OrderedJson>([
    ['name', name],
    ...(options.id === undefined ? [] : [['id', options.id] as const]),
    ...(parent === undefined ? [] : [['parent', parent] as const]),
    ...(key === undefined ? [] : [['provisioning_key', key] as const]),
  ]);
  const { document } = await client.ask('POST', '/api/v1/tenants', { body });
  tell(document, key, options, io, `${textOf(document, 'id')}\n`);
}

async function set(text: string, options: KeyOptions, io: Io): Promise<void> {
  const key = await keyOf(options, io);
  const body = new Map<string, OrderedJson>([
    ...(options.name === undefined ? [] : [['name', options.name] as const]),
    ...(key === undefined ? [] : [['provisioning_key', key] as const]),
  ]);
  if (body.size === 0) throw new Failure('Say what is to be set: --name, --key-stdin, --generate-key or --no-key', exit.usage);
  const client = clientFor(options, io);
  const found = await findTenant(client, text);
  const { document } = await client.ask('PATCH', pathOf(found), { body });
  tell(document, key, options, io, '');
}

async function remove(text: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  await client.ask('DELETE', pathOf(await findTenant(client, text)));
  print(io, options, new Map(), () => '');
}

function pathOf(tenant: Document): string {
  return `/api/v1/tenants/${encodeURIComponent(textOf(tenant, 'id'))}`;
}

/** null takes the key away, undefined leaves it. */
async function keyOf({ key, keyStdin, generateKey }: KeyOptions, io: Io): Promise<string | null | undefined> {
  if (keyStdin) return (await io.input()).trim();
  // 128 bits, in characters that a URL and a person at a phone's keypad take as they are.
  if (generateKey) return randomBytes(16).toString('hex');
  if (typeof key === 'string') return key;
  return key === false ? null : undefined;
}

/** A key that was made here is told here, and never again. */
function tell(document: Document, key: string | null | undefined, options: KeyOptions, io: Io, otherwise: string): void {
  const made = options.generateKey && typeof key === 'string' ? key : undefined;
  const whole = made === undefined ? document : new Map([...document, ['provisioning_key', made as OrderedJson]]);
  print(io, options, whole, () => (made === undefined ? otherwise : `${otherwise}The key, which is not shown again: ${made}\n`));
}
