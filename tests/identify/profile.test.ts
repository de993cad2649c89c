import { expect, jest, test } from '@jest/globals';
import { compileRecogniser } from '../../server/identify/identify.ts';
import { repositoryPackage, testPackage } from '../support/packages.ts';
import { request } from '../support/requests.ts';

const nobody = () => {
  throw new Error('no package fails in this test');
};
const yealink = await repositoryPackage('yealink');
const models = (...names: string[]) => ({
  'snom-8': { series: [{ version: '8', models: Object.fromEntries(names.map((name) => [name, { lines: 1 }])) }] },
});
const snom = testPackage('snom', { vendor: 'Snom', plugins: models('37', '370', 'D785', 'M700'), macPrefixes: ['00:04:13'] });
const both = compileRecogniser([snom, yealink], nobody);
const said = (vendor: string | undefined, model: string, version = '1.2') =>
  both.identify({
    ...request({ transport: 'pnp', path: '' }),
    profile: { ...(vendor !== undefined && { vendor }), model, version },
  });

test.each([
  ['snom', 'snom370', { vendor: 'Snom', model: '370', version: '1.2' }],
  ['SNOM', 'snomD785', { vendor: 'Snom', model: 'D785', version: '1.2' }],
  ['Snom', 'Snom m700', { vendor: 'Snom', model: 'M700', version: '1.2' }],
  // Another model than any that is known is not taken for one.
  ['snom', 'snom1370', { vendor: 'Snom', model: 'snom1370', version: '1.2' }],
  ['yealink', 'SIP-T46S', { vendor: 'Yealink', model: 'T46S', version: '1.2' }],
  ['Yealink', 't46s', { vendor: 'Yealink', model: 'T46S', version: '1.2' }],
  ['OEM', 'OEM', {}],
  [undefined, 'T46S', {}],
])('a phone that says that it is a %s %s is %j', (vendor, model, info) => {
  expect(said(vendor, model).info).toEqual(info);
});

test('what a phone says over SIP PnP is evidence, beside its User-Agent', () => {
  const { info, evidence } = both.identify({
    ...request({ transport: 'pnp', path: '', headers: { 'user-agent': 'Yealink SIP-T46S 66.86.0.15 00:15:65:5e:16:7c' } }),
    mac: '00:15:65:5e:16:7c' as never,
    profile: { vendor: 'yealink', model: 'T46S', version: '66.86.0.15' },
  });
  expect(info).toEqual({ vendor: 'Yealink', model: 'T46S', version: '66.86.0.15', mac: '00:15:65:5e:16:7c' });
  expect(evidence.map(({ place }) => place)).toEqual(['userAgent', 'profile']);
  expect(evidence[1]).toMatchObject({ package: 'yealink', pattern: 'vendor="yealink";model="T46S";version="66.86.0.15"' });
});

test('who tells its MAC address alone is of the vendor to which that belongs', () => {
  const found = both.identify({ ...request({ transport: 'pnp', path: '' }), mac: '00:04:13:2e:08:b4' as never });
  expect(found.info).toEqual({ vendor: 'Snom', mac: '00:04:13:2e:08:b4' });
});

test('a MAC address in the User-Agent that is another than the one that it asks for is a contradiction', () => {
  const { contradictions } = both.identify({
    ...request({ transport: 'pnp', path: '', headers: { 'user-agent': 'Yealink SIP-T46S 66.86.0.15 00:15:65:5e:16:7c' } }),
    mac: '00:15:65:00:00:01' as never,
  });
  expect(contradictions).toHaveLength(1);
});

test('two phones that differ in what they say alone are two', () => {
  expect([said('snom', 'snom370').info.model, said('snom', 'D785').info.model]).toEqual(['370', 'D785']);
});

test('a package whose own words fail on it is left out, and told', () => {
  const report = jest.fn();
  const bad = testPackage('bad', {
    vendor: 'Snom',
    facts() {
      throw new Error('oh');
    },
  });
  const { info } = compileRecogniser([bad, snom], report).identify({
    ...request({ transport: 'pnp', path: '' }),
    profile: { vendor: 'snom', model: 'snom370' },
  });
  expect(info).toEqual({ vendor: 'Snom', model: '370' });
  expect(report).toHaveBeenCalledWith('bad', expect.any(Error));
});
