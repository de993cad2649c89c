import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version in package.json, which lies beside the sources and one folder above the build. */
export const version: string = readVersion(['../package.json', '../../package.json']);

function readVersion([candidate, ...others]: readonly string[]): string {
  if (candidate === undefined) throw new Error('package.json is missing');
  try {
    const { version: found } = JSON.parse(readFileSync(join(import.meta.dirname, candidate), 'utf8')) as { version: string };
    return found;
  } catch (cause) {
    if (others.length === 0 || (cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    return readVersion(others);
  }
}
