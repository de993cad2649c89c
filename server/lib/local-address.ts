import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import { type Ip, parseIp } from './ip.ts';

/** Tells on which address of this host a peer reaches us. Rejects when no route leads to the peer. */
export type LocalAddresses = (peer: string) => Promise<Ip>;

/**
 * A UDP socket that listens on every address does not say to which one a datagram was sent (node:dgram has no IP_PKTINFO). What the
 * system would send from, if it answered, is the next best thing: connecting a socket of the peer's family makes it choose, and
 * sends nothing.
 *
 * Answers are kept for half a minute, long enough for the requests of a phone that boots, short enough for a route that changes;
 * for 4,096 peers, about a megabyte.
 */
export function localAddresses(): LocalAddresses {
  const known = new LRUCache<string, Promise<Ip>>({ max: 4_096, ttl: 30_000 });
  return (peer) => {
    const found = known.get(peer);
    if (found) return found;
    const address = lookUp(peer);
    known.set(peer, address);
    address.catch(() => known.delete(peer));
    return address;
  };
}

function lookUp(peer: string): Promise<Ip> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(peer) ? 'udp6' : 'udp4');
    socket.once('error', (cause) => {
      socket.close();
      reject(cause);
    });
    socket.once('connect', () => {
      const { address } = socket.address();
      const ip = parseIp(address);
      socket.close();
      if (ip) resolve(ip);
      else reject(new Error(`The system names ${address} as the address for ${peer}`));
    });
    // Any port does: the port of DISCARD (RFC 863).
    socket.connect(9, peer);
  });
}
