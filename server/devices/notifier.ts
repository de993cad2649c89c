/** Tells the parts that keep something made of a device (the render cache, the sweep) that it changed, after it was stored. */
export interface DeviceNotifier {
  subscribe(listener: (ids: readonly string[]) => void): void;
  changed(ids: readonly string[]): void;
}

export function deviceNotifier(): DeviceNotifier {
  const listeners: ((ids: readonly string[]) => void)[] = [];
  return {
    subscribe: (listener) => void listeners.push(listener),
    changed: (ids) => {
      for (const listener of listeners) listener(ids);
    },
  };
}
