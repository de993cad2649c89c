import { randomBytes } from 'node:crypto';
import type { SipField } from '../lib/sip/headers.ts';
import { SipHeaders } from '../lib/sip/headers.ts';
import type { SipRequest } from '../lib/sip/message.ts';

/** What a phone is told, in the words of its vendor. */
export interface Notification {
  /** Value of the header `Event`: `check-sync;reboot=false`. */
  readonly event: string;
  /** Further headers of the vendor's. */
  readonly headers?: readonly SipField[];
  readonly contentType?: string;
  readonly body?: string;
}

/** Where it goes, once names are looked up. */
export interface Destination {
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** An address. */
  readonly host: string;
  readonly port: number;
  /** What its certificate is to be for; default: the address. */
  readonly name?: string;
}

/** What stays the same when it is sent once more with a login. */
export interface Dialogue {
  /** Of the phone, as the request line and `To` have it. */
  readonly uri: string;
  readonly callId: string;
  readonly tag: string;
}

export function newDialogue(uri: string): Dialogue {
  return { uri, callId: `${token(16)}@offhook`, tag: token(8) };
}

/** `sip:1001@192.0.2.5:5060;transport=tcp` @param user who is at the phone, if that is known */
export function uriOf({ transport, host, port }: Destination, user?: string): string {
  const place = `${bracketed(host)}:${port}`;
  const name = user === undefined ? '' : `${escaped(user)}@`;
  return `${transport === 'tls' ? 'sips' : 'sip'}:${name}${place}${transport === 'tcp' ? ';transport=tcp' : ''}`;
}

/**
 * A NOTIFY outside of any dialogue, as phones take it for `check-sync`: nobody has subscribed, so its state is that of a subscription that is
 * over (RFC 6665, section 4.1.3), and the phone answers it and nothing else.
 *
 * @param from our address, as the phone sees it @param sequence counts what is sent in the dialogue
 */
export function notify(
  notification: Notification,
  { uri, callId, tag }: Dialogue,
  { transport }: Destination,
  from: { readonly host: string; readonly port: number },
  sequence: number,
): SipRequest & { readonly branch: string } {
  const branch = `z9hG4bK${token(12)}`;
  const own = `${bracketed(from.host)}:${from.port}`;
  const body = Buffer.from(notification.body ?? '');
  const scheme = transport === 'tls' ? 'sips' : 'sip';
  const further = notification.headers ?? [];
  const headers = new SipHeaders([
    // The answer comes to the port that this comes from (RFC 3581).
    ['Via', `SIP/2.0/${transport.toUpperCase()} ${own};branch=${branch};rport`],
    ['Max-Forwards', '70'],
    ['From', `<${scheme}:offhook@${own}>;tag=${tag}`],
    ['To', `<${uri}>`],
    ['Call-ID', callId],
    ['CSeq', `${sequence} NOTIFY`],
    ['Contact', `<${scheme}:offhook@${own}${transport === 'tcp' ? ';transport=tcp' : ''}>`],
    ['Event', notification.event],
    ...(further.some(([name]) => name.toLowerCase() === 'subscription-state')
      ? []
      : [['Subscription-State', 'terminated;reason=timeout'] as const]),
    ['User-Agent', 'Offhook'],
    ...further,
    ...(body.length > 0 ? [['Content-Type', notification.contentType ?? 'text/plain'] as const] : []),
  ]);
  return { kind: 'request', method: 'NOTIFY', uri, headers, body, branch };
}

function token(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** RFC 3261, section 25.1: what a name may have as it is. */
function escaped(user: string): string {
  return Array.from(Buffer.from(user), (byte) => {
    const letter = String.fromCharCode(byte);
    return /[\w\-.!~*'()&=+$,;?/]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
