import { expect, test } from '@jest/globals';
import { macOfBytes, parseMac } from '../../server/lib/mac.ts';

test.each(['0015655E167C', '00-15-65-5e-16-7c', '0015.655e.167c', '00:15:65:5E:16:7C'])('%s is read as a MAC', (text) => {
  expect(parseMac(text)).toBe('00:15:65:5e:16:7c');
});

test.each(['', '0015655e167', '0015655e167cc', '0015655e167g', '000000000000', 'ff:ff:ff:ff:ff:ff'])(
  '%p names no device',
  (text) => {
    expect(parseMac(text)).toBeUndefined();
  },
);

test.each([
  [[0x00, 0x15, 0x65, 0x5e, 0x16, 0x7c], '00:15:65:5e:16:7c'],
  [[0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], 'ff:ff:ff:ff:ff:fe'],
  [[0, 0, 0, 0, 0, 1], '00:00:00:00:00:01'],
  [[0, 0, 0, 0, 0, 0], undefined],
  [[255, 255, 255, 255, 255, 255], undefined],
  [[0, 0x15, 0x65, 0x5e, 0x16], undefined],
  [[0, 0x15, 0x65, 0x5e, 0x16, 0x7c, 0], undefined],
])('the bytes %p are %p', (bytes, mac) => {
  expect(macOfBytes(Buffer.from(bytes))).toBe(mac);
});
