/** Runs one piece of work at a time for each key, in the order of asking; different keys do not wait for each other. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * @param signal who gives up while it waits for its turn is told so at once, with the signal's reason, and its work is not begun; work that
   *   has begun looks after the signal itself
   */
  run<Result>(key: string, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(signal?.reason);
      if (signal?.aborted) return giveUp();
      signal?.addEventListener('abort', giveUp);
      const turn = async () => {
        signal?.removeEventListener('abort', giveUp);
        signal?.throwIfAborted();
        return work();
      };
      // What went wrong for the one before is the one before's; its turn is over either way.
      const mine = (this.#last.get(key) ?? Promise.resolve()).then(turn, turn);
      this.#last.set(key, mine);
      const over = () => {
        if (this.#last.get(key) === mine) this.#last.delete(key);
      };
      mine.then(over, over);
      mine.then(resolve, reject);
    });
  }
}
