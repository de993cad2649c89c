import { beforeEach, expect, test } from '@jest/globals';
import {
  notedFirmware,
  notedLeases,
  notedOverrides,
  notedPackages,
  notedParameters,
  notedRepositories,
} from '../../server/app/noted.ts';
import type { FirmwareService } from '../../server/firmware/service.ts';
import type { Event } from '../../server/history/service.ts';
import type { LeaseService } from '../../server/leases/service.ts';
import type { Ip } from '../../server/lib/ip.ts';
import type { Task } from '../../server/operations/run.ts';
import type { OverrideService } from '../../server/overrides/service.ts';
import type { ParameterService } from '../../server/parameters/service.ts';
import type { PackageService } from '../../server/plugins/packages.ts';
import type { RepositoryService } from '../../server/repositories/service.ts';

let noted: Event[];
beforeEach(() => {
  noted = [];
});
const note = async (event: Event) => void noted.push(event);
const task = {} as Task;

test('a package that is installed, pinned and removed leaves an entry each, with its version before and after', async () => {
  const there = new Map<string, { version: string; pinned: boolean }>();
  const packages = notedPackages(
    {
      list: () => Array.from(there, ([id, { version, pinned }]) => ({ id, version, installed: { pinned } })),
      install: async (id: string, { version = '' }) => void there.set(id, { version, pinned: false }),
      pin: async (id: string, pinned: boolean) => void there.set(id, { version: there.get(id)?.version ?? '', pinned }),
      uninstall: async (id: string) => void there.delete(id),
    } as unknown as PackageService,
    note,
  );
  await packages.install('acme', { version: '1' }, task);
  await packages.install('acme', { version: '2' }, task);
  await packages.pin('acme', true);
  await packages.uninstall('acme', {}, task);
  const what = { resource: 'package', id: 'acme' };
  const facts = (version: string, pinned: boolean) =>
    new Map<string, string | boolean>([
      ['version', version],
      ['pinned', pinned],
    ]);
  expect(noted).toEqual([
    { what, action: 'installed', before: new Map(), after: facts('1', false) },
    { what, action: 'installed', before: facts('1', false), after: facts('2', false) },
    { what, action: 'pinned', before: facts('2', false), after: facts('2', true) },
    { what, action: 'uninstalled', before: facts('2', true), after: new Map() },
  ]);
});

test('a parameter that a client of provd set leaves an entry, without the password of a proxy', async () => {
  const there = new Map<string, string>();
  const parameters = notedParameters(
    {
      get: (name: string) => there.get(name),
      set: async (name: string, value: string) => void there.set(name, value),
    } as unknown as ParameterService,
    note,
  );
  await parameters.set('http_proxy', 'http://u:s3cr3t@p:3128');
  await parameters.set('https_proxy', 'u:s3cr3t@p:3128');
  const entry = (id: string, value: string) => ({
    what: { resource: 'parameter', id },
    action: 'changed',
    before: new Map(),
    after: new Map([['value', value]]),
  });
  expect(noted).toEqual([entry('http_proxy', 'http://p:3128'), entry('https_proxy', 'p:3128')]);
});

test('what failed leaves none', async () => {
  const failing = async () => {
    throw new Error('It cannot be');
  };
  const packages = notedPackages({ list: () => [], install: failing } as unknown as PackageService, note);
  await expect(packages.install('acme', {}, task)).rejects.toThrow('It cannot be');
  const repositories = notedRepositories({ list: () => [], remove: failing } as unknown as RepositoryService, note);
  await expect(repositories.remove('acme')).rejects.toThrow('It cannot be');
  expect(noted).toEqual([]);
});

test('firmware is noted with all that came or went along, and once for each', async () => {
  const installed = new Map<string, { facts: { version: string } }>();
  const firmware = notedFirmware(
    {
      installed,
      install: async (key: string) => {
        installed.set(key, { facts: { version: '3' } }).set('acme/languages', { facts: { version: '1' } });
        return [];
      },
      uninstall: async () => {
        installed.clear();
        return [];
      },
      supply: async () => [{ file: { name: 'phone.rom' }, firmware: [] }],
    } as unknown as FirmwareService,
    note,
  );
  await firmware.install('acme/phone', task);
  await firmware.install('acme/phone', task);
  await firmware.uninstall('acme/phone');
  await firmware.supply((async function* () {})());
  expect(noted.map(({ what, action }) => [what.resource, what.id, action])).toEqual([
    ['firmware', 'acme/phone', 'installed'],
    ['firmware', 'acme/languages', 'installed'],
    ['firmware', 'acme/phone', 'uninstalled'],
    ['firmware', 'acme/languages', 'uninstalled'],
    ['firmware-file', 'phone.rom', 'supplied'],
  ]);
});

test('a repository is noted without the password of its URL', async () => {
  const all: object[] = [];
  const enter = async (entered: object) => void all.push(entered);
  const repositories = notedRepositories({ list: () => all, enter } as unknown as RepositoryService, note);
  const location = 'https://ann:marker@example.com/packages?token=marker';
  await repositories.enter({ name: 'own', location, channel: 'stable', priority: 0, keys: [], allowUnsigned: false });
  expect(noted).toMatchObject([{ what: { resource: 'repository', id: 'own' }, action: 'created' }]);
  expect(noted[0]?.after?.get('location')).toMatch(/^https:\/\/example\.com\/packages/);
  expect([...(noted[0]?.after?.values() ?? [])].join()).not.toContain('marker');
});

test('a template is noted with its text before and after, and a lease that was made free', async () => {
  const texts = new Map<string, string>();
  const overrides = notedOverrides(
    {
      list: async () => Array.from(texts, ([name, override]) => ({ plugin: 'acme', name, override })),
      put: async (_plugin: string, name: string, text: string) => void texts.set(name, text),
      remove: async (_plugin: string, name: string) => void texts.delete(name),
      accept: async () => {},
    } as unknown as OverrideService,
    note,
  );
  await overrides.put('acme', 'phone.tpl', 'one');
  await overrides.put('acme', 'phone.tpl', 'two');
  await overrides.accept('acme', 'phone.tpl');
  await overrides.remove('acme', 'phone.tpl');
  await notedLeases({ forget: async () => {} } as unknown as LeaseService, note).forget('10.0.0.5' as Ip);
  const what = { resource: 'template', id: 'acme/phone.tpl' };
  expect(noted).toEqual([
    { what, action: 'created', before: new Map(), after: new Map([['text', 'one']]) },
    { what, action: 'changed', before: new Map([['text', 'one']]), after: new Map([['text', 'two']]) },
    { what, action: 'accepted' },
    { what, action: 'removed', before: new Map([['text', 'two']]), after: new Map() },
    { what: { resource: 'lease', id: '10.0.0.5' }, action: 'removed' },
  ]);
});
