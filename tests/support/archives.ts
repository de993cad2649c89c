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
}

/** A RAR 4 archive of stored files: there is no free program that makes one. */
export function rar4Of(entries: readonly RarEntry[], flags = 0): Buffer {
  const header = (type: number, ownFlags: number, body: Uint8Array) => {
    const rest = Buffer.concat([Buffer.from([type]), u16(ownFlags), u16(7 + body.length), body]);
    return Buffer.concat([u16(crc32(rest) & 0xffff), rest]);
  };
  const files = entries.map(({ name, content = '', mode = 0o100644, crc, folder, encrypted }) => {
    const [path, data] = [Buffer.from(name), Buffer.from(content)];
    const sizes = [u32(data.length), u32(data.length), Buffer.from([3]), u32(crc ?? crc32(data)), u32(0x5a8c6c8a)];
    const body = Buffer.concat([...sizes, Buffer.from([20, 0x30]), u16(path.length), u32(mode), path]);
    return Buffer.concat([header(0x74, 0x8000 | (folder ? 0xe0 : 0) | (encrypted ? 4 : 0), body), data]);
  });
  return Buffer.concat([
    Buffer.from('Rar!\x1a\x07\0'),
    header(0x73, flags, Buffer.alloc(6)),
    ...files,
    header(0x7b, 0x4000, Buffer.alloc(0)),
  ]);
}

/** A RAR 5 archive of stored files. */
export function rar5Of(entries: readonly RarEntry[], flags = 0): Buffer {
  const header = (...parts: Uint8Array[]) => {
    const body = Buffer.concat(parts);
    const rest = Buffer.concat([vint(body.length), body]);
    return Buffer.concat([u32(crc32(rest)), rest]);
  };
  const files = entries.map(({ name, content = '', mode = 0o100644, crc, folder, encrypted, link }) => {
    const [path, data] = [Buffer.from(name), Buffer.from(content)];
    // A record says its length, its type, and what else there is to say.
    const record = (...parts: Uint8Array[]) => Buffer.concat([vint(Buffer.concat(parts).length), ...parts]);
    const extra = Buffer.concat([
      ...(encrypted ? [record(vint(1), vint(0))] : []),
      ...(link === undefined ? [] : [record(vint(5), vint(1), vint(0), vint(link.length), Buffer.from(link))]),
    ]);
    const sizes = [vint(extra.length > 0 ? 3 : 2), ...(extra.length > 0 ? [vint(extra.length)] : []), vint(data.length)];
    const facts = [vint(folder ? 1 : 4), vint(data.length), vint(mode), ...(folder ? [] : [u32(crc ?? crc32(data))])];
    return Buffer.concat([header(vint(2), ...sizes, ...facts, vint(0), vint(1), vint(path.length), path, extra), data]);
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
