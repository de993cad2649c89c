/** Tells the parts that keep something made of what changed, in the order in which they asked to be told. */
export interface Announcer<News> {
  subscribe(listener: (news: News) => void): void;
  /** To be called after the change is stored. */
  changed(news: News): void;
}

export function announcer<News>(): Announcer<News> {
  const listeners: ((news: News) => void)[] = [];
  return {
    subscribe: (listener) => void listeners.push(listener),
    changed: (news) => {
      for (const listener of listeners) listener(news);
    },
  };
}
