import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type Answer, askApi } from './administrator.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

const program = join(import.meta.dirname, '../../dist/server/main.js');

/** The built server, to be killed and started again with the same data and on the same ports. */
export interface KilledServer {
  readonly http: number;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** Kills it, when it runs, with no chance to end anything; resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks its API. Rejects when it is killed meanwhile. */
  ask(method: string, path: string, body?: object): Promise<Answer>;
  /** What it wrote on standard error, each time that it ran. */
  readonly errors: () => string;
}

/** @param set settings as `--set` takes them */
export async function makeKilledServer(data: string, set: readonly string[] = []): Promise<KilledServer> {
  const [http, admin] = [await freePort(), await freePort()];
  const settings = [
    `data=${data}`,
    `http.port=${http}`,
    `admin.port=${admin}`,
    'http.listen=127.0.0.1',
    'admin.listen=127.0.0.1',
    'tftp.enabled=false',
    'log.level=warn',
    ...set,
  ];
  const url = `http://127.0.0.1:${admin}`;
  let child: ChildProcess | undefined;
  let errors = '';
  return {
    http,
    async start() {
      child = spawn(process.execPath, [program, 'serve', ...settings.flatMap((each) => ['--set', each])], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child.stderr?.on('data', (text: Buffer) => {
        errors += text;
      });
      await eventually(async () => expect((await fetch(`${url}/status`)).status).toBe(200));
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    ask: (method, path, body) => askApi({ url, data }, method, path, body),
    // The first start tells whoever set it up a token.
    errors: () => errors.replace(/^Nobody can log in yet\..*\n {2}offhook_\S+\n/, ''),
  };
}
