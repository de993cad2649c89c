import { type Command, Option } from 'commander';
import { type Client, type Document, listOf, objectIn, textOf } from './client.ts';
import { type ClientOptions, print } from './command.ts';
import { Failure, type Io } from './io.ts';
import { amountOf, lineOf, Pace, partsOf, stateOf, treeOf } from './progress.ts';
import type { Host } from './serve.ts';
import { visible } from './table.ts';

export interface FollowOptions extends ClientOptions {
  /** false: `--no-wait` */
  readonly wait?: boolean;
}

/** What a command that follows an operation works with. */
export interface Surroundings {
  readonly client: Client;
  readonly io: Io;
  readonly host: Host;
}

/** Adds the option of every command that starts an operation. */
export function following(command: Command): Command {
  return command.addOption(
    new Option('--no-wait', 'print the id of the operation, and do not wait for its end').helpGroup('Output:'),
  );
}

/** As a shell tells that a command was interrupted. */
const INTERRUPTED = 130;

/** Longer than this the server is not asked to wait for news; a proxy between us may have less patience than we. */
const WAIT_SECONDS = 20;

/** Between two pictures: a clock that runs, a rate that falls when nothing comes. */
const FRAME_MS = 250;

/** Without a terminal, between two lines about the same part. */
const LINE_MS = 5_000;

/**
 * Shows how far an operation is until it has ended: on a terminal as a tree that is drawn again and again, else in lines. Ctrl-C ends
 * the showing and not the operation, for the server goes on with it.
 *
 * @param begun the operation, as the server answered when it was started
 * @param told what is said to people of one that ended well
 * @param document what programs are told, of the operation
 * @returns the operation as it ended; as it began where nobody waits for its end
 * @throws Failure when it failed or was cancelled
 */
export async function follow(
  begun: Document,
  options: FollowOptions,
  around: Surroundings,
  told: (ended: Document) => string = () => '',
  document: (operation: Document) => Document = (operation) => operation,
): Promise<Document> {
  const { io } = around;
  if (options.wait === false) {
    print(io, options, document(begun), () => `${textOf(begun, 'id')}\n`);
    return begun;
  }
  const ended = await untilEnded(begun, around, viewFor(options, io));
  if (textOf(ended, 'state') === 'success' || options.json) print(io, options, document(ended), () => told(ended));
  if (textOf(ended, 'state') !== 'success') throw new Failure(failureOf(ended));
  return ended;
}

/**
 * Does something for each, one after the other; one that fails keeps none of the others from being tried.
 * @throws Failure with what every one that failed said, when all have been tried
 */
export async function forEach<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const failures: Failure[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (cause) {
      if (!(cause instanceof Failure) || cause.exitCode === INTERRUPTED) throw cause;
      failures.push(cause);
    }
  }
  if (failures[0]) throw new Failure(failures.map(({ message }) => message).join('\n'), failures[0].exitCode, failures[0]);
}

/** Where an operation is shown. */
export interface View {
  show(operation: Document): void;
  /** How often it is to be shown although nothing came. */
  readonly everyMs?: number;
}

export function viewFor(options: ClientOptions, io: Io): View {
  if (options.json) return { show() {} };
  return io.terminal ? new Tree(io) : new Lines(io);
}

/** @throws Failure when the one at the terminal does not want to see more */
export async function untilEnded(begun: Document, { client, io, host }: Surroundings, view: View): Promise<Document> {
  const id = textOf(begun, 'id');
  const path = `/api/v1/operations/${encodeURIComponent(id)}`;
  const interrupt = new AbortController();
  host.onSignal('SIGINT', () => interrupt.abort());
  let operation = begun;
  view.show(operation);
  const drawing = view.everyMs === undefined ? undefined : setInterval(() => view.show(operation), view.everyMs);
  try {
    while (operation.get('ended') === null) {
      const query = [
        ['wait', String(WAIT_SECONDS)],
        ['since', textOf(operation, 'revision')],
      ] as const;
      operation = (await client.ask('GET', path, { query, signal: interrupt.signal })).document;
      view.show(operation);
    }
    return operation;
  } catch (cause) {
    if (!interrupt.signal.aborted) throw cause;
    if (io.terminal) io.err('\n');
    const how = `offhook operation wait ${id} shows it again, offhook operation cancel ${id} stops it`;
    throw new Failure(`The server goes on with it: ${how}`, INTERRUPTED);
  } finally {
    clearInterval(drawing);
  }
}

function failureOf(operation: Document): string {
  const error = objectIn(operation, 'error');
  const complaints = listOf(error, 'complaints').map((each) => `\n  ${textOf(each, 'path')} ${textOf(each, 'message')}`);
  // One complaint stands in the message.
  const details = complaints.length > 1 ? complaints.join('') : '';
  return visibleLines(`${textOf(operation, 'title')} ${outcomeOf(operation)}: ${textOf(error, 'message')}${details}`);
}

const visibleLines = (text: string): string => text.split('\n').map(visible).join('\n');

function outcomeOf(operation: Document): string {
  const state = stateOf({ step: operation, above: '' });
  return state === 'failed' ? state : `was ${state}`;
}

/** The operation with its parts, drawn over what was drawn before. */
class Tree implements View {
  readonly everyMs = FRAME_MS;
  readonly #io: Io;
  readonly #pace = new Pace();
  #drawn: readonly string[] = [];

  constructor(io: Io) {
    this.#io = io;
  }

  show(operation: Document): void {
    const now = Date.now();
    this.#pace.note(operation, now);
    const { columns, rows } = this.#io;
    // A line that is full to the end would, on some terminals, be two; and below the last one stands the cursor.
    const lines = treeOf(operation, columns - 1, rows - 1, now, (path) => this.#pace.rate(path, now));
    // On a terminal that has become narrower, what was drawn takes more lines than it was.
    const height = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
    const back = height === 0 ? '' : `\x1b[${height}A\r`;
    this.#io.err(`${back}${lines.map((line) => `\x1b[K${line}\n`).join('')}\x1b[J`);
    this.#drawn = lines;
  }
}

/** A line whenever a part begins or ends, and one every few seconds about those that go on. */
class Lines implements View {
  readonly everyMs = LINE_MS;
  readonly #io: Io;
  readonly #pace = new Pace();
  readonly #states = new Map<string, string>();
  readonly #told = new Map<string, { readonly at: number; readonly amount: string }>();

  constructor(io: Io) {
    this.#io = io;
  }

  show(operation: Document): void {
    const now = Date.now();
    this.#pace.note(operation, now);
    for (const part of partsOf(operation)) {
      const { step, path } = part;
      const state = stateOf(part);
      const amount = amountOf(step);
      const before = this.#told.get(path);
      const isNew = this.#states.get(path) !== state;
      this.#states.set(path, state);
      const isDue = state === 'running' && amount !== before?.amount && now - (before?.at ?? 0) >= LINE_MS;
      // What was never begun has nothing to say.
      if ((!isNew && !isDue) || textOf(step, 'state') === 'waiting') continue;
      this.#told.set(path, { at: now, amount });
      const detail = lineOf(part, now, (each) => this.#pace.rate(each, now));
      const words = isNew && state === 'running' ? 'begins' : isNew && textOf(step, 'state') === 'progress' ? state : detail;
      this.#io.err(`${visible(textOf(step, 'title'))}: ${words}\n`);
    }
  }
}
