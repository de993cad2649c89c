import { createReadStream } from 'node:fs';
import { type ChildOptions, outputOf } from '../../lib/child.ts';
import { checked, type Entry } from './entry.ts';
import { broken } from './faults.ts';
import { beginningOf, reading, tarEntries } from './open-tar.ts';
import { RAR4, RAR5, type RarFile, readRar } from './rar.ts';
import type { Work } from './work.ts';

const SEVEN_ZIP = '7z\xbc\xaf\x27\x1c';

/** The entries of a RAR archive, 4 or 5, that is not encrypted. @throws ProvisioningError tool-missing, firmware-archive-broken */
export async function* readRarArchive(archive: string, path: string, work: Work): AsyncGenerator<Entry> {
  const beginning = (await beginningOf(path, RAR5.length)).toString('latin1');
  if (beginning !== RAR5 && !beginning.startsWith(RAR4)) throw broken(archive, 'is no RAR archive');
  const files = await readRar(archive, path, work.limits.files);
  let index = 0;
  // Through a pipe: in a file it would look for a zip archive at the end first, and a RAR archive may hold one.
  const tar = turned('@-', { ...reading(archive, path, work), input: () => createReadStream(path) });
  for await (const entry of tarEntries(archive, tar, work)) {
    if (entry.kind !== 'file') {
      yield entry;
      continue;
    }
    const wanted: RarFile | undefined = files[index++];
    if (!wanted) throw broken(archive, `is broken: it has more than the ${files.length} files of its headers`);
    yield { ...entry, content: checked(archive, entry, wanted) };
  }
  if (index < files.length) throw broken(archive, `is broken: ${files.length} files were expected, ${index} came out`);
}

/**
 * The entries of a 7z archive. Turning one into tar, bsdtar does not say when a content is wrong: so all of it is unpacked once before,
 * into nothing, for its word that all is well.
 *
 * @throws ProvisioningError tool-missing, firmware-archive-broken
 */
export async function* read7zArchive(archive: string, path: string, work: Work): AsyncGenerator<Entry> {
  const beginning = (await beginningOf(path, SEVEN_ZIP.length)).toString('latin1');
  if (beginning !== SEVEN_ZIP) throw broken(archive, 'is no 7z archive');
  const child = reading(archive, path, work);
  const tested = outputOf('bsdtar', ['-x', '-O', '-P', '-f', path], child);
  for await (const piece of tested) work.pass(piece.length);
  yield* tarEntries(archive, turned(`@${path}`, child), work);
}

/** Turned into a tar archive: so the program writes no file itself, and what comes out is checked like everything else. */
function turned(source: string, child: ChildOptions): AsyncIterable<Uint8Array> {
  return outputOf('bsdtar', ['-c', '-f', '-', '--format=pax', source], child);
}
