import type { Command } from 'commander';
import { textOf } from './client.ts';
import { asking, type ClientOptions, clientFor, print } from './command.ts';
import type { Io } from './io.ts';

/** `offhook log-level` */
export function addLogLevel(program: Command, io: Io): void {
  asking(
    program
      .command('log-level')
      .description('show the level of the log, or change it until the server ends')
      .argument('[level]', 'trace, debug, info, warn, error or fatal'),
  ).action((level: string | undefined, options: ClientOptions) => logLevel(level, options, io));
}

async function logLevel(level: string | undefined, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await (level === undefined
    ? client.ask('GET', '/api/v1/log-level')
    : client.ask('PUT', '/api/v1/log-level', { body: new Map([['level', level]]) }));
  print(io, options, document, () => `${textOf(document, 'level')}\n`);
}
