/**
 * A set of the numbers from 0 to below a size. A bit each, and above them bits that say which 32 below have any: 16 million addresses
 * take two megabytes, and the next one is found in five steps, however few there are.
 */
export class NumberSet {
  readonly #levels: Uint32Array[] = [];

  /** All of them are in it at first. */
  constructor(size: number) {
    let bits = size;
    do {
      const words = new Uint32Array(Math.ceil(bits / 32)).fill(-1);
      if (bits % 32 !== 0) words[words.length - 1] = 2 ** (bits % 32) - 1;
      this.#levels.push(words);
      bits = words.length;
    } while (bits > 1);
  }

  add(number: number): void {
    let position = number;
    for (const words of this.#levels) {
      const index = position >>> 5;
      const before = words[index] ?? 0;
      words[index] = before | (1 << (position & 31));
      if (before !== 0) return;
      position = index;
    }
  }

  delete(number: number): void {
    let position = number;
    for (const words of this.#levels) {
      const index = position >>> 5;
      const after = (words[index] ?? 0) & ~(1 << (position & 31));
      words[index] = after;
      if (after !== 0) return;
      position = index;
    }
  }

  /** The smallest that is not below this. */
  next(from: number): number | undefined {
    let position = from;
    for (const [level, words] of this.#levels.entries()) {
      const index = position >>> 5;
      const rest = (words[index] ?? 0) & (-1 << (position & 31));
      if (rest !== 0) return this.#below(level, index * 32 + lowestBit(rest));
      position = index + 1;
    }
    return undefined;
  }

  /** The smallest under a bit of a level. */
  #below(level: number, bit: number): number {
    let position = bit;
    for (const words of this.#levels.slice(0, level).reverse()) position = position * 32 + lowestBit(words[position] ?? 0);
    return position;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
