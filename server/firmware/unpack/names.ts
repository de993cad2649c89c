import { forbidden } from './faults.ts';

/** Bytes of one name (NAME_MAX of Linux' file systems). */
const NAME_BYTES = 255;

/** Bytes of a path: PATH_MAX is 4,096, and the folders that it is put into want some. */
const PATH_BYTES = 3_584;

/**
 * An entry's name as a path below a folder; empty for the folder itself. Backslashes divide, as in archives of Windows.
 *
 * @param depth - how many folders it may be in
 * @throws ProvisioningError firmware-archive-forbidden
 */
export function pathOf(archive: string, name: string, depth: number): string {
  const refuse = (what: string) => forbidden(archive, name, what);
  const path = name.replaceAll('\\', '/');
  if (path === '') throw refuse('is no name');
  if (path.includes('\0')) throw refuse('has a NUL in it');
  if (/^(?:\/|[a-z]:)/i.test(path)) throw refuse('is an absolute path');
  const names = path.split('/').filter((each) => each !== '' && each !== '.');
  if (names.includes('..')) throw refuse('leads out of its folder');
  if (names.some((each) => Buffer.byteLength(each) > NAME_BYTES)) throw refuse(`is longer than ${NAME_BYTES} bytes`);
  if (Buffer.byteLength(path) > PATH_BYTES) throw refuse(`is longer than ${PATH_BYTES} bytes`);
  if (names.length - 1 > depth) throw refuse(`is in ${names.length - 1} folders; ${depth} are allowed`);
  return names.join('/');
}
