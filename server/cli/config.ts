import { type Command, Option } from 'commander';
import { MASK, masked } from '../lib/mask.ts';
import { JsonError, type OrderedJson, parseOrdered } from '../lib/ordered-json.ts';
import { plainValue, readYaml } from '../settings/yaml.ts';
import { type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, collect, print } from './command.ts';
import { addConfigVersions } from './config-version.ts';
import { examples } from './device.ts';
import { findTenant, tenantNames } from './find.ts';
import { exit, Failure, type Io } from './io.ts';
import { askingPages, askList, mostOf, type PageOptions, tellRest } from './pages.ts';
import { fields, localTime, table } from './table.ts';
import { assign, leaves, readAssignments, readInput, shown } from './values.ts';

interface ListOptions extends ClientOptions, PageOptions {
  readonly tenant?: string;
  readonly role?: string;
}

interface ShowOptions extends ClientOptions {
  readonly resolved?: boolean;
  readonly revision?: string;
  readonly secrets?: boolean;
}

interface SetOptions extends ClientOptions {
  readonly file?: string;
  /** false: `--no-parent`. */
  readonly parent?: readonly string[] | false;
  readonly role?: string;
  readonly code?: string;
  readonly tenant?: string;
}

/** `offhook config …` */
export function addConfig(program: Command, io: Io): void {
  const config = program.command('config').description('look at and change configs: what devices should be');

  askingPages(
    config
      .command('list')
      .description('list configs')
      .option('--tenant <tenant>', 'only those of this tenant, by its id or name')
      .option('--role <role>', 'only that one: autocreate or default'),
  ).action((options: ListOptions) => list(options, io));

  asking(
    config
      .command('show')
      .description('show a config; passwords are masked')
      .argument('<id>', 'the id of the config')
      .addOption(new Option('--resolved', 'with all that it inherits, and where each value comes from').conflicts('revision'))
      .option('--revision <number>', 'as it was: offhook config versions')
      .option('--secrets', 'show passwords')
      .addHelpText(
        'after',
        examples([
          'offhook config show alice',
          'offhook config show alice --resolved',
          'offhook config show alice --json --secrets > alice.json',
        ]),
      ),
  ).action((id: string, options: ShowOptions) => show(id, options, io));

  asking(
    config
      .command('set')
      .description('change a config, or make one')
      .argument('<id>', 'the id of the config')
      .argument(
        '[values...]',
        'KEY=VALUE, KEY= to take it away, KEY@=FILE for what a file holds, KEY:=JSON; dots lead into tables',
      )
      .option('--file <file>', 'replace its raw config by this file, JSON or YAML; - is standard input')
      .option('--parent <id>', 'inherit from this config; once for each parent, the last outranks those before', collect)
      .option('--no-parent', 'inherit from none')
      .addOption(new Option('--role <role>', 'what it is used for').choices(['autocreate', 'default', 'none']))
      .option(
        '--code <digits>',
        'what gives it to a phone at which it is dialled; @FILE for what a file holds, none to take it away',
      )
      .option('--tenant <tenant>', 'id or name of the tenant of a new config; default: the main one')
      .addHelpText(
        'after',
        examples([
          'offhook config set site sip_proxy_ip=192.0.2.5 locale=fr_FR timezone=Europe/Paris',
          'offhook config set alice --parent site sip_lines.1.username=1001 sip_lines.1.display_name=Alice',
          'offhook config set alice sip_lines.1.password@=password.txt',
          'offhook config set alice --code @code.txt',
          'offhook config set guest --role autocreate --file guest.yml',
        ]),
      )
      .addHelpText(
        'after',
        'What stands on the command line is seen by others on this host: give passwords by KEY@=FILE or --file, and codes by @FILE.',
      ),
  ).action((id: string, values: string[], options: SetOptions) => set(id, values, options, io));

  asking(
    config
      .command('remove')
      .description('remove a config; who inherits from it keeps its name')
      .argument('<id>', 'the id of the config'),
  ).action((id: string, options: ClientOptions) => remove(id, options, io));

  addConfigVersions(config, io);
}

export function configPath(id: string): string {
  return `/api/v1/configs/${encodeURIComponent(id)}`;
}

async function list(options: ListOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const query: [string, string][] = [];
  if (options.tenant !== undefined) query.push(['tenant', textOf(await findTenant(client, options.tenant), 'id')]);
  if (options.role !== undefined) query.push(['role', options.role]);
  const document = await askList(client, '/api/v1/configs', 'configs', query, mostOf(options));
  const configs = listOf(document, 'configs');
  const names = await tenantNames(client);
  print(io, options, document, () => {
    const rows = configs.map((config) => [
      textOf(config, 'id'),
      parentsOf(config),
      textOf(config, 'role'),
      config.get('transient') === true ? 'yes' : 'no',
      names.get(textOf(config, 'tenant')) ?? textOf(config, 'tenant'),
      localTime(textOf(config, 'updated')),
    ]);
    return table(['id', 'parents', 'role', 'transient', 'tenant', 'changed'], rows) || 'There are no such configs.\n';
  });
  if (!options.json) tellRest(io, configs.length, document);
}

function parentsOf(config: Document): string {
  const parents = config.get('parent_ids');
  return Array.isArray(parents) ? parents.join(', ') : '';
}

async function show(id: string, options: ShowOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const version = options.revision === undefined ? '' : `/versions/${encodeURIComponent(options.revision)}`;
  const { document } = await client.ask('GET', `${configPath(id)}${options.resolved ? '/resolved' : version}`);
  const told = options.secrets ? document : withoutSecrets(document);
  const names = options.json || options.resolved ? undefined : await tenantNames(client);
  print(io, options, told, () => (names ? pageOf(told, names) : resolvedPage(told)));
}

/** Its code, its raw config, and what others keep in it, with masks. */
export function withoutSecrets(config: Document): Document {
  const code: [string, OrderedJson][] = typeof config.get('code') === 'string' ? [['code', MASK]] : [];
  const own = new Map([...config].filter(([key]) => key === 'raw_config' || key.startsWith('X_')));
  return new Map([...config, ...code, ...masked(own)]);
}

function pageOf(config: Document, names: ReadonlyMap<string, string>): string {
  const own = leaves(new Map([...config].filter(([key]) => key.startsWith('X_'))));
  const head = fields([
    ['id', textOf(config, 'id')],
    ['tenant', names.get(textOf(config, 'tenant')) ?? textOf(config, 'tenant')],
    ['parents', parentsOf(config)],
    ['role', textOf(config, 'role')],
    ['transient', config.get('transient') === true ? 'yes: it goes with its device' : 'no'],
    ['deletable', config.get('deletable') === true ? 'yes' : 'no'],
    ['code', textOf(config, 'code')],
    ['changed', localTime(textOf(config, 'updated'))],
    ...own.map(([path, value]) => [path, shown(value)] as const),
  ]);
  const values = leaves(objectIn(config, 'raw_config')).map(([path, value]) => [path, shown(value)]);
  return [head, table(['raw config', 'value'], values)].filter((part) => part !== '').join('\n');
}

function resolvedPage(config: Document): string {
  const origins = objectIn(config, 'origins');
  const rows = leaves(objectIn(config, 'raw_config')).map(([path, value]) => [path, shown(value), textOf(origins, path)]);
  const missing = config.get('missing');
  const complaints = listOf(config, 'complaints').map((each) => [textOf(each, 'path'), textOf(each, 'message')]);
  const parts = [
    table(['raw config', 'value', 'from'], rows) || 'It is empty, and so is all it inherits.\n',
    Array.isArray(missing) && missing.length > 0 ? fields([['parents that do not exist', missing.join(', ')]]) : '',
    table(['not complete', 'because it'], complaints),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

async function set(id: string, pairs: readonly string[], options: SetOptions, io: Io): Promise<void> {
  const { file, parent, role, code, tenant } = options;
  if (pairs.length === 0 && [file, parent, role, code].every((each) => each === undefined)) {
    throw new Failure('Say what is to be set: KEY=VALUE, --file, --parent, --no-parent, --role or --code', exit.usage);
  }
  const assignments = await readAssignments(pairs, io);
  const given = file === undefined ? undefined : await readDocument(file, io);
  const client = clientFor(options, io);
  const stored = await client.ask('GET', configPath(id), { expect: [404] });
  const start: Document = stored.status === 404 ? new Map() : stored.document;
  const body: Document = given?.has('raw_config') ? given : given ? new Map([...start, ['raw_config', given]]) : new Map(start);
  const raw = assignments.reduce((tree, { path, value }) => assign(tree, path, value), objectIn(body, 'raw_config'));
  refuseMasks(raw);
  body.set('raw_config', raw);
  if (parent !== undefined) body.set('parent_ids', parent === false ? [] : [...parent]);
  if (role !== undefined) body.set('role', role === 'none' ? null : role);
  if (code !== undefined) body.set('code', code === 'none' ? null : await readCode(code, io));
  if (tenant !== undefined) body.set('tenant', textOf(await findTenant(client, tenant), 'id'));
  const { document } =
    stored.status === 404
      ? await client.ask('POST', '/api/v1/configs', { body: new Map([...body, ['id', id]]) })
      : await client.ask('PUT', configPath(id), { body, ifMatch: stored.etag });
  print(io, options, withoutSecrets(document), () => '');
}

/** Digits, or `@FILE` for those that a file holds. */
export async function readCode(text: string, io: Io): Promise<string> {
  return text.startsWith('@') ? (await readInput(text.slice(1), io)).trim() : text;
}

/** A document that was shown with its passwords masked must not put the mask in their place. */
function refuseMasks(raw: Document): void {
  const paths = leaves(raw).filter(([, value]) => value === MASK || (Array.isArray(value) && value.includes(MASK)));
  if (paths.length === 0) return;
  const told = paths.map(([path]) => path).join(', ');
  throw new Failure(`${told}: the value is masked; get it with offhook config show --json --secrets`, exit.usage);
}

/** A raw config, or a whole config with a raw config in it, from JSON or YAML. The order of keys is kept. */
async function readDocument(file: string, io: Io): Promise<Document> {
  const name = file === '-' ? 'standard input' : file;
  const value = parseDocument(await readInput(file, io), name);
  if (value instanceof Map) return value;
  throw new Failure(`${name} must hold an object with the keys of a raw config`, exit.usage);
}

function parseDocument(text: string, name: string): OrderedJson {
  if (!/^\s*[{[]/.test(text)) {
    const { node, complaints } = readYaml(text, name);
    if (complaints.length > 0) throw new Failure(complaints.map(({ message }) => message).join('\n'), exit.usage);
    return node ? plainValue(node) : new Map();
  }
  try {
    return parseOrdered(text);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new Failure(`${name} is no JSON: ${cause.message}`, exit.usage, cause);
  }
}

async function remove(id: string, options: ClientOptions, io: Io): Promise<void> {
  await clientFor(options, io).ask('DELETE', configPath(id));
  print(io, options, new Map(), () => '');
}
