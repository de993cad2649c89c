import { BlockList, isIP, SocketAddress } from 'node:net';

/**
 * An IPv4 or IPv6 address in its one spelling: `10.0.0.1`, `2001:db8::1` (RFC 5952). An IPv4 address that came in IPv6 clothes
 * (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2) is the IPv4 address.
 */
export type Ip = string & { readonly brand: 'Ip' };

/**
 * A set of addresses that settings name in one word or one prefix.
 *
 * One list for each family, because a BlockList takes IPv4 addresses for a part of `::/0`. node:net and not ipaddr.js: a look-up
 * is a few microseconds with either, and ipaddr.js reads 010.0.0.1 as 8.0.0.1 and 1.2.3 as 1.2.0.3.
 */
export interface Network {
  /** As written in the settings. */
  readonly text: string;
  readonly ipv4: BlockList;
  readonly ipv6: BlockList;
}

const WORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['any', ['0.0.0.0/0', '::/0']],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  // RFC 1918 and RFC 4193. The shared space of RFC 6598 (100.64.0.0/10) is not among them: behind a carrier's NAT it holds the
  // other customers of the carrier. A site that uses it as its own writes the prefix.
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
]);

const MAPPED = /^::ffff:(?=.*\.)/;

/**
 * Reads an address as a socket, a header or a person writes it. The zone id of `fe80::1%eth0` is dropped: it means something on
 * this host only. Names, ports, brackets and the historic forms (010.0.0.1, 1.2.3, 0x7f.1) are not addresses.
 */
export function parseIp(text: string): Ip | undefined {
  const family = isIP(text);
  if (family === 0) return undefined;
  if (family === 4) return text as Ip;
  const { address } = new SocketAddress({ address: text.replace(/%.*$/, ''), family: 'ipv6' });
  return address.replace(MAPPED, '') as Ip;
}

/**
 * Reads `10.0.0.0/8`, `fd00::/8`, a bare address (that one host), or one of the words loopback, private, link-local, any. Bits
 * after the prefix do not matter: 192.168.1.5/24 is 192.168.1.0/24.
 */
export function parseNetwork(text: string): Network | undefined {
  const prefixes = WORDS.get(text) ?? [text];
  const network = { text, ipv4: new BlockList(), ipv6: new BlockList() };
  return prefixes.every((prefix) => addPrefix(network, prefix)) ? network : undefined;
}

function addPrefix(network: Network, text: string): boolean {
  const { address, length } = /^(?<address>[^/%]+)(?:\/(?<length>0|[1-9]\d{0,2}))?$/.exec(text)?.groups ?? {};
  const ip = address === undefined ? undefined : parseIp(address);
  if (ip === undefined) return false;
  const family = familyOf(ip);
  const bits = family === 'ipv4' ? 32 : 128;
  // A prefix length counts the bits of the address as written, and ::ffff:10.0.0.0 is written with 96 more.
  if (length !== undefined && (Number(length) > bits || isIP(address ?? '') !== isIP(ip))) return false;
  network[family].addSubnet(ip, length === undefined ? bits : Number(length), family);
  return true;
}

/** Whether one of the networks holds the address. */
export function contains(networks: readonly Network[], ip: Ip): boolean {
  const family = familyOf(ip);
  const address = new SocketAddress({ address: ip, family });
  return networks.some((network) => network[family].check(address));
}

/** The authority part of a URL: `10.0.0.1:8667`, `[2001:db8::1]:8667` (RFC 3986 section 3.2.2). */
export function formatHostPort(ip: Ip, port: number): string {
  return familyOf(ip) === 'ipv6' ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function familyOf(ip: Ip): 'ipv4' | 'ipv6' {
  return ip.includes(':') ? 'ipv6' : 'ipv4';
}
