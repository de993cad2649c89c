/** So many of some, or so many percent of all. */
export type Share = { readonly text: string } & ({ readonly count: number } | { readonly percent: number });

/** Reads `25` or `5%`. @returns undefined for what is neither, or nothing */
export function parseShare(text: string): Share | undefined {
  const [, digits, percent] = /^(\d{1,9}(?:\.\d{1,3})?)\s*(%?)$/.exec(text.trim()) ?? [];
  const number = Number(digits);
  if (digits === undefined || number === 0) return undefined;
  if (percent === '%') return number <= 100 ? { text: text.trim(), percent: number } : undefined;
  return Number.isInteger(number) ? { text: text.trim(), count: number } : undefined;
}
