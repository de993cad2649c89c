import type { Catalogue } from './service.ts';

/** Tells the parts that keep something made of plugins (the render cache, the sweep) that there are other plugins now. */
export interface PluginNotifier {
  subscribe(listener: (catalogue: Catalogue) => void): void;
  changed(catalogue: Catalogue): void;
}

export function pluginNotifier(): PluginNotifier {
  const listeners: ((catalogue: Catalogue) => void)[] = [];
  return {
    subscribe: (listener) => void listeners.push(listener),
    changed: (catalogue) => {
      for (const listener of listeners) listener(catalogue);
    },
  };
}
