import { type Document, listOf, objectIn, textOf } from './client.ts';
import { visible } from './table.ts';
import { cut } from './wrap.ts';

/** Units in a second, of the part of an operation under this path. */
export type Rate = (path: string) => number | undefined;

/** A part of an operation, and where it stands: `0.2` is the third part of the first. */
export interface Part {
  readonly step: Document;
  readonly path: string;
  readonly depth: number;
  /** The state of the whole that it is a part of. */
  readonly above: string;
}

/** The operation itself, its parts, their parts …, as they are shown below each other. */
export function partsOf(step: Document, path = '', depth = 0, above = ''): Part[] {
  const below = listOf(step, 'steps').flatMap((each, index) =>
    partsOf(each, path === '' ? `${index}` : `${path}.${index}`, depth + 1, textOf(step, 'state')),
  );
  return [{ step, path, depth, above }, ...below];
}

/** An operation with its parts, a line each, none wider than the terminal and no more than it has room for. */
export function treeOf(operation: Document, columns: number, rows: number, now: number, rate: Rate): string[] {
  const parts = fitting(partsOf(operation), rows);
  const names = parts.map(({ step, depth }) => `${'  '.repeat(depth)}${visible(textOf(step, 'title'))}`);
  const room = Math.max(10, Math.floor(columns / 2) - 2);
  const width = Math.min(room, Math.max(0, ...names.map((name) => name.length)));
  return parts.map((part, index) => {
    const name = cut(names[index] ?? '', width).padEnd(width);
    return cut(`${name}  ${detailOf(part, columns - width - 2, now, rate)}`, columns).trimEnd();
  });
}

/** On a low terminal those that are over go first, and those that wait next. */
function fitting(parts: readonly Part[], rows: number): Part[] {
  let left = [...parts];
  for (const over of ['success', 'waiting', 'fail', 'progress']) {
    for (let index = left.length - 1; index > 0 && left.length > rows; index--) {
      if (textOf(left[index]?.step ?? new Map(), 'state') === over) left = left.toSpliced(index, 1);
    }
  }
  return left;
}

/** How far it is, in as many words as there is room for, and with a bar if there is room for that, too. */
function detailOf(part: Part, room: number, now: number, rate: Rate): string {
  const { share, words, wider } = wordsOf(part, now, rate);
  // The least telling goes first where there is no room.
  while (words.length > 1 && words.join('  ').length > room) words.pop();
  // Of two widths only, and with room for what is still to be found out: one that followed the words beside it would jump.
  const rest = room - words.join('  ').length - wider;
  const width = share === undefined ? undefined : [20, 10].find((each) => each + 4 <= rest);
  return [...(share === undefined || width === undefined ? [] : [barOf(share, width)]), ...words].join('  ');
}

/** How far it is, on one line without a bar. */
export function lineOf(part: Part, now: number, rate: Rate): string {
  return wordsOf(part, now, rate).words.join('  ').trim();
}

/** The words by how much they tell; `wider` characters more will be needed when a rate is known. */
function wordsOf(part: Part, now: number, rate: Rate): { share: number | undefined; words: string[]; wider: number } {
  const { step, path } = part;
  const { current, end, unit } = numbersOf(step);
  if (textOf(step, 'state') !== 'progress' || current === undefined) {
    const state = textOf(step, 'state') === 'progress' ? '' : stateOf(part);
    return { share: undefined, words: [state, amountOf(step), tookOf(step, now)].filter((word) => word !== ''), wider: 0 };
  }
  const perSecond = rate(path);
  const share = end !== undefined && end > 0 ? Math.min(1, current / end) : undefined;
  const percent = share === undefined ? '' : `${Math.floor(share * 100)}%`.padStart(4);
  const isBytes = unit === 'bytes';
  const speed = isBytes && perSecond !== undefined ? `${sizeText(perSecond)}/s` : '';
  const left = end !== undefined && perSecond ? `${clock((Math.max(0, end - current) / perSecond) * 1_000)} left` : '';
  const words = [percent, amountOf(step), speed, left].filter((word) => word !== '');
  return { share, words, wider: (isBytes && speed === '' ? '  999 kB/s'.length : 0) + (left === '' ? '  0:00 left'.length : 0) };
}

/** What became of it, in a word. */
export function stateOf({ step, above }: Pick<Part, 'step' | 'above'>): string {
  switch (textOf(step, 'state')) {
    case 'waiting':
      if (above === 'success') return 'not needed';
      return above === 'fail' ? 'not begun' : 'waiting';
    case 'progress':
      return step.get('cancelling') === true ? 'stopping' : 'running';
    case 'success':
      return 'done';
    default:
      return ENDS[textOf(objectIn(step, 'error'), 'code')] ?? 'failed';
  }
}

const ENDS: Readonly<Record<string, string>> = {
  'operation-cancelled': 'cancelled',
  'operation-interrupted': 'interrupted',
};

/** `4.2 MB of 51.2 MB`, `12 of 40 devices`, `1 step`; empty when nothing is known. */
export function amountOf(step: Document): string {
  const { current, end, unit } = numbersOf(step);
  if (current === undefined) return '';
  const isBytes = unit === 'bytes';
  const text = (value: number) => (isBytes ? sizeText(value) : value.toLocaleString('en'));
  const all = end === undefined || end === current ? text(current) : `${text(current)} of ${text(end)}`;
  return isBytes ? all : `${all} ${all === '1' ? unit.replace(/s$/, '') : unit}`;
}

/** How long it took, or has taken so far; empty when it has not begun. */
export function tookOf(step: Document, now: number): string {
  const started = textOf(step, 'started');
  if (started === '') return '';
  const ended = textOf(step, 'ended');
  return clock((ended === '' ? now : Date.parse(ended)) - Date.parse(started));
}

function numbersOf(step: Document): { current: number | undefined; end: number | undefined; unit: string } {
  const progress = objectIn(step, 'progress');
  const number = (key: string) => {
    const value = progress.get(key);
    return typeof value === 'number' ? value : undefined;
  };
  return { current: number('current'), end: number('end'), unit: textOf(progress, 'unit') };
}

function barOf(share: number, width: number): string {
  const full = Math.floor(share * width);
  return `[${'#'.repeat(full)}${'-'.repeat(width - full)}]`;
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `51.2 MB` */
export function sizeText(bytes: number): string {
  let [value, size] = [bytes, 0];
  while (value >= 999.5 && size < SIZES.length - 1) [value, size] = [value / 1_000, size + 1];
  return `${value.toFixed(size > 0 && value < 99.95 ? 1 : 0)} ${SIZES[size]}`;
}

/** `0:07`, `12:00`, `1:02:03` */
function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  const digits = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}:${digits(minutes)}` : minutes}:${digits(seconds % 60)}`;
}

/** Of how long ago rates are made: short enough to show a line that has become slow, long enough to be read. */
const WINDOW_MS = 8_000;

/** How fast the parts of an operation go on, from what was seen of them. */
export class Pace {
  readonly #seen = new Map<string, [at: number, current: number][]>();

  note(operation: Document, now: number): void {
    for (const { step, path } of partsOf(operation)) {
      const { current } = numbersOf(step);
      if (current === undefined) continue;
      const seen = (this.#seen.get(path) ?? []).filter(([at]) => at > now - WINDOW_MS);
      this.#seen.set(path, [...seen, [now, current]]);
    }
  }

  /** undefined before there is a second of it. */
  rate(path: string, now: number): number | undefined {
    const seen = this.#seen.get(path) ?? [];
    const [first, last] = [seen[0], seen.at(-1)];
    // Also the time in which nothing came.
    if (!first || !last || now - first[0] < 1_000) return undefined;
    return Math.max(0, last[1] - first[1]) / ((now - first[0]) / 1_000);
  }
}
