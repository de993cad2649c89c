/**
 * Texts of which every match of a pattern contains at least one, in lower case; undefined when there is no such text. The
 * dispatcher finds its candidates by them, so a pattern is only run on a request that can match it.
 */
export function requiredLiterals(pattern: RegExp): readonly string[] | undefined {
  const reader = new Reader(pattern.source);
  const found = reader.alternatives();
  // Something the reader does not know (the v flag's set notation, say): never guess.
  if (!found || !reader.atEnd() || pattern.flags.includes('v')) return undefined;
  return found.map((text) => text.toLowerCase());
}

type Literals = readonly string[] | undefined;

/** Walks over the source of a pattern (ECMA-262, 22.2.1) and keeps what must be there. */
class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  atEnd(): boolean {
    return this.#at >= this.#source.length;
  }

  /** One of several: each must have a text of its own, and any of them may be the one that is there. */
  alternatives(): Literals {
    const branches = [this.#sequence()];
    while (this.#source[this.#at] === '|') {
      this.#at++;
      branches.push(this.#sequence());
    }
    const texts: string[] = [];
    for (const branch of branches) {
      if (!branch) return undefined;
      texts.push(...branch);
    }
    return texts;
  }

  /** One after the other: the best of all the texts that must be there. */
  #sequence(): Literals {
    let best: Literals;
    let run = '';
    const offer = (candidate: Literals): void => {
      if (candidate && shortest(candidate) > (best ? shortest(best) : 0)) best = candidate;
    };
    const endRun = (): void => {
      if (run !== '') offer([run]);
      run = '';
    };
    while (!this.atEnd() && this.#source[this.#at] !== '|' && this.#source[this.#at] !== ')') {
      const item = this.#item();
      const times = this.#times();
      if (typeof item === 'string') {
        if (times !== 'perhaps') run += item;
        // After `a+` another a may follow, after `a?` nothing is sure: either way a new run begins.
        if (times !== 'once') endRun();
      } else {
        endRun();
        if (times !== 'perhaps') offer(item);
      }
    }
    endRun();
    return best;
  }

  /** A character as text; a group as what it requires; anything else as undefined. */
  #item(): string | Literals {
    const sign = this.#source[this.#at++] ?? '';
    switch (sign) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      case '.':
      case '^':
      case '$':
        return undefined;
      default:
        return sign;
    }
  }

  #group(): Literals {
    const opening = /^\?(?:<[^=!>][^>]*>|<?[=!]|:|[a-z-]*:)/.exec(this.#source.slice(this.#at))?.[0] ?? '';
    this.#at += opening.length;
    const inside = this.alternatives();
    this.#at++;
    // What a look-around sees need not be part of the match, and a negative one must not be there at all.
    return /^\?<?[=!]/.test(opening) ? undefined : inside;
  }

  #class(): undefined {
    while (!this.atEnd() && this.#source[this.#at] !== ']') this.#at += this.#source[this.#at] === '\\' ? 2 : 1;
    this.#at++;
    return undefined;
  }

  #escape(): string | undefined {
    const rest = this.#source.slice(this.#at);
    const code = /^(?:x([\da-f]{2})|u([\da-f]{4}))/i.exec(rest);
    if (code) {
      this.#at += code[0].length;
      return String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '', 16));
    }
    const long = /^(?:[pP]\{[^}]*\}|k<[^>]*>|u\{[^}]*\}|c[A-Za-z]|\d+)/.exec(rest);
    this.#at += long ? long[0].length : 1;
    const sign = rest[0] ?? '';
    return long || /[A-Za-z]/.test(sign) ? undefined : sign;
  }

  /** Reads the quantifier after an item, if there is one. */
  #times(): 'once' | 'perhaps' | 'once or more' {
    const found = /^(?:[?*+]|\{(\d+)(?:,\d*)?\})\??/.exec(this.#source.slice(this.#at));
    if (!found) return 'once';
    this.#at += found[0].length;
    const least = found[1] === undefined ? (found[0].startsWith('+') ? 1 : 0) : Number(found[1]);
    return least === 0 ? 'perhaps' : 'once or more';
  }
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map((text) => text.length));
}
