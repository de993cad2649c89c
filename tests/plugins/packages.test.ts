import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { openShelf } from '../../server/lib/shelf.ts';
import type { Task } from '../../server/operations/run.ts';
import { installedOnes, type PackageShelf, packageFacts } from '../../server/plugins/installed.ts';
import type { VendorPackage } from '../../server/plugins/model.ts';
import { type PackageService, packageService } from '../../server/plugins/packages.ts';
import { type Catalogue, catalogueOf } from '../../server/plugins/service.ts';
import { testPackage } from '../support/packages.ts';

const series = [{ version: '1.0', models: { M1: { lines: 1 } } }];
const lines = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, { series }]));

/** What a version of a package has; the archive and the unpacked folder are its name. */
const versions: Readonly<Record<string, () => VendorPackage>> = {
  'acme 1.0': () => testPackage('acme', { version: '1.0', plugins: lines('acme-1') }),
  'acme 2.0': () => testPackage('acme', { version: '2.0', plugins: lines('acme-1', 'acme-2') }),
  'acme 3.0': () => testPackage('acme', { version: '3.0', plugins: lines('acme-2') }),
  'acme 4.0': () => {
    throw new ProvisioningError('plugin-invalid', 'artefacts: is missing');
  },
  'thief 1.0': () => testPackage('thief', { version: '1.0', plugins: lines('acme-1') }),
};

/** As operations do it: no part begins once it is cancelled. */
function taskWith(signal: AbortSignal): Task {
  const own: Task = {
    signal,
    progress() {},
    async step(_plan, work) {
      signal.throwIfAborted();
      return work(own);
    },
  };
  return own;
}
const task = taskWith(new AbortController().signal);

let directory: string;
let shelf: PackageShelf;
let catalogue: Catalogue;
let service: PackageService;
let unreadable: Set<string>;
let offered: string[];
let refused: Map<string, string>;
let devices: Map<string, number>;
let left: string[];
let bundled: VendorPackage | undefined;
/** What comes between a change and all knowing it. */
let midst: () => Promise<void>;
/** What comes just before a change. */
let before: () => void;

async function load({ folder }: { folder: string }): Promise<VendorPackage> {
  const made = versions[await readFile(join(folder, 'name'), 'utf8')];
  if (!made) throw new Error('no such version');
  return made();
}

async function takeIn(): Promise<void> {
  const packages = await Promise.all(Array.from(installedOnes(shelf).values(), load));
  catalogue = catalogueOf(packages.length === 0 && bundled ? [bundled] : packages, []);
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'offhook-packages-'));
  shelf = await openShelf(join(directory, 'packages'), packageFacts, { report: (problem) => expect(problem).toBe('') });
  [offered, refused, devices, left, bundled] = [['2.0', '1.0'], new Map(), new Map(), [], undefined];
  unreadable = new Set();
  midst = async () => {};
  before = () => {};
  await takeIn();
  service = packageService({
    shelf,
    catalogue: () => catalogue,
    load,
    bundled: async () => bundled,
    available: () =>
      new Map(
        ['acme', 'thief'].map((id) => [
          id,
          (id === 'acme' ? offered : ['1.0']).map((version) => ({
            entry: { id, version, sha256: 'ab' } as never,
            offer: { repository: 'main', priority: 0, index: { channel: 'stable' } as never },
            ...(refused.has(version) && { refusal: refused.get(version) as string }),
          })),
        ]),
      ),
    async fetch({ entry }) {
      const file = join(directory, `${entry.id}-${entry.version}`);
      await writeFile(file, `${entry.id} ${entry.version}`);
      return file;
    },
    async unpack(file, _version, folder) {
      await writeFile(join(folder, 'name'), await readFile(file));
    },
    async readPkgs(file) {
      const text = await readFile(file, 'utf8');
      if (unreadable.has(text)) throw new ProvisioningError('archive-invalid', `${text} is torn`);
      return new Map([['pkgs.db', text]]);
    },
    devicesWith: async (plugin) => devices.get(plugin) ?? 0,
    async leaving({ definition: { version } }) {
      left.push(version);
      before();
    },
    takeIn: async () => {
      await midst();
      await takeIn();
    },
    async configure() {},
    now: () => 1_000,
  });
});
afterEach(() => rm(directory, { recursive: true }));

const stateOf = (id: string) => service.list().find((each) => each.id === id);
const install = (version?: string, force = false) => service.install('acme', { ...(version && { version }), force }, task);

test('the newest version that this server can use is installed, and serves at once', async () => {
  expect(stateOf('acme')).toMatchObject({ id: 'acme', available: [{}, {}] });
  expect(stateOf('acme')).not.toHaveProperty('version');
  expect(await install()).toMatchObject({ version: '2.0', repository: 'main', channel: 'stable', pinned: false });
  expect(catalogue.plugin('acme-2')?.package.definition.version).toBe('2.0');
  expect(stateOf('acme')).toMatchObject({ version: '2.0' });
  expect((await readdir(directory)).sort()).toEqual(['packages']);
});

test('an older version is installed when somebody asks for it, and the newer one is told', async () => {
  await install('1.0');
  expect(stateOf('acme')).toMatchObject({ version: '1.0', upgrade: '2.0' });
  expect(service.upgradable()).toEqual([{ id: 'acme', version: '2.0' }]);
  await install();
  expect(stateOf('acme')).toMatchObject({ version: '2.0', former: '1.0' });
  expect(left).toEqual(['1.0']);
  await install('1.0');
  expect(stateOf('acme')).toMatchObject({ version: '1.0', former: '2.0' });
});

test('the version before comes back without a repository, and the way back from there is the one that was left', async () => {
  await install('1.0');
  await install('2.0');
  offered = [];
  await service.rollBack('acme', {}, task);
  expect(stateOf('acme')).toMatchObject({ version: '1.0', former: '2.0' });
  await service.rollBack('acme', {}, task);
  expect(stateOf('acme')).toMatchObject({ version: '2.0', former: '1.0' });
  expect((await readdir(join(directory, 'packages'))).length).toBe(3);
});

test('a version that cannot be loaded changes nothing and leaves nothing', async () => {
  await install('1.0');
  offered = ['4.0'];
  await expect(install()).rejects.toMatchObject({ code: 'plugin-invalid' });
  expect(stateOf('acme')).toMatchObject({ version: '1.0' });
  expect((await readdir(join(directory, 'packages'))).length).toBe(2);
  expect(await readdir(directory)).toEqual(['packages']);
});

test('a package with a plugin of another one is refused', async () => {
  await install('1.0');
  await expect(service.install('thief', {}, task)).rejects.toThrow('plugins.acme-1 is already a plugin of acme');
  expect(stateOf('thief')).not.toHaveProperty('version');
});

test('what devices use does not go away unless somebody says so', async () => {
  await install('2.0');
  devices.set('acme-1', 3).set('acme-2', 1);
  offered = ['3.0'];
  await expect(install()).rejects.toMatchObject({
    code: 'package-in-use',
    message: expect.stringContaining('Devices would lose their plugin: acme-1 (3 devices). '),
  });
  await expect(service.uninstall('acme', {}, task)).rejects.toThrow('acme-1 (3 devices), acme-2 (1 device)');
  expect(await service.losses('acme', { force: true })).toEqual([
    { plugin: 'acme-1', devices: 3 },
    { plugin: 'acme-2', devices: 1 },
  ]);
  expect(stateOf('acme')).toMatchObject({ version: '2.0' });
  await install(undefined, true);
  expect(stateOf('acme')).toMatchObject({ version: '3.0', former: '2.0' });
  await service.uninstall('acme', { force: true }, task);
  expect(stateOf('acme')).not.toHaveProperty('version');
  expect(await readdir(join(directory, 'packages'))).toEqual(['list.json']);
});

test('what came along is there again when an installed package goes, and devices that it serves lose nothing', async () => {
  bundled = versions['acme 1.0']?.();
  await takeIn();
  devices.set('acme-1', 3);
  await expect(service.uninstall('acme', {}, task)).rejects.toThrow(
    'The package acme was not installed from a repository: it comes along',
  );
  await install('2.0');
  expect(left).toEqual(['1.0']);
  await service.uninstall('acme', {}, task);
  expect(stateOf('acme')).toMatchObject({ version: '1.0' });
});

test('a pinned package is passed over by upgrades of all, and stays pinned', async () => {
  await install('1.0');
  expect(await service.pin('acme', true)).toMatchObject({ pinned: true, version: '1.0' });
  expect([service.upgradable(), stateOf('acme')?.upgrade]).toEqual([[], '2.0']);
  await install('2.0');
  expect(stateOf('acme')?.installed).toMatchObject({ pinned: true, version: '2.0' });
  await service.pin('acme', false);
  await service.rollBack('acme', {}, task);
  expect(service.upgradable()).toEqual([{ id: 'acme', version: '2.0' }]);
  const folder = shelf.items.get('acme')?.folder ?? '';
  expect(existsSync(folder)).toBe(true);
});

test('of those that are named only what is installed and not pinned is upgraded', async () => {
  await install('1.0');
  expect(service.upgradable(['acme'])).toEqual([{ id: 'acme', version: '2.0' }]);
  expect(service.upgradable([])).toEqual([]);
  expect(() => service.upgradable(['acme', 'thief'])).toThrow('The package thief is not installed; there is acme');
  await service.pin('acme', true);
  expect(() => service.upgradable(['acme'])).toThrow('offhook plugin unpin acme lets it be upgraded');
});

test('a version that this server cannot use is not chosen, and refused with the reason when it is asked for', async () => {
  refused.set('2.0', 'it is made for a newer Offhook');
  expect(await install()).toMatchObject({ version: '1.0' });
  expect(stateOf('acme')).not.toHaveProperty('upgrade');
  await expect(install('2.0')).rejects.toMatchObject({
    code: 'package-refused',
    message: 'acme 2.0 cannot be used: it is made for a newer Offhook',
  });
  refused.set('1.0', 'it is made for an older one');
  await expect(install()).rejects.toThrow(
    'There is no version of acme that this server can use; there are 2.0 (it is made for a newer Offhook), 1.0 (it is made for an older one)',
  );
});

test.each([
  ['acne', undefined, 'package-unknown', 'No repository has a package acne: did you mean acme?'],
  ['nothing', undefined, 'package-unknown', 'offhook plugin search shows what can be had'],
  ['acme', '9.9', 'package-version-unknown', 'There is no acme 9.9; there are 2.0, 1.0'],
])('install %s %s: %s', async (id, version, code, message) => {
  const asked = (async () => service.install(id, { ...(version !== undefined && { version }) }, task))();
  await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

test('what is not installed has no way back and cannot be pinned', async () => {
  await expect(service.rollBack('acme', {}, task)).rejects.toMatchObject({ code: 'package-not-installed' });
  await install('1.0');
  await expect(service.rollBack('acme', {}, task)).rejects.toThrow('No version was there before acme 1.0');
  await expect(service.pin('other', true)).rejects.toMatchObject({ code: 'package-not-installed' });
});

test('of two packages with the same plugin that are installed at once one is refused, and nothing of it is left', async () => {
  offered = ['1.0'];
  let thief: Promise<unknown> = Promise.resolve();
  midst = async () => {
    thief = service.install('thief', {}, task).catch((cause: unknown) => cause);
    await setTimeout(100);
  };
  await install();
  expect(await thief).toMatchObject({ code: 'plugin-invalid', message: 'plugins.acme-1 is already a plugin of acme' });
  expect([...shelf.items.keys()]).toEqual(['acme']);
  expect((await readdir(join(directory, 'packages'))).length).toBe(2);
});

test('whoever cancels when the packages are exchanged already finds what is installed in use', async () => {
  const cancelling = new AbortController();
  midst = async () => cancelling.abort(new ProvisioningError('operation-cancelled', 'It was cancelled'));
  const cancelled = { code: 'operation-cancelled' };
  await expect(service.install('acme', {}, taskWith(cancelling.signal))).rejects.toMatchObject(cancelled);
  expect([stateOf('acme')?.installed?.version, catalogue.plugin('acme-2')?.package.definition.version]).toEqual(['2.0', '2.0']);
  expect(await readdir(shelf.items.get('acme')?.folder ?? '')).toEqual(['name']);
  const again = new AbortController();
  midst = async () => again.abort(new ProvisioningError('operation-cancelled', 'It was cancelled'));
  await expect(service.uninstall('acme', {}, taskWith(again.signal))).rejects.toMatchObject(cancelled);
  expect([shelf.items.size, catalogue.packages]).toEqual([0, []]);
});

test('who cancels while another change of the package goes on is told at once, and nothing of it is done', async () => {
  const cancelling = new AbortController();
  let goOn = () => {};
  midst = () =>
    new Promise((resolve) => {
      goOn = resolve;
    });
  const first = service.install('acme', { version: '1.0' }, task);
  const second = service.install('acme', { version: '2.0' }, taskWith(cancelling.signal));
  cancelling.abort(new ProvisioningError('operation-cancelled', 'It was cancelled'));
  await expect(second).rejects.toMatchObject({ code: 'operation-cancelled' });
  expect(catalogue.packages).toEqual([]);
  while (!installedOnes(shelf).has('acme')) await setTimeout(5);
  goOn();
  await first;
  expect(installedOnes(shelf).get('acme')?.facts.version).toBe('1.0');
});

test('whoever cancels before packages are exchanged finds what was there, and its way back', async () => {
  await install('1.0');
  await install('2.0');
  offered = ['3.0', ...offered];
  const controller = new AbortController();
  before = () => controller.abort(new Error('cancelled'));
  const cancelled = taskWith(controller.signal);
  await expect(service.install('acme', { version: '3.0', force: true }, cancelled)).rejects.toThrow('cancelled');
  await expect(service.uninstall('acme', { force: true }, taskWith(controller.signal))).rejects.toThrow('cancelled');
  expect(stateOf('acme')).toMatchObject({ version: '2.0', former: '1.0' });
});

test('what is installed once more keeps its way back', async () => {
  await install('1.0');
  await install('2.0');
  await install('2.0');
  expect(stateOf('acme')).toMatchObject({ version: '2.0', former: '1.0' });
});

test('what was cancelled before it began changes nothing', async () => {
  await install('1.0');
  const signal = AbortSignal.abort(new ProvisioningError('operation-cancelled', 'It was cancelled'));
  for (const work of [
    () => service.install('acme', {}, taskWith(signal)),
    () => service.rollBack('acme', {}, taskWith(signal)),
    () => service.uninstall('acme', {}, taskWith(signal)),
  ])
    await expect(work()).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:operation-cancelled|package-not-installed)$/),
    });
  expect([stateOf('acme')?.version, stateOf('acme')?.former]).toEqual(['1.0', undefined]);
  expect((await readdir(join(directory, 'packages'))).length).toBe(2);
});

test('who waits for another installation gets what repositories have then', async () => {
  const first = install('1.0');
  const second = install();
  offered = ['3.0', '1.0'];
  await first;
  expect(await second).toMatchObject({ version: '3.0' });
});

test('what packages describe that could be installed is read from their archives, and nothing is left of these', async () => {
  expect(await service.pkgsToBeHad(task)).toEqual(
    new Map([
      ['acme', new Map([['pkgs.db', 'acme 2.0']])],
      ['thief', new Map([['pkgs.db', 'thief 1.0']])],
    ]),
  );
  await install('1.0');
  expect([...(await service.pkgsToBeHad(task)).keys()]).toEqual(['thief']);
  unreadable.add('thief 1.0');
  expect(await service.pkgsToBeHad(task)).toEqual(new Map([['thief', expect.objectContaining({ code: 'archive-invalid' })]]));
  await expect(
    service.pkgsToBeHad(taskWith(AbortSignal.abort(new ProvisioningError('operation-cancelled', '')))),
  ).rejects.toMatchObject({
    code: 'operation-cancelled',
  });
  expect(await readdir(directory)).toEqual(['packages']);
});
