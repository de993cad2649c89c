/**
 * What a phone has to know of an IANA time zone: its offset, and the yearly rule by which its clocks change. The source is the
 * IANA data that Node carries (ICU); how old that is, `process.versions.tz` says.
 */
export interface TimeZone {
  /** As given: America/Montreal. */
  readonly name: string;
  /** As Intl calls it. One zone has one canonical name, but not always the modern one: Asia/Kolkata is Asia/Calcutta here. */
  readonly canonical: string;
  /**
   * Seconds east of UTC in standard time, which to phones is the smaller of the two offsets, in Dublin too. Of a zone whose
   * clocks change by no yearly rule (Africa/Casablanca: Ramadan), the offset that is in force most of the time.
   */
  readonly standardOffset: number;
  /** EST, or -05 where Intl knows no letters. */
  readonly abbreviation: string;
  /** Undefined when the clocks do not change, or by no yearly rule. */
  readonly daylight?: Daylight;
}

export interface Daylight {
  /** Seconds east of UTC. */
  readonly offset: number;
  /** Seconds by which the clocks are put forward; not an hour everywhere. */
  readonly saving: number;
  readonly abbreviation: string;
  readonly start: Transition;
  readonly end: Transition;
}

/** A moment of every year, as in POSIX TZ (M3.5.0/2), except that the fifth week has the name it means. */
export interface Transition {
  /** 1 to 12. */
  readonly month: number;
  /** Which of the month's days of that name. */
  readonly week: 1 | 2 | 3 | 4 | 'last';
  /** ISO: Monday is 1, Sunday 7. */
  readonly weekday: number;
  /**
   * Seconds after that day's midnight, on the clock as it was before the change. From 0 up to a day, unless the rule counts from
   * another day: Nuuk changes on the evening before the last Sunday (-3600), Jerusalem on the day after the fourth Thursday.
   */
  readonly time: number;
}

/** One change of a zone's clocks: the instant in ms, and the offsets around it in seconds east of UTC. */
interface Change {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The changes around one year, and what was made of them: the same from one change to the next. */
interface Survey {
  readonly changes: readonly Change[];
  readonly read: Map<number, Facts>;
}

type Facts = Omit<TimeZone, 'name' | 'canonical'>;

const DAY = 86_400;
// In twelve years a month begins on every day of the week, leap years among them: a rule that fits them all fits every year.
const YEARS_AHEAD = 12;
// What holds for three years is a rule. Ramadan moves by eleven days a year, and fits none for two.
const YEARS_OF_A_RULE = 3;
// A rule that is soon to end has no three years ahead, but was followed behind.
const YEARS_BEHIND = 3;

/**
 * Reads the name of an IANA zone or link, in any case, as the law stands at `at` (now). Cheap after the first call for a zone.
 *
 * @returns undefined when there is no such zone. Offsets (+05:00) and POSIX strings are no zones.
 */
export function parseTimeZone(name: string, at: Date = new Date()): TimeZone | undefined {
  const canonical = canonicalName(name);
  if (canonical === undefined) return undefined;
  const { changes, read } = surveyOf(canonical, at.getUTCFullYear());
  const next = changes.findIndex((change) => change.at > at.getTime());
  let facts = read.get(next);
  if (!facts) {
    facts = readFacts(canonical, changes, next === -1 ? changes.length : next, at);
    read.set(next, facts);
  }
  return { name, canonical, ...facts };
}

/** The instants at which daylight saving time starts and ends in a year, by the zone's rule; undefined when it has none. */
export function transitionsIn(zone: TimeZone, year: number): { start: Date; end: Date } | undefined {
  if (!zone.daylight) return undefined;
  const { start, end, offset } = zone.daylight;
  return {
    start: new Date(instantOf(start, year, zone.standardOffset)),
    end: new Date(instantOf(end, year, offset)),
  };
}

/**
 * The date of a transition in a year, for phones that want a date instead of a rule, and the seconds after that date's midnight,
 * from 0 up to a day. Where the rule says 24:00 or later, or less than 0, it is a neighbouring date.
 */
export function isoWeekdayDate(transition: Transition, year: number): { month: number; day: number; time: number } {
  const clock = new Date(clockTime(transition, year));
  return {
    month: clock.getUTCMonth() + 1,
    day: clock.getUTCDate(),
    time: (clock.getUTCHours() * 60 + clock.getUTCMinutes()) * 60 + clock.getUTCSeconds(),
  };
}

/** The zone as a POSIX TZ string (POSIX.1-2024 section 8.3): EST5EDT,M3.2.0,M11.1.0, or <+03>-3 where there are no letters. */
export function posixTz({ standardOffset, abbreviation, daylight }: TimeZone): string {
  const standard = quote(abbreviation) + formatHours(-standardOffset);
  if (!daylight) return standard;
  const ahead = daylight.saving === 3600 ? '' : formatHours(-daylight.offset);
  return `${standard}${quote(daylight.abbreviation)}${ahead},${formatRule(daylight.start)},${formatRule(daylight.end)}`;
}

function quote(abbreviation: string): string {
  return /^[A-Za-z]+$/.test(abbreviation) ? abbreviation : `<${abbreviation}>`;
}

function formatRule({ month, week, weekday, time }: Transition): string {
  const at = time === 2 * 3600 ? '' : `/${formatHours(time)}`;
  return `M${month}.${week === 'last' ? 5 : week}.${weekday % 7}${at}`;
}

/** 5, -5:30, 2:45: hours, and minutes and seconds only when there are some. */
function formatHours(seconds: number): string {
  const size = Math.abs(seconds);
  const [hours, ...rest] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  while (rest.at(-1) === 0) rest.pop();
  return `${seconds < 0 ? '-' : ''}${[hours, ...rest.map(twoDigits)].join(':')}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

// Names -------------------------------------------------------------------------------------------------------------------------

// ICU knows more names than IANA, among them the three letters of Java 1.1. They mislead: its AST is Alaska, its BST Bangladesh.
const IANA_THREE_LETTERS = new Set(['CET', 'EET', 'EST', 'GMT', 'HST', 'MET', 'MST', 'PRC', 'ROC', 'ROK', 'UCT', 'UTC', 'WET']);
const NAME = /^(?!systemv\/)[a-z][\w+/-]*$/i;

// Bounded by the number of zones and links: only what is one gets in, and the case of the letters is not kept.
const canonicalNames = new Map<string, string>();

function canonicalName(name: string): string | undefined {
  if (!NAME.test(name) || (name.length === 3 && !IANA_THREE_LETTERS.has(name.toUpperCase()))) return undefined;
  const key = name.toLowerCase();
  const known = canonicalNames.get(key);
  if (known !== undefined) return known;
  try {
    const canonical = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
    canonicalNames.set(key, canonical);
    return canonical;
  } catch (cause) {
    // The only way in which Intl tells that it knows no such zone.
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}

// What there are, of the English-speaking countries, of letters that the zones use themselves: IST is of India in en-IN only.
const LOCALES = ['en-US', 'en-GB', 'en-CA', 'en-AU', 'en-NZ', 'en-ZA', 'en-IN', 'en-IE'];

/** What the zone's time is called at each of the instants: letters for all of them, or numbers for all. */
function abbreviationsOf(timeZone: string, moments: readonly { at: number; offset: number }[]): string[] {
  for (const locale of LOCALES) {
    const format = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' });
    const names = moments.map(({ at }) => format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '');
    if (names.every((name) => /^[A-Za-z]{3,}$/.test(name))) return names;
  }
  return moments.map(({ offset }) => {
    const minutes = Math.abs(offset) / 60;
    return `${offset < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}${minutes % 60 ? twoDigits(minutes % 60) : ''}`;
  });
}

// Changes of the clocks ---------------------------------------------------------------------------------------------------------

// One for each zone in use and year of the server's life.
const surveys = new Map<string, Survey>();

function surveyOf(canonical: string, year: number): Survey {
  const key = `${canonical} ${year}`;
  let survey = surveys.get(key);
  if (!survey) {
    const offsetAt = offsetReader(canonical);
    const changes = changesBetween(offsetAt, Date.UTC(year - YEARS_BEHIND, 0), Date.UTC(year + YEARS_AHEAD + 1, 0));
    survey = { changes, read: new Map() };
    surveys.set(key, survey);
  }
  return survey;
}

/** @returns a function from an instant in ms to the offset then in force, in seconds east of UTC */
function offsetReader(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  return (at) => {
    // "3/29/2026, GMT+02:00"; UTC is "GMT", and the local mean times of long ago have seconds.
    const [, sign, hours = 0, minutes = 0, seconds = 0] =
      /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(at)) ?? [];
    const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    return sign === '-' ? -size : size;
  };
}

/** Looks at every other week: no law has put clocks forward and back again within less than four. */
function changesBetween(offsetAt: (at: number) => number, from: number, to: number): Change[] {
  const step = 14 * DAY * 1000;
  const changes: Change[] = [];
  let before = offsetAt(from);
  for (let start = from; start < to; start += step) {
    const after = offsetAt(start + step);
    if (after !== before) changes.push({ at: firstWith(offsetAt, after, start, start + step), before, after });
    before = after;
  }
  return changes;
}

/** The first instant that has the offset of `end`, to the minute: no law of our time names seconds. */
function firstWith(offsetAt: (at: number) => number, offset: number, start: number, end: number): number {
  let [before, found] = [start / 60_000, end / 60_000];
  while (found - before > 1) {
    const middle = Math.floor((before + found) / 2);
    if (offsetAt(middle * 60_000) === offset) found = middle;
    else before = middle;
  }
  return found * 60_000;
}

// Rules -------------------------------------------------------------------------------------------------------------------------

/** @param next index of the first change after `at`; how many there are, when none is */
function readFacts(canonical: string, changes: readonly Change[], next: number, at: Date): Facts {
  const pair = findPair(changes, next);
  if (!pair) {
    const standardOffset = fixedOffset(changes, next) ?? offsetReader(canonical)(at.getTime());
    const [abbreviation = ''] = abbreviationsOf(canonical, [{ at: at.getTime(), offset: standardOffset }]);
    return { standardOffset, abbreviation };
  }
  const { start, end } = pair;
  const [standardOffset, offset] = [end.change.after, start.change.after];
  const [abbreviation = '', name = ''] = abbreviationsOf(canonical, [
    { at: end.change.at, offset: standardOffset },
    { at: start.change.at, offset },
  ]);
  const daylight = { offset, saving: offset - standardOffset, abbreviation: name, start: start.rule, end: end.rule };
  return { standardOffset, abbreviation, daylight };
}

interface Ruled {
  readonly change: Change;
  readonly rule: Transition;
}

/** The next change and the one that takes it back, with their rules. */
function findPair(changes: readonly Change[], next: number): { start: Ruled; end: Ruled } | undefined {
  if (isStill(changes, next)) return undefined;
  const there = findRule(changes, next);
  const back = findRule(changes, next + 1) ?? findRule(changes, next - 1);
  if (!there || !back || there.change.before !== back.change.after || there.change.after !== back.change.before) return undefined;
  return there.change.after > there.change.before ? { start: there, end: back } : { start: back, end: there };
}

/** Whether clocks have not been changed for a year: the next change is then the first of a new law, and no rule is in force yet. */
function isStill(changes: readonly Change[], next: number): boolean {
  const [last, coming] = [changes[next - 1], changes[next]];
  return !last || !coming || coming.at - last.at > 366 * DAY * 1000;
}

/** The offset of a zone without a rule; undefined when nothing changes in all the years looked at. */
function fixedOffset(changes: readonly Change[], next: number): number | undefined {
  const ahead = changes.slice(next);
  // What is in force is true until the next change. Only where changes keep coming, an interruption does not count.
  if (isStill(changes, next) || ahead.length < 2 * YEARS_OF_A_RULE) return ahead[0]?.before ?? changes.at(-1)?.after;
  const spans = new Map<number, number>();
  for (const [index, { at, after }] of ahead.entries()) {
    const until = ahead[index + 1]?.at ?? at;
    spans.set(after, (spans.get(after) ?? 0) + until - at);
  }
  return [...spans].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}

/** The rule that the change follows longest, over the years behind and ahead; the simplest of several. */
function findRule(changes: readonly Change[], index: number): Ruled | undefined {
  const change = changes[index];
  if (!change) return undefined;
  const ruled = formsOf(change).map((rule) => ({ change, rule, years: yearsOf(rule, change, changes, index) }));
  const best = ruled.reduce((left, right) => (right.years > left.years ? right : left));
  return best.years >= YEARS_OF_A_RULE ? best : undefined;
}

/** For how many years in a row, that of the change among them, the rule says when clocks are changed in the same way. */
function yearsOf(rule: Transition, change: Change, changes: readonly Change[], index: number): number {
  const year = clockDate(change).getUTCFullYear();
  // Changes come in turns, there and back: the like of one is two further.
  const holds = (years: number) => {
    const other = changes[index + 2 * years];
    const same = other?.before === change.before && other.after === change.after;
    return same && other.at === instantOf(rule, year + years, change.before);
  };
  let [first, end] = [0, 0];
  while (holds(first - 1)) first--;
  while (holds(end)) end++;
  return end - first;
}

const WEEKS = [1, 2, 3, 4] as const;
// No day of the month is further than this from the day of a rule: "Sunday on or after the 14th" is the second Monday, six days on.
const SHIFTS = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6];

/** The rules that one change could follow: of its own day before a day nearby, of the last week before one with a number. */
function formsOf(change: Change): Transition[] {
  const clock = clockDate(change).getTime() / 1000;
  const midnight = Math.floor(clock / DAY) * DAY;
  return SHIFTS.flatMap((shift) => {
    const date = new Date((midnight - shift * DAY) * 1000);
    const day = date.getUTCDate();
    const form = { month: date.getUTCMonth() + 1, weekday: date.getUTCDay() || 7, time: clock - midnight + shift * DAY };
    const isLast = day + 7 > daysOf(date.getUTCFullYear(), form.month);
    const week = WEEKS[Math.ceil(day / 7) - 1];
    return [...(isLast ? [{ ...form, week: 'last' as const }] : []), ...(week ? [{ ...form, week }] : [])];
  });
}

/** The clock on the wall just before a change, as if it showed UTC. */
function clockDate({ at, before }: Change): Date {
  return new Date(at + before * 1000);
}

function instantOf(rule: Transition, year: number, offsetBefore: number): number {
  return clockTime(rule, year) - offsetBefore * 1000;
}

/** The clock on the wall at a transition, as ms of a clock that shows UTC. */
function clockTime({ month, week, weekday, time }: Transition, year: number): number {
  const firstOfSeven = week === 'last' ? daysOf(year, month) - 6 : 7 * week - 6;
  const ahead = (weekday - new Date(Date.UTC(year, month - 1, firstOfSeven)).getUTCDay() + 7) % 7;
  return Date.UTC(year, month - 1, firstOfSeven + ahead, 0, 0, time);
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
