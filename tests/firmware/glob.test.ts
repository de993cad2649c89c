import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fits } from '../../server/firmware/glob.ts';

const paths = [
  'a.rom',
  'b.rom',
  '.hidden.rom',
  'x/a.rom',
  'x/y/a.rom',
  'x/.git',
  '[1].zip',
  'fw-(13).zip',
  'a]b',
  'a^b',
  'a-b',
  'A.ROM',
  'ä.rom',
];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-glob-'));
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), '');
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const globs = [
  '*',
  '*.rom',
  '?.rom',
  '*/*',
  '*/a.rom',
  '*/*/a.rom',
  './x/./a.rom',
  'x//a.rom',
  '.*',
  '[ab].rom',
  '[!a].rom',
  '[a-b].rom',
  '[[]1].zip',
];
const odd = [
  'a[]]b',
  'a[!]]b',
  'a[b^]b',
  'a[-b]b',
  '[.]hidden.rom',
  'fw-(13).zip',
  'a*',
  'a**m',
  '[a',
  'x/*',
  'none*',
  'A.rom',
  '*.ROM',
];

test.each([...globs, ...odd])('the glob %s fits what a shell finds by it', (glob) => {
  // A glob that finds nothing stays as it is in a shell.
  const script = 'for path in $1; do [ -e "$path" ] && printf "%s\\n" "$path"; done; true';
  const environment = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' };
  const found = execFileSync('bash', ['-c', script, 'bash', glob], { cwd: folder, encoding: 'utf8', env: environment })
    .split('\n')
    .filter((path) => path !== '')
    .map((path) =>
      path
        .split('/')
        .filter((name) => name !== '' && name !== '.')
        .join('/'),
    );
  const folders = ['x', 'x/y'];
  expect([...paths, ...folders].filter(fits(glob)).sort()).toEqual([...new Set(found)].sort());
});

test('a range from high to low is no glob', () => {
  expect(() => fits('[z-a]')).toThrow('[z-a] is no glob: a range in brackets goes from low to high');
});
