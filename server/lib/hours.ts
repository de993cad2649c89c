/** A part of each day, in minutes since midnight; it may go over midnight: from 22:00 until 05:00. */
export interface Hours {
  /** As it was written. */
  readonly text: string;
  readonly from: number;
  /** No longer in it. */
  readonly until: number;
}

const day = 1_440;

/** Reads `22:00-05:00`. @returns undefined for what is none, or is empty */
export function parseHours(text: string): Hours | undefined {
  const found = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/.exec(text.trim());
  if (!found) return undefined;
  const [fromHour = 0, fromMinute = 0, hour = 0, minute = 0] = found.slice(1).map(Number);
  if (fromMinute > 59 || minute > 59) return undefined;
  const [from, until] = [fromHour * 60 + fromMinute, hour * 60 + minute];
  // 24:00 is the end of a day.
  return from >= day || until > day || from === until ? undefined : { text: text.trim(), from, until };
}

/** How long it is until then, in milliseconds; 0: it is. @param now in the time zone of this host */
export function untilOpen({ from, until }: Pick<Hours, 'from' | 'until'>, now: Date): number {
  const minute = now.getHours() * 60 + now.getMinutes();
  const isOpen = from < until ? minute >= from && minute < until : minute >= from || minute < until;
  if (isOpen) return 0;
  const minutes = (from - minute + day) % day;
  return minutes * 60_000 - now.getSeconds() * 1_000 - now.getMilliseconds();
}
