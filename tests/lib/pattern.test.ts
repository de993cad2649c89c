import { expect, test } from '@jest/globals';
import { type Alternatives, type Part, partsOf } from '../../server/lib/pattern.ts';

const MARKS = { once: '', perhaps: '?', more: '+' };
const written = (alternatives: Alternatives): string => alternatives.map((parts) => parts.map(part).join(' ')).join(' | ');
const part = (each: Part): string => piece(each) + MARKS[each.times];

function piece(each: Part): string {
  switch (each.kind) {
    case 'character':
      return each.character;
    case 'class':
      return `[${each.characters.join('')}]`;
    case 'group':
      return `(${each.flagged ? '*: ' : ''}${written(each.alternatives)})`;
    default:
      return each.kind;
  }
}

test.each<[RegExp, string]>([
  [/ab/, 'a b'],
  [/a|b|/, 'a | b | '],
  [/a?b*c+d{0}e{0,2}f{2}g{1,}h*?i{,3}/, 'a? b? c+ d? e? f+ g+ h? i { , 3 }'],
  [/^a.$/, 'beginning a unknown nothing'],
  [/\ba\B/, 'nothing a nothing'],
  [/(?:a|b)+(c)(?<name>d)?/, '(a | b)+ (c) (d)?'],
  [/(?=a)(?!b)(?<=c)(?<!d)e/, 'nothing nothing nothing nothing e'],
  [/[xX][.\]\\]/, '[xX] [.]\\]'],
  [/[a-c][^a][\d]/, 'unknown unknown unknown'],
  [/\x41\u0042\.\//, 'A B . /'],
  [/\d\w\n\cA(a)\1(?<b>b)\k<b>/, 'unknown unknown unknown unknown (a) unknown (b) unknown'],
  [/\u{1f600}\p{Lu}x/u, 'unknown unknown x'],
])('%s is read as %j', (pattern, expected) => {
  expect(written(partsOf(pattern) ?? [])).toBe(expected);
});

test('a group with flags of its own is told as such', () => {
  // Node 20 does not know such groups yet, so the source is made up.
  const pattern = Object.defineProperty(/x/, 'source', { value: '(?i:a)(?:b)' });
  expect(written(partsOf(pattern) ?? [])).toBe('(*: a) (b)');
});

test('a pattern with set notation is not read', () => {
  const flag = 'v';
  expect(partsOf(new RegExp('[a--[b]]', flag))).toBeUndefined();
});
