import type { Command } from 'commander';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { asking, clientFor } from './command.ts';
import { findDevice } from './find.ts';
import { type FollowOptions, follow, following } from './follow.ts';
import type { Io } from './io.ts';
import type { Host } from './serve.ts';

/** `offhook device release`, a command of `device` */
export function addRelease(device: Command, io: Io, host: Host, shown: string): void {
  following(
    asking(
      device
        .command('release')
        .description('put a phone back to autoprov, with a fresh transient config, and tell it')
        .argument('<device>', 'its id, MAC address, IP address, serial number or UUID')
        .addHelpText('after', shown),
    ),
  ).action((text: string, options: FollowOptions) => release(text, options, io, host));
}

async function release(text: string, options: FollowOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const device = textOf((await findDevice(client, text)).document, 'id');
  const { document } = await client.ask('POST', '/api/v1/claims/release', {
    body: new Map([['phone', new Map([['device', device]])]]),
  });
  await tell(document, options, { client, io, host });
}

/** What was done is said before it is known whether the phone hears of it: it stays. */
export async function tell(
  done: Document,
  options: FollowOptions,
  around: { readonly client: Client; readonly io: Io; readonly host: Host },
): Promise<void> {
  if (!options.json && options.wait !== false) {
    for (const each of [done, ...listOf(done, 'released')])
      around.io.out(`The device ${textOf(each, 'device')} has the config ${textOf(each, 'config')} now.\n`);
  }
  const told = (ended: Document) => {
    const result = objectIn(ended, 'result');
    return `The phone at ${textOf(result, 'address')} reads its configuration anew (${textOf(result, 'status')}).\n`;
  };
  await follow(objectIn(done, 'operation'), options, around, told, (operation) => new Map([...done, ['operation', operation]]));
}
