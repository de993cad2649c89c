import type { Values } from '../comparison.ts';

const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * A Fanvil file as the phone reads it, whatever its dialect: settings by the elements around them, with their number or the ID that they
 * begin with (`sip line 1 PhoneNumber`); of several with one name the last. Values end with their own closing tag: in provd's files
 * they hold signs that XML has another use for.
 */
export function parse(text: string): Values {
  const values = new Map<string, string>();
  if (text.startsWith('<<VOIP')) {
    for (const [, name = '', value = ''] of text.matchAll(/^([^<:\n-][^:\n]*?) *:(.*)$/gm)) values.set(name, value);
  } else {
    elements(text.replaceAll(/<!--.*-->/g, '').replace(/^<\?xml.*\?>/, ''), '', values);
  }
  return values;
}

function elements(text: string, place: string, values: Map<string, string>): void {
  const opening = /<([A-Za-z][\w.-]*)(?: index="(\d+)")?>/g;
  for (let found = opening.exec(text); found; found = opening.exec(text)) {
    const [, name = '', index] = found;
    const closing = `</${name}>`;
    const end = text.indexOf(closing, opening.lastIndex);
    if (end < 0) throw new Error(`${name} has no end`);
    const content = text.slice(opening.lastIndex, end);
    opening.lastIndex = end + closing.length;
    const id = /^\s*<ID>(\w+)<\/ID>/.exec(content)?.[1];
    const key = [place, id ?? name, ...(index === undefined ? [] : [index])].join(' ').trim();
    if (/^\s*<[A-Za-z]/.test(content)) elements(content, key, values);
    else if (content === '' || content.trim() !== '') values.set(key, read(content));
  }
}

function read(value: string): string {
  return value.replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string) =>
    code === undefined ? (signs[name] ?? whole) : String.fromCodePoint(Number(code)),
  );
}
