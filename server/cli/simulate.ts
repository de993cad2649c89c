import { type Command, InvalidArgumentError, Option } from 'commander';
import { collect, count } from './command.ts';
import { examples } from './device.ts';
import type { Io } from './io.ts';
import type { Host } from './serve.ts';

export interface SimulateOptions {
  readonly model?: readonly string[];
  readonly plugin?: string;
  readonly phones: number;
  readonly to?: string;
  readonly powerCut?: boolean;
  readonly ramp?: number;
  readonly keepAlive: boolean;
  readonly insecure?: boolean;
  readonly blksize?: number;
  readonly windowsize?: number;
  readonly firmware?: boolean;
  readonly tries: number;
  readonly patience: number;
  readonly seed: string;
  readonly register?: boolean;
  readonly remove?: boolean;
  readonly tenant?: string;
  readonly json?: boolean;
  readonly config?: string;
  readonly data?: string;
  readonly server?: string;
  readonly tokenFile?: string;
}

const MOST_PHONES = 10_000;

/** `offhook simulate` */
export function addSimulate(program: Command, io: Io, host: Host): void {
  program
    .command('simulate')
    .description('let phones that are not there come up against a server, and check what they get')
    .addOption(named('--model <name>', 'which phones; several models take turns', 'Phones:').argParser(collect))
    .addOption(
      named('--plugin <id>', 'the firmware line; default: the newest with the model. Without --model, all its models', 'Phones:'),
    )
    .addOption(
      named('--phones <number>', `how many, ${MOST_PHONES} at most`, 'Phones:').default(1).argParser(between(1, MOST_PHONES)),
    )
    .addOption(
      named('--seed <text>', 'other phones: their MAC addresses follow from it', 'Phones:').default(
        '1',
        'always the same phones',
      ),
    )
    .addOption(named('--power-cut', 'all at once (the default)', 'Phones:').conflicts('ramp'))
    .addOption(named('--ramp <seconds>', 'one after the other over this time', 'Phones:').argParser(between(1, 86_400)))
    .addOption(named('--firmware', 'each phone fetches the firmware images of its model, too', 'Phones:'))
    .addOption(
      named('--tries <number>', 'how often a phone asks for a file before it gives up', 'Phones:')
        .default(5)
        .argParser(between(1, 100)),
    )
    .addOption(
      named('--patience <seconds>', 'how long a phone waits for the next byte', 'Phones:')
        .default(20)
        .argParser(between(1, 3_600)),
    )
    .addOption(
      named(
        '--to <url>',
        'http://, https:// or tftp://, with the tenant’s key as the phones have it; default: the server of the settings',
        'Transport:',
      ),
    )
    .addOption(named('--no-keep-alive', 'HTTP: a connection for each file', 'Transport:'))
    .addOption(named('--insecure', 'HTTPS: any certificate will do', 'Transport:'))
    .addOption(named('--blksize <bytes>', 'TFTP: ask for this block size', 'Transport:').argParser(between(8, 65_464)))
    .addOption(named('--windowsize <blocks>', 'TFTP: ask for this window', 'Transport:').argParser(between(1, 65_535)))
    .addOption(
      named(
        '--register',
        'make devices and configs of the phones first, so that each file can be told by its account',
        'Server:',
      ),
    )
    .addOption(named('--remove', 'remove the devices and configs of the phones afterwards', 'Server:'))
    .addOption(named('--tenant <tenant>', 'whose the registered phones are; default: the main one', 'Server:'))
    .addOption(named('--server <url>', 'where its API is, for --register and --remove', 'Server:'))
    .addOption(named('--data <dir>', "the server's data directory, where its token lies", 'Server:'))
    .addOption(named('--config <file>', "the server's settings file", 'Server:'))
    .addOption(named('--token-file <file>', 'the token, when it lies elsewhere', 'Server:'))
    .addOption(named('--json', 'print the report for programs', 'Output:'))
    .addHelpText(
      'after',
      examples([
        'offhook simulate --model D40',
        'offhook simulate --model D40 --phones 10000 --power-cut',
        'offhook simulate --plugin digium-2.8.1 --phones 500 --ramp 60 --to tftp://127.0.0.1:6969 --blksize 1428',
        'offhook simulate --model D65 --phones 100 --register --remove',
      ]),
    )
    .action(async (options: SimulateOptions) => {
      // Only here: the other commands start faster without phones.
      const { simulate } = await import('./simulation.ts');
      await simulate(options, io, host);
    });
}

function named(flags: string, description: string, group: string): Option {
  return new Option(flags, description).helpGroup(group);
}

function between(least: number, most: number) {
  return (text: string): number => {
    const number = count(text);
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be from ${least} to ${most}.`);
  };
}
