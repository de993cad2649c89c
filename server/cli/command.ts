import { type Command, InvalidArgumentError, Option } from 'commander';
import { reason } from '../lib/errors.ts';
import { stringifyOrdered } from '../lib/ordered-json.ts';
import { type Client, connect, type Document, type Place } from './client.ts';
import { exit, Failure, type Io } from './io.ts';

export interface ClientOptions extends Place {
  readonly json?: boolean;
}

/** Adds the options of every command that asks the server. */
export function asking(command: Command): Command {
  return command
    .addOption(new Option('--json', 'print what the server answers, for programs').helpGroup('Output:'))
    .addOption(new Option('--server <url>', 'where the server is; default: where the settings say').helpGroup('Server:'))
    .addOption(new Option('--data <dir>', "the server's data directory, where its token lies").helpGroup('Server:'))
    .addOption(new Option('--config <file>', "the server's settings file").helpGroup('Server:'))
    .addOption(new Option('--token-file <file>', 'the token, when it lies elsewhere').helpGroup('Server:'))
    .addOption(
      new Option(
        '--certificates <file>',
        "authorities (PEM) that sign the server's certificate, besides those that all know",
      ).helpGroup('Server:'),
    );
}

export function clientFor(options: ClientOptions, io: Io): Client {
  return connect(options, io.environment);
}

/** Prints a document for programs, or what `forPeople` makes of it. */
export function print(io: Io, options: ClientOptions, document: Document, forPeople: () => string): void {
  io.out(options.json ? `${stringifyOrdered(document, 2)}\n` : forPeople());
}

/** Work with files of the one at the terminal: what the system says no to is told, and is no fault of ours. */
export async function onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause !== null && typeof cause === 'object' && 'syscall' in cause) throw new Failure(reason(cause), exit.failed, cause);
    throw cause;
  }
}

/** For options that may be given more than once. */
export function collect(value: string, before: readonly string[] | false = []): string[] {
  return [...(before || []), value];
}

export function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
