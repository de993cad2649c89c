import { expect, test } from '@jest/globals';
import { requiredLiterals } from '../../server/identify/literals.ts';
import { fc } from '../support/fuzz.ts';
import { somePattern, someText } from '../support/patterns.ts';

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

test('every match of a pattern contains one of the texts it requires', () => {
  let required = 0;
  fc.assert(
    fc.property(somePattern, someText, (pattern, text) => {
      const found = pattern.exec(text)?.[0].toLowerCase();
      const literals = requiredLiterals(pattern);
      if (found === undefined || !literals) return;
      required++;
      expect(literals.some((literal) => found.includes(literal))).toBe(true);
    }),
    { numRuns: 20_000 },
  );
  expect(required).toBeGreaterThan(500);
});
