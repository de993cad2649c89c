import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from './administrator.ts';
import type { Host, Running } from './netns.ts';

const main = join(import.meta.dirname, '../../dist/server/main.js');

/** The built server on a host of a test network, with what its administrator and its phones can do there. */
export interface NetworkServer {
  readonly running: Running;
  readonly data: string;
  /** Events of its log so far, at all levels. */
  log(): Json[];
  /** The `offhook` command beside it. @returns what it printed */
  offhook(...words: string[]): Promise<string>;
  /** The same with `--json`. */
  ask(...words: string[]): Promise<Json>;
  stop(): Promise<void>;
}

/** @param dhcp lines below `dhcp:` of its settings @param more lines beside it */
export function startOn(
  host: Host,
  dhcp: string,
  data = mkdtempSync(join(tmpdir(), 'offhook-network-')),
  more = '',
): NetworkServer {
  const config = join(data, 'offhook.yml');
  mkdirSync(data, { recursive: true });
  const lines = dhcp.trim().split('\n');
  writeFileSync(
    config,
    `data: ${data}\nlog: { level: debug, format: json, file: ${data}/log }\ntftp: { port: 69 }\n${more}\ndhcp:\n${lines.map((line) => `  ${line}\n`).join('')}`,
  );
  const running = host.spawn(process.execPath, [main, 'serve', '--development', '--config', config]);
  const offhook = (...words: string[]) => host.run(process.execPath, [main, ...words, '--config', config]);
  return {
    running,
    data,
    log: () =>
      (existsSync(join(data, 'log')) ? readFileSync(join(data, 'log'), 'utf8') : '')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    offhook,
    ask: async (...words) => JSON.parse(await offhook(...words, '--json')),
    async stop() {
      await running.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Resolves when the server serves. @throws with what it said when it ends before */
export async function serving(server: NetworkServer): Promise<NetworkServer> {
  const ended = () => server.running.process.exitCode !== null;
  // It looks for other DHCP servers first, and several processes start one another.
  const patience = performance.now() + 40_000;
  while (!ended() && !server.log().some(({ event }) => event === 'server.started')) {
    if (performance.now() > patience) throw new Error(`It does not serve yet: ${server.running.said()}`);
    await sleep(50);
  }
  if (ended()) throw new Error(server.running.said());
  return server;
}
