import type { Values } from '../comparison.ts';

const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * A Polycom file as the phone reads it: the attributes, whatever elements they stand in. Each is on lines of its own, and ends with the
 * quotation mark that ends a line: within values provd leaves some of them as they are.
 */
export function parse(text: string): Values {
  const [, body = ''] = text.split(/^<(?:polycomConfig|APPLICATION)\b/m);
  const attributes = [...body.matchAll(/(?<=\s)([A-Za-z][\w.]*)="(.*?)"(?=\n| *\/>|>)/gs)];
  const values = new Map(attributes.map(([, key = '', value = '']): [string, string] => [key, read(value)]));
  if (values.size !== attributes.length) throw new Error('an attribute stands in the file twice');
  return values;
}

/** Tabs and line breaks that are not written as references are spaces (XML 1.0, 3.3.3). */
function read(value: string): string {
  return value
    .replaceAll(/[\t\n\r]/g, ' ')
    .replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string) =>
      code === undefined ? (signs[name] ?? whole) : String.fromCodePoint(Number(code)),
    );
}
