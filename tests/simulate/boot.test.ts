import { expect, test } from '@jest/globals';
import type { Mac } from '../../server/lib/mac.ts';
import type { Boot, Series } from '../../server/sdk.ts';
import { bootOf } from '../../server/simulate/boot.ts';
import { testPackage } from '../support/packages.ts';

const identity = { mac: '00:15:65:5e:16:7c' as Mac, serial: 'CBT141900G7', uuid: '550e8400-e29b-41d4-a716-446655440000' };

function bootsAs(boot: Boot, series: Series, lineBoot?: Boot) {
  const line = { series: [series], ...(lineBoot && { boot: lineBoot }) };
  const [plugin] = testPackage('acme', { boot, plugins: { 'acme-1': line } }).plugins;
  const [row] = plugin?.models.values() ?? [];
  if (!plugin || !row) throw new Error('there is no model');
  return bootOf(plugin, row, identity);
}

const asked = (boot: ReturnType<typeof bootOf>) => boot?.requests.map(({ paths }) => paths.join(' | '));

test('a phone asks for boot files that nobody has, the file of all of its model, its own, and its image', () => {
  const boot = bootsAs(
    {
      transports: ['http'],
      userAgent: 'Yealink SIP-{model} {version} {mac::}',
      requests: [
        { path: '{mac}.boot', optional: true },
        { path: 'y000000000000.boot', optional: true },
        { path: 'y000000000{hardware}.cfg' },
        { path: '{mac}.cfg' },
        { images: true },
      ],
    },
    {
      version: '108.86.0.90',
      images: ['{model}-{version}.rom', 'more.bin'],
      models: { T46U: { lines: 16, hardware: 108 } },
    },
  );
  expect(boot?.requests.map(({ userAgent }) => userAgent)).toEqual(
    Array(6).fill('Yealink SIP-T46U 108.86.0.90 00:15:65:5e:16:7c'),
  );
  expect(asked(boot)).toEqual([
    '0015655e167c.boot',
    'y000000000000.boot',
    'y000000000108.cfg',
    '0015655e167c.cfg',
    'T46U-108.86.0.90.rom',
    'more.bin',
  ]);
  expect(boot?.requests.map(({ optional }) => optional)).toEqual([true, true, false, false, false, false]);
  expect(boot?.requests.map(({ image }) => image)).toEqual([false, false, false, false, true, true]);
});

test.each<[string, Boot, string[], string | undefined]>([
  [
    'a query',
    { transports: ['http'], userAgent: 'snom{model}-SIP {version} {MAC}', requests: [{ path: 'settings.php?mac={MAC}' }] },
    ['settings.php?mac=0015655E167C'],
    'snomM1-SIP 1.2.3 0015655E167C',
  ],
  [
    'a file and another when that does not exist',
    { transports: ['http'], userAgent: 'Polycom{product}-UA/{version}', requests: [{ path: ['{mac}.cfg', '000000000000.cfg'] }] },
    ['0015655e167c.cfg | 000000000000.cfg'],
    'PolycomVVX_400-UA/1.2.3',
  ],
  ['TFTP names', { transports: ['tftp'], requests: [{ path: 'SEP{MAC}.cnf.xml' }] }, ['SEP0015655E167C.cnf.xml'], undefined],
  [
    'a serial number and a UUID',
    { transports: ['https'], userAgent: '{version:_} ({serial})', requests: [{ path: '{uuid}' }] },
    ['550e8400-e29b-41d4-a716-446655440000'],
    '1_2_3 (CBT141900G7)',
  ],
  [
    'a program of its own for one request',
    { transports: ['http'], userAgent: 'a', requests: [{ path: 'x/', userAgent: 'Updater {model}' }] },
    ['x/'],
    'Updater M1',
  ],
])('a phone that sends %s is told in a line', (_, boot, paths, userAgent) => {
  const phone = bootsAs(boot, { version: '1.2.3', models: { M1: { lines: 1, product: 'VVX_400' } } });
  expect(asked(phone)).toEqual(paths);
  expect(phone?.requests[0]?.userAgent).toBe(userAgent);
});

test('option 60 is written like any text', () => {
  const boot: Boot = { transports: ['http'], vendorClass: 'digium_{model}_{version:_}', requests: [{ path: 'x' }] };
  expect(bootsAs(boot, { version: '2.8.1', models: { D40: { lines: 2 } } })?.vendorClass).toBe('digium_D40_2_8_1');
});

test('a line whose phones do it otherwise says so', () => {
  const [all, old]: Boot[] = [
    { transports: ['http'], requests: [{ path: '{mac}.xml' }] },
    { transports: ['tftp'], requests: [{ path: '{mac}.htm' }] },
  ] as const;
  expect(asked(bootsAs(all as Boot, { version: '1', models: { M1: { lines: 1 } } }, old))).toEqual(['0015655e167c.htm']);
});

test('a package that says nothing has no boot', () => {
  const [plugin] = testPackage('acme', {}).plugins;
  const [row] = plugin?.models.values() ?? [];
  expect(plugin && row && bootOf(plugin, row, identity)).toBeUndefined();
});
