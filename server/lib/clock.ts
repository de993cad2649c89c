let millisecond = Number.NaN;
let text = '';

/** A time as logs write it, ISO 8601 in UTC: `2026-11-22T04:01:00.000Z`. Made once a millisecond, in which dozens of lines may fall. */
export function timestamp(now = Date.now()): string {
  if (now !== millisecond) [millisecond, text] = [now, new Date(now).toISOString()];
  return text;
}
