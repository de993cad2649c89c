import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeDurably } from '../../server/lib/durable.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-durable-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('a file is written, replaced, and nothing lies beside it', async () => {
  await writeDurably(join(root, 'file'), 'old');
  await writeDurably(join(root, 'file'), Buffer.from('new'), 0o600);
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('new');
  expect(statSync(join(root, 'file')).mode & 0o777).toBe(0o600);
  expect(readdirSync(root)).toEqual(['file']);
});

test('what cannot be replaced leaves nothing behind', async () => {
  mkdirSync(join(root, 'file/inner'), { recursive: true });
  await expect(writeDurably(join(root, 'file'), 'new')).rejects.toMatchObject({ syscall: 'rename' });
  expect(readdirSync(root)).toEqual(['file']);
});
