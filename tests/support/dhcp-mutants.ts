import { captures, phones } from '../lib/dhcp/messages.ts';

const seeds = [...captures.map(([, bytes]) => bytes), ...Object.values(phones)];

/** xorshift32: the same mutants each time. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A message of a real client or server, cut off or with some bytes changed. */
export function mutant(random: (below: number) => number): Buffer {
  const seed = seeds[random(seeds.length)] ?? Buffer.alloc(0);
  const bytes = Buffer.from(seed.subarray(0, random(4) === 0 ? random(seed.length + 1) : seed.length));
  for (let times = random(8); times > 0 && bytes.length > 0; times -= 1) {
    // Mostly where the options are, for the fields before are taken as they come.
    const at = random(3) > 0 && bytes.length > 240 ? 240 + random(bytes.length - 240) : random(bytes.length);
    bytes[at] = [random(256), 52, 255, 0, (bytes[at] ?? 0) ^ (1 << random(8))][random(5)] ?? 0;
  }
  return bytes;
}
