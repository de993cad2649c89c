import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** How a request is answered. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** A web server on loopback that does to a download what the world does. */
export interface RudeServer {
  readonly port: number;
  readonly origin: string;
  readonly requests: readonly SeenRequest[];
  /** Answers the first request for a path with the first behaviour, and so on; the last stays. @returns its URL */
  serve(path: string, ...behaviours: Behaviour[]): string;
  /** How many requests are being answered, at most at once so far. */
  most(): number;
  close(): Promise<void>;
}

/** @param tls makes it speak https @param host another address of loopback */
export async function startRudeServer(
  tls?: { readonly cert: string; readonly key: string },
  host = '127.0.0.1',
): Promise<RudeServer> {
  const paths = new Map<string, Behaviour[]>();
  const requests: SeenRequest[] = [];
  let [current, most] = [0, 0];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    requests.push({ method, path: url, headers });
    most = Math.max(most, ++current);
    response.on('close', () => current--);
    const behaviours = paths.get(url);
    const behaviour = behaviours && behaviours.length > 1 ? behaviours.shift() : behaviours?.[0];
    (behaviour ?? status(404))(request, response);
  };
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `${tls ? 'https' : 'http'}://${host}:${port}`;
  return {
    port,
    origin,
    requests,
    most: () => most,
    serve(path, ...behaviours) {
      paths.set(path, behaviours);
      return `${origin}${path}`;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Version {
  readonly etag?: string;
  readonly modified?: string;
}

const named = ({ etag, modified }: Version) => ({
  ...(etag !== undefined && { etag }),
  ...(modified !== undefined && { 'last-modified': modified }),
});

/** Sends the file as a good server does, ranges included. Its ETag is of its bytes unless another is given. */
export function file(body: Buffer, version: Version = { etag: etagOf(body) }): Behaviour {
  return ({ headers, method }, response) => {
    const all = { ...named(version), 'accept-ranges': 'bytes' };
    const condition = headers['if-range'];
    const goesOn = condition === undefined || condition === version.etag || condition === version.modified;
    const start = goesOn ? Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? Number.NaN) : Number.NaN;
    const end = Number(/-(\d+)$/.exec(headers.range ?? '')?.[1] ?? body.length - 1);
    if (Number.isNaN(start)) response.writeHead(200, { ...all, 'content-length': body.length });
    else if (start >= body.length) response.writeHead(416, { 'content-range': `bytes */${body.length}` });
    else {
      const range = `bytes ${start}-${end}/${body.length}`;
      response.writeHead(206, { ...all, 'content-range': range, 'content-length': end + 1 - start });
    }
    const bytes = Number.isNaN(start) ? body : body.subarray(start, end + 1);
    response.end(method === 'HEAD' || start >= body.length ? undefined : bytes);
  };
}

export function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

/** Always the whole file, whatever range was asked for. */
export function ignoringRanges(body: Buffer, version: Version = { etag: etagOf(body) }): Behaviour {
  return (request, response) => {
    const { range: _, ...headers } = request.headers;
    request.headers = headers;
    file(body, version)(request, response);
  };
}

/** Announces all of it, and cuts the connection off after some bytes. */
export function cutOff(body: Buffer, after: number, version: Version = { etag: etagOf(body) }): Behaviour {
  return (_request, response) => {
    response.writeHead(200, { ...named(version), 'content-length': body.length });
    // What came just before the end may be lost, as with any server.
    response.write(body.subarray(0, after), () => setTimeout(() => response.destroy(), 100));
  };
}

/** Answers nothing, and cuts the connection off. */
export const hangUp: Behaviour = ({ socket }) => void socket.destroy();

/** Neither a length nor chunks: the end of the connection is the end of the file, whether all was sent or not. */
export function untilTheEnd(body: Buffer): Behaviour {
  return ({ socket }) => void socket.end(Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), body]));
}

/** In chunks, without a length. */
export function chunked(body: Buffer): Behaviour {
  return (_request, response) => {
    for (let at = 0; at < body.length; at += 1_000) response.write(body.subarray(at, at + 1_000));
    response.end();
  };
}

/** Sends some bytes, and then nothing more while the connection stays. */
export function stall(body: Buffer, after: number): Behaviour {
  return (_request, response) => {
    response.writeHead(200, { etag: etagOf(body), 'content-length': body.length });
    response.write(body.subarray(0, after));
  };
}

/** Takes the request, and never answers. */
export const silent: Behaviour = () => {};

/** Sends all of it, a piece at a time. */
export function slow(body: Buffer, pieces: number, everyMs: number): Behaviour {
  return (_request, response) => {
    response.writeHead(200, { etag: etagOf(body), 'content-length': body.length });
    const length = Math.ceil(body.length / pieces);
    let at = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(at, at + length));
      at += length;
      if (at >= body.length) response.end();
    }, everyMs);
    response.on('close', () => clearInterval(timer));
  };
}

/** Announces another length than it has. */
export function announcing(body: Buffer, length: number): Behaviour {
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;
  return ({ socket }) => void socket.end(Buffer.concat([Buffer.from(head), body]));
}

/** Compressed for the way, although nobody asked for it. */
export function compressed(body: Buffer): Behaviour {
  return (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
}

/** The rest of another file as an answer to a range. */
export function otherRange(other: Buffer, shift = 0): Behaviour {
  return ({ headers }, response) => {
    const start = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0) + shift;
    response.writeHead(206, { 'content-range': `bytes ${start}-${other.length - 1}/${other.length}` });
    response.end(other.subarray(start));
  };
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return (_request, response) => void response.writeHead(code, headers).end(`This is no file, but status ${code}.`);
}

export const redirect = (to: string, code = 302): Behaviour => status(code, { location: to });

/** Asks for a login, and then does as it is told. */
export function locked(username: string, password: string, then: Behaviour): Behaviour {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return (request, response) => {
    if (request.headers.authorization === expected) then(request, response);
    else status(401, { 'www-authenticate': 'Basic realm="files"' })(request, response);
  };
}

/** A lock of Digest, and what its server remembers. */
export interface DigestLock {
  readonly username: string;
  readonly password: string;
  /** As they are offered, in that order; the first is what an answer without `algorithm` means. */
  readonly algorithms?: readonly string[];
  /** Without it the server is of RFC 2069: nothing is counted. */
  readonly qop?: string | undefined;
  /** Requests for which a nonce is good. */
  readonly uses?: number;
  /** Whether it says so when it is no longer. */
  readonly tellsStale?: boolean;
  /** Further challenges, before its own. */
  readonly also?: readonly string[];
  readonly parameters?: string;
  /** Whether it is a proxy that asks. */
  readonly isProxy?: boolean;
}

/** Asks for a login by Digest (RFC 7616), checks it to the letter, and then does as it is told. */
export function digestLocked(lock: DigestLock, then: Behaviour): Behaviour {
  const { username, password, algorithms = ['SHA-256'], uses = 100, tellsStale = true, also = [], parameters = '' } = lock;
  const [code, asking, answer] = lock.isProxy
    ? ([407, 'proxy-authenticate', 'proxy-authorization'] as const)
    : ([401, 'www-authenticate', 'authorization'] as const);
  const qop = 'qop' in lock ? lock.qop : 'auth';
  const realm = 'files';
  const counts = new Map<string, number>();
  const ask = (response: ServerResponse, stale: boolean) => {
    const nonce = randomBytes(8).toString('hex');
    counts.set(nonce, 0);
    const more = `${qop === undefined ? '' : `, qop="${qop}"`}${stale && tellsStale ? ', stale=true' : ''}${parameters}`;
    const ours = algorithms.map((name) => `Digest realm="${realm}", nonce="${nonce}", algorithm=${name}, opaque="a\\"b"${more}`);
    response.writeHead(code, { [asking]: [...also, ...ours] }).end('This is no file');
  };
  return (request, response) => {
    const shown = request.headers[answer] ?? '';
    if (!shown.startsWith('Digest ')) return ask(response, false);
    const said = Object.fromEntries(
      [...shown.slice(7).matchAll(/([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^,]+))/g)].map(([, key, quoted, plain]) => [
        key,
        quoted ?? plain,
      ]),
    );
    const algorithm = said.algorithm ?? algorithms[0] ?? '';
    const hash = algorithm.replace('-sess', '').toLowerCase().replace('sha-', 'sha');
    const sum = (...texts: unknown[]) => createHash(hash).update(texts.join(':')).digest('hex');
    const count = counts.get(said.nonce ?? '');
    if (count === undefined || !algorithms.includes(algorithm) || said.opaque !== 'a\\"b') return ask(response, false);
    if (count >= uses) return ask(response, true);
    const who = sum(username, realm, password);
    const key = algorithm.endsWith('-sess') ? sum(who, said.nonce, said.cnonce) : who;
    const what = sum(request.method, request.url);
    const expected = qop === undefined ? sum(key, said.nonce, what) : sum(key, said.nonce, said.nc, said.cnonce, 'auth', what);
    const isCounted = qop === undefined ? said.nc === undefined : Number.parseInt(said.nc ?? '', 16) === count + 1;
    const isNamed = [username, sum(username, realm)].includes(
      said.username ?? decodeURIComponent(said['username*']?.slice(7) ?? ''),
    );
    if (said.response !== expected || !isCounted || !isNamed || said.uri !== request.url) return ask(response, false);
    counts.set(said.nonce ?? '', count + 1);
    then(request, response);
  };
}

/** Does not know the method HEAD. */
export function withoutHead(then: Behaviour, code = 405): Behaviour {
  return (request, response) => (request.method === 'HEAD' ? status(code) : then)(request, response);
}
