import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { isIP } from 'node:net';
import { type Answer, type Line, mostKept, socketFailure } from './answer.ts';

export interface HttpTarget {
  readonly secure: boolean;
  /** As the URL has it: for the Host header and the certificate. */
  readonly host: string;
  /** What the name means: asked once, and not by each phone. */
  readonly address: string;
  readonly port: number;
  /** What stands before every path, without a slash at the end. */
  readonly base: string;
  readonly keepAlive: boolean;
  /** Any certificate will do. */
  readonly insecure: boolean;
  /** How long a phone waits for the next byte. */
  readonly patienceMs: number;
}

/** A phone's connection; one, which it uses for one file after the other. @param from the address it asks from */
export function httpLine(target: HttpTarget, from: string | undefined): Line {
  const { secure, address, port, keepAlive } = target;
  const tls = { rejectUnauthorized: !target.insecure, ...(isIP(target.host) === 0 && { servername: target.host }) };
  const options = { keepAlive, maxSockets: 1 };
  const agent = secure ? new TlsAgent({ ...options, ...tls }) : new Agent(options);
  // The option also bounds the time to connect, which setTimeout() of a request does not.
  const base: RequestOptions = {
    host: address,
    port,
    agent,
    timeout: target.patienceMs,
    ...(from !== undefined && { localAddress: from }),
  };
  const host = formatHost(target);
  let current: ClientRequest | undefined;

  const once = (path: string, userAgent: string | undefined, keep: boolean) =>
    new Promise<{ answer: Answer; stale: boolean }>((resolve) => {
      const headers = { host, ...(userAgent !== undefined && { 'user-agent': userAgent }) };
      const request = (secure ? tlsRequest : plainRequest)({ ...base, headers, path: `${target.base}/${encodeURI(path)}` });
      current = request;
      let answered = false;
      let bytes = 0;
      let late = false;
      request.on('timeout', () => {
        late = true;
        request.destroy();
      });
      request.on('response', (response) => {
        answered = true;
        read(response, keep, (piece) => {
          bytes += piece;
        }).then(
          (content) => resolve({ answer: answerOf(response, bytes, content), stale: false }),
          () => resolve({ answer: late ? silence(target, bytes) : cutOff(response, bytes), stale: false }),
        );
      });
      request.on('error', (cause) => {
        if (answered) return;
        // A kept connection that the server closed just now: every HTTP client asks again at once (RFC 9112, 9.3.1).
        const stale = request.reusedSocket && !late;
        resolve({ answer: late ? silence(target, bytes) : socketFailure(cause, bytes), stale });
      });
      request.end();
    });

  return {
    async fetch(path, userAgent, keep) {
      const first = await once(path, userAgent, keep);
      return first.stale ? (await once(path, userAgent, keep)).answer : first.answer;
    },
    hangUp() {
      current?.destroy();
      agent.destroy();
    },
  };
}

function formatHost({ host, port, secure }: HttpTarget): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === (secure ? 443 : 80) ? name : `${name}:${port}`;
}

async function read(response: IncomingMessage, keep: boolean, count: (bytes: number) => void): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let kept = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    count(piece.length);
    kept += piece.length;
    if (keep && kept <= mostKept) pieces.push(piece);
  }
  return keep && kept <= mostKept ? Buffer.concat(pieces) : undefined;
}

function answerOf({ statusCode = 0 }: IncomingMessage, bytes: number, content: Buffer | undefined): Answer {
  if (statusCode === 200) return { kind: 'file', bytes, content };
  if (statusCode === 404) return { kind: 'missing' };
  const again = statusCode >= 500 || statusCode === 408 || statusCode === 429;
  return { kind: 'failed', why: `HTTP ${statusCode}`, bytes, again };
}

/** node:http reports it when fewer bytes came than Content-Length or the last chunk had promised. */
function cutOff({ headers }: IncomingMessage, bytes: number): Answer {
  const why = headers['content-length'] === undefined ? 'cut off' : 'cut off before its Content-Length';
  return { kind: 'failed', why, bytes, again: true };
}

function silence({ patienceMs }: HttpTarget, bytes: number): Answer {
  return { kind: 'failed', why: `silence for ${patienceMs / 1_000} s`, bytes, again: true };
}
