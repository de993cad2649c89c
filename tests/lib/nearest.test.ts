import { expect, test } from '@jest/globals';
import { nearest } from '../../server/lib/nearest.ts';

test('of two as near the first is taken, and two neighbours swapped count as one edit', () => {
  expect(nearest('cat', ['car', 'can'])).toBe('car');
  expect(nearest('ab', ['ba'])).toBe('ba');
  expect(nearest('abc', ['xyc'])).toBeUndefined();
});
