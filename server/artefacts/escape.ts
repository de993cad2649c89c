import type { Format } from '../sdk.ts';

/** Signs that XML 1.0 has no way to write (section 2.2); lone surrogates become the replacement sign when encoded. */
const UNWRITABLE = /(?![\t\n\r\u007f-\u009f])\p{Cc}|[\ufffe\uffff]/gu;
const MARKUP = /[&<>"'\t\n\r]/g;
const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  // Within an attribute these would be read as spaces (section 3.3.3).
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** How values are written into a file of a format, so that none can say more than one value. */
export const escapes: Readonly<Record<Format, { readonly escape?: (text: string) => string }>> = {
  xml: { escape: xml },
  // Every control character but the tab ends the line for some phone or other.
  lines: { escape: (text) => (isPlain(text) ? text : text.replace(/(?:[^\P{Cc}\t]|[\u2028\u2029])+/gu, ' ')) },
  text: {},
};

const TAB = 0x09;

/** Printable ASCII, as nearly all values are: it is not worth a pattern to find nothing. */
function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 ? code !== TAB : code > 0x7e) return false;
  }
  return true;
}

function xml(text: string): string {
  return text.replace(UNWRITABLE, '').replace(MARKUP, (sign) => references[sign] ?? sign);
}
