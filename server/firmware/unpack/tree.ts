import { type FileHandle, open } from 'node:fs/promises';
import { ProvisioningError } from '../../lib/errors.ts';
import { quoted } from './faults.ts';

/**
 * The files of a node: by relative path, where each one's content lies. A file's content is never written to again, so that several
 * nodes, and the cache of downloads, can hold the same one.
 */
export class Tree {
  readonly #files = new Map<string, string>();
  readonly #folders = new Set<string>();

  get files(): ReadonlyMap<string, string> {
    return this.#files;
  }

  /** Those that files are in, each after the one that it is in. */
  get folders(): ReadonlySet<string> {
    return this.#folders;
  }

  /** What there is at a path, or on the way to it, that keeps a file from being there: the end of a sentence. */
  obstacle(path: string): string | undefined {
    if (this.#files.has(path)) return 'is there twice';
    if (this.#folders.has(path)) return 'is a file and a folder';
    const file = parentsOf(path).find((parent) => this.#files.has(parent));
    return file === undefined ? undefined : `is below ${quoted(file)}, which is a file`;
  }

  /** Puts a file to a path that has no obstacle. */
  add(path: string, content: string): void {
    for (const parent of parentsOf(path)) this.#folders.add(parent);
    this.#files.set(path, content);
  }

  /**
   * Puts a file to a path where one of the same content may be.
   *
   * @param from - where it comes from, for the message
   * @throws ProvisioningError firmware-file-twice
   */
  async join(path: string, content: string, from?: string): Promise<void> {
    const there = this.#files.get(path);
    if (there !== undefined && (await alike(there, content))) return;
    const obstacle = this.obstacle(path);
    if (obstacle === undefined) return this.add(path, content);
    const what = there === undefined ? obstacle : `${obstacle}, with different content`;
    throw new ProvisioningError('firmware-file-twice', `${quoted(path)}${from === undefined ? '' : ` of ${from}`} ${what}`);
  }

  /** Takes in all files of another. @throws as {@link join} */
  async joinAll(other: Tree, from: string): Promise<void> {
    for (const [path, content] of other.files) await this.join(path, content, from);
  }
}

/** The folders that a path is in, from the outermost. */
export function parentsOf(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

const PIECE_BYTES = 65_536;

async function alike(one: string, other: string): Promise<boolean> {
  if (one === other) return true;
  const files = await Promise.all([open(one), open(other)]);
  try {
    const [size, otherSize] = await Promise.all(files.map(async (file) => (await file.stat()).size));
    if (size !== otherSize) return false;
    for (let at = 0; at < Number(size); at += PIECE_BYTES) {
      const [piece, otherPiece] = await Promise.all(files.map((file) => read(file, at)));
      if (!piece || !otherPiece?.equals(piece)) return false;
    }
    return true;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

async function read(file: FileHandle, at: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, at);
  return buffer.subarray(0, bytesRead);
}
