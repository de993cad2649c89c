import type { ListenAddress } from '../api/parts.ts';
import { formatHostPort, parseIp } from '../lib/ip.ts';
import { explainSystemError } from '../settings/system-error.ts';

/** One listener, as far as the whole server cares. */
export interface Listener {
  readonly name: string;
  readonly scheme: string;
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  reload?(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a listener; what the system refuses is told with the settings' key and what to do. */
export async function listening<Started>(
  key: string,
  hosts: readonly string[],
  port: number,
  start: (addresses: { host: string; port: number }[]) => Promise<Started>,
): Promise<Started> {
  try {
    return await start(hosts.map((host) => ({ host, port })));
  } catch (cause) {
    if (typeof cause !== 'object' || cause === null || !('syscall' in cause)) throw cause;
    const { address = hosts[0] ?? '', port: refused = port } = cause as { address?: string; port?: number };
    // Only TFTP has other ports, those that files are sent from.
    if (refused !== port) throw explainSystemError(cause, { kind: 'range', key: `${key}.transfer_ports`, address });
    throw explainSystemError(cause, { kind: 'listen', key, address, port });
  }
}

export function addressesOf(listeners: readonly Listener[]): ListenAddress[] {
  return listeners.flatMap(({ name, scheme, addresses }) =>
    addresses.flatMap(({ host, port }) => {
      const ip = parseIp(host);
      return ip ? [{ name, url: `${scheme}://${formatHostPort(ip, port)}` }] : [];
    }),
  );
}
