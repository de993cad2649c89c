/** Tells the parts that keep something made of a tenant (rendered URLs hold its key) that it changed, after it was stored. */
export interface TenantNotifier {
  subscribe(listener: (id: string) => void): void;
  changed(id: string): void;
}

export function tenantNotifier(): TenantNotifier {
  const listeners: ((id: string) => void)[] = [];
  return {
    subscribe: (listener) => void listeners.push(listener),
    changed: (id) => {
      for (const listener of listeners) listener(id);
    },
  };
}
