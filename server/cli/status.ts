import type { Command } from 'commander';
import { type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { Failure, type Io } from './io.ts';
import { fields, localTime, table } from './table.ts';

/** `offhook status` */
export function addStatus(program: Command, io: Io): void {
  asking(program.command('status').description('show whether the server runs well; this needs no token')).action(
    (options: ClientOptions) => status(options, io),
  );
}

async function status(options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  // It tells what is wrong with itself by 503.
  const { document } = await client.ask('GET', '/status', { expect: [503] });
  if (!document.has('store')) throw new Failure(`${client.url} is no Offhook: it answers something else`);
  print(io, options, document, () => pageOf(document));
  const problem = textOf(objectIn(document, 'store'), 'problem');
  if (problem !== '') throw new Failure(`The store does not answer (${problem}); the server's log says why`);
}

function pageOf(status: Document): string {
  const devices = objectIn(status, 'devices');
  const plugins = objectIn(status, 'plugins');
  const loaded = plugins.get('loaded');
  const page = fields([
    ['version', textOf(status, 'version')],
    ['started', localTime(textOf(status, 'started'))],
    ...listOf(status, 'listeners').map((each) => [textOf(each, 'name'), textOf(each, 'url')] as const),
    ...['dhcp', 'pnp'].flatMap((name) => listOf(status, name).map((each) => [name, interfaceOf(each)] as const)),
    ['plugins', Array.isArray(loaded) ? loaded.join(', ') : ''],
    ['devices', textOf(devices, 'total')],
    ['configured', textOf(devices, 'configured')],
    ['still to be looked at', textOf(devices, 'waiting')],
  ]);
  const broken = listOf(plugins, 'broken').map((each) => [textOf(each, 'id'), textOf(each, 'problem')]);
  return [page, table(['broken package', 'problem'], broken)].filter((part) => part !== '').join('\n');
}

/** `eth0: answered`, `eth1: unavailable: there is no interface eth1`, `all interfaces: heard` */
function interfaceOf(found: Document): string {
  const why = textOf(found, 'detail');
  return `${textOf(found, 'interface') || 'all interfaces'}: ${textOf(found, 'state')}${why && `: ${why}`}`;
}
