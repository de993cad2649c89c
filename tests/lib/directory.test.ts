import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { makeDirectory } from '../../server/lib/directory.ts';

const folder = mkdtempSync(join(tmpdir(), 'offhook-directory-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a directory is made with all above it, for its owner only, and one that is there stays', async () => {
  const deep = join(folder, 'a/b/c');
  await makeDirectory(deep);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
  await expect(makeDirectory(deep)).resolves.toBeUndefined();
});

test('a file in the way, or above it, is the system’s error', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(makeDirectory(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeDirectory(join(folder, 'file/x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('a file system in which nothing can be made is an error, and not a wait for ever', async () => {
  await expect(makeDirectory('/proc/offhook')).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(makeDirectory('/proc/offhook/deeper')).rejects.toMatchObject({ code: 'ENOENT' });
});
