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

/** So long items are begun in one turn of the event loop, before it is looked what else has come: in the system's queue none goes before another. */
const TURN_MS = 2;

interface Waiting<Item> {
  readonly item: Item;
  readonly since: number;
}

/**
 * Hands on what comes in, a bounded number at once; what a flood brings beyond is dropped and counted, and takes no memory. When more comes
 * than can be handled, what goes on with something comes before what begins: begun and never ended, both would be lost. Of those that begin
 * the newest is the first, whose client still waits; of the others the oldest.
 */
export class Intake<Item extends { readonly bytes: Buffer }> {
  readonly #limits: IntakeLimits;
  readonly #begins: (item: Item) => boolean;
  readonly #handle: (item: Item) => Promise<void>;
  readonly #counts = { taken: 0, crowdedOut: 0, late: 0 };
  #beginning: Waiting<Item>[] = [];
  #goingOn: Waiting<Item>[] = [];
  #waitingBytes = 0;
  #running = 0;
  #turn: NodeJS.Immediate | undefined;
  #idle: (() => void) | undefined;

  /** @param begins whether an item is the first of several @param handle must not reject: nobody would hear it */
  constructor(limits: IntakeLimits, begins: (item: Item) => boolean, handle: (item: Item) => Promise<void>) {
    this.#limits = limits;
    this.#begins = begins;
    this.#handle = handle;
  }

  get counts(): IntakeCounts {
    return { ...this.#counts };
  }

  take(item: Item): void {
    this.#counts.taken += 1;
    const begins = this.#begins(item);
    while (!begins && !this.#hasRoom(item) && this.#beginning.length > 0) this.#crowdOut();
    if (!this.#hasRoom(item)) {
      this.#counts.crowdedOut += 1;
      return;
    }
    this.#waitingBytes += sizeOf(item);
    (begins ? this.#beginning : this.#goingOn).push({ item, since: performance.now() });
    this.#goOn();
  }

  /** Forgets who waits. Resolves when those have been handled that were begun; from then on nothing may be taken. */
  async end(): Promise<void> {
    clearImmediate(this.#turn);
    [this.#beginning, this.#goingOn, this.#waitingBytes] = [[], [], 0];
    if (this.#running > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
  }

  #hasRoom(item: Item): boolean {
    return this.#waitingBytes + sizeOf(item) <= this.#limits.waitingBytes;
  }

  #crowdOut(): void {
    const oldest = this.#beginning.shift();
    if (!oldest) return;
    this.#waitingBytes -= sizeOf(oldest.item);
    this.#counts.crowdedOut += 1;
  }

  #goOn(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      const end = performance.now() + TURN_MS;
      while (this.#running < this.#limits.atOnce) {
        const next = this.#next();
        if (!next) return;
        this.#run(next);
        if (performance.now() > end) return this.#goOn();
      }
    });
  }

  #run(item: Item): void {
    this.#running += 1;
    void this.#handle(item).finally(() => {
      this.#running -= 1;
      if (this.#goingOn.length > 0 || this.#beginning.length > 0) this.#goOn();
      else if (this.#running === 0) this.#idle?.();
    });
  }

  #next(): Item | undefined {
    for (;;) {
      const waiting = this.#goingOn.shift() ?? this.#beginning.pop();
      if (!waiting) return undefined;
      this.#waitingBytes -= sizeOf(waiting.item);
      if (performance.now() - waiting.since <= this.#limits.patienceMilliseconds) return waiting.item;
      this.#counts.late += 1;
    }
  }
}

function sizeOf({ bytes }: { readonly bytes: Buffer }): number {
  return ITEM_BYTES + bytes.length;
}
