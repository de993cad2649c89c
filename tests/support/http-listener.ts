import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';
import { bytesContent, type Content } from '../../server/lib/content.ts';
import { type HttpEvent, type HttpListener, type HttpOptions, startHttp } from '../../server/listeners/http.ts';
import type { PhoneRequest, Reply } from '../../server/pipeline/request.ts';

export type FileReply = Extract<Reply, { kind: 'file' }>;

export interface Started extends HttpListener {
  readonly port: number;
  readonly requests: PhoneRequest[];
  readonly events: HttpEvent[];
  /** Resolves with the first event, past or to come, that fits. */
  event<K extends HttpEvent['kind']>(
    kind: K,
    fits?: (event: Extract<HttpEvent, { kind: K }>) => boolean,
  ): Promise<Extract<HttpEvent, { kind: K }>>;
}

const started: Started[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(started.splice(0).map((listener) => listener.close()));
});

export const CONFIG = Buffer.from('<config><account username="1001"/></config>\n');
export const MODIFIED = new Date('2024-03-01T12:34:56.789Z');

/** A file as the pipeline answers it. */
export function file(content: Content | Buffer = CONFIG, more: Partial<FileReply> = {}): FileReply {
  const contents = Buffer.isBuffer(content) ? bytesContent(content) : content;
  return { kind: 'file', content: contents, contentType: 'text/xml', tag: 'b6-r12', modified: MODIFIED, ...more };
}

/** A listener on a free loopback port, closed after the test. It answers every name with one file, unless told otherwise. */
export async function start(options: Partial<HttpOptions> = {}): Promise<Started> {
  const requests: PhoneRequest[] = [];
  const events: HttpEvent[] = [];
  const watchers = new Set<() => void>();
  const answer = options.answer ?? (async () => file());
  const listener = await startHttp({
    addresses: [{ host: '127.0.0.1', port: 0 }],
    trustedProxies: 0,
    ...options,
    answer(request) {
      requests.push(request);
      return answer(request);
    },
    observe(event) {
      events.push(event);
      for (const look of watchers) look();
    },
  });
  const result: Started = {
    ...listener,
    port: listener.addresses[0]?.port ?? 0,
    requests,
    events,
    event: (kind, fits = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const found = events.find(
            (event): event is Extract<HttpEvent, { kind: typeof kind }> => event.kind === kind && fits(event as never),
          );
          if (!found) return;
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
      }),
  };
  started.push(result);
  return result;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Status line and headers as they came. */
  readonly head: string;
}

/** A socket that sends what it is told and keeps, as Latin-1, what comes. */
export interface Client {
  readonly socket: Socket;
  readonly received: () => string;
  /** Resolves when what has come fits. */
  until(fits: (received: string) => boolean): Promise<string>;
  /** Resolves with all that came when the server has closed or reset the connection. */
  closed(): Promise<string>;
}

export async function dial(port: number, host = '127.0.0.1'): Promise<Client> {
  const socket = connect({ port, host, allowHalfOpen: true });
  await once(socket, 'connect');
  return client(socket);
}

export function client(socket: Socket): Client {
  sockets.push(socket);
  let received = '';
  const watchers = new Set<() => void>();
  const over = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    for (const look of watchers) look();
  });
  // A reset is a way to be closed; what matters is what came before.
  socket.on('error', () => {});
  return {
    socket,
    received: () => received,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!fits(received)) return;
          watchers.delete(look);
          resolve(received);
        };
        watchers.add(look);
        look();
        void over.then(() => (fits(received) ? resolve(received) : reject(new Error(`Closed after: ${received}`))));
      }),
    async closed() {
      await over;
      return received;
    },
  };
}

/** Sends bytes (text as Latin-1) and waits until the server closes. */
export async function exchange(port: number, text: string | Buffer, host?: string): Promise<string> {
  const { socket, closed } = await dial(port, host);
  socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  return await closed();
}

/** GET over a connection of its own. Header lines as written, without line ends. */
export async function get(port: number, target: string, headers: readonly string[] = [], method = 'GET'): Promise<Answer> {
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: offhook.example', 'Connection: close', ...headers, '', ''];
  return only(await exchange(port, lines.join('\r\n')), method === 'HEAD');
}

function only(text: string, head: boolean): Answer {
  const [answer, ...more] = answers(text, head);
  if (!answer || more.length > 0) throw new Error(`Not one answer: ${text}`);
  return answer;
}

/** Takes the answers of one connection apart, by their Content-Length. */
export function answers(text: string, head = false): Answer[] {
  const found: Answer[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
    if (end < 0 || Number.isNaN(status)) throw new Error(`Not an answer: ${rest.slice(0, 200)}`);
    const headers = new Map(
      lines.map((header) => [header.slice(0, header.indexOf(':')).toLowerCase(), header.replace(/^[^:]*: */, '')]),
    );
    const length = head || status === 304 ? 0 : Number(headers.get('content-length') ?? 0);
    const body = rest.slice(end + 4, end + 4 + length);
    if (body.length < length) throw new Error(`An answer of ${length} bytes ended after ${body.length}`);
    found.push({ status, headers, body, head: rest.slice(0, end) });
    rest = rest.slice(end + 4 + length);
  }
  return found;
}
