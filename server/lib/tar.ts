import { Header, Pax } from 'tar';
import type { Content } from './content.ts';
import { ProvisioningError } from './errors.ts';

/** A file or folder of a tar archive (POSIX.1-2001, pax). */
export interface TarEntry {
  /** Relative, with single slashes and none at the end; no part of it is empty, `.` or `..`. */
  readonly path: string;
  readonly type: 'file' | 'folder';
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** Where in the archive its bytes begin. */
  readonly offset: number;
}

/** What an archive may be at most. */
export interface TarLimits {
  /** Of all its files together. */
  readonly bytes: number;
  /** Files and folders. */
  readonly entries: number;
  /** Parts of a path. */
  readonly depth: number;
}

const BLOCK = 512;
/** A path may be 4,096 bytes (PATH_MAX); the rest of a pax header is times and owners. */
const MOST_HEADER = 16_384;

/**
 * What an archive holds, in its order. Files and folders only: a link or a device is an error, and so are an absolute path, `..`, a name
 * that comes twice, a file that is the folder of another, more than the limits, and an archive that ends early or goes on behind its end.
 *
 * @throws ProvisioningError archive-invalid
 */
export async function* readTar(content: Content, limits: TarLimits): AsyncGenerator<TarEntry> {
  const seen = new Map<string, TarEntry['type']>();
  let [position, bytes] = [0, 0];
  let extended: Pax | undefined;
  let longPath: string | undefined;
  for (;;) {
    const header = readHeader(await content.read(position, BLOCK), extended);
    if (!header) break;
    const { size = Number.NaN, type } = header;
    const offset = position + BLOCK;
    if (!Number.isSafeInteger(size) || size < 0 || offset + size > content.size) throw invalid('it ends early');
    position = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'ExtendedHeader' || type === 'NextFileHasLongPath') {
      if (size > MOST_HEADER) throw invalid(`a header of ${size} bytes is too long`);
      const text = (await content.read(offset, size)).toString();
      if (type === 'ExtendedHeader') extended = Pax.parse(text);
      else longPath = text.replace(/\0.*$/s, '');
      continue;
    }
    const path = checkedPath(longPath ?? header.path ?? '', limits.depth);
    if (type !== 'File' && type !== 'OldFile' && type !== 'ContiguousFile' && type !== 'Directory') {
      throw invalid(`${path} is neither a file nor a folder (${type})`);
    }
    const entry: TarEntry = { path, type: type === 'Directory' ? 'folder' : 'file', size, offset };
    checkPlace(entry, seen);
    bytes += size;
    if (seen.size > limits.entries) throw invalid(`it holds more than ${limits.entries} files`);
    if (bytes > limits.bytes) throw invalid(`its files have more than ${limits.bytes} bytes`);
    [extended, longPath] = [undefined, undefined];
    yield entry;
  }
  await checkEnd(content, position);
}

/** @returns undefined for the empty block at the end */
function readHeader(block: Buffer, extended: Pax | undefined): Header | undefined {
  if (block.length < BLOCK) throw invalid('it ends early');
  const header = new Header(block, 0, extended);
  if (header.nullBlock) return undefined;
  if (!header.cksumValid) throw invalid('it is damaged, or no tar archive');
  return header;
}

function checkedPath(path: string, depth: number): string {
  const parts = path.replace(/\/$/, '').split('/');
  // Also what a terminal or another system would take for something else.
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\p{Cc}\\]/u.test(part));
  if (!isPlain) throw invalid(`${JSON.stringify(path)} is no path below its folder`);
  if (parts.length > depth) throw invalid(`${path} is deeper than ${depth} folders`);
  return parts.join('/');
}

function checkPlace({ path, type }: TarEntry, seen: Map<string, TarEntry['type']>): void {
  const known = seen.get(path);
  // A folder that a file before it was in is told late by some programs.
  if (known !== undefined && (known === 'file' || type === 'file')) throw invalid(`${path} comes twice`);
  seen.set(path, type);
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const above = path.slice(0, end);
    if (seen.get(above) === 'file') throw invalid(`${path} is in ${above}, which is a file`);
    seen.set(above, 'folder');
  }
}

async function checkEnd(content: Content, position: number): Promise<void> {
  for (let at = position; at < content.size; at += 65_536) {
    if ((await content.read(at, 65_536)).some((byte) => byte !== 0)) throw invalid('it goes on behind its end');
  }
}

function invalid(problem: string): ProvisioningError {
  return new ProvisioningError('archive-invalid', `The archive cannot be used: ${problem}`);
}

/** An archive of files, the same bytes for the same files: sorted, each folder before what is in it, everything root's. */
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

function blocksOf(path: string, bytes: Buffer | undefined, mtime: Date): Buffer[] {
  const isFile = bytes !== undefined;
  const block = Buffer.alloc(BLOCK);
  const type = isFile ? 'File' : 'Directory';
  const names = { uid: 0, gid: 0, uname: 'root', gname: 'root' };
  const header = new Header({ path, type, size: bytes?.length ?? 0, mode: isFile ? 0o644 : 0o755, mtime, ...names });
  if (header.encode(block))
    throw new ProvisioningError('archive-invalid', `${path} is no name for an archive: 100 letters of ASCII at most`);
  return isFile ? [block, bytes, Buffer.alloc(-bytes.length & (BLOCK - 1))] : [block];
}
