import { type Command, Option } from 'commander';
import { type Document, listOf, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, count, print } from './command.ts';
import { examples } from './device.ts';
import type { Io } from './io.ts';
import { askingPages, askList, mostOf, type PageOptions, tellRest } from './pages.ts';
import type { Host } from './serve.ts';
import { localTime, table, visible } from './table.ts';
import { section } from './wrap.ts';

interface LeaseOptions extends ClientOptions, PageOptions {
  readonly subnet?: string;
  readonly state?: string;
  readonly mac?: string;
  readonly ip?: string;
}

interface WatchOptions extends ClientOptions {
  readonly mac?: string;
  readonly seconds?: number;
}

/** So long the server keeps an answer back while there is nothing to tell. */
const waitSeconds = 20;

/** `offhook dhcp …` */
export function addDhcp(program: Command, io: Io, host: Host): void {
  const dhcp = program.command('dhcp').description('look at leases, and at what phones ask over DHCP');

  askingPages(
    dhcp
      .command('leases')
      .description('list the leases that this server has given, and how full its pools are')
      .option('--subnet <network>', 'of this subnet: 10.0.0.0/24')
      .addOption(new Option('--state <state>', 'in this state').choices(['bound', 'released', 'declined', 'expired']))
      .option('--mac <address>', 'of this client')
      .option('--ip <address>', 'on this address')
      .addHelpText('after', examples(['offhook dhcp leases --state bound', 'offhook dhcp leases --mac 000fd3054848'])),
  ).action((options: LeaseOptions) => leases(options, io));

  asking(
    dhcp
      .command('watch')
      .description('show messages of DHCP clients as they come, and what became of them; Ctrl-C ends it')
      .option('--mac <address>', 'of this client only')
      .option('--seconds <number>', 'end after so long', count)
      .addHelpText('after', examples(['offhook dhcp watch', 'offhook dhcp watch --mac 000fd3054848 --seconds 60'])),
  ).action((options: WatchOptions) => watch(options, io, host));

  asking(
    dhcp
      .command('forget')
      .description('make an address free that this server has given; who has it is not told')
      .argument('<address>', 'the address')
      .addHelpText('after', examples(['offhook dhcp forget 10.0.0.107'])),
  ).action((address: string, options: ClientOptions) => forget(address, options, io));
}

async function leases(options: LeaseOptions, io: Io): Promise<void> {
  const query = (['subnet', 'state', 'mac', 'ip'] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  const document = await askList(clientFor(options, io), '/api/v1/dhcp/leases', 'leases', query, mostOf(options));
  const found = listOf(document, 'leases');
  print(io, options, document, () => {
    if (document.get('serves') !== true)
      return 'This server gives no addresses (dhcp.mode). What others tell it of theirs: offhook dhcp watch, offhook device list\n';
    const rows = found.map((each) => [
      textOf(each, 'address'),
      textOf(each, 'mac') || textOf(each, 'client'),
      textOf(each, 'state'),
      localTime(textOf(each, 'expires')),
      textOf(each, 'host_name'),
      textOf(each, 'vendor') || textOf(each, 'vendor_class'),
      textOf(each, 'circuit'),
    ]);
    const pools = listOf(document, 'pools').map((each) => [
      textOf(each, 'subnet'),
      each.get('kind') === 'pool' ? `${textOf(each, 'first')}-${textOf(each, 'last')}` : textOf(each, 'kind'),
      ...['vendor', 'size', 'bound', 'offered', 'declined', 'free'].map((name) => textOf(each, name)),
    ]);
    const list = table(['address', 'client', 'state', 'until', 'name', 'is', 'from'], rows) || 'There are no such leases.\n';
    return list + section('Pools', table(['subnet', 'pool', 'vendor', 'size', 'bound', 'offered', 'declined', 'free'], pools));
  });
  if (!options.json) tellRest(io, found.length, document);
}

async function watch(options: WatchOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  host.onSignal('SIGINT', stop);
  host.onSignal('SIGTERM', stop);
  const end = options.seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.seconds * 1_000;
  const path = '/api/v1/dhcp/messages';
  const ask = async (after: number | undefined, wait: number) => {
    const query = [
      ...(after === undefined ? [] : [['after', String(after)] as const]),
      ['wait', String(wait)] as const,
      ...(options.mac === undefined ? [] : [['mac', options.mac] as const]),
    ];
    return (await client.ask('GET', path, { query, signal: interrupt.signal })).document;
  };
  try {
    let document = await ask(undefined, 0);
    for (;;) {
      for (const message of listOf(document, 'messages')) print(io, options, message, () => `${lineOf(message)}\n`);
      const left = Math.ceil((end - performance.now()) / 1_000);
      if (left <= 0) return;
      document = await ask(Number(document.get('last')), Math.min(waitSeconds, left));
    }
  } catch (cause) {
    if (!interrupt.signal.aborted) throw cause;
  }
}

/** `12:30:01 DISCOVER 00:0f:d3:05:48:48 eth0 Digium D40: offered 10.0.0.100` */
function lineOf(message: Document): string {
  const is = [textOf(message, 'vendor'), textOf(message, 'model')].filter(Boolean).join(' ') || textOf(message, 'vendor_class');
  const from = textOf(message, 'circuit');
  const who = [textOf(message, 'mac') || '-', from && `from ${from}`, is && `(${is})`].filter(Boolean).join(' ');
  const became = [textOf(message, 'outcome'), textOf(message, 'ip')].filter(Boolean).join(' ');
  const why = textOf(message, 'why');
  const time = localTime(textOf(message, 'at'));
  return visible(`${time} ${textOf(message, 'type').padEnd(8)} ${who}: ${became}${why && `, ${why}`}`);
}

async function forget(address: string, options: ClientOptions, io: Io): Promise<void> {
  await clientFor(options, io).ask('DELETE', `/api/v1/dhcp/leases/${encodeURIComponent(address)}`);
  print(io, options, new Map(), () => '');
}
