/** What bounds an intake. */
export interface IntakeLimits {
  /** How many are handled at once. */
  readonly atOnce: number;
  /** Of those that wait until others have been handled. */
  readonly waitingBytes: number;
  /** Who has waited longer is dropped. */
  readonly patienceMilliseconds: number;
}

export interface IntakeCounts {
  readonly taken: number;
  /** For which there was no room. */
  readonly crowdedOut: number;
  /** That waited too long. */
  readonly late: number;
}

/** What an item takes besides its bytes, of which it may have none. */
const ITEM_BYTES = 256;

/** Hands on what comes in, a bounded number at once; what a flood brings beyond is dropped and counted, and takes no memory. */
export class Intake<Item extends { readonly bytes: Buffer }> {
  readonly #limits: IntakeLimits;
  readonly #handle: (item: Item) => Promise<void>;
  readonly #counts = { taken: 0, crowdedOut: 0, late: 0 };
  #waiting: { readonly item: Item; readonly since: number }[] = [];
  #waitingBytes = 0;
  #running = 0;
  #idle: (() => void) | undefined;

  /** @param handle must not reject: nobody would hear it */
  constructor(limits: IntakeLimits, handle: (item: Item) => Promise<void>) {
    this.#limits = limits;
    this.#handle = handle;
  }

  get counts(): IntakeCounts {
    return { ...this.#counts };
  }

  take(item: Item): void {
    this.#counts.taken += 1;
    if (this.#running < this.#limits.atOnce) {
      this.#run(item);
    } else if (this.#waitingBytes + sizeOf(item) > this.#limits.waitingBytes) {
      this.#counts.crowdedOut += 1;
    } else {
      this.#waitingBytes += sizeOf(item);
      this.#waiting.push({ item, since: performance.now() });
    }
  }

  /** Forgets who waits. Resolves when those have been handled that were begun; from then on nothing may be taken. */
  async end(): Promise<void> {
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#running > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
  }

  #run(item: Item): void {
    this.#running += 1;
    void this.#handle(item).finally(() => {
      this.#running -= 1;
      const next = this.#next();
      if (next) this.#run(next);
      else if (this.#running === 0) this.#idle?.();
    });
  }

  #next(): Item | undefined {
    for (let first = this.#waiting.shift(); first; first = this.#waiting.shift()) {
      this.#waitingBytes -= sizeOf(first.item);
      if (performance.now() - first.since <= this.#limits.patienceMilliseconds) return first.item;
      this.#counts.late += 1;
    }
    return undefined;
  }
}

function sizeOf({ bytes }: { readonly bytes: Buffer }): number {
  return ITEM_BYTES + bytes.length;
}
