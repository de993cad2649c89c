import { expect, test } from '@jest/globals';
import { originOf } from '../../server/artefacts/overrides.ts';
import { testPackage } from '../support/packages.ts';

const pkg = testPackage(
  'acme',
  {
    plugins: {
      'acme-1': {
        series: [{ version: '1.2', models: { A1: { lines: 1, hardware: '08' }, 'B(2)': { lines: 1, hardware: '09' } } }],
      },
    },
    artefacts: [
      { name: 'acme/{mac}.cfg', template: 'phone.tpl', format: 'text', secret: true },
      { name: 'acme/{mac:-}-book.xml', template: 'book.tpl', format: 'text' },
      { name: 'acme/{MAC}.cfg.{version}', template: 'upper.tpl', format: 'text' },
      { name: 'acme/y{hardware}.cfg', template: 'common.tpl', format: 'text' },
      { name: 'acme/{serial}-s.cfg', template: 'serial.tpl', format: 'text' },
      { name: 'all+some.cfg', template: 'all.tpl', format: 'text' },
    ],
  },
  { 'B(2)-common.tpl': 'for B(2)' },
);
const [plugin] = pkg.plugins;
const shared = new Map([
  ['phone-book.tpl', 'shared'],
  ['book.tpl', 'hidden by the package'],
]);

test.each([
  ['phone.tpl', 'acme/phone.tpl'],
  ['book.tpl', 'acme/book.tpl'],
  ['phone-book.tpl', 'shared/phone-book.tpl'],
  // One model: of the main artefact, and of others.
  ['A1.tpl', 'acme/phone.tpl'],
  ['B(2).tpl', 'acme/phone.tpl'],
  ['A1-book.tpl', 'acme/book.tpl'],
  // One model has a template of its own in the package.
  ['B(2)-common.tpl', 'acme/B(2)-common.tpl'],
  ['A1-common.tpl', 'acme/common.tpl'],
  // One file.
  ['0015655e167c.cfg.tpl', 'acme/phone.tpl'],
  ['00-15-65-5e-16-7c-book.xml.tpl', 'acme/book.tpl'],
  ['0015655E167C.cfg.9.9.tpl', 'acme/upper.tpl'],
  ['y08.cfg.tpl', 'acme/common.tpl'],
  ['y09.cfg.tpl', 'acme/B(2)-common.tpl'],
  ['S-1-s.cfg.tpl', 'acme/serial.tpl'],
  ['all+some.cfg.tpl', 'acme/all.tpl'],
  // Nothing of the package.
  ['macros.tpl', undefined],
  ['C3.tpl', undefined],
  ['0015655e167.cfg.tpl', undefined],
  ['allsome.cfg.tpl', undefined],
])('an override %s stands in the place of %s', (name, origin) => {
  if (!plugin) throw new Error('The package has no plugin');
  expect(originOf(name, plugin, shared)?.name).toBe(origin);
});
