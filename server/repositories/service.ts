import { readFile, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { makeDirectory } from '../lib/directory.ts';
import { shown } from '../lib/download/network.ts';
import { writeDurably } from '../lib/durable.ts';
import { complaintsOf, ifThere, ProvisioningError, reason } from '../lib/errors.ts';
import { KeyedLock } from '../lib/lock.ts';
import { writing } from '../lib/writing.ts';
import { type AvailableVersion, available, type Offer } from './available.ts';
import { keepIndex, readKept } from './kept.ts';
import { readPublicLine } from './keys.ts';
import { channels, type Index } from './model.ts';
import { openRepository, type Repository, type Shelf } from './open.ts';

const count = z.number().int().min(0);

/** A repository as an administrator has entered it, and what was seen of it. */
const entered = z.strictObject({
  name: z.string().regex(/^[a-z\d][\w.-]{0,62}$/i, 'must be letters, digits, dots and dashes'),
  /** A folder, a bundle, or a URL. */
  location: z.string().min(1).refine(isPlace, {
    error: 'must be a URL (http, https, ftp, file), a folder or a bundle; what is special in a password is written as %40',
  }),
  channel: z.enum(channels),
  /** Of a version that several have, the one of the highest is taken. */
  priority: z.number().int().min(-1_000).max(1_000),
  /** Public keys, `ed25519:…`. */
  keys: z.array(z.string()),
  allowUnsigned: z.boolean(),
});

const known = entered.extend({
  /**
   * The highest serial that was seen of each channel, by the place where: an older index is somebody's trick, also when the repository was
   * elsewhere for a while.
   */
  seen: z.record(z.string(), z.partialRecord(z.enum(channels), count)),
  /** When the index was last read, in milliseconds since 1970. */
  refreshed: count.optional(),
  /** Id of the key that had signed it. */
  signedBy: z.string().optional(),
  /** Why it could not be read the last time. */
  problem: z.string().optional(),
});

export type EnteredRepository = z.output<typeof entered>;
export type KnownRepository = z.output<typeof known>;

export interface RepositoryState extends KnownRepository {
  /** Versions that its index lists; absent until it was read. */
  readonly versions?: number;
  /** The highest that was seen of its channel where it is now. */
  readonly serial?: number;
}

export interface RepositoryParts {
  /** Where the list and the last index of each are kept. */
  readonly directory: string;
  shelfOf(location: string): Promise<Shelf>;
  now(): number;
  /** Told of an index that was kept and is no longer believed. */
  distrusted(name: string, problem: ProvisioningError): void;
}

export interface RepositoryService {
  /** In the order in which they were entered. */
  list(): RepositoryState[];
  /**
   * Enters one, or changes the one of that name. Its index stays if the keys of now have signed it.
   * @throws ProvisioningError repository-invalid
   */
  enter(repository: EnteredRepository): Promise<RepositoryState>;
  /** @throws ProvisioningError repository-unknown */
  remove(name: string): Promise<void>;
  /**
   * Reads the index of one, or of all. What one has against it is kept in its state; the others go on.
   * @throws ProvisioningError repository-unknown
   */
  refresh(
    name: string | undefined,
    options: { signal: AbortSignal; progress(current: number, end: number): void },
  ): Promise<RepositoryState[]>;
  /** What can be installed, as the indexes said when they were last read. */
  available(): ReadonlyMap<string, readonly AvailableVersion[]>;
  /** Puts the archive of a version into a file, checked. @throws what reading the repository throws */
  archive(version: AvailableVersion, to: string, signal: AbortSignal): Promise<void>;
}

/** @throws ProvisioningError repositories-unreadable; disk-full, disk-not-writable, also of its methods that change something */
export async function repositoryService({ directory, shelfOf, now, distrusted }: RepositoryParts): Promise<RepositoryService> {
  const list = join(directory, 'list.json');
  const indexFile = (name: string) => join(directory, `${name}.index.json`);
  const lock = new KeyedLock();
  await writing(directory, () => makeDirectory(directory));
  let repositories = await readList(list);
  const indexes = new Map<string, Index>();
  /** Why the index that was kept of one is not used, until somebody tries to read it anew. */
  const doubts = new Map<string, string>();

  /** Takes the index that was kept, if it is to be believed. @returns the id of the key that has signed it */
  async function takeKept({ name, keys, allowUnsigned }: KnownRepository): Promise<string | undefined> {
    indexes.delete(name);
    doubts.delete(name);
    try {
      const kept = await readKept(indexFile(name), { keys, allowUnsigned });
      if (kept) indexes.set(name, kept.index);
      return kept?.signedBy;
    } catch (cause) {
      if (!(cause instanceof ProvisioningError)) throw cause;
      doubts.set(
        name,
        `What was kept of it is not used until it is read anew (offhook repository update ${name}): ${cause.message}`,
      );
      distrusted(name, cause);
      return undefined;
    }
  }
  for (const repository of repositories) await takeKept(repository);

  const stateOf = (repository: KnownRepository): RepositoryState => {
    const versions = indexes.get(repository.name)?.packages.length;
    const serial = seenOf(repository)[repository.channel];
    const problem = doubts.get(repository.name);
    return {
      ...repository,
      ...(versions !== undefined && { versions }),
      ...(serial !== undefined && { serial }),
      ...(problem !== undefined && { problem }),
    };
  };
  const find = (name: string): KnownRepository => {
    const found = repositories.find((each) => each.name === name);
    if (found) return found;
    const there = repositories.map((each) => each.name).join(', ') || 'none';
    throw new ProvisioningError('repository-unknown', `There is no repository ${name}; there is ${there}`);
  };
  /** One change at a time. */
  const change = (edit: (before: readonly KnownRepository[]) => KnownRepository[]): Promise<void> =>
    lock.run(list, async () => {
      const next = edit(repositories);
      await writing(directory, () => writeDurably(list, `${JSON.stringify(next, undefined, 2)}\n`, 0o600));
      repositories = next;
    });
  const put = (repository: KnownRepository) =>
    change((before) =>
      before.some(({ name }) => name === repository.name)
        ? before.map((each) => (each.name === repository.name ? repository : each))
        : [...before, repository],
    );

  async function open(repository: KnownRepository, signal: AbortSignal): Promise<Repository> {
    const { location, keys, allowUnsigned, channel } = repository;
    const seenSerial = seenOf(repository)[channel] ?? 0;
    return openRepository(await shelfOf(location), { keys, allowUnsigned, channel, seenSerial, now: new Date(now()) }, signal);
  }

  const refreshOne = (name: string, signal: AbortSignal): Promise<void> =>
    lock.run(name, async () => {
      const { problem: _, ...repository } = find(name);
      const { location, channel, seen } = repository;
      try {
        const { index, signedBy, signed } = await open(repository, signal);
        // Before the index is kept: whoever shows an older one afterwards is found out, also when we end here.
        const { signedBy: _former, ...rest } = repository;
        await put({
          ...rest,
          seen: { ...seen, [placeOf(location)]: { ...seenOf(repository), [channel]: index.serial } },
          refreshed: now(),
          ...(signedBy !== undefined && { signedBy }),
        });
        await writing(directory, () => keepIndex(indexFile(name), signed));
        indexes.set(name, index);
      } catch (cause) {
        signal.throwIfAborted();
        if (!(cause instanceof ProvisioningError)) throw cause;
        await put({ ...repository, problem: cause.message });
      }
      // What is told from now on is how this went.
      doubts.delete(name);
    });

  return {
    list: () => repositories.map(stateOf),

    async enter(repository) {
      const { success, data, error } = entered.safeParse(repository);
      if (!success) {
        const complaints = complaintsOf(error);
        const told = complaints.map(({ path, message }) => `${path} ${message}`).join('; ');
        throw new ProvisioningError('repository-invalid', `The repository cannot be entered: ${told}`, { complaints });
      }
      for (const key of data.keys) readPublicLine(key);
      return lock.run(data.name, async () => {
        const before = repositories.find(({ name }) => name === data.name);
        const isSame = before && before.location === data.location && before.channel === data.channel;
        if (!isSame) await rm(indexFile(data.name), { force: true });
        const { signedBy: _, ...rest } = isSame ? before : {};
        const entering = { ...rest, ...data, seen: before?.seen ?? {} };
        await put(entering);
        const signedBy = await takeKept(entering);
        if (signedBy !== undefined) await put({ ...entering, signedBy });
        return stateOf(find(data.name));
      });
    },

    remove: (name) =>
      lock.run(name, async () => {
        find(name);
        await change((before) => before.filter((each) => each.name !== name));
        indexes.delete(name);
        doubts.delete(name);
        await rm(indexFile(name), { force: true });
      }),

    async refresh(name, { signal, progress }) {
      const names = name === undefined ? repositories.map((each) => each.name) : [find(name).name];
      for (const [index, each] of names.entries()) {
        progress(index, names.length);
        await refreshOne(each, signal);
      }
      progress(names.length, names.length);
      return names.map((each) => stateOf(find(each)));
    },

    available() {
      const offers = repositories.flatMap(({ name, priority }): Offer[] => {
        const index = indexes.get(name);
        return index ? [{ repository: name, priority, index }] : [];
      });
      return available(offers);
    },

    async archive({ entry, offer }, to, signal) {
      const repository = await open(find(offer.repository), signal);
      const { id, version, sha256 } = entry;
      if (!repository.index.packages.some((each) => each.id === id && each.version === version && each.sha256 === sha256)) {
        const remedy = 'the index has changed since it was read; read it anew with offhook repository update';
        throw new ProvisioningError(
          'package-version-unknown',
          `${offer.repository} no longer has this ${id} ${version}: ${remedy}`,
        );
      }
      await repository.archive(entry, to, signal);
    },
  };
}

/** A text that looks like a URL and is none would be taken for a path, and shown with its password. */
function isPlace(location: string): boolean {
  const [, scheme = ''] = /^([a-z][a-z\d+.-]*):\/\//i.exec(location) ?? /^(https?|ftp|file):/i.exec(location) ?? [];
  if (scheme === '') return !location.includes('\0');
  const url = /^(?:https?|ftp|file)$/i.test(scheme) && URL.canParse(location) ? new URL(location) : undefined;
  return url !== undefined && (url.protocol !== 'file:' || (url.hostname === '' && url.search === ''));
}

/** Whether a location is found from everywhere: a URL, or the whole path of a folder or a bundle. */
export function isWhole(location: string): boolean {
  return isAbsolute(location) || /^(?:https?|ftp|file):/i.test(location);
}

/** Whoever logs in there, with a password or a token in the query, and however it is written, the place is the same. */
function placeOf(location: string): string {
  return (/^(?:https?|ftp):/i.test(location) ? shown(new URL(location)) : location).replace(/\/+$/, '');
}

const seenOf = ({ location, seen }: KnownRepository) => seen[placeOf(location)] ?? {};

async function readList(file: string): Promise<KnownRepository[]> {
  const text = await ifThere(readFile(file, 'utf8'));
  if (text === undefined) return [];
  try {
    return z.array(known).parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll(/\s*\n\s*/g, '; ') : reason(cause);
    const remedy = 'Put back a backup of it, or remove it and enter the repositories anew';
    throw new ProvisioningError('repositories-unreadable', `${file} cannot be read: ${why}. ${remedy}`, { cause });
  }
}
