/** `{name}`, `{NAME}` or `{name:separator}` in a file name or URL. */
const PLACEHOLDER = /\{([A-Za-z][\w.]*)(?::([^{}/]*))?\}/g;

/** A value that can be written with other separators: the MAC 00:15:65:5e:16:7c is parts joined by nothing. */
export interface Parts {
  readonly parts: readonly string[];
  readonly joiner: string;
}

export type Values = Readonly<Record<string, Parts | undefined>>;

export function whole(text: string): Parts {
  return { parts: [text], joiner: '' };
}

/** A name read once: text, a placeholder, text … */
interface Name {
  readonly texts: readonly string[];
  readonly places: readonly { readonly key: string; readonly separator: string | undefined }[];
}

/** Names come from packages and are few; every request is compared with some of them. */
const names = new Map<string, Name>();

function read(name: string): Name {
  const known = names.get(name);
  if (known) return known;
  const found = [...name.matchAll(PLACEHOLDER)];
  const ends = [0, ...found.map(({ 0: match, index }) => index + match.length)];
  const starts = [...found.map(({ index }) => index), name.length];
  const made = {
    texts: starts.map((start, index) => name.slice(ends[index], start)),
    places: found.map(([, key = '', separator]) => ({ key, separator })),
  };
  names.set(name, made);
  return made;
}

/**
 * Writes values into a name: `{mac}` as it is, `{MAC}` in upper case, `{mac:-}` with its parts joined by `-`.
 * @returns undefined when a value that the name needs is not there
 */
export function fill(name: string, values: Values): string | undefined {
  const { texts, places } = read(name);
  let filled = texts[0] ?? '';
  for (const [index, { key, separator }] of places.entries()) {
    const exact = values[key];
    const value = exact ?? values[key.toLowerCase()];
    if (!value) return undefined;
    const text = value.parts.join(separator ?? value.joiner);
    filled += (exact ? text : text.toUpperCase()) + (texts[index + 1] ?? '');
  }
  return filled;
}

/** The names of what a name needs, in lower case. */
export function placeholders(name: string): Set<string> {
  return new Set(read(name).places.map(({ key }) => key.toLowerCase()));
}
