import { describe, expect, test } from '@jest/globals';
import { firmwareOf, nameFor, resolveName } from '../../server/artefacts/names.ts';
import type { Plugin } from '../../server/plugins/model.ts';
import { testPackage } from '../support/packages.ts';
import { device } from '../support/render.ts';

const series = [
  { version: '2.1', images: ['fw/{model}-{version:_}.rom'], models: { T1: { lines: 1 }, T2: { lines: 2 } } },
  { version: '3.0', models: { T3: { lines: 3 } } },
];
const [plugin] = testPackage('Acme', {
  plugins: { 'acme-2': { series } },
  artefacts: [
    { name: 'Acme/{mac}.cfg', template: 'own.tpl', format: 'text', secret: true },
    { name: 'Acme/{MAC:-}.xml', template: 'dashes.tpl', format: 'xml' },
    { name: 'common.cfg', template: 'common.tpl', format: 'text' },
    { name: '{model}.cfg', template: 'model.tpl', format: 'text' },
    { name: 'mine.cfg', template: 'mine.tpl', format: 'text', own: true },
  ],
}).plugins as [Plugin];
const phone = device(plugin, { model: 'T9' });

test.each([
  ['/Acme/000fd3051122.cfg', 'own.tpl', 'Acme/000fd3051122.cfg'],
  ['/acme/000FD3051122.CFG', 'own.tpl', 'Acme/000fd3051122.cfg'],
  ['/Acme/00-0F-D3-05-11-22.xml', 'dashes.tpl', 'Acme/00-0F-D3-05-11-22.xml'],
  ['/common.cfg', 'common.tpl', 'common.cfg'],
  ['/T2.cfg', 'model.tpl', 'T2.cfg'],
  ['/T9.cfg', 'model.tpl', 'T9.cfg'],
  ['/mine.cfg', 'mine.tpl', 'mine.cfg'],
])('%s is %s', (path, template, name) => {
  expect(resolveName(path, plugin, phone)).toMatchObject({ artefact: { template }, name });
});

test.each(['/', '/Acme/', '/Acme/000fd3051123.cfg', '/Acme/000fd3051122.cfg/', '/T8.cfg', '/other/common.cfg'])(
  '%s is none of its files',
  (path) => {
    expect(resolveName(path, plugin, phone)).toBeUndefined();
  },
);

test('who is no device is meant by common files only, each of the models in the table by its own', () => {
  expect(resolveName('/common.cfg', plugin, undefined)?.name).toBe('common.cfg');
  expect(resolveName('/T1.cfg', plugin, undefined)).toMatchObject({ name: 'T1.cfg', model: 'T1' });
  for (const path of ['/T9.cfg', '/Acme/000fd3051122.cfg', '/mine.cfg'])
    expect(resolveName(path, plugin, undefined)).toBeUndefined();
});

test('a device without what a name needs has no such file', () => {
  const { mac: _, ...nameless } = phone;
  expect(nameFor(plugin, { name: 'Acme/{mac}.cfg', template: 'own.tpl', format: 'text' }, nameless)).toBeUndefined();
  expect(resolveName('/Acme/000fd3051122.cfg', plugin, nameless)).toBeUndefined();
});

test('the firmware of every model is listed with its images', () => {
  expect(firmwareOf(plugin)).toEqual([
    { model: 'T1', version: '2.1', images: ['fw/T1-2_1.rom'] },
    { model: 'T2', version: '2.1', images: ['fw/T2-2_1.rom'] },
    { model: 'T3', version: '3.0', images: [] },
  ]);
});

describe('a name by facts of the models', () => {
  const models = {
    T1: { lines: 1, hardware: '066' },
    T2: { lines: 1, hardware: '066' },
    T3: { lines: 1, hardware: 67 },
    T4: { lines: 1 },
  };
  const [owner] = testPackage('Acme', {
    plugins: { acme: { series: [{ version: '1', images: ['fw/{hardware}.rom'], models }] } },
    artefacts: [{ name: 'y0{hardware}.cfg', template: 'common.tpl', format: 'text' }],
  }).plugins as [Plugin];

  test('is common to the models that have the fact', () => {
    expect(resolveName('/y0066.cfg', owner, undefined)).toMatchObject({ name: 'y0066.cfg', model: 'T1' });
    expect(resolveName('/Y067.CFG', owner, undefined)).toMatchObject({ name: 'y067.cfg', model: 'T3' });
    expect(resolveName('/y0.cfg', owner, undefined)).toBeUndefined();
  });

  test('means the device’s own model first', () => {
    expect(resolveName('/y0066.cfg', owner, device(owner, { model: 'T2' }))).toMatchObject({ model: 'T2' });
    expect(resolveName('/y067.cfg', owner, device(owner, { model: 'T2' }))).toMatchObject({ model: 'T3' });
    expect(resolveName('/y067.cfg', owner, device(owner, { model: 'T4' }))).toMatchObject({ model: 'T3' });
  });

  test('is that of an image, too; a model without the fact has none', () => {
    expect(firmwareOf(owner).map(({ images }) => images)).toEqual([['fw/066.rom'], ['fw/066.rom'], ['fw/67.rom'], []]);
  });
});
