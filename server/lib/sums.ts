import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** As node:crypto names them, the strongest first. */
export const algorithms = ['sha256', 'sha1', 'md5'] as const;
export type Algorithm = (typeof algorithms)[number];

/** What bytes are known by, in lower case hexadecimal. */
export type Sums = ReadonlyMap<Algorithm, string>;

/** How a sum is called in a sentence. */
const algorithmNames: Readonly<Record<Algorithm, string>> = { sha256: 'SHA-256', sha1: 'SHA-1', md5: 'MD5' };

/** Bytes counted and summed as they pass. */
export class Summing {
  readonly #hashes: readonly (readonly [Algorithm, Hash])[];
  size = 0;

  /** @param by which sums; default: all */
  constructor(by: Iterable<Algorithm> = algorithms) {
    this.#hashes = [...by].map((algorithm) => [algorithm, createHash(algorithm)]);
  }

  add(bytes: Buffer): void {
    this.size += bytes.length;
    for (const [, hash] of this.#hashes) hash.update(bytes);
  }

  /** Of all that was added; more may follow. */
  sums(): Sums {
    return new Map(this.#hashes.map(([algorithm, hash]) => [algorithm, hash.copy().digest('hex')]));
  }
}

/** Read at once: summing it holds up nobody for long. */
const PIECE_BYTES = 262_144;

/** Reads a file, and adds it. Rejects with the system's error, or the signal's reason. */
export async function addFile(summing: Summing, path: string, signal?: AbortSignal): Promise<void> {
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    summing.add(piece);
  }
}

/** What is not as expected, as a predicate: `is 1,234 bytes, 4,000 were expected`. Undefined when nothing is. */
export function differenceOf(found: Summing, expected: { readonly size?: number; readonly sums: Sums }): string | undefined {
  if (expected.size !== undefined && found.size !== expected.size) return wrongSize(found.size, expected.size);
  const actual = found.sums();
  const wrong = [...expected.sums].find(([algorithm, sum]) => actual.get(algorithm) !== sum);
  if (!wrong) return undefined;
  const [algorithm, sum] = wrong;
  return `has ${algorithmNames[algorithm]} ${actual.get(algorithm)}, ${sum} was expected`;
}

export function wrongSize(actual: number, expected: number): string {
  return `is ${formatCount(actual)} bytes, ${formatCount(expected)} were expected`;
}

/** `1,234,567` */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** The sums in a sentence, the strongest first: `SHA-256 …, SHA-1 …`. */
export function tellSums(sums: Sums): string {
  return algorithms
    .filter((algorithm) => sums.has(algorithm))
    .map((algorithm) => `${algorithmNames[algorithm]} ${sums.get(algorithm)}`)
    .join(', ');
}
