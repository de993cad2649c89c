import { randomBytes } from 'node:crypto';
import { actingAs, actor } from '../lib/actor.ts';
import { ProvisioningError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { OperationDao } from './dao.ts';
import { type Failing, type Json, type Operation, OperationRunning, type State, type Step } from './model.ts';
import type { OperationNotifier } from './notifier.ts';
import { Run, type Work } from './run.ts';
import { checkOrder, type Order } from './validator.ts';

export interface OperationService {
  /**
   * Reads what is kept. What went on when the server ended has failed: to be called once, by the one process that runs operations,
   * before the first is started.
   */
  takeOver(): Promise<void>;
  /**
   * Starts work that goes on in the background, as whoever acts now; the promise resolves when it has begun and would be known after a
   * crash.
   * @param work what it resolves with is the operation's result
   * @throws OperationRunning when one with the same key runs; ProvisioningError operation-invalid, store-…
   */
  start(order: Order, work: Work<Json | undefined>): Promise<Operation>;
  get(id: string): Operation | undefined;
  /** The latest first. */
  list(query?: OperationQuery): { readonly operations: readonly Operation[]; readonly total: number };
  /** Resolves when the operation has ended, or has another revision than this one, or the signal is aborted, with what it is then. */
  news(id: string, since: number, signal: AbortSignal): Promise<Operation | undefined>;
  /** Resolves when the operation has ended; with undefined if there is none. */
  wait(id: string): Promise<Operation | undefined>;
  /** Asks the work to end; when it has, the operation has failed as `operation-cancelled`. @throws operation-unknown, operation-ended */
  cancel(id: string): Operation;
  /** Takes one that has ended off the list. @throws operation-unknown, operation-running */
  forget(id: string): Promise<void>;
  /** How many go on. */
  readonly running: number;
  /** Stops all that go on and waits for them, for some seconds. Nothing can be started any more. */
  close(): Promise<void>;
}

export interface OperationQuery {
  /** One of these; all when absent. */
  readonly states?: readonly State[];
  readonly label?: string;
  /** About each of these, and perhaps more. */
  readonly subject?: Readonly<Record<string, string>>;
  readonly limit?: number;
  readonly offset?: number;
}

export interface OperationOptions {
  readonly dao: OperationDao;
  readonly notifier: OperationNotifier;
  readonly log: Log;
  /** How many that have ended are kept, and for how long, in milliseconds. */
  readonly keep: number;
  readonly keepMs: number;
  readonly now?: () => number;
  /** How long `close` waits for work to end. */
  readonly patienceMs?: number;
}

/** Between two words about one operation: as often as a person can see. */
const tellMs = 100;
/** Between two writes of what goes on: after a crash it is told how far it was then. What has ended is written at once. */
const saveMs = 2_000;
const tidyMs = 3_600_000;

const cancelled = () => new ProvisioningError('operation-cancelled', 'It was cancelled');
const interrupted = () => new ProvisioningError('operation-interrupted', 'The server ended before this did; it can be repeated');

interface Running {
  readonly id: string;
  readonly order: Order;
  readonly run: Run;
  readonly created: number;
  readonly controller: AbortController;
  result: Json | undefined;
  revision: number;
  telling: NodeJS.Timeout | undefined;
  ended: Promise<void>;
}

export function operationService(options: OperationOptions): OperationService {
  const { dao, notifier, log, keep, keepMs, now = Date.now, patienceMs = 10_000 } = options;
  const running = new Map<string, Running>();
  /** In the order of their ends. */
  let ended = new Map<string, Operation>();
  const holders = new Map<string, Running>();
  const waiting = new Map<string, Set<() => void>>();
  const unsaved = new Set<string>();
  let saving: NodeJS.Timeout | undefined;
  let tidying: NodeJS.Timeout | undefined;
  let isOpen = false;

  const get = (id: string): Operation | undefined => {
    const going = running.get(id);
    return going ? read(going) : ended.get(id);
  };

  function tell(operation: Operation): void {
    notifier.changed(operation);
    for (const wake of waiting.get(operation.id) ?? []) wake();
  }

  function changed(going: Running): void {
    going.telling ??= setTimeout(() => {
      going.telling = undefined;
      going.revision++;
      unsaved.add(going.id);
      saveSoon();
      tell(read(going));
    }, tellMs).unref();
  }

  function saveSoon(): void {
    saving ??= setTimeout(() => {
      saving = undefined;
      void save();
    }, saveMs).unref();
  }

  /** What cannot be written now is tried again: an operation that ended well is not to be told as interrupted. */
  async function save(): Promise<void> {
    const ids = [...unsaved];
    unsaved.clear();
    const outcomes = await Promise.allSettled(
      ids.map(async (id) => {
        const operation = get(id);
        if (operation) await dao.save(operation);
      }),
    );
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') continue;
      const id = ids[index] ?? '';
      log.error(
        { event: 'operation.not-written', operation: id, err: outcome.reason },
        'could not write how far an operation is',
      );
      if (!isOpen) continue;
      unsaved.add(id);
      saveSoon();
    }
  }

  async function tidy(): Promise<void> {
    const oldest = now() - keepMs;
    const excess = ended.size - keep;
    const ids = [...ended.values()].filter((each, index) => index < excess || (each.ended ?? 0) < oldest).map(({ id }) => id);
    if (ids.length === 0) return;
    for (const id of ids) ended.delete(id);
    await dao.remove(ids).catch((cause) => {
      // With the next start they are found, and go then.
      log.error({ event: 'operation.not-removed', operations: ids.length, err: cause }, 'could not remove old operations');
    });
  }

  function leave({ id, order: { key } }: Running): void {
    running.delete(id);
    if (key !== undefined) holders.delete(key);
  }

  async function go(going: Running, work: Work<Json | undefined>): Promise<void> {
    const { id, run, controller } = going;
    try {
      // Neither null nor nothing is a result.
      going.result = (await run.go(work, controller.signal)) ?? undefined;
    } catch {
      // Told in the operation's error, and a fault of ours in the log.
    }
    clearTimeout(going.telling);
    going.revision++;
    const operation = read(going);
    leave(going);
    ended.set(id, operation);
    unsaved.add(id);
    await save();
    const { label, subject, state, error } = operation;
    const ms = (operation.ended ?? 0) - operation.created;
    log.info({ event: 'operation.ended', operation: id, label, subject, state, code: error?.code, ms }, operation.title);
    tell(operation);
    await tidy();
  }

  function begin(order: Order): Running {
    const faults = new Set<unknown>();
    const id = randomBytes(6).toString('hex');
    const going: Running = {
      id,
      order,
      run: new Run(order, {
        now,
        changed: () => changed(going),
        fault(thrown) {
          // It goes up through the parts that it is thrown out of.
          if (faults.has(thrown)) return;
          faults.add(thrown);
          log.error({ event: 'operation.failed', operation: id, label: order.label, err: thrown }, 'an operation failed');
        },
      }),
      created: now(),
      controller: new AbortController(),
      result: undefined,
      revision: 1,
      telling: undefined,
      ended: Promise.resolve(),
    };
    return going;
  }

  async function news(id: string, since: number | undefined, signal?: AbortSignal): Promise<Operation | undefined> {
    for (;;) {
      const going = running.get(id);
      if (!going || (since !== undefined && going.revision !== since) || signal?.aborted) return get(id);
      await new Promise<void>((resolve) => {
        const sleepers = waiting.get(id) ?? new Set();
        waiting.set(id, sleepers);
        const wake = () => {
          sleepers.delete(wake);
          if (sleepers.size === 0) waiting.delete(id);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        sleepers.add(wake);
        signal?.addEventListener('abort', wake);
      });
    }
  }

  const unknown = (id: string) => new ProvisioningError('operation-unknown', `No operation has the id ${id}`);

  return {
    async takeOver() {
      const kept = await dao.list();
      const lost = kept.filter((operation) => operation.ended === undefined);
      const at = now();
      const { code, message, complaints } = interrupted();
      const told = lost.map((operation) => ({
        ...end(operation, at, { code, message, complaints }),
        cancelling: false,
        revision: operation.revision + 1,
      }));
      for (const operation of told) {
        await dao.save(operation);
        const { id, label, subject } = operation;
        log.warn({ event: 'operation.interrupted', operation: id, label, subject }, `${operation.title}: ${message}`);
      }
      const all = [...kept.filter((operation) => operation.ended !== undefined), ...told];
      ended = new Map(all.sort((one, other) => (one.ended ?? 0) - (other.ended ?? 0)).map((each) => [each.id, each]));
      isOpen = true;
      tidying = setInterval(() => void tidy(), tidyMs).unref();
      await tidy();
    },

    async start(order, work) {
      checkOrder(order);
      if (!isOpen)
        throw new ProvisioningError('operation-refused', 'This process starts no operations: it has not begun, or is ending');
      const { key, label, subject = {} } = order;
      const holder = key === undefined ? undefined : holders.get(key);
      if (holder) throw new OperationRunning(holder.id, holder.order.title);
      const going = begin(order);
      const { id } = going;
      running.set(id, going);
      if (key !== undefined) holders.set(key, going);
      const who = actor();
      const written = dao.save(read(going));
      going.ended = written.then(
        () => actingAs(who, () => go(going, work)),
        () => leave(going),
      );
      await written;
      log.info({ event: 'operation.started', operation: id, label, subject }, order.title);
      const operation = read(going);
      tell(operation);
      return operation;
    },

    get,

    list({ states, label, subject = {}, limit, offset = 0 } = {}) {
      const wanted = Object.entries(subject);
      const all = [...[...running.values()].map(read), ...ended.values()]
        .filter(
          (each) =>
            (!states || states.includes(each.state)) &&
            (label === undefined || each.label === label) &&
            wanted.every(([name, value]) => each.subject[name] === value),
        )
        .sort((one, other) => other.created - one.created || (one.id < other.id ? -1 : 1));
      return { operations: all.slice(offset, limit === undefined ? undefined : offset + limit), total: all.length };
    },

    news: (id, since, signal) => news(id, since, signal),
    wait: (id) => news(id, undefined),

    cancel(id) {
      const going = running.get(id);
      if (!going) {
        throw ended.has(id) ? new ProvisioningError('operation-ended', `The operation ${id} has ended already`) : unknown(id);
      }
      going.controller.abort(cancelled());
      changed(going);
      return read(going);
    },

    async forget(id) {
      const going = running.get(id);
      if (going) throw new OperationRunning(id, going.order.title);
      if (!ended.delete(id)) throw unknown(id);
      await dao.remove([id]);
    },

    get running() {
      return running.size;
    },

    async close() {
      isOpen = false;
      clearInterval(tidying);
      const all = [...running.values()];
      for (const { controller } of all) controller.abort(interrupted());
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, patienceMs);
      });
      await Promise.race([Promise.all(all.map((going) => going.ended)), late]);
      clearTimeout(timer);
      clearTimeout(saving);
      for (const going of running.values()) {
        const { id, label, subject, title } = read(going);
        log.warn({ event: 'operation.abandoned', operation: id, label, subject }, `${title}: it did not end in time`);
      }
    },
  };
}

function read({ id, order, run, created, controller, result, revision }: Running): Operation {
  const step = run.read();
  return {
    ...step,
    id,
    subject: order.subject ?? {},
    ...(order.tenant !== undefined && { tenant: order.tenant }),
    created,
    cancelling: controller.signal.aborted && step.ended === undefined,
    ...(result !== undefined && { result }),
    revision,
  };
}

/** With all that went on as failed. */
function end<Kind extends Step>(step: Kind, at: number, error: Failing): Kind {
  return {
    ...step,
    state: 'fail',
    ended: at,
    error,
    steps: step.steps.map((each) => (each.state === 'progress' ? end(each, at, error) : each)),
  };
}
