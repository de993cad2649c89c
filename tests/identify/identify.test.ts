import { expect, jest, test } from '@jest/globals';
import { compileRecogniser } from '../../server/identify/identify.ts';
import { fc } from '../support/fuzz.ts';
import { repositoryPackage, testPackage } from '../support/packages.ts';
import { dhcp, request } from '../support/requests.ts';

const nobody = () => {
  throw new Error('no package fails in this test');
};
const digium = await repositoryPackage('digium');
const acme = testPackage('Acme', {
  recognise: {
    userAgent: [/^Acme (?<model>\w+) (?<version>[\d.]+) (?<mac>[\da-f:]{17})$/],
    path: [/\/(?<mac>[\da-f]{12})\.cfg$/],
  },
  macPrefixes: ['02:00:5e', '02:00:5f:1'],
});
const both = compileRecogniser([acme, digium], nobody);

test('a request that no pattern matches says nothing, and is not an error', () => {
  expect(both.identify(request({ path: '/favicon.ico' }))).toEqual({ info: {}, evidence: [], contradictions: [] });
});

test.each([
  ['/Digium/000fd3054848.cfg', { vendor: 'Digium', mac: '00:0f:d3:05:48:48' }],
  ['/Digium/000FD3054848.cfg', { vendor: 'Digium', mac: '00:0f:d3:05:48:48' }],
  ['/Digium/000fd3054848-contacts.xml', { vendor: 'Digium', mac: '00:0f:d3:05:48:48' }],
  ['/Digium/', { vendor: 'Digium' }],
  ['/Digium/000000000000.cfg', { vendor: 'Digium' }],
  ['/Digium/firmware/1_4_0_0_57389_D40_firmware.eff', { vendor: 'Digium' }],
])('a Digium phone that asks for %s is %j', (path, info) => {
  expect(compileRecogniser([digium], nobody).identify(request({ path })).info).toEqual(info);
});

test.each([
  ['digium_D40_1_0_5_46476', { vendor: 'Digium', model: 'D40', version: '1.0.5.46476' }],
  ['digium_D40_1_1_0_0_48178', { vendor: 'Digium', model: 'D40', version: '1.1.0.0.48178' }],
  ['digium_D70_1_0_5_46476', { vendor: 'Digium', model: 'D70', version: '1.0.5.46476' }],
])('DHCP option 60 %s is %j', (vendorClass, info) => {
  expect(both.identify(dhcp({ 60: vendorClass })).info).toEqual(info);
});

test('the hardware address of the transport outranks what texts say, and their disagreement is a contradiction', () => {
  const mac = '02:11:22:33:44:55' as never;
  const { info, contradictions } = both.identify({ ...request({ path: '/Digium/000fd3054848.cfg' }), mac });
  expect(info.mac).toBe(mac);
  expect(contradictions).toEqual(['mac is 02:11:22:33:44:55 by the transport and 00:0f:d3:05:48:48 by path']);
});

test('what a phone says of itself ranks before what it asks for', () => {
  const { info, contradictions } = both.identify(
    request({ path: '/000fd3054848.cfg', headers: { 'user-agent': 'Acme T1 1.2 02:00:5e:00:00:01' } }),
  );
  expect(info).toEqual({ vendor: 'Acme', model: 'T1', version: '1.2', mac: '02:00:5e:00:00:01' });
  expect(contradictions).toEqual(['mac is 02:00:5e:00:00:01 by userAgent and 00:0f:d3:05:48:48 by path']);
});

test('what texts told is at hand when they come again, and every text that a pattern looks at counts', () => {
  const asked: string[] = [];
  const nosy = testPackage('Nosy', {
    recognise: { path: [/^\/(?<model>\w+)$/], query: [/^(?<model>\w+)$/], headers: { 'x-phone': [/^(?<model>\w*)$/] } },
    facts: (found) => {
      asked.push(found.model ?? '');
      return found;
    },
  });
  const recogniser = compileRecogniser([nosy], nobody);
  const told = (parts: Parameters<typeof request>[0]) =>
    recogniser.identify(request(parts)).evidence.map(({ facts }) => facts.model);
  for (const _ of [1, 2]) {
    expect(told({ path: '/a' })).toEqual(['a']);
    expect(told({ path: '/b' })).toEqual(['b']);
    expect(told({ path: '/', query: 'a' })).toEqual(['a']);
    expect(told({ path: '/', headers: { 'x-phone': 'c' } })).toEqual(['c']);
    expect(told({ path: '/', headers: { 'x-phone': '' } })).toEqual([undefined]);
    expect(told({ path: '/' })).toEqual([]);
  }
  expect(asked).toEqual(['a', 'b', 'a', 'c', '']);
});

test('each vendor package has one vote a fact, however many firmware lines it has', () => {
  const lines = Object.fromEntries(
    [1, 2, 3, 4].map((line) => [`loud-${line}`, { series: [{ version: `${line}.0`, models: { X: { lines: 1 } } }] }]),
  );
  const loud = testPackage('Loud', { recognise: { path: [/^\/(?<mac>[\da-f]{12})\.cfg/] }, plugins: lines });
  const quiet = ['One', 'Two'].map((name) => testPackage(name, { recognise: { query: [/^mac=(?<mac>[\da-f]{12})$/] } }));
  const { info } = compileRecogniser([loud, ...quiet], nobody).identify(
    request({ path: '/0200000000aa.cfg', query: 'mac=0200000000bb' }),
  );
  expect(info.mac).toBe('02:00:00:00:00:bb');
});

test('model and version are those of the vendor that was elected', () => {
  const other = testPackage('Other', { recognise: { path: [/^\/(?<model>T\d+)\//] } });
  const { info } = compileRecogniser([acme, other], nobody).identify(
    request({ path: '/T9/x', headers: { 'user-agent': 'Acme T1 1.2 02:00:5e:00:00:01' } }),
  );
  expect(info).toMatchObject({ vendor: 'Acme', model: 'T1' });
});

test.each([
  ['02005e00abcd', 'Prefixed'],
  ['02005f1aaaaa', 'Prefixed'],
  ['02005f2aaaaa', 'Shared'],
])('the MAC prefix of %s speaks for %s', (mac, vendor) => {
  const plain = testPackage('Plain', { recognise: { path: [/(?<mac>[\da-f]{12})/] }, facts: ({ vendor: _, ...rest }) => rest });
  const prefixed = testPackage('Prefixed', { macPrefixes: ['02005e', '02-00-5f-1'] });
  const shared = testPackage('Shared', { macPrefixes: ['02:00:5f'] });
  expect(compileRecogniser([plain, prefixed, shared], nobody).identify(request({ path: `/${mac}` }))).toMatchObject({
    info: { vendor },
    prefixVendor: vendor,
  });
});

test('what is asked for says how a find is to be taken, whatever its place; a lease asks for nothing', () => {
  const loader = testPackage('Loader', {
    recognise: { userAgent: [/^Loader (?<version>[\d.]+)$/], vendorClass: [/^loader (?<version>[\d.]+)$/] },
    facts: ({ version, ...found }, path) => ({ ...found, ...(version && path.startsWith('/app/') && { version }) }),
  });
  const { identify } = compileRecogniser([loader], nobody);
  const headers = { 'user-agent': 'Loader 4.1' };
  expect(identify(request({ headers, path: '/image.ld' })).info).toEqual({ vendor: 'Loader' });
  expect(identify(request({ headers, path: '/app/phone.cfg' })).info).toEqual({ vendor: 'Loader', version: '4.1' });
  expect(identify(dhcp({ 60: 'loader 4.1' })).info).toEqual({ vendor: 'Loader' });
});

test('a package whose facts function fails is reported and left out; the others are heard', () => {
  const report = jest.fn();
  const failing = testPackage('Failing', {
    recognise: { userAgent: [/Acme/] },
    facts: () => {
      throw new Error('oh');
    },
  });
  const { info } = compileRecogniser([failing, acme], report).identify(
    request({ headers: { 'user-agent': 'Acme T1 1.2 02:00:5e:00:00:01' } }),
  );
  expect(info.model).toBe('T1');
  expect(report).toHaveBeenCalledWith('Failing', expect.objectContaining({ message: 'oh' }));
});

test('what a phone tells DHCP as text reaches the patterns without the NUL behind it, and classes without their lengths', () => {
  const cisco = testPackage('Cisco', {
    recognise: {
      vendorClass: [/^Cisco CP-(?<model>\w+)$/],
      userClass: [/^(?<model>\w+)$/],
      hostName: [/^SEP(?<mac>[\dA-F]{12})$/],
    },
  });
  const one = compileRecogniser([cisco], nobody);
  expect(one.identify(dhcp({ 60: 'Cisco CP-7941G\0' })).info.model).toBe('7941G');
  expect(one.identify(dhcp({ 12: 'SEP0200000000AA\0' })).info.mac).toBe('02:00:00:00:00:aa');
  expect(one.identify(dhcp({ 77: '\x047941' })).info.model).toBe('7941');
  expect(one.identify(dhcp({ 77: '7941G' })).info.model).toBe('7941G');
});

test('headers, queries and all DHCP options that identify a phone reach the patterns, byte for byte', () => {
  const bytes = testPackage('Bytes', {
    recognise: {
      headers: { 'x-phone': [/^(?<model>\w+)$/] },
      query: [/(?:^|&)sn=(?<serial>\w+)/],
      vendorSpecific: [/\x01\x04(?<model>[\s\S]{4})/],
      userClass: [/^(?<model>.{5})$/],
      hostName: [/^SEP(?<mac>[\dA-F]{12})$/],
      vendorIdentifyingClass: [/^\x00\x00\x0d\xe9\x04(?<model>\w{4})/],
      vendorIdentifyingOptions: [/\x00\x00\x0d\xe9.\x02.(?<serial>\w+)/],
    },
  });
  const one = compileRecogniser([bytes], nobody);
  expect(one.identify(request({ headers: { 'x-phone': 'M8' }, query: 'a=1&sn=S77' })).info).toEqual({
    vendor: 'Bytes',
    model: 'M8',
    serial: 'S77',
  });
  const enterprise = Buffer.from([0, 0, 0x0d, 0xe9]);
  expect(one.identify(dhcp({ 43: Buffer.from('0104ff00fe01', 'hex') })).info.model).toBe('\xff\x00\xfe\x01');
  expect(one.identify(dhcp({ 77: '\x05ABCDE' })).info.model).toBe('ABCDE');
  expect(one.identify(dhcp({ 12: 'SEP0200000000AA' })).info.mac).toBe('02:00:00:00:00:aa');
  expect(one.identify(dhcp({ 124: Buffer.concat([enterprise, Buffer.from('\x04M800')]) })).info.model).toBe('M800');
  expect(one.identify(dhcp({ 125: Buffer.concat([enterprise, Buffer.from('\x05\x02\x03S12')]) })).info.serial).toBe('S12');
});

test('no User-Agent, path or option, whatever its bytes, makes recognition fail', () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 300 });
  fc.assert(
    fc.property(text, text, text, (path, agent, option) => {
      const asked = {
        ...request({ path, headers: { 'user-agent': `Acme ${agent}` } }),
        options: new Map([[60, Buffer.from(option, 'latin1')]]),
      };
      expect(Array.isArray(both.identify(asked).evidence)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});
