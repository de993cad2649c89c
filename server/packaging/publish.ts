import { createHash, type KeyObject } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { writeDurably } from '../lib/durable.ts';
import { ifThere, ProvisioningError, prefixed } from '../lib/errors.ts';
import { writeTar } from '../lib/tar.ts';
import { compareVersions } from '../lib/version.ts';
import { readArchive } from '../repositories/archive.ts';
import { parseIndex, writeIndex } from '../repositories/document.ts';
import { signatureLine } from '../repositories/keys.ts';
import { archiveName, type Channel, INDEX, type Index, type IndexEntry, most, SIGNATURE } from '../repositories/model.ts';
import type { BuiltArchive } from './build.ts';

export interface PublishOptions {
  readonly channel: Channel;
  /** Who signs; none: the index is not signed. Several while servers move from one key to another. */
  readonly keys: readonly KeyObject[];
  /** Take an archive although one of its name has other bytes. */
  readonly replace?: boolean;
  /** Days after which servers no longer believe the index; it has to be published anew before. */
  readonly validDays?: number;
  readonly now: Date;
}

/**
 * Puts archives into a channel of a repository, a folder that any web server can serve, and writes its index of all archives that lie
 * there. When nothing changes the index stays as it is, to the byte.
 *
 * @throws ProvisioningError repository-archive-differs; index-invalid, index-newer of the index before; archive-invalid of what
 *   lies there; what the system throws
 */
export async function publish(folder: string, archives: readonly BuiltArchive[], options: PublishOptions): Promise<Index> {
  const { channel, keys, validDays, now } = options;
  const place = join(folder, channel);
  await mkdir(place, { recursive: true });
  const before = await ifThere(readFile(join(place, INDEX)));
  const last = before && parseIndex(before);
  for (const archive of archives) await refuseOther(place, archive, options.replace ?? false);
  for (const { file, bytes } of archives) await writeDurably(join(place, file), bytes);
  const packages = await entriesOf(place);
  const isSame = last !== undefined && validDays === undefined && isDeepStrictEqual(last.packages, packages);
  const index: Index =
    isSame && last.expires === undefined
      ? last
      : {
          channel,
          serial: (last?.serial ?? 0) + 1,
          created: now,
          ...(validDays !== undefined && { expires: new Date(now.getTime() + validDays * 86_400_000) }),
          packages,
        };
  await writeSigned(place, writeIndex(index), keys);
  return index;
}

/** While the two files are replaced, signatures of either index stand beside it: whoever reads meanwhile finds one that is right. */
async function writeSigned(place: string, bytes: Buffer, keys: readonly KeyObject[]): Promise<void> {
  const [index, signature] = [join(place, INDEX), join(place, SIGNATURE)];
  if (bytes.length > most.index) {
    throw new ProvisioningError(
      'index-too-large',
      `The index would have ${bytes.length} bytes, more than servers read: remove old archives`,
    );
  }
  const lines = keys.map((key) => signatureLine(bytes, key)).join('');
  const before = (await ifThere(readFile(signature)))?.toString() ?? '';
  if (lines !== '' && before !== lines) await writeDurably(signature, lines + before);
  await writeDurably(index, bytes);
  if (lines === '') await rm(signature, { force: true });
  else await writeDurably(signature, lines);
}

async function refuseOther(place: string, { file, bytes, info }: BuiltArchive, replace: boolean): Promise<void> {
  const known = await ifThere(readFile(join(place, file)));
  if (!known || replace || known.equals(bytes)) return;
  throw new ProvisioningError(
    'repository-archive-differs',
    `The repository has ${file} with other content: give the package a version after ${info.version}, or say --replace; servers that have it take no other of the same version`,
  );
}

/** All archives of a channel, packages in their order, of each the newest version first. */
async function entriesOf(place: string): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = [];
  for (const file of (await readdir(place)).filter((name) => name.endsWith('.tar.gz'))) {
    try {
      entries.push(await entryOf(file, await readFile(join(place, file))));
    } catch (cause) {
      throw prefixed(join(place, file), cause);
    }
  }
  return entries.sort((a, b) => (a.id === b.id ? compareVersions(b.version, a.version) : a.id < b.id ? -1 : 1));
}

async function entryOf(file: string, bytes: Buffer): Promise<IndexEntry> {
  // Where the version begins is not told by the name alone: `a-1-2.tar.gz`.
  const { info } = await readArchive(bytes);
  if (archiveName(info) !== file) throw new ProvisioningError('archive-invalid', `It holds ${archiveName(info)}`);
  return { ...info, file, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * Makes one file of channels of a repository, for servers without a network. The same bytes for the same content.
 *
 * @throws ProvisioningError index-missing, index-invalid, archive-missing; what the system throws
 */
export async function bundle(folder: string, chosen: readonly Channel[], to: string): Promise<void> {
  const files = new Map<string, Buffer>();
  let created = new Date(0);
  for (const channel of chosen) {
    const place = join(folder, channel);
    const bytes = await ifThere(readFile(join(place, INDEX)));
    if (!bytes)
      throw new ProvisioningError(
        'index-missing',
        `${folder} has no ${channel}/${INDEX}: make it with "offhook repository build"`,
      );
    const index = parseIndex(bytes);
    if (index.created > created) created = index.created;
    files.set(`${channel}/${INDEX}`, bytes);
    const signature = await ifThere(readFile(join(place, SIGNATURE)));
    if (signature) files.set(`${channel}/${SIGNATURE}`, signature);
    for (const { file } of index.packages) {
      const archive = await ifThere(readFile(join(place, file)));
      if (!archive)
        throw new ProvisioningError('archive-missing', `${join(place, file)} is not there, although the index names it`);
      files.set(`${channel}/${file}`, archive);
    }
  }
  await writeDurably(to, writeTar(files, created));
}
