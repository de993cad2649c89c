import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Peer, run, start } from './peers.ts';

export interface TftpServer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly peer: Peer;
}

/** What a server is asked for: all fetches of one file, so many at once. */
export interface TftpWork {
  readonly file: string;
  readonly blksize: number;
  readonly windowsize: number;
  readonly clients: number;
  readonly fetches: number;
}

/** As this file is compiled to .cache/bench/bench/support/. */
const SOURCES = join(import.meta.dirname, '../../../../bench/support');

/** Compiles what loads the servers into a folder. @returns its path */
export async function buildTftpLoad(folder: string): Promise<string> {
  const load = join(folder, 'tftp-load');
  await run('load', 'cc', ['-O2', '-o', load, join(SOURCES, 'tftp-load.c')]);
  return load;
}

/** @param size bytes of the file @throws when a file was refused, or was not as long as it is */
export async function fetchTftp(
  load: string,
  { name, host, port }: TftpServer,
  { file, blksize, windowsize, clients, fetches }: TftpWork,
  size: number,
): Promise<{ readonly seconds: number; readonly bytes: number }> {
  const answer = await run('load', load, [host, port, file, blksize, windowsize, clients, fetches].map(String));
  const [seconds = 0, bytes = 0] = answer.split(' ').map(Number);
  if (bytes !== fetches * size) throw new Error(`${name} sent ${bytes} bytes in ${fetches} files of ${size}`);
  return { seconds, bytes };
}

/** tftpd-hpa with the files of a folder that everybody may read. */
export async function tftpdHpa(folder: string): Promise<TftpServer> {
  const port = await freeUdpPort();
  const args = ['--foreground', '--secure', '--user', 'nobody', '--address', `127.0.0.1:${port}`, folder];
  return { name: 'tftpd-hpa', host: '127.0.0.1', port, peer: start('server', '/usr/sbin/in.tftpd', args) };
}

/** A port that nobody has right now. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
