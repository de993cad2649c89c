import type { KeyView, LinePlace, LineView, TransitionView, View } from '../../server/sdk.ts';

/** The accounts of a phone, and lines that are configured beyond those of its row: a phone passes over accounts that it lacks. */
export function accountsOf({ linePlaces, lines }: View): readonly LinePlace[] {
  const last = linePlaces.at(-1)?.number ?? 0;
  return [...linePlaces, ...lines.flatMap((line) => (line.number > last ? [{ number: line.number, line }] : []))];
}

/** A key by its page and its number on the page, with what belongs there. */
interface Slot {
  readonly index: number;
  readonly key: KeyView | null;
  readonly line: LineView | null;
}

interface Page {
  readonly number: number;
  readonly slots: readonly Slot[];
}

/** More keys than any of these phones has, so that a number that somebody mistyped does not make a file of many megabytes. */
const mostKeys = 500;

/**
 * The keys of a phone, kind by kind and page by page. Keys that are configured beyond those of its row come after them: rows of phones
 * with keys that nobody has counted (the X2 has none) are not the last word, and a phone passes over keys that it lacks.
 */
export function pagesOf({ model, keys: configured, keyPlaces }: View): Readonly<Record<'side' | 'main', readonly Page[]>> {
  const counts = (model?.keys ?? {}) as Readonly<Record<string, number>>;
  const perPage = (model?.perPage ?? {}) as Readonly<Record<string, number>>;
  const { side = 0, main = 0 } = counts;
  const keys = configured.filter(({ position }) => position <= mostKeys);
  const last = Math.max(side + main, ...keys.map(({ position }) => position));
  const byPosition = new Map(keys.map((key) => [key.position, key]));
  const slots = Array.from({ length: last }, (_, at) => ({
    key: byPosition.get(at + 1) ?? null,
    line: model?.door ? null : (keyPlaces[at]?.line ?? null),
  }));
  const end = main === 0 && side > 0 ? last : side;
  return { side: paged(slots.slice(0, end), perPage.side), main: paged(slots.slice(end), perPage.main) };
}

function paged(slots: readonly Omit<Slot, 'index'>[], perPage = slots.length): Page[] {
  return Array.from({ length: Math.ceil(slots.length / perPage) || 0 }, (_, page) => ({
    number: page + 1,
    slots: slots.slice(page * perPage, (page + 1) * perPage).map((slot, at) => ({ index: at + 1, ...slot })),
  }));
}

/** When clocks change, as these phones count: weeks to 5, which is the last, and days from Sunday, which is 0. */
interface Change {
  readonly month: number;
  readonly week: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

/** The changes of the configured zone; null where there is none. */
export function changesOf({ timeZone }: View): { readonly start: Change; readonly end: Change } | null {
  if (!timeZone?.daylight) return null;
  const { byWeekday, start, end } = timeZone.daylight;
  const change = byWeekday ? ruleOf : thisYears;
  return { start: change(start), end: change(end) };
}

function ruleOf({ month, week, weekday, clock }: TransitionView): Change {
  return { month, week: week === 'last' ? 5 : week, weekday: weekday % 7, hour: clock.hours, minute: clock.minutes };
}

/** Where the law counts from another day no rule of the phone's says it: it is told the one that is right this year. */
function thisYears({ weekday, time, date }: TransitionView): Change {
  const shift = Math.floor(time / 86_400);
  const { hours: hour, minutes: minute } = date.clock;
  return { month: date.month, week: Math.ceil(date.day / 7), weekday: (weekday + shift + 7) % 7, hour, minute };
}

/** The zones of firmware 2.3, by hours east of UTC: their numbers in its list, and their names there. */
const numbersOf23: Readonly<Record<number, readonly [number: number, name: string]>> = {
  [-12]: [0, 'UCT_-12'],
  [-11]: [1, 'UCT_-11'],
  [-10]: [2, 'UCT_-10'],
  [-9]: [3, 'UCT_-09'],
  [-8]: [4, 'UCT_-08'],
  [-7]: [5, 'UCT_-07'],
  [-6]: [8, 'UCT_-06'],
  [-5]: [12, 'UCT_-05'],
  [-4]: [15, 'UCT_-04'],
  [-3]: [19, 'UCT_-03'],
  [-2]: [22, 'UCT_-02'],
  [-1]: [23, 'UCT_-01'],
  0: [25, 'UCT_000'],
  1: [27, 'MET_001'],
  2: [32, 'EET_002'],
  3: [38, 'IST_003'],
  4: [43, 'UCT_004'],
  5: [46, 'UCT_005'],
  6: [50, 'UCT_006'],
  7: [54, 'UCT_007'],
  8: [56, 'CST_008'],
  9: [61, 'JST_009'],
  10: [66, 'UCT_010'],
  11: [71, 'UCT_011'],
  12: [72, 'UCT_012'],
};

/** The zone in the spellings of these phones: quarters of an hour with a name, and number and name in the list of firmware 2.3. */
export function zoneOf({ timeZone }: View): object | null {
  if (!timeZone) return null;
  const { standardOffset, offset } = timeZone;
  const hours = offset.sign === '-' ? String(offset.hours).padStart(2, '0') : String(offset.hours);
  const minutes = offset.minutes === 0 ? '' : `:${String(offset.minutes).padStart(2, '0')}`;
  const name = standardOffset === 0 ? 'UCT' : `UTC${offset.sign}${hours}${minutes}`;
  // The list has whole hours as far as it is known; of others it is told the hour that they are past.
  const [number, listName] = numbersOf23[Math.max(-12, Math.min(12, Math.floor(standardOffset / 3600)))] ?? [25, 'UCT_000'];
  return { quarters: standardOffset / 900, name, number, listName };
}
