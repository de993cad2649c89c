import { randomBytes, randomInt } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from './support/peers.ts';
import type { Part, Row } from './support/table.ts';
import { buildTftpLoad, fetchTftp, freeUdpPort, type TftpServer, type TftpWork, tftpdHpa } from './support/tftp.ts';

interface Work extends TftpWork {
  readonly what: string;
  readonly file: 'large' | 'small';
  readonly unit: 'MB/s' | 'files/s';
  /** The ratio to tftpd-hpa that we want. */
  readonly least: number;
}

const BYTES = { large: 20_000_000, small: 8_192 };

const small = { file: 'small', blksize: 512, windowsize: 1, clients: 50, unit: 'files/s', least: 3 } as const;
const large = { file: 'large', clients: 1, fetches: 1, unit: 'MB/s' } as const;
const works: readonly Work[] = [
  { what: '500 × 8 KB, 50 clients', fetches: 500, ...small },
  { what: '20 MB, blksize 512', blksize: 512, windowsize: 1, least: 0.7, ...large },
  { what: '20 MB, blksize 1428', blksize: 1_428, windowsize: 1, least: 0.7, ...large },
  { what: '20 MB, blksize 512, windowsize 16', blksize: 512, windowsize: 16, least: 1.3, ...large },
  { what: '20 MB, blksize 1428, windowsize 16', blksize: 1_428, windowsize: 16, least: 1.3, ...large },
];

const ROUNDS = 5;

export const tftp: Part = {
  name: 'tftp',
  about: `Offhook's TFTP listener with files in memory; tftpd-hpa (in.tftpd) and dnsmasq with the same files in the page cache; and
“node:dgram”, sixty lines that answer each ACK with the next blocks out of memory and know nothing else: what the
platform can do at all. Servers run on one core; on another one client in C for all of them (\`tftp-load\`), which takes
less than the servers for each datagram. The servers take turns, ${ROUNDS} rounds each, and the best of each counts: what else
the machine does can only make a round slower. Neither tftpd-hpa nor dnsmasq 2.89 knows windowsize; the rows with
windows compare what a phone gets that asks for them. dnsmasq serves on port 69 only, so that this needs root.`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'offhook-bench-tftp-'));
    const servers: TftpServer[] = [];
    try {
      // in.tftpd and dnsmasq give away the rights of root, and serve what everybody may read.
      await chmod(folder, 0o755);
      for (const [name, size] of Object.entries(BYTES)) await writeFile(join(folder, name), randomBytes(size));
      const load = await buildTftpLoad(folder);
      for (const serve of [offhook, tftpdHpa, dnsmasq, bare]) servers.push(await serve(folder));
      // The client repeats its request until the server is there.
      for (const server of servers) await fetchTftp(load, server, { ...small, clients: 1, fetches: 1 }, BYTES.small);

      const rows: Row[] = [];
      for (const work of works) {
        const best = new Map<TftpServer, number>();
        for (let round = 0; round < ROUNDS; round++) {
          for (const server of servers) {
            best.set(server, Math.max(best.get(server) ?? 0, await rate(load, server, work)));
          }
        }
        const [ours, ...others] = servers.map((server) => ({ name: server.name, figure: best.get(server) ?? 0 }));
        for (const peer of others) {
          const row = { what: work.what, ours: ours?.figure ?? 0, unit: work.unit, peer };
          rows.push(peer.name === 'tftpd-hpa' ? { ...row, target: { least: work.least } } : row);
        }
      }
      return rows;
    } finally {
      for (const { peer } of servers) await peer.stop();
      await rm(folder, { recursive: true });
    }
  },
};

/** @returns files or megabytes a second */
async function rate(load: string, server: TftpServer, { what: _what, least: _least, unit, ...work }: Work): Promise<number> {
  const { seconds, bytes } = await fetchTftp(load, server, work, BYTES[work.file]);
  return unit === 'files/s' ? work.fetches / seconds : bytes / 1e6 / seconds;
}

async function offhook(folder: string): Promise<TftpServer> {
  return ofOurs('Offhook', 'tftp-listener.js', folder);
}

async function bare(folder: string): Promise<TftpServer> {
  return ofOurs('node:dgram', 'tftp-bare.js', folder);
}

async function ofOurs(name: string, script: string, folder: string): Promise<TftpServer> {
  const port = await freeUdpPort();
  const args = [join(import.meta.dirname, 'support', script), String(port), folder];
  return { name, host: '127.0.0.1', port, peer: start('server', process.execPath, args) };
}

async function dnsmasq(folder: string): Promise<TftpServer> {
  // Its port is 69 and nothing else; of loopback there are addresses enough.
  const host = `127.69.${randomInt(256)}.${randomInt(1, 255)}`;
  const args = ['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file', '--port=0', '--bind-interfaces'];
  const tftp = [`--listen-address=${host}`, '--enable-tftp', `--tftp-root=${folder}`, '--tftp-max=100'];
  return { name: 'dnsmasq', host, port: 69, peer: start('server', '/usr/sbin/dnsmasq', [...args, ...tftp]) };
}
