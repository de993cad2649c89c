/** A text that every match of a pattern, or of one of its alternatives, has at its beginning or somewhere. */
export interface Certain {
  readonly text: string;
  readonly at: 'beginning' | 'anywhere';
}

export interface CertainTexts {
  /** What matches the pattern has one of these, unless it matches by one of the `uncertain` alternatives. */
  readonly texts: readonly Certain[];
  /** Whether there are alternatives of which nothing certain is known, or too little to tell a vendor by. */
  readonly uncertain: boolean;
}

/** Shorter texts are had by far too many: `MS` by every Windows. */
const LEAST = 3;
/** So many that a class stays readable. */
const MOST = 16;

/**
 * What a DHCP server without regular expressions can ask instead of a pattern. Where a pattern does not look at the case of letters, there
 * are the spellings that are seen: as in the pattern, in lower case, in upper case, and with a capital.
 */
export function certainTexts(pattern: RegExp): CertainTexts {
  // Set notation, and a ^ that stands for the beginning of any line: never guess.
  if (/[mv]/.test(pattern.flags)) return { texts: [], uncertain: true };
  const found = new Walk(pattern.source).alternatives();
  const sure = found.filter(({ text }) => text.length >= LEAST);
  const spelled = sure.flatMap(({ text, anchored }) =>
    (pattern.ignoreCase ? spellings(text) : [text]).map(
      (each): Certain => ({ text: each, at: anchored ? 'beginning' : 'anywhere' }),
    ),
  );
  const unique = new Map(spelled.map((each) => [`${each.at} ${each.text}`, each]));
  return { texts: [...unique.values()], uncertain: sure.length < found.length };
}

function spellings(text: string): string[] {
  const lower = text.toLowerCase();
  return [text, lower, text.toUpperCase(), `${lower.slice(0, 1).toUpperCase()}${lower.slice(1)}`];
}

/** What a part of a pattern begins with, as far as it is certain; `whole` when nothing is missing at its end. */
interface Beginning {
  readonly text: string;
  readonly anchored: boolean;
  readonly whole: boolean;
}

const NOTHING: Beginning = { text: '', anchored: false, whole: true };
const UNKNOWN: Beginning = { text: '', anchored: false, whole: false };

/** Walks over the source of a pattern (ECMA-262, 22.2.1). What it does not know ends the certain text, and is passed over. */
class Walk {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  alternatives(): Beginning[] {
    const found = this.#sequence();
    while (this.#source[this.#at] === '|') {
      this.#at++;
      found.push(...this.#sequence());
    }
    return found;
  }

  #sequence(): Beginning[] {
    let found: Beginning[] = [NOTHING];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      const items = this.#item();
      const times = this.#times();
      if (!found.some(({ whole }) => whole)) continue;
      const next = times === 'perhaps' ? [UNKNOWN] : times === 'more' ? items.map(open) : items;
      const joined = found.flatMap((before) => (before.whole ? next.map((after) => join(before, after)) : [before]));
      found = joined.length > MOST ? found.map(open) : joined;
    }
    return found;
  }

  /** A character, a class, a group, or what has no width. */
  #item(): readonly Beginning[] {
    const sign = this.#source[this.#at++] ?? '';
    switch (sign) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      case '^':
        return [{ ...NOTHING, anchored: true }];
      case '$':
        return [NOTHING];
      case '.':
        return [UNKNOWN];
      default:
        return [{ ...NOTHING, text: sign }];
    }
  }

  #group(): readonly Beginning[] {
    const opening = /^\?(?:<[^=!>][^>]*>|<?[=!]|[a-z-]*:)/.exec(this.#source.slice(this.#at))?.[0] ?? '';
    this.#at += opening.length;
    const inside = this.alternatives();
    this.#at++;
    // What a look-around sees is no part of the match. Whether case counts inside of a group is not followed.
    if (/^\?<?[=!]/.test(opening)) return [NOTHING];
    return /^\?[a-z-]+:/.test(opening) ? [UNKNOWN] : inside;
  }

  /** Each of a few characters; ranges and kinds of characters are not certain. */
  #class(): readonly Beginning[] {
    const inside = /^(?:\\.|[^\]\\])*/s.exec(this.#source.slice(this.#at))?.[0] ?? '';
    this.#at += inside.length + 1;
    const few = /^(?!\^)(?:\\[^A-Za-z\d]|[^\\-])+$/s.test(inside);
    if (!few) return [UNKNOWN];
    return Array.from(inside.replaceAll(/\\(.)/gs, '$1'), (text) => ({ ...NOTHING, text }));
  }

  #escape(): readonly Beginning[] {
    const rest = this.#source.slice(this.#at);
    const code = /^(?:x([\da-f]{2})|u([\da-f]{4}))/i.exec(rest);
    if (code) {
      this.#at += code[0].length;
      return [{ ...NOTHING, text: String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '', 16)) }];
    }
    const long = /^(?:[pP]\{[^}]*\}|k<[^>]*>|u\{[^}]*\}|c[A-Za-z]|\d+)/.exec(rest)?.[0];
    this.#at += long?.length ?? 1;
    const sign = rest[0] ?? '';
    if (long === undefined && /[bB]/.test(sign)) return [NOTHING];
    return long !== undefined || /[A-Za-z]/.test(sign) ? [UNKNOWN] : [{ ...NOTHING, text: sign }];
  }

  /** Reads the quantifier after an item, if there is one. */
  #times(): 'once' | 'perhaps' | 'more' {
    const found = /^(?:[?*+]|\{(\d+)(?:,\d*)?\})\??/.exec(this.#source.slice(this.#at));
    if (!found) return 'once';
    this.#at += found[0].length;
    const least = found[1] === undefined ? (found[0].startsWith('+') ? 1 : 0) : Number(found[1]);
    return least === 0 ? 'perhaps' : 'more';
  }
}

function open(each: Beginning): Beginning {
  return { ...each, whole: false };
}

function join(before: Beginning, after: Beginning): Beginning {
  return {
    text: before.text + after.text,
    anchored: before.anchored || (before.text === '' && after.anchored),
    whole: after.whole,
  };
}
