import type { ConfigDao } from './dao.ts';

/** Tells the parts that make something of configs (the background sweep, the event channel) which of them mean something else now. */
export interface ConfigNotifier {
  subscribe(listener: (ids: readonly string[]) => void): void;
  /**
   * A config was created, changed or removed: tells its id and those of all that inherit from it, soon. Changes that come while
   * the heirs of others are being looked up are told together.
   */
  changed(id: string): void;
  /** Resolves when all changes so far have been told. */
  settled(): Promise<void>;
}

/** @param failed hears what went wrong while the heirs were looked up, or in a listener; the others are told all the same */
export function createConfigNotifier(dao: Pick<ConfigDao, 'childrenOf'>, failed: (cause: unknown) => void): ConfigNotifier {
  const listeners: ((ids: readonly string[]) => void)[] = [];
  let untold = new Set<string>();
  let telling: Promise<void> | undefined;

  const tellAll = async () => {
    while (untold.size > 0) {
      const changed = untold;
      untold = new Set();
      const ids = await withHeirs(changed);
      for (const listener of listeners) {
        try {
          listener(ids);
        } catch (cause) {
          failed(cause);
        }
      }
    }
    telling = undefined;
  };

  const withHeirs = async (changed: ReadonlySet<string>) => {
    const ids = new Set(changed);
    try {
      // What is put into a Set while it is walked is walked, too.
      for (const id of ids) for (const child of await dao.childrenOf(id)) ids.add(child);
    } catch (cause) {
      failed(cause);
    }
    return [...ids];
  };

  return {
    subscribe: (listener) => void listeners.push(listener),
    changed(id) {
      untold.add(id);
      telling ??= tellAll();
    },
    settled: async () => telling,
  };
}
