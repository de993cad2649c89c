import type { Client, Lease, Refusal, Subnet } from '../../leases/model.ts';
import type { LeaseService } from '../../leases/service.ts';
import { Code, MessageType, type Options, option, RelayCode, readOption } from '../../lib/dhcp/options.ts';
import { BROADCAST, macOf, type Packet } from '../../lib/dhcp/packet.ts';
import { type Interface, serverAddress } from '../../lib/interfaces.ts';
import { contains, type Ip, type Network } from '../../lib/ip.ts';
import type { LeaseNews } from '../../pipeline/note-lease.ts';
import type { NoAnswer } from '../../pipeline/recent-messages.ts';
import type { Finding } from './probe.ts';

/** A network that is served, with what all its clients are told. */
export interface ServedSubnet extends Subnet {
  readonly options: Options;
}

/** A client's message, and where it came in. */
export interface Message {
  readonly packet: Packet;
  /** Option 53. */
  readonly type: number;
  readonly interface: Interface;
  /** Where it came from: the relay with what it says of the circuit, else the interface. */
  readonly circuit: string;
}

/** What a message says of who sent it. */
export interface Recognised {
  readonly vendor?: string;
  readonly model?: string;
  /** Id of the device. */
  readonly device?: string;
}

/** Who sent a message, as the server knows it. */
export interface Sender extends Recognised {
  /** The phone was known before it asked. */
  readonly known: boolean;
  /** A vendor package recognises it, or it is a device. */
  readonly isPhone: boolean;
  /** What its vendor package tells it, whether it asks for it or not. */
  readonly boot: Options;
  /** For the next news of the same message. */
  readonly heard?: LeaseNews['heard'];
}

export interface ExchangeParts {
  readonly mode: 'serve' | 'proxy';
  readonly subnets: readonly ServedSubnet[];
  readonly leases: Pick<LeaseService, 'offer' | 'bind' | 'release' | 'decline'>;
  /** Only phones that are known by class, MAC address, device or reservation are answered. */
  readonly knownOnly: boolean;
  /** A client is who its client identifier says; else, if it has one, who its MAC address says. */
  readonly matchClientId: boolean;
  /** Networks besides those that are served from which a message is believed, and its client told keys. */
  readonly trusted: readonly Network[];
  /** Takes note of what a message tells. @param server the address by which the client knows us */
  note(news: LeaseNews, server: Ip): Promise<Sender>;
  /** Whether somebody uses an address; absent: it is not looked. */
  probe?(address: Ip, device: string | undefined): Promise<Finding>;
}

/** What became of a message. */
export interface Outcome {
  /** The answer, if there is one. */
  readonly reply?: Packet;
  readonly kind: 'offered' | 'acknowledged' | 'refused' | 'noted' | 'ignored';
  readonly address?: Ip;
  /** In words, what people want to know besides. */
  readonly why?: string;
  /** The same as one of a few, where the client did not get what it asked for. */
  readonly reason?: NoAnswer;
  /** Absent where nobody looked. */
  readonly sender?: Recognised;
}

/** Addresses that are tried when somebody turns out to use the one that is free. The client sends again after four seconds. */
const mostTries = 4;

/** Told clients whose subnet gives them much longer, too: the shortest that RFC 2131 has an example of is beyond what phones take. */
const shortestSeconds = 60;

const renewal = 0.5;
const rebinding = 0.875;

/** What a DHCP server does with a message of a client (RFC 2131, section 4.3). It knows no sockets. */
export function createExchange(parts: ExchangeParts): (message: Message) => Promise<Outcome> {
  const { mode, subnets, leases, knownOnly, matchClientId, note, probe } = parts;
  const trusted = [...subnets.map(({ range }) => range), ...parts.trusted];

  /** The network that a client is in, or asks for (RFC 3527, RFC 3011). */
  function subnetOf({ packet: { options, giaddr, ciaddr }, interface: { addresses } }: Message): ServedSubnet | undefined {
    const of = (ip: Ip) => subnets.find(({ range }) => contains([range], ip));
    const wanted =
      relayAddress(options, RelayCode.linkSelection) ?? readOption(options, Code.subnetSelection) ?? giaddr ?? ciaddr;
    if (wanted !== undefined) return of(wanted);
    return addresses.map(({ address }) => of(address)).find((subnet) => subnet !== undefined);
  }

  /** Anybody can send a datagram and call himself a relay, or a client that has an address, and is answered where he says that he is. */
  function isTrusted({ packet: { giaddr, ciaddr }, interface: { addresses } }: Message): boolean {
    const origin = giaddr ?? ciaddr;
    if (origin === undefined || contains(trusted, origin)) return true;
    return addresses.some(({ subnet }) => contains([subnet], origin));
  }

  function noted(message: Message, kind: LeaseNews['kind'], more: Pick<LeaseNews, 'ip' | 'heard'> = {}): Promise<Sender> {
    const { packet } = message;
    const mac = macOf(packet);
    const reached = serverAddress(message.interface, packet.ciaddr);
    const news = { kind, options: packet.options, reached, trusted: isTrusted(message), ...(mac && { mac }), ...more };
    return note(news, reached);
  }

  /** Who asks, as the leases want to know it. */
  function clientIn({ packet, circuit }: Message, subnet: ServedSubnet | undefined, { vendor, known }: Sender): Client {
    const isReserved = hasReservation(packet, subnet);
    return { known: known || isReserved, ...clientOf(packet, circuit, matchClientId), ...(vendor !== undefined && { vendor }) };
  }

  function isWanted({ packet }: Message, subnet: ServedSubnet | undefined, { isPhone }: Sender): boolean {
    return !knownOnly || isPhone || hasReservation(packet, subnet);
  }

  async function discover(message: Message): Promise<Outcome> {
    const subnet = subnetOf(message);
    const sender = await noted(message, 'sought');
    const { boot } = sender;
    if (!subnet) return { ...ignored('no-subnet', noSubnet(message)), sender };
    if (!isWanted(message, subnet, sender)) return { ...ignored('unwanted', unwanted), sender };
    const client = clientIn(message, subnet, sender);
    const wanted = readOption(message.packet.options, Code.requestedAddress);
    for (let tries = 0; tries < mostTries; tries += 1) {
      const offered = leases.offer(subnet, client, wanted);
      if (offered.kind === 'none')
        return { ...ignored(offered.reason, `${subnet.range.text} has no address for it: ${reasons[offered.reason]}`), sender };
      const { address, lease } = offered;
      if (lease || !probe || (await probe(address, onLink(message))) !== 'used') {
        const reply = replyTo(message, MessageType.offer, { yiaddr: address, subnet, boot });
        return { kind: 'offered', address, reply, sender };
      }
      await leases.decline(client, address);
    }
    return { ...ignored('in-use', `strangers use the last ${mostTries} addresses that were to be offered`), sender };
  }

  async function request(message: Message): Promise<Outcome> {
    const { packet } = message;
    const server = readOption(packet.options, Code.serverIdentifier);
    const requested = readOption(packet.options, Code.requestedAddress);
    const address = requested ?? packet.ciaddr;
    const subnet = subnetOf(message);
    if (address === undefined) return ignored('meaningless', 'it requests no address');
    if (server !== undefined && !isOurs(message, server)) return ignored('other-server', `it chose the server ${server}`);
    if (!subnet) return ignored('no-subnet', noSubnet(message));
    const sender = await noted(message, 'sought');
    if (!isWanted(message, subnet, sender)) return { ...ignored('unwanted', unwanted), sender };
    const choice = server === undefined ? 'none' : isOwn(message, server) ? 'this' : 'unclear';
    const binding = await leases.bind(subnet, clientIn(message, subnet, sender), address, choice);
    if (binding.kind === 'unknown')
      return { ...ignored('unknown', 'it is not known here, and may be another server’s'), address, sender };
    if (binding.kind === 'refused') {
      const why = refusals[binding.reason];
      return { kind: 'refused', address, why, reason: binding.reason, reply: refusalOf(message, why), sender };
    }
    const owner = await noted(message, 'bound', { ip: address, ...(sender.heard && { heard: sender.heard }) });
    const reply = replyTo(message, MessageType.acknowledge, {
      yiaddr: address,
      subnet,
      seconds: binding.seconds,
      boot: owner.boot,
    });
    return { kind: 'acknowledged', address, reply, sender: owner };
  }

  async function inform(message: Message): Promise<Outcome> {
    const { ciaddr } = message.packet;
    if (ciaddr === undefined) return ignored('meaningless', 'it does not say which address it has');
    // It is answered there, and may be told a key: outside of the networks that are served that would be anybody.
    if (mode === 'serve' && !subnets.some(({ range }) => contains([range], ciaddr)))
      return ignored('no-subnet', `dhcp.subnets has none for ${ciaddr}`);
    const subnet = subnetOf(message);
    const sender = await noted(message, 'asked', { ip: ciaddr });
    const { boot } = sender;
    if (!isWanted(message, subnet, sender)) return { ...ignored('unwanted', unwanted), sender };
    if (!subnet && boot.size === 0) return { ...ignored('nothing-to-tell', 'there is nothing to tell it'), sender };
    const reply = replyTo(message, MessageType.acknowledge, { ...(subnet && { subnet }), boot });
    return { kind: 'acknowledged', address: ciaddr, why: 'told what it asked for', reply, sender };
  }

  /** What a phone asks the server that gives addresses here tells who it is. */
  async function overheard(message: Message): Promise<Outcome> {
    const { packet, type } = message;
    const outcome = ignored('proxy', 'a proxy answers only who has an address and asks for the rest');
    if (type !== MessageType.discover && type !== MessageType.request) return outcome;
    const address = addressOf(packet, type);
    return { ...outcome, sender: await noted(message, 'asked', address === undefined ? {} : { ip: address }) };
  }

  async function ended(
    message: Message,
    work: (client: Client, address: Ip) => Promise<Lease | undefined>,
    address?: Ip,
  ): Promise<Outcome> {
    if (address === undefined) return ignored('meaningless', 'it does not say which address');
    const server = readOption(message.packet.options, Code.serverIdentifier);
    if (server !== undefined && !isOurs(message, server)) return ignored('other-server', `it has this from the server ${server}`);
    const lease = await work({ known: false, ...clientOf(message.packet, message.circuit, matchClientId) }, address);
    return lease ? { kind: 'noted', address } : { ...ignored('meaningless', 'it does not have this address'), address };
  }

  return async (message) => {
    const { packet, type } = message;
    if (mode === 'proxy' && type !== MessageType.inform) return overheard(message);
    if (type === MessageType.inform) return inform(message);
    if (isNobody(packet))
      return ignored('meaningless', 'it tells neither a client identifier (option 61) nor an Ethernet address');
    switch (type) {
      case MessageType.discover:
        return discover(message);
      case MessageType.request:
        return request(message);
      case MessageType.release:
        return ended(message, leases.release, packet.ciaddr);
      case MessageType.decline:
        return ended(message, leases.decline, readOption(packet.options, Code.requestedAddress));
      default:
        return ignored('meaningless', 'a server has no answer to it');
    }
  };
}

const unwanted = 'it is no phone that is known (dhcp.known_only)';
const ignored = (reason: NoAnswer, why: string): Outcome => ({ kind: 'ignored', why, reason });

const reasons: Readonly<Record<'no-pool' | 'limited' | 'exhausted', string>> = {
  'no-pool': 'none of its pools is for this client',
  limited: 'what is left is for phones that are known, or behind other circuits (dhcp.new_clients_percent)',
  exhausted: 'all are given away',
};

const refusals: Readonly<Record<Refusal, string>> = {
  'outside-subnet': 'the address is not of this network',
  ours: 'the address is this server’s own',
  reserved: 'the address is reserved for another',
  declined: 'a stranger uses the address',
  held: 'another client has the address',
  offered: 'the address was offered to another',
  'reserved-elsewhere': 'another address is reserved for the client',
  'own-elsewhere': 'the client has another address',
  'not-in-pool': 'the address is in no pool for this client',
  limited: 'what is left is for phones that are known, or behind other circuits',
};

const noSubnet = ({ packet: { giaddr, ciaddr }, interface: { name } }: Message): string =>
  `dhcp.subnets has none for ${giaddr === undefined ? (ciaddr ?? `the interface ${name}`) : `the relay ${giaddr}`}`;

/** Where a stranger could be seen by ARP. */
const onLink = ({ packet: { giaddr }, interface: { name } }: Message): string | undefined =>
  giaddr === undefined ? name : undefined;

/** What a client that asks another server has, or was offered: who names a server has its offer, others only hope. */
export function addressOf({ options, ciaddr }: Packet, type: number): Ip | undefined {
  const isChoosing = type === MessageType.request && options.has(Code.serverIdentifier);
  return isChoosing ? readOption(options, Code.requestedAddress) : ciaddr;
}

function hasReservation(packet: Packet, subnet: ServedSubnet | undefined): boolean {
  const mac = macOf(packet);
  return mac !== undefined && subnet?.reservations.has(mac) === true;
}

/** Whom nothing can be given: it could not be told from others. */
function isNobody(packet: Packet): boolean {
  return macOf(packet) === undefined && identifierIn(packet) === undefined;
}

function identifierIn({ options }: Packet): Buffer | undefined {
  const id = options.get(Code.clientIdentifier);
  return id && id.length > 1 ? id : undefined;
}

function clientOf(packet: Packet, circuit: string, matchClientId: boolean): Omit<Client, 'known'> {
  const { ciaddr, giaddr, options } = packet;
  const mac = macOf(packet);
  const id = matchClientId || mac === undefined ? identifierIn(packet) : undefined;
  const hostName = readOption(options, Code.hostName);
  const vendorClass = readOption(options, Code.vendorClass);
  return {
    circuit,
    // Kept longer than the datagram that it is a part of.
    ...(id && { id: Buffer.from(id) }),
    ...(mac && { mac }),
    ...(hostName !== undefined && { hostName }),
    ...(vendorClass !== undefined && { vendorClass }),
    ...(giaddr === undefined && ciaddr !== undefined && { renews: true }),
    ...(giaddr !== undefined && options.has(Code.relayInformation) && { hasNeighbours: true }),
  };
}

function relayAddress(options: Options, code: number): Ip | undefined {
  const bytes = readOption(options, Code.relayInformation)?.get(code);
  return bytes?.length === 4 ? (bytes.join('.') as Ip) : undefined;
}

/** The address by which a client knows the server; a relay may say another, through which it sees all that comes (RFC 5107). */
function identifierOf({ packet, interface: where }: Message, near?: Ip): Ip {
  return relayAddress(packet.options, RelayCode.serverIdentifierOverride) ?? serverAddress(where, near);
}

function isOwn({ interface: { addresses } }: Message, server: Ip): boolean {
  return addresses.some(({ address }) => address === server);
}

/** A relay has the same name for all servers (RFC 5107). */
function isOurs(message: Message, server: Ip): boolean {
  return isOwn(message, server) || server === identifierOf(message);
}

/** What an answer has of the message, whatever it says (RFC 2131, table 3); the client's identifier by RFC 6842, the relay's words by RFC 3046. */
function answerTo(
  message: Message,
  type: number,
  own: Options,
  near?: Ip,
  given: Pick<Packet, 'ciaddr' | 'yiaddr' | 'siaddr'> = {},
): Packet {
  const { htype, xid, flags, giaddr, chaddr, options: said } = message.packet;
  const options = new Map([option(Code.messageType, type), option(Code.serverIdentifier, identifierOf(message, near))]);
  for (const [code, bytes] of own) options.set(code, bytes);
  for (const code of [Code.clientIdentifier, Code.relayInformation]) {
    const bytes = said.get(code);
    if (bytes) options.set(code, bytes);
  }
  return {
    op: 'reply',
    htype,
    hops: 0,
    xid,
    secs: 0,
    flags,
    chaddr,
    sname: '',
    file: '',
    options,
    ...(giaddr !== undefined && { giaddr }),
    ...given,
  };
}

interface Given {
  /** Absent for who has an address. */
  readonly yiaddr?: Ip;
  readonly subnet?: ServedSubnet;
  /** What is left of a lease; absent: as long as the subnet says. */
  readonly seconds?: number;
  readonly boot: Options;
}

function replyTo(message: Message, type: number, { yiaddr, subnet, seconds = subnet?.leaseSeconds, boot }: Given): Packet {
  const { options, ciaddr } = message.packet;
  const asked = options.get(Code.parameterRequestList);
  const isAsked = (code: number) => !asked?.length || asked.includes(code) || code === Code.subnetMask;
  const told = new Map(yiaddr !== undefined && seconds !== undefined ? timesOf(options, seconds) : []);
  // The vendor's come whether they are asked for or not: phones take what they do not ask for. What an operator says outranks them.
  for (const [code, bytes] of subnet?.options ?? []) if (isAsked(code) || boot.has(code)) told.set(code, bytes);
  for (const [code, bytes] of boot) if (!told.has(code)) told.set(code, bytes);
  const near = yiaddr ?? ciaddr;
  return answerTo(message, type, told, near, {
    // Where a phone that asks by TFTP goes when no option tells it.
    ...(boot.size > 0 && { siaddr: serverAddress(message.interface, near) }),
    ...(yiaddr !== undefined && { yiaddr }),
    ...(type === MessageType.acknowledge && ciaddr !== undefined && { ciaddr }),
  });
}

/** As long as it may be, or less if the client wants less. */
function timesOf(options: Options, most: number) {
  const wanted = readOption(options, Code.leaseTime) ?? most;
  const seconds = Math.min(most, Math.max(wanted, shortestSeconds));
  return [
    option(Code.leaseTime, seconds),
    option(Code.renewalTime, Math.floor(seconds * renewal)),
    option(Code.rebindingTime, Math.floor(seconds * rebinding)),
  ];
}

function refusalOf(message: Message, why: string): Packet {
  const answer = answerTo(message, MessageType.refuse, new Map([option(Code.message, why)]), message.packet.ciaddr);
  // Its client may have an address that is wrong there (RFC 2131, section 4.3.2).
  return answer.giaddr === undefined ? answer : { ...answer, flags: answer.flags | BROADCAST };
}
