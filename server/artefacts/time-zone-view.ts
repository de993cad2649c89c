import { isoWeekdayDate, parseTimeZone, posixTz, type Transition } from '../lib/time-zone.ts';
import type { ClockView, TimeZoneView, TransitionView } from '../sdk.ts';

const DAY = 86_400;

/** A zone as phones are told it, by the rules in force at `at`; null when there is no such zone. */
export function timeZoneView(name: string, at: Date = new Date()): TimeZoneView | null {
  const zone = parseTimeZone(name, at);
  if (!zone) return null;
  const { daylight, ...facts } = zone;
  const year = at.getUTCFullYear();
  return {
    ...facts,
    offset: clockOf(zone.standardOffset),
    posix: posixTz(zone),
    daylight: daylight
      ? {
          ...daylight,
          byWeekday: [daylight.start, daylight.end].every(({ time }) => time >= 0 && time < DAY),
          start: transitionView(daylight.start, year),
          end: transitionView(daylight.end, year),
        }
      : null,
  };
}

function transitionView(transition: Transition, year: number): TransitionView {
  const { month, day, time } = isoWeekdayDate(transition, year);
  return { ...transition, clock: clockOf(transition.time), date: { month, day, clock: clockOf(time) } };
}

/** Zones have no seconds in our time. */
function clockOf(seconds: number): ClockView {
  const minutes = Math.round(Math.abs(seconds) / 60);
  return { sign: seconds < 0 ? '-' : '+', hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}
