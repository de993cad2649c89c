import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fill, type Phone } from './fleet.ts';
import { type cores, type Peer, start } from './peers.ts';
import { installPackages, type Vendor } from './vendors.ts';

/** The built server in a data directory of its own, with a store full of phones. */
export interface Offhook {
  readonly port: number;
  readonly peer: Peer;
  readonly data: string;
  /** Asks its API; a text is sent as CSV. @returns the document, or the text that is none @throws when it refuses */
  ask(method: string, path: string, body?: object | string): Promise<unknown>;
  /** What it answers to a GET, as text. */
  text(path: string): Promise<string>;
  /** Devices whose files are still to be rendered ahead. */
  waiting(): Promise<number>;
  stop(): Promise<void>;
}

export interface OffhookOptions {
  readonly vendor: Vendor;
  /** What the store holds as it starts: phones as `fill` writes them, or whatever this does. */
  readonly phones: readonly Phone[] | ((file: string) => Promise<void>);
  /** Vendor packages installed, the one of the phones included. */
  readonly packages: number;
  /** Whether all that are in the repository are among them. */
  readonly all?: boolean;
  readonly set?: readonly string[];
  /** Default: the server's core. */
  readonly on?: keyof typeof cores;
}

const patienceMs = 120_000;

/** Starts it, and waits until all files are rendered ahead. Its log goes where a shell would redirect it. */
export async function startOffhook({
  vendor,
  phones,
  packages,
  all = false,
  set = [],
  on = 'server',
}: OffhookOptions): Promise<Offhook> {
  const data = mkdtempSync(join(tmpdir(), 'offhook-bench-'));
  const plugins = join(data, 'vendors');
  mkdirSync(plugins);
  installPackages(plugins, vendor, packages, all);
  const file = join(data, 'offhook.sqlite');
  await (typeof phones === 'function' ? phones(file) : fill(file, vendor, phones));
  const [port, admin] = await freePorts(2);
  const settings = [
    `data=${data}`,
    `plugins.directories=${plugins}`,
    'http.listen=127.0.0.1',
    `http.port=${port}`,
    'tftp.enabled=false',
    'admin.listen=127.0.0.1',
    `admin.port=${admin}`,
    // Phones come from addresses of their own: X-Forwarded-For tells them.
    'http.trusted_proxies=1',
    // Room for all files that are asked for.
    'render.cache_megabytes=192',
    ...set,
  ];
  const profile = process.env.BENCH_PROFILE;
  const server: Peer = start(
    on,
    process.execPath,
    [
      ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []),
      'dist/server/main.js',
      'serve',
      ...settings.flatMap((each) => ['--set', each]),
    ],
    { stdio: ['ignore', openSync(join(data, 'server.log'), 'a'), 'inherit'], env: { PATH: process.env.PATH } },
  );
  const ask = async (method: string, path: string, body?: object | string): Promise<unknown> => {
    const token = readFileSync(join(data, 'admin.token'), 'utf8').trim();
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body && { 'content-type': typeof body === 'string' ? 'text/csv' : 'application/json' }),
    };
    const answer = await fetch(`http://127.0.0.1:${admin}${path}`, {
      method,
      headers,
      ...(body && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} is answered ${answer.status}: ${await answer.text()}`);
    const text = await answer.text();
    return /json$/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
  };
  const text = async (path: string) => (await fetch(`http://127.0.0.1:${admin}${path}`)).text();
  const waiting = async (): Promise<number> => {
    const status = (await ask('GET', '/status')) as { devices: { waiting: number } };
    return status.devices.waiting;
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(data, { recursive: true });
  };
  try {
    await until(async () => (await waiting()) === 0, server);
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { port: Number(port), peer: server, data, ask, text, waiting, stop };
}

/** Waits for something to come true; until the server listens, asking it fails. */
async function until(isTrue: () => Promise<boolean>, server: Peer): Promise<void> {
  const end = performance.now() + patienceMs;
  for (;;) {
    const answer = await isTrue().catch((cause: unknown) => cause);
    if (answer === true) return;
    if (server.process.exitCode !== null) throw new Error(`the server ended with ${server.process.exitCode}`);
    if (performance.now() > end) throw new Error('the server does not come up', { cause: answer });
    await sleep(100);
  }
}

/** Ports that nobody has right now. */
export async function freePorts(count: number): Promise<number[]> {
  const holders = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const holder = createServer().once('error', reject);
          holder.listen(0, '127.0.0.1', () => resolve(holder));
        }),
    ),
  );
  const ports = holders.map((holder) => {
    const address = holder.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))));
  return ports;
}
