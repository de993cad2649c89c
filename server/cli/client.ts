import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { reason } from '../lib/errors.ts';
import { contains, formatHostPort, parseIp, parseNetwork } from '../lib/ip.ts';
import { type OrderedJson, parseOrdered, stringifyOrdered } from '../lib/ordered-json.ts';
import { loadSettings } from '../settings/load.ts';
import type { Settings } from '../settings.ts';
import { exit, Failure } from './io.ts';
import { type Login, loginAt, readLogins } from './logins.ts';
import { type Fetch, trusting } from './trust.ts';

/** Options by which a command finds the server; without any it looks where `offhook serve` without any would be. */
export interface Place {
  readonly config?: string;
  readonly data?: string;
  readonly server?: string;
  readonly tokenFile?: string;
  /** A file of authorities that sign the server's certificate. */
  readonly certificates?: string;
}

export type Document = Map<string, OrderedJson>;

export interface Reply {
  readonly document: Document;
  readonly bytes: Buffer;
  readonly status: number;
  readonly etag: string | undefined;
}

export interface Request {
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly body?: Document;
  readonly ifMatch?: string | undefined;
  /** Statuses besides those of success that the caller deals with. */
  readonly expect?: readonly number[];
  /** It needs no token. */
  readonly open?: boolean;
  /** Breaks the request off. */
  readonly signal?: AbortSignal;
}

/** The one way from a command to the server: its HTTP API. */
export interface Client {
  readonly url: string;
  /** Whose login opens it; undefined: a token does. */
  readonly login: Login | undefined;
  /** @throws Failure for an answer that is neither a success nor expected */
  ask(method: string, path: string, request?: Request): Promise<Reply>;
  /**
   * Sends a file of any size; it may take as long as bytes flow.
   * @throws Failure for an answer that is no success; what reading the file throws
   */
  send(path: string, file: AsyncIterable<Buffer>): Promise<Reply>;
}

/** Longer than the server takes for the dearest of what is asked here, a file that is rendered to its limits. */
const TIMEOUT_MS = 60_000;

export function connect(place: Place, environment: NodeJS.ProcessEnv): Client {
  let loaded: Settings | undefined;
  const settings = () => {
    loaded ??= settingsOf(place, environment);
    return loaded;
  };
  // Who says where a server's data lies means the administrator's token.
  const isTold = [place.tokenFile, place.data, place.config].some((each) => each !== undefined);
  const loggedIn = isTold ? undefined : readLogins(environment).server;
  const url = (place.server ?? loggedIn ?? adminUrl(settings())).replace(/\/+$/, '');
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw new Failure(`${url} is no URL with http:// or https://`, exit.usage);
  const login = isTold ? undefined : loginAt(url, environment);
  const tokenFile = () => place.tokenFile ?? join(settings().data, 'admin.token');
  let token = login?.token;
  let fetching: Promise<Fetch> | undefined;
  const fetcher = () => {
    const certificates = place.certificates ?? login?.certificates;
    const isHere = place.server === undefined && loggedIn === undefined;
    fetching ??= trustFor(url, certificates, isHere ? settings : undefined);
    return fetching;
  };

  async function read(response: Response, { expect = [], open = false }: Request = {}): Promise<Reply> {
    const bytes = Buffer.from(await response.arrayBuffer());
    const { status, ok, headers } = response;
    if (!ok && !expect.includes(status)) {
      if (status === 401 && login && !open)
        throw new Failure(`The login of ${login.user} at ${url} has ended: offhook login ${login.user} --server ${url}`);
      if (status === 401 && !open)
        throw new Failure(
          `${url} does not take the token in ${tokenFile()}: is it the one of another server, was it revoked, or has it expired? ${SAY}`,
        );
      throw new Failure(problemText(status, bytes, url));
    }
    const isJson = /json$/.test(headers.get('content-type') ?? '') && bytes.length > 0;
    return { document: isJson ? documentOf(bytes, url) : new Map(), bytes, status, etag: headers.get('etag') ?? undefined };
  }

  return {
    url,
    login,
    async ask(method, path, request = {}) {
      const isOpen = request.open ?? !path.startsWith('/api/');
      if (!isOpen) token ??= readToken(tokenFile());
      return read(
        await send(await fetcher(), url + path + queryOf(request), method, request, isOpen ? undefined : token),
        request,
      );
    },
    async send(path, file) {
      token ??= readToken(tokenFile());
      return read(await sendFile(await fetcher(), url + path, file, token));
    },
  };
}

const SAY = 'Say with --data DIR where its data lies';

function settingsOf({ config, data }: Place, environment: NodeJS.ProcessEnv): Settings {
  return loadSettings({
    environment,
    ...(config !== undefined && { config }),
    ...(data !== undefined && { flags: [{ flag: '--data', key: 'data', value: data }] }),
  }).settings;
}

const loopback = ['loopback'].flatMap((word) => parseNetwork(word) ?? []);
/** Who listens everywhere is reached here, too. */
const HERE = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

function adminUrl({ admin }: Settings): string {
  const ips = admin.listen.flatMap((address) => parseIp(HERE.get(address) ?? address) ?? []);
  const ip = ips.find((each) => contains(loopback, each)) ?? ips[0];
  return `${admin.tls.enabled ? 'https' : 'http'}://${ip === undefined ? `localhost:${admin.port}` : formatHostPort(ip, admin.port)}`;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') {
      const { username } = userInfo();
      throw new Failure(
        `${username} may not read the token ${file}: run this as root, or as the user of the server (sudo -u offhook …)`,
      );
    }
    if (code === 'ENOENT') throw new Failure(`There is no token ${file}: no server has run on this data directory. ${SAY}`);
    throw new Failure(`The token ${file} cannot be read: ${reason(cause)}`, exit.failed, cause);
  }
}

function queryOf({ query = [] }: Request): string {
  return query.length === 0 ? '' : `?${new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]))}`;
}

/** On the server's own host its certificate need not name the address under which commands ask. */
async function trustFor(url: string, certificates: string | undefined, settings?: () => Settings): Promise<Fetch> {
  if (!url.startsWith('https:')) return fetch;
  if (certificates !== undefined) return trusting({ authorities: certificates });
  const own = settings?.().admin.tls.certificate;
  return own === undefined ? fetch : trusting({ own });
}

async function send(
  fetcher: Fetch,
  url: string,
  method: string,
  { body, ifMatch, signal }: Request,
  token: string | undefined,
): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetcher(url, {
      method,
      redirect: 'error',
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
      headers: {
        // One command asks little: nothing is to be kept open for more.
        connection: 'close',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: stringifyOrdered(body) }),
    });
  } catch (cause) {
    throw new Failure(unreachable(new URL(url).origin, cause), exit.failed, cause);
  }
}

async function sendFile(fetcher: Fetch, url: string, file: AsyncIterable<Buffer>, token: string): Promise<Response> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new DOMException('It stalled', 'TimeoutError')), TIMEOUT_MS);
  let problem: unknown;
  async function* flowing() {
    try {
      for await (const piece of file) {
        timer.refresh();
        yield piece;
      }
      timer.refresh();
    } catch (cause) {
      problem = cause;
      throw cause;
    }
  }
  try {
    return await fetcher(url, {
      method: 'POST',
      redirect: 'error',
      signal: stalled.signal,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      body: flowing(),
      duplex: 'half',
    });
  } catch (cause) {
    if (problem !== undefined) throw problem;
    throw new Failure(unreachable(new URL(url).origin, cause), exit.failed, cause);
  } finally {
    clearTimeout(timer);
  }
}

function unreachable(origin: string, cause: unknown): string {
  const { name, cause: inner } = cause as Error & { cause?: unknown };
  const { code = '' } = (inner ?? {}) as { code?: string };
  if (name === 'TimeoutError') return `${origin} did not answer within ${TIMEOUT_MS / 1_000} seconds`;
  if (code === 'ECONNREFUSED') {
    return `No server answers at ${origin}: start it (offhook serve, or systemctl start offhook), or say where it is with --server URL`;
  }
  return `${origin} cannot be asked: ${inner instanceof Error ? inner.message : reason(cause)}`;
}

function documentOf(bytes: Buffer, url: string): Document {
  const document = parseOrdered(bytes.toString());
  if (document instanceof Map) return document;
  throw new Failure(`${url} is no Offhook: it answers something else`);
}

/** What the server has against it: in one line, or with a line for each of several complaints. */
function problemText(status: number, bytes: Buffer, url: string): string {
  try {
    const problem = documentOf(bytes, url);
    const complaints = listOf(problem, 'complaints').map((each) => `\n  ${textOf(each, 'path')} ${textOf(each, 'message')}`);
    const detail = textOf(problem, 'detail');
    // What comes after the colon is one of the complaints, or all in one line.
    return complaints.length > 1 ? `${detail.replace(/:.*/s, '')}:${complaints.join('')}` : detail;
  } catch {
    // Whatever stands between us and the server, it does not speak our language.
    return `${url} answered ${status}: is it an Offhook server?`;
  }
}

/** A text of a document; what is null or not there is empty. */
export function textOf(document: Document, key: string): string {
  const value = document.get(key) ?? null;
  return value === null ? '' : typeof value === 'string' ? value : stringifyOrdered(value);
}

/** The objects of a list in a document. */
export function listOf(document: Document, key: string): Document[] {
  const value = document.get(key);
  return Array.isArray(value) ? value.filter((item) => item instanceof Map) : [];
}

export function objectIn(document: Document, key: string): Document {
  const value = document.get(key);
  return value instanceof Map ? value : new Map();
}
