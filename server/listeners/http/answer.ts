import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';
import { Turns } from '../../lib/turns.ts';
import type { Reply } from '../../pipeline/request.ts';
import { precondition, rangeHolds } from './conditional.ts';
import { parseRange, type Slice } from './range.ts';

type File = Extract<Reply, { kind: 'file' }>;

/**
 * How much of a file is read at once. Smaller costs more turns of the event loop, larger more memory: a thousand phones that
 * fetch firmware hold this much each.
 */
const PIECE_BYTES = 65_536;

/**
 * Pieces that are read at once, over all answers. With more, what hundreds of phones fetch of an image that lies in the system's memory
 * arrives all in one turn of the event loop, and who asks for a configuration waits until it is sent. libuv reads no more at a time
 * anyway: it has four threads.
 */
const reading = new Turns(4);

interface Constant {
  readonly status: number;
  readonly headers: readonly OutgoingHttpHeader[];
  readonly body: Buffer;
}

/** The same bytes for whatever is not there, not this phone's, or refused. Caches forget it: the device may be added any moment. */
const NOT_FOUND = constant(404, 'Not found\n');

/** 503 and not 500: it says that asking again helps (RFC 9110, 15.6.4), to the phone and to a proxy in front. */
const FAILED = constant(503, 'Cannot be made now, ask again\n', ['Retry-After', '60']);

function constant(status: number, text: string, more: readonly string[] = []): Constant {
  const body = Buffer.from(text);
  const headers = [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    body.length,
    'Cache-Control',
    'no-store',
    ...more,
  ];
  return { status, headers, body };
}

/** How an answer ended. */
export interface Sent {
  /** Of the body, handed to the system; of a body in memory all, complete or not. */
  readonly bytes: number;
  readonly complete: boolean;
}

const NOTHING: Sent = { bytes: 0, complete: false };

/**
 * Sends the answer to a GET or HEAD and closes its content, sent or not. Resolves when the answer is over: handed to the system
 * as a whole, or the phone has gone. Rejects when the file cannot be read; then the answer is not ended.
 */
export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<Sent> {
  if (reply.kind === 'file') return sendFile(request, response, reply);
  return sendConstant(request, response, reply.kind === 'failed' ? FAILED : NOT_FOUND);
}

/** Answers that the file cannot be made now. */
export function sendFailed(request: IncomingMessage, response: ServerResponse): Promise<Sent> {
  return sendConstant(request, response, FAILED);
}

async function sendConstant(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Constant,
): Promise<Sent> {
  if (isGone(response)) return NOTHING;
  response.writeHead(status, [...headers]);
  return await end(response, request.method === 'HEAD' ? undefined : body);
}

async function sendFile(request: IncomingMessage, response: ServerResponse, file: File): Promise<Sent> {
  const { content } = file;
  try {
    if (isGone(response)) return NOTHING;
    const { status, headers, body } = fileHead(request, file);
    let sent: Sent;
    if (body && !content.bytes) {
      sent = await stream(response, file, status, headers, body);
    } else {
      response.writeHead(status, headers);
      sent = await end(response, body && content.bytes && partOf(content.bytes, body));
    }
    // Some ask for the whole as a range: bytes=0-
    const hasAll = status === 304 || body?.length === content.size;
    if (sent.complete && hasAll) file.delivered?.();
    return sent;
  } finally {
    // What lies in memory needs no closing, and nearly every answer does.
    if (!content.bytes) await content.close();
  }
}

function partOf(bytes: Buffer, { start, length }: Slice): Buffer {
  return length === bytes.length ? bytes : bytes.subarray(start, start + length);
}

interface Head {
  readonly status: number;
  readonly headers: OutgoingHttpHeader[];
  /** The part of the file to send: none for HEAD, 304, 412, 416. */
  readonly body: Slice | undefined;
}

function fileHead({ method, headers: asked }: IncomingMessage, file: File): Head {
  const { size } = file.content;
  // Not later than the answer (RFC 9110, 8.8.2.1): who has a file that changes within the same second asks with an earlier date.
  const modified = httpDate(file.modified.getTime() <= Date.now() ? file.modified : new Date());
  const headers: OutgoingHttpHeader[] = [
    'ETag',
    `"${file.tag}"`,
    'Last-Modified',
    modified,
    'Cache-Control',
    'private, no-cache',
  ];
  const status = precondition(asked, file);
  if (status === 304) return { status, headers, body: undefined };
  if (status === 412) {
    headers.push('Content-Length', 0);
    return { status, headers, body: undefined };
  }
  // A range is defined for GET only (RFC 9110, 14.2).
  const wanted = method === 'GET' ? asked.range : undefined;
  const range = wanted !== undefined && rangeHolds(asked['if-range']?.toString(), file) ? parseRange(wanted, size) : undefined;
  if (range === 'unsatisfiable') {
    headers.push('Content-Length', 0, 'Content-Range', `bytes */${size}`);
    return { status: 416, headers, body: undefined };
  }
  const part = range ?? { start: 0, length: size };
  headers.push('Content-Type', file.contentType, 'Content-Length', part.length, 'Accept-Ranges', 'bytes');
  if (range) headers.push('Content-Range', `bytes ${range.start}-${range.start + range.length - 1}/${size}`);
  return { status: range ? 206 : 200, headers, body: method === 'HEAD' ? undefined : part };
}

/** Files in memory keep their date, as an object; making a text of it takes as long as looking the file up. */
const httpDates = new WeakMap<Date, string>();

function httpDate(date: Date): string {
  const known = httpDates.get(date);
  if (known !== undefined) return known;
  const text = date.toUTCString();
  httpDates.set(date, text);
  return text;
}

async function stream(
  response: ServerResponse,
  { content }: File,
  status: number,
  headers: OutgoingHttpHeader[],
  { start, length }: Slice,
): Promise<Sent> {
  let sent = 0;
  // The same for all pieces: one is read when the system has the one before.
  const memory = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, length));
  while (sent < length) {
    const at = start + sent;
    const piece = await reading.run(() => content.read(at, Math.min(PIECE_BYTES, length + start - at), memory));
    if (piece.length === 0) throw new Error(`A content of ${content.size} bytes ended at ${start + sent}`);
    if (isGone(response)) return { bytes: sent, complete: false };
    // Only now: a file whose first piece cannot be read is still answered as one that cannot be made.
    if (!response.headersSent) response.writeHead(status, headers);
    sent += piece.length;
    await written(response, piece);
  }
  if (isGone(response)) return { bytes: sent, complete: false };
  if (!response.headersSent) response.writeHead(status, headers);
  return { ...(await end(response)), bytes: sent };
}

/** Waits until the system has a piece of the body, or the phone has gone. */
function written(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('close', done);
      resolve();
    };
    response.on('close', done);
    response.write(piece, done);
  });
}

/** Ends the answer, header and body in one write, and waits until the system has it, or the phone has gone. */
function end(response: ServerResponse, body?: Buffer): Promise<Sent> {
  return new Promise((resolve) => {
    const { socket } = response;
    const bytes = body?.length ?? 0;
    // It also finishes when its socket is destroyed. Whichever of the two comes first counts.
    response.on('finish', () => resolve({ bytes, complete: socket?.destroyed === false }));
    response.on('close', () => resolve({ bytes, complete: false }));
    response.end(body);
  });
}

/** A socket says so at once, the response a little later. */
function isGone({ destroyed, socket }: ServerResponse): boolean {
  return destroyed || socket === null || socket.destroyed;
}
