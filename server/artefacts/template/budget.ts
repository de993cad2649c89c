import { Fault } from './errors.ts';

/** What one rendering may use up. */
export interface Limits {
  /** Size of the result in UTF-8, and of every text made on the way to it. */
  readonly outputBytes: number;
  /** Turns of loops, calls, elements of lists made or walked through, and 64 characters of text made each. */
  readonly steps: number;
  /** Of the processor: on a machine that is busy with something else a rendering takes longer and fails no sooner. */
  readonly milliseconds: number;
}

/**
 * A template of 200 lines that makes 6 kB takes 1,000 steps and less than a millisecond: these leave room for a
 * thousand times that, and keep the text that one rendering can make below some 130 MB.
 */
export const defaultLimits: Limits = { outputBytes: 4 * 1024 * 1024, steps: 1_000_000, milliseconds: 2_000 };

/** Calls inside calls, includes and parents. Jinja stops at 247 macros; the stack lasts for 290 to 410, by what they do. */
const deepest = 200;
const charactersPerStep = 64;
/** Looking for a text in a text costs up to the product of their lengths; so much of that is a step. */
const comparisonsPerStep = 256;
/** The clock is read once in so many steps. */
const stepsPerLook = 1_000;

/** Counts what one rendering uses and ends it when that is too much. */
export class Budget {
  readonly outputBytes: number;
  private steps: number;
  private readonly milliseconds: number;
  private readonly deadline: number;
  /** From when on the processor's time is counted: asking for it costs a tenth of a rendering, and nearly all are over before. */
  private readonly doubtful: number;
  private begun: NodeJS.CpuUsage | undefined;
  private look = stepsPerLook;
  private depth = 0;

  constructor(limits: Limits) {
    this.outputBytes = limits.outputBytes;
    this.steps = limits.steps;
    this.milliseconds = limits.milliseconds;
    const now = performance.now();
    this.deadline = now + limits.milliseconds;
    this.doubtful = now + limits.milliseconds / 10;
  }

  spend(steps: number): void {
    this.steps -= steps;
    if (this.steps < 0) throw new Fault('too many steps', 'template-limit');
    this.look -= steps;
    if (this.look > 0) return;
    this.look = stepsPerLook;
    const now = performance.now();
    if (now < this.doubtful) return;
    this.begun ??= process.cpuUsage();
    if (now > this.deadline && this.worked(this.begun) > this.milliseconds * 0.9)
      throw new Fault('too much time', 'template-limit');
  }

  /** Milliseconds of the processor since then; those of the process, for a thread is not told its own. */
  private worked(begun: NodeJS.CpuUsage): number {
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1_000;
  }

  /** To be asked before a text of so many characters is made. */
  text(length: number): void {
    // Negated, so that NaN is refused too.
    if (!(length <= this.outputBytes)) throw new Fault('a text that is too long', 'template-limit');
    if (length >= charactersPerStep) this.spend(Math.ceil(length / charactersPerStep));
  }

  /** To be asked before one text is searched for another. */
  search(haystack: number, needle: number): void {
    const steps = (haystack * needle) / comparisonsPerStep;
    if (steps >= 1) this.spend(steps);
  }

  /** Runs something one call deeper. An error ends the rendering, so that nothing has to be undone. */
  deeper<T>(run: () => T): T {
    this.spend(1);
    if (++this.depth > deepest) throw new Fault(`calls nested deeper than ${deepest} levels`, 'template-limit');
    const result = run();
    this.depth--;
    return result;
  }
}

/** Collects text, within the budget. */
export class Writer {
  private readonly parts: string[] = [];
  private readonly budget: Budget;
  private length = 0;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  write(text: string): void {
    this.length += text.length;
    if (this.length > this.budget.outputBytes) throw new Fault('too much output', 'template-limit');
    this.budget.spend(text.length < charactersPerStep ? 1 : Math.ceil(text.length / charactersPerStep));
    this.parts.push(text);
  }

  toString(): string {
    return this.parts.join('');
  }
}
