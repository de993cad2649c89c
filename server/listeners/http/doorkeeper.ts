/** Counts who is inside: bounds connections in all and of each address. */
export interface Doorkeeper {
  /** @returns which bound keeps the address out; undefined when it is let in, and leaves later. */
  enter(address: string): 'connections' | 'connections-per-address' | undefined;
  leave(address: string): void;
}

export function doorkeeper(total: number, perAddress: number): Doorkeeper {
  const inside = new Map<string, number>();
  let all = 0;
  return {
    enter(address) {
      const own = inside.get(address) ?? 0;
      if (all >= total) return 'connections';
      if (own >= perAddress) return 'connections-per-address';
      all += 1;
      inside.set(address, own + 1);
      return undefined;
    },
    leave(address) {
      const own = inside.get(address) ?? 0;
      all -= 1;
      if (own > 1) inside.set(address, own - 1);
      else inside.delete(address);
    },
  };
}
