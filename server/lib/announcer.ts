/** Tells the parts that keep something made of what changed, in the order in which they asked to be told. */
export interface Announcer<News> {
  /** @returns what ends it */
  subscribe(listener: (news: News) => void): () => void;
  /** To be called after the change is stored. */
  changed(news: News): void;
}

export function announcer<News>(): Announcer<News> {
  const listeners = new Set<(news: News) => void>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    changed: (news) => {
      for (const listener of listeners) listener(news);
    },
  };
}
