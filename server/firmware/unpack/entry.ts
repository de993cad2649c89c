import { crc32 } from 'node:zlib';
import { broken, forbidden, quoted } from './faults.ts';
import { pathOf } from './names.ts';
import { Tree } from './tree.ts';
import type { Work } from './work.ts';

/** What an archive holds, in its order. The content is there until the next entry is asked for. */
export interface Entry {
  /** As the archive has it. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | Forbidden;
  readonly content: AsyncIterable<Uint8Array>;
}

/** The end of a sentence, `is a symbolic link`: no archive needs one to hold firmware. */
export interface Forbidden {
  readonly what: string;
}

/** Writes the files of one archive. Folders without any are left out. @throws ProvisioningError with the archive's and entry's name */
export async function unpackEntries(archive: string, entries: AsyncIterable<Entry>, work: Work): Promise<Tree> {
  const tree = new Tree();
  const folders = new Set<string>();
  for await (const { name, kind, content } of entries) {
    work.countEntry();
    const path = pathOf(archive, name, work.limits.depth);
    if (typeof kind === 'object') throw forbidden(archive, name, kind.what);
    if (kind === 'folder') {
      if (tree.files.has(path)) throw forbidden(archive, name, 'is a file and a folder');
      folders.add(path);
      continue;
    }
    if (path === '') throw forbidden(archive, name, 'is no name of a file');
    const obstacle = folders.has(path) ? 'is a file and a folder' : tree.obstacle(path);
    if (obstacle !== undefined) throw forbidden(archive, name, obstacle);
    tree.add(path, await work.write(content));
  }
  if (tree.files.size === 0) throw broken(archive, 'is empty: files were expected in it');
  return tree;
}

/** A content that must come out as the archive says. */
export async function* checked(
  archive: string,
  { name, content }: Pick<Entry, 'name' | 'content'>,
  wanted: { readonly size: number; readonly crc: number },
): AsyncGenerator<Uint8Array> {
  let [size, crc] = [0, 0];
  for await (const piece of content) {
    size += piece.length;
    crc = crc32(piece, crc);
    yield piece;
  }
  const say = (what: string) => broken(archive, `is broken: ${quoted(name)} ${what}`);
  if (size !== wanted.size) throw say(`has ${size} bytes, ${wanted.size} were expected`);
  if (crc !== wanted.crc) throw say(`has the CRC ${hex(crc)}, ${hex(wanted.crc)} was expected`);
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
