/**
 * Whether a text is one well-formed XML document (XML 1.0, section 2.1), as far as a phone's parser cares: what a document type
 * declares is passed over, and with one any entity counts as declared.
 */

const NAME = '[\\p{L}_:][\\p{L}\\p{N}\\p{M}_:.·-]*';
const PIECES = {
  text: /[^<]+/y,
  comment: /<!--(?:(?!--)[\s\S])*-->/y,
  cdata: /<!\[CDATA\[[\s\S]*?\]\]>/y,
  instruction: new RegExp(`<\\?(?!xml[\\s?])${NAME}(?:\\s(?:(?!\\?>)[^])*)?\\?>`, 'iuy'),
  doctype: /<!DOCTYPE\s[^<>[\]]*(?:\[[^\]]*\]\s*)?>/y,
  close: new RegExp(`</(${NAME})\\s*>`, 'uy'),
  open: new RegExp(`<(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`, 'uy'),
} as const;
const DECLARATION =
  /^<\?xml\s+version\s*=\s*(["'])[\w.:-]+\1(?:\s+encoding\s*=\s*(["'])[a-z][\w.-]*\2)?(?:\s+standalone\s*=\s*(["'])(?:yes|no)\3)?\s*\?>/i;
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'gu');
const REFERENCE = new RegExp(`&(?:#(\\d+)|#x([\\da-f]+)|(${NAME}));`, 'iuy');
const PREDEFINED: ReadonlySet<string | undefined> = new Set(['amp', 'lt', 'gt', 'quot', 'apos']);
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for (XML 1.0, production 2).
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/** @returns what is wrong and where, in words, or the name of its outermost element */
export function readXml(document: string): { readonly root: string } | { readonly problem: string } {
  const text = document.replace(/^\ufeff/, '');
  const open: string[] = [];
  let root: string | undefined;
  let declared = false;
  let at = DECLARATION.exec(text)?.[0].length ?? 0;
  const wrong = (what: string) => ({ problem: `${what} in line ${text.slice(0, at).split('\n').length}` });
  const match = (piece: keyof typeof PIECES) => {
    PIECES[piece].lastIndex = at;
    return PIECES[piece].exec(text);
  };

  const forbidden = FORBIDDEN.exec(text);
  if (forbidden) {
    at = forbidden.index;
    return wrong('a control character');
  }
  while (at < text.length) {
    const words = match('text');
    const found =
      words ?? match('close') ?? match('open') ?? match('comment') ?? match('cdata') ?? match('instruction') ?? match('doctype');
    if (!found) return wrong('markup that does not end');
    const [piece, name = '', attributes = '', empty] = found;
    if (words) {
      if (open.length === 0 && piece.trim() !== '') return wrong('text outside of all elements');
      if (piece.includes(']]>') || !referencesAreRight(piece, declared)) return wrong('an & or ]]> that stands for itself');
    } else if (piece.startsWith('</')) {
      const last = open.pop();
      if (last !== name)
        return wrong(last === undefined ? `</${name}>, which was not opened,` : `</${name}> where </${last}> is due`);
    } else if (piece.startsWith('<![')) {
      if (open.length === 0) return wrong('text outside of all elements');
    } else if (piece.startsWith('<!D')) {
      if (root !== undefined || declared) return wrong('a document type');
      declared = true;
    } else if (name !== '') {
      if (open.length === 0 && root !== undefined) return wrong(`a second outermost element ${name}`);
      root ??= name;
      const names = [...attributes.matchAll(ATTRIBUTE)];
      if (new Set(names.map(([, key]) => key)).size < names.length) return wrong(`an attribute of ${name} twice`);
      if (!names.every(([, , double, single]) => referencesAreRight(double ?? single ?? '', declared))) {
        return wrong('an & that stands for itself');
      }
      if (empty === '') open.push(name);
    }
    at += piece.length;
  }
  if (open.length > 0) return { problem: `the end of ${open.at(-1)} is missing` };
  return root === undefined ? { problem: 'there is no element' } : { root };
}

function referencesAreRight(text: string, declared: boolean): boolean {
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
    REFERENCE.lastIndex = at;
    const [found, decimal, hexadecimal, entity] = REFERENCE.exec(text) ?? [];
    if (found === undefined || (entity !== undefined && !declared && !PREDEFINED.has(entity))) return false;
    if (entity === undefined && !isCharacter(Number(decimal ?? `0x${hexadecimal}`))) return false;
  }
  return true;
}

/** What a document may hold, also by its number (XML 1.0, production 2). */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return code < 0xd800 || (code >= 0xe000 && code <= 0x10ffff && code !== 0xfffe && code !== 0xffff);
}
