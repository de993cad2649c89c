import { getFileNameLowLevel, openPromise, type Entry as ZipEntry } from 'yauzl';
import { ProvisioningError, reason } from '../../lib/errors.ts';
import { checked, type Entry } from './entry.ts';
import { broken, quoted } from './faults.ts';

/** The entries of a zip archive. @throws ProvisioningError firmware-archive-broken */
export async function* readZip(archive: string, path: string): AsyncGenerator<Entry> {
  try {
    // Names are checked by us, all in one way.
    const zip = await openPromise(path, { decodeStrings: false, autoClose: false });
    try {
      for await (const entry of zip.eachEntry()) {
        const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
        if (entry.isEncrypted()) throw broken(archive, `is encrypted: ${quoted(name)} needs a password`);
        const stream = async function* () {
          try {
            yield* await zip.openReadStreamPromise(entry);
          } catch (cause) {
            throw told(archive, cause);
          }
        };
        const wanted = { size: entry.uncompressedSize, crc: entry.crc32 };
        yield { name, kind: kindOf(entry, name), content: checked(archive, { name, content: stream() }, wanted) };
      }
    } finally {
      zip.close();
    }
  } catch (cause) {
    throw told(archive, cause);
  }
}

/** The library throws plain errors, zlib such with a code; what the system says is no fault of the archive. */
function told(archive: string, cause: unknown): unknown {
  const isSystems = (cause as NodeJS.ErrnoException).syscall !== undefined;
  return cause instanceof ProvisioningError || isSystems ? cause : broken(archive, `is broken: ${reason(cause)}`, cause);
}

/** By the type of file that is in a mode of Unix (inode(7)); programs of other systems leave it zero. */
const kinds = new Map<number, Entry['kind']>([
  [0, 'file'],
  [0o010000, { what: 'is a named pipe' }],
  [0o020000, { what: 'is a device' }],
  [0o040000, 'folder'],
  [0o060000, { what: 'is a device' }],
  [0o100000, 'file'],
  [0o120000, { what: 'is a symbolic link' }],
]);

function kindOf({ externalFileAttributes }: ZipEntry, name: string): Entry['kind'] {
  const kind = kinds.get((externalFileAttributes >>> 16) & 0o170000) ?? { what: 'is neither a file nor a folder' };
  return kind === 'file' && /[/\\]$/.test(name) ? 'folder' : kind;
}
