import type { IncomingHttpHeaders } from 'node:http';

/** What tells two states of a file apart (RFC 9110, 8.8). */
export interface Validators {
  /** Without quotes; strong. */
  readonly tag: string;
  readonly modified: Date;
}

/**
 * Evaluates the preconditions of a GET or HEAD in the order of RFC 9110, 13.2.2. A date that is no date is ignored.
 *
 * @returns the status to answer with instead of the file, undefined when the file is to be sent.
 */
export function precondition(headers: IncomingHttpHeaders, file: Validators): 304 | 412 | undefined {
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined) {
    if (!namesTag(ifMatch, file.tag, 'strong')) return 412;
  } else if (!notModifiedSince(headers['if-unmodified-since'], file, true)) {
    return 412;
  }
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) return namesTag(ifNoneMatch, file.tag, 'weak') ? 304 : undefined;
  return notModifiedSince(headers['if-modified-since'], file, false) ? 304 : undefined;
}

/** Whether a Range header still holds: If-Range names the very state of which the phone has a part (RFC 9110, 13.1.5). */
export function rangeHolds(ifRange: string | undefined, file: Validators): boolean {
  if (ifRange === undefined) return true;
  const date = parseHttpDate(ifRange);
  return date === undefined ? ifRange.trim() === `"${file.tag}"` : date === wholeSeconds(file.modified);
}

/** What is true without a usable date is the caller's to say. */
function notModifiedSince(header: string | undefined, file: Validators, otherwise: boolean): boolean {
  const date = header === undefined ? undefined : parseHttpDate(header);
  return date === undefined ? otherwise : wholeSeconds(file.modified) <= date;
}

/** HTTP dates have no fractions; a file's time has. */
function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}

const TAG = /[\s,]*(?<weak>W\/)?"(?<text>[^"]*)"/y;

/** Whether a list of entity tags, or `*`, names the tag. Ours are strong: the strong comparison only rules out `W/` (8.8.3.2). */
function namesTag(list: string, tag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true;
  TAG.lastIndex = 0;
  for (let match = TAG.exec(list); match; match = TAG.exec(list)) {
    const { weak, text } = match.groups ?? {};
    if (text === tag && (comparison === 'weak' || weak === undefined)) return true;
  }
  return false;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// RFC 9110, 5.6.7. The day of the week says nothing that the date does not.
const DATE_FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/,
  // Sunday, 06-Nov-94 08:49:37 GMT
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) GMT$/,
  // Sun Nov  6 08:49:37 1994
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<year>\d{4})$/,
];

/** Reads an HTTP date in its three forms. @returns milliseconds since 1970, undefined when it is none. */
export function parseHttpDate(text: string, now: Date = new Date()): number | undefined {
  const groups = DATE_FORMS.map((form) => form.exec(text)?.groups).find((found) => found !== undefined);
  if (!groups) return undefined;
  const { day, hour, minute, second, year: digits } = groups;
  const month = MONTHS.indexOf(groups.month ?? '');
  const year = digits?.length === 2 ? century(Number(digits), now) : Number(digits);
  // A leap second is 60 (RFC 9110, 5.6.7 takes it from RFC 5322).
  if (month < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month, Number(day));
  // The 31st of June would be the 1st of July.
  if (midnight.getUTCDate() !== Number(day) || midnight.getUTCMonth() !== month) return undefined;
  return midnight.getTime() + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
}

/** Two digits that seem to lie more than 50 years ahead are the past (RFC 9110, 5.6.7). */
function century(digits: number, now: Date): number {
  const thisYear = now.getUTCFullYear();
  const year = thisYear - (thisYear % 100) + digits;
  return year > thisYear + 50 ? year - 100 : year;
}
