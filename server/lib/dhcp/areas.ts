/** The areas of a message that hold options, in the order in which an option that is split goes on (RFC 3396, section 5). */
const areas = ['options', 'file', 'sname'] as const;
export type Area = (typeof areas)[number];

const PAD = 0;
const END = 255;
/** Code and length. */
const HEAD = 2;
/** Bytes of an option, or of a piece of one. */
export const MAX_PIECE = 255;

/** An option that could not be read, and is not among the options; the others are. */
export interface BrokenOption {
  readonly code: number;
  readonly area: Area;
  /** What there is of it. */
  readonly bytes: Buffer;
  /** What is wrong with it, a sentence without its subject. */
  readonly problem: string;
}

/**
 * Collects the options of areas one after the other. One that comes again goes on with what it began, wherever that was (RFC 3396); one
 * that comes once stays a part of the datagram.
 */
export class OptionReader {
  readonly options = new Map<number, Buffer>();
  readonly broken: BrokenOption[] = [];
  readonly #pieces = new Map<number, Buffer[]>();

  /** Up to the end of the area, or the mark that says that it ends there. Pads are passed over. */
  read(area: Area, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const code = bytes[at] ?? END;
      if (code === END) break;
      if (code === PAD) {
        at += 1;
        continue;
      }
      const length = bytes[at + 1];
      const start = at + HEAD;
      if (length === undefined || start + length > bytes.length) {
        const rest = bytes.subarray(start);
        const problem = length === undefined ? 'has no length' : `says that it has ${length} bytes, and ${rest.length} are left`;
        this.broken.push({ code, area, bytes: rest, problem });
        break;
      }
      at = start + length;
      this.#add(code, bytes.subarray(start, at));
    }
  }

  /** Takes an option out, to be read otherwise. */
  take(code: number): Buffer | undefined {
    const bytes = this.#joined(code);
    this.options.delete(code);
    this.#pieces.delete(code);
    return bytes;
  }

  /** When all areas are read. */
  end(): void {
    for (const code of this.#pieces.keys()) {
      const bytes = this.#joined(code);
      if (bytes) this.options.set(code, bytes);
    }
  }

  #add(code: number, piece: Buffer): void {
    const first = this.options.get(code);
    if (!first) {
      this.options.set(code, piece);
      return;
    }
    const pieces = this.#pieces.get(code);
    if (pieces) pieces.push(piece);
    else this.#pieces.set(code, [first, piece]);
  }

  /** Only at the end: joined with each piece that comes, a packet of many would take very long. */
  #joined(code: number): Buffer | undefined {
    const pieces = this.#pieces.get(code);
    return pieces ? Buffer.concat(pieces) : this.options.get(code);
  }
}

export interface Piece {
  readonly code: number;
  readonly bytes: Buffer;
}

/** Bytes that are free in each area, and that the pieces in it take. */
export type Rooms = Record<Area, number>;
export type Pieces = Record<Area, Piece[]>;

/** What a piece takes. */
export function sizeOf({ bytes }: Piece): number {
  return HEAD + bytes.length;
}

/**
 * Puts an option where it fits, and takes it from the room there. One of 255 bytes at most stays whole, because not everyone who reads
 * puts pieces together; a longer one cannot, and goes from area to area.
 *
 * @returns false when it fits nowhere; then nothing has changed
 */
export function place(option: Piece, rooms: Rooms, pieces: Pieces): boolean {
  const split = option.bytes.length > MAX_PIECE ? splitOver(option, rooms) : wholeIn(option, rooms);
  if (!split) return false;
  for (const [area, piece] of split) {
    rooms[area] -= sizeOf(piece);
    pieces[area].push(piece);
  }
  return true;
}

type Placed = readonly (readonly [Area, Piece])[];

function wholeIn(option: Piece, rooms: Rooms): Placed | undefined {
  const size = sizeOf(option);
  const area = areas.find((each) => size <= rooms[each]);
  return area && [[area, option]];
}

function splitOver({ code, bytes }: Piece, rooms: Rooms): Placed | undefined {
  const split: [Area, Piece][] = [];
  let start = 0;
  for (const area of areas) {
    for (let room = rooms[area]; room > HEAD && start < bytes.length; ) {
      const piece = { code, bytes: bytes.subarray(start, start + Math.min(MAX_PIECE, room - HEAD)) };
      split.push([area, piece]);
      start += piece.bytes.length;
      room -= sizeOf(piece);
    }
  }
  return start < bytes.length ? undefined : split;
}

/** Writes the pieces from `at` on, and the mark behind them. */
export function writePieces(pieces: readonly Piece[], bytes: Buffer, at: number): void {
  let end = at;
  for (const piece of pieces) {
    bytes[end] = piece.code;
    bytes[end + 1] = piece.bytes.length;
    bytes.set(piece.bytes, end + HEAD);
    end += sizeOf(piece);
  }
  bytes[end] = END;
}
