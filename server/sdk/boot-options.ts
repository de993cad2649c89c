import type { Ip } from '../lib/ip.ts';
import { fill } from '../lib/placeholders.ts';
import type { Vendor } from '../sdk.ts';

/** Where phones find the server. */
export interface BootServer {
  /** Without a slash at its end; with the provisioning key of the phones' tenant where that has one: `http://10.0.0.5:8667/key`. */
  readonly url: string;
  /** Of IPv4, for options that take nothing else. */
  readonly address?: Ip;
}

/** What stands in the templates of a vendor's DHCP options, and what it stands for. docs/writing-a-plugin.md has the same table. */
const values: Readonly<Record<string, (server: BootServer) => string | undefined>> = {
  'server.url': ({ url }) => url,
  'server.address': ({ address }) => address,
  'server.host': ({ url }) => new URL(url).hostname,
  'server.port': ({ url }) => portOf(new URL(url)),
  // A phone that takes a host in one option and a file or folder in another.
  'server.path': ({ url }) => new URL(url).pathname.replace(/^\/|\/$/g, ''),
};

export const bootPlaceholders: readonly string[] = Object.keys(values);

/**
 * The DHCP options that a vendor's phones are given, by code, as texts: `parseOption` makes their bytes.
 *
 * @returns undefined for one that needs what the server does not have, an address of IPv4
 */
export function bootOptions({ dhcp = {} }: Pick<Vendor, 'dhcp'>, server: BootServer): Map<number, string | undefined> {
  return new Map(
    Object.entries(dhcp).map(([code, template]) => [Number(code), fill(template, (name) => values[name]?.(server))] as const),
  );
}

/**
 * The URL that a vendor's phones are told over SIP PnP: what its package says, else what they are told as DHCP option 66 where that is a URL,
 * else the server's own.
 *
 * @param server its URL without a provisioning key: the whole network hears it
 */
export function pnpUrl({ pnp, dhcp = {} }: Pick<Vendor, 'pnp' | 'dhcp'>, server: BootServer): string {
  // Other placeholders are the phone's own, which it fills in itself.
  const itsOwn = (name: string, separator = '') => `{${name}${separator && `:${separator}`}}`;
  const own =
    pnp === undefined
      ? undefined
      : fill(pnp, (name, separator) => (Object.hasOwn(values, name) ? values[name]?.(server) : itsOwn(name, separator)));
  if (own !== undefined) return own;
  const option = bootOptions({ dhcp }, server).get(66);
  return option !== undefined && /^[a-z]+:\/\//i.test(option) ? option : server.url;
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80');
}
