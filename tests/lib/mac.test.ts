import { expect, test } from '@jest/globals';
import { parseMac } from '../../server/lib/mac.ts';

test.each(['0015655E167C', '00-15-65-5e-16-7c', '0015.655e.167c', '00:15:65:5E:16:7C'])('%s is read as a MAC', (text) => {
  expect(parseMac(text)).toBe('00:15:65:5e:16:7c');
});

test.each(['', '0015655e167', '0015655e167cc', '0015655e167g', '000000000000', 'ff:ff:ff:ff:ff:ff'])(
  '%p names no device',
  (text) => {
    expect(parseMac(text)).toBeUndefined();
  },
);
