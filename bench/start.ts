import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fill, type Phone, phonesOf } from './support/fleet.ts';
import { freePorts } from './support/offhook.ts';
import { type Peer, processorSeconds, start as startPeer } from './support/peers.ts';
import type { Part } from './support/table.ts';
import { digium, installPackages } from './support/vendors.ts';

const phoneCount = 100_000;
const packageCount = 100;
const starts = 5;

/** More than there is room for in memory: what is rendered after that is thrown away, and the heap is as large as it gets. */
const renderedAhead = 20_000;

/** That takes a minute on a core of its own. */
const patienceMs = 300_000;

interface Started {
  readonly peer: Peer;
  readonly admin: number;
  /** From the command to the first file. Milliseconds of the clock, and of processor time. */
  readonly clock: number;
  readonly processor: number;
}

/** Starts the server on a store that is full, and asks for a phone's file until it comes. */
async function startOn(data: string, { path, userAgent, ip }: Phone): Promise<Started> {
  const [port, admin = 0] = await freePorts(2);
  const settings = [
    `data=${data}`,
    `plugins.directories=${join(data, 'vendors')}`,
    'http.listen=127.0.0.1',
    `http.port=${port}`,
    'http.trusted_proxies=1',
    'tftp.listen=127.0.0.1',
    'tftp.port=0',
    'admin.listen=127.0.0.1',
    `admin.port=${admin}`,
  ];
  const began = performance.now();
  const peer = startPeer(
    'server',
    process.execPath,
    ['dist/server/main.js', 'serve', ...settings.flatMap((each) => ['--set', each])],
    { stdio: ['ignore', openSync(join(data, 'server.log'), 'a'), 'inherit'], env: { PATH: process.env.PATH } },
  );
  for (;;) {
    const headers = { 'user-agent': userAgent, 'x-forwarded-for': ip };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers }).catch(() => undefined);
    const text = await answer?.text();
    if (answer?.status === 200 && text !== '') break;
    if (answer) throw new Error(`${path} is answered with ${answer.status}`);
    if (peer.process.exitCode !== null) throw new Error(`the server ended with ${peer.process.exitCode}`);
    await sleep(2);
  }
  return { peer, admin, clock: performance.now() - began, processor: processorSeconds(peer) * 1_000 };
}

/** proc(5), status: VmRSS. */
function residentMegabytes({ process: { pid } }: Peer): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1_024;
}

/** Waits until so many devices are rendered ahead; the API listens a moment after the phones' port does, and then all wait. */
async function rendered(admin: number): Promise<void> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${admin}/status`).catch(() => undefined);
    const status = (await answer?.json()) as { devices: { waiting: number } } | undefined;
    const waiting = status?.devices.waiting ?? 0;
    if (waiting > 0 && waiting <= phoneCount - renderedAhead) return;
    if (performance.now() > end) throw new Error(`${waiting} devices still wait`);
    await sleep(500);
  }
}

const median = (figures: readonly number[]): number =>
  figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;

export const start: Part = {
  name: 'start',
  about:
    `From the command \`offhook serve\` to the first file of a phone, with ${packageCount} vendor packages installed, all real ones among them, and ` +
    `${phoneCount.toLocaleString('en')} Digium phones in the store, each with a config of its own; the store is looked through for damage on ` +
    `the way. The median of ${starts} starts. Processor time is what the start costs; the clock also waits for others on this machine. ` +
    `Then files are rendered ahead in the background, and ${renderedAhead.toLocaleString('en')} phones' are awaited.`,
  async run() {
    const data = mkdtempSync(join(tmpdir(), 'offhook-bench-'));
    let running: Started | undefined;
    try {
      mkdirSync(join(data, 'vendors'));
      installPackages(join(data, 'vendors'), digium, packageCount, true);
      const phones = phonesOf(digium, phoneCount);
      await fill(join(data, 'offhook.sqlite'), digium, phones);
      const [phone] = phones;
      if (!phone) throw new Error('there are no phones');
      const seen: (Started & { readonly memory: number })[] = [];
      for (let count = 1; count <= starts; count++) {
        if (running) await running.peer.stop();
        running = await startOn(data, phone);
        seen.push({ ...running, memory: residentMegabytes(running.peer) });
      }
      if (!running) throw new Error('nothing was started');
      const began = processorSeconds(running.peer);
      await rendered(running.admin);
      const sweeping = processorSeconds(running.peer) - began;
      const afterwards = residentMegabytes(running.peer);
      return [
        { what: 'to the first file', ours: median(seen.map(({ clock }) => clock)), unit: 'ms', target: { most: 1_500 } },
        { what: 'to the first file, processor time', ours: median(seen.map(({ processor }) => processor)), unit: 'ms' },
        { what: 'resident memory then', ours: median(seen.map(({ memory }) => memory)), unit: 'MB', target: { most: 300 } },
        { what: 'resident memory while all is rendered ahead', ours: afterwards, unit: 'MB', target: { most: 300 } },
        { what: 'rendering so many ahead, processor time', ours: sweeping, unit: 's' },
      ];
    } finally {
      await running?.peer.stop();
      rmSync(data, { recursive: true });
    }
  },
};
