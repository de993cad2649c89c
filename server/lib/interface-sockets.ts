import type { Socket } from 'node:dgram';
import { ProvisioningError, reason } from './errors.ts';
import type { Interface, ListenerName } from './interfaces.ts';
import { type Ip, parseIp } from './ip.ts';
import { openUdp, type UdpWish } from './system-sockets.ts';

/** Who sent a datagram. */
export interface Peer {
  readonly ip: Ip;
  readonly port: number;
}

interface Destination {
  readonly ip: string;
  readonly port: number;
}

export type InterfaceEvent =
  | { readonly kind: 'opened'; readonly interface: Interface }
  /** An interface cannot be used, or no longer; it is tried again by itself. Told once for each problem. */
  | { readonly kind: 'unavailable'; readonly name: string; readonly problem: ProvisioningError }
  /** A socket failed, or what is done with what came to it; all go on. */
  | { readonly kind: 'failed'; readonly cause: unknown };

/** Opens a socket, from which `take` has what comes. Rejects with the system's error. */
export type OpenSocket = (wish: UdpWish, take: (bytes: Buffer, from: Peer) => void) => Promise<Socket>;

/** What a name means is `undefined` where it can be sockets that are of no interface. */
export interface InterfaceSocketsOptions<Found extends Interface | undefined> {
  /** Whose they are: what errors are called. */
  readonly listener: ListenerName;
  readonly names: readonly string[];
  /** Also what is refused at the start is told, and tried again. */
  readonly patient: boolean;
  /** How often it is looked whether interfaces have come, gone or changed their addresses. */
  readonly lookMilliseconds?: number;
  /** What a name means now. @throws ProvisioningError why the interface cannot be used */
  find(name: string): Promise<Found>;
  /** Opens by `add` what is needed for it. @returns those that answers leave from, by the address that they are bound to */
  open(found: Found, add: OpenSocket): Promise<ReadonlyMap<Ip, Socket>>;
  /** What the system says to a socket that we want, in words for an administrator. */
  explainRefusal(cause: unknown, name: string): ProvisioningError;
  /** Whether a server is not to start with it: somebody has to do something. */
  endsStart(problem: ProvisioningError): boolean;
  /** Ends the work on what was taken. When they are closed, nothing more is taken before it, and answers can be sent until it resolves. */
  settle?(): Promise<void>;
  observe(event: InterfaceEvent): void;
}

export interface InterfaceSockets {
  /** Interfaces that are open now. */
  interfaces(): readonly Interface[];
  /** Why an interface is not open. */
  problemOn(name: string): ProvisioningError | undefined;
  /** What answers of an address leave from; undefined where the interface, or the address, is not there any more. */
  senderOf(name: string, address: Ip): Socket | undefined;
  /**
   * Sends from one of an interface's own addresses.
   *
   * @throws ProvisioningError dhcp-interface-unready, dhcp-send-failed (or pnp-…)
   */
  send(bytes: Buffer, to: Destination, from: { readonly name: string; readonly address: Ip }): Promise<void>;
  close(): Promise<void>;
}

/** What is open for one name. */
interface Opened {
  readonly interface: Interface | undefined;
  readonly sockets: readonly Socket[];
  readonly senders: ReadonlyMap<Ip, Socket>;
}

/**
 * Keeps sockets open on interfaces that come, go and change their addresses. One that is missing, or has no IPv4 address, is told and taken
 * up when it is ready; nothing that happens to one later rejects or throws.
 *
 * @throws ProvisioningError what ends a start, unless it is patient; nothing is left open then
 */
export async function openOnInterfaces<Found extends Interface | undefined>(
  options: InterfaceSocketsOptions<Found>,
): Promise<InterfaceSockets> {
  const sockets = new OpenSockets(options);
  try {
    await sockets.look(!options.patient);
  } catch (cause) {
    await sockets.close();
    throw cause;
  }
  sockets.keepLooking();
  return sockets;
}

class OpenSockets<Found extends Interface | undefined> implements InterfaceSockets {
  readonly #options: InterfaceSocketsOptions<Found>;
  readonly #opened = new Map<string, Opened>();
  /** What was told last of those that are not open. */
  readonly #problems = new Map<string, ProvisioningError>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: InterfaceSocketsOptions<Found>) {
    this.#options = options;
  }

  interfaces(): readonly Interface[] {
    return Array.from(this.#opened.values(), (opened) => opened.interface).filter((found) => found !== undefined);
  }

  problemOn(name: string): ProvisioningError | undefined {
    return this.#problems.get(name);
  }

  senderOf(name: string, address: Ip): Socket | undefined {
    return this.#opened.get(name)?.senders.get(address);
  }

  async send(bytes: Buffer, to: Destination, { name, address }: { readonly name: string; readonly address: Ip }): Promise<void> {
    const { listener } = this.#options;
    const socket = this.senderOf(name, address);
    if (!socket) {
      const message = `Cannot send to ${to.ip} from ${address} of ${name}: the interface or the address is not there any more`;
      throw new ProvisioningError(`${listener}-interface-unready`, message);
    }
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, to.port, to.ip, (cause) => {
        if (!cause) return resolve();
        const message = `Cannot send to ${to.ip} from ${address} of ${name}: ${reason(cause)}`;
        reject(new ProvisioningError(`${listener}-send-failed`, message, { cause }));
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
    await this.#options.settle?.();
    for (const name of [...this.#opened.keys()]) await this.#shut(name);
  }

  /** Brings what is open to what the host has now. @param atStart what ends a start is thrown and not told */
  async look(atStart: boolean): Promise<void> {
    for (const name of this.#options.names) {
      if (this.#closed) return;
      try {
        await this.#lookAt(name);
        this.#problems.delete(name);
      } catch (cause) {
        await this.#shut(name);
        const problem = cause instanceof ProvisioningError ? cause : this.#options.explainRefusal(cause, name);
        if (atStart && this.#options.endsStart(problem)) throw problem;
        this.#tell(name, problem);
      }
    }
  }

  async #lookAt(name: string): Promise<void> {
    const opened = this.#opened.get(name);
    const found = await this.#options.find(name);
    if (opened && isSame(opened.interface, found)) return;
    await this.#shut(name);
    this.#opened.set(name, await this.#open(name, found));
    if (found) this.#options.observe({ kind: 'opened', interface: found });
  }

  async #open(name: string, found: Found): Promise<Opened> {
    const sockets: Socket[] = [];
    try {
      const senders = await this.#options.open(found, async (wish, take) => {
        const socket = await openUdp(wish);
        sockets.push(socket);
        this.#hear(socket, name, take);
        return socket;
      });
      return { interface: found, sockets, senders };
    } catch (cause) {
      await closeAll(sockets);
      throw cause;
    }
  }

  #hear(socket: Socket, name: string, take: Parameters<OpenSocket>[1]): void {
    socket.on('error', (cause) => {
      this.#options.observe({ kind: 'failed', cause });
      // The next look opens it anew.
      if (this.#opened.get(name)?.sockets.includes(socket)) void this.#shut(name);
    });
    socket.on('message', (bytes, { address, port }) => {
      const ip = parseIp(address);
      if (ip && !this.#closed) take(bytes, { ip, port });
    });
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
}

function isSame(one: Interface | undefined, other: Interface | undefined): boolean {
  return textOf(one) === textOf(other);
}

/** Equal for what needs the same sockets. */
function textOf(found: Interface | undefined): string | undefined {
  return found && [found.index, ...found.addresses.map(({ address, subnet }) => `${address} ${subnet.text}`)].join();
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
}
