import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The TFTP clients of the distribution: packages atftp, busybox, curl, tftp-hpa. */
export type ClientName = 'atftp' | 'busybox' | 'curl' | 'tftp-hpa';

/** One way to use a client. */
export interface Combination {
  readonly client: ClientName;
  /** Options of its command line. */
  readonly flags: readonly string[];
  /** What it asks for by them; 512, 1 and no timeout where it asks for nothing. */
  readonly blockSize: number;
  readonly windowSize: number;
  readonly timeout: boolean;
}

const BLOCK_SIZES = [8, 512, 1_428, 65_464];

const atftp = [undefined, ...BLOCK_SIZES].flatMap((blockSize) =>
  [undefined, 1, 8, 64].flatMap((windowSize) =>
    [undefined, 0].flatMap((tsize) =>
      [undefined, 3].map((timeout) => ({
        ...combination('atftp', [], blockSize, windowSize, timeout !== undefined),
        flags: Object.entries({ blksize: blockSize, windowsize: windowSize, tsize, timeout }).flatMap(([name, value]) =>
          value === undefined ? [] : ['--option', `${name} ${value}`],
        ),
      })),
    ),
  ),
);

/** Every client with every combination of the options of RFC 2347 that it has. */
export const combinations: readonly Combination[] = [
  ...atftp,
  combination('busybox', []),
  // It writes its request into a buffer of one block, so that 8 bytes are too few for any.
  ...[128, ...BLOCK_SIZES.slice(1)].map((size) => combination('busybox', ['-b', String(size)], size)),
  combination('curl', ['--tftp-no-options']),
  // With options it always asks for a timeout, six seconds by default.
  combination('curl', [], 512, 1, true),
  ...BLOCK_SIZES.map((size) => combination('curl', ['--tftp-blksize', String(size)], size, 1, true)),
  // It knows no options.
  combination('tftp-hpa', ['-m', 'octet']),
];

export const clientNames: readonly ClientName[] = ['atftp', 'busybox', 'curl', 'tftp-hpa'];

/** Each client as it is without options. */
export const plain: readonly Combination[] = clientNames.flatMap(
  (name) =>
    combinations.find(({ client, flags }) => client === name && (name !== 'curl' || flags.includes('--tftp-no-options'))) ?? [],
);

function combination(client: ClientName, flags: string[], blockSize = 512, windowSize = 1, timeout = false): Combination {
  return { client, flags, blockSize, windowSize, timeout };
}

export interface Fetch {
  readonly client: ClientName;
  readonly flags: readonly string[];
  readonly host?: string;
  readonly port: number;
  readonly filename: string;
  /** Where the client puts the file; the file is gone afterwards. */
  readonly folder: string;
}

const execute = promisify(execFile);
let downloads = 0;

/** Runs the client for two minutes at most. @returns the file that it wrote; rejects with what it said when it fails. */
export async function fetchWith({ client, flags, host = '127.0.0.1', port, filename, folder }: Fetch): Promise<Buffer> {
  const target = join(folder, `download-${downloads++}`);
  const [command, args] = commandLine(client, flags, host, String(port), filename, target);
  const { stdout, stderr } = await execute(command, args, { timeout: 120_000, killSignal: 'SIGKILL' });
  try {
    const bytes = await readFile(target);
    await rm(target);
    return bytes;
  } catch (cause) {
    throw new Error(`${client} wrote no file: ${stdout}${stderr}`, { cause });
  }
}

function commandLine(
  client: ClientName,
  flags: readonly string[],
  host: string,
  port: string,
  filename: string,
  target: string,
): [string, string[]] {
  switch (client) {
    case 'atftp':
      return ['atftp', [...flags, '--get', '--remote-file', filename, '--local-file', target, host, port]];
    case 'busybox':
      return ['busybox', ['tftp', ...flags, '-g', '-r', filename, '-l', target, host, port]];
    case 'curl':
      return ['curl', [...flags, '-sS', '-o', target, `tftp://${isIPv6(host) ? `[${host}]` : host}:${port}/${filename}`]];
    case 'tftp-hpa':
      return ['tftp', [...flags, host, port, '-c', 'get', filename, target]];
  }
}
