import { createHash } from 'node:crypto';
import { type Ip, parseIp } from '../../lib/ip.ts';
import { type Mac, parseMac } from '../../lib/mac.ts';
import { SipHeaders } from '../../lib/sip/headers.ts';
import { readDatagram, type SipRequest, writeMessage } from '../../lib/sip/message.ts';
import { listIn, readAddress, readParameters, readSequence, readUri, readVia } from '../../lib/sip/values.ts';

/** Where phones ask for their profile when they boot (RFC 6080 has the event; the group is what vendors agreed on). */
export const PNP_GROUP = '224.0.1.75';
export const PNP_PORT = 5060;

/** What may be a name or a release; whatever else stands there is not kept, shown or logged. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;

/** What a phone tells of itself when it asks where its configuration is: printable texts. */
export interface ProfileRequest {
  readonly mac?: Mac;
  readonly vendor?: string;
  readonly model?: string;
  readonly version?: string;
  readonly userAgent?: string;
  /** What is answered. */
  readonly request: SipRequest;
}

export interface Peer {
  readonly address: string;
  readonly port: number;
}

export interface Datagram {
  readonly bytes: Buffer;
  readonly to: Peer;
}

/**
 * Reads what came to the group.
 *
 * The dialects, as vendors' guides show them: the MAC address stands in the user part of the request's URI, of From or of To, as `MAC%3a00135E874B49`
 * (Snom 7.1.19, Gigaset, Yealink), `MAC=00304fa99948` (Planet VIP-2140PT) or alone; AudioCodes 420HD tells none. `Event` is
 * `ua-profile;profile-type="device";vendor="…";model="…";version="…"`.
 *
 * @returns undefined for what is no request for a profile, or cannot be answered; never throws
 */
export function readProfileRequest(bytes: Buffer): ProfileRequest | undefined {
  const request = readDatagram(bytes);
  if (request?.kind !== 'request' || request.method !== 'SUBSCRIBE') return undefined;
  const { headers } = request;
  const [event = '', ...rest] = (headers.get('Event') ?? '').split(';');
  if (event.trim().toLowerCase() !== 'ua-profile') return undefined;
  const isWhole = ['From', 'To', 'Call-ID'].every((name) => headers.get(name) !== undefined);
  if (!isWhole || !readVia(viasOf(request)[0] ?? '') || readSequence(headers.get('CSeq') ?? '')?.method !== 'SUBSCRIBE')
    return undefined;
  if (!readAddress(headers.get('From') ?? '') || !readAddress(headers.get('To') ?? '')) return undefined;
  const said = readParameters(`;${rest.join(';')}`);
  const mac = macIn(request);
  const facts = {
    // Phones of Panasonic are said to spell it so.
    vendor: said.get('vendor') ?? said.get('vender'),
    model: said.get('model'),
    version: said.get('version'),
    userAgent: headers.get('User-Agent'),
  };
  const known = Object.entries(facts).filter(([, text]) => text !== undefined && PLAIN.test(text));
  return { ...(mac && { mac }), ...Object.fromEntries(known), request };
}

/**
 * What a phone is answered: that it was heard, and, where it gets something here, the URL of that. Nothing is kept of it, and nothing is sent
 * again: a phone that lost an answer asks once more. All goes to where the request came from, and nowhere else, whatever it names.
 *
 * @param url without anything that is secret: whoever is in the network is told it
 */
export function answersTo({ request }: ProfileRequest, peer: Peer, own: Peer, url: string | undefined): Datagram[] {
  // Whoever is nobody's phone is left to others who may answer.
  if (url === undefined) return [];
  const { headers } = request;
  const tag = createHash('sha256')
    .update(`${headers.get('Call-ID')} ${own.address}`)
    .digest('hex')
    .slice(0, 16);
  const to = withTag(headers.get('To') ?? '', tag);
  const contact = `<sip:${placeOf(own)}>`;
  const callId = headers.get('Call-ID') ?? '';
  const [via = '', ...others] = viasOf(request);
  const answer = writeMessage({
    kind: 'response',
    status: 200,
    reason: 'OK',
    headers: new SipHeaders([
      ['Via', received(via, peer)],
      ...others.map((each) => ['Via', each] as const),
      ['From', headers.get('From') ?? ''],
      ['To', to],
      ['Call-ID', callId],
      ['CSeq', headers.get('CSeq') ?? ''],
      ['Contact', contact],
      ['Expires', '0'],
    ]),
    body: Buffer.alloc(0),
  });
  const at = { address: peer.address, port: portOfContact(request, peer) };
  const notify = writeMessage({
    kind: 'request',
    method: 'NOTIFY',
    uri: `sip:${placeOf(at)}`,
    headers: new SipHeaders([
      ['Via', `SIP/2.0/UDP ${placeOf(own)};branch=z9hG4bK${tag};rport`],
      ['Max-Forwards', '20'],
      ['From', to],
      ['To', headers.get('From') ?? ''],
      ['Call-ID', callId],
      ['CSeq', '1 NOTIFY'],
      ['Contact', contact],
      ['Event', headers.get('Event') ?? ''],
      ['Subscription-State', 'terminated;reason=timeout'],
      ['Content-Type', 'application/url'],
    ]),
    body: Buffer.from(url),
  });
  return [
    { bytes: answer, to: { address: peer.address, port: portOfVia(via, peer) } },
    { bytes: notify, to: at },
  ];
}

function viasOf({ headers }: SipRequest): string[] {
  return listIn(headers.all('Via'));
}

function macIn({ uri, headers }: SipRequest): Mac | undefined {
  const places = [uri, ...['From', 'To'].map((name) => readAddress(headers.get(name) ?? '')?.uri ?? '')];
  for (const place of places) {
    const mac = parseMac(unescaped(readUri(place)?.user ?? '').replace(/^MAC[:=]/i, ''));
    if (mac) return mac;
  }
  return undefined;
}

function unescaped(text: string): string {
  return text.replaceAll(/%([\da-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** RFC 3581, section 4, where it is asked for; RFC 3261, section 18.2.1, where the phone does not know its address. */
function received(via: string, { address, port }: Peer): string {
  const read = readVia(via);
  const isAsked = read?.parameters.get('rport') === '';
  const isElsewhere = read !== undefined && parseIp(read.host) !== parseIp(address);
  const filled = isAsked ? via.replace(/;\s*rport\s*(?=;|$)/i, `;rport=${port}`) : via;
  return (isAsked || isElsewhere) && !read?.parameters.has('received') ? `${filled};received=${address}` : filled;
}

/** RFC 3581, section 4, or RFC 3261, section 18.2.2. */
function portOfVia(via: string, { port }: Peer): number {
  const read = readVia(via);
  return read?.parameters.has('rport') ? port : (read?.port ?? PNP_PORT);
}

/** Where it takes requests; behind an address that is not its own, where this one came from. */
function portOfContact({ headers }: SipRequest, { address, port }: Peer): number {
  const contact = readUri(readAddress(listIn(headers.all('Contact'))[0] ?? '')?.uri ?? '');
  const isSame = contact !== undefined && parseIp(contact.host) === parseIp(address);
  return isSame ? (contact.port ?? PNP_PORT) : port;
}

function withTag(to: string, tag: string): string {
  return readAddress(to)?.parameters.has('tag') ? to : `${to};tag=${tag}`;
}

function placeOf({ address, port }: Peer): string {
  const ip: Ip | undefined = parseIp(address);
  return `${ip?.includes(':') ? `[${ip}]` : (ip ?? address)}:${port}`;
}
