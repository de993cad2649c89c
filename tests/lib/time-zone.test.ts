import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { TimeZone } from '../../server/lib/time-zone.ts';
import { isoWeekdayDate, parseTimeZone, posixTz, transitionsIn } from '../../server/lib/time-zone.ts';

const AT = new Date('2026-01-01T00:00:00Z');
const TEN_YEARS = Array.from({ length: 10 }, (_, index) => AT.getUTCFullYear() + index);
const HOUR = 3600;

function zoneOf(name: string, at = AT): TimeZone {
  const zone = parseTimeZone(name, at);
  if (!zone) throw new Error(`${name} is no zone`);
  return zone;
}

/** The instants of a year at which the zone's rule changes the clocks, in order. */
function changesOf(zone: TimeZone, year: number): string[] {
  return Object.values(transitionsIn(zone, year) ?? {})
    .map((instant) => instant.toISOString())
    .sort();
}

test('a zone is its offset in standard time, the saving, and the rule of each change', () => {
  expect(zoneOf('Europe/Paris')).toEqual({
    name: 'Europe/Paris',
    canonical: 'Europe/Paris',
    standardOffset: HOUR,
    abbreviation: 'CET',
    daylight: {
      offset: 2 * HOUR,
      saving: HOUR,
      abbreviation: 'CEST',
      start: { month: 3, week: 'last', weekday: 7, time: 2 * HOUR },
      end: { month: 10, week: 'last', weekday: 7, time: 3 * HOUR },
    },
  });
});

test.each([
  ['America/Montreal', 'EST5EDT,M3.2.0,M11.1.0'],
  ['America/St_Johns', 'NST3:30NDT,M3.2.0,M11.1.0'],
  ['America/Havana', '<-05>5<-04>,M3.2.0/0,M11.1.0/1'],
  ['America/Santiago', '<-04>4<-03>,M9.1.6/24,M4.1.6/24'],
  ['America/Nuuk', '<-02>2<-01>,M3.5.0/-1,M10.5.0/0'],
  ['America/Sao_Paulo', '<-03>3'],
  ['America/Asuncion', '<-03>3'],
  ['Africa/Cairo', 'EET-2EEST,M4.5.5/0,M10.5.4/24'],
  ['Africa/Johannesburg', 'SAST-2'],
  ['Antarctica/Troll', '<+00>0<+02>-2,M3.5.0/1,M10.5.0/3'],
  ['Asia/Beirut', 'EET-2EEST,M3.5.0/0,M10.5.0/0'],
  ['Asia/Jerusalem', '<+02>-2<+03>,M3.4.4/26,M10.5.0'],
  ['Asia/Gaza', 'EET-2EEST,M3.5.0/-22,M10.5.0/-22'],
  ['Asia/Kolkata', 'IST-5:30'],
  ['Asia/Kathmandu', '<+0545>-5:45'],
  ['Australia/Sydney', 'AEST-10AEDT,M10.1.0,M4.1.0/3'],
  ['Pacific/Auckland', 'NZST-12NZDT,M9.5.0,M4.1.0/3'],
  ['Pacific/Marquesas', '<-0930>9:30'],
  ['Europe/London', 'GMT0BST,M3.5.0/1,M10.5.0'],
  ['Etc/GMT+5', '<-05>5'],
  ['UTC', 'UTC0'],
])('%s is %s in POSIX', (name, posix) => {
  expect(posixTz(zoneOf(name))).toBe(posix);
});

test('Dublin has its standard time in winter, as phones mean it, though its law calls the summer standard', () => {
  const { standardOffset, daylight } = zoneOf('Europe/Dublin');
  expect(standardOffset).toBe(0);
  expect(daylight).toMatchObject({ offset: HOUR, start: { month: 3, week: 'last' }, end: { month: 10, week: 'last' } });
});

test.each([
  ['Australia/Lord_Howe', 10.5 * HOUR, 0.5 * HOUR],
  ['Antarctica/Troll', 0, 2 * HOUR],
  ['Pacific/Chatham', 12.75 * HOUR, HOUR],
])('%s keeps an offset of %d s and a saving of %d s', (name, standardOffset, saving) => {
  expect(zoneOf(name)).toMatchObject({ standardOffset, daylight: { offset: standardOffset + saving, saving } });
});

test.each(['Africa/Casablanca', 'Africa/El_Aaiun'])(
  '%s, which changes with Ramadan and by no rule, has the offset of the rest of the year, during Ramadan too',
  (name) => {
    for (const at of [AT, new Date('2026-03-01T00:00:00Z')]) {
      expect(zoneOf(name, at)).toEqual({ name, canonical: name, standardOffset: HOUR, abbreviation: '+01' });
    }
  },
);

test('the last Sunday stays the last Sunday in a year in which it is also the fourth', () => {
  for (const year of TEN_YEARS) {
    expect(zoneOf('Europe/Berlin', new Date(Date.UTC(year, 5))).daylight).toMatchObject({
      start: { week: 'last' },
      end: { week: 'last' },
    });
  }
});

test.each([
  ['Africa/Cairo', '2022-09-01', 'EET-2', 'daylight saving comes back next spring, for the first time in years'],
  ['Africa/Cairo', '2023-06-01', 'EET-2EEST,M4.5.5/0,M10.5.4/24', 'it has come back'],
  ['America/Mexico_City', '2022-09-01', 'CST6CDT,M4.1.0,M10.5.0', 'the clocks are put back for the last time in October'],
  ['America/Mexico_City', '2022-12-01', 'CST6', 'they have been'],
  ['America/Asuncion', '2024-06-01', '<-04>4<-03>,M10.1.0/0,M3.4.0/0', 'the clocks are put forward for good in October'],
  ['America/Asuncion', '2024-12-01', '<-03>3', 'they have been'],
  ['Asia/Almaty', '2024-02-29', '<+06>-6', 'the offset changes once, tomorrow'],
  ['Asia/Almaty', '2024-03-01', '<+05>-5', 'it has changed'],
  ['Asia/Baku', '2015-07-01', '<+04>-4<+05>,M3.5.0/4,M10.5.0/5', 'in its last years October’s last Sunday is also the fourth'],
  ['Europe/Moscow', '2010-06-01', 'MSK-3MSD,M3.5.0,M10.5.0/3', 'the law of next year is not yet in force'],
  ['Pacific/Fiji', '2018-03-01', '<+12>-12<+13>,M11.1.0,M1.3.3/-69', 'January is the end: the Sunday on or after the 12th'],
])('%s at %s is %s: %s', (name, at, posix) => {
  expect(withoutNames(posixTz(zoneOf(name, new Date(at))))).toBe(withoutNames(posix));
});

test('the date of a transition is that of a calendar, whatever hour the rule says', () => {
  const nuuk = zoneOf('America/Nuuk').daylight;
  const jerusalem = zoneOf('Asia/Jerusalem').daylight;
  const cairo = zoneOf('Africa/Cairo').daylight;
  if (!nuuk || !jerusalem || !cairo) throw new Error('a zone has lost its rule');
  expect(isoWeekdayDate(nuuk.start, 2026)).toEqual({ month: 3, day: 28, time: 23 * HOUR });
  expect(isoWeekdayDate(jerusalem.start, 2026)).toEqual({ month: 3, day: 27, time: 2 * HOUR });
  // The last Thursday of October 2030 is the 31st, and 24:00 of it is November.
  expect(isoWeekdayDate(cairo.end, 2030)).toEqual({ month: 11, day: 1, time: 0 });
});

test('the instants of a year are exact, in the order of the hemisphere', () => {
  expect(transitionsIn(zoneOf('America/New_York'), 2026)).toEqual({
    start: new Date('2026-03-08T07:00:00Z'),
    end: new Date('2026-11-01T06:00:00Z'),
  });
  expect(transitionsIn(zoneOf('Australia/Sydney'), 2026)).toEqual({
    start: new Date('2026-10-03T16:00:00Z'),
    end: new Date('2026-04-04T16:00:00Z'),
  });
  expect(transitionsIn(zoneOf('Asia/Tokyo'), 2026)).toBeUndefined();
});

test.each([
  ['US/Eastern', 'America/New_York'],
  ['GB', 'Europe/London'],
  ['europe/paris', 'Europe/Paris'],
  ['EST5EDT', 'America/New_York'],
])('%s is accepted, under its own name', (name, canonical) => {
  expect(zoneOf(name)).toEqual({ ...zoneOf(canonical), name });
});

test.each([
  '',
  'Europe/Pariss',
  'Europe/Paris ',
  '+05:00',
  '-03',
  '+0530',
  'UTC+3',
  'EST5EDT,M3.2.0,M11.1.0',
  '<+03>-3',
  'Z',
  '__proto__',
  'posix/Europe/Paris',
  '../../etc/localtime',
  // A kelvin sign, which is a k in lower case.
  'Europe/\u212ayiv',
])('%p is no zone', (name) => {
  expect(parseTimeZone(name, AT)).toBeUndefined();
});

test.each(['AST', 'BST', 'CST', 'IST', 'PST', 'ist', 'SystemV/EST5'])(
  '%s, which ICU knows and IANA does not, is no zone',
  (name) => {
    expect(parseTimeZone(name, AT)).toBeUndefined();
  },
);

// No rule describes Ramadan.
const withoutRule = new Set(['Africa/Casablanca', 'Africa/El_Aaiun']);

test('every zone shows, each week of ten years, the offset that Intl shows', () => {
  const zones = Intl.supportedValuesOf('timeZone').filter((name) => !withoutRule.has(name));
  const wrong = zones.filter((name) => {
    const zone = zoneOf(name);
    return differs(name, (at) => offsetAt(zone, at));
  });
  expect(zones.length).toBeGreaterThan(400);
  expect(wrong).toEqual([]);
});

/** Whether Intl shows another offset in any week of the ten years. @param offset seconds east of UTC */
function differs(name: string, offset: (at: number) => number): boolean {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: name, dateStyle: 'short', timeStyle: 'medium' });
  const instants = Array.from({ length: 520 }, (_, week) => AT.getTime() + week * 7 * 86_400_000);
  return instants.some((at) => Date.parse(`${clock.format(at).replace(' ', 'T')}Z`) - at !== offset(at) * 1000);
}

function offsetAt(zone: TimeZone, at: number): number {
  const changes = transitionsIn(zone, new Date(at).getUTCFullYear());
  if (!changes || !zone.daylight) return zone.standardOffset;
  const [start, end] = [changes.start.getTime(), changes.end.getTime()];
  const inDaylight = start < end ? start <= at && at < end : at < end || start <= at;
  return inDaylight ? zone.daylight.offset : zone.standardOffset;
}

// The IANA data of the system (Debian: tzdata), against which ours are held. Both carry the law as of their own release: of Node's
// 2025c and Debian's 2025b no zone differs, of Debian's 2026b four do, in British Columbia and Moldova, which made new laws.
const ZONEINFO = '/usr/share/zoneinfo';
const SAME_RELEASE = readFileSync(join(ZONEINFO, 'tzdata.zi'), 'utf8').startsWith(`# version ${process.versions.tz}\n`);

// Its rules, names left out.
const POSIX = /^_(?<standard>[-\d:]+)(?:_(?<other>[-\d:]*),M(?<first>[^,]+),M(?<second>[^,]+))?$/;

// Of the files there, those that name no place or are copies of the host's choice.
const NO_PLACES = new Set(['Factory', 'localtime', 'posixrules']);

/** The zones for which Intl shows other offsets than the system's data says. What is so in Ramadan stands in no footer. */
const otherLaws = new Set(
  zoneFiles().filter((name) => {
    const offsets = TEN_YEARS.map((year) => posixOffsetsOf(footerOf(name), year));
    const offset = (at: number) => offsets[new Date(at).getUTCFullYear() - AT.getUTCFullYear()]?.(at) ?? Number.NaN;
    return !withoutRule.has(name) && differs(name, offset);
  }),
);

test('between the release of Node’s data and that of the system’s few laws have changed', () => {
  expect(otherLaws.size).toBeLessThanOrEqual(SAME_RELEASE ? 0 : 20);
});

test('offsets and instants of ten years are those of the system’s tzdata, for every zone and link', () => {
  const zones = comparable();
  const wrong = zones.filter((name) => {
    const zone = zoneOf(name);
    const footer = footerOf(name);
    const expected = TEN_YEARS.map((year) => posixChanges(footer, year));
    const offsets = [zone.standardOffset, zone.daylight?.offset].filter((offset) => offset !== undefined);
    return (
      JSON.stringify(offsets) !== JSON.stringify(posixOffsets(footer)) ||
      JSON.stringify(TEN_YEARS.map((year) => changesOf(zone, year))) !== JSON.stringify(expected)
    );
  });
  expect(zones.length).toBeGreaterThan(400);
  expect(wrong).toEqual([]);
});

test('the POSIX string is the system’s, names apart, wherever two strings do not say the same', () => {
  // Gaza's "Saturday on or before the 30th" is the day before the last Sunday and two days after the fourth Thursday; Dublin's
  // summer is our daylight and the law's standard.
  const sameSaidOtherwise = new Set(['Asia/Gaza', 'Asia/Hebron', 'Eire', 'Europe/Dublin']);
  const zones = comparable().filter((name) => !sameSaidOtherwise.has(name));
  expect(zones.filter((name) => withoutNames(posixTz(zoneOf(name))) !== withoutNames(footerOf(name)))).toEqual([]);
});

/** The zones in which Node and the system know the same law. */
function comparable(): string[] {
  return zoneFiles().filter((name) => !otherLaws.has(name));
}

function zoneFiles(): string[] {
  return readdirSync(ZONEINFO, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/^(?:posix|right)\b/.test(name) && !NO_PLACES.has(name) && isTzif(join(ZONEINFO, name)))
    .sort();
}

function isTzif(path: string): boolean {
  return statSync(path).isFile() && readFileSync(path).toString('latin1', 0, 4) === 'TZif';
}

/** The last line of a TZif file (RFC 9636 section 3.3): the rule in force after the last transition that it lists. */
function footerOf(name: string): string {
  return readFileSync(join(ZONEINFO, name)).toString('latin1').split('\n').at(-2) ?? '';
}

function withoutNames(posix: string): string {
  return posix.replaceAll(/<[^>]*>|[A-Za-z]{2,}/g, '_');
}

/** Seconds east of UTC, the smaller first. */
function posixOffsets(posix: string): number[] {
  const { standard = '', other } = POSIX.exec(withoutNames(posix))?.groups ?? {};
  const offset = -secondsOf(standard);
  if (other === undefined) return [offset];
  return [offset, other === '' ? offset + HOUR : -secondsOf(other)].sort((a, b) => a - b);
}

/** The instants at which a POSIX string changes the clocks in a year, by looking at each day of the month. */
function posixChanges(posix: string, year: number): string[] {
  const { standard = '', other, first, second } = POSIX.exec(withoutNames(posix))?.groups ?? {};
  if (first === undefined || second === undefined) return [];
  const offset = -secondsOf(standard);
  const otherOffset = other ? -secondsOf(other) : offset + HOUR;
  return [posixInstant(first, year, offset), posixInstant(second, year, otherOffset)].sort();
}

/** Seconds east of UTC at an instant of a year. */
function posixOffsetsOf(posix: string, year: number): (at: number) => number {
  const { standard = '', other, first, second } = POSIX.exec(withoutNames(posix))?.groups ?? {};
  const offset = -secondsOf(standard);
  if (first === undefined || second === undefined) return () => offset;
  const otherOffset = other ? -secondsOf(other) : offset + HOUR;
  const start = Date.parse(posixInstant(first, year, offset));
  const end = Date.parse(posixInstant(second, year, otherOffset));
  return (at) => ((start < end ? start <= at && at < end : at < end || start <= at) ? otherOffset : offset);
}

function posixInstant(rule: string, year: number, offset: number): string {
  const [day = '', time = '2'] = rule.split('/');
  const [month = 0, week = 0, weekday = 0] = day.split('.').map(Number);
  const days = Array.from({ length: 31 }, (_, index) => new Date(Date.UTC(year, month - 1, index + 1))).filter(
    (date) => date.getUTCMonth() === month - 1 && date.getUTCDay() === weekday,
  );
  const midnight = (week === 5 ? days.at(-1) : days[week - 1])?.getTime() ?? Number.NaN;
  return new Date(midnight + (secondsOf(time) - offset) * 1000).toISOString();
}

function secondsOf(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace('-', '').split(':').map(Number);
  return (text.startsWith('-') ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds);
}
