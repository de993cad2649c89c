/** Long work: stops when it is cancelled, and tells how far it is. */
export interface WorkOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((current: number, end?: number) => void) | undefined;
}

interface Running<Result> {
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  readonly listeners: Set<WorkOptions>;
}

/** Work that several ask for at once is done once. It goes on until all who asked have cancelled. */
export class SharedWork<Result> {
  readonly #running = new Map<string, Running<Result>>();

  /** Rejects with the signal's reason as soon as this one cancels; when nobody is left, after the work has ended. Who comes then begins anew. */
  async run(key: string, options: WorkOptions, work: (options: WorkOptions) => Promise<Result>): Promise<Result> {
    const { signal } = options;
    signal?.throwIfAborted();
    let running = this.#running.get(key);
    while (running?.controller.signal.aborted) {
      await running.result.catch(() => {});
      signal?.throwIfAborted();
      running = this.#running.get(key);
    }
    const mine = running ?? this.#start(key, work);
    mine.listeners.add(options);
    let cancel = () => {};
    const cancelled = new Promise<never>((_, reject) => {
      cancel = () => {
        mine.listeners.delete(options);
        if (mine.listeners.size > 0) reject(signal?.reason);
        else mine.controller.abort(signal?.reason);
      };
    });
    signal?.addEventListener('abort', cancel);
    try {
      return await Promise.race([mine.result, cancelled]);
    } finally {
      signal?.removeEventListener('abort', cancel);
      mine.listeners.delete(options);
    }
  }

  #start(key: string, work: (options: WorkOptions) => Promise<Result>) {
    const controller = new AbortController();
    const listeners = new Set<WorkOptions>();
    const progress = (current: number, end?: number) => {
      for (const listener of listeners) listener.progress?.(current, end);
    };
    const result = work({ signal: controller.signal, progress }).finally(() => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    });
    const running = { result, controller, listeners };
    this.#running.set(key, running);
    return running;
  }
}
