import { cleanPath, isForbidden } from '../path.ts';

/** What a request line names. */
export interface Target {
  /** As `PhoneRequest` promises it. */
  readonly path: string;
  /** Behind the question mark, as sent. */
  readonly query: string;
}

const PERCENT = 0x25;
const DOT = 0x2e;
const SLASH = 0x2f;

/**
 * Reads the target of a request line in origin or absolute form (RFC 9112, 3.2): percent-decoded once, into bytes kept as
 * Latin-1 text, because phones send UTF-8 and Latin-1 alike. What is no escape (`%zz`, a lone `%`) stays as it is, and `//`
 * counts as `/`: phones whose server URL ends in a slash send it.
 *
 * @returns undefined when no artefact can have that name: a `.` or `..` segment, a backslash, an encoded slash, a control
 *   character, in whatever spelling. Only one decoding takes place, so `%252e` is the name `%2e` and not a dot.
 */
export function parseTarget(target: string): Target | undefined {
  const start = pathStart(target);
  if (start === undefined) return undefined;
  const mark = target.indexOf('?', start);
  const end = mark < 0 ? target.length : mark;
  const raw = target.slice(start, end);
  const path = isPlain(raw) ? raw : normalise(raw);
  return path === undefined ? undefined : { path, query: target.slice(end + 1) };
}

function pathStart(target: string): number | undefined {
  if (target.charCodeAt(0) === SLASH) return 0;
  const scheme = /^https?:\/\/[^/?]*/i.exec(target);
  return scheme ? scheme[0].length : undefined;
}

/** Nearly every path is: nothing to decode, to collapse or to refuse. A scan, because it stands in the way of every request. */
function isPlain(raw: string): boolean {
  let previous = 0;
  for (let index = 0; index < raw.length; index += 1) {
    const code = raw.charCodeAt(index);
    if (code === PERCENT || isForbidden(code)) return false;
    if (previous === SLASH && (code === SLASH || code === DOT)) return false;
    previous = code;
  }
  return raw.length > 0;
}

function normalise(raw: string): string | undefined {
  const decoded = decode(raw);
  return decoded === undefined ? undefined : cleanPath(decoded);
}

function decode(raw: string): string | undefined {
  let decoded = '';
  for (let index = 0; index < raw.length; index += 1) {
    let code = raw.charCodeAt(index);
    if (code === PERCENT) {
      const byte = escaped(raw, index);
      if (byte === SLASH) return undefined;
      if (byte !== undefined) {
        code = byte;
        index += 2;
      }
    }
    decoded += String.fromCharCode(code);
  }
  return decoded;
}

/** The byte that the three characters at `index` stand for. */
function escaped(raw: string, index: number): number | undefined {
  const high = hexDigit(raw.charCodeAt(index + 1));
  const low = hexDigit(raw.charCodeAt(index + 2));
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

function hexDigit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}
