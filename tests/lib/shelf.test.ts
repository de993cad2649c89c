import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as z from 'zod';
import { openShelf, type Shelf } from '../../server/lib/shelf.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'offhook-shelf-'));
});
afterEach(() => rm(directory, { recursive: true }));

const open = (options: { sweep?: boolean; report?: (problem: string) => void } = {}) =>
  openShelf(directory, z.strictObject({ version: z.string() }), { report: fail, ...options });

function fail(problem: string): void {
  throw new Error(problem);
}

async function staged(shelf: Shelf<{ version: string }>, name: string, version: string) {
  const folder = await shelf.stage(name);
  await writeFile(join(folder, 'file'), version);
  return { folder, facts: { version } };
}

test('what was put is there for whoever opens it next, and what stood there before is gone', async () => {
  const shelf = await open();
  const first = await staged(shelf, 'a', '1');
  await shelf.change(new Map([['a', first]]));
  const [a, b] = [await staged(shelf, 'a', '2'), await staged(shelf, 'b/../..', '1')];
  await shelf.change(
    new Map([
      ['a', a],
      ['b', b],
    ]),
  );
  const other = await open();
  expect([...other.items]).toEqual([
    ['a', a],
    ['b', b],
  ]);
  expect(await readFile(join(a.folder, 'file'), 'utf8')).toBe('2');
  expect(existsSync(first.folder)).toBe(false);
  await shelf.change(new Map(), ['a']);
  expect([...other.items.keys()]).toEqual(['a', 'b']);
  await other.reload();
  expect([...other.items.keys()]).toEqual(['b']);
  expect((await readdir(directory)).sort()).toEqual([b.folder.slice(directory.length + 1), 'list.json'].sort());
});

test('changes at one time all happen', async () => {
  const shelf = await open();
  const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
  await Promise.all(keys.map(async (key) => shelf.change(new Map([[key, await staged(shelf, key, key)]]))));
  expect([...(await open()).items.keys()].sort()).toEqual(keys.sort());
});

test('a list that is read anew while it changes takes nothing back', async () => {
  const shelf = await open();
  for (let round = 0; round < 20; round++) {
    const key = `key${round}`;
    const changing = shelf.change(new Map([[key, await staged(shelf, key, key)]]));
    let isOver = false;
    const reading = Array.from({ length: 8 }, async () => {
      while (!isOver) await shelf.reload();
    });
    await changing;
    isOver = true;
    await Promise.all(reading);
    expect([...shelf.items.keys()]).toContain(key);
    expect(shelf.items.size).toBe(round + 1);
  }
});

test('what was staged and never put goes with the next sweep, and only then', async () => {
  const shelf = await open();
  const kept = await staged(shelf, 'kept', '1');
  await shelf.change(new Map([['kept', kept]]));
  const { folder } = await staged(shelf, 'left', '1');
  await writeFile(join(directory, 'list.json.part'), '{');
  // What nobody staged is somebody's.
  await writeFile(join(directory, 'mine'), '');
  await open();
  expect(existsSync(folder)).toBe(true);
  const swept = await open({ sweep: true });
  expect(existsSync(folder)).toBe(false);
  expect((await readdir(directory)).sort()).toEqual([kept.folder.slice(directory.length + 1), 'list.json', 'mine'].sort());
  expect([...swept.items]).toEqual([['kept', kept]]);
});

test.each([
  ['{', 'JSON'],
  ['{"a":{"folder":"../up","facts":{"version":"1"}}}', 'folder'],
  ['{"a":{"folder":"x","facts":{}}}', 'version'],
])('a list that reads %s is told, and nothing is removed', async (text, told) => {
  await writeFile(join(directory, 'list.json'), text);
  await writeFile(join(directory, 'something'), '');
  await expect(open({ sweep: true })).rejects.toMatchObject({ code: 'shelf-unreadable', message: expect.stringContaining(told) });
  expect((await readdir(directory)).sort()).toEqual(['list.json', 'something']);
});

test('a process that is killed in the middle leaves the old or the new, never half', async () => {
  const lib = join(import.meta.dirname, '../../dist/server/lib/shelf.js');
  const script = `
    import { openShelf } from ${JSON.stringify(lib)};
    import { writeFile } from 'node:fs/promises';
    import * as z from 'zod';
    const shelf = await openShelf(process.argv[1], z.strictObject({ version: z.string() }), { sweep: true, report: console.error });
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(process.argv[2]));
    for (let version = 1; ; version++) {
      const put = new Map();
      for (const key of ['a', 'b']) {
        const folder = await shelf.stage(key);
        for (const name of ['x', 'y']) await writeFile(folder + '/' + name, String(version));
        put.set(key, { folder, facts: { version: String(version) } });
      }
      await shelf.change(put);
    }`;
  for (let round = 0; round < 20; round++) {
    const { signal, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, directory, String(20 + round * 3)],
      { encoding: 'utf8', timeout: 20_000, cwd: join(import.meta.dirname, '../..') },
    );
    expect([signal, stderr]).toEqual(['SIGKILL', '']);
    const { items } = await open();
    const versions = new Set(Array.from(items.values(), ({ facts }) => facts.version));
    expect(versions.size).toBeLessThanOrEqual(1);
    for (const { folder, facts } of items.values()) {
      for (const name of ['x', 'y']) expect(await readFile(join(folder, name), 'utf8')).toBe(facts.version);
    }
  }
  expect((await open({ sweep: true })).items.size).toBe(2);
  expect((await readdir(directory)).length).toBe(3);
}, 60_000);
