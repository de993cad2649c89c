/** `{name}`, `{NAME}`, `{name:separator}` or `{name/2}` in a file name or URL. */
const PLACEHOLDER = /\{([A-Za-z][\w.]*)(?::([^{}/]*))?(?:\/(\d+))?\}/g;

/** The value of a name, with its parts joined by a separator where one is asked for; undefined when there is none. */
export type Lookup = (name: string, separator: string | undefined) => string | undefined;

/** A name read once: text, a placeholder, text … */
interface Name {
  readonly texts: readonly string[];
  readonly places: readonly { readonly key: string; readonly separator: string | undefined; readonly skip: number }[];
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
    places: found.map(([, key = '', separator, skip = '0']) => ({ key, separator, skip: Number(skip) })),
  };
  names.set(name, made);
  return made;
}

/**
 * Writes values into a name: `{mac}` as it is, `{MAC}` in upper case, `{mac:-}` with its parts joined by `-`, `{mac/2}` without its first two
 * characters.
 * @returns undefined when a value that the name needs is not there
 */
export function fill(name: string, lookup: Lookup): string | undefined {
  const { texts, places } = read(name);
  let filled = texts[0] ?? '';
  let next = 1;
  for (const { key, separator, skip } of places) {
    const text = lookup(key, separator) ?? lookup(key.toLowerCase(), separator)?.toUpperCase();
    if (text === undefined) return undefined;
    filled += text.slice(skip);
    filled += texts[next++] ?? '';
  }
  return filled;
}

/** The names of what a name needs, in lower case. */
export function placeholders(name: string): Set<string> {
  return new Set(read(name).places.map(({ key }) => key.toLowerCase()));
}
