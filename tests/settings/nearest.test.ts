import { expect, test } from '@jest/globals';
import { nearestKey } from '../../server/settings/nearest.ts';

const keys = ['data', 'http', 'http.port', 'http.tls', 'http.tls.enabled', 'tftp', 'tftp.port', 'log.level', 'phones.nat'];

test.each([
  ['htpp', 'http'],
  ['http.prot', 'http.port'],
  ['tftp.prt', 'tftp.port'],
  ['log.levels', 'log.level'],
  ['tls.enabled', 'http.tls.enabled'],
  ['level', 'log.level'],
  ['phones.NAT', 'phones.nat'],
  ['sip.nat', 'phones.nat'],
  ['zzz', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('for %.20s %s is meant', (word, meant) => {
  expect(nearestKey(word, keys)).toBe(meant);
});
