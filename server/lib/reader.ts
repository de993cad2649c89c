import type { Content } from './content.ts';

/** Takes bytes in portions as one wants them. */
export interface Reader {
  /** Bytes that were taken or passed over so far. */
  readonly position: number;
  /** So many bytes in the pieces in which they come; fewer at the end. */
  pieces(bytes: number): AsyncIterable<Uint8Array>;
  /** Passes over so many bytes, and tells how many at a time; fewer at the end. */
  skip(bytes: number): AsyncIterable<number>;
  /** No more is wanted. */
  close(): Promise<void>;
}

/** So many bytes at once; fewer at the end. */
export async function take(reader: Reader, bytes: number): Promise<Buffer> {
  const pieces = [];
  for await (const piece of reader.pieces(bytes)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Reads a stream, and closes it. */
export function streamReader(stream: AsyncIterable<Uint8Array>): Reader {
  const source = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  let position = 0;

  async function* pieces(bytes: number): AsyncGenerator<Uint8Array> {
    for (let missing = bytes; missing > 0; ) {
      if (rest.length === 0) {
        const { done, value } = await source.next();
        if (done) return;
        rest = value;
      }
      const piece = rest.subarray(0, missing);
      rest = rest.subarray(piece.length);
      position += piece.length;
      missing -= piece.length;
      yield piece;
    }
  }

  return {
    get position() {
      return position;
    },
    pieces,
    async *skip(bytes) {
      for await (const { length } of pieces(bytes)) yield length;
    },
    async close() {
      await source.return?.();
    },
  };
}

const PIECE_BYTES = 65_536;

/** Reads a content, of which nothing is read that is passed over. Whoever opened it closes it. */
export function contentReader(content: Content): Reader {
  let position = 0;
  const after = (bytes: number) => Math.min(position + bytes, content.size);
  return {
    get position() {
      return position;
    },
    async *pieces(bytes) {
      for (const end = after(bytes); position < end; ) {
        const piece = await content.read(position, Math.min(PIECE_BYTES, end - position));
        position += piece.length;
        yield piece;
      }
    },
    async *skip(bytes) {
      const length = after(bytes) - position;
      position += length;
      yield length;
    },
    async close() {},
  };
}
