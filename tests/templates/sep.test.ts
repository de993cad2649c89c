import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { escapes } from '../../server/artefacts/escape.ts';
import { compile, defaultLimits } from '../../server/artefacts/template/template.ts';
import { timeZoneView } from '../../server/artefacts/time-zone-view.ts';
import { leavesOf } from '../support/xml-leaves.ts';

const folder = join(import.meta.dirname, '../../templates');
const macros = 'callManager, dateTimeSetting, directory, loadInformation, locales, phonePassword';

function write(expression: string, context: object): Map<string, string> {
  const source = { name: 'main.tpl', text: `{% from 'sep.tpl' import ${macros} %}<device>{{ ${expression} }}</device>` };
  const loader = (name: string) => ({ name, text: readFileSync(join(folder, name), 'utf8') });
  const template = compile(source, loader, { ...escapes.xml, undefined: 'strict' });
  return leavesOf(template.render({ ...context }, defaultLimits), ['priority']);
}

function zoneOf(name: string, at?: Date): { timeZone: string | undefined; olsonTimeZone: string | undefined } {
  const told = write('dateTimeSetting(timeZone, none)', { timeZone: timeZoneView(name, at) });
  return {
    timeZone: told.get('dateTimeSetting/timeZone'),
    olsonTimeZone: told.get('dateTimeSetting/olsonTimeZone'),
  };
}

/** Places of which a phone has the clocks when it is told a name. */
const clocks: Readonly<Record<string, string>> = {
  'Dateline Standard Time': 'Etc/GMT+12',
  'Samoa Standard Time': 'Etc/GMT+11',
  'Hawaiian Standard Time': 'Pacific/Honolulu',
  'Alaskan Standard/Daylight Time': 'America/Anchorage',
  'Pacific Standard/Daylight Time': 'America/Los_Angeles',
  'Mountain Standard/Daylight Time': 'America/Denver',
  'US Mountain Standard Time': 'America/Phoenix',
  'Central Standard/Daylight Time': 'America/Chicago',
  'Canada Central Standard Time': 'America/Regina',
  'Eastern Standard/Daylight Time': 'America/New_York',
  'SA Pacific Standard Time': 'America/Bogota',
  'Atlantic Standard/Daylight Time': 'America/Halifax',
  'SA Western Standard Time': 'America/La_Paz',
  'Newfoundland Standard/Daylight Time': 'America/St_Johns',
  'SA Eastern Standard Time': 'America/Cayenne',
  'Azores Standard/Daylight Time': 'Atlantic/Azores',
  'GMT Standard/Daylight Time': 'Europe/London',
  'Greenwich Standard Time': 'Atlantic/Reykjavik',
  'Central Europe Standard/Daylight Time': 'Europe/Budapest',
  'E. Europe Standard/Daylight Time': 'Europe/Bucharest',
  'Egypt Standard/Daylight Time': 'Africa/Cairo',
  'Jerusalem Standard/Daylight Time': 'Asia/Jerusalem',
  'South Africa Standard Time': 'Africa/Johannesburg',
  'Saudi Arabia Standard Time': 'Asia/Riyadh',
  'Arabian Standard Time': 'Asia/Dubai',
  'Afghanistan Standard Time': 'Asia/Kabul',
  'West Asia Standard Time': 'Asia/Tashkent',
  'India Standard Time': 'Asia/Kolkata',
  'Central Asia Standard Time': 'Etc/GMT-6',
  'SE Asia Standard Time': 'Asia/Bangkok',
  'Taipei Standard Time': 'Asia/Taipei',
  'Tokyo Standard Time': 'Asia/Tokyo',
  'AUS Central Standard Time': 'Australia/Darwin',
  'Cen. Australia Standard/Daylight Time': 'Australia/Adelaide',
  'AUS Eastern Standard/Daylight Time': 'Australia/Sydney',
  'West Pacific Standard Time': 'Pacific/Port_Moresby',
  'Central Pacific Standard Time': 'Pacific/Guadalcanal',
  'Fiji Standard Time': 'Etc/GMT-12',
  'New Zealand Standard/Daylight Time': 'Pacific/Auckland',
};

/** What clocks show in the middle of each of the next twelve months. */
function monthsOf(timeZone: string): string[] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const now = new Date();
  return Array.from({ length: 12 }, (_, month) => {
    const middle = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1 + month, 15);
    return format.formatToParts(middle).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  });
}

const zones = Intl.supportedValuesOf('timeZone');

test('every zone of the world has a name with its clocks, or its own name beside one that is near', () => {
  const wrong = zones.filter((zone) => {
    const { timeZone = '', olsonTimeZone } = zoneOf(zone);
    if (olsonTimeZone !== undefined) return timeZone === '';
    const like = clocks[timeZone];
    return like === undefined || monthsOf(zone).join() !== monthsOf(like).join();
  });
  expect(wrong).toEqual([]);
});

test('few zones have clocks that no name has', () => {
  const unnamed = zones.filter((zone) => zoneOf(zone).olsonTimeZone !== undefined);
  expect(unnamed.length / zones.length).toBeLessThan(0.12);
  expect(unnamed).toEqual(expect.arrayContaining(['Africa/Lagos', 'Asia/Katmandu', 'Asia/Tehran', 'America/Santiago']));
});

test.each([
  ['America/Montreal', 'Eastern Standard/Daylight Time'],
  ['US/Eastern', 'Eastern Standard/Daylight Time'],
  ['America/Havana', 'Eastern Standard/Daylight Time'],
  ['America/Indiana/Indianapolis', 'Eastern Standard/Daylight Time'],
  ['Europe/Dublin', 'GMT Standard/Daylight Time'],
  ['Europe/Paris', 'Central Europe Standard/Daylight Time'],
  ['Australia/Hobart', 'AUS Eastern Standard/Daylight Time'],
  // Whose summer time is no law any more, though the firmware has a name for it.
  ['Europe/Moscow', 'Saudi Arabia Standard Time'],
  ['America/Mexico_City', 'Canada Central Standard Time'],
  ['America/Sao_Paulo', 'SA Eastern Standard Time'],
])('%s is %s', (zone, timeZone) => {
  expect(zoneOf(zone)).toEqual({ timeZone, olsonTimeZone: undefined });
});

test.each([
  ['Antarctica/Troll', 'Greenwich Standard Time', 'Antarctica/Troll'],
  ['America/Miquelon', 'SA Eastern Standard Time', 'America/Miquelon'],
  ['Asia/Kathmandu', 'India Standard Time', 'Asia/Katmandu'],
  ['Pacific/Kiritimati', 'Fiji Standard Time', 'Pacific/Kiritimati'],
])('%s is near %s, and told by the name that old firmware knows', (zone, timeZone, olsonTimeZone) => {
  expect(zoneOf(zone)).toEqual({ timeZone, olsonTimeZone });
});

test('the name follows the law', () => {
  expect(zoneOf('Europe/Moscow', new Date('2009-06-15')).olsonTimeZone).toBe('Europe/Moscow');
  expect(zoneOf('Africa/Cairo', new Date('2020-06-15')).timeZone).toBe('South Africa Standard Time');
});

test('an offset that no law has had yet is told by the name of the zone', () => {
  const timeZone = { ...timeZoneView('America/Caracas'), standardOffset: -9000, daylight: null };
  const told = write('dateTimeSetting(timeZone, none)', { timeZone });
  expect([told.get('dateTimeSetting/timeZone'), told.get('dateTimeSetting/olsonTimeZone')]).toEqual([
    'Greenwich Standard Time',
    'America/Caracas',
  ]);
});

test('a phone without a zone has the factory’s', () => {
  expect(write('dateTimeSetting(none, none)', {}).get('dateTimeSetting/timeZone')).toBe('Eastern Standard/Daylight Time');
});

test('the time comes from the server that is told', () => {
  const told = write('dateTimeSetting(none, ntp)', { ntp: { host: 'pool.ntp.org' } });
  expect([told.get('dateTimeSetting/ntps/ntp/name'), told.get('dateTimeSetting/ntps/ntp/ntpMode')]).toEqual([
    'pool.ntp.org',
    'Unicast',
  ]);
});

test.each([
  ['fr_FR', 'i18n/french_france', 'fr', 'i18n/france'],
  ['fr_CA', 'i18n/french_france', 'fr', 'i18n/canada'],
  ['es_MX', 'i18n/spanish_spain', 'es', 'i18n/mexico'],
  ['en_GB', 'i18n/english_united_states', 'en', 'i18n/united_kingdom'],
  ['it_IT', undefined, undefined, 'i18n/italy'],
  ['ja_JP', undefined, undefined, undefined],
])('%s is shown in the language %s, code %s, with the tones %s', (name, words, code, tones) => {
  const [language, country] = name.split('_');
  const told = write('locales(locale)', { locale: { name, language, country } });
  expect([told.get('userLocale/name'), told.get('userLocale/langCode'), told.get('networkLocale')]).toEqual([words, code, tones]);
});

test.each([
  [['SCCP11.9-4-2SR1-1S.loads'], 'SCCP11.9-4-2SR1-1S'],
  [['cmterm_7920.4.0-03-02.bin'], 'cmterm_7920.4.0-03-02'],
  [[], ''],
])('of the images %j the phone shall run %s', (images, load) => {
  expect(write('loadInformation(model)', { model: { images } }).get('loadInformation')).toBe(load);
});

test('a password that is not set is not told', () => {
  expect(write('phonePassword(admin)', { admin: { password: null } })).toEqual(new Map([['', '']]));
  expect(write('phonePassword(admin)', { admin: { password: '1&2' } }).get('phonePassword')).toBe('1&2');
});
