/** A part of a body. Never empty, never beyond the body. */
export interface Slice {
  readonly start: number;
  readonly length: number;
}

const SINGLE = /^bytes=[ \t]*(?<first>\d*)-(?<last>\d*)[ \t]*$/i;

/**
 * Which part of a body of `size` bytes a Range header asks for (RFC 9110, 14.1.2 and 14.2).
 *
 * @returns undefined when the whole is to be sent: the header is malformed, of another unit, or names several ranges; no phone
 *   asks for several, and a server may answer those as if they were not there.
 */
export function parseRange(header: string, size: number): Slice | 'unsatisfiable' | undefined {
  const { first, last } = SINGLE.exec(header)?.groups ?? {};
  if (first === undefined || last === undefined) return undefined;
  if (first === '') return last === '' ? undefined : suffix(Number(last), size);
  const start = Number(first);
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last);
  if (end < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, length: Math.min(end, size - 1) - start + 1 };
}

function suffix(wanted: number, size: number): Slice | 'unsatisfiable' {
  const length = Math.min(wanted, size);
  return length === 0 ? 'unsatisfiable' : { start: size - length, length };
}
