import { randomUUID } from 'node:crypto';
import { link, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../lib/directory.ts';
import { download } from '../lib/download/download.ts';
import { credentialsIn, type Network, parseUrl, shown } from '../lib/download/network.ts';
import { removePart } from '../lib/download/part.ts';
import type { Patience } from '../lib/download/persist.ts';
import { syncFolder } from '../lib/durable.ts';
import { ifThere, ProvisioningError } from '../lib/errors.ts';
import { KeyedLock } from '../lib/lock.ts';
import type { Log } from '../lib/log.ts';
import type { Credentials } from '../lib/login.ts';
import { SharedWork, type WorkOptions } from '../lib/shared-work.ts';
import { addFile, algorithms, differenceOf, formatCount, Summing, type Sums, tellSums } from '../lib/sums.ts';
import { writing } from '../lib/writing.ts';
import type { RemoteFile } from './model.ts';

/** The files that firmware packages are made of, each content once. */
export interface FirmwareCache {
  /**
   * From the cache, else by its URL. What is handed out was checked just now, and stays until it is released.
   *
   * @throws ProvisioningError firmware-file-missing when an administrator has to supply it, firmware-credentials-missing, download-…,
   *   disk-full, disk-not-writable; the signal's reason
   */
  fetch(file: RemoteFile, options?: WorkOptions): Promise<CachedFile>;
  /** Whether it is here, by its size only: for lists. */
  has(file: RemoteFile): Promise<boolean>;
  /**
   * Takes a file that an administrator has from elsewhere.
   *
   * @returns those of the candidates that it is @throws ProvisioningError firmware-file-unknown when it is none, disk-full,
   *   disk-not-writable; the signal's reason
   */
  supply(bytes: AsyncIterable<Buffer>, candidates: readonly RemoteFile[], options?: WorkOptions): Promise<RemoteFile[]>;
  /**
   * Removes what is neither to be kept nor in use, and what cut-off downloads left a week ago.
   *
   * @param wanted of these, what was supplied is kept, too: it was because it cannot be downloaded, whatever link there is
   */
  collect(keep: Iterable<RemoteFile>, wanted: Iterable<RemoteFile>): Promise<{ readonly files: number; readonly bytes: number }>;
}

export interface CachedFile {
  readonly path: string;
  release(): void;
}

interface Parts {
  readonly network: Network;
  /** For the files that a vendor gives only to who logs in; undefined when there are none for that host. */
  readonly credentialsFor: (host: string) => Credentials | undefined;
  readonly log: Log;
  readonly patience?: Patience;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A download that was not taken up again for so long will not be. */
const PART_MS = 7 * 24 * 3_600_000;

const FILE_MODE = 0o600;

/** How many of the files that were wanted a message names. */
const MOST_NAMED = 5;

/**
 * Opens a cache, one for a folder. A content has a name for each of its sums, `sha256/…`, `sha1/…`, `md5/…`, which are links to the
 * same bytes: whichever of them a package knows it by, it is found, and it is there once. What was supplied has one more, `supplied/…`.
 */
export function createFirmwareCache(folder: string, parts: Parts): FirmwareCache {
  const { network, credentialsFor, log, patience, now = Date.now } = parts;
  const incoming = join(folder, 'incoming');
  const supplied = join(folder, 'supplied');
  const fetches = new SharedWork<void>();
  const places = new KeyedLock();
  const sweeping = new KeyedLock();
  /** How many use what is at a path, or fetch it. */
  const held = new Map<string, number>();
  const uploads = new Set<string>();

  const placesOf = (sums: Sums) =>
    algorithms.flatMap((algorithm) => {
      const sum = sums.get(algorithm);
      return sum === undefined ? [] : [join(folder, algorithm, sum)];
    });
  const placeOf = ({ name, sums }: RemoteFile) => {
    const [strongest] = placesOf(sums);
    if (strongest === undefined) throw new Error(`The file ${name} has no sum`);
    return strongest;
  };

  /** Not while `collect` looks what is in use. */
  const hold = (path: string) =>
    sweeping.run('', async () => {
      held.set(path, (held.get(path) ?? 0) + 1);
      let released = false;
      return () => {
        if (released) return;
        released = true;
        const left = (held.get(path) ?? 0) - 1;
        if (left > 0) held.set(path, left);
        else held.delete(path);
      };
    });

  /** Gives a content that stands at one of these places all others. */
  const nameAll = async (path: string, all: readonly string[]) => {
    await makeDirectory(incoming);
    for (const other of all.filter((place) => place !== path)) {
      const temporary = join(incoming, randomUUID());
      uploads.add(temporary);
      try {
        await makeDirectory(dirname(other));
        await link(path, temporary);
        await rename(temporary, other);
        // A rename from one name of a file to another leaves both.
        await rm(temporary, { force: true });
        await syncFolder(dirname(other));
      } finally {
        uploads.delete(temporary);
      }
    }
  };

  const provide = async (file: RemoteFile, path: string, { signal, progress }: WorkOptions) => {
    const state = await stateOf(file, path, signal);
    if (state === 'whole') return;
    if (state !== 'absent') {
      log.warn({ event: 'firmware.damaged', file: file.name }, `${file.name} in the firmware cache ${state}; it is thrown away`);
      await rm(path);
    }
    const { url } = file;
    if (url === undefined) {
      throw new ProvisioningError(
        'firmware-file-missing',
        `The vendor offers no link to ${tell(file)}: get it from the vendor, and supply it`,
      );
    }
    const credentials = file.authenticated ? loginFor(file, url, credentialsFor) : undefined;
    await makeDirectory(dirname(path));
    const { size, sums } = file;
    const retrying: Patience['retrying'] = ({ message }, waitMs) =>
      log.info(
        { event: 'firmware.retry', file: file.name, waitMs: Math.round(waitMs) },
        `${file.name} is tried again: ${message}`,
      );
    const patient = { retrying, ...patience };
    const fetched = await download(url, { to: path, size, sums, network, credentials, patience: patient, signal, progress });
    await nameAll(path, placesOf(fetched.sums()));
  };

  return {
    async fetch(file, options = {}) {
      const path = placeOf(file);
      const release = await hold(path);
      try {
        const content = [file.url, file.authenticated, file.size, ...placesOf(file.sums)].join(' ');
        // What two packages say differently of the same content is looked after one by one.
        const turn = (shared: WorkOptions) => writing(folder, () => provide(file, path, shared));
        await fetches.run(content, options, (shared) => places.run(path, () => turn(shared), shared.signal));
        return { path, release };
      } catch (cause) {
        release();
        throw cause;
      }
    },

    async has(file) {
      return (await ifThere(stat(placeOf(file))))?.size === file.size;
    },

    async supply(bytes, candidates, { signal, progress } = {}) {
      await writing(folder, () => makeDirectory(incoming));
      const temporary = join(incoming, randomUUID());
      uploads.add(temporary);
      try {
        const most = candidates.reduce((largest, { size }) => Math.max(largest, size), 0);
        const found = await writing(folder, () => keep(bytes, temporary, most, { signal, progress }));
        const matches = found.size > most ? [] : candidates.filter((each) => differenceOf(found, each) === undefined);
        if (matches.length === 0) throw unknownFile(found, most, candidates);
        const sums = found.sums();
        const sha256 = sums.get('sha256') ?? '';
        const path = join(folder, 'sha256', sha256);
        const place = async () => {
          await makeDirectory(dirname(path));
          await rename(temporary, path);
          await syncFolder(dirname(path));
          await nameAll(path, [...placesOf(sums), join(supplied, sha256)]);
        };
        await sweeping.run('', () => writing(folder, place));
        return matches;
      } finally {
        uploads.delete(temporary);
        await rm(temporary, { force: true });
      }
    },

    collect: (keep, wanted) =>
      sweeping.run('', async () => {
        const placesOfAll = (files: Iterable<RemoteFile>) => [...files].flatMap(({ sums }) => placesOf(sums));
        const kept = await contentsAt([...held.keys(), ...placesOfAll(keep)]);
        const given = await contentsAt(await pathsIn(supplied));
        for (const content of await contentsAt(placesOfAll(wanted))) if (given.has(content)) kept.add(content);
        const removed = new Map<number, number>();
        const folders = [...algorithms.map((each) => join(folder, each)), supplied];
        for (const path of (await Promise.all(folders.map(pathsIn))).flat()) {
          const found = await ifThere(stat(path));
          const [, whole = path, part] = /^(.+?)(\.part(?:\.json)?)?$/.exec(path) ?? [];
          if (!found || held.has(whole)) continue;
          if (part !== undefined) {
            if (now() - found.mtimeMs > PART_MS) await removePart(whole);
          } else if (!kept.has(found.ino)) {
            await rm(path, { force: true });
            removed.set(found.ino, found.size);
          }
        }
        // What is nobody's was left by a process that ended.
        for (const path of await pathsIn(incoming)) if (!uploads.has(path)) await rm(path, { force: true });
        return { files: removed.size, bytes: [...removed.values()].reduce((sum, size) => sum + size, 0) };
      }),
  };
}

/** What is wrong with a cached file, as a predicate. */
async function stateOf(file: RemoteFile, path: string, signal: AbortSignal | undefined): Promise<string> {
  const found = await ifThere(stat(path));
  if (!found) return 'absent';
  const summing = new Summing(file.sums.keys());
  // Another size is told without reading.
  if (found.size === file.size) await addFile(summing, path, signal);
  else summing.size = found.size;
  return differenceOf(summing, file) ?? 'whole';
}

/** What is longer than this is cut off unanswered: it may have no end. */
const mostRead = (most: number): number => Math.max(4 * most, 67_108_864);

/** Writes what is uploaded, as far as it can be a file that is wanted. */
async function keep(bytes: AsyncIterable<Buffer>, path: string, most: number, options: WorkOptions): Promise<Summing> {
  const { signal, progress } = options;
  const file = await open(path, 'wx', FILE_MODE);
  try {
    const summing = new Summing();
    for await (const piece of bytes) {
      signal?.throwIfAborted();
      summing.add(piece);
      // Of what cannot be wanted nothing more is kept; but who sends it reads our answer only when all is sent.
      if (summing.size > mostRead(most)) break;
      if (summing.size <= most) await file.writeFile(piece);
      progress?.(summing.size);
    }
    signal?.throwIfAborted();
    await file.sync();
    return summing;
  } finally {
    await file.close();
  }
}

function unknownFile(found: Summing, most: number, candidates: readonly RemoteFile[]): ProvisioningError {
  const what =
    found.size > mostRead(most)
      ? `The file is longer than the ${formatCount(most)} bytes of the largest that is wanted`
      : `The file is ${formatCount(found.size)} bytes, ${tellSums(found.sums())}: it is none of those that are wanted`;
  const named = candidates.slice(0, MOST_NAMED).map(tell).join('; ');
  const more = candidates.length > MOST_NAMED ? `; and ${candidates.length - MOST_NAMED} more` : '';
  return new ProvisioningError(
    'firmware-file-unknown',
    candidates.length === 0
      ? 'No vendor package that is installed describes firmware: no file is wanted'
      : `${what}: ${named}${more}`,
  );
}

const tell = ({ name, size, sums }: RemoteFile): string => `${name} (${formatCount(size)} bytes, ${tellSums(sums)})`;

/** @throws ProvisioningError firmware-credentials-missing */
export function loginFor(
  { name }: RemoteFile,
  text: string,
  credentialsFor: (host: string) => Credentials | undefined,
): Credentials {
  const url = parseUrl(text);
  const credentials = credentialsFor(url.hostname) ?? credentialsIn(url);
  if (credentials) return credentials;
  throw new ProvisioningError(
    'firmware-credentials-missing',
    `${url.hostname} gives ${name} (${shown(url)}) only to who logs in: set a username and a password for it, or supply the file`,
  );
}

/** By the numbers that the file system gives them. */
async function contentsAt(paths: readonly string[]): Promise<Set<number>> {
  const contents = new Set<number>();
  for (const path of paths) {
    const found = await ifThere(stat(path));
    if (found) contents.add(found.ino);
  }
  return contents;
}

async function pathsIn(folder: string): Promise<string[]> {
  const names = (await ifThere(readdir(folder))) ?? [];
  return names.map((name) => join(folder, name));
}
