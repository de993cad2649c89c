/** How often a part is there: once, not for sure, or once at least and perhaps more often. */
export type Times = 'once' | 'perhaps' | 'more';

/** One of these is there. */
export type Alternatives = readonly (readonly Part[])[];

type Piece =
  | { readonly kind: 'character'; readonly character: string }
  /** One of a few, that a class lists one by one. */
  | { readonly kind: 'class'; readonly characters: readonly string[] }
  /** `flagged`: it has flags of its own, such as `(?i:…)`. */
  | { readonly kind: 'group'; readonly alternatives: Alternatives; readonly flagged: boolean }
  /** `^`. */
  | { readonly kind: 'beginning' }
  /** It has no width: `$`, `\b`, a look-around. What a look-around sees is no part of the match. */
  | { readonly kind: 'nothing' }
  /** Any of many characters, or what is not read here. */
  | { readonly kind: 'unknown' };

/** What stands at one place of a pattern. */
export type Part = Piece & { readonly times: Times };

/**
 * The parts of a pattern (ECMA-262, 22.2.1), for who asks which texts its matches have. What is not known by its text is passed over as
 * `unknown`. @returns undefined for one with set notation (flag `v`), whose classes are not read
 */
export function partsOf(pattern: RegExp): Alternatives | undefined {
  return pattern.flags.includes('v') ? undefined : new Walk(pattern.source).alternatives();
}

class Walk {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  alternatives(): Alternatives {
    const found = [this.#sequence()];
    while (this.#source[this.#at] === '|') {
      this.#at++;
      found.push(this.#sequence());
    }
    return found;
  }

  #sequence(): Part[] {
    const parts: Part[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      const piece = this.#piece();
      parts.push({ ...piece, times: this.#times() });
    }
    return parts;
  }

  #piece(): Piece {
    const sign = this.#source[this.#at++] ?? '';
    switch (sign) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      case '^':
        return { kind: 'beginning' };
      case '$':
        return { kind: 'nothing' };
      case '.':
        return { kind: 'unknown' };
      default:
        return { kind: 'character', character: sign };
    }
  }

  #group(): Piece {
    const opening = /^\?(?:<[^=!>][^>]*>|<?[=!]|[a-z-]*:)/.exec(this.#source.slice(this.#at))?.[0] ?? '';
    this.#at += opening.length;
    const alternatives = this.alternatives();
    this.#at++;
    if (/^\?<?[=!]/.test(opening)) return { kind: 'nothing' };
    return { kind: 'group', alternatives, flagged: /^\?[a-z-]+:/.test(opening) };
  }

  #class(): Piece {
    const inside = /^(?:\\.|[^\]\\])*/s.exec(this.#source.slice(this.#at))?.[0] ?? '';
    this.#at += inside.length + 1;
    const few = /^(?!\^)(?:\\[^A-Za-z\d]|[^\\-])+$/s.test(inside);
    return few ? { kind: 'class', characters: Array.from(inside.replaceAll(/\\(.)/gs, '$1')) } : { kind: 'unknown' };
  }

  #escape(): Piece {
    const rest = this.#source.slice(this.#at);
    const code = /^(?:x([\da-f]{2})|u([\da-f]{4}))/i.exec(rest);
    if (code) {
      this.#at += code[0].length;
      return { kind: 'character', character: String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '', 16)) };
    }
    const long = /^(?:[pP]\{[^}]*\}|k<[^>]*>|u\{[^}]*\}|c[A-Za-z]|\d+)/.exec(rest)?.[0];
    this.#at += long?.length ?? 1;
    const sign = rest[0] ?? '';
    if (long === undefined && /[bB]/.test(sign)) return { kind: 'nothing' };
    return long !== undefined || /[A-Za-z]/.test(sign) ? { kind: 'unknown' } : { kind: 'character', character: sign };
  }

  /** Reads the quantifier after a part, if there is one. */
  #times(): Times {
    const found = /^(?:[?*+]|\{(\d+)(?:,\d*)?\})\??/.exec(this.#source.slice(this.#at));
    if (!found) return 'once';
    this.#at += found[0].length;
    const least = found[1] === undefined ? (found[0].startsWith('+') ? 1 : 0) : Number(found[1]);
    return least === 0 ? 'perhaps' : 'more';
  }
}
