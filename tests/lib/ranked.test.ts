import { expect, test } from '@jest/globals';
import { Ranked } from '../../server/lib/ranked.ts';
import { fc } from '../support/fuzz.ts';

test('whatever is added, moved and taken out, the first is the one of the lowest rank, of equal ones the one that came first', () => {
  const change = fc.record({ item: fc.nat(20), rank: fc.option(fc.nat(5), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const ranked = new Ranked<number>();
      let naive: { item: number; rank: number }[] = [];
      for (const { item, rank } of changes) {
        if (rank === undefined) ranked.delete(item);
        else ranked.set(item, rank);
        const isSame = naive.some((each) => each.item === item && each.rank === rank);
        if (!isSame) {
          naive = naive.filter((each) => each.item !== item);
          if (rank !== undefined) naive.push({ item, rank });
        }
        const lowest = Math.min(...naive.map((each) => each.rank));
        expect(ranked.first).toBe(naive.find((each) => each.rank === lowest)?.item);
        expect(ranked.lowest).toBe(lowest);
        expect(ranked.size).toBe(naive.length);
      }
    }),
  );
});
