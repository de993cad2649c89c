import { type Alternatives, type Part, partsOf } from '../lib/pattern.ts';

/**
 * Texts of which every match of a pattern contains at least one, in lower case; undefined when there is no such text. The
 * dispatcher finds its candidates by them, so a pattern is only run on a request that can match it.
 */
export function requiredLiterals(pattern: RegExp): readonly string[] | undefined {
  const parts = partsOf(pattern);
  return parts && ofAlternatives(parts)?.map((text) => text.toLowerCase());
}

type Literals = readonly string[] | undefined;

/** One of several: each must have a text of its own, and any of them may be the one that is there. */
function ofAlternatives(alternatives: Alternatives): Literals {
  const texts: string[] = [];
  for (const alternative of alternatives) {
    const best = ofSequence(alternative);
    if (!best) return undefined;
    texts.push(...best);
  }
  return texts;
}

/** One after the other: the best of all the texts that must be there. */
function ofSequence(parts: readonly Part[]): Literals {
  let best: Literals;
  let run = '';
  const offer = (candidate: Literals): void => {
    if (candidate && shortest(candidate) > (best ? shortest(best) : 0)) best = candidate;
  };
  const endRun = (): void => {
    if (run !== '') offer([run]);
    run = '';
  };
  for (const part of parts) {
    if (part.kind === 'character') {
      if (part.times !== 'perhaps') run += part.character;
      // After `a+` another a may follow, after `a?` nothing is sure: either way a new run begins.
      if (part.times !== 'once') endRun();
    } else {
      endRun();
      if (part.kind === 'group' && part.times !== 'perhaps') offer(ofAlternatives(part.alternatives));
    }
  }
  endRun();
  return best;
}

function shortest(texts: readonly string[]): number {
  return Math.min(...texts.map((text) => text.length));
}
