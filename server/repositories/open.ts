import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Content, fileContent } from '../lib/content.ts';
import { writeDurably } from '../lib/durable.ts';
import { ProvisioningError, prefixed, reason } from '../lib/errors.ts';
import { checkBytes, readChecked } from './archive.ts';
import { INDEX, type Index, type IndexEntry, most, SIGNATURE } from './model.ts';
import { type Expected, readIndex, type SignedIndex } from './read-index.ts';
import { entriesOf } from './tar.ts';

/** Where a repository lies. Paths are below it, with slashes: `stable/index.json`. */
export interface Shelf {
  /** For messages: the path or URL by which the administrator knows it. */
  readonly name: string;
  /** A whole file; undefined when there is none. @throws when it has more bytes than `most` */
  read(path: string, most: number, signal?: AbortSignal): Promise<Buffer | undefined>;
  /** Fetches what is too large or too far away for `read` into a file; what came is checked afterwards. */
  fetch?(path: string, expected: { size: number; sha256: string }, to: string, signal?: AbortSignal): Promise<void>;
}

/** One channel of a repository, its index checked. */
export interface Repository {
  readonly index: Index;
  /** What was checked. */
  readonly signed: SignedIndex;
  /** Id of the key that signed the index. */
  readonly signedBy?: string;
  /** Puts an archive of the index into a file. @throws ProvisioningError archive-wrong, archive-missing */
  archive(entry: IndexEntry, to: string, signal?: AbortSignal): Promise<void>;
}

/**
 * Reads a channel's index and makes its archives ready to be fetched, alike for a folder, a bundle and a web server.
 *
 * @throws ProvisioningError index-missing, and what readIndex throws, with the repository's name before it
 */
export async function openRepository(shelf: Shelf, expected: Expected, signal?: AbortSignal): Promise<Repository> {
  const at = (name: string) => `${expected.channel}/${name}`;
  const bytes = await shelf.read(at(INDEX), most.index, signal);
  if (!bytes)
    throw new ProvisioningError(
      'index-missing',
      `${shelf.name} has no ${at(INDEX)}: it is no repository, or has no such channel`,
    );
  const signature = await shelf.read(at(SIGNATURE), most.signature, signal);
  return {
    ...named(shelf.name, () => readIndex(bytes, signature, expected)),
    signed: { bytes, signature },
    async archive(entry, to, cancel) {
      const { file, size, sha256 } = entry;
      const wanted = { file: `${shelf.name}: ${at(file)}`, size, sums: { sha256 } };
      if (shelf.fetch) {
        await shelf.fetch(at(file), { size, sha256 }, to, cancel);
        await readChecked(to, wanted).catch(async (cause) => {
          await rm(to, { force: true });
          throw cause;
        });
        return;
      }
      const found = await shelf.read(at(file), most.archive, cancel);
      if (!found) throw new ProvisioningError('archive-missing', `${wanted.file} is not there, although the index names it`);
      await writeDurably(to, checkBytes(found, wanted));
    },
  };
}

function named<Result>(name: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    throw prefixed(name, cause);
  }
}

/**
 * A repository on this machine: a folder, or a bundle, which is one file.
 *
 * @param location a path, or a URL `file:///…`
 * @throws ProvisioningError repository-missing
 */
export async function localShelf(location: string): Promise<Shelf> {
  const path = location.startsWith('file:') ? fileURLToPath(location) : location;
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new ProvisioningError('repository-missing', `${location} cannot be read: ${cause.message}`, { cause });
  });
  return found.isDirectory() ? folderShelf(location, path) : bundleShelf(location, path);
}

function folderShelf(name: string, folder: string): Shelf {
  return {
    name,
    async read(path, limit) {
      return readable(`${name}: ${path}`, async () => {
        const content = await fileContent(join(folder, path));
        return content && closing(content, () => bounded(`${name}: ${path}`, content, 0, content.size, limit));
      });
    },
  };
}

/** Files of a bundle, as a folder with channels has them. */
const bundleLimits = { bytes: Number.MAX_SAFE_INTEGER, entries: 100_000, depth: 2 };

function bundleShelf(name: string, file: string): Shelf {
  return {
    name,
    async read(path, limit) {
      return readable(`${name}: ${path}`, async () => {
        const content = await fileContent(file);
        if (!content) throw new ProvisioningError('repository-missing', `${name} is neither a folder nor a file`);
        return closing(content, async () => {
          let found: Buffer | undefined;
          for await (const entry of entriesOf(content, bundleLimits)) {
            if (entry.type !== 'file' || entry.path !== path) continue;
            found = await bounded(`${name}: ${path}`, content, entry.offset, entry.size, limit);
          }
          return found;
        });
      });
    },
  };
}

/** What the system refuses is the repository's fault, not ours. @throws ProvisioningError repository-unreadable */
async function readable<Result>(name: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof ProvisioningError) throw cause;
    throw new ProvisioningError('repository-unreadable', `${name} cannot be read: ${reason(cause)}`, { cause });
  }
}

async function closing<Result>(content: Content, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    await content.close();
  }
}

function bounded(name: string, content: Content, offset: number, size: number, limit: number): Promise<Buffer> {
  if (size > limit) throw new ProvisioningError('repository-file-too-large', `${name} has ${size} bytes; ${limit} are allowed`);
  return content.read(offset, size);
}
