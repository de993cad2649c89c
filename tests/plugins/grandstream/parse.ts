import type { Values } from '../comparison.ts';

const references: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * A file as the phone reads it: settings by their names, or by the numbers of P-codes; the last one counts. What stands in a value that is no
 * reference is text, for provd does not escape values.
 */
export function parse(text: string): Values {
  const settings = text.matchAll(/<(?:item name="([^"]+)"|(P\d+))>([\s\S]*?)<\/(?:item|P\d+)>/g);
  return new Map([...settings].map(([, name, code, value = '']) => [name ?? code ?? '', textOf(value)]));
}

function textOf(value: string): string {
  return value.replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, number?: string, name = '') =>
    number === undefined ? (references[name] ?? whole) : String.fromCodePoint(Number(number)),
  );
}
