import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { requiredLiterals } from '../../server/identify/literals.ts';

test.each<[RegExp, string[] | undefined]>([
  [/^digium_(?<model>D\d\d)_(?<version>[\d_]+)$/, ['digium_']],
  [/^\/Digium\/(?:(?<mac>[\da-f]{12})\.cfg)?/i, ['/digium/']],
  [/^(?:Aastra|Mitel)(?<model>\S+) MAC:/, ['aastra', 'mitel']],
  [/SEP(?<mac>[\dA-F]{12})\.cnf\.xml$/, ['.cnf.xml']],
  [/colou?r/, ['colo']],
  [/ab+c/, ['ab']],
  [/(?:snom){2}x/, ['snom']],
  [/(?=Yealink)\w+/, undefined],
  [/(?<!Not )Yealink/, ['yealink']],
  [/\x41\u0042C/, ['abc']],
  [/[abc]+|def/, undefined],
  [/\d+\.\d+/, ['.']],
  [/^$/, undefined],
  [/(?:optional)*/, undefined],
  [/a\|b/, ['a|b']],
])('%s requires %j', (pattern, literals) => {
  expect(requiredLiterals(pattern)).toEqual(literals);
});

const piece = fc.oneof(
  fc.constantFrom(
    'a',
    'B',
    '/',
    '\\.',
    '\\d',
    '[a-f]',
    '.',
    '(?:ab|cd)',
    '(?:x)?',
    'k+',
    'z*',
    '(?<!q)',
    'm{2,3}',
    'n{0,2}',
    '(?:pq){2}',
  ),
);

test('every match of a pattern contains one of the texts it requires', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 6 }),
      fc.array(piece, { maxLength: 3 }),
      fc.string({ unit: fc.constantFrom(...'abcdkmnpqxz/.B0f') }),
      (left, right, text) => {
        const pattern = new RegExp(right.length > 0 ? `${left.join('')}|${right.join('')}` : left.join(''));
        const found = pattern.exec(text);
        const required = requiredLiterals(pattern);
        if (found && required) expect(required.some((literal) => found[0].toLowerCase().includes(literal))).toBe(true);
      },
    ),
    { numRuns: 20_000 },
  );
});
