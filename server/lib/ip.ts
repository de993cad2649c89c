import { BlockList, isIP, SocketAddress } from 'node:net';

/**
 * An IPv4 or IPv6 address in its one spelling: `10.0.0.1`, `2001:db8::1` (RFC 5952). An IPv4 address that came in IPv6 clothes
 * (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2) is the IPv4 address.
 */
export type Ip = string & { readonly brand: 'Ip' };

/** What a phone without an address sends from (RFC 2131, section 4.1): no phone's own. */
export const UNSPECIFIED = '0.0.0.0' as Ip;

/**
 * A set of addresses that settings name in one word or one prefix.
 *
 * IPv4 as numbers, because every request of a phone asks: 0.1 microseconds, where a BlockList takes four. IPv6 as a BlockList of its
 * own, because one for both takes IPv4 addresses for a part of `::/0`. Not ipaddr.js, which reads 010.0.0.1 as 8.0.0.1.
 */
export interface Network {
  /** As written in the settings. */
  readonly text: string;
  readonly ipv4: readonly { readonly first: number; readonly last: number }[];
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

const DOT = 0x2e;
const ZERO = 0x30;

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
  const network = { text, ipv4: [], ipv6: new BlockList() };
  return prefixes.every((prefix) => addPrefix(network, prefix)) ? network : undefined;
}

function addPrefix(
  network: { readonly ipv4: { first: number; last: number }[]; readonly ipv6: BlockList },
  text: string,
): boolean {
  const { address, length } = /^(?<address>[^/%]+)(?:\/(?<length>0|[1-9]\d{0,2}))?$/.exec(text)?.groups ?? {};
  const ip = address === undefined ? undefined : parseIp(address);
  if (ip === undefined) return false;
  const family = familyOf(ip);
  const bits = family === 'ipv4' ? 32 : 128;
  // A prefix length counts the bits of the address as written, and ::ffff:10.0.0.0 is written with 96 more.
  if (length !== undefined && (Number(length) > bits || isIP(address ?? '') !== isIP(ip))) return false;
  const fixed = length === undefined ? bits : Number(length);
  if (family === 'ipv6') network.ipv6.addSubnet(ip, fixed, family);
  else network.ipv4.push(range(ip, fixed));
  return true;
}

/** Whether one of the networks holds the address. */
export function contains(networks: readonly Network[], ip: Ip): boolean {
  if (familyOf(ip) === 'ipv6') {
    const address = new SocketAddress({ address: ip, family: 'ipv6' });
    return networks.some(({ ipv6 }) => ipv6.check(address));
  }
  const number = numberOf(ip);
  return networks.some(({ ipv4 }) => ipv4.some(({ first, last }) => first <= number && number <= last));
}

/** The addresses whose first `fixed` bits are those of this one. */
function range(ip: Ip, fixed: number): { first: number; last: number } {
  const size = 2 ** (32 - fixed);
  const first = Math.floor(numberOf(ip) / size) * size;
  return { first, last: first + size - 1 };
}

function numberOf(ipv4: Ip): number {
  let number = 0;
  let byte = 0;
  for (let index = 0; index < ipv4.length; index += 1) {
    const code = ipv4.charCodeAt(index);
    if (code !== DOT) byte = byte * 10 + code - ZERO;
    else [number, byte] = [number * 256 + byte, 0];
  }
  return number * 256 + byte;
}

/** The authority part of a URL: `10.0.0.1:8667`, `[2001:db8::1]:8667` (RFC 3986 section 3.2.2). */
export function formatHostPort(ip: Ip, port: number): string {
  return familyOf(ip) === 'ipv6' ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function familyOf(ip: Ip): 'ipv4' | 'ipv6' {
  return ip.includes(':') ? 'ipv6' : 'ipv4';
}
