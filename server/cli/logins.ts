import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { reason } from '../lib/errors.ts';
import { exit, Failure } from './io.ts';

/** What one has logged in to, in a file that only its owner may read. */
export interface Login {
  readonly token: string;
  readonly user: string;
  /** A time of RFC 3339. */
  readonly expires: string;
  /** The file of authorities that sign the server's certificate. */
  readonly certificates?: string;
}

interface Logins {
  /** The server that commands ask which are told of none. */
  readonly server?: string;
  readonly servers: Readonly<Record<string, Login>>;
}

/** Where it lies (XDG Base Directory Specification). */
export function loginsFile({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): string {
  return join(XDG_CONFIG_HOME || join(HOME || homedir(), '.config'), 'offhook', 'logins.json');
}

/** @throws Failure when the file is there and cannot be read */
export function readLogins(environment: NodeJS.ProcessEnv): Logins {
  const file = loginsFile(environment);
  if (!existsSync(file)) return { servers: {} };
  try {
    const { server, servers } = JSON.parse(readFileSync(file, 'utf8'));
    return { ...(typeof server === 'string' && { server }), servers: servers ?? {} };
  } catch (cause) {
    throw new Failure(
      `The logins in ${file} cannot be read: ${reason(cause)}; remove the file, and log in again`,
      exit.failed,
      cause,
    );
  }
}

export function loginAt(server: string, environment: NodeJS.ProcessEnv): Login | undefined {
  const { servers } = readLogins(environment);
  return Object.hasOwn(servers, server) ? servers[server] : undefined;
}

/** Remembers a login; the server is the one that is asked from now on. */
export function keepLogin(server: string, login: Login, environment: NodeJS.ProcessEnv): void {
  write({ server, servers: { ...readLogins(environment).servers, [server]: login } }, environment);
}

export function forgetLogin(server: string, environment: NodeJS.ProcessEnv): void {
  const { server: asked, servers } = readLogins(environment);
  const { [server]: _, ...others } = servers;
  write({ ...(asked !== undefined && asked !== server && { server: asked }), servers: others }, environment);
}

/** It has its name when it is whole. */
function write(logins: Logins, environment: NodeJS.ProcessEnv): void {
  const file = loginsFile(environment);
  const fresh = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(fresh, `${JSON.stringify(logins, undefined, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(fresh, file);
  } catch (cause) {
    throw new Failure(`The login cannot be kept: ${reason(cause)}`, exit.failed, cause);
  }
}
