import type { Command } from 'commander';
import { listOf, textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import { configPath, withoutSecrets } from './config.ts';
import { examples } from './device.ts';
import type { Io } from './io.ts';
import { localTime, table } from './table.ts';

/** `offhook config versions`, `offhook config rollback` */
export function addConfigVersions(config: Command, io: Io): void {
  asking(
    config
      .command('versions')
      .description('list what a config was before, from the latest; also of one that was removed')
      .argument('<id>', 'the id of the config'),
  ).action((id: string, options: ClientOptions) => versions(id, options, io));

  asking(
    config
      .command('rollback')
      .description('make a config again what it was; it can be rolled back, too')
      .argument('<id>', 'the id of the config')
      .argument('<revision>', 'which of its versions: offhook config versions')
      .addHelpText('after', examples(['offhook config rollback alice 3', 'offhook config show alice --revision 3'])),
  ).action((id: string, revision: string, options: ClientOptions) => rollBack(id, revision, options, io));
}

async function versions(id: string, options: ClientOptions, io: Io): Promise<void> {
  const { document } = await clientFor(options, io).ask('GET', `${configPath(id)}/versions`);
  print(io, options, document, () => {
    const rows = listOf(document, 'versions').map((each) => [
      textOf(each, 'revision'),
      localTime(textOf(each, 'updated')),
      localTime(textOf(each, 'replaced')),
    ]);
    return table(['revision', 'from', 'until'], rows) || `The config ${id} has no earlier versions.\n`;
  });
}

async function rollBack(id: string, revision: string, options: ClientOptions, io: Io): Promise<void> {
  const path = `${configPath(id)}/versions/${encodeURIComponent(revision)}/roll-back`;
  const { document } = await clientFor(options, io).ask('POST', path);
  print(
    io,
    options,
    withoutSecrets(document),
    () => `The config ${id} is what it was, as revision ${textOf(document, 'revision')}.\n`,
  );
}
