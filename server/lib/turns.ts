/** Lets so many pieces of work go on at once; the others wait for their turn, first come, first served. */
export class Turns {
  #free: number;
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();

  /** @param most how many at once */
  constructor(most: number) {
    this.#free = most;
  }

  /** @param signal who gives up while it waits is told so at once @throws what the work throws; the signal's reason */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      if (next) next();
      else this.#free += 1;
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        this.#waiting.delete(go);
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(go);
        reject(signal?.reason);
      };
      this.#waiting.add(go);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }
}
