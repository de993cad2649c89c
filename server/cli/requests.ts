import type { Command } from 'commander';
import { type Document, listOf, objectIn, textOf } from './client.ts';
import { type ClientOptions, clientFor, print } from './command.ts';
import { examples } from './device.ts';
import { devicePath, findDevice } from './find.ts';
import { tellingHeaders } from './headers.ts';
import type { Io } from './io.ts';
import { askingPages, askList, mostOf, type PageOptions, tellRest } from './pages.ts';
import { localTime } from './table.ts';
import { wrap } from './wrap.ts';

interface RequestsOptions extends ClientOptions, PageOptions {
  readonly asTest?: boolean;
}

/** `offhook requests` */
export function addRequests(program: Command, io: Io): void {
  askingPages(
    program
      .command('requests')
      .description('show what phones asked lately: those that no device was found for, or those of a device; the latest first')
      .argument('[device]', 'its id, MAC address in any spelling, IP address, serial number or UUID')
      .option('--as-test', 'print them as samples of a recognition test (tests/plugins/VENDOR/samples.ts)')
      .addHelpText('after', examples(['offhook requests', 'offhook requests 000fd3054848', 'offhook requests --as-test'])),
  ).action((device: string | undefined, options: RequestsOptions) => list(device, options, io));
}

async function list(device: string | undefined, options: RequestsOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const path =
    device === undefined
      ? '/api/v1/requests/unrecognised'
      : `${devicePath(textOf((await findDevice(client, device)).document, 'id'))}/requests`;
  const document = await askList(client, path, 'requests', [], mostOf(options));
  const requests = listOf(document, 'requests');
  print(io, options, document, () => (options.asTest ? samplesOf(requests) : pageOf(requests, device !== undefined, io.columns)));
  if (!options.json) tellRest(io, requests.length, document);
}

function pageOf(requests: readonly Document[], isKnown: boolean, columns: number): string {
  if (requests.length === 0) return 'There are none.\n';
  return requests
    .map((request) => {
      const path = textOf(request, 'path') + (textOf(request, 'query') && `?${textOf(request, 'query')}`);
      const agent = textOf(objectIn(request, 'headers'), 'user-agent');
      const told = [...objectIn(request, 'profile').values()].join(' ');
      const over = textOf(request, 'transport').toUpperCase();
      return [
        wrap(
          `${localTime(textOf(request, 'at'))}  ${textOf(request, 'ip')}  ${over === 'PNP' ? 'SIP PnP' : `${over} ${path}`}`,
          columns,
          '',
          '    ',
        ),
        wrap(outcomeOf(objectIn(request, 'outcome'), isKnown) + durationOf(request) + timesOf(request), columns, '    '),
        agent && wrap(agent, columns, '    '),
        told && wrap(told, columns, '    '),
      ].join('');
    })
    .join('');
}

/** What became of a request, in a few words. */
function outcomeOf(outcome: Document, isKnown: boolean): string {
  const kind = textOf(outcome, 'kind');
  const why = textOf(outcome, 'why');
  const words: Readonly<Record<string, string>> = {
    told: `was told ${textOf(outcome, 'url')}`,
    file: `got ${textOf(outcome, 'bytes')} bytes`,
    refused: 'was refused',
    failed: 'could not be made',
    'no-config': 'got nothing: no config',
    'no-file': isKnown ? 'got nothing: no such file' : 'got nothing: no device, and no file for everybody',
    'no-plugin': 'got nothing: no plugin',
    'wrong-key': 'got nothing: wrong key',
  };
  return `${words[kind] ?? kind}${why && `: ${why}`}`;
}

/** Until the phone had the whole file, where that is known; else until the answer was there. */
function durationOf(request: Document): string {
  const taken = textOf(request, 'taken_ms');
  return taken === '' ? `; answered in ${textOf(request, 'answered_ms')} ms` : `; taken whole in ${taken} ms`;
}

function timesOf(request: Document): string {
  const times = Number(request.get('times'));
  return times > 1 ? `; ${times} times since ${localTime(textOf(request, 'first'))}` : '';
}

/** Rows for `samples` of a vendor's recognition test; one row for what was asked several times. */
function samplesOf(requests: readonly Document[]): string {
  // Of what is asked over SIP PnP most is not read by patterns.
  const read = requests.filter((request) => textOf(request, 'transport') !== 'pnp');
  return [...new Set(read.toReversed().map(sampleOf))].join('');
}

function sampleOf(request: Document): string {
  const { 'user-agent': userAgent = '', ...headers } = Object.fromEntries(tellingHeaders(objectIn(request, 'headers')));
  // Patterns see a path without its key.
  const path = textOf(request, 'path').replace(/^\/\[key\](?=\/)/, '');
  const { 60: vendorClass = '', ...options } = Object.fromEntries(
    Array.from(objectIn(request, 'options'), ([code, hex]) => [code, String(hex)] as const),
  );
  const facts = Array.from(objectIn(request, 'facts'), ([name, value]) => [name, String(value)] as const);
  const members = [
    path && `path: ${literal(path)}`,
    textOf(request, 'query') && `query: ${literal(textOf(request, 'query'))}`,
    userAgent && `userAgent: ${literal(userAgent)}`,
    objectLiteral('headers', Object.entries(headers)),
    vendorClass && `vendorClass: ${literal(Buffer.from(vendorClass, 'hex').toString('latin1'))}`,
    objectLiteral('options', Object.entries(options)),
    objectLiteral('info', facts) || 'info: {}',
  ];
  return `  { ${members.filter((member) => member !== '').join(', ')} },\n`;
}

function objectLiteral(name: string, entries: readonly (readonly [string, string])[]): string {
  if (entries.length === 0) return '';
  const members = entries.map(([key, value]) => `${/^(?:[a-z]\w*|\d+)$/i.test(key) ? key : literal(key)}: ${literal(value)}`);
  return `${name}: { ${members.join(', ')} }`;
}

/** A text as the source of a test has it: bytes beyond ASCII, which came as Latin-1 signs, are seen as such. */
function literal(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${escaped.replaceAll(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;
}
