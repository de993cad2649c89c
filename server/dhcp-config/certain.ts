import { type Alternatives, type Part, partsOf } from '../lib/pattern.ts';

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
  const parts = partsOf(pattern);
  // With the flag m, ^ stands for the beginning of any line.
  if (!parts || pattern.multiline) return { texts: [], uncertain: true };
  const found = ofAlternatives(parts);
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

function ofAlternatives(alternatives: Alternatives): Beginning[] {
  return alternatives.flatMap(ofSequence);
}

function ofSequence(parts: readonly Part[]): Beginning[] {
  let found: Beginning[] = [NOTHING];
  for (const part of parts) {
    const next = part.times === 'perhaps' ? [UNKNOWN] : part.times === 'more' ? ofPart(part).map(open) : ofPart(part);
    const joined = found.flatMap((before) => (before.whole ? next.map((after) => join(before, after)) : [before]));
    found = joined.length > MOST ? found.map(open) : joined;
  }
  return found;
}

function ofPart(part: Part): readonly Beginning[] {
  switch (part.kind) {
    case 'character':
      return [{ ...NOTHING, text: part.character }];
    case 'class':
      return part.characters.map((text) => ({ ...NOTHING, text }));
    case 'group':
      // Whether case counts inside of a group is not followed.
      return part.flagged ? [UNKNOWN] : ofAlternatives(part.alternatives);
    case 'beginning':
      return [{ ...NOTHING, anchored: true }];
    case 'nothing':
      return [NOTHING];
    case 'unknown':
      return [UNKNOWN];
  }
}

function open(each: Beginning): Beginning {
  return { ...each, whole: false };
}

function join(before: Beginning, after: Beginning): Beginning {
  return {
    text: before.text + after.text,
    // Behind a text a beginning matches nothing.
    anchored: before.anchored || after.anchored,
    whole: after.whole,
  };
}
