import { ProvisioningError } from './errors.ts';
import { type Reader, take } from './reader.ts';

/** What a tar archive holds, in its order. The content is there until the next entry is asked for. */
export interface TarEntry {
  /** As the archive has it, which may be anything. In UTF-8 or, where it is none, Latin-1: each bytes another name. */
  readonly name: string;
  /** Of what is neither, the end of a sentence, `is a symbolic link`, and where a symbolic link leads. */
  readonly kind: 'file' | 'folder' | { readonly what: string; readonly target?: string };
  /** Bytes. */
  readonly size: number;
  /** Where in the archive its bytes begin. */
  readonly offset: number;
  readonly content: AsyncIterable<Uint8Array>;
}

export interface TarRules {
  /** Of a header that says how the entry after it is called, at most. */
  readonly headerBytes: number;
  /** The error for an archive that cannot be read. @param problem - `it ends early` */
  fault(problem: string): Error;
  /** Told of bytes that are read and not part of a content. */
  pass?(bytes: number): void;
  /** Told of what is behind the end, where programs put zeros until a whole record is full. */
  behind(piece: Uint8Array): void;
}

const BLOCK = 512;

/** Entries that are neither files nor folders (POSIX.1-2001 pax, GNU tar's tar.h). */
const others: Readonly<Record<string, string>> = {
  1: 'is a hard link',
  3: 'is a device',
  4: 'is a device',
  6: 'is a named pipe',
  S: 'is a sparse file',
  M: 'goes on from another volume',
};

/**
 * The entries of a tar archive, as v7, ustar, pax or GNU tar write it. It must have its end: blocks of zeros. Names and kinds are told, and
 * judged by who asks.
 *
 * @throws the given fault
 */
export async function* readTar(
  reader: Reader,
  { headerBytes, fault, pass = () => {}, behind }: TarRules,
): AsyncGenerator<TarEntry> {
  const cut = () => fault('it ends early');
  let longName: Buffer | undefined;
  let longTarget: Buffer | undefined;
  let pax = new Map<string, Buffer>();
  try {
    for (;;) {
      const header = await take(reader, BLOCK);
      if (header.length < BLOCK) throw cut();
      if (header.every((byte) => byte === 0)) break;
      if (!isHeader(header)) throw fault('where the tar archive should go on there is something else');
      const type = String.fromCharCode(header[156] || 0x30);
      const said = numberOf(pax.get('size')?.toString() ?? '') ?? sizeOf(header.subarray(124, 136));
      if (said === undefined) throw fault('an entry of the tar archive has no size');
      const padding = (BLOCK - (said % BLOCK)) % BLOCK;

      if ('LxXgKV'.includes(type)) {
        if (said > headerBytes) throw fault(`a header of the tar archive has ${said} bytes`);
        const data = await take(reader, said + padding);
        if (data.length < said + padding) throw cut();
        pass(BLOCK + data.length);
        if (type === 'L') longName = data.subarray(0, said);
        if (type === 'K') longTarget = data.subarray(0, said);
        if ('xXg'.includes(type)) {
          const records = recordsOf(data.subarray(0, said));
          if (!records) throw fault('a pax header of the tar archive says nothing');
          if (type !== 'g') pax = records;
          else if (records.has('path') || records.has('size')) {
            throw fault('a pax header of the tar archive is for all entries, and names one');
          }
        }
        continue;
      }

      const name = decodeName(pax.get('path') ?? untilNul(longName ?? nameOf(header)));
      const target = decodeName(pax.get('linkpath') ?? untilNul(longTarget ?? header.subarray(157, 257)));
      let missing = said;
      const { position: offset } = reader;
      const content = (async function* () {
        for await (const piece of reader.pieces(said)) {
          missing -= piece.length;
          yield piece;
        }
        if (missing > 0) throw cut();
      })();
      yield { name, kind: kindOf(type, name, target, pax), size: said, offset, content };
      // What nobody wanted to read.
      for await (const skipped of reader.skip(missing)) {
        missing -= skipped;
        pass(skipped);
      }
      if (missing > 0 || (await take(reader, padding)).length < padding) throw cut();
      [longName, longTarget] = [undefined, undefined];
      pax = new Map();
    }
    // The program that makes the stream says only at its end whether all went well.
    for await (const piece of reader.pieces(Number.POSITIVE_INFINITY)) behind(piece);
  } finally {
    await reader.close();
  }
}

function kindOf(type: string, name: string, target: string, pax: ReadonlyMap<string, Buffer>): TarEntry['kind'] {
  if ([...pax.keys()].some((key) => key.startsWith('GNU.sparse.'))) return { what: 'is a sparse file' };
  if (type === '5') return 'folder';
  // v7 has no folders but by their names; 7 is a file that lies in one piece.
  if (type === '0' || type === '7') return name.endsWith('/') ? 'folder' : 'file';
  if (type === '2') return { what: 'is a symbolic link', target };
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

function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

/**
 * An archive of files, the same bytes for the same files: sorted, each folder before what is in it, everything root's.
 *
 * @throws ProvisioningError archive-invalid when a name does not fit
 */
export function writeTar(files: ReadonlyMap<string, Buffer>, modified: Date): Buffer {
  const folders = new Set<string>();
  for (const path of files.keys()) {
    const parts = path.split('/').slice(0, -1);
    for (const index of parts.keys()) folders.add(`${parts.slice(0, index + 1).join('/')}/`);
  }
  const paths = [...folders, ...files.keys()].sort((a, b) => (a < b ? -1 : 1));
  const blocks = paths.flatMap((path) => blocksOf(path, files.get(path), modified));
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** A header as ustar has it (POSIX.1-1988), and the bytes. */
function blocksOf(path: string, bytes: Buffer | undefined, modified: Date): Buffer[] {
  const isFile = bytes !== undefined;
  const header = Buffer.alloc(BLOCK);
  // A blank behind the digits where there is room for one.
  const octal = (value: number, at: number, size: number) =>
    header.write(`${value.toString(8).padStart(size - 2, '0')} `.slice(0, size - 1), at);
  const [prefix, name] = split(path);
  header.write(name, 0);
  octal(isFile ? 0o644 : 0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(bytes?.length ?? 0, 124, 12);
  // Its time begins in 1970.
  octal(Math.max(0, Math.floor(modified.getTime() / 1_000)), 136, 12);
  header.write(isFile ? '0' : '5', 156);
  header.write('ustar\x0000root', 257);
  header.write('root', 297);
  octal(0, 329, 8);
  octal(0, 337, 8);
  header.write(prefix, 345);
  const sum = header.reduce((all, byte) => all + byte, 8 * 0x20);
  octal(sum, 148, 8);
  return isFile ? [header, bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))] : [header];
}

/** A name of more than 100 letters has its beginning in a field of its own, of 155. */
function split(path: string): readonly [prefix: string, name: string] {
  const at = path.length < 100 ? -1 : path.lastIndexOf('/', Math.min(path.length - 2, 155));
  const [prefix, name] = at < 0 ? ['', path] : [path.slice(0, at), path.slice(at + 1)];
  if (name.length <= 100 && /^[\x20-\x7e]+$/.test(path)) return [prefix, name];
  throw new ProvisioningError('archive-invalid', `${path} is no name for an archive: 100 letters of ASCII at most`);
}
