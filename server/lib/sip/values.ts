/** Values of SIP headers, taken apart (RFC 3261, sections 20 and 25.1). Nothing here throws: what cannot be read is undefined. */

export type SipParameters = ReadonlyMap<string, string>;

/** `sip:user@host:port;transport=tcp` */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  /** Of IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: SipParameters;
}

/** `"Desk" <sip:1001@pbx>;tag=1` */
export interface SipAddress {
  readonly display: string | undefined;
  /** As it stands there. */
  readonly uri: string;
  readonly parameters: SipParameters;
}

export interface Via {
  /** In capitals: UDP, TCP, TLS … */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: SipParameters;
}

const HOST = /^(?:\[([\da-f:.]{2,45})\]|([\w.-]{1,255}))(?::(\d{1,5}))?$/i;

/** Values of a header in which commas stand between several, however many fields it has. */
export function listIn(values: readonly string[]): string[] {
  return values.flatMap((value) => split(value, ',')).filter((each) => each !== '');
}

export function readUri(text: string): SipUri | undefined {
  const [, scheme, user, rest = ''] = /^(sips?):(?:([^@]*)@)?([^@]*)$/i.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  const [, place = '', parameters = ''] = /^([^;?]*)((?:;[^?]*)?)/.exec(rest) ?? [];
  const at = readPlace(place);
  if (!at) return undefined;
  // A password behind the name (section 19.1.1) is nobody's business.
  const name = user?.split(':')[0];
  return { scheme: scheme.toLowerCase() as SipUri['scheme'], user: name, ...at, parameters: readParameters(parameters) };
}

export function readAddress(text: string): SipAddress | undefined {
  const open = endOfQuotes(text);
  if (open === undefined) return undefined;
  const [, display = '', uri, rest = ''] = /^([^<]*)<([^>]*)>(.*)$/s.exec(text.slice(open)) ?? [];
  if (uri !== undefined) {
    const name = (open === 0 ? display : unquoted(text.slice(0, open))).trim();
    return { display: name === '' ? undefined : name, uri, parameters: readParameters(rest) };
  }
  // Without brackets, parameters are those of the header (section 20.10).
  const [, bare = '', parameters = ''] = /^([^;<>"]+)((?:;.*)?)$/s.exec(text) ?? [];
  return bare === '' ? undefined : { display: undefined, uri: bare.trim(), parameters: readParameters(parameters) };
}

/** The topmost of `Via` is the first value of its first field. */
export function readVia(text: string): Via | undefined {
  const [, transport, rest = ''] = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([\w-]+)[ \t]+(.*)$/is.exec(text) ?? [];
  const [place = '', ...others] = split(rest, ';');
  const at = readPlace(place.replaceAll(/[ \t]/g, ''));
  if (transport === undefined || !at) return undefined;
  return { transport: transport.toUpperCase(), ...at, parameters: readParameters(`;${others.join(';')}`) };
}

/** `;tag=1;lr` of what stands behind a value; names in lower case. Of several of one name the first counts. */
export function readParameters(text: string): SipParameters {
  const found = new Map<string, string>();
  for (const each of split(text, ';')) {
    const equals = each.indexOf('=');
    const name = (equals === -1 ? each : each.slice(0, equals)).trim().toLowerCase();
    if (name !== '' && !found.has(name)) found.set(name, equals === -1 ? '' : unquoted(each.slice(equals + 1).trim()));
  }
  return found;
}

/** `4711 NOTIFY` */
export function readSequence(text: string): { readonly number: number; readonly method: string } | undefined {
  const [, number, method] = /^(\d{1,10})[ \t]+([\w.!%*+`'~-]+)$/.exec(text) ?? [];
  return number === undefined || method === undefined || Number(number) >= 2 ** 32
    ? undefined
    : { number: Number(number), method };
}

function readPlace(text: string): Pick<SipUri, 'host' | 'port'> | undefined {
  const [, six, host = six, port] = HOST.exec(text) ?? [];
  if (host === undefined || (port !== undefined && (Number(port) === 0 || Number(port) > 65_535))) return undefined;
  return { host: host.toLowerCase(), port: port === undefined ? undefined : Number(port) };
}

/** Where a quoted display name ends; 0 where there is none; undefined where it does not end. */
function endOfQuotes(text: string): number | undefined {
  const blanks = text.length - text.trimStart().length;
  if (text[blanks] !== '"') return 0;
  for (let at = blanks + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  return /^".*"$/s.test(trimmed) ? trimmed.slice(1, -1).replaceAll(/\\(.)/gs, '$1') : trimmed;
}

/** By a sign that is neither in quotes nor in angle brackets; without the blanks around. */
function split(text: string, sign: ',' | ';'): string[] {
  const parts: string[] = [];
  let [start, isQuoted, isBracketed] = [0, false, false];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (isQuoted && letter === '\\') at++;
    else if (letter === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (letter === '<') isBracketed = true;
    else if (letter === '>') isBracketed = false;
    else if (letter === sign && !isBracketed) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...parts, text.slice(start).trim()];
}
