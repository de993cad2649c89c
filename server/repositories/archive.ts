import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { bytesContent, fileContent } from '../lib/content.ts';
import { makeDirectory } from '../lib/directory.ts';
import { syncFolder, writeSynced } from '../lib/durable.ts';
import { ProvisioningError, reason } from '../lib/errors.ts';
import { parseInfo } from './document.ts';
import { type IndexEntry, most, type PackageInfo } from './model.ts';
import { type ArchiveLimits, entriesOf, invalid } from './tar.ts';

/** Files by their path below a folder, with slashes. */
export type Files = ReadonlyMap<string, Buffer>;

export interface Archive {
  readonly info: PackageInfo;
  readonly files: Files;
}

const limits = { bytes: most.unpacked, entries: 4_096, depth: 3 };

/** What a package may hold; the names of templates and firmware descriptions are those that `plugins/` reads. */
const allowed = /^(?:plugin\.js|plugin-info|package\.json|README\.md|CHANGELOG\.md|templates\/[^/]+\.tpl|pkgs\/[^./][^/]*)$/;

/**
 * Takes an archive apart in memory. Nothing in it is executed.
 *
 * @throws ProvisioningError archive-invalid, plugin-info-invalid
 */
export async function readArchive(bytes: Buffer): Promise<Archive> {
  const { top, files } = await filesOf(await unpacked(bytes), limits);
  const strange = [...files.keys()].find((path) => !allowed.test(path));
  if (strange !== undefined) throw invalid(`a vendor package has no file ${strange}`);
  for (const needed of ['plugin.js', 'package.json']) if (!files.has(needed)) throw invalid(`it has no ${needed}`);
  const told = files.get('plugin-info');
  if (!told) throw invalid('it has no plugin-info');
  const info = parseInfo(told);
  if (info.id !== top) throw invalid(`its folder is ${top} and should be ${info.id}`);
  return { info, files };
}

async function unpacked(bytes: Buffer): Promise<Buffer> {
  if (bytes.length > most.archive) throw invalid(`it has ${bytes.length} bytes; ${most.archive} are allowed`);
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: most.unpacked });
  } catch (cause) {
    throw invalid(reason(cause), cause);
  }
}

/** The one folder of a tar archive, and all files in it. @throws ProvisioningError archive-invalid */
export async function filesOf(tar: Buffer, bounds: ArchiveLimits): Promise<{ readonly top: string; readonly files: Files }> {
  const files = new Map<string, Buffer>();
  const links = new Map<string, string>();
  let top: string | undefined;
  for await (const { path, type, size, offset, target } of entriesOf(bytesContent(tar), bounds)) {
    const [first = '', ...rest] = path.split('/');
    top ??= first;
    if (first !== top || (rest.length === 0 && type !== 'folder')) {
      throw invalid(`all should be in one folder, ${top}, and ${path} is not`);
    }
    if (type === 'file') files.set(rest.join('/'), tar.subarray(offset, offset + size));
    if (target !== undefined) links.set(rest.join('/'), target);
  }
  if (top === undefined) throw invalid('it is empty');
  return { top, files: links.size === 0 ? files : resolved(files, links, bounds) };
}

/** The files, and for each link a copy of the file that it leads to. Copies count like files. */
function resolved(files: Files, links: ReadonlyMap<string, string>, { bytes }: ArchiveLimits): Files {
  const all = new Map(files);
  let total = [...files.values()].reduce((sum, each) => sum + each.length, 0);
  for (const [path, target] of links) {
    const way = new Set<string>();
    let [at, next] = [path, links.get(path)];
    while (next !== undefined && !way.has(at)) {
      way.add(at);
      at = posix.join(posix.dirname(at), next);
      if (next.startsWith('/') || at.startsWith('..'))
        throw invalid(`${path} is a link to ${target}, which leads out of its folder`);
      next = links.get(at);
    }
    const found = files.get(at);
    if (!found) throw invalid(`${path} is a link to ${target}, which is no file of the archive`);
    total += found.length;
    if (total > bytes) throw invalid(`its files have more than ${bytes} bytes`);
    all.set(path, found);
  }
  return all;
}

/**
 * Unpacks an archive of a repository. The bytes that are checked are those that are unpacked; nothing in them is executed, and nothing is
 * left when anything is wrong.
 *
 * @param folder empty, or not there yet
 * @throws ProvisioningError archive-wrong, archive-invalid, plugin-info-invalid, folder-not-empty; what the system throws; the signal's
 *   reason
 */
export async function unpackArchive(file: string, entry: IndexEntry, folder: string, signal?: AbortSignal): Promise<PackageInfo> {
  const bytes = await readChecked(file, { ...entry, sums: { sha256: entry.sha256 } });
  const { info, files } = await readArchive(bytes);
  const { file: _, size: __, sha256: ___, ...promised } = entry;
  if (!isDeepStrictEqual(info, promised)) throw invalid('its plugin-info says something else than the index');
  await writeFiles(files, folder, signal);
  return info;
}

export interface Expected {
  /** Name, for messages. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** By the name of the algorithm in node:crypto, in lower case hexadecimal. */
  readonly sums: Readonly<Record<string, string>>;
}

/** @throws ProvisioningError archive-wrong when a file is not what it should be; archive-missing */
export async function readChecked(path: string, expected: Expected): Promise<Buffer> {
  const content = await fileContent(path);
  if (!content) throw new ProvisioningError('archive-missing', `${expected.file} is not there`);
  try {
    checkSize(content.size, expected);
    return checkBytes(await content.read(0, content.size), expected);
  } finally {
    await content.close();
  }
}

/** @returns the bytes. @throws ProvisioningError archive-wrong */
export function checkBytes(bytes: Buffer, expected: Expected): Buffer {
  checkSize(bytes.length, expected);
  for (const [algorithm, sum] of Object.entries(expected.sums)) {
    const found = createHash(algorithm).update(bytes).digest('hex');
    if (found !== sum) throw wrong(expected.file, `its ${algorithm} is ${found} and should be ${sum}`);
  }
  return bytes;
}

function checkSize(found: number, { file, size }: Expected): void {
  if (found !== size) throw wrong(file, `it has ${found} bytes and should have ${size}`);
}

/**
 * Writes files into an empty folder, and returns when the disk has them.
 *
 * @throws ProvisioningError folder-not-empty; what the system throws, or the signal's reason: then the folder is gone
 */
export async function writeFiles(files: Files, folder: string, signal?: AbortSignal): Promise<void> {
  await makeDirectory(folder);
  if ((await readdir(folder)).length > 0) throw new ProvisioningError('folder-not-empty', `${folder} is not empty`);
  try {
    const folders = new Set([folder]);
    for (const [path, bytes] of files) {
      signal?.throwIfAborted();
      const file = join(folder, path);
      for (let above = dirname(file); !folders.has(above); above = dirname(above)) folders.add(above);
      await makeDirectory(dirname(file));
      await writeSynced(file, bytes);
    }
    for (const each of folders) await syncFolder(each);
    await syncFolder(dirname(folder));
    signal?.throwIfAborted();
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
}

function wrong(file: string, problem: string): ProvisioningError {
  return new ProvisioningError('archive-wrong', `${file} was cut or changed: ${problem}. Fetch it anew`);
}
