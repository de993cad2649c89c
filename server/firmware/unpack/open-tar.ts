import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { reason } from '../../lib/errors.ts';
import { outputOf } from './child.ts';
import { broken } from './faults.ts';
import type { Work } from './work.ts';

/** The first bytes of a file. */
export async function beginningOf(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * The bytes of a tar archive, which may be compressed with gzip, bzip2 or xz: told by how it begins, its name says nothing.
 *
 * @throws ProvisioningError firmware-tool-missing, firmware-archive-broken
 */
export async function* openTar(archive: string, path: string, work: Work): AsyncGenerator<Uint8Array> {
  const magic = (await beginningOf(path, 6)).toString('latin1');
  const child = { archive, path, work };
  if (magic.startsWith('\x1f\x8b')) yield* gunzip(archive, path);
  else if (/^BZh[1-9]/.test(magic)) yield* outputOf('bzip2', ['-dc', '--', path], child);
  else if (magic === '\xfd7zXZ\0') yield* outputOf('xz', ['-dc', '--format=xz', '--', path], child);
  else yield* createReadStream(path);
}

async function* gunzip(archive: string, path: string): AsyncGenerator<Uint8Array> {
  const unpacked = createGunzip();
  const fed = pipeline(createReadStream(path), unpacked);
  // It fails with the stream that is read here, or because nobody reads on.
  fed.catch(() => {});
  try {
    yield* unpacked;
  } catch (cause) {
    const isZlibs = String((cause as NodeJS.ErrnoException).code).startsWith('Z_');
    throw isZlibs ? broken(archive, `is broken: gzip says ${reason(cause)}`, cause) : cause;
  }
}
