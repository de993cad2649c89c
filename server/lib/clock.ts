let millisecond = Number.NaN;
let text = '';

/** A time as logs write it, ISO 8601 in UTC: `2026-11-22T04:01:00.000Z`. Made once a millisecond, in which dozens of lines may fall. */
export function timestamp(now = Date.now()): string {
  if (now !== millisecond) [millisecond, text] = [now, new Date(now).toISOString()];
  return text;
}

let translated = '';
let local = '';

/** A time of `timestamp` as people read it, in the time zone of this machine: `2026-11-22 05:01:00.000`. */
export function localTime(time: string): string {
  if (time === translated) return local;
  const at = new Date(time);
  const digits = (value: number, length = 2) => String(value).padStart(length, '0');
  const day = `${digits(at.getFullYear(), 4)}-${digits(at.getMonth() + 1)}-${digits(at.getDate())}`;
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map((value) => digits(value)).join(':');
  [translated, local] = [time, `${day} ${clock}.${digits(at.getMilliseconds(), 3)}`];
  return local;
}
