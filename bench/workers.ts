import { type Phone, phonesOf } from './support/fleet.ts';
import { type Offhook, startOffhook } from './support/offhook.ts';
import { megabytes } from './support/peers.ts';
import type { Part, Row } from './support/table.ts';
import { digium } from './support/vendors.ts';
import { type Load, wrk } from './support/wrk.ts';

const phoneCount = 2_000;
const rounds = 3;
const roundSeconds = 4;
const mostRounds = 30;

type Figures = Readonly<Record<'kept' | 'fresh', Load>>;

const median = (figures: readonly number[]): number =>
  figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;

/** Asks until every worker has made every file: each makes those that another one made ahead when it is asked for them. */
async function warm(server: Offhook, phones: readonly Phone[]): Promise<void> {
  for (let before = -1, tries = 0; ; tries++) {
    await wrk(server, phones, roundSeconds, { on: 'all' });
    const misses = await missesOf(server);
    if (misses === before) return;
    if (tries === mostRounds) throw new Error('files are still made anew');
    before = misses;
  }
}

async function missesOf(server: Offhook): Promise<number> {
  const text = await server.text('/metrics');
  return Number(/^offhook_render_cache_lookups_total\{result="miss"\} (\d+)$/m.exec(text)?.[1]);
}

export const workers: Part = {
  name: 'workers',
  about:
    `wrk asks with 32 connections for the Digium files of ${phoneCount.toLocaleString('en')} phones in turn. Servers and wrk run on all cores ` +
    'of the machine: with two, wrk takes its part of the second one away from the second worker, and one worker has the other core to ' +
    `itself. Log level warn; all files are in the memory of all workers. The median of ${rounds} rounds of ${roundSeconds} s in which one and two workers take turns.`,
  async run() {
    const phones = phonesOf(digium, phoneCount);
    const start = (count: number) =>
      startOffhook({ vendor: digium, phones, packages: 1, on: 'all', set: [`workers=${count}`, 'log.level=warn'] });
    const servers = [await start(1), await start(2)] as const;
    try {
      for (const server of servers) await warm(server, phones);
      const seen = servers.map((): Figures[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, server] of servers.entries()) {
          seen[index]?.push({
            kept: await wrk(server, phones, roundSeconds, { on: 'all' }),
            fresh: await wrk(server, phones, roundSeconds, { on: 'all', connection: 'close' }),
          });
        }
      }
      const figure = (index: number, of: (figures: Figures) => number) => median((seen[index] ?? []).map(of));
      const row = (what: string, of: (figures: Figures) => number): Row => ({
        what,
        ours: figure(1, of),
        unit: 'requests/s',
        peer: { name: '1 worker', figure: figure(0, of) },
      });
      const [alone, two] = servers.map(({ peer }) => megabytes(peer));
      return [
        row('2 workers, connections that stay', ({ kept }) => kept.perSecond),
        row('2 workers, a connection for each file', ({ fresh }) => fresh.perSecond),
        row('2 workers, a second of processor time, connections that stay', ({ kept }) => kept.requestsPerSecond),
        row('2 workers, a second of processor time, a connection for each file', ({ fresh }) => fresh.requestsPerSecond),
        {
          what: '2 workers, memory of all processes',
          ours: two ?? 0,
          unit: 'MB',
          peer: { name: '1 worker', figure: alone ?? 0 },
        },
      ];
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  },
};
