import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { broken } from './faults.ts';
import { type ToolName, toolIn } from './tools.ts';
import type { Work } from './work.ts';

/** Of what a program says on its standard error, for a message. */
const SAID_CHARACTERS = 500;

export interface ChildOptions {
  /** How the file that the program reads is called in messages. */
  readonly archive: string;
  /** Where that file lies. */
  readonly path: string;
  /** It is to come through the program's standard input, which is empty otherwise. */
  readonly input?: boolean;
  readonly work: Work;
}

/**
 * What a program writes to its standard output. It ends when nobody wants more, or the work is cancelled.
 *
 * @throws ProvisioningError firmware-tool-missing; firmware-archive-broken when the program ends with anything but success
 */
export async function* outputOf(
  name: ToolName,
  args: readonly string[],
  { archive, path, work, input }: ChildOptions,
): AsyncGenerator<Buffer> {
  const tool = toolIn(work.tools, name);
  work.signal?.throwIfAborted();
  // Names come out as UTF-8, messages in English.
  const child = spawn(tool, args, { argv0: name, stdio: 'pipe', env: { LC_ALL: 'C.UTF-8' } });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', ({ message }) => resolve(`cannot be started: ${message}`));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? code}`));
  });
  // A program that has read enough, or has ended, takes no more: whether that was well it says itself.
  let unread: NodeJS.ErrnoException | undefined;
  const source: Readable = input ? createReadStream(path) : Readable.from([]);
  source.once('error', (cause: NodeJS.ErrnoException) => {
    unread = cause;
  });
  pipeline(source, child.stdin).catch(() => {});
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text.replaceAll(path, archive)).slice(0, SAID_CHARACTERS);
  });
  const kill = () => child.kill('SIGKILL');
  work.signal?.addEventListener('abort', kill, { once: true });
  try {
    yield* child.stdout;
    const failure = await ended;
    work.signal?.throwIfAborted();
    if (unread?.syscall !== undefined) throw unread;
    const told = said.trim().replaceAll(/\s*\n\s*/g, '; ');
    if (failure !== undefined) throw broken(archive, `cannot be read: ${name} ${failure}${told && `: ${told}`}`);
  } finally {
    work.signal?.removeEventListener('abort', kill);
    kill();
    await ended;
  }
}
