import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

const program = join(import.meta.dirname, '../../dist/server/main.js');

export type Line = Readonly<Record<string, unknown>> & {
  readonly event?: string;
  readonly worker?: number;
  readonly pid?: number;
};

/** The built server as a process of its own, on free loopback ports with a data directory of its own. */
export interface BuiltServer {
  readonly process: ChildProcess;
  readonly data: string;
  readonly http: number;
  readonly tftp: number;
  readonly admin: number;
  /** What it wrote on standard output and error. */
  readonly out: () => string;
  readonly err: () => string;
  /** All lines of its log so far. Throws when one of them is not whole. */
  log(): Line[];
  /** Asks its API; a body makes it a POST unless a method is named. */
  ask(path: string, body?: object, method?: string): Promise<Response>;
  /** Ends it if it still runs. @returns its exit code */
  stop(): Promise<number | null>;
}

/** @param set settings as `--set` takes them @param words more words for the command */
export async function startBuiltServer(set: readonly string[], words: readonly string[] = []): Promise<BuiltServer> {
  const data = mkdtempSync(join(tmpdir(), 'offhook-built-'));
  const settings = [
    `data=${data}`,
    `log.file=${join(data, 'offhook.log')}`,
    'log.format=json',
    ...['http', 'tftp', 'admin'].flatMap((name) => [`${name}.listen=127.0.0.1`, `${name}.port=0`]),
    ...set,
  ];
  const child = spawn(process.execPath, [program, 'serve', ...words, ...settings.flatMap((each) => ['--set', each])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const log = logReader(join(data, 'offhook.log'));
  const ended = once(child, 'close');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
    return child.exitCode;
  };
  const started = eventually(() => {
    const line = log().find(({ event }) => event === 'server.started');
    if (!line) throw new Error(`It does not start: ${said.err}`);
    return line.addresses as string[];
  });
  const failed = ended.then(() => {
    throw new Error(`It ended with ${child.exitCode}: ${said.err}`);
  });
  const addresses = await Promise.race([started, failed]).catch(async (cause) => {
    await stop();
    throw cause;
  });
  // It ends some day.
  failed.catch(() => {});
  const [http = 0, tftp = 0, admin = 0] = addresses.map((url) => Number(new URL(url).port));
  const token = readFileSync(join(data, 'admin.token'), 'utf8').trim();
  return {
    process: child,
    data,
    http,
    tftp,
    admin,
    out: () => said.out,
    err: () => said.err,
    log,
    ask: (path, body, method = body ? 'POST' : 'GET') =>
      fetch(`http://127.0.0.1:${admin}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }),
    stop,
  };
}

/** Reads only what is new: under load a log grows by megabytes. */
function logReader(file: string): () => Line[] {
  const lines: Line[] = [];
  const piece = Buffer.alloc(1_048_576);
  let position = 0;
  let rest = '';
  return () => {
    if (!existsSync(file)) return lines;
    const descriptor = openSync(file, 'r');
    for (let size = 1; size > 0; position += size) {
      size = readSync(descriptor, piece, 0, piece.length, position);
      const texts = (rest + piece.toString('latin1', 0, size)).split('\n');
      rest = texts.pop() ?? '';
      for (const text of texts) lines.push(JSON.parse(text));
    }
    closeSync(descriptor);
    return lines;
  };
}
