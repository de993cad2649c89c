import { expect, test } from '@jest/globals';
import type { State, Step } from '../../server/operations/model.ts';
import { statusOf } from '../../server/operations/status.ts';
import { fc } from '../support/fuzz.ts';

/** What a client of provd reads out of `[label|]state[;current[/end]](sub)*`. */
interface Read {
  readonly label: string;
  readonly state: string;
  readonly current: number | undefined;
  readonly end: number | undefined;
  readonly subs: readonly Read[];
}

function parse(text: string): Read {
  const [read, rest] = parseOne(text);
  if (rest !== '') throw new Error(`what is ${rest}?`);
  return read;
}

function parseOne(text: string): [Read, string] {
  const head = /^(?:(\w+)\|)?(waiting|progress|success|fail)(?:;(\d+)(?:\/(\d+))?)?/.exec(text);
  if (!head) throw new Error(`no operation: ${text}`);
  const [all, label = '', state = '', current, end] = head;
  const subs: Read[] = [];
  let rest = text.slice(all.length);
  while (rest.startsWith('(')) {
    const [sub, after] = parseOne(rest.slice(1));
    if (!after.startsWith(')')) throw new Error(`not closed: ${rest}`);
    subs.push(sub);
    rest = after.slice(1);
  }
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));
  return [{ label, state, current: number(current), end: number(end), subs }, rest];
}

function step(label: string, state: State, steps: readonly Step[] = [], current?: number, end?: number): Step {
  const progress =
    current === undefined ? {} : { progress: { current, unit: 'bytes' as const, ...(end !== undefined && { end }) } };
  return { label, title: 'whatever', state, steps, ...progress };
}

test.each([
  [
    'install|progress(download|progress;4096/51200)',
    step('install', 'progress', [step('download', 'progress', [], 4096, 51200)]),
  ],
  [
    'install_pkg|progress(download|progress(progress;10/100))(install|waiting)',
    step('install_pkg', 'progress', [
      step('download', 'progress', [step('', 'progress', [], 10, 100)]),
      step('install', 'waiting'),
    ]),
  ],
  ['progress', step('', 'progress')],
  ['upgrade|fail;3', step('upgrade', 'fail', [], 3)],
])('%s is written as provd writes it', (text, operation) => {
  expect(statusOf(operation)).toBe(text);
});

const state = fc.constantFrom<State>('waiting', 'progress', 'success', 'fail');
const number = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined });
const { tree } = fc.letrec<{ tree: Step }>((tie) => ({
  tree: fc
    .tuple(
      fc.stringMatching(/^\w{0,8}$/),
      state,
      fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('tree'), { maxLength: 3 })),
      number,
      number,
    )
    .map(([label, each, steps, current, end]) => step(label, each, steps, current, end)),
}));

test('whatever is written is read back', () => {
  const wanted = ({ label, state: each, steps, progress }: Step): Read => ({
    label,
    state: each,
    current: progress && Math.round(progress.current),
    end: progress?.end === undefined ? undefined : Math.round(progress.end),
    subs: steps.map(wanted),
  });
  fc.assert(fc.property(tree, (operation) => expect(parse(statusOf(operation))).toEqual(wanted(operation))));
});
