import { open } from 'node:fs/promises';
import { broken } from './faults.ts';

/** What the archive says of one of its files. */
export interface RarFile {
  readonly size: number;
  readonly crc: number;
}

type Read = (at: number, bytes: number) => Promise<Buffer>;

interface Block {
  readonly kind: 'file' | 'end' | 'other';
  /** Bytes from its beginning to the next block. */
  readonly length: number;
  readonly file?: RarFile;
  /** Why it cannot be unpacked: the end of a sentence. */
  readonly fault?: string;
}

/** A header of RAR 4 has no more, one of RAR 5 not in practice. */
const BLOCK_BYTES = 65_536;

export const RAR4 = 'Rar!\x1a\x07\0';
export const RAR5 = 'Rar!\x1a\x07\x01\0';

/**
 * Reads the headers of a RAR archive, 4 or 5, from its beginning to its end mark, for the sizes and CRCs of its files: bsdtar neither
 * misses what is cut off behind a file, nor says when a content is wrong. Folders are left out.
 *
 * @param most - files that it may hold
 * @throws ProvisioningError firmware-archive-broken
 */
export async function readRar(archive: string, path: string, most: number): Promise<RarFile[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read: Read = async (at, bytes) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
      return buffer.subarray(0, bytesRead);
    };
    const isFive = (await read(0, RAR5.length)).toString('latin1') === RAR5;
    const files: RarFile[] = [];
    for (let at = isFive ? RAR5.length : RAR4.length; ; ) {
      const block = isFive ? blockOf5(await read(at, BLOCK_BYTES)) : blockOf4(await read(at, BLOCK_BYTES));
      if (block?.fault !== undefined) throw broken(archive, block.fault);
      if (!block || at + block.length > size) {
        throw broken(archive, 'is broken: the RAR archive is cut off, or one of its headers is wrong');
      }
      if (block.kind === 'end') return files;
      if (block.file) files.push(block.file);
      // Whatever comes after is refused for its number before its content is looked at.
      if (files.length > most) return files;
      at += block.length;
    }
  } finally {
    await file.close();
  }
}

/** A block of RAR 4: CRC, type, flags, length of the header; in some the length of what comes behind it. */
function blockOf4(bytes: Buffer): Block | undefined {
  if (bytes.length < 7) return undefined;
  const [type, flags, headerLength] = [bytes[2], bytes.readUInt16LE(3), bytes.readUInt16LE(5)];
  const least = type === 0x74 ? 32 : flags & 0x8000 ? 11 : 7;
  if (headerLength < least || headerLength > bytes.length) return undefined;
  if (type === 0x7b) return { kind: 'end', length: headerLength };
  if (type === 0x73 && flags & 0x01) return { kind: 'other', length: headerLength, fault: 'is one of several volumes' };
  if (type === 0x73 && flags & 0x80) return { kind: 'other', length: headerLength, fault: 'is encrypted' };
  const isLarge = type === 0x74 && (flags & 0x100) !== 0 && headerLength >= 40;
  const high = (at: number) => (isLarge ? bytes.readUInt32LE(at) * 2 ** 32 : 0);
  const length = headerLength + (flags & 0x8000 ? bytes.readUInt32LE(7) : 0) + high(32);
  if (type !== 0x74 || (flags & 0xe0) === 0xe0) return { kind: 'other', length };
  const file = { size: bytes.readUInt32LE(11) + high(36), crc: bytes.readUInt32LE(16) };
  return { kind: 'file', length, file, ...(flags & 0x04 && { fault: 'is encrypted' }) };
}

/** A block of RAR 5: CRC, length of the header, type, flags, of some the lengths of extra records and of what comes behind. */
function blockOf5(bytes: Buffer): Block | undefined {
  let at = 4;
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? Number.NaN;
      value += (byte & 0x7f) * factor;
      if (!(byte & 0x80)) return Number.isNaN(byte) ? Number.NaN : value;
    }
  };
  const headerLength = number();
  const end = at + headerLength;
  if (!(end <= bytes.length)) return undefined;
  const [type, flags] = [number(), number()];
  const extra = flags & 0x01 ? number() : 0;
  const length = end + (flags & 0x02 ? number() : 0);
  if (!Number.isSafeInteger(length) || !(extra < headerLength)) return undefined;
  if (type === 5) return { kind: 'end', length };
  if (type === 4) return { kind: 'other', length, fault: 'is encrypted' };
  if (type === 1 && number() & 0x01) return { kind: 'other', length, fault: 'is one of several volumes' };
  if (type !== 2) return { kind: 'other', length };
  const [fileFlags, size] = [number(), number()];
  if (fileFlags & 0x01) return { kind: 'other', length };
  if (fileFlags & 0x08) return { kind: 'other', length, fault: 'has a file that does not say its size' };
  number(); // attributes
  if (fileFlags & 0x02) at += 4; // time
  if (at + 4 > bytes.length) return undefined;
  // With BLAKE2 in place of a CRC nobody could say whether the content is right.
  if (!(fileFlags & 0x04)) return { kind: 'file', length, fault: 'has a file without a CRC' };
  const file = { size, crc: bytes.readUInt32LE(at) };
  for (at = end - extra; at < end; ) {
    const recordLength = number();
    const next = at + recordLength;
    if (number() === 1) return { kind: 'file', length, fault: 'is encrypted' };
    if (!(next > at - 1)) return undefined;
    at = next;
  }
  return { kind: 'file', length, file };
}
