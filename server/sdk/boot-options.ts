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

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80');
}
