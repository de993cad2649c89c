import { Code, MessageType, type Options, RelayCode, readOption } from '../../lib/dhcp/options.ts';
import { BROADCAST, decodePacket, encodePacket, macOf, type Packet } from '../../lib/dhcp/packet.ts';
import { ProvisioningError } from '../../lib/errors.ts';
import { type Interface, serverAddress } from '../../lib/interfaces.ts';
import type { Ip } from '../../lib/ip.ts';
import type { Mac } from '../../lib/mac.ts';
import { destinationOf } from './destination.ts';
import { addressOf, type Message, type Outcome, type Recognised } from './exchange.ts';
import { Lookout, type LookoutEvent, RIVAL } from './lookout.ts';
import { endsStart } from './refusal.ts';
import { type Datagram, type DhcpSockets, openDhcpSockets, type SocketEvent } from './sockets.ts';

/** A message that was heard, and what became of it. */
export interface DhcpMessage extends Recognised {
  /** As RFC 2131 calls it: `DISCOVER`. */
  readonly type: string;
  readonly circuit: string;
  readonly mac?: Mac;
  /** What the client has or wants, or what it got. */
  readonly ip?: Ip;
  readonly outcome: Outcome['kind'];
  readonly why?: string;
  readonly reason?: NonNullable<Outcome['reason']>;
}

export type DhcpEvent =
  | { readonly kind: 'message'; readonly message: DhcpMessage; readonly options: Options }
  | SocketEvent
  | LookoutEvent
  /** A datagram that is no message of a client. */
  | { readonly kind: 'garbage'; readonly from: Ip; readonly problem: string }
  /** There was no room for these options in an answer. */
  | { readonly kind: 'left-out'; readonly mac?: Mac; readonly options: readonly (number | string)[] }
  /** An answer did not leave: whoever sent the message told an address to which no route leads. */
  | { readonly kind: 'unsent'; readonly mac?: Mac; readonly to: Ip; readonly problem: string };

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
  /** What would end the start is told, and tried again, as it is of an interface that comes later: for who takes over from another process. */
  readonly takesOver: boolean;
  observe(event: DhcpEvent): void;
}

/** An interface that is named, as it is now; without a name all of them, which are only heard. */
export interface InterfaceState {
  readonly name?: string;
  /** looking: whether another server answers there, which a rival is. In neither case anybody is answered. */
  readonly state: 'answered' | 'heard' | 'looking' | 'rival' | 'unavailable';
  readonly problem?: ProvisioningError;
}

export interface DhcpListener {
  /** Interfaces on which clients are answered now: not where another server answers. */
  answering(): readonly Interface[];
  readonly sockets: Pick<DhcpSockets, 'interfaces' | 'counts'>;
  /**
   * Resolves when it was looked for other servers on all interfaces that were there at the start; nobody is answered on one before. Rejects
   * with what ends the start: ProvisioningError dhcp-rival, dhcp-port-in-use, dhcp-port-not-allowed, dhcp-socket-failed.
   */
  readonly looked: Promise<void>;
  interfaces(): readonly InterfaceState[];
  close(): Promise<void>;
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries({ ...MessageType, acknowledge: undefined, refuse: undefined }).flatMap(([name, type]) =>
    type === undefined ? [] : [[type, name.toUpperCase()] as const],
  ),
);

/**
 * Clients send a few hundred bytes, relays some more. What a message says of its client is kept for as long as its lease is: with the
 * 64 kB that a datagram may have a flood would fill the memory, however few leases there are.
 */
const MOST_BYTES = 4_096;

/**
 * Hears DHCP, and answers if it is to: on each interface as soon as it is known that no other server does.
 * @throws ProvisioningError dhcp-… as `openDhcpSockets` does
 */
export async function startDhcp(options: DhcpOptions): Promise<DhcpListener> {
  const { exchange, overhear, observe, port, takesOver } = options;
  const lookout = exchange && !options.beside && !options.force ? new Lookout({ port, observe }) : undefined;

  const answersOn = (found: Interface) => !lookout || lookout.isClear(found);

  async function answer(datagram: Datagram, packet: Packet, type: number): Promise<void> {
    const { interface: where } = datagram;
    if (!exchange || !where || lookout?.isOurs(packet)) return;
    const message = { packet, type, interface: where, circuit: circuitOf(packet, datagram) };
    if (lookout && !answersOn(where)) {
      const why =
        lookout.problemOn(where.name)?.message ?? `it is still looked whether another DHCP server answers on ${where.name}`;
      return tell(message, { kind: 'ignored', why });
    }
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
    try {
      await sockets.send(bytes, to, { name: where.name, address: serverAddress(where, reply.yiaddr ?? packet.ciaddr) });
    } catch (cause) {
      if (!(cause instanceof ProvisioningError)) throw cause;
      observe({ kind: 'unsent', ...withMac(packet), to: to.ip, problem: cause.message });
    }
  }

  async function hear(datagram: Datagram, packet: Packet, type: number): Promise<void> {
    if (!overhear) return;
    const message = { packet, type, circuit: circuitOf(packet, datagram) };
    const ip = addressOf(packet, type);
    const sender = await overhear(message, ip, packet.giaddr);
    tell(message, { kind: 'noted', ...(ip !== undefined && { address: ip }), sender });
  }

  function tell(
    { packet, type, circuit }: Omit<Message, 'interface'>,
    { kind, address, why, reason, sender: { vendor, model, device } = {} }: Outcome,
  ): void {
    const message: DhcpMessage = {
      type: names.get(type) ?? String(type),
      circuit,
      outcome: kind,
      ...withMac(packet),
      ...(address !== undefined && { ip: address }),
      ...(vendor !== undefined && { vendor }),
      ...(model !== undefined && { model }),
      ...(device !== undefined && { device }),
      ...(why !== undefined && { why }),
      ...(reason !== undefined && { reason }),
    };
    observe({ kind: 'message', message, options: packet.options });
  }

  const sockets = await openDhcpSockets({
    purpose: exchange ? 'answer' : 'overhear',
    patient: takesOver,
    interfaces: options.interfaces,
    port,
    async handle(datagram) {
      const { length } = datagram.bytes;
      if (length > MOST_BYTES) {
        const problem = `is ${length} bytes, and ${MOST_BYTES} are the most that is read of a client`;
        return observe({ kind: 'garbage', from: datagram.from.ip, problem });
      }
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
      if (event.kind === 'opened') void lookout?.look(event.interface);
      else if (event.kind === 'unavailable') lookout?.lose(event.name);
    },
  });
  const looked = Promise.all(sockets.interfaces().map((found) => lookout?.look(found))).then((problems) => {
    const problem = problems.find((each) => each && (each.code === RIVAL || endsStart(each)));
    if (problem && !takesOver) throw problem;
  });
  // Who waits for it hears of it; there may be nobody.
  looked.catch(() => {});

  function stateOf(name: string): InterfaceState {
    const found = sockets.interfaces().find((each) => each.name === name);
    const problem = found ? lookout?.problemOn(name) : sockets.problemOn(name);
    if (problem) return { name, state: problem.code === RIVAL ? 'rival' : 'unavailable', problem };
    if (!found) return { name, state: 'unavailable' };
    if (!exchange) return { name, state: 'heard' };
    return { name, state: answersOn(found) ? 'answered' : 'looking' };
  }

  return {
    sockets,
    looked,
    interfaces: () => (options.interfaces.length === 0 ? [{ state: 'heard' }] : options.interfaces.map(stateOf)),
    answering: () => (exchange ? sockets.interfaces().filter(answersOn) : []),
    async close() {
      lookout?.close();
      await sockets.close();
    },
  };
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
