/** The candidate that somebody probably meant, or undefined when none is near: more than a third of its characters differ. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  return allNearest(word, candidates)[0];
}

/** Those that somebody may have meant: as `nearest`, with all that are as near as it, in their order. */
export function allNearest(word: string, candidates: readonly string[]): string[] {
  let best: string[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const limit = Math.ceil(candidate.length / 3);
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const edits = distance(word, candidate);
    if (edits > limit || edits > least) continue;
    best = edits < least ? [candidate] : [...best, candidate];
    least = edits;
  }
  return best;
}

/** Edits between two words: one character inserted, left out or exchanged, or two neighbours swapped. */
function distance(from: string, to: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const exchanged = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1] ? at(previous, j - 2) + 1 : exchanged;
      next.push(Math.min(at(row, j) + 1, at(next, j - 1) + 1, exchanged, swapped));
    }
    [previous, row] = [row, next];
  }
  return at(row, to.length);
}

/** Beyond the edge there is no way. */
const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
