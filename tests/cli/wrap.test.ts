import { expect, test } from '@jest/globals';
import { cut, indented, section, wrap } from '../../server/cli/wrap.ts';

test('text is broken between words, behind its indent', () => {
  expect(wrap('one two three four', 12, '  ')).toBe('  one two\n  three four\n');
  expect(wrap('one two three', 9, '', '    ')).toBe('one two\n    three\n');
});

test('a word that is too long has a line of its own', () => {
  expect(wrap('a http://192.0.2.1/a/b b', 10, '  ')).toBe('  a\n  http://192.0.2.1/a/b\n  b\n');
});

test('what a phone sent cannot move the cursor', () => {
  expect(wrap('a\u001b[2J\nb', 80)).toBe('a\\u{1b}[2J\\u{a}b\n');
});

test('a text is cut to a width, a part without content is left out', () => {
  expect([cut('abcdef', 4), cut('abcd', 4)]).toEqual(['abc…', 'abcd']);
  expect([section('T', ''), section('T', 'x\n')]).toEqual(['', '\nT\nx\n']);
  expect(indented('a\n\nb\n')).toBe('  a\n\n  b\n');
});
