import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openToken, TOKEN_FILE } from '../../server/api/authenticate.ts';

let data: string;
let file: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'offhook-token-'));
  file = join(data, TOKEN_FILE);
});
afterEach(() => rmSync(data, { recursive: true }));

test('the first start makes a token of 32 random bytes that only its owner may read', async () => {
  const token = await openToken(data);
  expect(token.reveal()).toMatch(/^[\w-]{43}$/);
  expect(readFileSync(file, 'utf8')).toBe(`${token.reveal()}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(data)).toEqual([TOKEN_FILE]);
});

test('a later start takes the same, and two directories have two', async () => {
  const first = await openToken(data);
  expect((await openToken(data)).reveal()).toBe(first.reveal());
  const other = await openToken(join(data, 'deeper', 'data'));
  expect(other.reveal()).not.toBe(first.reveal());
  expect(statSync(join(data, 'deeper')).mode & 0o777).toBe(0o700);
});

test('of many that start at once all get the same, and leave nothing else behind', async () => {
  const tokens = await Promise.all(Array.from({ length: 50 }, () => openToken(data)));
  expect(new Set(tokens.map((token) => token.reveal())).size).toBe(1);
  expect(readdirSync(data)).toEqual([TOKEN_FILE]);
});

test('a token that the administrator chose is taken as it is', async () => {
  writeFileSync(file, 'chosen.by-hand_0123456789~ABCDEFGHIJ==\r\n');
  expect((await openToken(data)).reveal()).toBe('chosen.by-hand_0123456789~ABCDEFGHIJ==');
});

test.each(['', 'short', 'x'.repeat(31), `${'x'.repeat(40)} y`, `${'x'.repeat(40)}\ny`])(
  'a file with %j is refused',
  async (text) => {
    writeFileSync(file, text);
    await expect(openToken(data)).rejects.toMatchObject({ code: 'token-invalid', message: expect.stringContaining('Remove it') });
  },
);

test('a token that cannot be read says which file', async () => {
  writeFileSync(join(data, 'file'), '');
  await expect(openToken(join(data, 'file'))).rejects.toMatchObject({
    code: 'token-unreadable',
    message: expect.stringContaining('admin.token'),
  });
});

test('a token is not shown by accident', async () => {
  const token = await openToken(data);
  expect(`${token} ${JSON.stringify({ token })}`).not.toContain(token.reveal());
});
