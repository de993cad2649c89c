import type { Content } from '../lib/content.ts';
import { ProvisioningError } from '../lib/errors.ts';
import { contentReader } from '../lib/reader.ts';
import { readTar, type TarRules } from '../lib/tar.ts';

/** A file or folder of a repository's archive. */
export interface ArchiveEntry {
  /** Relative, with single slashes and none at the end; no part of it is empty, `.` or `..`. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link';
  /** Where a symbolic link leads, as the archive has it. */
  readonly target?: string;
  /** Bytes. */
  readonly size: number;
  /** Where in the archive its bytes begin. */
  readonly offset: number;
}

/** What an archive may be at most. */
export interface ArchiveLimits {
  /** Of all its files together. */
  readonly bytes: number;
  /** Files and folders. */
  readonly entries: number;
  /** Parts of a path. */
  readonly depth: number;
  /** Whether symbolic links are told; else they are an error. */
  readonly links?: boolean;
}

const rules: TarRules = {
  // A path may be 4,096 bytes (PATH_MAX); the rest of a pax header is times and owners.
  headerBytes: 16_384,
  fault: invalid,
  behind(piece) {
    if (piece.some((byte) => byte !== 0)) throw invalid('it goes on behind its end');
  },
};

/**
 * What an archive holds, in its order: files and folders, and symbolic links where they are wanted. All else is an error, and so are an
 * absolute path, `..`, a name that comes twice, a file or a link that is the folder of another, more than the limits, and an archive that
 * ends early or goes on behind its end.
 *
 * @throws ProvisioningError archive-invalid
 */
export async function* entriesOf(content: Content, limits: ArchiveLimits): AsyncGenerator<ArchiveEntry> {
  const seen = new Map<string, ArchiveEntry['type']>();
  let bytes = 0;
  for await (const { name, kind, size, offset } of readTar(contentReader(content), rules)) {
    const path = checkedPath(name, limits.depth);
    const target = typeof kind === 'object' && limits.links ? kind.target : undefined;
    if (typeof kind === 'object' && target === undefined) throw invalid(`${path} ${kind.what}; only files and folders are taken`);
    if (offset + size > content.size) throw invalid('it ends early');
    const type = typeof kind === 'object' ? 'link' : kind;
    const entry: ArchiveEntry = { path, type, size, offset, ...(target !== undefined && { target }) };
    checkPlace(entry, seen);
    bytes += size;
    if (seen.size > limits.entries) throw invalid(`it holds more than ${limits.entries} files`);
    if (bytes > limits.bytes) throw invalid(`its files have more than ${limits.bytes} bytes`);
    yield entry;
  }
}

function checkedPath(path: string, depth: number): string {
  const parts = path.replace(/\/$/, '').split('/');
  // Also what a terminal or another system would take for something else.
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\p{Cc}\\]/u.test(part));
  if (!isPlain) throw invalid(`${JSON.stringify(path)} is no path below its folder`);
  if (parts.length > depth) throw invalid(`${path} is deeper than ${depth} folders`);
  return parts.join('/');
}

function checkPlace({ path, type }: ArchiveEntry, seen: Map<string, ArchiveEntry['type']>): void {
  const known = seen.get(path);
  // A folder that a file before it was in is told late by some programs.
  if (known !== undefined && (known !== 'folder' || type !== 'folder')) throw invalid(`${path} comes twice`);
  seen.set(path, type);
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const above = path.slice(0, end);
    const holder = seen.get(above) ?? 'folder';
    if (holder !== 'folder') throw invalid(`${path} is in ${above}, which is a ${holder}`);
    seen.set(above, 'folder');
  }
}

export function invalid(problem: string, cause?: unknown): ProvisioningError {
  return new ProvisioningError('archive-invalid', `The archive cannot be used: ${problem}`, { cause });
}
