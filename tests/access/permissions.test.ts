import { expect, test } from '@jest/globals';
import { covers, isPattern, permits } from '../../server/access/permissions.ts';
import { fc } from '../support/fuzz.ts';

test.each([
  ['devices.read', 'devices.read', true],
  ['devices.read', 'devices', false],
  ['devices.read', 'devices.read.all', false],
  ['devices.*', 'devices.read', true],
  ['devices.*', 'devices', false],
  ['devices.*', 'devices.read.all', false],
  ['*.read', 'configs.read', true],
  ['devices.#', 'devices.read.all', true],
  ['devices.#', 'devices', false],
  ['devices.#', 'configs.read', false],
  ['#', 'anything.at.all', true],
  ['#.read', 'read', false],
  ['#.read', 'a.b.read', true],
  ['#.read', 'a.b.write', false],
])('%s permits %s: %s', (pattern, wanted, expected) => {
  expect(permits([pattern], wanted)).toBe(expected);
});

test('what is taken away counts before what is given, in whatever order they stand', () => {
  for (const permissions of [
    ['#', '!secrets.#'],
    ['!secrets.#', '#'],
  ]) {
    expect(permits(permissions, 'secrets.read')).toBe(false);
    expect(permits(permissions, 'devices.read')).toBe(true);
  }
  expect(permits(['!secrets.read'], 'devices.read')).toBe(false);
  expect(permits([], 'devices.read')).toBe(false);
});

test.each(['', '.', 'a..b', 'a.', '!', '!!a', 'A.b', 'a b', 'a*', '*a', 'a.!b', '**', `${'a'.repeat(300)}`])(
  '%j is no pattern',
  (text) => {
    expect(isPattern(text)).toBe(false);
  },
);
test.each(['a', '*', '#', '!#', 'a.*.#', 'dhcp-config.read', '!a.b'])('%s is a pattern', (text) => {
  expect(isPattern(text)).toBe(true);
});

const word = fc.constantFrom('a', 'b');
const sign = fc.constantFrom('a', 'b', '*', '#');
const words = fc.array(word, { minLength: 1, maxLength: 4 }).map((each) => each.join('.'));
const pattern = fc
  .tuple(fc.boolean(), fc.array(sign, { minLength: 1, maxLength: 4 }))
  .map(([taken, each]) => `${taken ? '!' : ''}${each.join('.')}`);
const list = fc.array(pattern, { maxLength: 4 });

/** As XiVO reads it: a regular expression of the whole text, where `*` is anything without a dot and `#` anything at all. */
function matches(text: string, wanted: string): boolean {
  const source = text.replaceAll(/[.*#]/g, (sign) => (sign === '.' ? '\\.' : sign === '*' ? '[^.]*' : '.*'));
  return new RegExp(`^${source}$`).test(wanted);
}

test('a list permits what a pattern of it matches and none that takes away does', () => {
  fc.assert(
    fc.property(list, words, (permissions, wanted) => {
      const given = permissions.filter((each) => !each.startsWith('!'));
      const taken = permissions.filter((each) => each.startsWith('!')).map((each) => each.slice(1));
      const expected = given.some((each) => matches(each, wanted)) && !taken.some((each) => matches(each, wanted));
      expect(permits(permissions, wanted)).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
});

test('what covers another list permits all that that does', () => {
  let covering = 0;
  fc.assert(
    fc.property(list, list, fc.array(words, { minLength: 20, maxLength: 40 }), (own, asked, some) => {
      if (!covers(own, asked)) return;
      covering += 1;
      for (const wanted of some) if (permits(asked, wanted)) expect(permits(own, wanted)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(covering).toBeGreaterThan(100);
});

test('patterns that can be read in very many ways hold nobody up', () => {
  const many = (words: number, last: string) => `${'#.'.repeat(words)}${last}`;
  expect(isPattern(many(120, 'a'))).toBe(true);
  expect(covers([many(60, 'a')], [many(120, 'b')])).toBe(false);
  expect(covers(['#', `!${many(60, 'a')}`], [many(120, 'b')])).toBe(true);
  expect(permits([many(60, 'a')], `${'b.'.repeat(120)}b`)).toBe(false);
});

test('a list covers itself, and what it covers when a permission is taken away', () => {
  fc.assert(
    fc.property(list, pattern, (permissions, more) => {
      expect(covers(permissions, permissions)).toBe(true);
      expect(covers(permissions, [...permissions, `!${more.replace('!', '')}`])).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test.each<[string[], string[], boolean]>([
  [['devices.#'], ['devices'], false],
  [['#'], ['#.#'], true],
  [['#.#'], ['#'], false],
  [['#', '!a.#.b'], ['a.b'], true],
  [['#', '!a.#'], ['#.b'], false],
  [['#'], ['#'], true],
  [['#'], ['devices.*', '!secrets.read'], true],
  [['devices.*'], ['devices.read'], true],
  [['devices.read'], ['devices.*'], false],
  [['devices.*'], ['devices.#'], false],
  [['#', '!secrets.#'], ['#'], false],
  [['#', '!secrets.#'], ['#', '!secrets.#'], true],
  [['#', '!secrets.read'], ['#', '!secrets.#'], true],
  [['#', '!secrets.#'], ['devices.read'], true],
  [['#', '!*.delete'], ['devices.*'], false],
])('%j covers %j: %s', (own, asked, expected) => {
  expect(covers(own, asked)).toBe(expected);
});
