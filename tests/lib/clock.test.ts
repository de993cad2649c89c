import { expect, test } from '@jest/globals';
import { localTime, timestamp } from '../../server/lib/clock.ts';

test('a time is written in UTC for programs, and in the time zone of the machine for people', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5, 6);
  expect(timestamp(at.getTime())).toBe(at.toISOString());
  expect([localTime(at.toISOString()), localTime(at.toISOString())]).toEqual(Array(2).fill('2026-01-02 03:04:05.006'));
  expect(localTime(new Date(2026, 10, 22, 23, 59, 59, 999).toISOString())).toBe('2026-11-22 23:59:59.999');
});
