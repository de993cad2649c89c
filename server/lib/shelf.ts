import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { makeDirectory } from './directory.ts';
import { syncTree, writeDurably } from './durable.ts';
import { ifThere, ProvisioningError, reason } from './errors.ts';
import { KeyedLock } from './lock.ts';
import { writing } from './writing.ts';

/** What stands on a shelf: a folder, and what is known about it. */
export interface Shelved<Facts> {
  /** Absolute. */
  readonly folder: string;
  readonly facts: Facts;
}

/**
 * Folders that come and go whole. Which there are, and what each is, stands in one list, which is replaced at once: whenever the process
 * ends, all that one change puts and takes has happened or none of it. A folder never changes while it is listed.
 */
export interface Shelf<Facts> {
  /** By key, in the order in which they were first put. */
  readonly items: ReadonlyMap<string, Shelved<Facts>>;
  /**
   * A new empty folder, to be filled and then put, or removed by whoever asked for it.
   * @param name says what it is to whoever looks into the directory
   * @throws ProvisioningError disk-full, disk-not-writable
   */
  stage(name: string): Promise<string>;
  /**
   * Puts staged folders under their keys, and takes away what stood there and what is named besides.
   * @throws ProvisioningError disk-full, disk-not-writable: then nothing has changed
   */
  change(put: ReadonlyMap<string, Shelved<Facts>>, take?: Iterable<string>): Promise<void>;
  /** Reads the list anew, which another process has changed. */
  reload(): Promise<void>;
}

const LIST = 'list.json';

/** Names that `stage` gives. */
const STAGED = /\.[\da-f]{12}$/;

export interface ShelfOptions {
  /** Removes what a process left that ended in the middle; for the one process that changes the shelf. */
  readonly sweep?: boolean;
  /** Told of folders that are no longer listed and could not be removed, which the next sweep does. */
  report(problem: string): void;
}

/**
 * @param facts reads what the list says about a folder
 * @throws ProvisioningError shelf-unreadable; disk-full, disk-not-writable
 */
export async function openShelf<Facts>(
  directory: string,
  facts: z.ZodType<Facts>,
  { sweep = false, report }: ShelfOptions,
): Promise<Shelf<Facts>> {
  const list = join(directory, LIST);
  const document = z.record(z.string(), z.strictObject({ folder: z.string().regex(/^[^/]+$/), facts }));
  const lock = new KeyedLock();
  let items = new Map<string, Shelved<Facts>>();

  async function remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true }).catch((cause) => report(`Cannot remove ${folder}: ${reason(cause)}`));
  }

  async function load(): Promise<void> {
    try {
      const text = await ifThere(readFile(list, 'utf8'));
      const read = text === undefined ? {} : document.parse(JSON.parse(text));
      items = new Map(Object.entries(read).map(([key, item]) => [key, { ...item, folder: join(directory, item.folder) }]));
    } catch (cause) {
      throw unreadable(list, cause);
    }
  }

  await load();
  if (sweep) {
    await writing(directory, () => makeDirectory(directory));
    const listed = new Set(Array.from(items.values(), ({ folder }) => folder.slice(directory.length + 1)));
    // Nothing else: who knows what somebody keeps here.
    const left = (await readdir(directory)).filter((name) => !listed.has(name) && (STAGED.test(name) || name === `${LIST}.part`));
    for (const name of left) await remove(join(directory, name));
  }
  return {
    get items() {
      return items;
    },

    async stage(name) {
      const folder = join(directory, `${name.replaceAll(/[^\w.-]/g, '_').slice(0, 100)}.${randomBytes(6).toString('hex')}`);
      await writing(directory, () => makeDirectory(folder));
      return folder;
    },

    change: (put, take = []) =>
      lock.run(LIST, async () => {
        const next = new Map([...items, ...put]);
        for (const key of take) next.delete(key);
        const entries = Array.from(next, ([key, item]) => [key, { ...item, folder: item.folder.slice(directory.length + 1) }]);
        await writing(directory, async () => {
          await makeDirectory(directory);
          for (const { folder } of put.values()) await syncTree(folder);
          await writeDurably(list, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`, 0o600);
        }).catch(async (cause) => {
          // The list may stand as it should, and only its folder refuse to be synced: whoever clears up after this asks what is listed. Where
          // it cannot be read either, what was listed before is the best there is.
          await load().catch(() => {});
          throw cause;
        });
        const kept = new Set(Array.from(next.values(), ({ folder }) => folder));
        const gone = [...items.values()].filter(({ folder }) => !kept.has(folder));
        items = next;
        for (const { folder } of gone) await remove(folder);
      }),

    // Not while a change is under way: what was read before it would stand for what is there after it.
    reload: () => lock.run(LIST, load),
  };
}

function unreadable(list: string, cause: unknown): ProvisioningError {
  const why = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll(/\s*\n\s*/g, '; ') : reason(cause);
  const remedy = 'Put back a backup of the directory, or move it away and install anew what was in it';
  return new ProvisioningError('shelf-unreadable', `${list} cannot be read: ${why}. ${remedy}`, { cause });
}
