import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeDirectory } from '../../server/lib/directory.ts';
import { writeDurably } from '../../server/lib/durable.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { writing } from '../../server/lib/writing.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-writing-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const told = (work: () => Promise<unknown>) =>
  writing(folder, work).then(
    () => 'it was written',
    (cause: ProvisioningError) => `${cause.code}: ${cause.message.replaceAll(folder, 'FOLDER')}`,
  );
const refused = (code: string, more: object = {}) => Promise.reject(Object.assign(new Error(`${code}: no`), { code, ...more }));

test('what is in the way is named, and not what was to be written', async () => {
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'directory'));
  const remedy = 'disk-not-writable: FOLDER';
  expect(await told(() => makeDirectory(join(folder, 'file')))).toBe(
    `${remedy}/file cannot be written: it is a file, not a directory; move it away, then try again`,
  );
  expect(await told(() => makeDirectory(join(folder, 'file/below')))).toBe(
    `${remedy}/file/below cannot be written: a part of the path is a file, not a directory; move that away, then try again`,
  );
  expect(await told(() => writeDurably(join(folder, 'directory/../directory'), ''))).toMatch(
    /^disk-not-writable: FOLDER\/directory\S* cannot be written: it is a directory, not a file; move it away, then try again$/,
  );
});

test('on a full disk the folder is named, for the system names no path', async () => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]);
  try {
    expect(await told(() => writeDurably(join(folder, 'large'), Buffer.alloc(1_000_000)))).toBe(
      'disk-full: FOLDER cannot be written: the disk is full; make room, then try again',
    );
  } finally {
    execFileSync('umount', [folder]);
  }
});

test('who may not write is told whose the folder is to be', async () => {
  const user = process.getuid?.();
  expect(await told(() => refused('EACCES', { path: join(folder, 'new.123') }))).toBe(
    `disk-not-writable: FOLDER/new.123 cannot be written: user ${user} may not write there; ` +
      `give it to that user (chown -R ${user} FOLDER), then try again`,
  );
  expect(await told(() => refused('EPERM'))).toMatch(/lsattr -d shows which\), then try again$/);
  expect(await told(() => refused('EROFS'))).toMatch(/mounted read-only; mount it read-write, then try again$/);
  expect(await told(() => refused('EDQUOT'))).toMatch(/^disk-full: .*quota is used up; make room, then try again$/);
});

test('what is something else goes on as it is', async () => {
  const own = new ProvisioningError('archive-wrong', 'It was cut');
  await expect(writing(folder, () => Promise.reject(own))).rejects.toBe(own);
  const fault = new TypeError('x is undefined');
  await expect(writing(folder, () => Promise.reject(fault))).rejects.toBe(fault);
  expect(await writing(folder, async () => 3)).toBe(3);
});
