import { expect, test } from '@jest/globals';
import { fill, type Lookup, placeholders } from '../../server/lib/placeholders.ts';

const lookup: Lookup = (name, separator) => {
  if (name === 'mac') return ['00', '15', '65', '5e', '16', '7c'].join(separator ?? '');
  if (name === 'version') return ['1', '4', '0'].join(separator ?? '.');
  return name === 'model' ? 'T46S' : undefined;
};

test.each([
  ['{mac}.cfg', '0015655e167c.cfg'],
  ['{MAC}.xml', '0015655E167C.xml'],
  ['{mac:-}', '00-15-65-5e-16-7c'],
  ['{MAC:_}', '00_15_65_5E_16_7C'],
  ['x/{version:_}_{model}.rom', 'x/1_4_0_T46S.rom'],
  ['{version}', '1.4.0'],
  ['ATA{MAC/2}01.xml', 'ATA15655E167C01.xml'],
  ['{mac:-/3}', '15-65-5e-16-7c'],
  ['plain', 'plain'],
  ['{}', '{}'],
])('%s is %s', (name, filled) => {
  expect(fill(name, lookup)).toBe(filled);
});

test('a name that needs what is not there is no name', () => {
  expect(fill('{serial}-{mac}', lookup)).toBeUndefined();
});

test('what a name needs is told in lower case, once', () => {
  expect([...placeholders('{MAC}-{mac:-}/{server.url}')]).toEqual(['mac', 'server.url']);
});
