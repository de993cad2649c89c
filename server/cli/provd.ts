import type { Command } from 'commander';
import { fetching } from '../app/network.ts';
import type { Network } from '../lib/download/network.ts';
import { fromPlain, stringifyOrdered } from '../lib/ordered-json.ts';
import { loadSettings } from '../settings/load.ts';
import { onDisk } from './command.ts';
import { examples } from './device.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

interface ProvdOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `offhook provd …`: what repositories of XiVO's and Wazo's provd have, as data; none of it asks a server. */
export function addProvd(program: Command, io: Io): void {
  const provd = program.command('provd').description('look into repositories of provd; their plugins are data, and are not run');

  provd
    .command('list')
    .description('list the plugins of a repository of provd')
    .argument('<location>', 'its URL, or a folder')
    .option('--config <file>', 'settings file, for proxies')
    .option('--json', 'print them with their capabilities, for programs')
    .addHelpText('after', examples(['offhook provd list http://provd.example.com/plugins/2/stable']))
    .action((location: string, options: ProvdOptions) => onDisk(() => list(location, options, io)));

  provd
    .command('fetch')
    .description('download plugins of provd, check them, and unpack them as data')
    .argument('<location>', 'the URL of the repository, or a folder')
    .argument('<id...>', 'the plugins')
    .requiredOption('--into <folder>', 'where each has a folder of its id')
    .option('--config <file>', 'settings file, for proxies')
    .option('--json', 'print what was unpacked, for programs')
    .action((location: string, ids: string[], options: ProvdOptions & { into: string }) =>
      onDisk(() => take(location, ids, options, io)),
    );
}

async function list(location: string, options: ProvdOptions, io: Io): Promise<void> {
  const { listProvd } = await import('../packaging/provd.ts');
  const { entries, complaints } = await listProvd(location, await networkOf(options, io));
  for (const { path, message } of complaints) io.err(`${path} ${message}; it is left out\n`);
  const documents = entries.map(({ descriptions, ...entry }) => ({ ...entry, description: descriptions.get('') ?? '' }));
  if (options.json) {
    io.out(`${stringifyOrdered(fromPlain({ plugins: documents }), 2)}\n`);
    return;
  }
  const rows = documents.map(({ id, version, size, description }) => [id, version, size.toLocaleString('en'), description]);
  io.out(table(['plugin', 'version', 'bytes', 'description'], rows) || 'It has no plugins.\n');
}

async function take(location: string, ids: readonly string[], options: ProvdOptions & { into: string }, io: Io): Promise<void> {
  const { takeProvd } = await import('../packaging/provd.ts');
  const taken = await takeProvd(location, ids, { network: await networkOf(options, io), into: options.into });
  if (options.json) {
    io.out(`${stringifyOrdered(fromPlain({ plugins: taken }), 2)}\n`);
    return;
  }
  for (const { id, problem } of taken) if (problem !== undefined) io.err(`${id}: ${problem}\n`);
  const rows = taken.map(({ id, version, folder, firmware }) => [id, version, folder, String(firmware.length)]);
  io.out(table(['plugin', 'version', 'folder', 'firmware packages'], rows));
}

async function networkOf({ config }: ProvdOptions, io: Io): Promise<Network> {
  const { settings } = loadSettings({ environment: io.environment, ...(config !== undefined && { config }) });
  return (await fetching(settings)).network;
}
