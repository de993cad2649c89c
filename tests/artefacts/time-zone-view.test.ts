import { expect, test } from '@jest/globals';
import { timeZoneView } from '../../server/artefacts/time-zone-view.ts';

const june = new Date('2026-06-15T00:00:00Z');

test.each([
  ['Europe/Paris', '+', 1, 0, 'CET-1CEST,M3.5.0,M10.5.0/3'],
  ['America/St_Johns', '-', 3, 30, 'NST3:30NDT,M3.2.0,M11.1.0'],
  ['Asia/Kathmandu', '+', 5, 45, '<+0545>-5:45'],
  ['Etc/UTC', '+', 0, 0, 'UTC0'],
])('%s is %s%d:%d from UTC, and in POSIX words %s', (zone, sign, hours, minutes, posix) => {
  expect(timeZoneView(zone, june)).toMatchObject({ offset: { sign, hours, minutes }, posix });
});

test('a change of the clocks has its time of day and its date of this year', () => {
  expect(timeZoneView('Europe/Paris', june)?.daylight).toMatchObject({
    byWeekday: true,
    start: {
      month: 3,
      week: 'last',
      weekday: 7,
      clock: { hours: 2, minutes: 0 },
      date: { month: 3, day: 29, clock: { hours: 2 } },
    },
    end: { month: 10, week: 'last', weekday: 7, clock: { hours: 3 }, date: { month: 10, day: 25, clock: { hours: 3 } } },
  });
});

test('where the law counts from another day, no weekday of a week is right every year, and the date is', () => {
  // The Friday before the last Sunday of March, at two.
  expect(timeZoneView('Asia/Jerusalem', june)?.daylight).toMatchObject({
    byWeekday: false,
    start: { date: { month: 3, day: 27, clock: { hours: 2, minutes: 0 } } },
  });
});

test('a zone without such changes has none, and what is no zone is null', () => {
  expect(timeZoneView('Asia/Tokyo', june)?.daylight).toBeNull();
  expect(timeZoneView('Europe/Nowhere', june)).toBeNull();
});
