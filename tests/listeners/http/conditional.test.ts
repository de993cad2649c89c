import { expect, test } from '@jest/globals';
import { parseHttpDate, precondition, rangeHolds } from '../../../server/listeners/http/conditional.ts';
import { fc } from '../../support/fuzz.ts';

// The fraction of a second never reaches a header.
const file = { tag: 'b6-r12', modified: new Date('1994-11-06T08:49:37.500Z') };
const SAME = 'Sun, 06 Nov 1994 08:49:37 GMT';
const EARLIER = 'Sun, 06 Nov 1994 08:49:36 GMT';
const LATER = 'Sun, 06 Nov 1994 08:49:38 GMT';

test.each([SAME, 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])('%s is read as a date', (text) => {
  expect(parseHttpDate(text)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
});

test('two digits of a year are the nearest past beyond 50 years ahead', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  expect(parseHttpDate('Friday, 06-Nov-76 00:00:00 GMT', now)).toBe(Date.UTC(2076, 10, 6));
  expect(parseHttpDate('Sunday, 06-Nov-77 00:00:00 GMT', now)).toBe(Date.UTC(1977, 10, 6));
});

test('a leap second and the 29th of February are dates', () => {
  expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT')).toBe(Date.UTC(2017, 0, 1));
  expect(parseHttpDate('Thu, 29 Feb 2024 00:00:00 GMT')).toBe(Date.UTC(2024, 1, 29));
});

test.each([
  '',
  '0',
  '-1',
  'yesterday',
  '1994-11-06T08:49:37Z',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 UTC',
  'Sun, 06 Now 1994 08:49:37 GMT',
  'Sun, 31 Jun 1994 08:49:37 GMT',
  'Sun, 00 Jun 1994 08:49:37 GMT',
  'Sun, 29 Feb 2023 08:49:37 GMT',
  'Sun, 06 Nov 1994 24:00:00 GMT',
  'Sun, 06 Nov 1994 08:60:00 GMT',
])('%p is no date', (text) => {
  expect(parseHttpDate(text)).toBeUndefined();
});

test('whatever is sent, a date is a number or nothing', () => {
  const nearly = fc.string().map((text) => SAME.slice(0, text.length) + text);
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearly), (text) => {
      const date = parseHttpDate(text);
      expect(date === undefined || Number.isSafeInteger(date)).toBe(true);
    }),
  );
});

test('every second of four-digit years is read back as it was written', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
      (date) => {
        expect(parseHttpDate(date.toUTCString())).toBe(Math.floor(date.getTime() / 1000) * 1000);
      },
    ),
  );
});

test.each([
  ['nothing', {}, undefined],
  ['the tag', { 'if-none-match': '"b6-r12"' }, 304],
  ['the tag, weak', { 'if-none-match': 'W/"b6-r12"' }, 304],
  ['a list with the tag', { 'if-none-match': '"a,b", W/"c" ,"b6-r12"' }, 304],
  ['a star', { 'if-none-match': '*' }, 304],
  ['another tag', { 'if-none-match': '"b6-r11"' }, undefined],
  ['the tag inside another', { 'if-none-match': '"x\\"b6-r12"' }, undefined],
  ['a tag without quotes', { 'if-none-match': 'b6-r12' }, undefined],
  ['an empty list', { 'if-none-match': '' }, undefined],
  ['the date', { 'if-modified-since': SAME }, 304],
  ['a later date', { 'if-modified-since': LATER }, 304],
  ['an earlier date', { 'if-modified-since': EARLIER }, undefined],
  ['garbage for a date', { 'if-modified-since': 'now' }, undefined],
  ['another tag and the date', { 'if-none-match': '"b6-r11"', 'if-modified-since': SAME }, undefined],
  ['to match the tag', { 'if-match': '"a", "b6-r12"' }, undefined],
  ['to match a star', { 'if-match': '*' }, undefined],
  ['to match another tag', { 'if-match': '"a"' }, 412],
  ['to match the tag, weak', { 'if-match': 'W/"b6-r12"' }, 412],
  ['to be unmodified since its date', { 'if-unmodified-since': SAME }, undefined],
  ['to be unmodified since an earlier date', { 'if-unmodified-since': EARLIER }, 412],
  ['garbage to be unmodified since', { 'if-unmodified-since': 'now' }, undefined],
  ['to match the tag, and an earlier date', { 'if-match': '"b6-r12"', 'if-unmodified-since': EARLIER }, undefined],
  ['to match the tag and not to match it', { 'if-match': '"b6-r12"', 'if-none-match': '"b6-r12"' }, 304],
])('preconditions: %s', (_, headers, status) => {
  expect(precondition(headers, file)).toBe(status);
});

test.each([
  [undefined, true],
  ['"b6-r12"', true],
  ['W/"b6-r12"', false],
  ['"b6-r11"', false],
  ['b6-r12', false],
  [SAME, true],
  [LATER, false],
  [EARLIER, false],
])('with If-Range %p a range holds: %p', (header, holds) => {
  expect(rangeHolds(header, file)).toBe(holds);
});

test('no header makes the evaluation throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect([undefined, 304, 412]).toContain(precondition({ 'if-match': a, 'if-none-match': b }, file));
      expect([undefined, 304, 412]).toContain(precondition({ 'if-modified-since': a, 'if-unmodified-since': b }, file));
    }),
  );
});
