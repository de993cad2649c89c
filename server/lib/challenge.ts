/** How a server wants a login to be shown: one of the ways that it offers. */
export type Challenge = { readonly realm: string } & ({ readonly scheme: 'basic' } | DigestChallenge);

/** RFC 7616, 3.3, and RFC 2617 where `qop` is missing. Texts are bytes as HTTP has them, in Latin-1. */
export interface DigestChallenge {
  readonly scheme: 'digest';
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As the server writes it; absent where it does not, which means MD5. */
  readonly algorithm: string | undefined;
  /** For node:crypto. */
  readonly hash: string;
  /** Whether the password is mixed with the nonce once for all requests (`MD5-sess`). */
  readonly session: boolean;
  /** Whether requests are counted, which old servers do not know. */
  readonly counted: boolean;
  /** Whether the name is to be sent as a sum, too. */
  readonly hidesName: boolean;
  /** Whether the login was right and only the nonce too old. */
  readonly stale: boolean;
}

/** From the strongest to the weakest. */
const hashes: readonly (readonly [name: string, hash: string])[] = [
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
];

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const part = /(?:[^",]|"(?:[^"\\]|\\.)*")+/g;
const parameter = new RegExp(`^(?:(?<scheme>${TOKEN})\\s+)?(?<name>${TOKEN})\\s*=\\s*(?:"(?<quoted>.*)"|(?<plain>[^"\\s]+))$`);
const alone = new RegExp(`^(?<scheme>${TOKEN})(?:\\s|$)`);

/** The strongest way that WWW-Authenticate or Proxy-Authenticate offers and that we know: any Digest before Basic. */
export function strongest(header: string): Challenge | undefined {
  const offered = challengesIn(header);
  for (const [name, hash] of hashes) {
    for (const { scheme, parameters } of offered) {
      const digest = scheme === 'digest' ? digestOf(parameters, name, hash) : undefined;
      if (digest) return digest;
    }
  }
  const basic = offered.find(({ scheme }) => scheme === 'basic');
  return basic && { scheme: 'basic', realm: basic.parameters.get('realm') ?? '' };
}

interface Offered {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** Commas stand between the parameters of one and between two of them (RFC 9110, 11.6.1): who is followed by `=` is no scheme. */
function challengesIn(header: string): Offered[] {
  const offered: Offered[] = [];
  for (const [text] of header.matchAll(part)) {
    const { scheme, name, quoted, plain } = parameter.exec(text.trim())?.groups ?? alone.exec(text.trim())?.groups ?? {};
    if (scheme !== undefined) offered.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    if (name !== undefined) {
      offered.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '');
    }
  }
  return offered;
}

function digestOf(parameters: ReadonlyMap<string, string>, name: string, hash: string): DigestChallenge | undefined {
  const [realm, nonce, algorithm] = ['realm', 'nonce', 'algorithm'].map((key) => parameters.get(key));
  const [said = '', session] = (algorithm ?? 'MD5').toUpperCase().split(/(?=-SESS$)/);
  const qop = parameters.get('qop');
  const ways = qop?.toLowerCase().split(/[\s,]+/);
  if (said !== name || realm === undefined || nonce === undefined || (ways && !ways.includes('auth'))) return undefined;
  const is = (key: string) => parameters.get(key)?.toLowerCase() === 'true';
  return {
    scheme: 'digest',
    realm,
    nonce,
    opaque: parameters.get('opaque'),
    algorithm,
    hash,
    session: session !== undefined,
    counted: ways !== undefined,
    hidesName: is('userhash'),
    stale: is('stale'),
  };
}
