import type { Entry, Forbidden } from './entry.ts';
import { broken } from './faults.ts';
import { decodeName } from './names.ts';
import { Reader } from './reader.ts';

const BLOCK = 512;

/** Headers that say what the one after them is called. Names are short; what is not is none. */
const HEADER_BYTES = 1_048_576;

/** Entries that are neither files nor folders (POSIX.1-2001 pax, GNU tar's tar.h). */
const others: Readonly<Record<string, string>> = {
  1: 'is a hard link',
  2: 'is a symbolic link',
  3: 'is a device',
  4: 'is a device',
  6: 'is a named pipe',
  S: 'is a sparse file',
  M: 'goes on from another volume',
};

/**
 * The entries of a tar archive, as v7, ustar, pax or GNU tar write it. It must have its end: blocks of zeros.
 *
 * @param pass - told of bytes that are read and not part of a file
 * @throws ProvisioningError firmware-archive-broken
 */
export async function* readTar(
  archive: string,
  source: AsyncIterable<Uint8Array>,
  pass: (bytes: number) => void,
): AsyncGenerator<Entry> {
  const reader = new Reader(source);
  const cut = () => broken(archive, 'is broken: the tar archive is cut off');
  let longName: Buffer | undefined;
  let pax = new Map<string, Buffer>();
  try {
    for (;;) {
      const header = await reader.take(BLOCK);
      if (header.length < BLOCK) throw cut();
      if (header.every((byte) => byte === 0)) break;
      if (!isHeader(header)) throw broken(archive, 'is broken: where the tar archive should go on there is something else');
      const type = String.fromCharCode(header[156] || 0x30);
      const said = numberOf(pax.get('size')?.toString() ?? '') ?? sizeOf(header.subarray(124, 136));
      if (said === undefined) throw broken(archive, 'is broken: an entry of the tar archive has no size');
      const padding = (BLOCK - (said % BLOCK)) % BLOCK;

      if ('LxXgKV'.includes(type)) {
        if (said > HEADER_BYTES) throw broken(archive, `is broken: a header of the tar archive has ${said} bytes`);
        const data = await reader.take(said + padding);
        if (data.length < said + padding) throw cut();
        pass(BLOCK + data.length);
        if (type === 'L') longName = data.subarray(0, said);
        if (type === 'x' || type === 'X') {
          const records = recordsOf(data.subarray(0, said));
          if (!records) throw broken(archive, 'is broken: a pax header of the tar archive says nothing');
          pax = records;
        }
        continue;
      }

      const name = decodeName(pax.get('path') ?? untilNul(longName ?? nameOf(header)));
      let missing = said;
      const content = (async function* () {
        for await (const piece of reader.pieces(said)) {
          missing -= piece.length;
          yield piece;
        }
        if (missing > 0) throw cut();
      })();
      yield { name, kind: kindOf(type, name, pax), content };
      // What nobody wanted to read.
      for await (const piece of reader.pieces(missing)) {
        missing -= piece.length;
        pass(piece.length);
      }
      if (missing > 0 || (await reader.take(padding)).length < padding) throw cut();
      longName = undefined;
      pax = new Map();
    }
    // The program that makes the stream says only at its end whether all went well.
    for await (const piece of reader.pieces(Number.POSITIVE_INFINITY)) pass(piece.length);
  } finally {
    await reader.close();
  }
}

function kindOf(type: string, name: string, pax: ReadonlyMap<string, Buffer>): 'file' | 'folder' | Forbidden {
  if ([...pax.keys()].some((key) => key.startsWith('GNU.sparse.'))) return { what: 'is a sparse file' };
  if (type === '5') return 'folder';
  // v7 has no folders but by their names; 7 is a file that lies in one piece.
  if (type === '0' || type === '7') return name.endsWith('/') ? 'folder' : 'file';
  return { what: others[type] ?? `is neither a file nor a folder (type ${JSON.stringify(type)})` };
}

/** By its checksum, which old programs took of signed bytes. Its own place counts as blanks. */
function isHeader(header: Buffer): boolean {
  const summed = Buffer.from(header).fill(' ', 148, 156);
  const wanted = sizeOf(header.subarray(148, 156));
  const sum = summed.reduce((all, byte) => all + byte, 0);
  return wanted === sum || wanted === summed.reduce((all, byte) => all + (byte < 0x80 ? byte : byte - 0x100), 0);
}

/** Octal digits, or, where they have no room, a binary number behind a set bit. */
function sizeOf(field: Buffer): number | undefined {
  if (field[0] === 0x80) {
    const size = BigInt(`0x${field.subarray(1).toString('hex')}`);
    return size <= Number.MAX_SAFE_INTEGER ? Number(size) : undefined;
  }
  const digits = /^ *(?<octal>[0-7]+)[ \0]*$/.exec(field.toString('latin1'))?.groups?.octal;
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function numberOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function nameOf(header: Buffer): Buffer {
  const name = untilNul(header.subarray(0, 100));
  // GNU tar has times where ustar has the beginning of the name.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? untilNul(header.subarray(345, 500)) : Buffer.alloc(0);
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]);
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Records of a pax header: `LENGTH KEY=VALUE\n`, the length that of the record. */
function recordsOf(data: Buffer): Map<string, Buffer> | undefined {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < data.length; ) {
    const digits = /^(\d{1,9}) /.exec(data.toString('latin1', at, at + 10))?.[1] ?? '';
    const end = at + Number(digits);
    const record = data.subarray(at + digits.length + 1, end - 1);
    const equals = record.indexOf('=');
    if (equals < 1 || data[end - 1] !== 0x0a) return undefined;
    records.set(record.toString('utf8', 0, equals), record.subarray(equals + 1));
    at = end;
  }
  return records;
}
