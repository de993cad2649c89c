import { createReadStream } from 'node:fs';
import { ProvisioningError } from '../../lib/errors.ts';
import { fits, matches } from '../glob.ts';
import type { FilterName } from '../model.ts';
import type { PlannedStep } from '../plan.ts';
import { type Entry, unpackEntries } from './entry.ts';
import { broken, quoted } from './faults.ts';
import { read7zArchive, readRarArchive } from './libarchive.ts';
import { beginningOf, openTar, tarEntries } from './open-tar.ts';
import { parentsOf, Tree } from './tree.ts';
import type { Work } from './work.ts';
import { readZip } from './zip.ts';

/** Takes the files of one node, makes those of another. */
type Filter = (tree: Tree, step: PlannedStep, work: Work) => Promise<Tree>;

/** What each filter of pkgs.db does (reference: provd's fetchfw). They make new files, or pass on those that are there. */
export const filters: Readonly<Record<FilterName, Filter>> = {
  cp: async (tree, { globs, target = '' }) => {
    const found = globs.flatMap((glob) => pathsThatFit(tree, glob));
    const copied = new Tree();
    if (target.endsWith('/')) {
      for (const { by, path, content } of filesIn(tree, found)) {
        await copied.join(withoutDots(target + path.slice(by.lastIndexOf('/') + 1)), content);
      }
    } else {
      copied.add(withoutDots(target), onlyFile(tree, found, target).content);
    }
    return copied;
  },

  unzip: unpacking((archive, path) => readZip(archive, path)),

  untar: unpacking((archive, path, work) => tarEntries(archive, openTar(archive, path, work), work)),

  unrar: async (...given) => flat(await unpacking(readRarArchive)(...given)),

  '7z': async (...given) => flat(await unpacking(read7zArchive)(...given)),

  unsign: async (tree, { globs, target = '' }, work) => {
    const found = globs.flatMap((glob) => pathsThatFit(tree, glob));
    const signed = onlyFile(tree, found, target);
    const beginning = await beginningOf(signed.content, HEADER_BYTES + 4);
    const start = [...beginning.keys()].find((at) => at < HEADER_BYTES && isGzip(beginning.subarray(at)));
    if (start === undefined) {
      throw broken(signed.path, `has no gzip within its first ${HEADER_BYTES} bytes, where a Cisco header ends`);
    }
    const unsigned = new Tree();
    unsigned.add(withoutDots(target), await work.write(createReadStream(signed.content, { start })));
    return unsigned;
  },

  include: async (tree, { globs }) => {
    const paths = included(tree, globs);
    return kept(tree, (path) => paths.has(path));
  },

  exclude: async (tree, { globs }) => {
    const paths = included(tree, globs);
    return kept(tree, (path) => !paths.has(path));
  },

  null: async (tree) => tree,
};

/** Of a Cisco signature, at most. */
const HEADER_BYTES = 512;

/** Its magic, deflate, and flags of which three are none yet (RFC 1952). */
function isGzip(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 3) === '\x1f\x8b\x08' && bytes[3] !== undefined && (bytes[3] & 0xe0) === 0;
}

function unpacking(read: (archive: string, path: string, work: Work) => AsyncIterable<Entry>): Filter {
  return async (tree, { globs }, work) => {
    const all = new Tree();
    for (const archive of globs.flatMap((glob) => pathsThatFit(tree, glob))) {
      const path = tree.files.get(archive);
      // A folder that fits is no archive.
      if (path !== undefined) await all.joinAll(await unpackEntries(archive, read(archive, path, work), work), archive);
    }
    if (all.files.size === 0) throw missing(`no file fits ${globs.join(' ')}, only folders do`);
    return all;
  };
}

/** All files in one folder, as provd has those of RAR and 7z archives. */
async function flat(tree: Tree): Promise<Tree> {
  const flattened = new Tree();
  for (const [path, content] of tree.files) await flattened.join(path.slice(path.lastIndexOf('/') + 1), content);
  return flattened;
}

/** Files and folders. @throws ProvisioningError firmware-file-missing when there are none */
function pathsThatFit(tree: Tree, glob: string, test = fits(glob)): string[] {
  const all = [...tree.folders, ...tree.files.keys()];
  const found = all.filter(test);
  if (found.length > 0) return found.sort();
  const shown = all.sort().slice(0, 5).map(quoted).join(', ') || 'nothing';
  throw missing(`nothing fits ${glob}; there is ${shown}${all.length > 5 ? ` and ${all.length - 5} more` : ''}`);
}

function missing(what: string): ProvisioningError {
  return new ProvisioningError('firmware-file-missing', what);
}

function onlyFile(tree: Tree, found: readonly string[], target: string): { path: string; content: string } {
  const [path = ''] = found;
  const content = tree.files.get(path);
  if (content !== undefined && found.length === 1) return { path, content };
  const shown = found.slice(0, 5).map(quoted).join(', ');
  const what = content === undefined && found.length === 1 ? 'a folder' : found.length;
  throw missing(`${target} is made of exactly one file; found ${what}: ${shown}`);
}

/** The paths that fit one of the patterns, and what is in those that are folders. */
function included(tree: Tree, patterns: readonly string[]): Set<string> {
  const found = patterns.flatMap((pattern) => pathsThatFit(tree, pattern, matches(pattern)));
  return new Set(Array.from(filesIn(tree, found), ({ path }) => path));
}

function kept(tree: Tree, isKept: (path: string) => boolean): Tree {
  const result = new Tree();
  for (const [path, content] of tree.files) if (isKept(path)) result.add(path, content);
  return result;
}

/** The files among some paths, and those in the folders among them: `by` says which path it was. */
function* filesIn(tree: Tree, paths: readonly string[]): Generator<{ by: string; path: string; content: string }> {
  const wanted = new Set(paths);
  for (const [path, content] of tree.files) {
    for (const by of [...parentsOf(path), path]) if (wanted.has(by)) yield { by, path, content };
  }
}

/** `./firmware//x` is `firmware/x`. */
function withoutDots(path: string): string {
  return path
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
}
