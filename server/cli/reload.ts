import type { Command } from 'commander';
import { type Document, objectIn } from './client.ts';
import { asking, clientFor } from './command.ts';
import { type FollowOptions, follow, following } from './follow.ts';
import type { Io } from './io.ts';
import type { Host } from './serve.ts';

/** `offhook reload` */
export function addReload(program: Command, io: Io, host: Host): void {
  following(
    asking(
      program
        .command('reload')
        .description('read templates and certificates anew, open log files again, and render the files of all devices'),
    ),
  ).action((options: FollowOptions) => reload(options, io, host));
}

export async function reload(options: FollowOptions, io: Io, host: Host): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await client.ask('POST', '/api/v1/reload');
  await follow(document, options, { client, io, host }, outcomeOf);
}

function outcomeOf(operation: Document): string {
  const result = objectIn(operation, 'result');
  const [devices, failing] = ['devices', 'failing'].map((key) => Number(result.get(key)));
  if (failing === 0) return `All is read anew; ${count(devices)} can be configured.\n`;
  return `All is read anew; of ${count(devices)} ${failing?.toLocaleString('en')} cannot be configured: offhook device list configured=false shows them.\n`;
}

function count(devices = 0): string {
  return devices === 1 ? '1 device' : `${devices.toLocaleString('en')} devices`;
}
