import { expect, test } from '@jest/globals';
import { compareVersions, isSameRelease } from '../../server/lib/version.ts';
import { fc } from '../support/fuzz.ts';

// Each newer than the one before.
const ASCENDING = [
  '',
  'sip8845_65.12-0-1',
  'sip8845_65.12-0-1SR1',
  'sip8845_65.12-0-2',
  'sip8845_65.12-10-1',
  '1.4-rc1',
  '1.4-rc2',
  '1.4',
  '1.4.0.0',
  '1_4_0_0.57389',
  '1.4.0.0.57390',
  '1.10',
  '3.3.1-beta',
  '3.3.1',
  '3.3.1-HF',
  '3.3.1-SP4',
  '3.3.1-SP10',
  '3.3.1-U',
  '3.3.1.1',
  '8.9.3.40',
  '8.9.3.100',
  '10.1.57.1',
  '66.86.0.15',
  '66.86.0.160',
  '1000.9007199254740992',
  '1000.9007199254740993',
];

test('versions of all vendors are ordered by their numbers and words', () => {
  for (const [index, version] of ASCENDING.entries()) {
    for (const [other, otherVersion] of ASCENDING.entries()) {
      expect({ version, otherVersion, order: Math.sign(compareVersions(version, otherVersion)) }).toEqual({
        version,
        otherVersion,
        order: Math.sign(index - other),
      });
    }
  }
});

test.each([
  ['1.4.0.0', '1_4-0_0'],
  ['1.04', '1.4'],
  ['3.3.1-SP4', '3.3.1sp4'],
  ['0', '000'],
])('%s and %s are the same version', (a, b) => {
  expect(compareVersions(a, b)).toBe(0);
});

test('any strings have a total order', () => {
  const parts = fc.constantFrom(
    '0',
    '1',
    '9',
    '10',
    '00',
    '18446744073709551616',
    '.',
    '-',
    '_',
    'a',
    'B',
    'rc',
    'beta',
    'sp',
    'sip',
    ' ',
    'é',
  );
  const versions = fc.oneof(
    fc.string(),
    fc.array(parts, { maxLength: 5 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(versions, versions, versions, (a, b, c) => {
      expect(compareVersions(a, a)).toBe(0);
      expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
      const [first, second, third] = [a, b, c].sort(compareVersions) as [string, string, string];
      expect(compareVersions(first, second)).toBeLessThanOrEqual(0);
      expect(compareVersions(second, third)).toBeLessThanOrEqual(0);
      expect(compareVersions(first, third)).toBeLessThanOrEqual(0);
      // What is equal is interchangeable.
      if (compareVersions(a, b) === 0) expect(Math.sign(compareVersions(a, c))).toBe(Math.sign(compareVersions(b, c)));
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  ['1.4.0.0', '1.4.0.0.57389', true],
  ['1.4.0.0', '1_4_0_0', true],
  ['1.4.0.0', '1.4.0', false],
  ['1.4.0.0', '1.4.0.01.5', false],
  ['1.1', '1.10', false],
  ['66.86', '66.86.0.15', true],
  ['3.3.1', '3.3.1-SP4', true],
  ['3.3.1-SP4', '3.3.1', false],
  ['3.3.1-SP', '3.3.1-sp4', true],
])('the line %s covers %s: %p', (line, version, covered) => {
  expect(isSameRelease(line, version)).toBe(covered);
});
