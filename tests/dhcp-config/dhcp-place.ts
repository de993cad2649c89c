import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Packet } from '../../server/lib/dhcp/packet.ts';
import type { Ip } from '../../server/lib/ip.ts';
import { peer } from '../support/netns.ts';
import { answerOf, relayed, relaying } from '../support/relay.ts';

/** Two network namespaces with a wire between them: a DHCP server in one, and who asks it, as a relay does, in the other. */
export interface DhcpPlace {
  readonly folder: string;
  /** Has a server look at its configuration. @throws with what it says against it */
  check(command: string, words: readonly string[], environment?: NodeJS.ProcessEnv): void;
  /** Starts a server, which is ended with the place. */
  start(command: string, words: readonly string[], environment?: NodeJS.ProcessEnv): ChildProcess;
  /** Sends a request until it is answered. @throws after ten seconds, with what the server said */
  ask(options: Packet['options'], mac: string): Promise<Packet>;
  /** Sends what is not answered. @param from its own address */
  tell(options: Packet['options'], mac: string, from: Ip): Promise<void>;
  close(): Promise<void>;
}

const SERVER = '10.88.0.1';
const RELAY = '10.88.0.2';

let places = 0;

export function openDhcpPlace(): DhcpPlace {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-dhcp-'));
  const name = `offhook-${process.pid}-${++places}`;
  const [inside, outside] = [`${name}-s`, `${name}-r`];
  const run = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  run('netns', 'add', inside);
  run('netns', 'add', outside);
  run('link', 'add', 'wire', 'netns', inside, 'type', 'veth', 'peer', 'name', 'wire', 'netns', outside);
  for (const [space, address] of [
    [inside, SERVER],
    [outside, RELAY],
  ] as const) {
    run('-n', space, 'link', 'set', 'lo', 'up');
    run('-n', space, 'addr', 'add', `${address}/24`, 'broadcast', '10.88.0.255', 'dev', 'wire');
    run('-n', space, 'link', 'set', 'wire', 'up');
  }
  const children: ChildProcess[] = [];
  let said = '';
  const send = (packet: Packet, kind?: 'tell'): Promise<string> => {
    const child = spawn('ip', ['netns', 'exec', outside, process.execPath, ...relaying(SERVER, RELAY, packet, kind)]);
    let answer = '';
    child.stdout.on('data', (bytes: Buffer) => (answer += bytes));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', () => resolve(answer));
    });
  };

  return {
    folder,
    check(command, words, environment = {}) {
      execFileSync('ip', ['netns', 'exec', inside, peer(command), ...words], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    },
    start(command, words, environment = {}) {
      const child = spawn('ip', ['netns', 'exec', inside, peer(command), ...words], { env: { ...process.env, ...environment } });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes));
      children.push(child);
      return child;
    },
    async ask(options, mac) {
      try {
        return answerOf(await send(relayed(RELAY, mac, options)));
      } catch (cause) {
        throw new Error(`The server said: ${said}`, { cause });
      }
    },
    async tell(options, mac, from) {
      await send(relayed(RELAY, mac, options, from), 'tell');
    },
    async close() {
      for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
        const ended = new Promise((resolve) => child.once('close', resolve));
        child.kill('SIGKILL');
        await ended;
      }
      run('netns', 'del', inside);
      run('netns', 'del', outside);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Writes a file for a server. @returns its path */
export function put({ folder }: DhcpPlace, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
