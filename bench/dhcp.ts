import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Peer, run, start } from './support/peers.ts';
import type { Part, Row } from './support/table.ts';

/** Exchanges a second that are asked for. */
const rates = [500, 1_000, 2_000, 4_000];
const seconds = 5;
/** What is on its way when perfdhcp begins nothing more is waited for: as many as fit into a stall of the machine would else count as lost. */
const waitMicroseconds = 1_000_000;
const warmSeconds = 5;
/** As many clients ask in turn; each has a MAC address of its own. */
const clients = 4_000;
const address = '10.77.0.1';
const port = { server: 'bench-server', client: 'bench-client' };

export const dhcp: Part = {
  name: 'dhcp',
  about:
    `Leases from Offhook’s embedded DHCP server, which writes each to its disk before it acknowledges it, and from Kea with a lease file (memfile, persist). ` +
    `perfdhcp asks as ${clients} clients over a virtual wire between two network namespaces, ${seconds} s for each rate after ${warmSeconds} s that do not count; neither server probes an address. ` +
    'An exchange is DISCOVER, OFFER, REQUEST and ACK. Servers run on one core, perfdhcp on another; they take turns. Needs root.',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'offhook-bench-dhcp-'));
    const spaces = openSpaces();
    try {
      const rows: Row[] = [];
      for (const rate of rates) {
        const [ours, keas] = [await measure(() => offhook(folder), spaces, rate), await measure(() => kea(folder), spaces, rate)];
        rows.push({
          what: `${rate}/s asked for, exchanges`,
          ours: ours.exchanges,
          unit: '/s',
          peer: { name: 'Kea', figure: keas.exchanges },
          // perfdhcp begins one more or one less in a run than in another.
          target: { least: 0.999 },
        });
        rows.push({ what: `${rate}/s asked for, of 1,000 begun without an end`, ours: ours.lost, unit: '' });
        rows.push({ what: `${rate}/s asked for, of 1,000 begun without an end, of Kea’s`, ours: keas.lost, unit: '' });
      }
      return rows;
    } finally {
      spaces.remove();
      rmSync(folder, { recursive: true });
    }
  },
};

interface Spaces {
  readonly server: string;
  readonly client: string;
  remove(): void;
}

function openSpaces(): Spaces {
  const [server, client] = [`offhook-bench-s${process.pid}`, `offhook-bench-c${process.pid}`];
  const ip = (...words: string[]) => execFileSync('ip', words);
  const remove = () => {
    for (const space of [server, client]) ip('netns', 'del', space);
  };
  ip('netns', 'add', server);
  ip('netns', 'add', client);
  ip('link', 'add', port.server, 'netns', server, 'type', 'veth', 'peer', 'name', port.client, 'netns', client);
  for (const [space, name, own] of [
    [server, port.server, address],
    [client, port.client, '10.77.0.2'],
  ] as const) {
    ip('-n', space, 'link', 'set', 'lo', 'up');
    ip('-n', space, 'address', 'add', `${own}/16`, 'brd', '+', 'dev', name);
    ip('-n', space, 'link', 'set', name, 'up');
  }
  return { server, client, remove };
}

interface Load {
  /** Four-way exchanges that ended, by the seconds in which they were begun. */
  readonly exchanges: number;
  /** Of a thousand that began. */
  readonly lost: number;
}

async function measure(
  serve: () => { words: readonly string[]; readyMs: number; environment?: NodeJS.ProcessEnv },
  { server, client }: Spaces,
  rate: number,
): Promise<Load> {
  const { words, readyMs, environment = {} } = serve();
  const peer: Peer = start('server', 'ip', ['netns', 'exec', server, ...words], {
    stdio: 'ignore',
    env: { ...process.env, ...environment },
  });
  try {
    await sleep(readyMs);
    const load = (howLong: number) => [
      'perfdhcp',
      '-4',
      '-r',
      String(rate),
      '-p',
      String(howLong),
      '-W',
      String(waitMicroseconds),
      '-R',
      String(clients),
      '-l',
      port.client,
    ];
    // It ends with 3 when some exchanges did not.
    const print = (words: readonly string[]) =>
      run('load', 'sh', ['-c', 'ip netns exec "$@" || [ $? -eq 3 ]', 'sh', client, ...words]);
    // A server runs for months: what its first seconds cost is another matter.
    await print(load(warmSeconds));
    return readLoad(await print(load(seconds)));
  } finally {
    await peer.stop();
  }
}

function readLoad(printed: string): Load {
  const number = (pattern: RegExp) => Number(pattern.exec(printed)?.[1] ?? Number.NaN);
  const begun = number(/DISCOVER-OFFER[\s\S]*?sent packets: (\d+)/);
  const ended = number(/REQUEST-ACK[\s\S]*?received packets: (\d+)/);
  if (![begun, ended].every(Number.isFinite)) throw new Error(`perfdhcp said: ${printed}`);
  return { exchanges: ended / seconds, lost: ((begun - ended) / begun) * 1_000 };
}

let times = 0;

function offhook(folder: string) {
  const data = join(folder, `offhook-${++times}`);
  const file = join(folder, 'offhook.yml');
  writeFileSync(
    file,
    `data: ${data}
log: { level: warn }
http: { listen: 127.0.0.1 }
tftp: { enabled: false }
dhcp:
  mode: serve
  interfaces: [${port.server}]
  force: true
  probe_milliseconds: 0
  new_clients_percent: 100
  subnets: { 10.77.0.0/16: { pools: [10.77.1.0-10.77.200.255], routers: [${address}] } }
`,
  );
  return { words: [process.execPath, 'dist/server/main.js', 'serve', '--config', file], readyMs: 4_000 };
}

/** Installed, or only unpacked by .ci/debian-packages. */
const program = (name: string): string =>
  execFileSync('sh', ['-c', 'command -v "$1" || echo "$2"', 'sh', name, resolve('.cache/peers/usr/sbin', name)], {
    encoding: 'utf8',
  }).trim();

function kea(folder: string) {
  const place = mkdtempSync(join(folder, 'kea-'));
  const file = join(place, 'kea.json');
  const config = {
    Dhcp4: {
      'interfaces-config': { interfaces: [port.server] },
      'lease-database': { type: 'memfile', persist: true, name: join(place, 'leases.csv') },
      'valid-lifetime': 86_400,
      subnet4: [
        {
          subnet: '10.77.0.0/16',
          pools: [{ pool: '10.77.1.0 - 10.77.200.255' }],
          'option-data': [{ name: 'routers', data: address }],
        },
      ],
      loggers: [{ name: 'kea-dhcp4', severity: 'WARN', output_options: [{ output: 'stdout' }] }],
    },
  };
  writeFileSync(file, JSON.stringify(config));
  const environment = { KEA_PIDFILE_DIR: place, KEA_LOCKFILE_DIR: place };
  return { words: [program('kea-dhcp4'), '-c', file], readyMs: 2_000, environment };
}
