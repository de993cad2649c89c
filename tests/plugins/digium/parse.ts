import type { Values } from '../comparison.ts';

const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The attribute by which elements of a kind are told apart. Contacts are told apart by their order, which is that of the keys. */
const naming: Readonly<Record<string, string>> = { alert: 'alert_info', account: 'index', firmware: 'model' };

/**
 * A Digium file as the phone reads it: settings by their id, other attributes by the element they stand in, `account[0].host_primary.port`. A value
 * ends with the quotation mark that another attribute or the end of the element follows: within values provd leaves some as they are.
 */
export function parse(text: string): Values {
  const values = new Map<string, string>();
  const put = (key: string, value: string) => {
    if (values.has(key)) throw new Error(`${key} stands in the file twice`);
    values.set(key, value);
  };
  let contacts = 0;
  let owner = '';
  for (const [, element = '', body = ''] of text.matchAll(/<(\w+)((?:\s+\w+=".*?"(?=\s+\w+="|\s*\/?>))+)/gs)) {
    const attributes = attributesOf(body);
    if (element === 'setting') {
      put(attributes.get('id') ?? '', attributes.get('value') ?? '');
      continue;
    }
    const name = element === 'contact' ? String(++contacts) : attributes.get(naming[element] ?? '');
    const own = name === undefined ? element : `${element}[${name}]`;
    if (element === 'account' || element === 'contact') owner = own;
    const path = element.startsWith('host_') || element === 'number' ? `${owner}.${own}` : own;
    for (const [key, value] of attributes) if (key !== naming[element]) put(`${path}.${key}`, value);
  }
  return values;
}

function attributesOf(text: string): Map<string, string> {
  const all = text.matchAll(/\s(\w+)="(.*?)"(?=\s+\w+="|$)/gs);
  return new Map([...all].map(([, key = '', value = '']) => [key, read(value)]));
}

/** Tabs and line breaks that are not written as references are spaces (XML 1.0, 3.3.3). */
function read(value: string): string {
  return value
    .replaceAll(/[\t\n\r]/g, ' ')
    .replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code: string | undefined, name: string) =>
      code === undefined ? (signs[name] ?? whole) : String.fromCodePoint(Number(code)),
    );
}
