import { expect, test } from '@jest/globals';
import { comparePositions, type Position, pageOf } from '../../server/lib/paging.ts';
import { fc } from '../support/fuzz.ts';

const value = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 3 }), fc.constantFrom('a', 'b', 'B'));
const positionOf = ([value, key]: readonly [string | number | null, number]): Position => [value, key];

test('all pages together have each row once, in the order of a plain sort', () => {
  fc.assert(
    fc.property(fc.array(value), fc.integer({ min: 1, max: 5 }), fc.boolean(), (values, limit, descending) => {
      const rows = values.map((each, index) => [each, index] as const);
      const sorted = rows.toSorted((one, other) => comparePositions(positionOf(one), positionOf(other)));
      const walked: unknown[] = [];
      for (let after: Position | undefined; ; ) {
        const page = pageOf(rows, positionOf, { limit, descending, ...(after && { after }) });
        walked.push(...page.rows);
        if (!page.next) break;
        expect(page.rows).toHaveLength(limit);
        after = page.next;
      }
      expect(walked).toEqual(descending ? sorted.toReversed() : sorted);
    }),
  );
});

test('rows without a value come first, then numbers by size, then texts', () => {
  const rows = ['b', 10, null, 'a', 9];
  const { rows: sorted } = pageOf(rows, (row) => [row], {});
  expect(sorted).toEqual([null, 9, 10, 'a', 'b']);
});

test('a page without rows has no end to go on from', () => {
  expect(pageOf([1, 2], (row) => [row], { limit: 0 })).toEqual({ rows: [] });
});
