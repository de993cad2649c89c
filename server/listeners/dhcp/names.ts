/** Domain names as DNS writes them (RFC 1035, sections 3.1 and 4.1.4), in the options that have them. */

/** RFC 1035, section 2.3.4: octets of a label, and of a name with the lengths of its labels and its end. */
const MAX_LABEL = 63;
const MAX_NAME = 255;

/** Two set bits in the place of a length: the rest of the name is where the other 14 say. */
const POINTER = 0xc0;
const LARGEST_POINTER = 0x3fff;

/** What stands for itself in the text of a name, and in a list of names. */
const LABEL = /^[!-+\x2d/-[\]-~]+$/;

interface Read {
  /** With a dot behind it when the root is written, which makes it fully qualified. */
  readonly name: string;
  readonly next: number;
}

/**
 * The names that fill `bytes`, without a dot at their end.
 *
 * @param compressed - parts of names may be told by where they stood before (RFC 3397)
 * @returns undefined when there is none, or one that is not whole, is too long, or has what no text can show (a dot in a label)
 */
export function readNames(bytes: Buffer, compressed: boolean): string[] | undefined {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const read = readName(bytes, at, compressed);
    if (!read || read.name.length < 2 || !read.name.endsWith('.')) return undefined;
    names.push(read.name.slice(0, -1));
    at = read.next;
  }
  return names.length > 0 ? names : undefined;
}

/** The one name that fills `bytes`, with a dot at its end unless it is a part of one (RFC 4702, section 2.3.1). */
export function readOneName(bytes: Buffer): string | undefined {
  const read = readName(bytes, 0, false);
  return read?.next === bytes.length ? read.name : undefined;
}

function readName(bytes: Buffer, start: number, compressed: boolean): Read | undefined {
  let name = '';
  let next: number | undefined;
  // A pointer leads to what was before, and each further back than the one it is met behind: so a circle ends.
  let before = start;
  for (let at = start; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    if (length === 0) return { name: name || '.', next: next ?? at + 1 };
    if (length >= POINTER) {
      const target = at + 1 < bytes.length ? bytes.readUInt16BE(at) & LARGEST_POINTER : before;
      if (!compressed || target >= before) return undefined;
      next ??= at + 2;
      [at, before] = [target, target];
      continue;
    }
    const label = bytes.toString('latin1', at + 1, at + 1 + length);
    name += `${label}.`;
    // The octets of the text: a length for each dot; and the end.
    if (length > MAX_LABEL || label.length < length || !LABEL.test(label) || name.length + 1 > MAX_NAME) return undefined;
    at += 1 + length;
  }
  return name === '' || next !== undefined ? undefined : { name: name.slice(0, -1), next: bytes.length };
}

/** @param compressed - ends of names that stood before are told by where */
export function writeNames(names: readonly string[], compressed: boolean): Buffer {
  const known = new Map<string, number>();
  const pieces: Buffer[] = [];
  let length = 0;
  const add = (piece: Buffer): void => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const name of names) {
    let rest = name.replace(/\.$/, '');
    while (rest !== '' && !known.has(rest)) {
      if (compressed && length <= LARGEST_POINTER) known.set(rest, length);
      const [label = ''] = rest.split('.', 1);
      add(Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'));
      rest = rest.slice(label.length + 1);
    }
    const target = known.get(rest);
    add(target === undefined ? Buffer.of(0) : Buffer.of(POINTER | (target >> 8), target & 0xff));
  }
  return Buffer.concat(pieces);
}

/** Whether a text is a name that can be written. */
export function isName(text: string): boolean {
  const labels = text.replace(/\.$/, '').split('.');
  const isLong = labels.some(({ length }) => length > MAX_LABEL) || labels.join('.').length + 2 > MAX_NAME;
  return !isLong && labels.every((label) => LABEL.test(label));
}
