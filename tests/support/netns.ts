import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';

/**
 * Networks of namespaces: hosts with interfaces on bridges, all of this process, and nothing of the machine's own. Root only.
 *
 *     const network = await makeNetwork();
 *     const server = await network.host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/24'] } });
 *     const phone = await network.host('phone', { eth0: { bridge: 'lan' } });
 *     await phone.run('busybox', ['udhcpc', '-i', 'eth0', '-f', '-q', '-n']);
 *     await network.remove();
 */
export interface Network {
  /** @param interfaces by their names in the host; a bridge is made when it is named first */
  host(name: string, interfaces: Readonly<Record<string, Wish>>): Promise<Host>;
  /** Gives a host one more interface. */
  connect(host: Host, name: string, wish: Wish): Promise<void>;
  /** Ends what runs in it, and removes it. */
  remove(): Promise<void>;
}

export interface Wish {
  readonly bridge: string;
  /** `10.88.0.1/24`; none for a host that will ask for one. */
  readonly addresses?: readonly string[];
  readonly mac?: string;
}

export interface Host {
  /** For `ip -n` and `ip netns exec`. */
  readonly namespace: string;
  /** Runs a program to its end. Rejects when it fails, or has not ended after `seconds`. @returns what it wrote, errors as well */
  run(program: string, args?: readonly string[], seconds?: number): Promise<string>;
  /** Starts a program that goes on until it is stopped, or the network is removed. */
  spawn(program: string, args?: readonly string[]): Running;
  /** `ip` of this host: `host.ip('address add 10.88.0.2/24 dev eth0')`. */
  ip(words: string): Promise<void>;
}

export interface Running {
  readonly process: ChildProcess;
  /** What it has written so far, errors as well. */
  said(): string;
  /** Its lines that are JSON. */
  lines<Line>(): Line[];
  /** Waits until it has written what matches. Rejects with what it wrote when it does not in ten seconds. */
  until(pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

const execute = promisify(execFile);
const PREFIX = 'offhook-test';
let networks = 0;

/** Removes first what a run left that was killed. */
export async function makeNetwork(): Promise<Network> {
  await removeForsaken();
  networks += 1;
  const prefix = `${PREFIX}-${process.pid}-${networks}`;
  const wires = `${prefix}-wires`;
  const namespaces: string[] = [];
  const running = new Set<Running>();
  const bridges = new Map<string, string>();
  let ports = 0;

  const add = async (namespace: string) => {
    await ip('netns', 'add', namespace);
    namespaces.push(namespace);
    await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  };
  const bridgeOf = async (name: string) => {
    const known = bridges.get(name);
    if (known !== undefined) return known;
    const bridge = `bridge${bridges.size}`;
    bridges.set(name, bridge);
    await ip('-n', wires, 'link', 'add', bridge, 'type', 'bridge', 'forward_delay', '0', 'mcast_snooping', '0');
    await ip('-n', wires, 'link', 'set', bridge, 'up');
    return bridge;
  };
  const connect = async (namespace: string, name: string, { bridge, addresses = [], mac }: Wish) => {
    ports += 1;
    const port = `port${ports}`;
    await ip('-n', wires, 'link', 'add', port, 'type', 'veth', 'peer', 'name', name, 'netns', namespace);
    await ip('-n', wires, 'link', 'set', port, 'master', await bridgeOf(bridge), 'up');
    if (mac !== undefined) await ip('-n', namespace, 'link', 'set', name, 'address', mac);
    for (const address of addresses) await ip('-n', namespace, 'address', 'add', address, 'brd', '+', 'dev', name);
    await ip('-n', namespace, 'link', 'set', 'dev', name, 'up');
    // The system says so a moment later.
    await eventually(async () => {
      const { stdout } = await execute('ip', ['-n', namespace, 'link', 'show', 'dev', name]);
      if (!stdout.includes('LOWER_UP')) throw new Error(`${name} of ${namespace} has no link: ${stdout}`);
    });
  };
  const remove = async () => {
    await Promise.all([...running].map((each) => each.stop()));
    for (const namespace of namespaces.splice(0)) await removeNamespace(namespace);
  };

  try {
    await add(wires);
  } catch (cause) {
    throw new Error('Network namespaces need root, and iproute2', { cause });
  }
  return {
    async host(name, interfaces) {
      const namespace = `${prefix}-${name}`;
      await add(namespace);
      for (const [each, wish] of Object.entries(interfaces)) await connect(namespace, each, wish);
      return {
        namespace,
        async run(program, args = [], seconds = 30) {
          const words = ['netns', 'exec', namespace, peer(program), ...args];
          const { stdout, stderr } = await execute('ip', words, { timeout: seconds * 1_000, killSignal: 'SIGKILL' });
          return stdout + stderr;
        },
        spawn(program, args = []) {
          const started = start(namespace, peer(program), args);
          running.add(started);
          started.process.once('close', () => running.delete(started));
          return started;
        },
        ip: (words) => ip('-n', namespace, ...words.split(' ')),
      };
    },
    connect: (host, name, wish) => connect(host.namespace, name, wish),
    remove,
  };
}

/** Where .ci/debian-packages unpacks servers that would be started if they were installed. */
const unpacked = resolve(import.meta.dirname, '../../.cache/peers/usr/sbin');

/** A program of the system, or one that was only unpacked. */
export function peer(program: string): string {
  const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', unpacked];
  if (program.includes('/')) return program;
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`There is no program ${program}; .ci/debian-packages test installs it`);
  return found;
}

function start(namespace: string, program: string, args: readonly string[]): Running {
  const child = spawn('ip', ['netns', 'exec', namespace, program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  // One that cannot be started is missed by who waits for its words.
  closed.catch(() => {});
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  return {
    process: child,
    said: () => text,
    lines: () =>
      text
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line)),
    until: (pattern) =>
      eventually(() => {
        const found = pattern.exec(text);
        if (!found) throw new Error(`${program} did not write ${pattern}, but:\n${text}`);
        return found[0];
      }),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await closed.catch(() => {});
      clearTimeout(patience);
    },
  };
}

async function ip(...words: readonly string[]): Promise<void> {
  await execute('ip', words, { timeout: 20_000 });
}

/** Also ends what a program of a test has started in it and left. */
async function removeNamespace(namespace: string): Promise<void> {
  const { stdout } = await execute('ip', ['netns', 'pids', namespace]);
  for (const pid of stdout.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
  await ip('netns', 'delete', namespace);
}

/** The namespaces of processes of ours that are no more. */
async function removeForsaken(): Promise<void> {
  const { stdout: listed } = await execute('ip', ['netns', 'list']);
  for (const [namespace, pid] of listed.matchAll(new RegExp(`^${PREFIX}-(\\d+)-\\S+`, 'gm'))) {
    if (!existsSync(`/proc/${pid}`)) await removeNamespace(namespace);
  }
}
