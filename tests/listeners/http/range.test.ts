import { expect, test } from '@jest/globals';
import { parseRange } from '../../../server/listeners/http/range.ts';
import { fc } from '../../support/fuzz.ts';

test.each([
  ['bytes=0-99', { start: 0, length: 100 }],
  ['bytes=0-0', { start: 0, length: 1 }],
  ['bytes=999-', { start: 999, length: 1 }],
  ['bytes=500-', { start: 500, length: 500 }],
  ['bytes=500-5000', { start: 500, length: 500 }],
  ['bytes=-1', { start: 999, length: 1 }],
  ['bytes=-5000', { start: 0, length: 1000 }],
  ['Bytes= 1-2 ', { start: 1, length: 2 }],
  [`bytes=5-${'9'.repeat(400)}`, { start: 5, length: 995 }],
])('%s of 1000 bytes', (header, slice) => {
  expect(parseRange(header, 1000)).toEqual(slice);
});

test.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0', `bytes=${'9'.repeat(400)}-`])(
  '%s of 1000 bytes cannot be had',
  (header) => {
    expect(parseRange(header, 1000)).toBe('unsatisfiable');
  },
);

test('nothing can be had of an empty file', () => {
  expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
  expect(parseRange('bytes=-5', 0)).toBe('unsatisfiable');
});

test.each([
  '',
  'bytes',
  'bytes=',
  'bytes=-',
  'bytes=2-1',
  'bytes=0-1,5-6',
  'bytes=a-b',
  'bytes=0x1-2',
  'bytes=1.5-2',
  'lines=0-1',
  'bytes=--1',
])('%p asks for the whole', (header) => {
  expect(parseRange(header, 1000)).toBeUndefined();
});

test('a slice is never empty and never leaves the file', () => {
  const number = fc.oneof(fc.constant(''), fc.bigInt({ min: 0n }).map(String), fc.nat(2_000).map(String));
  const header = fc.oneof(
    fc.tuple(number, number).map(([first, last]) => `bytes=${first}-${last}`),
    fc.string(),
    fc.string().map((text) => `bytes=${text}`),
  );
  let slices = 0;
  fc.assert(
    fc.property(header, fc.nat(1_000), (text, size) => {
      const slice = parseRange(text, size);
      if (slice === undefined || slice === 'unsatisfiable') return;
      slices++;
      expect(Number.isSafeInteger(slice.start) && Number.isSafeInteger(slice.length)).toBe(true);
      expect(slice.start).toBeGreaterThanOrEqual(0);
      expect(slice.length).toBeGreaterThan(0);
      expect(slice.start + slice.length).toBeLessThanOrEqual(size);
    }),
    { numRuns: 5_000 },
  );
  expect(slices).toBeGreaterThan(20);
});
