// Two slips of the finger; a longer word may have one for every four of its letters.
const slips = (word: string) => Math.max(2, Math.floor(word.length / 4));

/** What `word` was probably meant to be; undefined when nothing is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), Math.min(slips(candidate), least - 1));
    if (distance !== undefined) [best, least] = [candidate, distance];
  }
  return best;
}

/** How many letters have to be put in, left out or changed (Levenshtein); undefined when it is more than `most`. */
function editDistance(from: string, to: string, most: number): number | undefined {
  if (Math.abs(from.length - to.length) > most) return undefined;
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const letter of from) {
    let least = (above[0] ?? 0) + 1;
    const row = [least];
    for (let column = 1; column <= to.length; column++) {
      const changed = (above[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      const edits = Math.min(changed, (above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1);
      row.push(edits);
      if (edits < least) least = edits;
    }
    // No later row has less than the least of this one.
    if (least > most) return undefined;
    above = row;
  }
  const distance = above.at(-1) ?? 0;
  return distance <= most ? distance : undefined;
}
