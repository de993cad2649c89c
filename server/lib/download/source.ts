import type { IncomingMessage } from 'node:http';
import { codeOf } from '../errors.ts';
import type { Credentials } from '../login.ts';
import { connectionFailure, statusFailure } from './failure.ts';
import { openFtp } from './ftp.ts';
import { askHttp } from './http.ts';
import { type Network, proxyFor } from './network.ts';

export interface Wanted {
  /** Bytes that are here already, and what the server named the version that they are of. */
  readonly offset: number;
  readonly validator: string | undefined;
  /** Bytes of the whole, if known. */
  readonly size: number | undefined;
  readonly credentials: Credentials | undefined;
  readonly network: Network;
  readonly signal: AbortSignal | undefined;
}

/** A file that is being sent. Whoever opened it closes it. */
export interface Source {
  /** Where its bytes begin: at the wanted offset, or at 0 when the server cannot or should not go on from there. */
  readonly offset: number;
  /** What the server names this version: an ETag, or when it was changed. */
  readonly validator: string | undefined;
  /** Bytes of the whole, as the server tells. */
  readonly size: number | undefined;
  /** Whether an end means that this is all: where only the connection ends, it may have been cut off. */
  readonly conclusive: boolean;
  /** The encoding that the server says the bytes have; they stay in it. */
  readonly encoding: string | undefined;
  readonly bytes: AsyncIterator<Buffer, void>;
  close(): void;
}

/** @throws Failure; the signal's reason */
export function openSource(url: URL, wanted: Wanted): Promise<Source> {
  return url.protocol === 'ftp:' && !proxyFor(url, wanted.network.proxies) ? fromFtp(url, wanted) : fromHttp(url, wanted);
}

async function fromFtp(url: URL, { offset, validator, credentials, network, signal }: Wanted): Promise<Source> {
  const file = await openFtp(url, { credentials, network, signal });
  const from = file.resumes && validator === file.modified ? offset : 0;
  return {
    offset: from,
    validator: file.modified,
    size: file.size,
    conclusive: true,
    encoding: undefined,
    bytes: file.read(from),
    close: () => file.close(),
  };
}

async function fromHttp(url: URL, wanted: Wanted): Promise<Source> {
  const { offset, validator, credentials, network, signal } = wanted;
  const headers = offset > 0 ? { range: `bytes=${offset}-`, ...(validator !== undefined && { 'if-range': validator }) } : {};
  const answer = await askHttp(url, { method: 'GET', headers, credentials, network, signal });
  const status = answer.statusCode ?? 0;
  if (status === 206 && continues(answer, wanted)) return sourceOf(answer, offset, url.host);
  if (status === 200) return sourceOf(answer, 0, url.host);
  answer.destroy();
  if (offset > 0 && (status === 206 || status === 416)) return fromHttp(url, { ...wanted, offset: 0, validator: undefined });
  throw statusFailure(status, url.host, answer.headers['retry-after']);
}

/** Whether a part of a file is the rest of the one that is here. */
function continues(answer: IncomingMessage, { offset, size, validator }: Wanted): boolean {
  const { start, total } = rangeOf(answer);
  const current = validatorOf(answer);
  return (
    offset > 0 &&
    start === offset &&
    (total === undefined || size === undefined || total === size) &&
    (current === undefined || validator === undefined || current === validator)
  );
}

/** `Content-Range: bytes 100-199/200`; the total may be `*`. */
export function rangeOf({ headers }: IncomingMessage): { start?: number; total?: number } {
  const { start, total } = /^bytes (?<start>\d+)-\d+\/(?<total>\d+|\*)$/i.exec(headers['content-range'] ?? '')?.groups ?? {};
  return {
    ...(start !== undefined && { start: Number(start) }),
    ...(total !== undefined && total !== '*' && { total: Number(total) }),
  };
}

/** A weak ETag does not promise the same bytes, so it cannot be in If-Range (RFC 9110, 13.1.5). */
function validatorOf({ headers }: IncomingMessage): string | undefined {
  const { etag } = headers;
  return etag?.startsWith('"') ? etag : headers['last-modified'];
}

/** Bytes of the whole that an answer with status 200 announces. */
export function lengthOf({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

function sourceOf(answer: IncomingMessage, offset: number, where: string): Source {
  const length = lengthOf(answer);
  return {
    offset,
    validator: validatorOf(answer),
    size: offset > 0 ? rangeOf(answer).total : length,
    conclusive: length !== undefined || answer.headers['transfer-encoding'] !== undefined,
    encoding: answer.headers['content-encoding'],
    bytes: bytesOf(answer, where),
    close: () => answer.destroy(),
  };
}

async function* bytesOf(answer: IncomingMessage, where: string): AsyncGenerator<Buffer, void> {
  try {
    yield* answer as AsyncIterable<Buffer>;
  } catch (cause) {
    throw codeOf(cause) === '' ? cause : connectionFailure(cause, where);
  }
}
