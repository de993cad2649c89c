import type { Values } from '../comparison.ts';

const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * A base's file as it reads it: settings by their names, texts without the quotes within the quotes, numbers in whatever digits they are
 * written. A handset is one that is added by its number. Of values that provd does not escape, what is no reference is text.
 */
export function parse(text: string): Values {
  const bare = text.replaceAll(/<!--.*?-->/gs, '');
  const found: [string, string][] = [];
  for (const [, element = '', attributes = ''] of bare.matchAll(/<(\w+)((?:\s+\w+=(?:"[^"]*"|'[^']*'))+)\s*\/?>/g)) {
    const { ID, name, value = '', ...others } = attributesOf(attributes);
    if (element === 'oper') found.push([value === '' ? (name ?? '') : `${name} ${value}`, '']);
    else if (element === 'file') for (const [key, each] of Object.entries(others)) found.push([`file ${key}`, each]);
    else if (element !== 'provisioning' && element !== 'ProviderFrame') found.push([ID ?? name ?? element, value]);
  }
  return new Map(found);
}

function attributesOf(text: string): Record<string, string> {
  const all = text.matchAll(/(\w+)=(?:"([^"]*)"|'"(.*?)"')/gs);
  return Object.fromEntries(
    [...all].map(([, name = '', plain, quoted]) => [name, plain === undefined ? read(quoted ?? '') : numberOf(read(plain))]),
  );
}

function numberOf(text: string): string {
  return /^0x[\da-f]+$/i.test(text) ? String(Number(text)) : text;
}

function read(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string) =>
    code === undefined ? (signs[name] ?? whole) : String.fromCodePoint(Number(code)),
  );
}
