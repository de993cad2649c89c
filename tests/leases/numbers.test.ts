import { expect, test } from '@jest/globals';
import { NumberSet } from '../../server/leases/numbers.ts';
import { fc } from '../support/fuzz.ts';

test('the next number is the smallest that is in the set and not below, whatever was taken out and put back', () => {
  const changes = fc.array(fc.tuple(fc.boolean(), fc.nat(2_000)), { maxLength: 300 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      changes,
      fc.array(fc.nat(2_000)),
      fc.boolean(),
      (size, list, asked, isEmpty) => {
        const set = new NumberSet(size);
        const naive = new Set(Array.from({ length: size }, (_, number) => number));
        if (isEmpty) {
          for (const number of naive) set.delete(number);
          naive.clear();
        }
        for (const [isAdded, at] of list) {
          const number = at % size;
          if (isAdded) set.add(number);
          else set.delete(number);
          if (isAdded) naive.add(number);
          else naive.delete(number);
        }
        const sorted = [...naive].sort((one, other) => one - other);
        for (const from of [0, ...asked]) expect(set.next(from)).toBe(sorted.find((number) => number >= from));
      },
    ),
  );
});

test('a set of 16 million numbers finds the last one from anywhere', () => {
  const set = new NumberSet(2 ** 24);
  for (let number = 0; number < 2 ** 24 - 1; number++) set.delete(number);
  for (let time = 0; time < 10_000; time++) expect(set.next(time)).toBe(2 ** 24 - 1);
});
