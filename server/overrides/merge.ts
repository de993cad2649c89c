import { diffArrays, FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff';

/** Lines that the operator and the package both changed, each in another way. */
export interface Conflict {
  /** Where it begins in the operator's text, and in the merge with marks; 1 for the first line. */
  readonly line: number;
  readonly marked: number;
  readonly override: string;
  readonly base: string;
  readonly package: string;
}

export interface Merge {
  /** Both changes in one text; around conflicts there are marks, as `git merge-file --diff3` makes them. */
  readonly text: string;
  /** None: the merge is clean. */
  readonly conflicts: readonly Conflict[];
}

/** Lines of the base from `start` to before `end` become these. */
interface Hunk {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/** Texts with more lines added and taken away than this are told as changed from top to bottom: who compares them holds phones up. */
const MOST_EDITS = 2_000;

/**
 * What the operator changed and what the package changed, in one text (diff3: changes that touch each other conflict unless they are the
 * same). The text has the line ends of the operator's, who may have edited the package's template on Windows.
 */
export function merge(override: string, base: string, changed: string): Merge {
  const isCrlf = endsLinesWithCrlf(override);
  const merged = mergeLines(linesOf(override), linesOf(base), linesOf(changed));
  return isCrlf ? { ...merged, text: merged.text.replaceAll('\n', '\r\n') } : merged;
}

function mergeLines(override: readonly string[], base: readonly string[], changed: readonly string[]): Merge {
  const [ours, theirs] = [hunksOf(base, override), hunksOf(base, changed)];
  const text: string[] = [];
  const conflicts: Conflict[] = [];
  // Where we are in the base, and by how many lines the override is ahead of it.
  let at = 0;
  let ahead = 0;
  while (ours.length > 0 || theirs.length > 0) {
    const start = Math.min(ours[0]?.start ?? base.length, theirs[0]?.start ?? base.length);
    const region = takeRegion(start, ours, theirs);
    const { end } = region;
    text.push(...base.slice(at, start));
    const mine = applied(base, start, end, region.ours);
    const other = applied(base, start, end, region.theirs);
    if (region.theirs.length === 0) text.push(...mine);
    else if (region.ours.length === 0 || mine.join('') === other.join('')) text.push(...other);
    else {
      const before = base.slice(start, end);
      conflicts.push({
        line: start + ahead + 1,
        marked: text.length + 1,
        override: mine.join(''),
        base: before.join(''),
        package: other.join(''),
      });
      text.push(...marks(mine, before, other));
    }
    ahead += mine.length - (end - start);
    at = end;
  }
  return { text: [...text, ...base.slice(at)].join(''), conflicts };
}

/** Takes the hunks of both sides that touch each other, the first of which begins at `start`. */
function takeRegion(start: number, ours: Hunk[], theirs: Hunk[]): { end: number; ours: Hunk[]; theirs: Hunk[] } {
  const region = { end: start, ours: [] as Hunk[], theirs: [] as Hunk[] };
  for (;;) {
    const side = (ours[0]?.start ?? Infinity) <= (theirs[0]?.start ?? Infinity) ? 'ours' : 'theirs';
    const [next] = side === 'ours' ? ours : theirs;
    if (!next || next.start > region.end) return region;
    (side === 'ours' ? ours : theirs).shift();
    region[side].push(next);
    region.end = Math.max(region.end, next.end);
  }
}

/** The lines of the base from `start` to before `end`, as one side has them. */
function applied(base: readonly string[], start: number, end: number, hunks: readonly Hunk[]): string[] {
  const lines: string[] = [];
  let at = start;
  for (const hunk of hunks) {
    lines.push(...base.slice(at, hunk.start), ...hunk.lines);
    at = hunk.end;
  }
  return [...lines, ...base.slice(at, end)];
}

function marks(override: readonly string[], base: readonly string[], changed: readonly string[]): string[] {
  const parts = [['<<<<<<< override\n'], override, ['||||||| base\n'], base, ['=======\n'], changed, ['>>>>>>> package\n']];
  // A mark has a line of its own, also after a text whose last line does not end.
  return parts.flat().map((line) => (line.endsWith('\n') ? line : `${line}\n`));
}

function hunksOf(base: readonly string[], side: readonly string[]): Hunk[] {
  const changes = diffArrays([...base], [...side], { maxEditLength: MOST_EDITS });
  if (!changes) return [{ start: 0, end: base.length, lines: side }];
  const hunks: Hunk[] = [];
  let at = 0;
  let open: { start: number; lines: string[] } | undefined;
  for (const { added, removed, value } of changes) {
    if (!added && !removed) {
      if (open) hunks.push({ ...open, end: at });
      open = undefined;
    } else open ??= { start: at, lines: [] };
    if (added) open?.lines.push(...value);
    else at += value.length;
  }
  if (open) hunks.push({ ...open, end: at });
  return hunks.map((hunk, index) => settled(hunk, base, hunks[index + 1]?.start ?? base.length + 1));
}

/** Of several equal lines it is all the same which was added or taken away: the last, so that both sides mean the same one. */
function settled({ start, end, lines }: Hunk, base: readonly string[], next: number): Hunk {
  if (start < end && lines.length > 0) return { start, end, lines };
  const moving = start < end ? base.slice(start, end) : [...lines];
  let by = 0;
  // A hunk that comes to touch the next one would be another change.
  while (end + by + 1 < next && base[end + by] === moving[by % moving.length]) by++;
  const turn = by % moving.length;
  return { start: start + by, end: end + by, lines: start < end ? lines : [...moving.slice(turn), ...moving.slice(0, turn)] };
}

/** Each with its end, so that a last line without one is another line. */
function linesOf(text: string): string[] {
  return (endsLinesWithCrlf(text) ? text.replaceAll('\r\n', '\n') : text).match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function endsLinesWithCrlf(text: string): boolean {
  return text.includes('\r\n') && !/(?:^|[^\r])\n/.test(text);
}

/** What to change to get from one text to another, as `diff -u` tells it; empty when they are the same. */
export function unifiedDiff(from: { name: string; text: string }, to: { name: string; text: string }): string {
  if (from.text === to.text) return '';
  const patch = structuredPatch(from.name, to.name, from.text, to.text, undefined, undefined, {
    context: 3,
    maxEditLength: MOST_EDITS,
  });
  return formatPatch(patch ?? wholePatch(from, to), FILE_HEADERS_ONLY);
}

function wholePatch(from: { name: string; text: string }, to: { name: string; text: string }) {
  const [before, after] = [linesOf(from.text), linesOf(to.text)];
  const told = (sign: string, lines: readonly string[]) =>
    lines.flatMap((line) =>
      line.endsWith('\n') ? [`${sign}${line.slice(0, -1)}`] : [`${sign}${line}`, '\\ No newline at end of file'],
    );
  const lines = [...told('-', before), ...told('+', after)];
  const hunk = { oldStart: 1, oldLines: before.length, newStart: 1, newLines: after.length, lines };
  return { oldFileName: from.name, newFileName: to.name, oldHeader: undefined, newHeader: undefined, hunks: [hunk] };
}
