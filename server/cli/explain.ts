import type { Command } from 'commander';
import { parseHex, printText } from '../lib/dhcp/format.ts';
import { parseMac } from '../lib/mac.ts';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, collect, print } from './command.ts';
import { examples } from './device.ts';
import { dhcpOf, toldOf } from './explain-dhcp.ts';
import { findDevice, lookForDevice } from './find.ts';
import { tellingHeaders } from './headers.ts';
import { exit, Failure, type Io } from './io.ts';
import { fields, localTime, table } from './table.ts';
import { leaves, shown, textsIn } from './values.ts';
import { cut, fitted, indented, section, wrap } from './wrap.ts';

/** DHCP options by which phones are recognised, and how people call them. */
const dhcpOptions = {
  12: 'host name',
  43: 'vendor-specific information',
  60: 'vendor class',
  77: 'user class',
  124: 'vendor-identifying class',
  125: 'vendor-identifying information',
} as const;

interface ExplainOptions extends ClientOptions {
  readonly path?: string;
  readonly tftp?: string;
  readonly https?: boolean;
  readonly userAgent?: string;
  readonly header?: readonly string[];
  readonly ip?: string;
  readonly mac?: string;
  readonly interface?: string;
  readonly relay?: string;
  readonly [dhcpOption: `dhcp${number}`]: string;
}

/** `offhook explain` */
export function addExplain(program: Command, io: Io): void {
  const command = program
    .command('explain')
    .description('say what a phone gets and why: of a device, or of a request as it would come; nothing is changed by it')
    .argument('[device]', 'its id, MAC address in any spelling, IP address, serial number or UUID: its last request is explained')
    .option('--path <path>', 'what the phone asks for over HTTP: what follows the host in the URL, with the key if there is one')
    .option('--https', 'it asks over HTTPS')
    .option('--tftp <name>', 'the file name it asks for over TFTP')
    .option('--user-agent <text>', 'the User-Agent it sends')
    .option('--header <name=value>', 'another header; once for each', collect)
    .option('--ip <address>', 'the address it comes from; without a device or a request of one 127.0.0.1')
    .option('--mac <address>', 'what it gets that asks over DHCP: its hardware address')
    .option('--interface <name>', 'over which interface of the server it asks over DHCP')
    .option('--relay <address>', 'which relay passes on what it asks over DHCP: the address that the relay has in its network');
  for (const [code, name] of Object.entries(dhcpOptions)) {
    command.option(`--dhcp-${code} <text>`, `what it tells over DHCP as option ${code}, ${name}; 0x0a0b for bytes`);
  }
  asking(
    command.addHelpText(
      'after',
      examples([
        'offhook explain 000fd3054848',
        'offhook explain --path /Digium/000fd3054848.cfg --ip 192.0.2.101',
        'offhook explain --tftp Digium/000fd3054848.cfg --ip 192.0.2.101',
        'offhook explain --mac 000fd3054848',
        'offhook explain --dhcp-60 digium_D40_1_4_0_0_57389 --mac 000fd3054848 --relay 10.30.0.1',
      ]),
    ),
  ).action((device: string | undefined, options: ExplainOptions) => explain(device, options, io));
}

async function explain(device: string | undefined, options: ExplainOptions, io: Io): Promise<void> {
  const said = questionOf(options);
  if (device === undefined && !['path', 'mac', 'options'].some((name) => said.has(name))) {
    throw new Failure('Say which device, or what is asked: --path, --tftp, --dhcp-60 …', exit.usage);
  }
  const client = clientFor(options, io);
  const body = new Map([...(device === undefined ? [] : [await subjectOf(device, said, client)]), ...said]);
  const { document } = await client.ask('POST', '/api/v1/explain', { body });
  print(io, options, document, () => pageOf(document, io.columns));
}

/** A phone that is no device may still have asked for an address. */
async function subjectOf(text: string, said: ReadonlyMap<string, OrderedJson>, client: Client): Promise<[string, string]> {
  const isMac = parseMac(text) !== undefined && !['path', 'mac'].some((name) => said.has(name));
  const found = await (isMac ? lookForDevice : findDevice)(client, text);
  return found ? ['device', textOf(found.document, 'id')] : ['mac', text];
}

function questionOf(options: ExplainOptions): Map<string, OrderedJson> {
  const { path, tftp, https, userAgent, header = [], ip, mac, interface: over, relay } = options;
  if (path !== undefined && tftp !== undefined)
    throw new Failure('One request is over HTTP or over TFTP: --path or --tftp', exit.usage);
  const asked = path ?? tftp;
  const transport = tftp !== undefined ? 'tftp' : https ? 'https' : path !== undefined ? 'http' : undefined;
  const headers = new Map([...header.map(readHeader), ...(userAgent === undefined ? [] : [['user-agent', userAgent] as const])]);
  const codes = Object.keys(dhcpOptions).map(Number);
  const told = codes.flatMap((code) => {
    const text = options[`dhcp${code}`];
    return text === undefined ? [] : [[String(code), hexOf(text)] as const];
  });
  return new Map<string, OrderedJson>([
    ...(transport === undefined ? [] : [['transport', transport] as const]),
    ...(asked === undefined
      ? []
      : [['path', tftp === undefined && !/^(?:\/|https?:)/.test(asked) ? `/${asked}` : asked] as const]),
    ...(ip === undefined ? [] : [['ip', ip] as const]),
    ...(headers.size === 0 ? [] : [['headers', headers] as const]),
    ...(mac === undefined ? [] : [['mac', mac] as const]),
    ...(over === undefined ? [] : [['interface', over] as const]),
    ...(relay === undefined ? [] : [['relay', relay] as const]),
    ...(told.length === 0 ? [] : [['options', new Map(told)] as const]),
  ]);
}

function readHeader(pair: string): [string, string] {
  const [, name, value] = /^([^=:\s]+)[=:]\s*(.*)$/s.exec(pair) ?? [];
  if (name === undefined || value === undefined) throw new Failure(`${pair} is no header; write NAME=VALUE`, exit.usage);
  return [name.toLowerCase(), value];
}

function hexOf(text: string): string {
  const bytes = text.startsWith('0x') ? parseHex(text) : Buffer.from(text);
  if (!bytes) throw new Failure(`${text} is not bytes; write them as 0x0a0b`, exit.usage);
  return bytes.toString('hex');
}

// The page ------------------------------------------------------------------------------------------------------------------------

function pageOf(document: Document, columns: number): string {
  const say = (text: string) => wrap(text, columns, '  ');
  const advice = listOf(document, 'advice').map((each) => say(textOf(each, 'text')) + commandOf(each));
  const isDhcp = textOf(objectIn(document, 'request'), 'transport') === 'dhcp';
  const would = textsIn(document, 'would').map((each) => wrap(`- ${each}`, columns, '  '));
  return [
    wrap(textOf(document, 'verdict'), columns),
    section('What to do', advice.join('')),
    ...toldOf(objectIn(document, 'dhcp'), columns),
    section('The request', requestOf(document, columns)),
    section('DHCP', dhcpOf(objectIn(document, 'dhcp'), columns)),
    section('SIP PnP', pnpOf(objectIn(document, 'pnp'), columns)),
    section('Recognised as', recognitionOf(objectIn(document, 'recognition'), columns)),
    section('Device', say(textOf(objectIn(document, 'device'), 'text')) + doubtsOf(document, columns)),
    section('Plugin', say(textOf(objectIn(document, 'plugin'), 'text')) + candidatesOf(document, columns)),
    section('Config', say(textOf(objectIn(document, 'config'), 'text'))),
    section('Its files', filesOf(document, columns)),
    section(isDhcp ? 'The message would' : 'The request would', would.join('')),
    section('Values of the config', valuesOf(objectIn(document, 'config'), columns)),
  ].join('');
}

function pnpOf(pnp: Document, columns: number): string {
  const said = textOf(pnp, 'text');
  return said === '' ? '' : wrap(`At ${localTime(textOf(pnp, 'at'))}: ${said}`, columns, '  ');
}

function commandOf(advice: Document): string {
  const command = textOf(advice, 'command');
  return command === '' ? '' : `    ${command}\n`;
}

const transports: Readonly<Record<string, string>> = { http: 'HTTP', https: 'HTTPS', tftp: 'TFTP', dhcp: 'DHCP', pnp: 'SIP PnP' };

function requestOf(document: Document, columns: number): string {
  const request = objectIn(document, 'request');
  const circuit = textOf(objectIn(objectIn(document, 'dhcp'), 'answer'), 'circuit');
  const path = textOf(request, 'path') + (textOf(request, 'query') && `?${textOf(request, 'query')}`);
  const key = { valid: ', with the key of its tenant', wrong: ', with a wrong key' }[textOf(request, 'key')] ?? '';
  const over = transports[textOf(request, 'transport')] ?? '';
  const from = over === 'DHCP' ? textOf(request, 'mac') && ` from ${textOf(request, 'mac')}` : ` from ${textOf(request, 'ip')}`;
  const what = path === '' ? '' : ` for ${path}`;
  const at = textOf(request, 'at');
  return [
    wrap(
      `${over}${from}${circuit && ` by way of ${circuit}`}${what}${key}${at && `: its last request, at ${localTime(at)}`}`,
      columns,
      '  ',
    ),
    ...tellingHeaders(objectIn(request, 'headers')).map(([name, value]) => `  ${cut(`${name}: ${value}`, columns - 2)}\n`),
    ...[...objectIn(request, 'options')].map(
      ([code, value]) => `  ${cut(`option ${code}: ${printText(Buffer.from(String(value), 'hex'))}`, columns - 2)}\n`,
    ),
  ].join('');
}

function recognitionOf(recognition: Document, columns: number): string {
  const facts = [...objectIn(recognition, 'facts')].map(([name, value]) => [name, String(value)] as const);
  const prefix = textOf(recognition, 'mac_prefix_vendor');
  const patterns = listOf(recognition, 'evidence').flatMap((each) => {
    const found = [...objectIn(each, 'facts')].map(([name, value]) => `${name} ${value}`).join(', ');
    const where = `${textOf(each, 'package')}, by the ${placeOf(textOf(each, 'place'))}: ${found}`;
    return [wrap(where, columns, '  '), `    ${cut(textOf(each, 'pattern'), columns - 4)}\n`];
  });
  return [
    facts.length === 0 ? '  nothing: no pattern matches\n' : indented(fields(facts)),
    ...patterns,
    prefix === '' ? '' : wrap(`The first digits of the MAC address are those of ${prefix}.`, columns, '  '),
  ].join('');
}

const places: Readonly<Record<string, string>> = {
  userAgent: 'User-Agent',
  profile: 'Event of SIP PnP',
  vendorClass: 'vendor class (DHCP option 60)',
  vendorIdentifyingClass: 'vendor-identifying class (DHCP option 124)',
  vendorIdentifyingOptions: 'vendor-identifying information (DHCP option 125)',
  vendorSpecific: 'vendor-specific information (DHCP option 43)',
  userClass: 'user class (DHCP option 77)',
  hostName: 'host name (DHCP option 12)',
  headers: 'headers',
};

function placeOf(place: string): string {
  return places[place] ?? place;
}

function doubtsOf(document: Document, columns: number): string {
  const doubts = textsIn(objectIn(document, 'recognition'), 'contradictions');
  const owner = textOf(objectIn(document, 'device'), 'address_owner');
  return [
    ...doubts.map((each) => wrap(`What the request tells cannot all be true: ${each}.`, columns, '  ')),
    owner === '' ? '' : wrap(`The address belongs to another device, ${owner}.`, columns, '  '),
  ].join('');
}

const scores: Readonly<Record<string, string>> = {
  600: 'exactly',
  500: 'completely',
  400: 'in part',
  300: 'probably',
  200: 'unknown',
  100: 'hardly',
};

function candidatesOf(document: Document, columns: number): string {
  const rows = listOf(document, 'candidates').map((each) => [
    textOf(each, 'score'),
    scores[textOf(each, 'score')] ?? '',
    textOf(each, 'plugin'),
    textOf(each, 'why'),
  ]);
  return fitted(table(['score', 'supports it', 'plugin', 'because'], rows), columns);
}

function filesOf(document: Document, columns: number): string {
  return listOf(document, 'files')
    .map((file) => {
      const layers = listOf(file, 'templates').flatMap((each) => textsIn(each, 'layers'));
      const [used, ...hidden] = layers;
      const names = listOf(file, 'templates').map((each) => textOf(each, 'name'));
      const hides = hidden.length > 0 ? `, which hides ${hidden.join(', ')}` : '';
      const isOutdated = textOf(objectIn(file, 'override'), 'state') === 'outdated';
      const age = isOutdated ? "; the package's template changed since it was made" : '';
      const template = `made by ${used ?? 'no template: there is none'}${hides}${age}; one of your own is named ${oneOf(names)}`;
      const state = `${stateOf(file)}${file.get('secret') === true ? '; it holds passwords' : ''}`;
      return [wrap(`${textOf(file, 'name')}: ${state}`, columns, '  '), wrap(template, columns, '    ')].join('');
    })
    .join('');
}

/** `a, b or c` */
function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function stateOf(file: Document): string {
  const problem = textOf(file, 'problem');
  // The name stands before it already.
  if (problem !== '') return `cannot be made: ${problem.replace(`${textOf(file, 'name')} cannot be rendered: `, '')}`;
  const delivered = textOf(file, 'delivered');
  if (delivered === '') return 'never fetched';
  return delivered === textOf(file, 'digest') ? 'fetched as it is' : 'changed since it was fetched';
}

function valuesOf(config: Document, columns: number): string {
  const origins = objectIn(config, 'origins');
  // The name of a config that was made for one device is long, and stands above.
  const long = textOf(config, 'id').length > 24 ? textOf(config, 'id') : undefined;
  const from = (path: string) => (textOf(origins, path) === long ? 'this config' : textOf(origins, path));
  const values = leaves(objectIn(config, 'raw_config'));
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length));
  const room = columns - 6 - widest(values.map(([path]) => path)) - widest(values.map(([path]) => from(path)));
  const rows = values.map(([path, value]) => [path, cut(shown(value), Math.max(12, room)), from(path)]);
  const complaints = listOf(config, 'complaints').map((each) => [textOf(each, 'path'), textOf(each, 'message')]);
  return [table(['key', 'value', 'from'], rows), table(['not complete', 'because it'], complaints)]
    .filter((part) => part !== '')
    .map((part) => indented(part))
    .join('\n');
}
