import { SipHeaders } from './headers.ts';

/** RFC 3261, section 7. Texts are Latin-1, one character a byte: whatever encoding a peer uses, what is sent back is what came. */
export type SipMessage = SipRequest | SipResponse;

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: SipHeaders;
  readonly body: Buffer;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: SipHeaders;
  readonly body: Buffer;
}

/** More than any message that we look for has, and less than a peer needs to fill our memory. Bytes. */
export const MAX_HEAD = 65_536;
export const MAX_BODY = 1_048_576;

const NOTHING = Buffer.alloc(0);
const TOKEN = "[\\w.!%*+`'~-]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) (\\S+) SIP/2\\.0$`, 'i');
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i;
const NAME = new RegExp(`^${TOKEN}$`);

/** A head that ends, the bytes that it takes with the empty line, and what its Content-Length says. */
interface Head {
  readonly message: SipMessage;
  readonly bytes: number;
  readonly length: number | undefined;
}

/**
 * Reads a datagram: one message, whose body is what Content-Length says, or all that is left (section 18.3).
 *
 * @returns undefined for what is none, or has lost its end; never throws
 */
export function readDatagram(bytes: Buffer): SipMessage | undefined {
  const start = skipLineEnds(bytes, 0);
  const head = readHead(bytes.subarray(start));
  if (!head || head === 'more') return undefined;
  const rest = bytes.subarray(start + head.bytes);
  const length = head.length ?? rest.length;
  return length > rest.length ? undefined : { ...head.message, body: rest.subarray(0, length) };
}

/**
 * Takes a stream apart (section 18.3: there every message says how long it is; line ends between messages keep a connection alive,
 * RFC 5626, section 3.5.1).
 */
export class SipFramer {
  #waiting: Buffer = NOTHING;
  #isBroken = false;

  /** What came cannot be told apart any more: the connection is of no use. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** @returns the messages that are whole by now */
  take(bytes: Buffer): SipMessage[] {
    if (this.#isBroken) return [];
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    const messages: SipMessage[] = [];
    for (;;) {
      this.#waiting = this.#waiting.subarray(skipLineEnds(this.#waiting, 0));
      const head = this.#waiting.length === 0 ? 'more' : readHead(this.#waiting);
      if (head === 'more' && this.#waiting.length <= MAX_HEAD) return messages;
      if (!head || head === 'more' || (head.length ?? 0) > MAX_BODY) {
        this.#isBroken = true;
        this.#waiting = NOTHING;
        return messages;
      }
      const end = head.bytes + (head.length ?? 0);
      if (this.#waiting.length < end) return messages;
      // A copy: what comes in one piece with much else would be kept as long as the body.
      messages.push({ ...head.message, body: Buffer.from(this.#waiting.subarray(head.bytes, end)) });
      this.#waiting = this.#waiting.subarray(end);
    }
  }
}

/** @returns the bytes of a message with its Content-Length @throws RangeError for a value that would be another line, or none of the first */
export function writeMessage(message: SipMessage): Buffer {
  const first =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`.trimEnd();
  if (!(message.kind === 'request' ? REQUEST_LINE : STATUS_LINE).test(first) || /[\r\n]/.test(first))
    throw new RangeError('This is no first line of a SIP message');
  const headers = message.headers.without('Content-Length').and('Content-Length', String(message.body.length));
  const lines = headers.fields.map(([name, value]) => {
    if (!NAME.test(name) || /[\0\r\n]/.test(value)) throw new RangeError(`The SIP header ${name} has a line end, or no name`);
    return `${name}: ${value}\r\n`;
  });
  return Buffer.concat([Buffer.from(`${first}\r\n${lines.join('')}\r\n`, 'latin1'), message.body]);
}

/** @returns `more` when the head has no end yet, undefined for what is no head */
function readHead(bytes: Buffer): Head | 'more' | undefined {
  const end = endOfHead(bytes);
  if (!end) return 'more';
  if (end.text > MAX_HEAD) return undefined;
  // Section 7.3.1: a line that begins with a blank goes on with the one before.
  const [first = '', ...lines] = bytes
    .toString('latin1', 0, end.text)
    .replaceAll(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/);
  const fields: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const [name, value] = [withoutBlanks(line.slice(0, Math.max(colon, 0))), withoutBlanks(line.slice(colon + 1))];
    if (!NAME.test(name) || /[\0\r]/.test(value)) return undefined;
    fields.push([name, value]);
  }
  const headers = new SipHeaders(fields);
  const length = lengthIn(headers);
  const start = readStart(first);
  if (!start || length === 'invalid') return undefined;
  return { message: { ...start, headers, body: NOTHING }, bytes: end.bytes, length };
}

type Start = Omit<SipRequest, 'headers' | 'body'> | Omit<SipResponse, 'headers' | 'body'>;

function readStart(line: string): Start | undefined {
  const [, method, uri] = REQUEST_LINE.exec(line) ?? [];
  if (method !== undefined && uri !== undefined) return { kind: 'request', method, uri };
  const [, status, reason = ''] = STATUS_LINE.exec(line) ?? [];
  return status === undefined ? undefined : { kind: 'response', status: Number(status), reason };
}

/** Two that differ leave open where the next message begins. */
function lengthIn(headers: SipHeaders): number | 'invalid' | undefined {
  const [text, ...others] = headers.all('Content-Length');
  if (text === undefined) return undefined;
  return /^\d{1,9}$/.test(text) && others.every((other) => other === text) ? Number(text) : 'invalid';
}

/** Where the empty line is: after so many bytes of text, with so many in all. Peers that end lines with LF alone are understood. */
function endOfHead(bytes: Buffer): { readonly text: number; readonly bytes: number } | undefined {
  for (let at = bytes.indexOf('\n'); at !== -1 && at <= MAX_HEAD + 2; at = bytes.indexOf('\n', at + 1)) {
    const text = bytes[at - 1] === 0x0d ? at - 1 : at;
    if (bytes[at + 1] === 0x0a) return { text, bytes: at + 2 };
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return { text, bytes: at + 3 };
  }
  return undefined;
}

/** Not `trim`, which takes away bytes that are blanks of Unicode; not a pattern, which looks at each of many blanks many times. */
function withoutBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === ' ' || text[start] === '\t') start++;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(start, end);
}

function skipLineEnds(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x0d || bytes[at] === 0x0a) at++;
  return at;
}
