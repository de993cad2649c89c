import type { Command } from 'commander';
import { textOf } from './client.ts';
import { asking, type ClientOptions, clientFor } from './command.ts';
import { examples } from './device.ts';
import { devicePath, findDevice } from './find.ts';
import { exit, Failure, type Io } from './io.ts';

/** `offhook render` */
export function addRender(program: Command, io: Io): void {
  asking(
    program
      .command('render')
      .description('print a file exactly as the phone would get it, passwords included')
      .argument('<device>', 'its id, MAC address in any spelling, IP address, serial number or UUID')
      .argument('<file>', 'the name by which the phone asks for it; offhook device show lists them')
      .addHelpText('after', examples(['offhook render 000fd3054848 Digium/000fd3054848.cfg'])),
  ).action((device: string, file: string, options: ClientOptions) => render(device, file, options, io));
}

async function render(device: string, file: string, options: ClientOptions, io: Io): Promise<void> {
  const client = clientFor(options, io);
  const { document } = await findDevice(client, device);
  const segments = file.replace(/^\/+/, '').split('/');
  // As parts of a URL they would lead to another resource, however they are escaped (WHATWG URL).
  if (segments.some((segment) => /^\.{1,2}$/.test(segment))) throw new Failure(`No phone has a file ${file}`, exit.usage);
  const name = segments.map(encodeURIComponent).join('/');
  const { bytes } = await client.ask('GET', `${devicePath(textOf(document, 'id'))}/files/${name}`);
  io.out(bytes);
}
