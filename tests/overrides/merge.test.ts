import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { merge, unifiedDiff } from '../../server/overrides/merge.ts';

const folder = mkdtempSync(join(tmpdir(), 'offhook-merge-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');

test.each([
  ['each changed another place', lines('A', 'b', 'c'), lines('a', 'b', 'c'), lines('a', 'b', 'C'), lines('A', 'b', 'C')],
  ['only the operator changed it', lines('A', 'b'), lines('a', 'b'), lines('a', 'b'), lines('A', 'b')],
  ['only the package changed it', lines('a', 'b'), lines('a', 'b'), lines('a', 'B', 'c'), lines('a', 'B', 'c')],
  ['both made the same change', lines('a', 'X', 'c'), lines('a', 'b', 'c'), lines('a', 'X', 'c'), lines('a', 'X', 'c')],
  ['both took the same away', lines('a'), lines('a', 'b'), lines('a'), lines('a')],
  [
    'the override ends its lines as Windows does',
    'A\r\nb\r\nc\r\n',
    lines('a', 'b', 'c'),
    lines('a', 'b', 'C'),
    'A\r\nb\r\nC\r\n',
  ],
  ['the package now ends its lines as Windows does', lines('A', 'b'), lines('a', 'b'), 'a\r\nb\r\n', lines('A', 'b')],
  ['no text ends its last line', 'A\nb\nc', 'a\nb\nc', 'a\nb\nc\nd\ne', 'A\nb\nc\nd\ne'],
  ['the package ends its last line now', 'A\nb\nc', 'a\nb\nc', 'a\nb\nc\n', 'A\nb\nc\n'],
  ['both were empty', 'a\n', '', '', 'a\n'],
  ['the package emptied it, untouched', '', '', 'a\n', 'a\n'],
  [
    'signs beyond ASCII stand in it',
    lines('é', 'b', 'ü'),
    lines('é', 'b', '☎'),
    lines('日本', 'b', '☎'),
    lines('日本', 'b', 'ü'),
  ],
])('the merge is clean when %s', (_, override, base, changed, text) => {
  expect(merge(override, base, changed)).toEqual({ text, conflicts: [] });
});

test('where both changed the same lines in other ways there are marks, and it is told where', () => {
  const base = lines('a', 'b', 'c', 'd');
  expect(merge(lines('0', 'a', 'mine', 'c', 'd'), base, lines('a', 'theirs', 'c', 'd'))).toEqual({
    text: lines('0', 'a', '<<<<<<< override', 'mine', '||||||| base', 'b', '=======', 'theirs', '>>>>>>> package', 'c', 'd'),
    conflicts: [{ line: 3, marked: 3, override: 'mine\n', base: 'b\n', package: 'theirs\n' }],
  });
});

test('a mark has a line of its own after a last line without an end, and line ends of Windows when the override has them', () => {
  const { text, conflicts } = merge('a\r\nmine', 'a\nb', 'a\ntheirs');
  expect(text).toBe(
    ['a', '<<<<<<< override', 'mine', '||||||| base', 'b', '=======', 'theirs', '>>>>>>> package', ''].join('\r\n'),
  );
  expect(conflicts).toHaveLength(1);
});

test('the package emptied what the operator changed: a conflict', () => {
  expect(merge('A\n', 'a\n', '').conflicts).toEqual([{ line: 1, marked: 1, override: 'A\n', base: 'a\n', package: '' }]);
});

/** Lines that often repeat, as those of templates do: where everything is different every merge is easy. */
const text = fc.array(fc.constantFrom<string>('a', 'b', 'c', 'd', '', '{% endif %}'), { maxLength: 12 });

/** A base, and two texts that were made of it by some edits each. */
const three = text.chain((base) => {
  const edit = fc.record({
    at: fc.nat(12),
    drop: fc.nat(2),
    add: fc.array(fc.constantFrom<string>('a', 'x', 'y', ''), { maxLength: 2 }),
  });
  const side = fc.array(edit, { maxLength: 3 }).map((edits) => {
    const result = [...base];
    for (const { at, drop, add } of edits) result.splice(at, drop, ...add);
    return result;
  });
  return fc.record({ base: fc.constant(base), ours: side, theirs: side });
});

interface Three {
  readonly base: readonly string[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

/** What `git merge-file` and GNU diff3 make of them, undefined for a conflict; all in one shell, which is faster. */
function references(cases: readonly Three[]): { git: string | undefined; diff3: string | undefined }[] {
  for (const [index, each] of cases.entries()) {
    for (const name of ['ours', 'base', 'theirs'] as const) writeFileSync(join(folder, `${index}.${name}`), lines(...each[name]));
  }
  const script = `for n in $(seq 0 ${cases.length - 1}); do
    diff3 --merge $n.ours $n.base $n.theirs > $n.diff3 || rm $n.diff3
    git merge-file --quiet --stdout $n.ours $n.base $n.theirs > $n.git || rm $n.git
  done`;
  expect(spawnSync('sh', ['-c', script], { cwd: folder }).error).toBeUndefined();
  const read = (file: string) => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : undefined);
  return cases.map((_, index) => ({ git: read(`${index}.git`), diff3: read(`${index}.diff3`) }));
}

test('of 2,000 texts that were changed twice, git and GNU diff3 make what we make, or a conflict is told that one of them sees', () => {
  const cases = fc.sample(three, { numRuns: 2_000, seed: 42 });
  const found = references(cases);
  const counts = { clean: 0, conflict: 0, ourOwn: 0 };
  for (const [index, { git, diff3 }] of found.entries()) {
    const { base, ours, theirs } = cases[index] ?? { base: [], ours: [], theirs: [] };
    const made = merge(lines(...ours), lines(...base), lines(...theirs));
    const told = made.conflicts.length > 0 ? undefined : made.text;
    if (told === undefined) counts.conflict++;
    else counts.clean++;
    // Of lines that repeat it is not settled which of them was changed: then we may see a conflict, or none, where others do not.
    if (told !== git && told !== diff3) counts.ourOwn++;
    // What must not be: that all are content, and not with the same.
    if (told !== undefined && git !== undefined && diff3 !== undefined)
      expect({ told, diff3 }).toEqual({ told: git, diff3: git });
  }
  expect(counts.clean).toBeGreaterThan(1_000);
  expect(counts.conflict).toBeGreaterThan(300);
  expect(counts.ourOwn).toBeLessThan(40);
}, 120_000);

test('a difference is told as diff -u tells it, and patch(1) makes one text of the other by it', () => {
  expect(unifiedDiff({ name: 'x', text: 'a\n' }, { name: 'y', text: 'a\n' })).toBe('');
  const from = { name: 'digium/phone.tpl as it was', text: lines('a', 'b', 'c') };
  expect(unifiedDiff(from, { name: 'digium/phone.tpl', text: 'a\nB\nc' })).toBe(
    [
      '--- digium/phone.tpl as it was',
      '+++ digium/phone.tpl',
      '@@ -1,3 +1,3 @@',
      ' a',
      '-b',
      '-c',
      '+B',
      '+c',
      '\\ No newline at end of file',
      '',
    ].join('\n'),
  );
});

test('texts of many thousand lines that have nothing in common are told as a whole, within a second or two', () => {
  const [one, other] = ['a', 'b'].map((sign) => lines(...Array.from({ length: 20_000 }, (_, index) => `${sign}${index}`)));
  const started = performance.now();
  const told = unifiedDiff({ name: 'x', text: one ?? '' }, { name: 'y', text: other ?? '' });
  expect(told.startsWith('--- x\n+++ y\n@@ -1,20000 +1,20000 @@\n-a0\n')).toBe(true);
  expect(merge(one ?? '', lines('a', 'b'), other ?? '').conflicts).toHaveLength(1);
  expect(performance.now() - started).toBeLessThan(10_000);
});
