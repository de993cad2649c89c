import { expect, test } from '@jest/globals';
import { allNearest, nearest } from '../../server/lib/nearest.ts';

test('of two as near the first is taken, and two neighbours swapped count as one edit', () => {
  expect(nearest('cat', ['car', 'can'])).toBe('car');
  expect(nearest('ab', ['ba'])).toBe('ba');
  expect(nearest('abc', ['xyc'])).toBeUndefined();
});

test.each([
  ['T46', ['T42S', 'T46G', 'T48S', 'T46S'], ['T46G', 'T46S']],
  ['cat', ['cart', 'cat', 'car'], ['cat']],
  ['abc', ['xyc'], []],
])('of those that %s may be, all that are as near as the nearest are found', (word, candidates, meant) => {
  expect(allNearest(word, candidates)).toEqual(meant);
});
