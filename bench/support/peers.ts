import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const last = availableParallelism() - 1;

/** Servers run on one core, what loads them on the others: neither is measured with the other's work. Several processes run on all. */
export const cores = { server: '0', load: last > 0 ? `1-${last}` : '0', all: `0-${last}` };

export interface Peer {
  readonly process: ChildProcess;
  /** Ends it and waits until it has ended. */
  stop(): Promise<void>;
}

/** Starts a program on the cores of a kind; what it says on stderr is shown when it ends by itself. */
export function start(on: keyof typeof cores, command: string, args: readonly string[], options: SpawnOptions = {}): Peer {
  const child = spawn('taskset', ['-c', cores[on], command, ...args], { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  const ended = once(child, 'exit');
  return {
    process: child,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Runs a program to its end on the cores of a kind. @returns what it printed @throws when it fails */
export async function run(on: keyof typeof cores, command: string, args: readonly string[]): Promise<string> {
  const { process: child } = start(on, command, args);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${code ?? signal}: ${text}`);
  return text;
}

/** Clock ticks of the kernel a second (sysconf CLK_TCK, 100 on every Linux that Node runs on). */
const ticks = 100;

/** Processor time that a peer has taken since its start, its threads and child processes included, in seconds. */
export function processorSeconds({ process: { pid } }: Peer): number {
  return familyOf(pid ?? 0).reduce((sum, each) => sum + secondsOf(each), 0);
}

/** Memory that a peer and its child processes take, in megabytes; what several share counts once (proc(5), smaps_rollup: Pss). */
export function megabytes({ process: { pid } }: Peer): number {
  const kilobytes = familyOf(pid ?? 0).map((each) => {
    const text = readFileSync(`/proc/${each}/smaps_rollup`, 'latin1');
    return Number(/^Pss: +(\d+) kB$/m.exec(text)?.[1]);
  });
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1_024;
}

/** A process and those that it started. */
function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

/** proc(5), stat: utime and stime. */
function secondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in brackets may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}
