import { requiredLiterals } from './literals.ts';

/** A pattern and whose it is. */
export interface Entry<Owner> {
  readonly pattern: RegExp;
  readonly owner: Owner;
}

export interface Match<Owner> {
  readonly groups: Readonly<Record<string, string | undefined>>;
  readonly entry: Entry<Owner>;
}

/**
 * Finds the patterns that match a text without trying them all. Every pattern is filed under three characters that each of its
 * matches must contain, chosen to be rare among the patterns; one walk over the text looks its threes up. So the cost is that of
 * the text's length and of the patterns that nearly fit, not of the number of patterns. The same pattern of several owners runs once.
 */
export class Dispatcher<Owner> {
  readonly #filed = new Map<number, Pattern<Owner>[]>();
  /** Patterns without a required text of three characters. */
  readonly #always: Pattern<Owner>[] = [];

  constructor(entries: readonly Entry<Owner>[]) {
    const patterns = gather(entries);
    const keys = patterns.map(({ regex }) => requiredLiterals(regex)?.map(threes));
    const uses = new Map<number, number>();
    for (const key of new Set(keys.flat(2))) if (key !== undefined) uses.set(key, 0);
    for (const key of keys.flat(2)) if (key !== undefined) uses.set(key, (uses.get(key) ?? 0) + 1);
    const rarest = (candidates: readonly number[]): number | undefined =>
      [...candidates].sort((a, b) => (uses.get(a) ?? 0) - (uses.get(b) ?? 0))[0];

    for (const pattern of patterns) {
      const chosen = keys[pattern.order]?.map(rarest) ?? [undefined];
      for (const key of new Set(chosen)) {
        if (key === undefined) this.#always.push(pattern);
        else this.#filed.set(key, [...(this.#filed.get(key) ?? []), pattern]);
      }
    }
  }

  /** All matches, in the order of the entries. */
  match(text: string): Match<Owner>[] {
    const candidates = new Set(this.#always);
    const folded = text.toLowerCase();
    for (let end = 3; end <= folded.length; end++) {
      const filed = this.#filed.get(threeAt(folded, end - 3));
      if (filed) for (const pattern of filed) candidates.add(pattern);
    }
    const matches: Match<Owner>[] = [];
    for (const { regex, entries } of [...candidates].sort((a, b) => a.order - b.order)) {
      const found = regex.exec(text);
      if (found) for (const entry of entries) matches.push({ groups: found.groups ?? {}, entry });
    }
    return matches;
  }
}

interface Pattern<Owner> {
  readonly order: number;
  readonly regex: RegExp;
  readonly entries: Entry<Owner>[];
}

function gather<Owner>(entries: readonly Entry<Owner>[]): Pattern<Owner>[] {
  const patterns = new Map<string, Pattern<Owner>>();
  for (const entry of entries) {
    const { source, flags } = entry.pattern;
    const known = patterns.get(`${flags}/${source}`);
    if (known) known.entries.push(entry);
    else patterns.set(`${flags}/${source}`, { order: patterns.size, regex: entry.pattern, entries: [entry] });
  }
  return [...patterns.values()];
}

function threes(literal: string): number[] {
  const found: number[] = [];
  for (let start = 0; start + 3 <= literal.length; start++) found.push(threeAt(literal, start));
  return found;
}

/** Requests arrive as Latin-1, eight bits a character; a pattern's character beyond that matches nothing and may share a key. */
function threeAt(text: string, start: number): number {
  return (
    ((text.charCodeAt(start) & 0xff) << 16) | ((text.charCodeAt(start + 1) & 0xff) << 8) | (text.charCodeAt(start + 2) & 0xff)
  );
}
