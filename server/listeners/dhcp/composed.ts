/** Formats of options that are made of parts. Each has its RFC in the table (options.ts). */

import { ProvisioningError } from '../../lib/errors.ts';
import type { Ip } from '../../lib/ip.ts';
import { address, addresses, all, type Format, parseText, parts, printHex, printText, text } from './format.ts';
import { addressAt } from './ipv4.ts';
import { isName, readNames, readOneName, writeNames } from './names.ts';

export type SubOptions = ReadonlyMap<number, Buffer>;

const PAD = 0;
const END = 255;

/** A list is parted at commas that another sub-option follows: the text of one may have commas itself. */
const NEXT = /\s*,\s*(?=(?:\d+:)?\d+=)/;

/**
 * Code, length and bytes, again and again. Where phones and servers write text as it is instead, it is none of these, and can be
 * written so.
 *
 * @param marked - 0 is padding and 255 the end, behind which nothing counts (RFC 2132, section 8.4)
 */
function subOptions(marked: boolean): Format<SubOptions> {
  return {
    takes: 'sub-options (1=text, 2=0x0a0b)',
    read(bytes) {
      const read = new Map<number, Buffer>();
      for (let at = 0; at < bytes.length; ) {
        const code = bytes[at] ?? END;
        if (marked && code === END) break;
        if (marked && code === PAD) {
          at += 1;
          continue;
        }
        const end = at + 2 + (bytes[at + 1] ?? bytes.length);
        // Which of two is meant, nobody says.
        if (end > bytes.length || read.has(code)) return undefined;
        read.set(code, bytes.subarray(at + 2, end));
        at = end;
      }
      return read.size > 0 ? read : undefined;
    },
    write: (values) =>
      Buffer.concat([...values].flatMap(([code, value]) => [Buffer.of(code, lengthOf(value, `sub-option ${code}`)), value])),
    print: (values) => Array.from(values, ([code, value]) => `${code}=${printPart(value)}`).join(', '),
    parse(text) {
      const read = text.split(NEXT).map((item) => {
        const { code, value } = /^(?<code>\d{1,3})=(?<value>.*)$/s.exec(item)?.groups ?? {};
        const [number, bytes] = [Number(code), parseText(value ?? '')];
        const isCode = number <= END && !(marked && (number === PAD || number === END));
        return bytes && isCode ? ([number, bytes] as const) : undefined;
      });
      return mapOf(read);
    },
  };
}

export const encapsulated = subOptions(true);
export const relayInformation = subOptions(false);

/** By enterprise number. */
export const enterpriseClasses: Format<ReadonlyMap<number, Buffer>> = {
  takes: 'a class for each enterprise number (40712=text, 9=0x0a0b)',
  read(bytes) {
    const read = new Map<number, Buffer>();
    for (let at = 0; at < bytes.length; ) {
      const end = at + 5 + (bytes[at + 4] ?? bytes.length);
      if (end > bytes.length || read.has(bytes.readUInt32BE(at))) return undefined;
      read.set(bytes.readUInt32BE(at), bytes.subarray(at + 5, end));
      at = end;
    }
    return read.size > 0 ? read : undefined;
  },
  write: (values) =>
    Buffer.concat(
      [...values].flatMap(([enterprise, value]) => {
        const head = Buffer.alloc(5);
        head.writeUInt32BE(enterprise);
        head[4] = lengthOf(value, `what is for enterprise ${enterprise}`);
        return [head, value];
      }),
    ),
  print: (values) => Array.from(values, ([enterprise, value]) => `${enterprise}=${printPart(value)}`).join(', '),
  parse(text) {
    const read = text.split(NEXT).map((item) => {
      const { enterprise, value } = /^(?<enterprise>\d{1,10})=(?<value>.*)$/s.exec(item)?.groups ?? {};
      const [number, bytes] = [Number(enterprise), parseText(value ?? '')];
      return bytes && number < 2 ** 32 ? ([number, bytes] as const) : undefined;
    });
    return mapOf(read);
  },
};

export const enterpriseOptions: Format<ReadonlyMap<number, SubOptions>> = {
  takes: 'sub-options, each with its enterprise number (13885:1=text, 13885:2=0x0a0b)',
  read(bytes) {
    const read = Array.from(enterpriseClasses.read(bytes) ?? [], ([enterprise, value]) => {
      const options = relayInformation.read(value);
      return options && ([enterprise, options] as const);
    });
    return read.length > 0 ? mapOf(read) : undefined;
  },
  write: (values) =>
    enterpriseClasses.write(
      new Map(Array.from(values, ([enterprise, options]) => [enterprise, relayInformation.write(options)] as const)),
    ),
  print: (values) =>
    [...values]
      .flatMap(([enterprise, options]) => Array.from(options, ([code, value]) => `${enterprise}:${code}=${printPart(value)}`))
      .join(', '),
  parse(text) {
    const byEnterprise = new Map<number, Map<number, Buffer>>();
    for (const item of text.split(NEXT)) {
      const { enterprise, rest } = /^(?<enterprise>\d{1,10}):(?<rest>.*)$/s.exec(item)?.groups ?? {};
      const [[code, value] = []] = relayInformation.parse(rest ?? '') ?? [];
      const options = byEnterprise.get(Number(enterprise)) ?? new Map<number, Buffer>();
      if (!value || code === undefined || Number(enterprise) >= 2 ** 32 || options.has(code)) return undefined;
      byEnterprise.set(Number(enterprise), options.set(code, value));
    }
    return byEnterprise;
  },
};

/**
 * Each class with its length before it (RFC 3004). Real phones, and dhclient, send one class without: that is read as the one text
 * that it is, when its first bytes cannot be lengths that fill the option. Latin-1; always written with lengths.
 */
export const userClasses: Format<readonly string[]> = {
  takes: 'classes (one, another)',
  read(bytes) {
    if (bytes.length === 0) return undefined;
    const read: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + (bytes[at] ?? 0);
      if (end === at + 1 || end > bytes.length) {
        const bare = text.read(bytes);
        return bare ? [bare] : undefined;
      }
      read.push(bytes.toString('latin1', at + 1, end));
      at = end;
    }
    return read;
  },
  write: (values) =>
    Buffer.concat(
      values.map((value) => Buffer.from(`${String.fromCharCode(lengthOf(value, 'a user class'))}${value}`, 'latin1')),
    ),
  print: (values) => values.map((value) => printPart(Buffer.from(value, 'latin1'))).join(', '),
  parse: (written) => all(parts(written).map((part) => parseText(part)?.toString('latin1'))),
};

/** Type 255 is a DUID with the number of the interface (RFC 4361, section 6.1); any other type that of the hardware, 1 being Ethernet. */
export type ClientIdentifier =
  | { readonly type: 255; readonly iaid: number; readonly duid: Buffer }
  | { readonly type: number; readonly bytes: Buffer };

export const clientIdentifier: Format<ClientIdentifier> = {
  takes: 'a type and what is of that type',
  read(bytes) {
    const [type] = bytes;
    if (type === undefined || bytes.length < 2) return undefined;
    if (type !== 255) return { type, bytes: bytes.subarray(1) };
    // A DUID begins with two bytes that say its type (RFC 8415, section 11.1).
    return bytes.length < 7 ? undefined : { type, iaid: bytes.readUInt32BE(1), duid: bytes.subarray(5) };
  },
  write(value) {
    if ('bytes' in value) return Buffer.concat([Buffer.of(value.type), value.bytes]);
    const head = Buffer.of(value.type, 0, 0, 0, 0);
    head.writeUInt32BE(value.iaid, 1);
    return Buffer.concat([head, value.duid]);
  },
  print: (value) => printHex(clientIdentifier.write(value)),
  parse: () => undefined,
};

/** S, O, E and N of RFC 4702, section 2.1, are 1, 2, 4 and 8; a name with a dot at its end is fully qualified. */
export interface ClientFqdn {
  readonly flags: number;
  readonly name: string;
}

const ENCODED = 4;

export const clientFqdn: Format<ClientFqdn> = {
  takes: 'flags and a domain name',
  read(bytes) {
    const [flags] = bytes;
    if (flags === undefined || bytes.length < 3) return undefined;
    const rest = bytes.subarray(3);
    if (rest.length === 0) return { flags, name: '' };
    const name = flags & ENCODED ? readOneName(rest) : rest.toString('latin1').replace(/\0+$/, '');
    return name === undefined ? undefined : { flags, name };
  },
  write({ flags, name }) {
    const encoded = writeNames(name === '.' ? [''] : [name], false);
    // What is no whole name has no end.
    const bytes = flags & ENCODED ? encoded.subarray(0, name.endsWith('.') ? undefined : -1) : Buffer.from(name, 'latin1');
    // The result codes are a server's 255, and mean nothing.
    return Buffer.concat([Buffer.of(flags, 255, 255), bytes]);
  },
  print: ({ name }) => name,
  parse: () => undefined,
};

function namesFormat(compressed: boolean): Format<readonly string[]> {
  return {
    takes: 'domain names (phones.example.net, example.net)',
    read: (bytes) => readNames(bytes, compressed),
    write: (names) => writeNames(names, compressed),
    print: (names) => names.join(', '),
    parse: (text) => all(parts(text).map((part) => (isName(part) ? part.replace(/\.$/, '') : undefined))),
  };
}

export const searchList = namesFormat(true);
export const names = namesFormat(false);

/** Addresses, or else names: a server is told in one way only (RFC 3361, section 3). */
export const sipServers: Format<readonly string[]> = {
  takes: 'IPv4 addresses (10.0.0.1, 10.0.0.2) or domain names (sip.example.net)',
  read(bytes) {
    if (bytes[0] === 0) return names.read(bytes.subarray(1));
    return bytes[0] === 1 ? addresses.read(bytes.subarray(1)) : undefined;
  },
  write(servers) {
    const ips = all(servers.map((server) => address.parse(server)));
    return ips ? Buffer.concat([Buffer.of(1), addresses.write(ips)]) : Buffer.concat([Buffer.of(0), names.write(servers)]);
  },
  print: (servers) => servers.join(', '),
  parse: (text) => {
    const servers = parts(text);
    const ips = servers.filter((server) => address.parse(server));
    return ips.length === servers.length ? ips : ips.length > 0 ? undefined : names.parse(text);
  },
};

export interface Route {
  /** `10.0.0.0/8`; 0.0.0.0/0 is the default. */
  readonly destination: string;
  readonly router: Ip;
}

/** The width of the prefix, as many octets of it as count, the router (RFC 3442). */
export const routes: Format<readonly Route[]> = {
  takes: 'networks, each with its router (10.0.0.0/8 10.1.0.1, 0.0.0.0/0 10.1.0.254)',
  read(bytes) {
    const read: Route[] = [];
    for (let at = 0; at < bytes.length; ) {
      const width = bytes[at] ?? 0;
      const octets = Math.ceil(width / 8);
      const next = at + 1 + octets + 4;
      if (width > 32 || next > bytes.length) return undefined;
      const destination = Buffer.alloc(4);
      bytes.copy(destination, 0, at + 1, at + 1 + octets);
      read.push({ destination: prefixOf(addressAt(destination, 0), width), router: addressAt(bytes, next - 4) });
      at = next;
    }
    return read.length > 0 ? read : undefined;
  },
  write: (values) =>
    Buffer.concat(
      values.flatMap(({ destination, router }) => {
        const [network = '', width] = destination.split('/');
        const octets = address.write(network as Ip).subarray(0, Math.ceil(Number(width) / 8));
        return [Buffer.of(Number(width)), octets, address.write(router)];
      }),
    ),
  print: (values) => values.map(({ destination, router }) => `${destination} ${router}`).join(', '),
  parse: (text) => all(parts(text).map(parseRoute)),
};

function parseRoute(text: string): Route | undefined {
  const {
    network = '',
    width,
    router = '',
  } = /^(?<network>[\d.]+)\/(?<width>\d\d?)\s+(?<router>[\d.]+)$/.exec(text)?.groups ?? {};
  const [to, by] = [address.parse(network), address.parse(router)];
  if (!to || !by || Number(width) > 32) return undefined;
  return { destination: prefixOf(to, Number(width)), router: by };
}

/** Bits behind the prefix do not matter, and are not told. */
function prefixOf(network: Ip, width: number): string {
  const octets = network.split('.').map((octet, index) => {
    const fixed = Math.min(8, Math.max(0, width - index * 8));
    return Number(octet) & (0xff << (8 - fixed)) & 0xff;
  });
  return `${octets.join('.')}/${width}`;
}

/** As a part of a list: text with a comma would be two. */
function printPart(bytes: Buffer): string {
  const text = printText(bytes);
  return text.includes(',') ? printHex(bytes) : text;
}

function mapOf<Value>(entries: readonly (readonly [number, Value] | undefined)[]): Map<number, Value> | undefined {
  const there = all(entries);
  const map = new Map(there);
  return there && map.size === there.length ? map : undefined;
}

/** One octet tells it. @throws ProvisioningError dhcp-option-invalid */
function lengthOf({ length }: Buffer | string, what: string): number {
  if (length <= 255) return length;
  throw new ProvisioningError('dhcp-option-invalid', `${what} has ${length} bytes; a part of a DHCP option has 255 at most`);
}
