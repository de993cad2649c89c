import { expect, test } from '@jest/globals';
import { parseShare } from '../../server/lib/share.ts';

test.each([
  ['1', { count: 1 }],
  ['5%', { percent: 5 }],
  [' 0.5 % ', { percent: 0.5 }],
  ['100%', { percent: 100 }],
])('%j is a share', (text, share) => {
  expect(parseShare(text)).toEqual({ text: text.trim(), ...share });
});

test.each(['', '0', '0%', '101%', '1.5', '-1', 'all', '1e3', '%'])('%j is none', (text) => {
  expect(parseShare(text)).toBeUndefined();
});
