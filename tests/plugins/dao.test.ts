import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
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
/** How many copies there are of what lies here; other tests make others. */
const copies = async () => {
  const all = (await readdir(tmpdir())).filter((name) => name.startsWith('offhook-package-'));
  return all.filter((name) => existsSync(join(tmpdir(), name, basename(root)))).length;
};

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
  write(`packages/acme/${basename(root)}`, '');
  expect(await read()).toEqual({ lines: 1 });
  write('packages/acme/models/lines.js', 'export const lines = 2;');
  expect(await read()).toEqual({ lines: 2 });
  write('packages/acme/models/lines.js', 'export const lines = 1;');
  expect(await read()).toEqual({ lines: 1 });
  expect(await copies()).toBe(0);
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

/** What a reload does: a second process, say, loads what the first has tried. */
const readTried = async (from = dao) => {
  const tried = new Map([[acme().folder, await from.tryOut(acme())]]);
  return (await dao.read(acme(), tried)).definition;
};

test('code that is new is tried first, and what was tried is loaded as it is', async () => {
  write('packages/acme/plugin.js', "import { name } from './name.js'; export default { name };");
  write('packages/acme/name.js', "export const name = 'one';");
  write(`packages/acme/${basename(root)}`, '');
  expect(await readTried()).toEqual({ name: 'one' });
  write('packages/acme/name.js', "export const name = 'two';");
  expect(await readTried()).toEqual({ name: 'two' });
  expect(await copies()).toBe(0);
});

test('what one process tried another one loads, and nothing else', async () => {
  const first = folderDao([join(root, 'packages')]);
  write('packages/acme/plugin.js', 'export default { made: 1 };');
  expect(await readTried(first)).toEqual({ made: 1 });
  write('packages/acme/plugin.js', 'export default { made: 2 };');
  const tried = new Map([[acme().folder, await first.tryOut(acme())]]);
  write('packages/acme/plugin.js', 'globalThis.ran = true; export default { made: 3 };');
  await expect(dao.read(acme(), tried)).rejects.toThrow('its code is not what was tried before it was to be loaded');
  await expect(dao.read(acme(), new Map())).rejects.toThrow('its code is not what was tried before it was to be loaded');
  expect(globalThis).not.toHaveProperty('ran');
});

test('code that a process has loaded is not tried again', async () => {
  write('packages/acme/plugin.js', "import { existsSync } from 'node:fs'; export default { ok: true };");
  expect(await read()).toEqual({ ok: true });
  expect(await dao.tryOut(acme())).not.toHaveProperty('problem');
  // It has no time at all: whatever is tried is late.
  const hasty = folderDao([join(root, 'packages')], { timeoutMs: 1 });
  expect(await hasty.tryOut(acme())).toHaveProperty('problem');
  expect(await readTried()).toEqual({ ok: true });
});

test('of a package that waits for ever no copy is left, and it is loaded when it is mended', async () => {
  const hasty = folderDao([join(root, 'packages')], { timeoutMs: 500 });
  write(`packages/acme/${basename(root)}`, '');
  write('packages/acme/plugin.js', 'await new Promise(() => {}); export default {};');
  await expect(hasty.read(acme())).rejects.toThrow('plugin.js did not finish loading within 0.5 s');
  expect(await copies()).toBe(0);
  write('packages/acme/plugin.js', 'export default { mended: true };');
  expect((await hasty.read(acme())).definition).toEqual({ mended: true });
});

test('while code is tried there is a copy', async () => {
  write(`packages/acme/${basename(root)}`, '');
  write('packages/acme/plugin.js', 'await new Promise((resolve) => setTimeout(resolve, 500)); export default {};');
  const trying = dao.tryOut(acme());
  await setTimeout(200);
  expect(await copies()).toBe(1);
  await trying;
  expect(await copies()).toBe(0);
});

test('what harms is not loaded, and where its copy lay is neither told nor left', async () => {
  write(`packages/acme/${basename(root)}`, '');
  write('packages/acme/plugin.js', "import './missing.js'; export default {};");
  const { problem } = await dao.tryOut(acme());
  expect(problem?.message).toContain(`Cannot find module '${join(root, 'packages/acme/missing.js')}'`);
  await expect(readTried()).rejects.toMatchObject({ code: 'plugin-unreadable' });
  write('packages/acme/plugin.js', 'export default { mended: true };');
  expect(await readTried()).toEqual({ mended: true });
  expect(await copies()).toBe(0);
});

test('who looks hears which package is loaded before its code runs, and of none that was loaded before', async () => {
  const heard: string[] = [];
  const listening = folderDao([join(root, 'packages')], { loading: ({ id }) => heard.push(id) });
  write('packages/acme/plugin.js', 'throw new Error(String(globalThis.heard));');
  Object.assign(globalThis, { heard });
  await expect(listening.read(acme())).rejects.toThrow(/^acme$/);
  write('packages/acme/plugin.js', 'export default {};');
  await listening.read(acme());
  await listening.read(acme());
  expect(heard).toEqual(['acme', 'acme']);
});

test.each([
  ['CommonJS', 'commonjs'],
  ['an ES module', 'module'],
])('a package that does not say what its code is loads at once also where all above it is %s', async (_what, type) => {
  write('package.json', JSON.stringify({ type }));
  write('packages/acme/plugin.js', 'export default { made: 1 };');
  expect(await read()).toEqual({ made: 1 });
  write('packages/acme/plugin.js', 'export default { made: 2 };');
  expect(await read()).toEqual({ made: 2 });
});

test('a package that says itself that its code is CommonJS is taken at its word, at first and when it changed', async () => {
  write('packages/acme/package.json', '{ "type": "commonjs" }');
  for (const made of [1, 2]) {
    write('packages/acme/plugin.js', `module.exports = { made: ${made} };`);
    expect(await read()).toEqual({ made });
  }
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
