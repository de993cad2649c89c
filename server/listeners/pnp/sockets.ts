import type { Socket } from 'node:dgram';
import { type InterfaceEvent, type InterfaceSockets, openOnInterfaces, type Peer } from '../../lib/interface-sockets.ts';
import { findInterface, type Interface } from '../../lib/interfaces.ts';
import type { Ip } from '../../lib/ip.ts';
import type { UdpWish } from '../../lib/system-sockets.ts';
import { type Datagram, PNP_GROUP } from './exchange.ts';
import { endsStart, explainRefusal } from './refusal.ts';

/** What came to the group, or, to one of the sockets that answers leave from, as an answer. */
export interface Incoming {
  readonly bytes: Buffer;
  readonly from: Peer;
  readonly interface: Interface;
  readonly to: 'group' | 'answers';
}

export interface SocketOptions {
  readonly interfaces: readonly string[];
  readonly port: number;
  /** Also what is refused at the start is told, and tried again. */
  readonly patient: boolean;
  /** How often it is looked whether interfaces have come, gone or changed their addresses. */
  readonly lookMilliseconds?: number;
  take(incoming: Incoming): void;
  observe(event: InterfaceEvent): void;
}

export interface PnpSockets extends Pick<InterfaceSockets, 'interfaces' | 'problemOn' | 'close'> {
  /** On which port answers of an address leave; undefined where the interface, or the address, is not there any more. */
  portOf(name: string, address: Ip): number | undefined;
  /** Sends from one of an interface's own addresses, as the routes say. @throws ProvisioningError pnp-interface-unready, pnp-send-failed */
  send(datagram: Datagram, from: { readonly name: string; readonly address: Ip }): Promise<void>;
}

/** Some thousand requests that come in the same moment; the system lowers it to its own limit (net.core.rmem_max). */
const RECEIVE_BUFFER_BYTES = 1_048_576;

/**
 * Joins the group on each interface. The socket that hears is bound to the group and the interface, not to an address of this host: there the
 * port stays free for a PBX. Answers leave from a socket of each address of the interface, under any free port. An interface that is missing,
 * or has no IPv4 address, is told and taken up when it is ready; nothing that happens to one later rejects or throws.
 *
 * @throws ProvisioningError pnp-port-in-use, pnp-port-not-allowed, pnp-socket-failed, unless it is patient; nothing is left open then
 */
export async function openPnpSockets({ interfaces, port, take, ...options }: SocketOptions): Promise<PnpSockets> {
  const sockets = await openOnInterfaces({
    ...options,
    listener: 'pnp',
    names: interfaces,
    find: (name) => findInterface(name, 'pnp'),
    async open(found, add) {
      const hear = (to: Incoming['to'], wish: UdpWish) =>
        add({ ...wish, receiveBufferBytes: RECEIVE_BUFFER_BYTES }, (bytes, from) => take({ bytes, from, interface: found, to }));
      const group = await hear('group', { device: found.name, address: PNP_GROUP, port });
      // One address of the interface says which it is.
      group.addMembership(PNP_GROUP, found.addresses[0].address);
      const answering = new Map<Ip, Socket>();
      for (const { address } of found.addresses) answering.set(address, await hear('answers', { address, port: 0 }));
      return answering;
    },
    explainRefusal: (cause, name) => explainRefusal(cause, port, name),
    endsStart,
  });
  return {
    interfaces: () => sockets.interfaces(),
    problemOn: (name) => sockets.problemOn(name),
    portOf: (name, address) => sockets.senderOf(name, address)?.address().port,
    send: ({ bytes, to }, from) => sockets.send(bytes, { ip: to.address, port: to.port }, from),
    close: () => sockets.close(),
  };
}
