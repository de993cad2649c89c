import { type Ip, parseIp } from './ip.ts';

/**
 * Who is behind `trusted` proxies of ours: each appends to X-Forwarded-For the address that it was reached from, so that the
 * entry `trusted` from the right is who asks, a phone say; all to its left is his own claim.
 *
 * Without the header it is the peer: it came past the proxies. With fewer entries than proxies it is the first entry: the request
 * came past the outer ones, and the peer would be a proxy, whose address may be trusted with more than that of who asks.
 *
 * @returns undefined when that entry is no address.
 */
export function clientAddress(peer: Ip, header: string | readonly string[] | undefined, trusted: number): Ip | undefined {
  const text = typeof header === 'object' ? header.join(',') : header;
  if (trusted === 0 || text === undefined || text.trim() === '') return peer;
  const entries = text.split(',');
  const entry = entries.at(-Math.min(trusted, entries.length));
  return entry === undefined ? undefined : parseEntry(entry.trim());
}

/** An address with or without a port: 10.0.0.1, 10.0.0.1:40000, 2001:db8::1, [2001:db8::1], [2001:db8::1]:40000. */
function parseEntry(entry: string): Ip | undefined {
  const plain = parseIp(entry);
  if (plain !== undefined) return plain;
  const { bracketed, bare } = /^(?:\[(?<bracketed>[^\]]*)\]|(?<bare>[^:]*))(?::\d{1,5})?$/.exec(entry)?.groups ?? {};
  return parseIp(bracketed ?? bare ?? '');
}
