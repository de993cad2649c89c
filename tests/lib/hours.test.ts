import { expect, test } from '@jest/globals';
import { parseHours, untilOpen } from '../../server/lib/hours.ts';

const at = (time: string) => new Date(`2026-11-23T${time}`);
const until = (hours: string, time: string) => {
  const parsed = parseHours(hours);
  return parsed && untilOpen(parsed, at(time));
};
const hour = 3_600_000;

test.each([
  ['08:00-18:00', '08:00:00', 0],
  ['08:00-18:00', '17:59:59.999', 0],
  ['08:00-18:00', '18:00:00', 14 * hour],
  ['8:00-18:00', '07:59:59.500', 500],
  ['22:00-05:00', '23:30:00', 0],
  ['22:00-05:00', '00:00:00', 0],
  ['22:00-05:00', '04:59:59', 0],
  ['22:00-05:00', '05:00:00', 17 * hour],
  ['22:00-24:00', '23:59:59', 0],
  ['00:00-24:00', '12:00:00', 0],
])('%s begins %s after %s milliseconds', (hours, time, milliseconds) => {
  expect(until(hours, time)).toBe(milliseconds);
});

test.each(['', '8-18', '08:00', '08:60-09:00', '24:00-05:00', '05:00-24:01', '08:00-08:00', '08:00-18:00x'])(
  '%j is no part of a day',
  (text) => {
    expect(parseHours(text)).toBeUndefined();
  },
);
