import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Servers run on one core, what loads them on the others: neither is measured with the other's work. */
export const cores =
  availableParallelism() > 1 ? { server: '0', load: `1-${availableParallelism() - 1}` } : { server: '0', load: '0' };

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

/** Processor time that a process has taken since its start, all its threads together, in seconds (proc(5), stat: utime and stime). */
export function processorSeconds({ process: { pid } }: Peer): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in brackets may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}
