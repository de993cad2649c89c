import { expect, test } from '@jest/globals';
import type { Document } from '../../server/cli/client.ts';
import { Pace, treeOf } from '../../server/cli/progress.ts';
import { fromPlain } from '../../server/lib/ordered-json.ts';

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1_000).toISOString();
const now = 1_700_000_000_000 + 20_000;

function step(title: string, state: string, more: object = {}): object {
  return { label: title, title, state, progress: null, steps: [], started: null, ended: null, error: null, ...more };
}

function document(plain: object): Document {
  return fromPlain(plain) as Document;
}

const install = document(
  step('install firmware T46U', 'progress', {
    started: at(0),
    steps: [
      step('download a.zip', 'success', {
        progress: { current: 51_200_000, end: 51_200_000, unit: 'bytes' },
        started: at(0),
        ended: at(8),
      }),
      step('download b.zip', 'progress', { progress: { current: 4_200_000, end: 12_000_000, unit: 'bytes' }, started: at(8) }),
      step('unpack', 'waiting', { steps: [step('a.zip', 'waiting')] }),
    ],
  }),
);

const rate = (path: string) => (path === '1' ? 400_000 : undefined);

test('a tree has a line for each part, with a bar, a rate and the time that is left', () => {
  expect(treeOf(install, 100, 24, now, rate)).toEqual([
    'install firmware T46U  0:20',
    '  download a.zip       done  51.2 MB  0:08',
    '  download b.zip       [#######-------------]   35%  4.2 MB of 12.0 MB  400 kB/s  0:20 left',
    '  unpack               waiting',
    '    a.zip              waiting',
  ]);
});

test.each([20, 40, 60, 80, 200])('no line is wider than a terminal of %i characters', (columns) => {
  const long = document(step('x'.repeat(300), 'progress', { steps: [install, ...Array(3).fill(install)] }));
  for (const each of [install, long]) {
    for (const line of treeOf(each, columns, 24, now, rate)) expect(line.length).toBeLessThanOrEqual(columns);
  }
  expect(treeOf(install, columns, 24, now, rate).join('\n')).toMatch(/35%|^.{1,20}$/m);
});

test('on a narrow terminal the least telling words go first', () => {
  const line = (columns: number) => treeOf(install, columns, 24, now, rate)[2];
  expect(line(60)).toBe('  download b.zip        35%  4.2 MB of 12.0 MB  400 kB/s');
  expect(line(50)).toBe('  download b.zip        35%  4.2 MB of 12.0 MB');
  expect(line(34)).toBe('  download b.z…   35%');
});

test('on a low terminal what is over goes first, and what waits next', () => {
  const titles = (rows: number) => treeOf(install, 100, rows, now, rate).map((line) => line.trim().split('  ')[0]);
  expect(titles(4)).toEqual(['install firmware T46U', 'download b.zip', 'unpack', 'a.zip']);
  expect(titles(2)).toEqual(['install firmware T46U', 'download b.zip']);
  expect(titles(1)).toEqual(['install firmware T46U']);
});

test.each([
  ['success', null, 'not needed'],
  ['fail', { code: 'operation-cancelled' }, 'not begun'],
])('of a whole that ended in %s, what still waits was %s', (state, error, word) => {
  const ended = document(step('all', state, { error, ended: at(3), started: at(0), steps: [step('part', 'waiting')] }));
  expect(treeOf(ended, 80, 24, now, rate)[1]).toBe(`  part  ${word}`);
});

test.each([
  ['operation-cancelled', 'cancelled'],
  ['operation-interrupted', 'interrupted'],
  ['disk-full', 'failed'],
])('the error %s is the word %s', (code, word) => {
  const failed = document(step('all', 'fail', { error: { code }, started: at(0), ended: at(3_723) }));
  expect(treeOf(failed, 80, 24, now, rate)).toEqual([`all  ${word}  1:02:03`]);
});

test('what a title holds moves no cursor', () => {
  expect(treeOf(document(step('a\u001b[2Jb\n', 'waiting')), 80, 24, now, rate)).toEqual(['a\\u{1b}[2Jb\\u{a}  waiting']);
});

test('a rate is of the last seconds, falls when nothing comes, and is not told too soon', () => {
  const pace = new Pace();
  const note = (current: number, ms: number) =>
    pace.note(document(step('d', 'progress', { progress: { current, end: null, unit: 'bytes' } })), ms);
  note(0, 0);
  expect(pace.rate('', 500)).toBeUndefined();
  note(1_000, 1_000);
  expect(pace.rate('', 1_000)).toBe(1_000);
  expect(pace.rate('', 4_000)).toBe(250);
  // What was an age ago does not count.
  note(2_000, 60_000);
  note(4_000, 61_000);
  expect(pace.rate('', 61_000)).toBe(2_000);
  expect(pace.rate('0', 61_000)).toBeUndefined();
});

test('a bar does not go away when the time that is left becomes known', () => {
  const render = document(
    step('render for all devices', 'progress', { progress: { current: 5_584, end: 6_000, unit: 'devices' }, started: at(0) }),
  );
  const line = (known: number | undefined) => treeOf(render, 79, 24, now, () => known)[0];
  expect(line(undefined)).toBe('render for all devices  [#########-]   93%  5,584 of 6,000 devices');
  expect(line(416)).toBe('render for all devices  [#########-]   93%  5,584 of 6,000 devices  0:01 left');
});
