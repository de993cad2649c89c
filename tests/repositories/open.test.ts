import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bundle } from '../../server/packaging/publish.ts';
import { localShelf, openRepository, type Shelf } from '../../server/repositories/open.ts';
import { archive, entry, index, now, signed, signer } from './sample.ts';

const ours = signer();
const expected = { channel: 'stable', keys: [ours.line], now } as const;

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-open-'));
  mkdirSync(join(root, 'repository/stable'), { recursive: true });
  const { bytes, signature } = signed(ours);
  write('index.json', bytes);
  write('index.json.sig', signature);
  write('acme-1.0.0.tar.gz', archive());
});
afterEach(() => rmSync(root, { recursive: true }));

const at = (name: string) => join(root, 'repository/stable', name);
const write = (name: string, bytes: Buffer) => writeFileSync(at(name), bytes);

/** What a web server has: reads are small, archives are fetched by somebody who can resume. */
function webShelf(): Shelf {
  return {
    name: 'https://packages.example/',
    read: async (path) => {
      const file = join(root, 'repository', path);
      return existsSync(file) ? readFileSync(file) : undefined;
    },
    fetch: async (path, _, to) => writeFileSync(to, readFileSync(join(root, 'repository', path))),
  };
}

const shelves: Readonly<Record<string, () => Promise<Shelf>>> = {
  'a folder': () => localShelf(join(root, 'repository')),
  'a file: URL': () => localShelf(pathToFileURL(join(root, 'repository')).href),
  'a bundle': async () => {
    await bundle(join(root, 'repository'), ['stable'], join(root, 'packages.tar'));
    return localShelf(join(root, 'packages.tar'));
  },
  'a web server': async () => webShelf(),
};

test.each(Object.entries(shelves))('%s gives the index and the archives', async (_, shelf) => {
  const repository = await openRepository(await shelf(), expected);
  expect(repository.index).toEqual(index());
  expect(repository.signedBy).toMatch(/^[\da-f]{16}$/);
  await repository.archive(entry(), join(root, 'taken'));
  expect(readFileSync(join(root, 'taken'))).toEqual(archive());
});

test.each(Object.entries(shelves))('%s with an archive that was changed gives none', async (_, shelf) => {
  const changed = archive();
  changed[100] = (changed[100] ?? 0) ^ 1;
  write('acme-1.0.0.tar.gz', changed);
  const repository = await openRepository(await shelf(), expected);
  await expect(repository.archive(entry(), join(root, 'taken'))).rejects.toMatchObject({ code: 'archive-wrong' });
  expect(existsSync(join(root, 'taken'))).toBe(false);
});

test.each(Object.entries(shelves))('%s with an index that somebody else signed is refused by its name', async (_, shelf) => {
  const { signature } = signed(signer());
  write('index.json.sig', signature);
  const opened = await shelf();
  await expect(openRepository(opened, expected)).rejects.toMatchObject({
    code: 'index-key-unknown',
    message: expect.stringContaining(`${opened.name}: The index is signed with the key`),
  });
});

test.each(Object.entries(shelves))('%s without a signature is refused, unless that is allowed', async (_, shelf) => {
  rmSync(at('index.json.sig'));
  const opened = await shelf();
  await expect(openRepository(opened, expected)).rejects.toMatchObject({ code: 'index-unsigned' });
  const repository = await openRepository(opened, { ...expected, allowUnsigned: true });
  expect(repository).not.toHaveProperty('signedBy');
});

test.each(Object.entries(shelves))('%s has no channel that is not there', async (_, shelf) => {
  const opened = await shelf();
  await expect(openRepository(opened, { ...expected, channel: 'testing' })).rejects.toMatchObject({
    code: 'index-missing',
    message: expect.stringContaining('has no testing/index.json'),
  });
});

test('an archive that the index names and nobody has is told', async () => {
  rmSync(at('acme-1.0.0.tar.gz'));
  const repository = await openRepository(await localShelf(join(root, 'repository')), expected);
  await expect(repository.archive(entry(), join(root, 'taken'))).rejects.toMatchObject({ code: 'archive-missing' });
});

test('an index without end is not read', async () => {
  truncateSync(at('index.json'), 2 ** 40);
  const shelf = await localShelf(join(root, 'repository'));
  await expect(openRepository(shelf, expected)).rejects.toMatchObject({ code: 'repository-file-too-large' });
});

test('a bundle that is cut is refused', async () => {
  await bundle(join(root, 'repository'), ['stable'], join(root, 'packages.tar'));
  const file = join(root, 'packages.tar');
  // Behind the last content are two blocks of zeros.
  truncateSync(file, statSync(file).size - 1_025);
  const shelf = await localShelf(file);
  await expect(openRepository(shelf, expected)).rejects.toMatchObject({ code: 'archive-invalid' });
});

test('a place that is not there is told as the administrator wrote it', async () => {
  await expect(localShelf('file:///nowhere/at/all')).rejects.toThrow(
    /^file:\/\/\/nowhere\/at\/all cannot be read: (?:Error: )?ENOENT/,
  );
});
