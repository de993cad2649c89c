import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { findTools, toolIn } from '../../server/lib/tools.ts';

const root = mkdtempSync(join(tmpdir(), 'offhook-tools-'));
afterAll(() => rmSync(root, { recursive: true }));

function folder(name: string, programs: Readonly<Record<string, number>>): string {
  const path = join(root, name);
  mkdirSync(path);
  for (const [program, mode] of Object.entries(programs)) {
    writeFileSync(join(path, program), '');
    chmodSync(join(path, program), mode);
  }
  return path;
}

test('a program is taken from the first folder in which it can be executed', async () => {
  const text = folder('text', { bzip2: 0o644 });
  const first = folder('first', { bzip2: 0o755 });
  const second = folder('second', { bzip2: 0o755, xz: 0o755 });
  const tools = await findTools([text, first, second].join(':'));
  expect([...tools]).toEqual([
    ['bzip2', join(first, 'bzip2')],
    ['xz', join(second, 'xz')],
  ]);
});

test('folders without a beginning are none: what lies in the one that the server was started in is not executed', async () => {
  expect([...(await findTools('.::bin'))]).toEqual([]);
});

test('what is not there is missed with the package that has it', () => {
  expect(() => toolIn(new Map(), 'xz')).toThrow(
    expect.objectContaining({
      code: 'tool-missing',
      message: 'xz is not installed; Debian has it in the package xz-utils',
    }),
  );
});
