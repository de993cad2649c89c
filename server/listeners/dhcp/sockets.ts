import type { Socket } from 'node:dgram';
import { isDiscover } from '../../lib/dhcp/packet.ts';
import { codeOf, ProvisioningError, reason } from '../../lib/errors.ts';
import { Intake, type IntakeCounts, type IntakeLimits } from '../../lib/intake.ts';
import { findInterface, type Interface } from '../../lib/interfaces.ts';
import { type Ip, parseIp, UNSPECIFIED } from '../../lib/ip.ts';
import { openUdp } from '../../lib/system-sockets.ts';
import { BROADCAST_ADDRESS, type Destination, SERVER_PORT } from './destination.ts';
import { endsStart, explainRefusal } from './refusal.ts';

/** What came in. */
export interface Datagram {
  readonly bytes: Buffer;
  readonly from: { readonly ip: Ip; readonly port: number };
  /** Over which it came, or whose address it was sent to; undefined where none is named. */
  readonly interface?: Interface;
  /** The address of the interface that it was sent to; undefined for a broadcast, and for another address of this host. */
  readonly to?: Ip;
}

export type SocketEvent =
  | { readonly kind: 'opened'; readonly interface: Interface }
  /** An interface cannot be used, or no longer; it is tried again by itself. Told once for each problem. */
  | { readonly kind: 'unavailable'; readonly name: string; readonly problem: ProvisioningError }
  /** Who listens without names hears no copies that relays send, because another program has the port. */
  | { readonly kind: 'broadcasts-only'; readonly problem: ProvisioningError }
  /** Handling a datagram failed, or a socket; all go on. */
  | { readonly kind: 'failed'; readonly cause: unknown };

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

export interface DhcpSockets {
  /** Interfaces that are open now. */
  interfaces(): readonly Interface[];
  counts(): IntakeCounts;
  /** Why an interface is not open. */
  problemOn(name: string): ProvisioningError | undefined;
  /**
   * Sends from port 67 of one of an interface's own addresses: a broadcast over that interface, anything else as the routes say.
   *
   * @throws ProvisioningError dhcp-interface-unready, dhcp-send-failed
   */
  send(bytes: Buffer, to: Destination, from: { readonly name: string; readonly address: Ip }): Promise<void>;
  close(): Promise<void>;
}

const LIMITS: IntakeLimits = { atOnce: 256, waitingBytes: 4_194_304, patienceMilliseconds: 2_000 };
/** Some thousand messages that come in the same moment; the system lowers it to its own limit (net.core.rmem_max). */
const RECEIVE_BUFFER_BYTES = 2_097_152;

/** What is open for an interface, or for all. */
interface Opened {
  readonly interface?: Interface;
  readonly sockets: readonly Socket[];
  readonly senders: ReadonlyMap<Ip, Socket>;
}

/**
 * Opens the sockets. An interface that is missing, or has no IPv4 address, is told and taken up when it is ready; nothing that happens to
 * one later rejects or throws.
 *
 * @throws ProvisioningError dhcp-port-in-use, dhcp-port-not-allowed, dhcp-socket-failed, unless it is patient; nothing is left open then
 */
export async function openDhcpSockets(options: SocketOptions): Promise<DhcpSockets> {
  const sockets = new OpenSockets(options);
  try {
    await sockets.look(!(options.patient ?? false));
  } catch (cause) {
    await sockets.close();
    throw cause;
  }
  sockets.keepLooking();
  return sockets;
}

/** In the place of a name where none is given. */
const EVERYWHERE = '';

class OpenSockets implements DhcpSockets {
  readonly #options: SocketOptions;
  readonly #port: number;
  readonly #intake: Intake<Datagram>;
  readonly #opened = new Map<string, Opened>();
  /** What was told last of those that are not open. */
  readonly #problems = new Map<string, ProvisioningError>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#port = options.port ?? SERVER_PORT;
    this.#intake = new Intake(
      { ...LIMITS, ...options.limits },
      ({ bytes }) => isDiscover(bytes),
      (datagram) => this.#handle(datagram),
    );
  }

  interfaces(): readonly Interface[] {
    return Array.from(this.#opened.values(), (opened) => opened.interface).filter((found) => found !== undefined);
  }

  counts(): IntakeCounts {
    return this.#intake.counts;
  }

  problemOn(name: string): ProvisioningError | undefined {
    return this.#problems.get(name);
  }

  async send(bytes: Buffer, to: Destination, { name, address }: { readonly name: string; readonly address: Ip }): Promise<void> {
    const socket = this.#opened.get(name)?.senders.get(address);
    if (!socket) {
      const message = `Cannot send to ${to.ip} from ${address} of ${name}: the interface or the address is not there any more`;
      throw new ProvisioningError('dhcp-interface-unready', message);
    }
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, to.port, to.ip, (cause) => {
        if (!cause) return resolve();
        const message = `Cannot send to ${to.ip} from ${address} of ${name}: ${reason(cause)}`;
        reject(new ProvisioningError('dhcp-send-failed', message, { cause }));
      });
    });
  }

  keepLooking(): void {
    const look = () => {
      this.#timer = setTimeout(() => {
        this.#looking = this.look(false).finally(look);
      }, this.#options.lookMilliseconds ?? 2_000).unref();
    };
    if (!this.#closed) look();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#looking;
    clearTimeout(this.#timer);
    await this.#intake.end();
    for (const name of [...this.#opened.keys()]) await this.#shut(name);
  }

  /** Brings what is open to what the host has now. @param atStart - what is refused is thrown and not told */
  async look(atStart: boolean): Promise<void> {
    const { interfaces } = this.#options;
    for (const name of interfaces.length > 0 ? interfaces : [EVERYWHERE]) {
      if (this.#closed) return;
      try {
        await this.#lookAt(name);
        this.#problems.delete(name);
      } catch (cause) {
        await this.#shut(name);
        const problem = cause instanceof ProvisioningError ? cause : explainRefusal(cause, this.#port, name || undefined);
        if (atStart && endsStart(problem)) throw problem;
        this.#tell(name, problem);
      }
    }
  }

  async #lookAt(name: string): Promise<void> {
    const opened = this.#opened.get(name);
    if (name === EVERYWHERE) {
      if (!opened) this.#opened.set(name, await this.#openEverywhere());
      return;
    }
    const found = await findInterface(name, 'dhcp');
    if (opened?.interface && isSame(opened.interface, found)) return;
    await this.#shut(name);
    const socket = await this.#openOn(found);
    this.#opened.set(name, socket);
    this.#options.observe({ kind: 'opened', interface: found });
  }

  async #openEverywhere(): Promise<Opened> {
    const taken = await this.#isTaken();
    if (taken) {
      const message =
        `Another program has UDP port ${this.#port} of this host (ss -lnup 'sport = :${this.#port}' shows which): what clients broadcast ` +
        'is heard, copies that relays send to this host are left to that program';
      this.#options.observe({ kind: 'broadcasts-only', problem: new ProvisioningError('dhcp-port-in-use', message) });
    }
    const sockets: Socket[] = [];
    await this.#add(sockets, EVERYWHERE, undefined, { address: taken ? BROADCAST_ADDRESS : UNSPECIFIED, shared: true });
    return { sockets, senders: new Map() };
  }

  /** Of two that share the port, what comes to one address reaches one: it must not be we who take it from a server. */
  async #isTaken(): Promise<boolean> {
    try {
      const socket = await openUdp({ address: UNSPECIFIED, port: this.#port });
      await new Promise<void>((done) => socket.close(() => done()));
      return false;
    } catch (cause) {
      if (codeOf(cause) === 'EADDRINUSE') return true;
      throw cause;
    }
  }

  /**
   * A socket on the device for what is broadcast there. For each address one that is bound to it and no device: what is sent to it comes
   * in there over whatever interface, an answer has it as its source, goes as the routes say, and a broadcast over its interface.
   */
  async #openOn(found: Interface): Promise<Opened> {
    const { name } = found;
    const answers = this.#options.purpose === 'answer';
    const sockets: Socket[] = [];
    const senders = new Map<Ip, Socket>();
    try {
      await this.#add(sockets, name, found, { device: name, address: answers ? UNSPECIFIED : BROADCAST_ADDRESS });
      for (const { address } of answers ? found.addresses : []) {
        senders.set(address, await this.#add(sockets, name, found, { address, shared: true }));
      }
    } catch (cause) {
      await closeAll(sockets);
      throw cause;
    }
    return { interface: found, sockets, senders };
  }

  async #add(
    sockets: Socket[],
    name: string,
    found: Interface | undefined,
    wish: { readonly address: Ip; readonly device?: string; readonly shared?: boolean },
  ): Promise<Socket> {
    const socket = await openUdp({ ...wish, port: this.#port, receiveBufferBytes: RECEIVE_BUFFER_BYTES });
    const to = found?.addresses.find(({ address }) => address === wish.address)?.address;
    sockets.push(socket);
    socket.on('error', (cause) => {
      this.#options.observe({ kind: 'failed', cause });
      // The next look opens it anew.
      if (this.#opened.get(name)?.sockets.includes(socket)) void this.#shut(name);
    });
    socket.on('message', (bytes, { address, port }) => {
      const ip = parseIp(address);
      if (!ip || this.#closed) return;
      this.#intake.take({ bytes, from: { ip, port }, ...(found && { interface: found }), ...(to !== undefined && { to }) });
    });
    return socket;
  }

  async #shut(name: string): Promise<void> {
    const opened = this.#opened.get(name);
    this.#opened.delete(name);
    await closeAll(opened?.sockets ?? []);
  }

  #tell(name: string, problem: ProvisioningError): void {
    if (this.#problems.get(name)?.message === problem.message) return;
    this.#problems.set(name, problem);
    this.#options.observe({ kind: 'unavailable', name, problem });
  }

  async #handle(datagram: Datagram): Promise<void> {
    try {
      await this.#options.handle(datagram);
    } catch (cause) {
      this.#options.observe({ kind: 'failed', cause });
    }
  }
}

function isSame(one: Interface, other: Interface): boolean {
  const texts = ({ index, addresses }: Interface) => [
    index,
    ...addresses.map(({ address, subnet }) => `${address} ${subnet.text}`),
  ];
  return texts(one).join() === texts(other).join();
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
}
