import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { planOf } from '../../server/firmware/plan.ts';
import { readFirmware } from '../../server/firmware/read.ts';
import { type UnpackOptions, unpack } from '../../server/firmware/unpack.ts';
import { findTools } from '../../server/lib/tools.ts';

/** Contents by path. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

const made: string[] = [];

/** A folder of one test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-unpack-'));
  made.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export function write(folder: string, files: Files): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** Makes an archive of some files with a real program, which is told to write `made`; some put an ending to that. */
export function make(files: Files, program: string, ...args: string[]): Buffer {
  const folder = write(newFolder(), files);
  run(folder, program, ...args);
  return readFileSync(join(folder, readdirSync(folder).find((name) => name.startsWith('made')) ?? 'made'));
}

export function run(folder: string, program: string, ...args: string[]): void {
  const { status, error, stderr, stdout } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  if (error || status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `${stdout}${stderr}`}`);
}

export const zip = (files: Files, ...args: string[]) => make(files, 'zip', '-q', '-r', ...args, 'made', ...Object.keys(files));
export const tar = (files: Files, ...args: string[]) => make(files, 'tar', '-c', ...args, '-f', 'made', ...Object.keys(files));
export const sevenZip = (files: Files, ...args: string[]) =>
  make(files, '7zz', 'a', '-t7z', '-bso0', ...args, 'made', ...Object.keys(files));

/** Options of `unpack`, most of them optional. */
export type Given = Partial<Omit<UnpackOptions, 'downloads' | 'folder'>>;

export const generous = { bytes: 100_000_000, files: 10_000, depth: 20 };

/** Installs downloads by the steps of an install section, in a folder of its own. @returns the folder with what is installed */
export async function install(steps: readonly string[], downloads: Files, given: Given = {}): Promise<string> {
  const names = Object.keys(downloads);
  const folder = newFolder();
  const cache = write(newFolder(), Object.fromEntries(names.map((name, index) => [String(index), downloads[name] ?? ''])));
  const text = [
    `[pkg_p]\nversion: 1\nfiles: ${names.map((_, index) => `f${index}`).join(' ')}\ninstall: i`,
    ...names.map((name, index) => `[file_f${index}]\nurl:\nfilename: ${name}\nsize: 1\nsha1sum: ${'0'.repeat(40)}`),
    `[install_i]\n${steps.join('\n')}`,
  ];
  const plan = planOf(readFirmware([{ name: 'pkgs.db', text: text.join('\n') }]), 'p');
  return unpack(plan, {
    downloads: new Map(names.map((name, index) => [name, join(cache, String(index))])),
    folder,
    limits: generous,
    tools: await findTools(),
    ...given,
  });
}

/** Contents of all files of a folder, as text. */
export function filesIn(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => !entry.isDirectory());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

export interface ZipEntry {
  readonly name: string | Uint8Array;
  readonly content?: string | Uint8Array;
  /** Of Unix, with the type of file. */
  readonly mode?: number;
  readonly crc?: number;
  /** What the archive claims. */
  readonly size?: number;
  readonly flags?: number;
  readonly method?: number;
}

/** A zip archive of stored entries as no program would make it. */
export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, content = '', mode = 0, crc, size, flags = 0, method = 0 } of entries) {
    const [path, data] = [Buffer.from(name), Buffer.from(content)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc ?? crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(size ?? data.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, rest, path]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

export interface RarEntry {
  readonly name: string | Uint8Array;
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  readonly crc?: number;
  readonly folder?: boolean;
  readonly encrypted?: boolean;
  /** Where a symbolic link of RAR 5 points. */
  readonly link?: string;
  /** By a Huffman code of the bytes that occur. */
  readonly compressed?: boolean;
}

/** Lengths of codes, and codes, as both kinds write them: a first table tells the lengths in the second. */
class HuffmanWriter {
  #bits = '';

  /** Most significant bit first. */
  bits(value: number, count: number): void {
    this.#bits += value.toString(2).padStart(count, '0');
  }

  /** @param symbols how many the format knows, in all of its tables @param end the one that ends a block, if there is one */
  content(data: Buffer, symbols: number, end: readonly number[] = []): void {
    const needed = new Set([...data, ...end]);
    const length = Math.max(1, Math.ceil(Math.log2(needed.size)));
    // Decoders want no code to be left over.
    for (let filler = 0; needed.size < 2 ** length; filler++) needed.add(filler);
    const used = [...needed].sort((one, other) => one - other);
    // The table of lengths has two symbols: "has no code", and "has a code of that length".
    for (let each = 0; each < 20; each++) this.bits(each === 0 || each === length ? 1 : 0, 4);
    for (let symbol = 0; symbol < symbols; symbol++) this.bits(used.includes(symbol) ? 1 : 0, 1);
    const codes = new Map(used.map((symbol, index) => [symbol, index]));
    for (const symbol of [...data, ...end]) this.bits(codes.get(symbol) ?? 0, length);
  }

  /** With how many bits of the last byte count. */
  end(): { readonly bytes: Buffer; readonly lastBits: number } {
    const lastBits = this.#bits.length % 8 || 8;
    const octets = this.#bits.padEnd(Math.ceil(this.#bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
    return { bytes: Buffer.from(octets.map((octet) => Number.parseInt(octet, 2))), lastBits };
  }
}

/** One block of literals: no PPMd, and no table from before. */
function rar4Packed(data: Buffer): Buffer {
  const writer = new HuffmanWriter();
  writer.bits(0, 2);
  writer.content(data, 404, [256]);
  // The file ends with it, and no table follows.
  writer.bits(0, 2);
  // Decoders look some bits ahead.
  return Buffer.concat([writer.end().bytes, Buffer.alloc(8)]);
}

/** One block, the last one, with its tables. */
function rar5Packed(data: Buffer): Buffer {
  const writer = new HuffmanWriter();
  writer.content(data, 430);
  const { bytes, lastBits } = writer.end();
  const size = Buffer.alloc(3);
  size.writeUIntLE(bytes.length, 0, 3);
  const flags = 0x80 | 0x40 | (2 << 3) | (lastBits - 1);
  const checksum = size.reduce((sum, byte) => sum ^ byte, 0x5a ^ flags);
  return Buffer.concat([Buffer.of(flags, checksum), size, bytes]);
}

/** A RAR 4 archive: there is no free program that makes one. */
export function rar4Of(entries: readonly RarEntry[], flags = 0): Buffer {
  const header = (type: number, ownFlags: number, body: Uint8Array) => {
    const rest = Buffer.concat([Buffer.from([type]), u16(ownFlags), u16(7 + body.length), body]);
    return Buffer.concat([u16(crc32(rest) & 0xffff), rest]);
  };
  const files = entries.map(({ name, content = '', mode = 0o100644, crc, folder, encrypted, compressed }) => {
    const [path, data] = [Buffer.from(name), Buffer.from(content)];
    const packed = compressed ? rar4Packed(data) : data;
    const sizes = [u32(packed.length), u32(data.length), Buffer.from([3]), u32(crc ?? crc32(data)), u32(0x5a8c6c8a)];
    const method = compressed ? [29, 0x33] : [20, 0x30];
    const body = Buffer.concat([...sizes, Buffer.from(method), u16(path.length), u32(mode), path]);
    return Buffer.concat([header(0x74, 0x8000 | (folder ? 0xe0 : 0) | (encrypted ? 4 : 0), body), packed]);
  });
  return Buffer.concat([
    Buffer.from('Rar!\x1a\x07\0'),
    header(0x73, flags, Buffer.alloc(6)),
    ...files,
    header(0x7b, 0x4000, Buffer.alloc(0)),
  ]);
}

/** A RAR 5 archive. */
export function rar5Of(entries: readonly RarEntry[], flags = 0): Buffer {
  const header = (...parts: Uint8Array[]) => {
    const body = Buffer.concat(parts);
    const rest = Buffer.concat([vint(body.length), body]);
    return Buffer.concat([u32(crc32(rest)), rest]);
  };
  const files = entries.map(({ name, content = '', mode = 0o100644, crc, folder, encrypted, link, compressed }) => {
    const [path, data] = [Buffer.from(name), Buffer.from(content)];
    const packed = compressed ? rar5Packed(data) : data;
    // A record says its length, its type, and what else there is to say.
    const record = (...parts: Uint8Array[]) => Buffer.concat([vint(Buffer.concat(parts).length), ...parts]);
    const extra = Buffer.concat([
      ...(encrypted ? [record(vint(1), vint(0))] : []),
      ...(link === undefined ? [] : [record(vint(5), vint(1), vint(0), vint(link.length), Buffer.from(link))]),
    ]);
    const sizes = [vint(extra.length > 0 ? 3 : 2), ...(extra.length > 0 ? [vint(extra.length)] : []), vint(packed.length)];
    const facts = [vint(folder ? 1 : 4), vint(data.length), vint(mode), ...(folder ? [] : [u32(crc ?? crc32(data))])];
    const method = vint(compressed ? 3 << 7 : 0);
    return Buffer.concat([header(vint(2), ...sizes, ...facts, method, vint(1), vint(path.length), path, extra), packed]);
  });
  const end = header(vint(5), vint(0), vint(0));
  return Buffer.concat([Buffer.from('Rar!\x1a\x07\x01\0'), header(vint(1), vint(0), vint(flags)), ...files, end]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function vint(value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.concat([Buffer.from([0x80 | (value & 0x7f)]), vint(value >>> 7)]);
}
