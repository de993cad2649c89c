import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Pair } from '../support/http-certificate.ts';

export const TOKEN = 'a-token-for_hooks.~1+/=';
const scripts = join(import.meta.dirname, '../../dhcp-config');

export interface Told {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly milliseconds: number;
}

/** Hook scripts as they are installed, with a configuration, a token, and a logger that writes a file. */
export interface HookPlace {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  configure(url: string, token?: string, more?: string): void;
  run(server: string, words: readonly (string | Buffer)[], environment?: NodeJS.ProcessEnv): Promise<Ran>;
  /** What was said to syslog, a line each. */
  complaints(): string[];
  /** What waits in the queue. */
  waiting(): string[];
  close(): void;
}

export function openHookPlace(): HookPlace {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-hooks-'));
  cpSync(scripts, join(folder, 'dhcp-config'), { recursive: true });
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'logger'), `#!/bin/sh\nshift 5\nprintf '%s\\n' "$*" >>${folder}/syslog\n`, { mode: 0o755 });
  const spool = join(folder, 'spool');
  const environment = {
    PATH: `${bin}:${process.env.PATH}`,
    OFFHOOK_HOOK_CONF: join(folder, 'dhcp-hook.conf'),
    OFFHOOK_SPOOL: spool,
  };
  const lines = (file: string) => {
    const names = readdirSync(join(file, '..'));
    return names.includes(file.slice(file.lastIndexOf('/') + 1)) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  };
  return {
    folder,
    environment,
    configure(url, token = TOKEN, more = '') {
      writeFileSync(join(folder, 'token'), `${token}\n`);
      writeFileSync(join(folder, 'dhcp-hook.conf'), `url=${url}\ntoken_file=${folder}/token\nseconds=2\n${more}`);
    },
    run(server, words, more = {}) {
      const started = performance.now();
      const child = spawn(join(folder, 'dhcp-config', server, 'offhook-lease'), words as string[], {
        env: { ...environment, ...more },
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes));
      return new Promise((resolve, reject) => {
        child.once('error', reject);
        // Not 'exit': who keeps standard output open holds up whoever reads it.
        child.once('close', (code) => resolve({ code, output, milliseconds: performance.now() - started }));
      });
    },
    complaints: () => lines(join(folder, 'syslog')),
    waiting: () => (readdirSync(folder).includes('spool') ? lines(join(spool, 'queue')) : []),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Peer {
  readonly url: string;
  readonly told: Told[];
  /** Documents that came, as they are. */
  documents(): unknown[];
  close(): Promise<void>;
}

/** Who listens where Offhook should. @param answer 204 unless it says otherwise */
export async function openPeer(
  answer: RequestListener = (_request, response) => response.writeHead(204).end(),
  tls?: Pair,
): Promise<Peer> {
  const told: Told[] = [];
  const listener: RequestListener = (request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes));
    request.on('end', () => {
      told.push({ path: request.url, headers: request.headers, body });
      answer(request, response);
    });
  };
  const server = tls
    ? createTlsServer({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, listener)
    : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    documents: () => told.map(({ body }) => JSON.parse(body)),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
