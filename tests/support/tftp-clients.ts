import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The TFTP clients of the distribution: packages atftp, busybox, curl, tftp-hpa. */
export type ClientName = 'atftp' | 'busybox' | 'curl' | 'tftp-hpa';

export interface Fetch {
  readonly client: ClientName;
  /** Options of the client's command line. */
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
