import type { Command } from 'commander';
import { listOf, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, onDisk, print } from './command.ts';
import type { Io } from './io.ts';
import { table } from './table.ts';

/** `offhook plugin …` */
export function addPlugin(program: Command, io: Io): void {
  const plugin = program
    .command('plugin')
    .description('look at the plugins, the firmware lines that phones are served by, and build packages of them');
  asking(plugin.command('list').description('list the plugins that are installed, and the packages that are broken')).action(
    (options: ClientOptions) => list(options, io),
  );
  plugin
    .command('build')
    .description('make the archive of a vendor package; asks no server')
    .argument('<dir>', 'its folder, as docs/writing-a-plugin.md describes it')
    .option('--into <folder>', 'where the archive goes', '.')
    .action(async (folder: string, { into }: { into: string }) => {
      const { buildArchive, keepArchive } = await import('../packaging/build.ts');
      const file = await onDisk(async () => keepArchive(await buildArchive(folder), into));
      io.out(`${file}\n`);
    });
}

async function list(options: ClientOptions, io: Io): Promise<void> {
  const { document } = await clientFor(options, io).ask('GET', '/api/v1/plugins');
  print(io, options, document, () => {
    const plugins = listOf(document, 'plugins').map((each) => {
      const models = each.get('models');
      return [...['id', 'vendor', 'firmware'].map((name) => textOf(each, name)), Array.isArray(models) ? models.join(', ') : ''];
    });
    const broken = listOf(document, 'broken').map((each) => [textOf(each, 'id'), textOf(each, 'problem')]);
    const parts = [table(['plugin', 'vendor', 'firmware', 'models'], plugins) || 'No plugin is installed.\n'];
    return [...parts, table(['broken package', 'problem'], broken)].filter((part) => part !== '').join('\n');
  });
}
