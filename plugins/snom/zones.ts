import type { TimeZoneView } from '../../server/sdk.ts';

/** Countries by the letters that bases have for them, with the zones whose clocks are theirs. Zones of no country here are told by none. */
const countries: Readonly<Record<string, string>> = {
  'Europe/Amsterdam': 'NLD',
  'Europe/Athens': 'GRC',
  'Europe/Belgrade': 'HRV',
  'Europe/Berlin': 'GER',
  'Europe/Bratislava': 'SVK',
  'Europe/Brussels': 'BEL',
  'Europe/Bucharest': 'ROU',
  'Europe/Budapest': 'HUN',
  'Europe/Copenhagen': 'DNK',
  'Europe/Dublin': 'IRL',
  'Europe/Gibraltar': 'GIB',
  'Europe/Helsinki': 'FIN',
  'Europe/Kiev': 'UKR',
  'Europe/Kyiv': 'UKR',
  'Europe/Lisbon': 'PRT',
  'Europe/London': 'GBR',
  'Europe/Luxembourg': 'LUX',
  'Europe/Madrid': 'ESP',
  'Europe/Moscow': 'RUS',
  'Europe/Oslo': 'NOR',
  'Europe/Paris': 'FRA',
  'Europe/Prague': 'CZE',
  'Europe/Riga': 'LVA',
  'Europe/Rome': 'ITA',
  'Europe/Sofia': 'BGR',
  'Europe/Stockholm': 'SWE',
  'Europe/Tallinn': 'EST',
  'Europe/Tirane': 'ALB',
  'Europe/Vienna': 'AUT',
  'Europe/Warsaw': 'POL',
  'Europe/Zagreb': 'HRV',
  'Europe/Zurich': 'CHE',
  'Asia/Nicosia': 'CYP',
  'America/New_York': 'USA',
  'America/Chicago': 'USA',
  'America/Denver': 'USA',
  'America/Phoenix': 'USA',
  'America/Los_Angeles': 'USA',
  'America/Anchorage': 'USA',
  'Pacific/Honolulu': 'USA',
  'America/Toronto': 'CAN',
  'America/Winnipeg': 'CAN',
  'America/Edmonton': 'CAN',
  'America/Vancouver': 'CAN',
  'America/Halifax': 'CAN',
};

/** GER+1, GBR-0: how a base calls a zone; undefined where it has no name that is known here. */
export function zoneOf({ name, canonical, standardOffset }: TimeZoneView): string | undefined {
  const country = countries[name] ?? countries[canonical];
  const hours = standardOffset / 3600;
  return country && `${country}${hours > 0 ? '+' : '-'}${Math.abs(hours)}`;
}
