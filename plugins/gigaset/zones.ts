import type { TimeZoneView } from '../../server/sdk.ts';

/** Which days clocks change on, by the laws that the bases know. */
type Law = 'none' | 'europe' | 'america' | 'australia';

/** One name of a time zone that a base knows, with its offset in minutes east of UTC and its law; zones of one kind share a name. */
const zones: readonly (readonly [name: string, offset: number, law: Law])[] = [
  ['Pacific/Honolulu', -600, 'none'],
  ['America/Anchorage', -540, 'america'],
  ['America/Los_Angeles', -480, 'america'],
  ['America/Denver', -420, 'america'],
  ['America/Chicago', -360, 'america'],
  ['America/New_York', -300, 'america'],
  ['America/Caracas', -240, 'none'],
  ['America/Sao_Paulo', -180, 'none'],
  ['Greenwich', 0, 'none'],
  ['Europe/London', 0, 'europe'],
  ['Europe/Berlin', 60, 'europe'],
  ['Europe/Kaliningrad', 120, 'none'],
  ['Europe/Athens', 120, 'europe'],
  ['Europe/Moscow', 180, 'none'],
  ['Asia/Dubai', 240, 'none'],
  ['Asia/Karachi', 300, 'none'],
  ['Asia/Dhaka', 360, 'none'],
  ['Asia/Hong_Kong', 480, 'none'],
  ['Asia/Tokyo', 540, 'none'],
  ['Australia/Darwin', 570, 'none'],
  ['Australia/Adelaide', 570, 'australia'],
  ['Australia/Brisbane', 600, 'none'],
  ['Australia/Sydney', 600, 'australia'],
  ['Pacific/Noumea', 660, 'none'],
];

/** Names besides those above that the bases know, and that are told as they are. */
const europe =
  'Amsterdam Andorra Belfast Belgrade Bratislava Brussels Bucharest Budapest Busingen Chisinau Copenhagen Dublin Gibraltar Guernsey Helsinki Isle_of_Man Istanbul ' +
  'Jersey Kiev Lisbon Ljubljana Luxembourg Madrid Malta Mariehamn Minsk Monaco Nicosia Oslo Paris Podgorica Prague Riga Rome Samara San_Marino Sarajevo ' +
  'Simferopol Skopje Sofia Stockholm Tallinn Tirane Tiraspol Uzhgorod Vaduz Vatican Vienna Vilnius Volgograd Warsaw Zagreb Zaporozhye Zurich';
const names = new Set([...zones.map(([name]) => name), ...europe.split(' ').map((city) => `Europe/${city}`), 'Africa/Cairo']);

/** The offsets in minutes that bases have a number for, and these numbers. */
const numbers: readonly (readonly [offset: number, number: number])[] = [
  [-720, 0x00],
  [-660, 0x01],
  [-600, 0x02],
  [-540, 0x03],
  [-480, 0x04],
  [-420, 0x07],
  [-360, 0x09],
  [-300, 0x0d],
  [-240, 0x10],
  [-180, 0x12],
  [-120, 0x16],
  [-60, 0x18],
  [0, 0x1a],
  [60, 0x1b],
  [120, 0x20],
  [180, 0x28],
  [240, 0x2c],
  [270, 0x2d],
  [300, 0x2f],
  [330, 0x30],
  [345, 0x31],
  [360, 0x33],
  [390, 0x35],
  [420, 0x36],
  [480, 0x38],
  [540, 0x3d],
  [570, 0x40],
  [600, 0x43],
  [660, 0x47],
  [720, 0x48],
  [780, 0x50],
];

/** The name that a base of the Nx70 is told: the zone's own, else that of one with the same clocks, or with the nearest. */
export function zoneNameOf({ name, standardOffset, daylight }: TimeZoneView): string {
  if (names.has(name)) return name;
  const offset = standardOffset / 60;
  const law = lawOf(daylight);
  // An hour off all year long is worse than one in summer; clocks that stand still are half an hour off at best from those that change.
  const distance = ([, other, its]: (typeof zones)[number]) =>
    its === law
      ? Math.abs(other - offset)
      : Math.abs(other - offset - (law !== 'none' && its === 'none' ? 30 : 0)) + (its === 'none' ? 1 : 2);
  return nearest(zones, distance)[0];
}

/** The number that N510 and N720 are told: that of the offset, or of the nearest that has one. */
export function zoneNumberOf({ standardOffset }: TimeZoneView): number {
  return nearest(numbers, ([offset]) => Math.abs(offset - standardOffset / 60))[1];
}

function lawOf(daylight: TimeZoneView['daylight']): Law | undefined {
  if (!daylight) return 'none';
  const { month, week } = daylight.start;
  if (month === 10) return 'australia';
  return month === 3 ? (week === 'last' ? 'europe' : 'america') : undefined;
}

function nearest<Item>(items: readonly Item[], distance: (item: Item) => number): Item {
  return items.reduce((best, item) => (distance(item) < distance(best) ? item : best));
}
