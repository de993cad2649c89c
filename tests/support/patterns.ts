import { fc } from './fuzz.ts';

/** Often in patterns and in texts, so that many match, and by something that is certain. */
const word = ['abc', 'abc', 'abc', 'abc'];

const piece = fc.constantFrom(
  ...word,
  ...['a', 'B', '/', '\\.', '\\d', '[a-f]', '[xX]', '.', '^', '$', '(?:ab|cd)', '(?:x)?', '(?:pq){2}', '(?:pq|^r)'],
  ...['k+', 'z*', '(?<!q)', 'm{2,3}', 'n{0,2}'],
);

/** Patterns made of pieces of all kinds, often with two alternatives. */
export const somePattern = fc
  .tuple(fc.constantFrom('', '^'), fc.array(piece, { minLength: 1, maxLength: 6 }), fc.array(piece, { maxLength: 3 }))
  .map(
    ([start, left, right]) =>
      new RegExp(start + [left, right].flatMap((each) => (each.length > 0 ? each.join('') : [])).join('|')),
  );

/** Texts that such a pattern may match. */
export const someText = fc.string({ unit: fc.constantFrom(...word, ...'abcdkmnpqrxzXB/.0f') });
