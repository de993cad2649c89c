import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FILES, type InstalledShelf, installedFacts } from '../../server/firmware/installed.ts';
import { type FirmwareParts, type FirmwareService, firmwareService, type Pkgs } from '../../server/firmware/service.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { openShelf } from '../../server/lib/shelf.ts';
import type { Task } from '../../server/operations/run.ts';
import { testPackage } from '../support/packages.ts';

/** Each package is one file of its own name; `a` needs `b`, `b` needs `c`. */
const described = [
  ['a', 'b', ''],
  ['b', 'c', ''],
  ['c', '', 'acme-1'],
  ['other', 'c', ''],
] as const;
const pkgs = `${described
  .map(([id, depends, plugin]) =>
    [
      `[pkg_${id}]`,
      'version: 1',
      `description: Firmware ${id}`,
      `files: ${id}`,
      `install: copy ${id}`,
      `depends: ${depends}`,
      `plugin: ${plugin}`,
      `[file_${id}]`,
      `url: http://vendor.example/${id}.rom`,
      'size: 4',
      `sha1sum: ${'0'.repeat(39)}${id.charCodeAt(0) % 10}`,
    ].join('\n'),
  )
  .join('\n')}\n[install_copy]\na-b: cp $FILE1 fw/\n`;
const series = [{ version: '1.0', models: { M1: { lines: 1 } } }];
const acme = testPackage('acme', { plugins: { 'acme-1': { series }, 'acme-2': { series } } }, {}, { 'pkgs.db': pkgs });
const [first, second] = acme.plugins;
if (!first || !second) throw new Error('no plugins');

const task: Task = {
  signal: new AbortController().signal,
  progress() {},
  step: async (_plan, work) => work(task),
};

let directory: string;
let shelf: InstalledShelf;
let fetched: string[];
let kept: string[];
let wanted: string[];
let held: Set<string>;
let broken: string | undefined;
let service: FirmwareService;
let news: number;
const open = () => openShelf(join(directory, 'installed'), installedFacts, { report: (problem) => expect(problem).toBe('') });
const unpack: FirmwareParts['unpack'] = async (plan, { downloads, folder }) => {
  await mkdir(join(folder, 'result/fw'), { recursive: true });
  for (const { name } of plan.files) {
    if (name === broken) throw new ProvisioningError('firmware-step-failed', `${name} is broken`);
    await writeFile(join(folder, 'result/fw', name), await readFile(downloads.get(name) ?? '', 'utf8'));
  }
  return join(folder, 'result');
};
const parts = (): FirmwareParts => ({
  shelf,
  cache: {
    async fetch(file) {
      fetched.push(file.name);
      const path = join(directory, file.name);
      await writeFile(path, file.name);
      held.add(path);
      return { path, release: () => void held.delete(path) };
    },
    async supply(_bytes, candidates) {
      return candidates.filter(({ name }) => name === 'c.rom');
    },
    async collect(keep, all) {
      kept = Array.from(keep, ({ name }) => name).sort();
      wanted = Array.from(all, ({ name }) => name).sort();
      return { files: 0, bytes: 0 };
    },
  },
  unpack,
  checkLinks: async (files) => Array.from(files, (file) => ({ file, state: { kind: 'ok', words: 'is there' } })),
  async changed() {
    await setImmediate();
    news++;
  },
  now: () => 1_000 + fetched.length,
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'offhook-firmware-'));
  shelf = await open();
  [fetched, kept, wanted, held, broken, news] = [[], [], [], new Set(), undefined, 0];
  service = firmwareService(parts());
  service.describe([acme]);
});
afterEach(async () => {
  expect([...held]).toEqual([]);
  await rm(directory, { recursive: true });
});

test('a package is installed with all that it needs, which is fetched once and told once', async () => {
  expect(await service.install('acme/a', task)).toEqual(['acme/c', 'acme/b', 'acme/a']);
  expect(fetched).toEqual(['c.rom', 'b.rom', 'a.rom']);
  expect(news).toBe(1);
  expect(kept).toEqual(['a.rom', 'b.rom', 'c.rom']);
  expect(service.get('acme/b')).toMatchObject({
    vendor: 'acme',
    package: { id: 'b', version: '1' },
    files: [{ name: 'b.rom' }],
    installed: { facts: { asked: false, files: [{ path: 'fw/b.rom', size: 5 }] } },
  });
  expect(service.list().map(({ package: { id }, installed }) => [id, installed?.facts.asked])).toEqual([
    ['a', true],
    ['b', false],
    ['c', false],
    ['other', undefined],
  ]);
  expect(await service.install('acme/other', task)).toEqual(['acme/other']);
});

test('phones get what is installed for their line, or for another one of their package; after it was removed they do not', async () => {
  await service.install('acme/c', task);
  const file = service.served(first, '/fw/c.rom') ?? '';
  expect(await readFile(file, 'utf8')).toBe('c.rom');
  expect(service.served(second, '/fw/c.rom')).toBe(file);
  expect(service.served(first, '/fw/b.rom')).toBeUndefined();
  expect(service.served(testPackage('other', {}).plugins[0] ?? first, '/fw/c.rom')).toBeUndefined();
  expect(await service.uninstall('acme/c')).toEqual(['acme/c']);
  expect([service.served(first, '/fw/c.rom'), existsSync(file)]).toEqual([undefined, false]);
});

test('of two packages with a file of one name the one that was installed last serves it, and the first again when that is gone', async () => {
  const text = async () => readFile(made.served(first, '/fw/image') ?? '', 'utf8');
  const named: FirmwareParts['unpack'] = async (plan, { folder }) => {
    await mkdir(join(folder, 'r/fw'), { recursive: true });
    await writeFile(join(folder, 'r/fw/image'), plan.files[0]?.name ?? '');
    return join(folder, 'r');
  };
  const made = firmwareService({ ...parts(), unpack: named });
  made.describe([acme]);
  await made.install('acme/c', task);
  await made.install('acme/other', task);
  expect(await text()).toBe('other.rom');
  await made.uninstall('acme/other');
  expect(await text()).toBe('c.rom');
});

test('what is for a phone’s own line comes before what is for another, whichever was installed last', async () => {
  const text = pkgs.replace(/(\[pkg_other\][^[]*depends: )c\nplugin: /, '$1\nplugin: acme-2');
  const named: FirmwareParts['unpack'] = async (plan, { folder }) => {
    await mkdir(join(folder, 'r/fw'), { recursive: true });
    await writeFile(join(folder, 'r/fw/image'), plan.files[0]?.name ?? '');
    return join(folder, 'r');
  };
  const made = firmwareService({ ...parts(), unpack: named });
  made.describe([{ ...acme, pkgs: new Map([['pkgs.db', text]]) }]);
  await made.install('acme/c', task);
  await made.install('acme/other', task);
  const served = [first, second].map((plugin) => readFile(made.served(plugin, '/fw/image') ?? '', 'utf8'));
  expect(await Promise.all(served)).toEqual(['c.rom', 'other.rom']);
});

test('what others need is not removed, and what only they needed goes with them', async () => {
  await service.install('acme/a', task);
  await service.install('acme/other', task);
  await expect(service.uninstall('acme/c')).rejects.toMatchObject({
    code: 'firmware-needed',
    message: 'The firmware acme/c is needed by acme/b, acme/other; uninstall that first',
  });
  expect(await service.uninstall('acme/a')).toEqual(['acme/a', 'acme/b']);
  expect(kept).toEqual(['c.rom', 'other.rom']);
  expect(await service.uninstall('acme/other')).toEqual(['acme/other', 'acme/c']);
  expect(await readdir(join(directory, 'installed'))).toEqual(['list.json']);
  await expect(service.uninstall('acme/other')).rejects.toMatchObject({ code: 'firmware-not-installed' });
});

test('what was asked for itself stays when what needed it goes', async () => {
  await service.install('acme/c', task);
  await service.install('acme/a', task);
  expect(await service.uninstall('acme/a')).toEqual(['acme/a', 'acme/b']);
  expect([...service.installed.keys()]).toEqual(['acme/c']);
});

test('when one of several fails nothing is installed, and nothing is left behind', async () => {
  broken = 'a.rom';
  await expect(service.install('acme/a', task)).rejects.toMatchObject({ code: 'firmware-step-failed' });
  expect([service.installed.size, news]).toEqual([0, 0]);
  expect(await readdir(join(directory, 'installed'))).toEqual([]);
  broken = undefined;
  expect(await service.install('acme/a', task)).toHaveLength(3);
});

test('when one of several cannot be fetched, what was fetched is let go', async () => {
  const made = parts();
  const fetch: FirmwareParts['cache']['fetch'] = async (file, options) => {
    if (file.name === 'a.rom') throw new ProvisioningError('download-missing', 'it is gone');
    return made.cache.fetch(file, options);
  };
  const unlucky = firmwareService({ ...made, cache: { ...made.cache, fetch } });
  unlucky.describe([acme]);
  await expect(unlucky.install('acme/a', task)).rejects.toMatchObject({ code: 'download-missing' });
  expect([fetched, [...held]]).toEqual([['c.rom', 'b.rom'], []]);
});

test('what is on the list stays, also when the operation ends badly after that', async () => {
  const step: Task['step'] = async (plan, work) => {
    const result = await work(task);
    if (plan === 'install') throw new Error('too late');
    return result;
  };
  await expect(service.install('acme/c', { ...task, step })).rejects.toThrow('too late');
  expect(existsSync(service.get('acme/c').installed?.folder ?? '')).toBe(true);
});

test('a package is known as asked for when it comes anew because another needs a newer one', async () => {
  await service.install('acme/c', task);
  service.describe([{ ...acme, pkgs: new Map([['pkgs.db', pkgs.replaceAll('version: 1\n', 'version: 2\n')]]) }]);
  expect(await service.install('acme/other', task)).toEqual(['acme/c', 'acme/other']);
  expect(service.get('acme/c').installed?.facts).toMatchObject({ version: '2', asked: true });
});

test('a package that is installed is installed anew when somebody asks for it, and what it needs is not', async () => {
  await service.install('acme/a', task);
  const { folder } = service.get('acme/a').installed ?? {};
  expect(await service.install('acme/a', task)).toEqual(['acme/a']);
  expect(service.get('acme/a').installed?.folder).not.toBe(folder);
  expect(existsSync(folder ?? '')).toBe(false);
});

test('what is installed is there after a start, also when its vendor package no longer is', async () => {
  await service.install('acme/c', task);
  shelf = await open();
  const next = firmwareService(parts());
  next.describe([]);
  expect([...next.installed.keys()]).toEqual(['acme/c']);
  expect(next.served(first, '/fw/c.rom')).toContain(FILES);
  expect(next.list()).toMatchObject([{ vendor: 'acme', package: { id: 'c' }, files: [], installed: { facts: { id: 'c' } } }]);
  expect(next.get('acme/c')).toEqual(next.list()[0]);
  expect(await next.uninstall('acme/c')).toEqual(['acme/c']);
});

test('a package whose pkgs.db is wrong tells what is wrong, and the others can be installed', async () => {
  service.describe([testPackage('bad', {}, {}, { 'pkgs.db': '[pkg_x]\n' }), acme]);
  expect([...service.problems.keys()]).toEqual(['bad']);
  expect(() => service.get('bad/x')).toThrow('pkgs.db, line 1: [pkg_x] has no version');
  expect(await service.install('acme/c', task)).toEqual(['acme/c']);
});

test('what another process installed is served after a look at the list', async () => {
  const other = firmwareService({ ...parts(), shelf: await open() });
  await service.install('acme/c', task);
  expect(other.served(first, '/fw/c.rom')).toBeUndefined();
  await other.reload();
  expect(other.served(first, '/fw/c.rom')).toBeDefined();
});

test('of all that is described, installed or not, the cache keeps what was supplied', async () => {
  await service.install('acme/c', task);
  expect([kept, wanted]).toEqual([['c.rom'], ['a.rom', 'b.rom', 'c.rom', 'other.rom']]);
  service.describe([]);
  await service.uninstall('acme/c');
  expect([kept, wanted]).toEqual([[], []]);
});

test('a file that an administrator supplies is told with the packages that need it', async () => {
  expect(await service.supply((async function* () {})())).toMatchObject([{ file: { name: 'c.rom' }, firmware: ['acme/c'] }]);
});

test('links are checked of the packages that are asked for', async () => {
  const checked = await service.check(['acme/a', 'acme/c'], task);
  expect(checked.broken.size).toBe(0);
  expect(checked.files.map(({ file, firmware }) => [file.name, firmware])).toEqual([
    ['a.rom', ['acme/a']],
    ['c.rom', ['acme/c']],
  ]);
});

test('a vendor package that cannot be read or had keeps no link of the others from being checked', async () => {
  const away = new ProvisioningError('download-failed', 'It is away');
  const others = new Map<string, Pkgs | ProvisioningError>([
    ['torn', new Map([['pkgs.db', '[pkg_x']])],
    ['away', away],
    ['fine', new Map([['pkgs.db', fine]])],
  ]);
  const { files, broken } = await service.check(['acme/a'], task, others);
  expect(files.map(({ file, firmware }) => [file.name, firmware])).toEqual([
    ['a.rom', ['acme/a']],
    ['f.rom', ['fine/f']],
  ]);
  expect([...broken.keys()]).toEqual(['torn', 'away']);
  expect(broken.get('torn')?.message).toContain('pkgs.db');
});

const fine = `[pkg_f]
version: 1
description: Fine
files: f
install: f

[install_f]
a-b: cp $FILE1 fw/

[file_f]
url: http://127.0.0.1/f.rom
size: 3
sha1sum: ${'0'.repeat(40)}
`;

test('which packages would install a file is told for each line', async () => {
  expect([service.providers(first, 'fw/c.rom'), service.providers(second, 'fw/c.rom')]).toEqual([['acme/c'], []]);
  expect(service.providers(first, 'fw/x.rom')).toEqual([]);
});

test('who waits for another installation gets the firmware that the vendor package describes then', async () => {
  const first = service.install('acme/c', task);
  const second = service.install('acme/other', task);
  service.describe([{ ...acme, pkgs: new Map([['pkgs.db', pkgs.replaceAll('version: 1\n', 'version: 2\n')]]) }]);
  await first;
  await second;
  expect(service.installed.get('acme/other')?.facts.version).toBe('2');
});

test('an installation that is cancelled while it waits ends at once and installs nothing', async () => {
  const cancelling = new AbortController();
  const first = service.install('acme/c', task);
  const second = service.install('acme/other', { ...task, signal: cancelling.signal });
  const told = expect(second).rejects.toThrow('cancelled');
  cancelling.abort(new Error('cancelled'));
  await first;
  await told;
  expect([...service.installed.keys()]).toEqual(['acme/c']);
});

test('others need not wait for a download', async () => {
  let finish = () => {};
  const slow = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const made = parts();
  const patient = firmwareService({
    ...made,
    cache: {
      ...made.cache,
      async fetch(file, options) {
        if (file.name === 'b.rom') await slow;
        return made.cache.fetch(file, options);
      },
    },
  });
  patient.describe([acme]);
  await patient.install('acme/c', task);
  const waiting = patient.install('acme/b', task);
  // What it needs goes meanwhile, and is installed again with it.
  expect(await patient.uninstall('acme/c')).toEqual(['acme/c']);
  finish();
  expect(await waiting).toEqual(['acme/c', 'acme/b']);
});
