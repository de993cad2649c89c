import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type ChildOptions, outputOf } from '../../lib/child.ts';
import { codeOf, reason } from '../../lib/errors.ts';
import { streamReader } from '../../lib/reader.ts';
import { readTar } from '../../lib/tar.ts';
import type { Entry } from './entry.ts';
import { broken } from './faults.ts';
import type { Work } from './work.ts';

/** Of a header that says how the entry after it is called: names are short; what is not is none. */
const HEADER_BYTES = 1_048_576;

/** The entries of a tar archive. @throws ProvisioningError firmware-archive-broken */
export function tarEntries(archive: string, tar: AsyncIterable<Uint8Array>, work: Work): AsyncIterable<Entry> {
  const fault = (problem: string) => broken(archive, `is broken: ${problem}`);
  const pass = (bytes: number) => work.pass(bytes);
  return readTar(streamReader(tar), { headerBytes: HEADER_BYTES, fault, pass, behind: ({ length }) => pass(length) });
}

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

/** For a program that reads an archive. */
export function reading(archive: string, path: string, { tools, signal }: Work): ChildOptions {
  const fault = (problem: string) => broken(archive, `cannot be read: ${problem}`);
  return { tools, file: { path, name: archive }, fault, signal };
}

/**
 * The bytes of a tar archive, which may be compressed with gzip, bzip2 or xz: told by how it begins, its name says nothing.
 *
 * @throws ProvisioningError tool-missing, firmware-archive-broken
 */
export async function* openTar(archive: string, path: string, work: Work): AsyncGenerator<Uint8Array> {
  const magic = (await beginningOf(path, 6)).toString('latin1');
  const child = reading(archive, path, work);
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
    throw codeOf(cause).startsWith('Z_') ? broken(archive, `is broken: gzip says ${reason(cause)}`, cause) : cause;
  }
}
