import { MessageType } from '../../lib/dhcp/options.ts';
import type { Ip } from '../../lib/ip.ts';

export const SERVER_PORT = 67;
/** All hosts of a link. */
export const BROADCAST_ADDRESS = '255.255.255.255' as Ip;

/** What decides where an answer goes: fields of the request, and of the answer itself. */
export interface Route {
  readonly giaddr?: Ip | undefined;
  readonly ciaddr?: Ip | undefined;
  /** Whether the client asks for a broadcast. */
  readonly broadcast: boolean;
  /** Of the answer; undefined in one of BOOTP. */
  readonly type: number | undefined;
  /** Of the answer. */
  readonly yiaddr?: Ip | undefined;
}

export interface Destination {
  readonly ip: Ip;
  readonly port: number;
}

/**
 * Where an answer goes (RFC 2131, section 4.1).
 *
 * A client that has no address yet and wants no broadcast should get a unicast. That would have to be sent to a hardware address that no
 * ARP has found, which takes a privilege (CAP_NET_RAW, or CAP_NET_ADMIN to write it into the ARP table). It gets a broadcast, as the RFC
 * allows where a unicast is not possible; every client has to take those.
 *
 * A NAK by way of a relay must have the broadcast bit in its flags (section 4.3.2), for its client may have an address that is wrong
 * there. Who makes the message sees to that.
 *
 * @param port that servers and relays have; clients have the next one
 */
export function destinationOf({ giaddr, ciaddr, type, yiaddr }: Route, port = SERVER_PORT): Destination {
  // An ACK that gives no address answers an INFORM, whose sender has one (section 4.3.5): relays do not know where to send it.
  const informed = type === MessageType.acknowledge && yiaddr === undefined;
  if (giaddr !== undefined && !(informed && ciaddr !== undefined)) return { ip: giaddr, port };
  const reachable = type !== MessageType.refuse && ciaddr !== undefined;
  return { ip: reachable ? ciaddr : BROADCAST_ADDRESS, port: port + 1 };
}
