import { type Command, Option } from 'commander';
import { fromPlain, stringifyOrdered } from '../lib/ordered-json.ts';
import type { Channel } from '../repositories/model.ts';
import { collect, count, onDisk, print } from './command.ts';
import { examples } from './device.ts';
import { addEntered, channels } from './entered.ts';
import type { Io } from './io.ts';
import type { Host } from './serve.ts';
import { table } from './table.ts';

interface BuildOptions {
  readonly into: string;
  readonly channel: Channel;
  readonly key?: readonly string[];
  readonly replace?: boolean;
  readonly validDays?: number;
  readonly json?: boolean;
}

interface BundleOptions {
  readonly channel: readonly Channel[];
  readonly output: string;
  readonly json?: boolean;
}

/** `offhook repository …`: where a server gets vendor packages from; and, without asking a server, how they are published. */
export function addRepository(program: Command, io: Io, host: Host): void {
  const repository = program
    .command('repository')
    .description('say where vendor packages are installed from, and publish such packages');
  addEntered(repository, io, host);

  repository
    .command('build')
    .description('build vendor packages into a repository, and write the index of all that lies there')
    .argument('[dir...]', 'folders of vendor packages; none: only the index is written anew')
    .requiredOption('--into <folder>', 'the repository, a folder that any web server can serve')
    .addOption(new Option('--channel <name>', 'where they go').choices(channels).default('stable'))
    .option('--key <file>', 'private key that signs the index; several while servers move from one to another', collect)
    .option('--valid-days <days>', 'after which servers no longer believe the index; without it they always do', count)
    .option('--replace', 'also where the repository has the same version with other content')
    .option('--json', 'print what was built, for programs')
    .addHelpText(
      'after',
      examples([
        'offhook repository key repository.pem',
        'offhook repository build plugins/* --into /srv/www/offhook --key repository.pem',
        'offhook repository build plugins/acme --into /srv/www/offhook --channel testing --key repository.pem',
      ]),
    )
    .action((folders: string[], options: BuildOptions) => onDisk(() => build(folders, options, io)));

  repository
    .command('key')
    .description('make a key pair that signs indexes, and print the public key as the settings of servers have it')
    .argument('<file>', 'where the private key is kept, for its owner only')
    .option('--show', 'print the public key of a private one that is there')
    .option('--json', 'print the public key for programs')
    .action(async (file: string, { show, json = false }: { show?: boolean; json?: boolean }) => {
      const { makeKey, publicLineOf, readKey } = await import('../packaging/key.ts');
      const line = await onDisk(async () => (show ? publicLineOf(await readKey(file)) : makeKey(file)));
      print(io, { json }, new Map([['key', line]]), () => `${line}\n`);
    });

  repository
    .command('bundle')
    .description('make one file of a repository, for servers without a network')
    .argument('<folder>', 'the repository')
    .addOption(new Option('--channel <names...>', 'which channels').choices(channels).default(['stable']))
    .requiredOption('-o, --output <file>', 'the bundle')
    .option('--json', 'print what was made, for programs')
    .action(async (folder: string, { channel, output, json = false }: BundleOptions) => {
      const { bundle } = await import('../packaging/publish.ts');
      await onDisk(() => bundle(folder, channel, output));
      print(io, { json }, new Map([['file', output]]), () => '');
    });
}

async function build(folders: readonly string[], options: BuildOptions, io: Io): Promise<void> {
  const [{ buildArchive }, { publish }, { readKey }] = await Promise.all([
    import('../packaging/build.ts'),
    import('../packaging/publish.ts'),
    import('../packaging/key.ts'),
  ]);
  const { into, channel, replace = false, validDays } = options;
  const keys = await Promise.all((options.key ?? []).map(readKey));
  const archives = [];
  for (const folder of folders) archives.push(await buildArchive(folder));
  const wanted = { channel, keys, replace, now: new Date(), ...(validDays !== undefined && { validDays }) };
  const { serial, packages } = await publish(into, archives, wanted);
  const rows = packages.map(({ id, version, size, sha256, file }) => ({ id, version, size, sha256, file }));
  if (options.json) {
    io.out(`${stringifyOrdered(fromPlain({ channel, serial, packages: rows }), 2)}\n`);
    return;
  }
  io.out(
    table(
      ['package', 'version', 'bytes', 'file'],
      rows.map((row) => [row.id, row.version, `${row.size}`, row.file]),
    ),
  );
  io.out(
    `${into}/${channel} has ${rows.length} ${rows.length === 1 ? 'archive' : 'archives'}, index ${serial}${keys.length > 0 ? ', signed' : ', not signed'}\n`,
  );
}
