import type { Socket } from 'node:dgram';
import { isDiscover } from '../../lib/dhcp/packet.ts';
import { codeOf, ProvisioningError } from '../../lib/errors.ts';
import { Intake, type IntakeCounts, type IntakeLimits } from '../../lib/intake.ts';
import { type InterfaceEvent, type InterfaceSockets, openOnInterfaces, type Peer } from '../../lib/interface-sockets.ts';
import { findInterface, type Interface } from '../../lib/interfaces.ts';
import { type Ip, UNSPECIFIED } from '../../lib/ip.ts';
import { openUdp, type UdpWish } from '../../lib/system-sockets.ts';
import { BROADCAST_ADDRESS, type Destination, SERVER_PORT } from './destination.ts';
import { endsStart, explainRefusal } from './refusal.ts';

/** What came in. */
export interface Datagram {
  readonly bytes: Buffer;
  readonly from: Peer;
  /** Over which it came, or whose address it was sent to; undefined where none is named. */
  readonly interface?: Interface;
  /** The address of the interface that it was sent to; undefined for a broadcast, and for another address of this host. */
  readonly to?: Ip;
}

export type SocketEvent =
  | InterfaceEvent
  /** Who listens without names hears no copies that relays send, because another program has the port. */
  | { readonly kind: 'broadcasts-only'; readonly problem: ProvisioningError };

export interface SocketOptions {
  /**
   * `answer` takes all that comes to port 67 of these interfaces and sends from it. `overhear` never sends, and takes nothing from a server
   * on this host that shares the port; with names it hears what clients broadcast there, without names what they broadcast anywhere and,
   * if no other program has the port, what relays send to this host.
   */
  readonly purpose: 'answer' | 'overhear';
  readonly interfaces: readonly string[];
  /** Also what is refused at the start is told, and tried again. */
  readonly patient?: boolean;
  readonly port?: number;
  /** A message that is waited for longer the client has sent again (RFC 2131, section 4.1). */
  readonly limits?: Partial<IntakeLimits>;
  /** How often it is looked whether interfaces have come, gone or changed their addresses. */
  readonly lookMilliseconds?: number;
  handle(datagram: Datagram): Promise<void>;
  observe(event: SocketEvent): void;
}

export interface DhcpSockets extends Pick<InterfaceSockets, 'interfaces' | 'problemOn' | 'close'> {
  counts(): IntakeCounts;
  /**
   * Sends from port 67 of one of an interface's own addresses: a broadcast over that interface, anything else as the routes say.
   *
   * @throws ProvisioningError dhcp-interface-unready, dhcp-send-failed
   */
  send(bytes: Buffer, to: Destination, from: { readonly name: string; readonly address: Ip }): Promise<void>;
}

const LIMITS: IntakeLimits = { atOnce: 256, waitingBytes: 4_194_304, patienceMilliseconds: 2_000 };
/** Some thousand messages that come in the same moment; the system lowers it to its own limit (net.core.rmem_max). */
const RECEIVE_BUFFER_BYTES = 2_097_152;

/** In the place of a name where none is given. */
const EVERYWHERE = '';

/**
 * Opens the sockets. An interface that is missing, or has no IPv4 address, is told and taken up when it is ready; nothing that happens to
 * one later rejects or throws.
 *
 * @throws ProvisioningError dhcp-port-in-use, dhcp-port-not-allowed, dhcp-socket-failed, unless it is patient; nothing is left open then
 */
export async function openDhcpSockets(options: SocketOptions): Promise<DhcpSockets> {
  const { purpose, interfaces, patient = false, port = SERVER_PORT, limits, handle, ...others } = options;
  const intake = new Intake<Datagram>(
    { ...LIMITS, ...limits },
    ({ bytes }) => isDiscover(bytes),
    async (datagram) => {
      try {
        await handle(datagram);
      } catch (cause) {
        others.observe({ kind: 'failed', cause });
      }
    },
  );
  const sockets = await openOnInterfaces({
    ...others,
    listener: 'dhcp',
    names: interfaces.length > 0 ? interfaces : [EVERYWHERE],
    patient,
    find: async (name) => (name === EVERYWHERE ? undefined : await findInterface(name, 'dhcp')),
    async open(found, add) {
      const hear: Hear = (wish) => {
        const to = found?.addresses.find(({ address }) => address === wish.address)?.address;
        return add({ ...wish, port, receiveBufferBytes: RECEIVE_BUFFER_BYTES }, (bytes, from) =>
          intake.take({ bytes, from, ...(found && { interface: found }), ...(to !== undefined && { to }) }),
        );
      };
      if (found) return openOn(found, purpose, hear);
      const taken = await isTaken(port);
      if (taken) others.observe({ kind: 'broadcasts-only', problem: shared(port) });
      await hear({ address: taken ? BROADCAST_ADDRESS : UNSPECIFIED, shared: true });
      return new Map();
    },
    explainRefusal: (cause, name) => explainRefusal(cause, port, name || undefined),
    endsStart,
    settle: () => intake.end(),
  });
  return {
    interfaces: () => sockets.interfaces(),
    counts: () => intake.counts,
    problemOn: (name) => sockets.problemOn(name),
    send: (bytes, to, from) => sockets.send(bytes, to, from),
    close: () => sockets.close(),
  };
}

type Hear = (wish: Omit<UdpWish, 'port' | 'receiveBufferBytes'>) => Promise<Socket>;

/**
 * A socket on the device for what is broadcast there. For each address one that is bound to it and no device: what is sent to it comes
 * in there over whatever interface, an answer has it as its source, goes as the routes say, and a broadcast over its interface.
 */
async function openOn(found: Interface, purpose: SocketOptions['purpose'], hear: Hear): Promise<ReadonlyMap<Ip, Socket>> {
  const answers = purpose === 'answer';
  await hear({ device: found.name, address: answers ? UNSPECIFIED : BROADCAST_ADDRESS });
  const senders = new Map<Ip, Socket>();
  for (const { address } of answers ? found.addresses : []) senders.set(address, await hear({ address, shared: true }));
  return senders;
}

/** Of two that share the port, what comes to one address reaches one: it must not be we who take it from a server. */
async function isTaken(port: number): Promise<boolean> {
  try {
    const socket = await openUdp({ address: UNSPECIFIED, port });
    await new Promise<void>((done) => socket.close(() => done()));
    return false;
  } catch (cause) {
    if (codeOf(cause) === 'EADDRINUSE') return true;
    throw cause;
  }
}

function shared(port: number): ProvisioningError {
  const message =
    `Another program has UDP port ${port} of this host (ss -lnup 'sport = :${port}' shows which): what clients broadcast ` +
    'is heard, copies that relays send to this host are left to that program';
  return new ProvisioningError('dhcp-port-in-use', message);
}
