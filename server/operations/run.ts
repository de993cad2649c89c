import { ProvisioningError } from '../lib/errors.ts';
import { unwritable } from '../lib/writing.ts';
import type { Failing, Progress, State, Step, Unit } from './model.ts';
import { checkPlan, type Plan } from './validator.ts';

/** What a piece of work is given to be told of, and stopped. */
export interface Task {
  /** Aborted when the work is to end: it then throws the signal's reason and leaves nothing behind. */
  readonly signal: AbortSignal;
  /**
   * How far it is, in the unit of its plan. May be called any number of times: it costs next to nothing.
   * @param end how much there is in all; without it what was said before
   */
  progress(current: number, end?: number): void;
  /**
   * Does a part of the work. The first that was announced under this label and still waits is this one; otherwise it is added behind
   * the others. Several may go on at a time; the work has not ended before they have.
   * @throws what the work throws
   */
  step<Result>(plan: string | Plan, work: Work<Result>): Promise<Result>;
}

export type Work<Result> = (task: Task) => Promise<Result>;

export interface Around {
  now(): number;
  /** Something is no longer as it was. */
  changed(): void;
  /** What was thrown that is no error with a name: a fault of ours. */
  fault(thrown: unknown): void;
}

/** A piece of work with its parts, as it goes on. */
export class Run {
  readonly label: string;
  #title: string;
  #unit: Unit;
  #state: State = 'waiting';
  #current: number | undefined;
  #end: number | undefined;
  #started: number | undefined;
  #ended: number | undefined;
  #error: Failing | undefined;
  #steps: Run[];
  readonly #around: Around;
  readonly #underway = new Set<Promise<unknown>>();

  constructor({ label, title = label, unit = 'steps', steps = [] }: Plan, around: Around) {
    this.label = label;
    this.#title = title;
    this.#unit = unit;
    this.#around = around;
    this.#steps = steps.map((step) => new Run(step, around));
  }

  /** Does the work, once. When it throws, its parts that still go on are stopped and waited for. @throws what the work throws */
  async go<Result>(work: Work<Result>, above: AbortSignal): Promise<Result> {
    const own = new AbortController();
    const signal = AbortSignal.any([above, own.signal]);
    this.#state = 'progress';
    this.#started = this.#around.now();
    this.#around.changed();
    try {
      signal.throwIfAborted();
      const result = await work(this.#task(signal));
      // Also parts that nobody waited for.
      await Promise.all(this.#underway);
      this.#finish('success');
      return result;
    } catch (thrown) {
      const error = this.#errorOf(thrown, signal);
      own.abort(new ProvisioningError('operation-cancelled', 'It was given up because another part failed'));
      await Promise.allSettled(this.#underway);
      this.#error = error;
      this.#finish('fail');
      throw thrown;
    }
  }

  /** As it is now. */
  read(): Step {
    const progress: Progress | undefined = this.#current === undefined ? undefined : this.#progress(this.#current);
    return {
      label: this.label,
      title: this.#title,
      state: this.#state,
      ...(progress && { progress }),
      steps: this.#steps.map((step) => step.read()),
      ...(this.#started !== undefined && { started: this.#started }),
      ...(this.#ended !== undefined && { ended: this.#ended }),
      ...(this.#error && { error: this.#error }),
    };
  }

  #progress(current: number): Progress {
    return { current, ...(this.#end !== undefined && { end: this.#end }), unit: this.#unit };
  }

  #task(signal: AbortSignal): Task {
    return {
      signal,
      progress: (current, end) => {
        if (this.#state !== 'progress') return;
        this.#current = current;
        if (end !== undefined) this.#end = end;
        this.#around.changed();
      },
      step: <Result>(plan: string | Plan, work: Work<Result>) => {
        const step = this.#take(typeof plan === 'string' ? { label: plan } : plan);
        const going: Promise<Result> = step.go(work, signal).finally(() => this.#underway.delete(going));
        this.#underway.add(going);
        // Who does not wait for it learns of it from `go`.
        going.catch(() => {});
        return going;
      },
    };
  }

  #take(plan: Plan): Run {
    checkPlan(plan);
    const announced = this.#steps.find((step) => step.label === plan.label && step.#state === 'waiting');
    if (!announced) {
      const step = new Run(plan, this.#around);
      this.#steps.push(step);
      return step;
    }
    const { title, unit, steps } = plan;
    if (title !== undefined) announced.#title = title;
    if (unit !== undefined) announced.#unit = unit;
    if (steps) announced.#steps = steps.map((step) => new Run(step, this.#around));
    return announced;
  }

  #finish(state: 'success' | 'fail'): void {
    this.#state = state;
    this.#ended = this.#around.now();
    this.#around.changed();
  }

  #errorOf(thrown: unknown, signal: AbortSignal): Failing {
    // What the system calls breaks off with an error of its own.
    const isStopped = signal.aborted && (thrown === signal.reason || nameOf(thrown) === 'AbortError');
    const stopped: unknown = isStopped ? signal.reason : thrown;
    // Of a full disk it is certain, whatever was about to be written there; what else the system refuses is told by whoever writes.
    const refused = unwritable(stopped, 'What it makes');
    const told = refused?.code === 'disk-full' ? refused : stopped;
    if (told instanceof ProvisioningError) {
      return {
        code: told.code,
        message: told.message,
        complaints: told.complaints.map(({ path, message }) => ({ path, message })),
      };
    }
    this.#around.fault(thrown);
    const message = 'The server failed; its log says why, as the event operation.failed';
    return { code: 'internal', message, complaints: [] };
  }
}

function nameOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown ? thrown.name : undefined;
}
