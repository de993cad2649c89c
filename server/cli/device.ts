import { type Command, Option } from 'commander';
import { masked } from '../lib/mask.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, collect, print } from './command.ts';
import { addDeviceCsv } from './device-csv.ts';
import { devicePath, findDevice, findTenant, readFilter, tenantNames } from './find.ts';
import { following } from './follow.ts';
import type { Io } from './io.ts';
import { addMove } from './move.ts';
import { askingPages, askList, mostOf, type PageOptions, tellRest } from './pages.ts';
import { addRelease } from './release.ts';
import { type ResyncOptions, resync } from './resync.ts';
import type { Host } from './serve.ts';
import { fields, localTime, table } from './table.ts';
import { assign, leaves, readAssignments, shown, textsIn } from './values.ts';

interface ListOptions extends ClientOptions, PageOptions {
  readonly sort?: string;
  readonly outOfSync?: true;
}

interface AddOptions extends ClientOptions {
  readonly id?: string;
  readonly tenant?: string;
}

const WORDS = 'mac, serial, uuid, ip, vendor, model, version, plugin, config, description, approved, options.NAME, X_NAME';

/** `offhook device …` */
export function addDevice(program: Command, io: Io, host: Host): void {
  const device = program.command('device').description('look at and change devices: the phones that the server knows');

  askingPages(
    device
      .command('list')
      .description('list devices')
      .argument(
        '[filters...]',
        'FIELD=VALUE, FIELD= for those without it: tenant, descendants, id, mac, ip, serial, uuid, vendor, model, version, plugin, config, description, added, state, approved, pinned, recognised, configured, sync, seen, seen_since, not_seen_since, changed_since, search',
      )
      .option(
        '--sort <field>',
        'created, updated, seen, id, mac, ip, serial, uuid, vendor, model, version, plugin, config or description; with - before it the last first',
      )
      .option('--out-of-sync', 'those that fetched other files than they would get now')
      .addHelpText(
        'after',
        examples([
          'offhook device list',
          'offhook device list --out-of-sync',
          'offhook device list vendor=Digium configured=false',
          'offhook device list state=held --all',
          'offhook device list search=00:15:65 --sort=-seen',
        ]),
      ),
  ).action((filters: string[], options: ListOptions) => list(filters, options, io));

  asking(
    device
      .command('show')
      .description('show a device: what it is, whether it can be configured, what it fetched')
      .argument('<device>', 'its id, MAC address in any spelling, IP address, serial number or UUID')
      .addHelpText('after', examples(['offhook device show 000fd3054848', 'offhook device show 192.0.2.101 --json'])),
  ).action((text: string, options: ClientOptions) => show(text, options, io));

  asking(
    device
      .command('add')
      .description('make a device before its phone asks')
      .argument('[fields...]', `FIELD=VALUE: ${WORDS}`)
      .option('--id <id>', 'its id; default: 32 hexadecimal digits')
      .option('--tenant <tenant>', 'id or name of its tenant; default: the main one')
      .addHelpText(
        'after',
        examples([
          'offhook device add mac=000fd3054848 config=alice',
          "offhook device add mac=000fd3054848 description='Front desk' options.switchboard:=true",
        ]),
      ),
  ).action((pairs: string[], options: AddOptions) => add(pairs, options, io));

  asking(
    device
      .command('set')
      .description('change a device')
      .argument('<device>', 'its id, MAC address, IP address, serial number or UUID')
      .argument('<fields...>', `FIELD=VALUE, FIELD= to take it away, FIELD@=FILE, FIELD:=JSON: ${WORDS}`)
      .addHelpText(
        'after',
        examples([
          'offhook device set 000fd3054848 config=alice',
          'offhook device set 000fd3054848 approved=true',
          'offhook device set 000fd3054848 plugin=',
        ]),
      ),
  ).action((text: string, pairs: string[], options: ClientOptions) => set(text, pairs, options, io));

  asking(
    device
      .command('remove')
      .description('remove a device; if its phone asks again, it is an unknown phone')
      .argument('<device>', 'its id, MAC address, IP address, serial number or UUID'),
  ).action((text: string, options: ClientOptions) => remove(text, options, io));

  following(
    asking(
      device
        .command('resync')
        .description(
          'tell a phone to read its configuration anew, and wait until it says that it will; or many, in waves, and wait until they have it',
        )
        .argument('[devices...]', 'their ids, MAC addresses, IP addresses, serial numbers or UUIDs')
        .option('--all', 'all devices')
        .option('--out-of-sync', 'those that fetched other files than they would get now')
        .addOption(
          new Option('--filter <filter>', 'those of which this is true, FIELD=VALUE as for a list; may be repeated').argParser(
            collect,
          ),
        )
        .option('--restart', 'restart it, whatever has changed')
        .option('--no-restart', 'leave it alone if it would restart')
        .option('--waves <shares>', 'of many, so many before the next begin: 1,5%')
        .option('--per-second <number>', 'of many, so many in a second')
        .option('--patience <seconds>', 'of many, so long has each that was told to fetch its files')
        .option('--tolerance <percent>', 'of many, when more of a wave do not come back, no more are told')
        .option('--hours <hours>', 'of many, when they may be told: 22:00-05:00')
        .addHelpText(
          'after',
          examples([
            'offhook device resync 000fd3054848',
            'offhook device resync --out-of-sync',
            'offhook device resync --filter vendor=Yealink --filter tenant=north --waves 1,5%,25% --hours 22:00-05:00',
          ]),
        ),
    ),
  ).action((texts: string[], options: ResyncOptions) => resync(texts, options, io, host));

  addRelease(device, io, host, examples(['offhook device release 000fd3054848']));

  addDeviceCsv(device, io);

  addMove(
    device,
    io,
    host,
    examples([
      'offhook device move --from yealink-v85 --to yealink-v86 --dry-run',
      'offhook device move --from yealink-v85 --to yealink-v86 --model T46S --model T48S',
    ]),
  );
}

export function examples(commands: readonly string[]): string {
  return `\nExamples:\n${commands.map((command) => `  ${command}\n`).join('')}`;
}

async function list(filters: readonly string[], options: ListOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const query = await Promise.all(filters.map((filter) => readFilter(client, filter)));
  if (options.outOfSync) query.push(['sync', 'out-of-sync']);
  if (options.sort !== undefined) query.push(['sort', options.sort]);
  const document = await askList(client, '/api/v1/devices', 'devices', query, mostOf(options));
  const devices = listOf(document, 'devices');
  print(io, options, document, () => {
    const rows = devices.map((device) => [
      textOf(device, 'mac'),
      textOf(device, 'ip'),
      [textOf(device, 'vendor'), textOf(device, 'model')].filter((text) => text !== '').join(' '),
      textOf(device, 'version'),
      textOf(device, 'plugin'),
      stateOf(device),
      syncOf(device),
      textOf(device, 'id'),
    ]);
    return table(['mac', 'ip', 'model', 'firmware', 'plugin', 'state', 'in sync', 'id'], rows) || 'There are no such devices.\n';
  });
  if (!options.json) tellRest(io, devices.length, document);
}

/** Whether the phone gets what it should, in a word. */
function stateOf(device: Document): string {
  if (device.get('approved') === false) return 'held';
  return device.get('configured') === true ? 'configured' : 'failing';
}

/** Whether the phone has fetched its files as they are now. */
function syncOf(device: Document): string {
  const inSync = device.get('in_sync');
  if (typeof inSync !== 'boolean') return '';
  return inSync ? 'yes' : 'no';
}

async function show(text: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await findDevice(client, text);
  if (options.json) return print(io, options, document, () => '');
  const names = await tenantNames(client);
  const asked = await client.ask('GET', `${devicePath(textOf(document, 'id'))}/requests`);
  const page = pageOf(document, names.get(textOf(document, 'tenant')) ?? textOf(document, 'tenant'));
  io.out([page, missingFirmware(asked.document)].filter((part) => part !== '').join('\n'));
}

/** What it asked lately in vain, and would get if its firmware were installed. */
function missingFirmware(requests: Document): string {
  const rows = listOf(requests, 'requests').flatMap((each) => {
    const [first] = textsIn(each, 'firmware');
    return first === undefined ? [] : [[textOf(each, 'path'), `offhook firmware install ${first}`]];
  });
  return table(['firmware that it asked for', 'is installed by'], rows);
}

function pageOf(device: Document, tenant: string): string {
  const seen = objectIn(device, 'seen');
  const pinned = device.get('pinned') === true ? ' (chosen by an operator)' : '';
  const plain = ['mac', 'serial', 'uuid', 'ip', 'vendor', 'model'].map((name) => [name, textOf(device, name)] as const);
  const own = new Map([...device].filter(([key]) => key.startsWith('X_')));
  const choices = leaves(masked(new Map<string, OrderedJson>([['options', objectIn(device, 'options')], ...own])));
  const page = fields([
    ['id', textOf(device, 'id')],
    ['description', textOf(device, 'description')],
    ['tenant', tenant],
    ...plain,
    ['firmware', textOf(device, 'version')],
    ['plugin', textOf(device, 'plugin') && textOf(device, 'plugin') + pinned],
    ['config', textOf(device, 'config')],
    ['state', stateOf(device)],
    ['problem', textOf(device, 'problem')],
    ['registers as', textOf(device, 'account')],
    ['in sync', syncOf(device)],
    ['stuck', textOf(device, 'problem') === '' ? textOf(device, 'stuck') : ''],
    ['seen', seen.size > 0 ? `${localTime(textOf(seen, 'at'))} at ${textOf(seen, 'ip')}` : ''],
    ...choices.filter(([, value]) => !(value instanceof Map)).map(([path, value]) => [path, shown(value)] as const),
  ]);
  const fetched = listOf(device, 'deliveries');
  const names = new Set(fetched.map((each) => textOf(each, 'name')));
  const files = listOf(device, 'files').map((file) => {
    const name = textOf(file, 'name');
    return [name, textOf(file, 'template'), fileState(file, names.has(name))];
  });
  const deliveries = fetched.map((each) => [
    localTime(textOf(each, 'at')),
    textOf(each, 'name'),
    textOf(each, 'transport'),
    textOf(each, 'ip'),
  ]);
  const resync = objectIn(device, 'resync');
  const told = [
    ['wanted', 'requested'],
    [`told by ${textOf(resync, 'way')}`, 'told'],
  ].flatMap(([what = '', name = '']) => (textOf(resync, name) === '' ? [] : [[localTime(textOf(resync, name)), what]]));
  const wanted = resync.size > 0 && [...told, ...(textOf(resync, 'problem') === '' ? [] : [['', textOf(resync, 'problem')]])];
  const parts = [
    page,
    table(['its files', 'template', 'state'], files),
    table(['last fetched', 'file', 'over', 'from'], deliveries),
    ...(wanted ? [table(['last resync', 'what'], wanted)] : []),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function fileState(file: Document, fetched: boolean): string {
  if (file.get('digest') === null) return 'cannot be made';
  if (file.get('in_sync') === true) return 'in sync';
  return fetched ? 'changed since it was fetched' : 'never fetched';
}

async function add(pairs: readonly string[], options: AddOptions, io: Io): Promise<void> {
  const given = await changeOf(pairs, io);
  const client = clientFor(options, io);
  const tenant = options.tenant === undefined ? undefined : textOf(await findTenant(client, options.tenant), 'id');
  const body = new Map<string, OrderedJson>([
    ...(options.id === undefined ? [] : [['id', options.id] as const]),
    ...(tenant === undefined ? [] : [['tenant', tenant] as const]),
    ...given,
  ]);
  const { document } = await client.ask('POST', '/api/v1/devices', { body });
  print(io, options, document, () => `${textOf(document, 'id')}\n`);
}

async function set(text: string, pairs: readonly string[], options: ClientOptions, io: Io): Promise<void> {
  const body = await changeOf(pairs, io);
  const client = clientFor(options, io);
  const { document } = await findDevice(client, text);
  const changed = await client.ask('PATCH', devicePath(textOf(document, 'id')), { body });
  print(io, options, changed.document, () => '');
}

/** A merge patch: null takes away. */
async function changeOf(pairs: readonly string[], io: Io): Promise<Document> {
  const assignments = await readAssignments(pairs, io);
  return assignments.reduce((body, { path, value }) => assign(body, path, value ?? null), new Map());
}

async function remove(text: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await findDevice(client, text);
  await client.ask('DELETE', devicePath(textOf(document, 'id')));
  print(io, options, new Map(), () => '');
}
