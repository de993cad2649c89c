import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { ProvisioningError, reason } from '../lib/errors.ts';

export interface TryOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/**
 * A definition loads in milliseconds, and a process starts within a second on a small machine that is busy. It is less than workers wait
 * for an answer (10 s), so that a reload which finds such a package ends with what is wrong with it.
 */
const patienceMs = 5_000;

/** A hundred times what the largest definition takes. */
const heapMegabytes = 256;

/**
 * What runs in the process that tries: this thread stays able to act whatever the code does in the other. It tells by file
 * descriptor 3 what became of it, when all has come to rest. The text is CommonJS, as `--eval` has it.
 */
const guard = `
const { writeSync } = require('node:fs');
const { Worker } = require('node:worker_threads');
const [entry, most] = process.argv.slice(1);
// Who waits for this may be gone.
setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(most));
const code = \`
const { parentPort, workerData } = require('node:worker_threads');
let outcome = 'waits';
process.once('beforeExit', () => parentPort.postMessage({ outcome }));
import(workerData).then(() => { outcome = 'rests'; });
\`;
let told;
const worker = new Worker(code, { eval: true, workerData: entry, resourceLimits: { maxOldGenerationSizeMb: ${heapMegabytes} } });
worker.on('message', (message) => { told = message; });
worker.on('error', (thrown) => { told = { outcome: 'threw', message: String(thrown?.message ?? thrown) }; });
worker.on('exit', (code) => {
  writeSync(3, JSON.stringify(told ?? { outcome: 'ended', code }));
  process.exit();
});
`;

type Told =
  | { readonly outcome: 'rests' }
  | { readonly outcome: 'waits' }
  | { readonly outcome: 'ended'; readonly code: number }
  | { readonly outcome: 'threw'; readonly message: string };

/**
 * Imports a file in a process of its own, and looks whether the code comes to rest: it is imported, and no timer, connection or thread of
 * it is left. Nothing that it does there, loops, ends of the process and full memory included, touches this process.
 *
 * @param id the package, for messages
 * @throws ProvisioningError plugin-unreadable: what the code did; the signal's reason
 */
export async function tryApart(id: string, file: string, { signal, timeoutMs = patienceMs }: TryOptions = {}): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(process.execPath, ['--eval', guard, '--', pathToFileURL(file).href, String(2 * timeoutMs)], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    // A debugger's port, say, is taken by this process.
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    signal,
  });
  const ended = once(child, 'close');
  // The fourth is a pipe that is read from, as it was ordered.
  const said = text(child.stdio[3] as Readable);
  const [outcome] = await Promise.all([said, ended]).catch((cause) => {
    signal?.throwIfAborted();
    throw new ProvisioningError('plugin-unreadable', `The code of ${id} could not be tried: ${reason(cause)}`, { cause });
  });
  signal?.throwIfAborted();
  const told = readTold(id, outcome);
  if (told?.outcome === 'rests') return;
  const what = told ? whatHappened(told) : whyNothing(child.killed, timeoutMs, child.signalCode);
  throw new ProvisioningError('plugin-unreadable', `The code of ${id} is not taken in: tried apart from the server, it ${what}`);
}

/** What the process said, if nobody else wrote there. */
function readTold(id: string, outcome: string): Told | undefined {
  if (outcome === '') return undefined;
  try {
    return JSON.parse(outcome);
  } catch (cause) {
    const what = `wrote to a file descriptor that is not its own (3); ${remedy}`;
    throw new ProvisioningError(
      'plugin-unreadable',
      `The code of ${id} is not taken in: tried apart from the server, it ${what}`,
      { cause },
    );
  }
}

const remedy = 'a package exports its definition and does nothing else. Its author has to mend it';

function whatHappened(told: Exclude<Told, { readonly outcome: 'rests' }>): string {
  switch (told.outcome) {
    case 'threw':
      return `threw: ${told.message}`;
    case 'waits':
      return `waits at its top level for what never comes; ${remedy}`;
    case 'ended':
      return `ended the process with code ${told.code}; ${remedy}`;
  }
}

function whyNothing(isLate: boolean, timeoutMs: number, by: NodeJS.Signals | null): string {
  if (!isLate) return `ended the process with ${by ?? 'nothing said'}; ${remedy}`;
  return `did not come to an end within ${timeoutMs / 1_000} s: it loops, waits, or goes on after it was loaded; ${remedy}`;
}
