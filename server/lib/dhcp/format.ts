import { type Ip, parseIp } from '../ip.ts';
import { addressAt, putAddress } from './ipv4.ts';

/** How the value of an option travels, and how a person writes it. */
export interface Format<Value> {
  /** What a person writes, with an example: `IPv4 addresses (10.0.0.1, 10.0.0.2)`. */
  readonly takes: string;
  /** undefined for bytes that are not of this format; never throws. */
  read(bytes: Buffer): Value | undefined;
  write(value: Value): Buffer;
  /** As `parse` reads it, where a person can write it at all. */
  print(value: Value): string;
  /** undefined for a text that says no such value. */
  parse(text: string): Value | undefined;
}

/** One of a length that is always the same, so that it can be one of a list. */
export interface Fixed<Value> extends Format<Value> {
  readonly size: number;
}

/** Bytes that a person writes as such. */
const HEX = /^0x((?:[\da-f]{2}[:\s]?)*)$/i;
const CONTROL = /\p{Cc}/u;

export function printHex(bytes: Buffer): string {
  return `0x${bytes.toString('hex')}`;
}

/** Reads `0x0a0b`, `0x0a:0b` or `0x0a 0b`. */
export function parseHex(text: string): Buffer | undefined {
  const digits = HEX.exec(text)?.[1];
  return digits === undefined ? undefined : Buffer.from(digits.replaceAll(/[:\s]/g, ''), 'hex');
}

/** The text that the bytes are in UTF-8, where a person can read it and write it back; else `0x…`. */
export function printText(bytes: Buffer): string {
  const text = bytes.toString();
  const isText = text !== '' && text === text.trim() && !CONTROL.test(text) && !text.startsWith('0x');
  return isText && Buffer.from(text).equals(bytes) ? text : printHex(bytes);
}

/** `0x…` is bytes, any other text itself in UTF-8. */
export function parseText(text: string): Buffer | undefined {
  if (text.startsWith('0x')) return parseHex(text);
  return text === '' ? undefined : Buffer.from(text);
}

/** What has no shape that the server knows. */
export const bytes: Format<Buffer> = {
  takes: 'text',
  read: (value) => value,
  write: (value) => value,
  print: printText,
  parse: parseText,
};

/**
 * A character a byte (Latin-1), so that none is lost whatever a phone sends. NULs at its end are not part of it, as RFC 2132, section 2,
 * asks: phones send the C string that they have.
 */
export const text: Format<string> = {
  takes: 'text',
  read(value) {
    let end = value.length;
    while (value[end - 1] === 0) end -= 1;
    return value.toString('latin1', 0, end);
  },
  write: (value) => Buffer.from(value, 'latin1'),
  print: (value) => printText(Buffer.from(value, 'latin1')),
  parse: (value) => parseText(value)?.toString('latin1'),
};

export const address: Fixed<Ip> = {
  size: 4,
  takes: 'an IPv4 address (10.0.0.1)',
  read: (value) => (value.length === 4 ? addressAt(value, 0) : undefined),
  write(value) {
    const written = Buffer.alloc(4);
    putAddress(value, written, 0);
    return written;
  },
  print: (value) => value,
  parse(value) {
    const ip = parseIp(value);
    return ip?.includes(':') ? undefined : ip;
  },
};

const addressPair: Fixed<readonly [Ip, Ip]> = {
  size: 8,
  takes: 'two IPv4 addresses',
  read: (value) => (value.length === 8 ? [addressAt(value, 0), addressAt(value, 4)] : undefined),
  write: (pair) => Buffer.concat(pair.map((each) => address.write(each))),
  print: (pair) => pair.join(' '),
  parse(value) {
    const [one, other, ...more] = value.split(/\s+/).map((each) => address.parse(each));
    return one && other && more.length === 0 ? [one, other] : undefined;
  },
};

/** A whole number, the most significant byte first. */
function whole(size: 1 | 2 | 4, takes: string, signed = false): Fixed<number> {
  const [least, most] = signed ? [-(256 ** size) / 2, 256 ** size / 2 - 1] : [0, 256 ** size - 1];
  return {
    size,
    takes: `${takes} (${least} to ${most})`,
    read(value) {
      if (value.length !== size) return undefined;
      return signed ? value.readIntBE(0, size) : value.readUIntBE(0, size);
    },
    write(value) {
      const written = Buffer.alloc(size);
      if (signed) written.writeIntBE(value, 0, size);
      else written.writeUIntBE(value, 0, size);
      return written;
    },
    print: String,
    parse(value) {
      const number = /^-?\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
      return number >= least && number <= most ? number : undefined;
    },
  };
}

export const u8 = whole(1, 'a number');
export const u16 = whole(2, 'a number');
export const u32 = whole(4, 'a number');
export const seconds = whole(4, 'seconds');
/** West of Greenwich it is below zero. */
export const signedSeconds = whole(4, 'seconds', true);

export const flag: Format<boolean> = {
  takes: 'true or false',
  read: (value) => (value.length === 1 && (value[0] ?? 2) < 2 ? value[0] === 1 : undefined),
  write: (value) => Buffer.of(value ? 1 : 0),
  print: String,
  parse: (value) => ({ true: true, false: false })[value],
};

/** One or more, one after the other. */
function list<Value>(element: Fixed<Value>, takes: string): Format<readonly Value[]> {
  return {
    takes,
    read(value) {
      if (value.length === 0 || value.length % element.size > 0) return undefined;
      const found: (Value | undefined)[] = [];
      for (let at = 0; at < value.length; at += element.size) found.push(element.read(value.subarray(at, at + element.size)));
      return all(found);
    },
    write: (values) => Buffer.concat(values.map((each) => element.write(each))),
    print: (values) => values.map((each) => element.print(each)).join(', '),
    parse: (value) => all(parts(value).map((each) => element.parse(each))),
  };
}

export const addresses = list(address, 'IPv4 addresses (10.0.0.1, 10.0.0.2)');
export const addressPairs = list(addressPair, 'pairs of IPv4 addresses (10.1.0.0 10.0.0.1, 10.2.0.0 10.0.0.2)');
export const u8s: Format<readonly number[]> = {
  ...list(u8, 'numbers from 0 to 255 (1, 3, 66)'),
  // What a client asks for is read of each message.
  read: (value) => (value.length === 0 ? undefined : [...value]),
};
export const u16s = list(u16, 'numbers from 0 to 65535 (0, 7)');

/** What commas part. */
export function parts(value: string): string[] {
  return value.split(',').map((each) => each.trim());
}

/** The values, or nothing when one is missing. */
export function all<Value>(values: readonly (Value | undefined)[]): Value[] | undefined {
  const there = values.filter((value) => value !== undefined);
  return there.length === values.length ? there : undefined;
}
