import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { folderDao, type PluginDao, withInstalled } from '../../server/plugins/dao.ts';

let root: string;
let dao: PluginDao;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-dao-'));
  write('package.json', '{"type": "module"}');
  dao = folderDao([join(root, 'packages')]);
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const acme = () => ({ id: 'acme', folder: join(root, 'packages/acme') });
const read = async () => (await dao.read(acme())).definition;
const copies = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('offhook-package-')).length;

test('what is installed stands for what lies in a directory under the same id, beside what else lies there', async () => {
  for (const id of ['acme', 'zenith']) write(`packages/${id}/plugin.js`, '');
  const installed = new Map([
    ['acme', { folder: '/installed/acme.1' }],
    ['beta', { folder: '/installed/beta.1' }],
  ]);
  const both = withInstalled(dao, () => installed);
  expect(await both.find()).toEqual([
    { id: 'acme', folder: '/installed/acme.1' },
    { id: 'beta', folder: '/installed/beta.1' },
    { id: 'zenith', folder: join(root, 'packages/zenith') },
  ]);
  installed.delete('acme');
  expect((await both.find()).map(({ id, folder }) => [id, folder])).toEqual([
    ['acme', join(root, 'packages/acme')],
    ['beta', '/installed/beta.1'],
    ['zenith', join(root, 'packages/zenith')],
  ]);
});

test('code that did not change keeps its module, also after it changed once', async () => {
  write('packages/acme/plugin.js', 'export default { made: {} };');
  const first = await read();
  expect(await read()).toBe(first);
  write('packages/acme/plugin.js', 'export default { made: { again: true } };');
  const second = await read();
  expect(second).toEqual({ made: { again: true } });
  // Node never forgets a module: another one with each reload would fill the memory.
  expect(await read()).toBe(second);
});

test('of a package of several files each is read anew, and no copy is left', async () => {
  write('packages/acme/plugin.js', "import { lines } from './models/lines.js'; export default { lines };");
  write('packages/acme/models/lines.js', 'export const lines = 1;');
  const before = await copies();
  expect(await read()).toEqual({ lines: 1 });
  write('packages/acme/models/lines.js', 'export const lines = 2;');
  expect(await read()).toEqual({ lines: 2 });
  write('packages/acme/models/lines.js', 'export const lines = 1;');
  expect(await read()).toEqual({ lines: 1 });
  expect(await copies()).toBe(before);
});

test.each([
  ['throws', "throw new Error('boom');", /boom/],
  ['cannot be parsed', 'export default {', /Unexpected/],
  ['exports nothing', 'export const other = 1;', /plugin\.js has no default export/],
  ['imports what is not there', "import './missing.js'; export default {};", /missing\.js/],
])('a package that %s is read when it is mended', async (_what, text, told) => {
  write('packages/acme/plugin.js', text);
  await expect(read()).rejects.toThrow(told);
  await expect(read()).rejects.toThrow(told);
  write('packages/acme/plugin.js', 'export default { mended: true };');
  expect(await read()).toEqual({ mended: true });
});

test('a package whose code is right, and found no neighbour that it needs, is read when that is there', async () => {
  write(
    'packages/acme/plugin.js',
    "import { readFileSync } from 'node:fs'; readFileSync(new URL('./facts.json', import.meta.url)); export default { ok: true };",
  );
  await expect(read()).rejects.toThrow('facts.json');
  write('packages/acme/facts.json', '{}');
  expect(await read()).toEqual({ ok: true });
});
