import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Arrivals } from '../../lib/arrivals.ts';
import { clientAddress } from '../../lib/forwarded.ts';
import type { Ip } from '../../lib/ip.ts';
import type { PhoneRequest, Reply } from '../../pipeline/request.ts';
import { type Sent, send, sendFailed } from './answer.ts';
import type { HttpEvent, Refusal } from './events.ts';
import type { HttpLimits } from './limits.ts';
import { parseTarget } from './path.ts';

/** What all connections of a listener share. */
export interface Service {
  readonly transport: 'http' | 'https';
  readonly trustedProxies: number;
  readonly limits: HttpLimits;
  readonly arrivals: Arrivals;
  answer(request: PhoneRequest): Promise<Reply>;
  observe(event: HttpEvent): void;
  /** Once true, every answer is the last one of its connection. */
  closing: boolean;
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What the phone waits for before it sends the body: 100 Continue, or something that nobody knows. */
  readonly expects: 'continue' | 'other' | undefined;
}

const ANSWERED: Partial<Record<Refusal, number>> = {
  malformed: 400,
  forwarded: 400,
  method: 405,
  slow: 408,
  body: 413,
  target: 414,
  expectation: 417,
  headers: 431,
  version: 505,
};

/**
 * How long a connection is still read after a refusal. Closing it at once, with bytes of the phone unread, makes the system send a
 * reset that overtakes the answer (RFC 9112, 9.6); one round trip is enough.
 */
const LINGER_MS = 1_000;

/** Where queued requests stop the reading. Any small number: phones do not pipeline, and 1 would pause on every second packet. */
const PAUSE_AT = 8;

const NO_OPTIONS: PhoneRequest['options'] = new Map();
const NO_TARGET: Reply = { kind: 'not-found' };

/** One connection of a phone. Its requests are answered one after the other, in order. */
export class Connection {
  readonly #service: Service;
  readonly #socket: Socket;
  readonly #peer: Ip;
  readonly #reached: PhoneRequest['reached'];
  readonly #waiting: Exchange[] = [];
  #busy = false;
  /** The request under way is not read to its end. */
  #reading = false;
  #answered = 0;
  /** What to refuse once the answers under way are sent. */
  #malformed: { why: Refusal; detail?: string } | undefined;
  #over = false;

  constructor(service: Service, socket: Socket, peer: Ip, reached: PhoneRequest['reached']) {
    this.#service = service;
    this.#socket = socket;
    this.#peer = peer;
    this.#reached = reached;
    // node:http resumes the socket when it has sent something, whoever paused it.
    socket.on('resume', () => this.#pauseWhenFull());
  }

  get busy(): boolean {
    return this.#busy;
  }

  receive(exchange: Exchange): void {
    if (this.#over) return;
    if (!this.#busy) {
      void this.#run(exchange);
      return;
    }
    if (this.#waiting.length >= this.#service.limits.pipelined) {
      this.cut('pipelined');
      return;
    }
    this.#waiting.push(exchange);
    this.#pauseWhenFull();
  }

  #pauseWhenFull(): void {
    if (this.#waiting.length >= PAUSE_AT) this.#socket.pause();
  }

  /** The parser, a timer or the socket has given up. */
  fail(error: NodeJS.ErrnoException): void {
    if (this.#over) return;
    const why = refusalOf(error);
    if (why === 'socket') {
      this.#over = true;
      this.#service.observe({ kind: 'lost', ip: this.#peer, code: error.code ?? error.message });
      this.#socket.destroy();
    } else if (why !== undefined) {
      const detail = error.code ?? error.message;
      if (this.#busy && !this.#reading) this.#malformed ??= { why, detail };
      else this.refuse(why, { detail });
    }
  }

  /** Answers with the refusal's status and closes. The phone gets it after the answers to its earlier requests. */
  refuse(why: Refusal, { request, detail }: { request?: IncomingMessage; detail?: string } = {}): void {
    if (this.#over) return;
    this.#over = true;
    this.#service.observe({ kind: 'refused', ip: this.#peer, why, ...(detail === undefined ? {} : { detail }) });
    if (!this.#socket.writable) {
      this.#socket.destroy();
      return;
    }
    this.#socket.end(refusalText(ANSWERED[why] ?? 400, request?.method === 'HEAD'));
    request?.resume();
    this.#socket.resume();
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(linger));
  }

  /** A CONNECT. What was asked before it can no longer be answered: node:http has given the socket away. */
  tunnel(request: IncomingMessage): void {
    if (this.#busy) this.cut('method');
    else this.refuse('method', { request });
  }

  /** Ends the connection without a word. */
  cut(why: Refusal): void {
    if (this.#over) return;
    this.#over = true;
    this.#service.observe({ kind: 'refused', ip: this.#peer, why });
    this.#socket.destroy();
  }

  async #run(first: Exchange): Promise<void> {
    this.#busy = true;
    let next: Exchange | undefined = first;
    let keep = true;
    while (next && keep && !this.#over) {
      keep = await this.#serve(next);
      next = this.#waiting.shift();
      if (this.#waiting.length === 0 && this.#socket.isPaused()) this.#socket.resume();
    }
    this.#busy = false;
    this.#waiting.length = 0;
    if (this.#malformed && keep) this.refuse(this.#malformed.why, this.#malformed);
    else if (this.#service.closing && !this.#over) this.#socket.destroySoon();
  }

  /** @returns whether the connection may go on. */
  async #serve({ request, response, expects }: Exchange): Promise<boolean> {
    const { limits, trustedProxies, transport, observe } = this.#service;
    const started = performance.now();
    const why = turnedAway(request, expects, limits);
    if (why !== undefined) {
      this.refuse(why, { request });
      return false;
    }
    if (hasBody(request)) {
      // The parser has given up since; what is missing of the body never comes.
      if (this.#malformed && !request.complete) {
        this.refuse(this.#malformed.why, this.#malformed);
        return false;
      }
      if (expects === 'continue') response.writeContinue();
      this.#reading = true;
      const end = await discard(request, limits.bodyBytes);
      this.#reading = false;
      if (end === 'too-large') this.refuse('body', { request });
      if (end !== 'complete') return false;
    }
    const ip = clientAddress(this.#peer, request.headers['x-forwarded-for'], trustedProxies);
    if (ip === undefined) {
      this.refuse('forwarded', { request });
      return false;
    }
    // Who closed its side may only be done with asking (see `httpAllowHalfOpen`). But where many wait, nearly all of those have lost
    // their patience, and every answer to nobody is one less for somebody.
    const turn = this.#service.arrivals.turn(() => this.#socket.destroyed || this.#socket.readableEnded);
    if (turn && !(await turn)) {
      this.cut('impatient');
      return false;
    }
    const { bytes, complete } = await this.#answer(request, response, ip);
    observe({
      kind: 'finished',
      transport,
      ip,
      method: request.method ?? '',
      status: response.statusCode,
      bytes,
      ms: performance.now() - started,
      complete,
    });
    return response.shouldKeepAlive && complete;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, ip: Ip): Promise<Sent> {
    const { transport, limits, answer, observe } = this.#service;
    const { headers } = request;
    const reached = this.#reached;
    const target = parseTarget(request.url ?? '');
    try {
      const reply = target
        ? await answer({ transport, ip, reached, path: target.path, query: target.query, headers, options: NO_OPTIONS })
        : NO_TARGET;
      this.#answered += 1;
      if (this.#answered >= limits.requestsPerConnection || this.#service.closing) response.shouldKeepAlive = false;
      return await send(request, response, reply);
    } catch (cause) {
      observe({ kind: 'answer-failed', ip, cause });
      if (!response.headersSent) return await sendFailed(request, response);
      // The phone must not take the part that it has for the whole.
      if (!response.writableEnded) this.#socket.destroy();
      return { bytes: 0, complete: response.writableEnded };
    }
  }
}

function turnedAway(request: IncomingMessage, expects: Exchange['expects'], limits: HttpLimits): Refusal | undefined {
  // The parser also takes 0.9, 2.0 and RTSP for a request line.
  if (request.httpVersionMajor !== 1) return 'version';
  // RFC 9112, 3.2. Left to node:http, the answer would be one of its own.
  const hosts = hostLines(request);
  if (hosts > 1 || (request.httpVersionMinor > 0 && hosts === 0)) return 'malformed';
  if (request.method !== 'GET' && request.method !== 'HEAD') return 'method';
  if (expects === 'other') return 'expectation';
  if (request.url !== undefined && request.url.length > limits.targetBytes) return 'target';
  if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) return 'body';
  return undefined;
}

/** node:http keeps the first and says nothing of the others. */
function hostLines({ rawHeaders }: IncomingMessage): number {
  let lines = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') lines += 1;
  }
  return lines;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Reads a body to its end and forgets it. */
function discard(request: IncomingMessage, limit: number): Promise<'complete' | 'too-large' | 'gone'> {
  return new Promise((resolve) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) resolve('too-large');
    });
    request.once('end', () => resolve('complete'));
    request.once('close', () => resolve('gone'));
  });
}

const REQUEST_LINE = /^[\w!#$%&'*+.^`|~-]{1,32} [^ ]+ HTTP\/1\.[01]\r\n/;

interface ParserError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** What an error of the HTTP parser means, undefined for nothing; `socket` when nothing can be answered any more. */
function refusalOf(error: ParserError): Refusal | 'socket' | undefined {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'slow';
    case 'HPE_HEADER_OVERFLOW':
      return 'headers';
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 'body';
    case 'HPE_INVALID_METHOD':
      return isUnknownMethod(error) ? 'method' : 'malformed';
    case 'HPE_CLOSED_CONNECTION':
      // More after a request that was the last one by its own word: that one is being answered.
      return undefined;
    default:
      return error.code?.startsWith('HPE_') ? 'malformed' : 'socket';
  }
}

/** The parser knows the registered methods only; who sends another one in a proper request line is told which are allowed. */
function isUnknownMethod({ rawPacket, bytesParsed = 0 }: ParserError): boolean {
  // Further into the packet it is not its first line that is wrong.
  return rawPacket !== undefined && bytesParsed <= 32 && REQUEST_LINE.test(rawPacket.toString('latin1', 0, 256));
}

function refusalText(status: number, head: boolean): string {
  const reason = STATUS_CODES[status] ?? '';
  const body = `${reason}\n`;
  return [
    `HTTP/1.1 ${status} ${reason}`,
    `Date: ${new Date().toUTCString()}`,
    ...(status === 405 ? ['Allow: GET, HEAD'] : []),
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    head ? '' : body,
  ].join('\r\n');
}
