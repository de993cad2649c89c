import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { localShelf, openRepository } from '../../server/repositories/open.ts';
import { pluginsFolder } from '../support/packages.ts';
import { offhook } from './terminal.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-cli-repository-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const at = (name: string) => join(root, name);
const vendors = ['digium', 'yealink'].map((id) => join(pluginsFolder, id));

async function done(...words: string[]): Promise<string> {
  const ran = await offhook(words);
  expect({ words, ...ran }).toMatchObject({ code: 0, err: '' });
  return ran.out;
}

test('a package is built where one wants it', async () => {
  const [digium = ''] = vendors;
  expect(await done('plugin', 'build', digium, '--into', at('out'))).toBe(`${at('out')}/digium-1.0.0.tar.gz\n`);
  expect(readdirSync(at('out'))).toEqual(['digium-1.0.0.tar.gz']);
});

test('a repository is made, signed, extended, and carried in one file to where there is no network', async () => {
  const line = (await done('repository', 'key', at('key.pem'))).trim();
  expect(await done('repository', 'key', at('key.pem'), '--show')).toBe(`${line}\n`);
  const told = await done('repository', 'build', ...vendors, '--into', at('www'), '--key', at('key.pem'));
  expect(told).toMatch(/^PACKAGE +VERSION +BYTES +FILE\ndigium +1\.0\.0 +\d+ +digium-1\.0\.0\.tar\.gz\nyealink /);
  expect(told).toContain('www/stable has 2 archives, index 1, signed\n');
  const testing = ['--into', at('www'), '--channel', 'testing', '--key', at('key.pem'), '--json'];
  const document: unknown = JSON.parse(await done('repository', 'build', ...vendors.slice(0, 1), ...testing));
  expect(document).toMatchObject({ channel: 'testing', serial: 1, packages: [{ id: 'digium', version: '1.0.0' }] });
  await done('repository', 'bundle', at('www'), '--channel', 'stable', 'testing', '-o', at('offhook.tar'));
  for (const channel of ['stable', 'testing'] as const) {
    const { index } = await openRepository(await localShelf(at('offhook.tar')), { channel, keys: [line], now: new Date() });
    expect(index.packages.map(({ id }) => id)).toEqual(channel === 'stable' ? ['digium', 'yealink'] : ['digium']);
  }
});

test('nothing is published when one of the packages is wrong', async () => {
  cpSync(vendors[0] ?? '', at('digium'), { recursive: true });
  rmSync(at('digium/CHANGELOG.md'));
  const ran = await offhook(['repository', 'build', vendors[1] ?? '', at('digium'), '--into', at('www')]);
  expect(ran).toMatchObject({ code: 1, out: '' });
  expect(ran.err).toMatch(/^offhook: The package digium cannot be built: CHANGELOG\.md has no heading "## 1\.0\.0 - DATE"/);
  expect(existsSync(at('www'))).toBe(false);
});

test.each<[string, string[], number, RegExp]>([
  ['a folder that cannot be made', ['build', '--into', 'FILE/www'], 1, /^offhook: (?:Error: )?ENOTDIR/],
  [
    'a key that is not there',
    ['build', '--into', 'www', '--key', 'NONE'],
    1,
    /NONE cannot be read as a private key: (?:Error: )?ENOENT/,
  ],
  [
    'a channel that nobody knows',
    ['build', '--into', 'www', '--channel', 'nightly'],
    2,
    /Allowed choices are stable, testing, archive/,
  ],
  ['nowhere', ['build'], 2, /--into <folder>/],
  ['a key that is there', ['key', 'FILE'], 1, /FILE exists/],
  ['a bundle of nothing', ['bundle', 'NONE', '-o', 'x.tar'], 1, /NONE has no stable\/index\.json: make it with/],
])('%s is told in a line', async (_, words, code, expected) => {
  writeFileSync(at('FILE'), '');
  const placed = words.map((word) => (/^(?:FILE|NONE|www)/.test(word) ? at(word) : word));
  const ran = await offhook(['repository', ...placed]);
  expect(ran.code).toBe(code);
  expect(ran.err).toMatch(expected);
});
