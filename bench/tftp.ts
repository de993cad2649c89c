import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile, chmod } from 'node:fs/promises';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Peer, run, start } from './support/peers.ts';
import type { Part, Row } from './support/table.ts';

/** What a server is asked for, as words of tftp-load: file, blksize, windowsize, clients at once, fetches in all. */
interface Work {
  readonly what: string;
  readonly words: readonly [file: string, blksize: number, windowsize: number, clients: number, total: number];
  /** Ratios to the peers. */
  readonly least: number;
}

const LARGE = 20_000_000;
const SMALL = 8_192;
const works: readonly Work[] = [
  { what: '500 × 8 KB, 50 clients', words: ['small', 512, 1, 50, 500], least: 3 },
  { what: '20 MB, blksize 512, lock-step', words: ['large', 512, 1, 1, 1], least: 0.7 },
  { what: '20 MB, blksize 1428, lock-step', words: ['large', 1_428, 1, 1, 1], least: 0.7 },
  { what: '20 MB, blksize 512, windowsize 16', words: ['large', 512, 16, 1, 1], least: 1.3 },
  { what: '20 MB, blksize 1428, windowsize 16', words: ['large', 1_428, 16, 1, 1], least: 1.3 },
];

/** A server under load. */
interface Server {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly process: Peer;
}

const ROUNDS = 5;
const here = import.meta.dirname;

export const tftp: Part = {
  name: 'tftp',
  about: [
    'The listener with its files in memory, tftpd-hpa (in.tftpd) and dnsmasq with them on a RAM disk or in the page cache, and “bare”: a few lines of',
    'node:dgram that answer each ACK with the next block out of memory and keep no timers: what the platform can do at all. They run on one core, and',
    `on another tftp-load, a client in C (bench/support), the same for all. The servers take turns, ${ROUNDS} rounds each; the best round counts, since what`,
    'else the machine does can only make one slower. Neither tftpd-hpa nor dnsmasq knows windowsize: they do not agree to it, and the rows with windows',
    'compare what a phone that asks for them gets.',
  ].join('\n'),
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'offhook-bench-tftp-'));
    const servers: Server[] = [];
    try {
      // in.tftpd and dnsmasq serve what everybody may read.
      await chmod(folder, 0o755);
      await writeFile(join(folder, 'large'), randomBytes(LARGE));
      await writeFile(join(folder, 'small'), randomBytes(SMALL));
      const load = join(folder, 'tftp-load');
      await run('load', 'cc', ['-O2', '-o', load, join(here, '../../../bench/support/tftp-load.c')]);
      for (const begin of [offhook, hpa, dnsmasq, bare]) servers.push(await begin(folder));
      const rows: Row[] = [];
      for (const work of works) rows.push(...(await compare(work, servers, load)));
      return rows;
    } finally {
      for (const { process } of servers) await process.stop();
      await rm(folder, { recursive: true });
    }
  },
};
