import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ToolName, type Tools, toolIn } from './tools.ts';

/** Of what a program says on its standard error, for a message. */
const SAID_CHARACTERS = 500;

export interface ChildOptions {
  readonly tools: Tools;
  /** Opens what comes through the program's standard input, which is empty otherwise. */
  readonly input?: () => Readable;
  /** A file that the program is given, and how messages call it: where it lies they do not tell. */
  readonly file?: { readonly path: string; readonly name: string };
  /** The error for a program that failed. @param problem - `bzip2 ended with 2: …` */
  fault(problem: string): Error;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What a program writes to its standard output. It ends when nobody wants more, or the work is cancelled.
 *
 * @throws ProvisioningError tool-missing; the given fault when the program ends with anything but success; what the system says when the
 *   input cannot be read; the signal's reason
 */
export async function* outputOf(
  tool: ToolName,
  args: readonly string[],
  { tools, input = () => Readable.from([]), file, fault, signal }: ChildOptions,
): AsyncGenerator<Buffer> {
  const program = toolIn(tools, tool);
  signal?.throwIfAborted();
  // Names come out as UTF-8, messages in English.
  const child = spawn(program, args, { argv0: tool, stdio: 'pipe', env: { LC_ALL: 'C.UTF-8' } });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', ({ message }) => resolve(`cannot be started: ${message}`));
    child.once('close', (code, by) => resolve(code === 0 ? undefined : `ended with ${by ?? code}`));
  });
  // A program that has read enough, or has ended, takes no more: whether that was well it says itself.
  let unread: NodeJS.ErrnoException | undefined;
  const source = input();
  source.once('error', (cause: NodeJS.ErrnoException) => {
    unread = cause;
  });
  pipeline(source, child.stdin).catch(() => {});
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + (file ? text.replaceAll(file.path, file.name) : text)).slice(0, SAID_CHARACTERS);
  });
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  try {
    yield* child.stdout;
    const failure = await ended;
    signal?.throwIfAborted();
    if (unread?.syscall !== undefined) throw unread;
    const told = said.trim().replaceAll(/\s*\n\s*/g, '; ');
    if (failure !== undefined) throw fault(`${tool} ${failure}${told && `: ${told}`}`);
  } finally {
    signal?.removeEventListener('abort', kill);
    kill();
    await ended;
  }
}
