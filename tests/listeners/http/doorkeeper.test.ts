import { expect, test } from '@jest/globals';
import { doorkeeper } from '../../../server/listeners/http/doorkeeper.ts';

test('an address has its own bound, and all together have one', () => {
  const door = doorkeeper(3, 2);
  expect([door.enter('a'), door.enter('a'), door.enter('a')]).toEqual([undefined, undefined, 'connections-per-address']);
  expect([door.enter('b'), door.enter('c')]).toEqual([undefined, 'connections']);
});

test('who leaves makes room', () => {
  const door = doorkeeper(2, 1);
  door.enter('a');
  door.enter('b');
  door.leave('a');
  expect(door.enter('b')).toBe('connections-per-address');
  expect(door.enter('a')).toBeUndefined();
});
