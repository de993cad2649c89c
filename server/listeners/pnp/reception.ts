import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Interface, serverAddress } from '../../lib/interfaces.ts';
import { contains, type Ip, type Network } from '../../lib/ip.ts';
import type { PhoneRequest } from '../../pipeline/request.ts';
import { answersTo, type Datagram, type ProfileRequest, readProfileRequest } from './exchange.ts';
import { type Rate, Throttle } from './throttle.ts';

/**
 * Why a datagram was not answered. foreign: it came from no network of the interface, and from none that the settings trust; limited: its
 * source asks too often; garbage: it is no request for a profile; repeated: it is a copy of one; unknown: nobody here has files for who asks.
 */
export type Ignored = 'foreign' | 'limited' | 'garbage' | 'repeated' | 'unknown';

/** What became of a datagram. */
export interface Received {
  readonly outcome: 'answered' | Ignored;
  /** What is sent for it: nothing, or the answer and the NOTIFY, both to where it came from. */
  readonly send: readonly Datagram[];
  /** Our address that the answers name. */
  readonly from?: Ip;
  readonly url?: string;
  readonly asked?: Omit<ProfileRequest, 'request'>;
}

/** Where a datagram came from, and over what. */
export interface Sender {
  readonly ip: Ip;
  readonly port: number;
  readonly interface: Interface;
}

export interface ReceptionOptions {
  /** The line: where the files of who asks are. */
  readonly ask: (request: PhoneRequest) => Promise<string | undefined>;
  /** On which port answers of an address of ours leave; undefined where that is not ours any more. */
  readonly portOf: (interfaceName: string, address: Ip) => number | undefined;
  /** Networks that are answered although the interface is not in them. */
  readonly trusted: readonly Network[];
  readonly rate?: Rate;
  /** In milliseconds; must not go back. */
  readonly now?: () => number;
}

/** A phone that boots asks a few times, and again when it hears nothing: after T1, then twice that … (RFC 3261, section 17.1.2.2). */
const RATE: Rate = { burst: 10, perSecond: 1 };

/** Phones send some 700 bytes. */
const MOST_BYTES = 4_096;

/**
 * Sooner nobody sends a request again (T1 is 500 ms): it is a copy, which came over two interfaces, or which the network made. Later the
 * answer has been lost, and is given again.
 */
const COPY_MS = 400;
const MOST_REMEMBERED = 4_096;

/**
 * What is made of what comes to the group. Whoever is in the network can send there, under any address: so the answer goes to the source
 * alone, one answer and one NOTIFY for a request, and none to a source that asks too often or is in no network of ours.
 *
 * @returns a function that does not reject unless `ask` does
 */
export function createReception(options: ReceptionOptions): (bytes: Buffer, sender: Sender) => Promise<Received> {
  const { ask, portOf, trusted, rate = RATE, now = () => performance.now() } = options;
  const throttle = new Throttle(rate, now);
  /** When what was asked was answered; not yet where that is undefined. */
  const answered = new LRUCache<string, { at?: number }>({ max: MOST_REMEMBERED });

  return async (bytes, { ip, port, interface: where }) => {
    const nothing = (outcome: Ignored, asked?: Received['asked']): Received => ({ outcome, send: [], ...(asked && { asked }) });
    const near = where.addresses.map(({ subnet }) => subnet);
    if (port === 0 || !(contains(near, ip) || contains(trusted, ip))) return nothing('foreign');
    if (!throttle.take(ip)) return nothing('limited');
    const asking = bytes.length > MOST_BYTES ? undefined : readProfileRequest(bytes);
    if (!asking) return nothing('garbage');
    const key = keyOf(asking, ip);
    const before = answered.get(key);
    if (before && (before.at === undefined || now() - before.at < COPY_MS)) return nothing('repeated');
    const mark: { at?: number } = {};
    answered.set(key, mark);
    const { request, ...asked } = asking;
    const own = serverAddress(where, ip);
    try {
      const url = await ask(requestOf(asked, ip, own));
      const ownPort = portOf(where.name, own);
      if (url === undefined || ownPort === undefined) return nothing('unknown', asked);
      const send = answersTo(asking, { address: ip, port }, { address: own, port: ownPort }, url);
      return { outcome: 'answered', send, from: own, url, asked };
    } finally {
      mark.at = now();
    }
  };
}

/** Of the same request: its source, its call, its place in that (RFC 3261, section 17.2.3, for old phones without a branch, too). */
function keyOf({ request: { headers } }: ProfileRequest, ip: Ip): string {
  const parts = ['Call-ID', 'CSeq', 'Via', 'From'].map((name) => headers.get(name));
  return createHash('sha256')
    .update([ip, ...parts].join('\n'))
    .digest('base64');
}

/** What a phone says has no path: only who asks is of interest. */
function requestOf({ mac, userAgent, ...profile }: Omit<ProfileRequest, 'request'>, ip: Ip, own: Ip): PhoneRequest {
  return {
    transport: 'pnp',
    ip,
    ...(mac && { mac }),
    reached: { ip: own, port: 0 },
    path: '',
    query: '',
    headers: userAgent === undefined ? {} : { 'user-agent': userAgent },
    options: new Map(),
    ...(Object.keys(profile).length > 0 && { profile }),
  };
}
