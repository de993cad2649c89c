import type { Socket } from 'node:dgram';
import { ProvisioningError } from '../../lib/errors.ts';
import { findInterface, type Interface } from '../../lib/interfaces.ts';
import { type Ip, parseIp } from '../../lib/ip.ts';
import { openUdp } from '../../lib/system-sockets.ts';
import { type Datagram, PNP_GROUP } from './exchange.ts';
import { endsStart, explainRefusal } from './refusal.ts';

/** What came to the group, or, to one of the sockets that answers leave from, as an answer. */
export interface Incoming {
  readonly bytes: Buffer;
  readonly from: { readonly ip: Ip; readonly port: number };
  readonly interface: Interface;
  readonly to: 'group' | 'answers';
}

export type SocketEvent =
  | { readonly kind: 'opened'; readonly interface: Interface }
  /** An interface cannot be used, or no longer; it is tried again by itself. Told once for each problem. */
  | { readonly kind: 'unavailable'; readonly name: string; readonly problem: ProvisioningError }
  /** A socket failed, or what is done with what came to it; all go on. */
  | { readonly kind: 'failed'; readonly cause: unknown };

export interface SocketOptions {
  readonly interfaces: readonly string[];
  readonly port: number;
  /** Also what is refused at the start is told, and tried again. */
  readonly patient: boolean;
  /** How often it is looked whether interfaces have come, gone or changed their addresses. */
  readonly lookMilliseconds?: number;
  take(incoming: Incoming): void;
  observe(event: SocketEvent): void;
}

export interface PnpSockets {
  /** Interfaces that are open now. */
  interfaces(): readonly Interface[];
  /** Why an interface is not open. */
  problemOn(name: string): ProvisioningError | undefined;
  /** On which port answers of an address leave; undefined where the interface, or the address, is not there any more. */
  portOf(name: string, address: Ip): number | undefined;
  /** Sends from one of an interface's own addresses, as the routes say. @throws ProvisioningError pnp-interface-unready, pnp-send-failed */
  send(datagram: Datagram, from: { readonly name: string; readonly address: Ip }): Promise<void>;
  close(): Promise<void>;
}

/** Some thousand requests that come in the same moment; the system lowers it to its own limit (net.core.rmem_max). */
const RECEIVE_BUFFER_BYTES = 1_048_576;

interface Opened {
  readonly interface: Interface;
  readonly sockets: readonly Socket[];
  /** By the address that they are bound to. */
  readonly answering: ReadonlyMap<Ip, Socket>;
}

/**
 * Joins the group on each interface. The socket that hears is bound to the group and the interface, not to an address of this host: there the
 * port stays free for a PBX. Answers leave from a socket of each address of the interface, under any free port. An interface that is missing,
 * or has no IPv4 address, is told and taken up when it is ready; nothing that happens to one later rejects or throws.
 *
 * @throws ProvisioningError pnp-port-in-use, pnp-port-not-allowed, pnp-socket-failed, unless it is patient; nothing is left open then
 */
export async function openPnpSockets(options: SocketOptions): Promise<PnpSockets> {
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

class OpenSockets implements PnpSockets {
  readonly #options: SocketOptions;
  readonly #opened = new Map<string, Opened>();
  /** What was told last of those that are not open. */
  readonly #problems = new Map<string, ProvisioningError>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  interfaces(): readonly Interface[] {
    return Array.from(this.#opened.values(), (opened) => opened.interface);
  }

  problemOn(name: string): ProvisioningError | undefined {
    return this.#problems.get(name);
  }

  portOf(name: string, address: Ip): number | undefined {
    return this.#opened.get(name)?.answering.get(address)?.address().port;
  }

  async send({ bytes, to }: Datagram, { name, address }: { readonly name: string; readonly address: Ip }): Promise<void> {
    const socket = this.#opened.get(name)?.answering.get(address);
    if (!socket) {
      const message = `Cannot send to ${to.address} from ${address} of ${name}: the interface or the address is not there any more`;
      throw new ProvisioningError('pnp-interface-unready', message);
    }
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, to.port, to.address, (cause) => {
        if (!cause) return resolve();
        const message = `Cannot send to ${to.address} from ${address} of ${name}: ${cause.message}`;
        reject(new ProvisioningError('pnp-send-failed', message, { cause }));
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
    for (const name of [...this.#opened.keys()]) await this.#shut(name);
  }

  /** Brings what is open to what the host has now. @param atStart what is refused is thrown and not told */
  async look(atStart: boolean): Promise<void> {
    for (const name of this.#options.interfaces) {
      if (this.#closed) return;
      try {
        await this.#lookAt(name);
        this.#problems.delete(name);
      } catch (cause) {
        await this.#shut(name);
        const problem = cause instanceof ProvisioningError ? cause : explainRefusal(cause, this.#options.port, name);
        if (atStart && endsStart(problem)) throw problem;
        this.#tell(name, problem);
      }
    }
  }

  async #lookAt(name: string): Promise<void> {
    const opened = this.#opened.get(name);
    const found = await findInterface(name, 'pnp');
    if (opened && isSame(opened.interface, found)) return;
    await this.#shut(name);
    this.#opened.set(name, await this.#open(found));
    this.#options.observe({ kind: 'opened', interface: found });
  }

  async #open(found: Interface): Promise<Opened> {
    const sockets: Socket[] = [];
    const answering = new Map<Ip, Socket>();
    const add = async (to: Incoming['to'], wish: Parameters<typeof openUdp>[0]) => {
      const socket = await openUdp({ ...wish, receiveBufferBytes: RECEIVE_BUFFER_BYTES });
      sockets.push(socket);
      this.#hear(socket, to, found);
      return socket;
    };
    try {
      const group = await add('group', { device: found.name, address: PNP_GROUP, port: this.#options.port });
      // One address of the interface says which it is.
      group.addMembership(PNP_GROUP, found.addresses[0].address);
      for (const { address } of found.addresses) answering.set(address, await add('answers', { address, port: 0 }));
    } catch (cause) {
      await closeAll(sockets);
      throw cause;
    }
    return { interface: found, sockets, answering };
  }

  #hear(socket: Socket, to: Incoming['to'], found: Interface): void {
    socket.on('error', (cause) => {
      this.#options.observe({ kind: 'failed', cause });
      // The next look opens it anew.
      if (this.#opened.get(found.name)?.sockets.includes(socket)) void this.#shut(found.name);
    });
    socket.on('message', (bytes, { address, port }) => {
      const ip = parseIp(address);
      if (ip && !this.#closed) this.#options.take({ bytes, from: { ip, port }, interface: found, to });
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
