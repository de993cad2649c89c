import { expect, test } from '@jest/globals';
import { checkInterface, interfaceRefusal, supportedInterfaces } from '../../server/sdk/interface.ts';

const server = { oldest: 3, newest: 5 };

test.each([
  [1, 2, 'it was built for interface 2 and this Offhook needs 3 or newer: upgrade the package'],
  [1, 3, undefined],
  [4, 4, undefined],
  [5, 9, undefined],
  [6, 9, 'it needs interface 6 and this Offhook has 5: upgrade Offhook'],
])('a package for interfaces %d to %d: %p', (min, max, refusal) => {
  expect(interfaceRefusal({ min, max }, server)).toBe(refusal);
});

test('what this server promises now, it takes', () => {
  expect(() => checkInterface({ min: supportedInterfaces.newest, max: supportedInterfaces.newest })).not.toThrow();
  expect(() => checkInterface({ min: 99, max: 99 })).toThrow(/upgrade Offhook/);
});
