const BACKSLASH = 0x5c;

/**
 * A name as a phone gave it, decoded, as `PhoneRequest` promises its path: one leading slash, none doubled.
 *
 * @returns undefined when no artefact can have that name: a `.` or `..` segment, a backslash, a control character
 */
export function cleanPath(name: string): string | undefined {
  for (let index = 0; index < name.length; index += 1) if (isForbidden(name.charCodeAt(index))) return undefined;
  const segments = name.split('/').filter((segment) => segment !== '');
  if (segments.some((segment) => segment === '.' || segment === '..')) return undefined;
  const path = `/${segments.join('/')}`;
  // The slash at the end is a part of the name: a phone that does not know itself yet asks for /Digium/.
  return name.endsWith('/') && path !== '/' ? `${path}/` : path;
}

/** Control characters, DEL and the backslash. From 0x80 on it is text: the bytes of UTF-8 lie there. */
export function isForbidden(code: number): boolean {
  return code < 0x20 || code === 0x7f || code === BACKSLASH;
}
