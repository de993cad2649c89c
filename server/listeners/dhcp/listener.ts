import { Code, MessageType, type Options, RelayCode, readOption } from '../../lib/dhcp/options.ts';
import { BROADCAST, decodePacket, encodePacket, macOf, type Packet } from '../../lib/dhcp/packet.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import type { Ip } from '../../lib/ip.ts';
import type { Mac } from '../../lib/mac.ts';
import { destinationOf } from './destination.ts';
import type { Message, Outcome, Recognised } from './exchange.ts';
import { findInterface, type Interface, serverAddress } from './interfaces.ts';
import { findRivals, type Rival } from './rival.ts';
import { type Datagram, type DhcpSockets, openDhcpSockets, type SocketEvent } from './sockets.ts';

/** A message that was heard, and what became of it. */
export interface DhcpMessage extends Recognised {
  readonly kind: 'message';
  /** As RFC 2131 calls it: `DISCOVER`. */
  readonly type: string;
  readonly circuit: string;
  readonly mac?: Mac;
  /** What the client has or wants, or what it got. */
  readonly ip?: Ip;
  readonly options: Options;
  readonly outcome: Outcome['kind'];
  readonly why?: string;
  readonly reason?: NonNullable<Outcome['reason']>;
}

export type DhcpEvent =
  | DhcpMessage
  | SocketEvent
  /** A datagram that is no message of a client. */
  | { readonly kind: 'garbage'; readonly from: Ip; readonly problem: string }
  /** There was no room for these options in an answer. */
  | { readonly kind: 'left-out'; readonly mac?: Mac; readonly options: readonly (number | string)[] }
  /** Another server answers on an interface that came later: nobody is answered there. */
  | { readonly kind: 'rival'; readonly problem: ProvisioningError };

/** What somebody who only listens makes of a message. @param ip what it has, or was given by the server that it names */
export type Overhear = (message: Omit<Message, 'interface'>, ip: Ip | undefined, relay: Ip | undefined) => Promise<Recognised>;

export interface DhcpOptions {
  readonly interfaces: readonly string[];
  readonly port: number;
  /** Answers also where another server does. */
  readonly force: boolean;
  /** Answers messages; one of the two is given. */
  readonly exchange?: (message: Message) => Promise<Outcome>;
  readonly overhear?: Overhear;
  /** Another server on the network does not matter: this one gives no addresses. */
  readonly beside: boolean;
  observe(event: DhcpEvent): void;
}

export interface DhcpListener {
  /** Interfaces on which clients are answered now: not where another server answers. */
  answering(): readonly Interface[];
  readonly sockets: Pick<DhcpSockets, 'interfaces' | 'counts'>;
  close(): Promise<void>;
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries({ ...MessageType, acknowledge: undefined, refuse: undefined }).flatMap(([name, type]) =>
    type === undefined ? [] : [[type, name.toUpperCase()] as const],
  ),
);

/**
 * Hears DHCP, and answers if it is to.
 * @throws ProvisioningError dhcp-rival when another server answers on one of the networks, and dhcp-… as `openDhcpSockets` does
 */
export async function startDhcp(options: DhcpOptions): Promise<DhcpListener> {
  const { exchange, overhear, observe, port } = options;
  /** Interfaces on which it was looked for other servers, and there are none. */
  const clear = new Set<string>();
  const mustLook = exchange !== undefined && !options.beside && !options.force;

  const answersOn = (name: string) => !mustLook || clear.has(name);

  /** @throws ProvisioningError dhcp-rival */
  async function look(name: string): Promise<void> {
    refuseRivals(name, await findRivals(name, { port }));
    clear.add(name);
  }

  if (mustLook) {
    const ready = await Promise.all(options.interfaces.map((name) => findInterface(name).catch(() => undefined)));
    await Promise.all(ready.map(async (found) => found && look(found.name)));
  }

  async function answer(datagram: Datagram, packet: Packet, type: number): Promise<void> {
    const { interface: where } = datagram;
    if (!exchange || !where || !answersOn(where.name)) return;
    const message = { packet, type, interface: where, circuit: circuitOf(packet, datagram) };
    const outcome = await exchange(message);
    tell(message, outcome);
    const { reply } = outcome;
    if (!reply) return;
    const { bytes, leftOut } = encodePacket(reply, readOption(packet.options, Code.maximumMessageSize));
    if (leftOut.length > 0) observe({ kind: 'left-out', ...withMac(packet), options: leftOut });
    const to = destinationOf(
      {
        giaddr: packet.giaddr,
        ciaddr: packet.ciaddr,
        broadcast: (reply.flags & BROADCAST) !== 0,
        type: readOption(reply.options, Code.messageType),
        yiaddr: reply.yiaddr,
      },
      port,
    );
    await sockets.send(bytes, to, { name: where.name, address: serverAddress(where, reply.yiaddr ?? packet.ciaddr) });
  }

  async function hear(datagram: Datagram, packet: Packet, type: number): Promise<void> {
    if (!overhear) return;
    const message = { packet, type, circuit: circuitOf(packet, datagram) };
    // Whoever names a server has its offer; others only hope.
    const isChoosing = type === MessageType.request && packet.options.has(Code.serverIdentifier);
    const ip = isChoosing ? readOption(packet.options, Code.requestedAddress) : packet.ciaddr;
    const sender = await overhear(message, ip, packet.giaddr);
    tell(message, { kind: 'noted', ...(ip !== undefined && { address: ip }), sender });
  }

  function tell(
    { packet, type, circuit }: Omit<Message, 'interface'>,
    { kind, address, why, reason, sender: { vendor, model, device } = {} }: Outcome,
  ): void {
    observe({
      kind: 'message',
      type: names.get(type) ?? String(type),
      circuit,
      ...withMac(packet),
      ...(address !== undefined && { ip: address }),
      options: packet.options,
      outcome: kind,
      ...(vendor !== undefined && { vendor }),
      ...(model !== undefined && { model }),
      ...(device !== undefined && { device }),
      ...(why !== undefined && { why }),
      ...(reason !== undefined && { reason }),
    });
  }

  const sockets = await openDhcpSockets({
    purpose: exchange ? 'answer' : 'overhear',
    interfaces: options.interfaces,
    port,
    async handle(datagram) {
      const decoded = decodePacket(datagram.bytes);
      if (!('packet' in decoded)) return observe({ kind: 'garbage', from: datagram.from.ip, problem: decoded.problem });
      const { packet } = decoded;
      const type = readOption(packet.options, Code.messageType);
      if (packet.op !== 'request' || type === undefined) {
        const problem = packet.op === 'reply' ? 'is an answer of a server' : 'is one of BOOTP, which has no leases';
        return observe({ kind: 'garbage', from: datagram.from.ip, problem });
      }
      await (exchange ? answer(datagram, packet, type) : hear(datagram, packet, type));
    },
    observe(event) {
      observe(event);
      if (event.kind !== 'opened' || !mustLook || clear.has(event.interface.name)) return;
      look(event.interface.name).catch((cause) => {
        if (cause instanceof ProvisioningError) observe({ kind: 'rival', problem: cause });
        else observe({ kind: 'failed', cause });
      });
    },
  });
  return {
    sockets,
    answering: () => (exchange ? sockets.interfaces().filter(({ name }) => answersOn(name)) : []),
    close: () => sockets.close(),
  };
}

function refuseRivals(name: string, rivals: readonly Rival[]): void {
  if (rivals.length === 0) return;
  const told = rivals.map(({ server, from }) => String(server ?? from)).join(', ');
  const remedy =
    'Two servers give phones now this address, now that one. Switch the other off, have this one only listen (dhcp.mode: listen), or say that ' +
    'both are meant (dhcp.force: true)';
  throw new ProvisioningError('dhcp-rival', `Another DHCP server answers on ${name}: ${told}. ${remedy}`);
}

function withMac(packet: Packet): { readonly mac?: Mac } {
  const mac = macOf(packet);
  return mac === undefined ? {} : { mac };
}

/** The relay with what it says of the circuit, else the interface. */
function circuitOf({ giaddr, options }: Packet, { interface: where, from }: Datagram): string {
  if (giaddr === undefined) return where?.name ?? from.ip;
  const relay = readOption(options, Code.relayInformation);
  const parts = [RelayCode.circuitId, RelayCode.remoteId].flatMap((code) => {
    const bytes = relay?.get(code);
    return bytes ? [printableOf(bytes)] : [];
  });
  return [giaddr, ...parts].join(' ');
}

function printableOf(bytes: Buffer): string {
  const text = bytes.toString('latin1');
  return /^[\x21-\x7e]+$/.test(text) ? text : `0x${bytes.toString('hex')}`;
}
