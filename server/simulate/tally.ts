import type { Wrong } from './check.ts';

/** What became of one kind of file, over all phones that asked for it. Times are in milliseconds. */
export interface FileReport {
  /** As the package writes it: `Digium/{mac}.cfg`. */
  readonly name: string;
  readonly served: number;
  /** Answered as a file that does not exist. */
  readonly missing: number;
  readonly wrong: number;
  /** Tries that got no answer, or another. */
  readonly failed: number;
  readonly bytes: number;
  /** From asking to the last byte, of those that were served. */
  readonly latency: Quantiles | undefined;
}

export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** A kind of trouble, in the same words as often as it came. */
export interface Trouble {
  readonly what: string;
  readonly times: number;
  /** When it came first and last, in milliseconds since the start. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** One of them: which phone, which file, what exactly. */
  readonly example: string;
}

interface FileCount {
  served: number;
  missing: number;
  wrong: number;
  failed: number;
  bytes: number;
  readonly latencies: number[];
}

/** Counts what happens. It grows by a number for each file that is served, and by nothing for what is not. */
export class Tally {
  readonly #files = new Map<string, FileCount>();
  readonly #troubles = new Map<string, { -readonly [Key in keyof Trouble]: Trouble[Key] }>();
  readonly #now: () => number;

  /** @param now milliseconds since the start */
  constructor(now: () => number) {
    this.#now = now;
  }

  served(name: string, bytes: number, ms: number): void {
    const file = this.#file(name);
    file.served += 1;
    file.bytes += bytes;
    file.latencies.push(ms);
  }

  /** @param isTrouble whether the phone needed it */
  missing(name: string, isTrouble: boolean, path: string): void {
    this.#file(name).missing += 1;
    if (isTrouble) this.#trouble('no such file', path);
  }

  wrong(name: string, bytes: number, { kind, detail }: Wrong, path: string): void {
    const file = this.#file(name);
    file.wrong += 1;
    file.bytes += bytes;
    this.#trouble(`wrong content: ${kind}`, `${path}: ${detail}`);
  }

  failed(name: string, bytes: number, why: string, path: string): void {
    const file = this.#file(name);
    file.failed += 1;
    file.bytes += bytes;
    this.#trouble(why, path);
  }

  files(): FileReport[] {
    return [...this.#files].map(([name, { latencies, ...counts }]) => ({ name, ...counts, latency: quantiles(latencies) }));
  }

  /** The most frequent first. */
  troubles(): Trouble[] {
    return [...this.#troubles.values()].map((each) => ({ ...each })).sort((a, b) => b.times - a.times);
  }

  #file(name: string): FileCount {
    const file = this.#files.get(name) ?? { served: 0, missing: 0, wrong: 0, failed: 0, bytes: 0, latencies: [] };
    this.#files.set(name, file);
    return file;
  }

  #trouble(what: string, example: string): void {
    const now = this.#now();
    const trouble = this.#troubles.get(what) ?? { what, times: 0, firstMs: now, lastMs: now, example };
    trouble.times += 1;
    trouble.lastMs = now;
    this.#troubles.set(what, trouble);
  }
}

/** By the nearest rank; undefined of nothing. */
export function quantiles(values: readonly number[]): Quantiles | undefined {
  const sorted = Float64Array.from(values).sort();
  const at = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  return sorted.length === 0 ? undefined : { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
