import { type Command, Option } from 'commander';
import type { OrderedJson } from '../lib/ordered-json.ts';
import { textOf } from './client.ts';
import { asking, clientFor } from './command.ts';
import { readCode } from './config.ts';
import { examples } from './device.ts';
import { findDevice } from './find.ts';
import { type FollowOptions, following } from './follow.ts';
import { exit, Failure, type Io } from './io.ts';
import { tell } from './release.ts';
import type { Host } from './serve.ts';

interface ClaimOptions extends FollowOptions {
  readonly device?: string;
  readonly mac?: string;
  readonly ip?: string;
  readonly username?: string;
  readonly take?: boolean;
}

const WAYS = ['device', 'mac', 'ip', 'username'] as const;

/** `offhook claim`: what a PBX asks when a code is dialled at a phone */
export function addClaim(program: Command, io: Io, host: Host): void {
  following(
    asking(
      program
        .command('claim')
        .description('give a phone in autoprov mode the config that has a code, as dialling it there does, and tell the phone')
        .argument('<code>', 'its digits; @FILE for those that a file holds')
        .addOption(
          new Option('--device <device>', 'the phone of this device: its id, MAC address, IP address, serial number or UUID'),
        )
        .addOption(new Option('--mac <mac>', 'the phone with this MAC address'))
        .addOption(new Option('--ip <address>', 'the phone at this address'))
        .addOption(new Option('--username <name>', 'the phone that has this username on a line'))
        .option('--take', 'also when other devices have the config: they go back to autoprov')
        .addHelpText(
          'after',
          examples(['offhook claim 004711 --ip 192.0.2.101', 'offhook claim @code.txt --device 000fd3054848 --take']),
        ),
    ),
  ).action((code: string, options: ClaimOptions) => claim(code, options, io, host));
}

async function claim(text: string, options: ClaimOptions, io: Io, host: Host): Promise<void> {
  const ways = WAYS.filter((way) => options[way] !== undefined);
  const [way] = ways;
  if (!way || ways.length > 1) throw new Failure('Say which phone by one of --device, --mac, --ip and --username', exit.usage);
  const code = await readCode(text, io);
  const client = clientFor(options, io);
  const value = options[way] ?? '';
  const named = way === 'device' ? textOf((await findDevice(client, value)).document, 'id') : value;
  const body = new Map<string, OrderedJson>([
    ['code', code],
    ['phone', new Map([[way, named]])],
    ['take', options.take === true],
  ]);
  const { document } = await client.ask('POST', '/api/v1/claims', { body });
  await tell(document, options, { client, io, host });
}
