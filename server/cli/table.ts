/** What a phone or a program wrote, on a terminal: nothing in it moves the cursor or colours the rest. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Columns under their titles; what is empty is a dash. Without rows nothing. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return lines([titles.map((title) => title.toUpperCase()), ...rows]);
}

/** A list, and below it what is wrong with some of it. @param rows what it is, and why */
export function withProblems(list: string, what: string, rows: readonly (readonly string[])[]): string {
  return [list, table([what, 'problem'], rows)].filter((part) => part !== '').join('\n');
}

/** Names with their values below each other. */
export function fields(pairs: readonly (readonly [name: string, value: string])[]): string {
  return lines(pairs);
}

function lines(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map((cell) => visible(cell) || '-'));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return cells.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** A time as the server writes it, in the time zone of the one who looks, to the second; empty when there is none. */
export function localTime(text: string): string {
  const time = new Date(text);
  if (text === '' || Number.isNaN(time.getTime())) return text;
  const digits = (value: number) => String(value).padStart(2, '0');
  const date = [time.getFullYear(), digits(time.getMonth() + 1), digits(time.getDate())].join('-');
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(digits).join(':')}`;
}
