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

/**
 * Writes values into a name: `{mac}` as it is, `{MAC}` in upper case, `{mac:-}` with its parts joined by `-`.
 * @returns undefined when a value that the name needs is not there
 */
export function fill(name: string, values: Values): string | undefined {
  let complete = true;
  const filled = name.replaceAll(PLACEHOLDER, (_, key: string, separator?: string) => {
    const value = values[key] ?? values[key.toLowerCase()];
    if (!value) {
      complete = false;
      return '';
    }
    const text = value.parts.join(separator ?? value.joiner);
    return values[key] ? text : text.toUpperCase();
  });
  return complete ? filled : undefined;
}

/** The names of what a name needs, in lower case. */
export function placeholders(name: string): Set<string> {
  return new Set([...name.matchAll(PLACEHOLDER)].map(([, key = '']) => key.toLowerCase()));
}
