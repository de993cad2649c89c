import { expect, test } from '@jest/globals';
import { associate, candidates, choose, score, support } from '../../server/associate/associate.ts';
import { repositoryPackage, testPackage } from '../support/packages.ts';

const { plugins } = await repositoryPackage('digium');
const line = (id: string) => {
  const found = plugins.find((plugin) => plugin.id === id);
  if (!found) throw new Error(id);
  return found;
};

test.each([
  [{ vendor: 'Digium', model: 'D40', version: '1.1.0.0.48178' }, support.exact, 'digium-1.1.0.0'],
  [{ vendor: 'Digium', model: 'D40', version: '1.4.0.0.57389' }, support.exact, 'digium-1.4.0.0'],
  [{ vendor: 'Digium', model: 'D65', version: '2.8.1' }, support.exact, 'digium-2.8.1'],
  [{ vendor: 'Digium', model: 'D40', version: '1.0.5.46476' }, support.complete, 'digium-2.8.1'],
  [{ vendor: 'Digium', model: 'D40' }, support.complete, 'digium-2.8.1'],
  [{ vendor: 'Digium', model: 'D45', version: '1.4.0.0.57389' }, support.complete, 'digium-2.8.1'],
  [{ vendor: 'Digium', model: 'D80' }, support.probable, 'digium-2.8.1'],
  [{ vendor: 'Digium' }, support.probable, 'digium-2.8.1'],
])('%j scores %d with %s', (info, expected, id) => {
  expect(associate(info, plugins)).toMatchObject({ score: expected, plugin: { id } });
});

test('nobody is associated with a phone of another vendor, or of none', () => {
  expect(associate({ vendor: 'Acme', model: 'D40' }, plugins)).toBeUndefined();
  expect(associate({}, plugins)).toBeUndefined();
  expect(score({}, line('digium-2.8.1')).score).toBe(support.improbable);
});

test('every candidate says why it has its score', () => {
  const all = candidates({ vendor: 'Digium', model: 'D45', version: '2.8.1' }, plugins);
  expect(all.map(({ plugin, score: points, why }) => `${plugin.id} ${points}: ${why}`)).toEqual([
    'digium-2.8.1 600: made for D45 with firmware 2.8.1',
    'digium-1.4.0.0 300: the vendor fits, the model D45 is not in its table',
    'digium-1.1.0.0 300: the vendor fits, the model D45 is not in its table',
  ]);
});

test('between equals the newest firmware line wins, by number and not by letter', () => {
  const models = { M: { lines: 1 } };
  const old = testPackage('Acme', {
    plugins: { 'acme-z9': { series: [{ version: '9.8', models }] }, 'acme-a10': { series: [{ version: '10.1', models }] } },
  });
  expect(associate({ vendor: 'Acme', model: 'M' }, old.plugins)?.plugin.id).toBe('acme-a10');
  expect(associate({ vendor: 'Acme', model: 'M' }, [...old.plugins].reverse())?.plugin.id).toBe('acme-a10');
});

test('between equals the newest release for the model counts, whatever releases other models of the line have', () => {
  const mixed = testPackage('Acme', {
    plugins: {
      'acme-84': {
        series: [
          { version: '97.84', models: { Other: { lines: 1 } } },
          { version: '66.84', models: { M: { lines: 1 } } },
        ],
      },
      'acme-85': { series: [{ version: '66.85', models: { M: { lines: 1 } } }] },
    },
  });
  expect(associate({ vendor: 'Acme', model: 'M' }, mixed.plugins)?.plugin.id).toBe('acme-85');
  expect(associate({ vendor: 'Acme', model: 'Other' }, mixed.plugins)?.plugin.id).toBe('acme-84');
});

test('a package may know better than its table; when that fails, the plugin is no candidate', () => {
  const series = [{ version: '1', models: { M: { lines: 1 } } }];
  const knows = testPackage('Acme', { plugins: { a: { series } }, support: ({ version }) => (version === '6' ? 0 : undefined) });
  expect(associate({ vendor: 'Acme', model: 'M', version: '6' }, knows.plugins)).toBeUndefined();
  expect(associate({ vendor: 'Acme', model: 'M', version: '7' }, knows.plugins)?.score).toBe(support.complete);
  const fails = testPackage('Acme', {
    plugins: { a: { series } },
    support: () => {
      throw new Error('oh');
    },
  });
  expect(associate({ vendor: 'Acme', model: 'M' }, fails.plugins)).toBeUndefined();
  expect(fails.plugins.map((plugin) => score({ vendor: 'Acme' }, plugin).why)).toEqual(['its support function failed: oh']);
});

test('a plugin that a device was given stays when the phone’s firmware changes', () => {
  expect(choose({ vendor: 'Digium', model: 'D40', version: '2.8.1' }, plugins, 'digium-1.4.0.0')).toBe('digium-1.4.0.0');
});

test('a guess gives way once the phone tells a model that another line is made for', () => {
  expect(choose({ vendor: 'Digium', model: 'D65' }, plugins, 'digium-1.4.0.0')).toBe('digium-2.8.1');
  expect(choose({ vendor: 'Digium', model: 'D99' }, plugins, 'digium-1.4.0.0')).toBe('digium-1.4.0.0');
});

test('a plugin that is not installed any more gives way to one that is', () => {
  expect(choose({ vendor: 'Digium', model: 'D40' }, plugins, 'digium-0.9')).toBe('digium-2.8.1');
  expect(choose({ vendor: 'Acme' }, plugins, 'acme-1')).toBe('acme-1');
});
