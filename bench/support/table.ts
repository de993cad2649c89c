import { cpus } from 'node:os';

/** One line of the table: what was measured, and what a peer did with the same work in the same run. */
export interface Row {
  /** `2 KB Digium files, 1 plugin`. */
  readonly what: string;
  readonly ours: number;
  /** `requests/s`, `ms`, `MB/s`. */
  readonly unit: string;
  /** Absent for a figure that nobody else has, such as the time to start. */
  readonly peer?: { readonly name: string; readonly figure: number };
  /** What we want: a ratio to the peer, or a figure where there is no peer; in the reading direction of the unit. */
  readonly target?: { readonly least: number } | { readonly most: number };
}

/** One part of the bench: `make bench-http` runs it alone. */
export interface Part {
  readonly name: string;
  /** What is done and how, in the words that docs/performance.md prints above the table. */
  readonly about: string;
  run(): Promise<readonly Row[]>;
}

/** Ratios first: they mean something on another machine, figures do not. */
export function table(part: Part, rows: readonly Row[]): string {
  const cells = rows.map((row) => [ratio(row), wanted(row), row.what, figure(row.ours, row.unit), against(row)]);
  return [
    `### ${part.name}`,
    '',
    part.about,
    '',
    `Run by \`make bench-${part.name}\`.`,
    '',
    ...grid([['ratio', 'wanted', 'what', 'Offhook', 'against'], ...cells]),
    '',
  ].join('\n');
}

/** On what it was measured. */
export function machine(): string {
  const [cpu] = cpus();
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores of ${cpu?.model.trim() ?? 'an unknown kind'}, Node ${process.version}`;
}

function ratio({ ours, peer }: Row): string {
  return peer ? `${(ours / peer.figure).toFixed(2)} ×` : '';
}

function wanted({ ours, peer, target }: Row): string {
  if (!target) return '';
  const reached = peer ? ours / peer.figure : ours;
  const [sign, bound, met] =
    'least' in target
      ? (['≥', target.least, reached >= target.least] as const)
      : (['≤', target.most, reached <= target.most] as const);
  return `${sign} ${bound}${met ? '' : ' (missed)'}`;
}

function against({ peer, unit }: Row): string {
  return peer ? `${peer.name}: ${figure(peer.figure, unit)}` : '';
}

function figure(value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}

/** A table that reads well on a screen and is Markdown. */
function grid([head = [], ...body]: readonly string[][]): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)];
}
