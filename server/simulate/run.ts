import type { Answer, Line } from './answer.ts';
import { bootOf, type PhoneRequest } from './boot.ts';
import { wrongWith } from './check.ts';
import { type Expectation, expectation, type Templates } from './expect.ts';
import type { Fleet, Phone } from './fleet.ts';
import { Slots } from './slots.ts';
import { type FileReport, type Quantiles, quantiles, Tally, type Trouble } from './tally.ts';

export interface RunOptions {
  readonly fleet: Fleet;
  readonly templates: Templates;
  /** A phone's connection to the server; @param from the address it asks from */
  readonly dial: (from: string | undefined) => Line;
  /** Whether each phone asks from a loopback address of its own. */
  readonly ownAddresses: boolean;
  /** Phones have the accounts of their names. */
  readonly registered: boolean;
  /** Whether phones fetch their images. */
  readonly firmware: boolean;
  /** The phones come up one after the other over this time; 0 is all at once, as when power returns. */
  readonly rampMs: number;
  /** How often a phone asks for a file before it gives up. */
  readonly tries: number;
  /** Phones that have connections at one time; the others wait. */
  readonly atOnce: number;
}

/** How many phones are where, now. */
export interface Progress {
  readonly phones: number;
  readonly up: number;
  readonly down: number;
  /** Asking, or reading an answer. */
  readonly asking: number;
  /** Between two tries. */
  readonly pausing: number;
  readonly files: number;
  readonly elapsedMs: number;
}

export interface Report {
  readonly phones: number;
  readonly up: number;
  /** That gave up, by what they gave up for; the most frequent first. */
  readonly down: readonly { readonly why: string; readonly phones: number }[];
  /** That had not come up yet when the run was stopped. */
  readonly unfinished: number;
  /** When the last phone came up that did, in milliseconds since the start. */
  readonly lastUpMs: number | undefined;
  /** How long phones took to come up, in milliseconds. */
  readonly boot: Quantiles | undefined;
  readonly elapsedMs: number;
  readonly files: readonly FileReport[];
  readonly troubles: readonly Trouble[];
}

/** Before its second try; each later pause is twice as long, and each phone has its own measure of it. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** A fleet that comes up. Everything is bounded by the phones, their tries and their patience. */
export class Run {
  readonly #options: RunOptions;
  readonly #slots: Slots;
  readonly #tally = new Tally(() => this.#elapsed());
  readonly #expectations = new Map<string, Expectation | undefined>();
  /** What ends a pause or a fetch that is under way. */
  readonly #cancels = new Set<() => void>();
  readonly #down = new Map<string, number>();
  readonly #bootMs: number[] = [];
  #started = 0;
  #lastUpMs: number | undefined;
  #asking = 0;
  #pausing = 0;
  #files = 0;
  #failed = 0;
  #stopped = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#slots = new Slots(options.atOnce);
  }

  /** Resolves when each phone is up or has given up, or after `stop()`. Call it once. */
  async go(): Promise<Report> {
    const { fleet, rampMs } = this.#options;
    // Before anybody asks: making the files to compare with takes a while, which is not the server's.
    for (let index = 0; index < Math.min(fleet.size, fleet.kinds); index += 1) this.#learn(fleet.phone(index));
    this.#started = performance.now();
    await Promise.all(
      Array.from({ length: fleet.size }, async (_, index) => {
        if (rampMs > 0) await this.#sleep((rampMs * index) / fleet.size);
        await this.#comeUp(fleet.phone(index));
      }),
    );
    return this.#report();
  }

  /** Ends all that is under way; the report counts the phones that were not through as unfinished. */
  stop(): void {
    this.#stopped = true;
    for (const cancel of [...this.#cancels]) cancel();
  }

  progress(): Progress {
    return {
      phones: this.#options.fleet.size,
      up: this.#bootMs.length,
      down: this.#failed,
      asking: this.#asking,
      pausing: this.#pausing,
      files: this.#files,
      elapsedMs: this.#elapsed(),
    };
  }

  async #comeUp(phone: Phone): Promise<void> {
    const { dial, ownAddresses, firmware } = this.#options;
    const boot = bootOf(phone.kind.plugin, phone.kind.row, phone);
    const began = this.#elapsed();
    await this.#slots.take();
    const line = dial(ownAddresses ? phone.loopback : undefined);
    let why: string | undefined;
    for (const request of boot?.requests ?? []) {
      if (this.#stopped || (request.image && !firmware)) continue;
      why = await this.#get(phone, request, line);
      if (why !== undefined) break;
    }
    line.hangUp();
    this.#slots.give();
    if (this.#stopped) return;
    if (why !== undefined) {
      this.#failed += 1;
      this.#down.set(why, (this.#down.get(why) ?? 0) + 1);
      return;
    }
    this.#lastUpMs = this.#elapsed();
    this.#bootMs.push(this.#lastUpMs - began);
  }

  /** @returns why the phone cannot go on */
  async #get(phone: Phone, request: PhoneRequest, line: Line): Promise<string | undefined> {
    for (const [at, path] of request.paths.entries()) {
      const name = request.names[at] ?? path;
      const isLast = at === request.paths.length - 1;
      const asked = performance.now();
      const answer = await this.#ask(path, name, request, line);
      if (this.#stopped) return undefined;
      if (answer.kind === 'missing') {
        const isNeeded = isLast && !request.optional;
        this.#tally.missing(name, isNeeded, path);
        if (isNeeded) return 'no such file';
      } else if (answer.kind === 'failed') return request.optional ? undefined : answer.why;
      else return this.#look(phone, { request, path, name }, answer, performance.now() - asked);
    }
    return undefined;
  }

  #look(
    phone: Phone,
    { request, path, name }: { request: PhoneRequest; path: string; name: string },
    { bytes, content }: Extract<Answer, { kind: 'file' }>,
    ms: number,
  ): string | undefined {
    const { fleet, registered } = this.#options;
    const expected = this.#expectations.get(keyOf(phone, name));
    const wrong = content
      ? wrongWith(content, expected, phone, fleet, registered)
      : bytes === 0 || !request.image
        ? ({ kind: bytes === 0 ? 'empty' : 'too large', detail: `${bytes} bytes` } as const)
        : undefined;
    if (wrong) {
      this.#tally.wrong(name, bytes, wrong, path);
      return `wrong content: ${wrong.kind}`;
    }
    this.#files += 1;
    this.#tally.served(name, bytes, ms);
    return undefined;
  }

  /** Asks until it is told something, as often as a phone does. */
  async #ask(path: string, name: string, { image, userAgent }: PhoneRequest, line: Line): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      this.#asking += 1;
      const cancel = () => line.hangUp();
      this.#cancels.add(cancel);
      const answer = await line.fetch(path, userAgent, !image);
      this.#cancels.delete(cancel);
      this.#asking -= 1;
      if (answer.kind !== 'failed' || this.#stopped) return answer;
      this.#tally.failed(name, answer.bytes, answer.why, path);
      if (!answer.again || attempt >= this.#options.tries) return answer;
      line.hangUp();
      this.#slots.give();
      this.#pausing += 1;
      await this.#sleep(pauseMs(path, attempt));
      this.#pausing -= 1;
      await this.#slots.take();
      if (this.#stopped) return answer;
    }
  }

  /** What files have to be is the same for all phones of a kind. */
  #learn(phone: Phone): void {
    const { plugin, row } = phone.kind;
    for (const { paths, names } of bootOf(plugin, row, phone)?.requests ?? []) {
      for (const [at, path] of paths.entries()) {
        this.#expectations.set(keyOf(phone, names[at] ?? path), expectation(path, phone, this.#options.templates));
      }
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#cancels.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#cancels.add(wake);
    });
  }

  #elapsed(): number {
    return performance.now() - this.#started;
  }

  #report(): Report {
    const { fleet } = this.#options;
    const down = [...this.#down].map(([why, phones]) => ({ why, phones })).sort((a, b) => b.phones - a.phones);
    return {
      phones: fleet.size,
      up: this.#bootMs.length,
      down,
      unfinished: fleet.size - this.#bootMs.length - this.#failed,
      lastUpMs: this.#lastUpMs,
      boot: quantiles(this.#bootMs),
      elapsedMs: this.#elapsed(),
      files: this.#tally.files(),
      troubles: this.#tally.troubles(),
    };
  }
}

function keyOf({ kind: { plugin, row } }: Phone, name: string): string {
  return `${plugin.id}\n${row.name}\n${name}`;
}

/** A quarter more or less, by what the phone asks for: ten thousand phones that failed together do not come back together. */
function pauseMs(path: string, attempt: number): number {
  let hash = 0;
  for (let at = 0; at < path.length; at += 1) hash = (hash * 31 + path.charCodeAt(at)) >>> 0;
  const measure = 0.75 + (hash % 1_000) / 2_000;
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * measure;
}
