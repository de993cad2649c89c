import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Content } from '../../server/lib/content.ts';
import { bytesContent, fileContent } from '../../server/lib/content.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'content-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function openFile(name: string, text: string) {
  await writeFile(join(folder, name), text);
  const content = await fileContent(join(folder, name));
  if (!content) throw new Error(`${name} could not be opened`);
  return content;
}

test.each<[string, (text: string) => Promise<Content>]>([
  ['bytes', async (text) => bytesContent(Buffer.from(text))],
  ['a file', (text) => openFile('image.rom', text)],
])('%s are read from any offset, fewer only at the end', async (_, open) => {
  const content = await open('0123456789');
  expect(content.size).toBe(10);
  expect((await content.read(0, 4)).toString()).toBe('0123');
  expect((await content.read(8, 4)).toString()).toBe('89');
  expect((await content.read(0, 100)).toString()).toBe('0123456789');
  expect((await content.read(10, 4)).toString()).toBe('');
  expect((await content.read(40, 4)).toString()).toBe('');
  expect((await content.read(3, 0)).toString()).toBe('');
  await content.close();
});

test('bytes are at hand in memory, those of a file are not', async () => {
  expect(bytesContent(Buffer.from('x')).bytes?.toString()).toBe('x');
  const file = await openFile('image.rom', 'x');
  expect(file.bytes).toBeUndefined();
  await file.close();
});

test('a file is read by several at once, each at its own place', async () => {
  const text = Array.from({ length: 2_000 }, (_, index) => String(index).padStart(8, '0')).join('');
  const file = await openFile('large.rom', text);
  const pieces = await Promise.all(Array.from({ length: 2_000 }, (_, index) => file.read(index * 8, 8)));
  expect(Buffer.concat(pieces).toString()).toBe(text);
  await file.close();
});

test('a file says when it was changed', async () => {
  const before = Date.now();
  const file = await openFile('image.rom', 'x');
  // A file system's clock may tick more slowly than the process's.
  expect(Math.abs(file.modified.getTime() - before)).toBeLessThan(60_000);
  await file.close();
});

test('a file that grows is read as long as it was; one that shrinks is an error that names it', async () => {
  const file = await openFile('image.rom', '0123456789');
  await appendFile(join(folder, 'image.rom'), 'more');
  expect((await file.read(8, 100)).toString()).toBe('89');
  await truncate(join(folder, 'image.rom'), 5);
  await expect(file.read(0, 10)).rejects.toThrow('image.rom became shorter');
  await file.close();
});

test('an empty file is a content of no bytes', async () => {
  const file = await openFile('empty', '');
  expect(file.size).toBe(0);
  expect((await file.read(0, 512)).length).toBe(0);
  await file.close();
});

test.each([
  ['a name that does not exist', 'missing'],
  ['a folder', '.'],
  ['a name below a file', 'file/below'],
])('%s is no content, and no error', async (_, name) => {
  await writeFile(join(folder, 'file'), 'x');
  expect(await fileContent(join(folder, name))).toBeUndefined();
});

test('what cannot be read for another reason is an error', async () => {
  await expect(fileContent(join(folder, 'x'.repeat(300)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
});

test('a closed file cannot be read', async () => {
  const file = await openFile('image.rom', 'x');
  await file.close();
  await expect(file.read(0, 1)).rejects.toThrow();
});
