/** The packets of TFTP (RFC 1350, section 5; RFC 2347): bytes to types and back. */

export const ErrorCode = {
  undefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransfer: 5,
  optionRefused: 8,
} as const;

export type Option = readonly [name: string, value: string];

/** Text of requests, options and errors is Latin-1, one character a byte: whatever encoding a phone uses, no byte is lost. */
export type Packet =
  | {
      readonly kind: 'read' | 'write';
      readonly filename: string;
      readonly mode: string;
      readonly options: readonly Option[];
    }
  | { readonly kind: 'data'; readonly block: number; readonly data: Buffer }
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'oack'; readonly options: readonly Option[] };

const OPCODE = { read: 1, write: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;

/** RFC 2347, "Packet Formats": a request has 512 octets at most. */
const MAX_REQUEST_BYTES = 512;

const NOTHING = Buffer.alloc(0);
const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Reads a datagram. What `encodePacket` makes comes back as it was. Some liberty is taken with what phones send: bytes after an
 * ACK, an ERROR whose message has no end, and requests padded with NULs.
 *
 * @returns undefined for what is no TFTP packet, or a request longer than RFC 2347 allows; never throws.
 */
export function parsePacket(bytes: Buffer): Packet | undefined {
  if (bytes.length < 2) return undefined;
  switch (bytes.readUInt16BE(0)) {
    case OPCODE.read:
      return parseRequest('read', bytes);
    case OPCODE.write:
      return parseRequest('write', bytes);
    case OPCODE.data:
      return bytes.length < 4 ? undefined : { kind: 'data', block: bytes.readUInt16BE(2), data: bytes.subarray(4) };
    case OPCODE.ack:
      return bytes.length < 4 ? undefined : { kind: 'ack', block: bytes.readUInt16BE(2) };
    case OPCODE.error:
      return bytes.length < 4 ? undefined : { kind: 'error', code: bytes.readUInt16BE(2), message: firstText(bytes.subarray(4)) };
    case OPCODE.oack: {
      const options = parseOptions(texts(bytes.subarray(2)) ?? []);
      return options.length === 0 ? undefined : { kind: 'oack', options };
    }
    default:
      return undefined;
  }
}

/** The number of a block counts from 1 without end; on the wire 65,535 is followed by 0. */
export function encodePacket(packet: Packet): Buffer {
  switch (packet.kind) {
    case 'read':
    case 'write':
      return encodeTexts(OPCODE[packet.kind], [packet.filename, packet.mode, ...packet.options.flat()]);
    case 'data':
      return encodeNumbers(OPCODE.data, packet.block, packet.data);
    case 'ack':
      return encodeNumbers(OPCODE.ack, packet.block);
    case 'error':
      return encodeNumbers(OPCODE.error, packet.code, Buffer.from(`${packet.message}\0`, 'latin1'));
    case 'oack':
      return encodeTexts(OPCODE.oack, packet.options.flat());
  }
}

/**
 * Text as it travels in the mode netascii (RFC 764, "The NVT Printer and Keyboard"): the end of a line is CR LF, a CR that stands
 * for itself CR NUL. Each byte is translated by itself, so a text may be translated in pieces, wherever they were cut.
 */
export function toNetascii(bytes: Buffer): Buffer {
  let longer = 0;
  for (const byte of bytes) if (byte === LF || byte === CR) longer++;
  if (longer === 0) return bytes;

  const translated = Buffer.allocUnsafe(bytes.length + longer);
  let end = 0;
  for (const byte of bytes) {
    if (byte === LF) translated[end++] = CR;
    translated[end++] = byte;
    if (byte === CR) translated[end++] = NUL;
  }
  return translated;
}

function parseRequest(kind: 'read' | 'write', bytes: Buffer): Packet | undefined {
  if (bytes.length > MAX_REQUEST_BYTES) return undefined;
  const [filename, mode, ...options] = texts(bytes.subarray(2)) ?? [];
  return filename && mode ? { kind, filename, mode, options: parseOptions(options) } : undefined;
}

/** Name and value in turns. An empty name is the padding of a client that sends its whole buffer; a name alone says nothing. */
function parseOptions(words: readonly string[]): Option[] {
  const options: Option[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [name, value] = [words[at], words[at + 1]];
    if (!name || value === undefined) break;
    options.push([name, value]);
  }
  return options;
}

/** The texts that fill `bytes`, each with its NUL; undefined when the last has none: then something was cut off. */
function texts(bytes: Buffer): string[] | undefined {
  return bytes.at(-1) === NUL ? bytes.toString('latin1', 0, bytes.length - 1).split('\0') : undefined;
}

function firstText(bytes: Buffer): string {
  const end = bytes.indexOf(NUL);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

function encodeTexts(opcode: number, words: readonly string[]): Buffer {
  return Buffer.concat([Buffer.of(0, opcode), Buffer.from(words.map((word) => `${word}\0`).join(''), 'latin1')]);
}

function encodeNumbers(opcode: number, number: number, rest: Buffer = NOTHING): Buffer {
  const bytes = Buffer.allocUnsafe(4 + rest.length);
  bytes[0] = 0;
  bytes[1] = opcode;
  bytes[2] = number >> 8;
  bytes[3] = number;
  bytes.set(rest, 4);
  return bytes;
}
