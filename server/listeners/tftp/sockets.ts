import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { codeOf } from '../../lib/errors.ts';
import { type Ip, parseIp } from '../../lib/ip.ts';

/** Who sent a datagram, and where to answer. */
export interface Peer {
  /** Address and port in one, for maps. */
  readonly key: string;
  /** As the socket spells it: with a zone, or IPv4 in IPv6 clothes. */
  readonly address: string;
  readonly port: number;
  readonly ip: Ip;
}

/** @returns undefined for the port 0, to which nothing can be sent. */
export function peerOf(from: RemoteInfo): Peer | undefined {
  const ip = parseIp(from.address);
  return ip && from.port > 0 ? { key: keyOf(from), address: from.address, port: from.port, ip } : undefined;
}

export function keyOf({ address, port }: RemoteInfo): string {
  return `${address} ${port}`;
}

/** A socket that carries transfers, each of another peer. */
export interface Carrier<Session> {
  readonly socket: Socket;
  readonly port: number;
  /** By the key of the peer. */
  readonly sessions: Map<string, Session>;
}

/** An address on which requests come in, and the sockets for their transfers. */
export interface Endpoint<Session> {
  readonly host: string;
  readonly port: number;
  readonly requests: Socket;
  readonly carriers: readonly Carrier<Session>[];
  readonly sockets: readonly Socket[];
}

/** A thousand phones that ask in the same moment after a power cut; the system lowers it to its own limit (net.core.rmem_max). */
const REQUEST_BUFFER_BYTES = 1_048_576;

/** What carries the transfers of an address: as many sockets, on ports that the system chooses, or on those that are free of a range. */
export interface CarrierWish {
  readonly count: number;
  readonly ports: PortRange | undefined;
}

/** Both ends belong to it. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Rejects with the system's error (EADDRINUSE, EACCES, …) when a socket cannot be had; none stays open then. */
export async function openEndpoint<Session>(
  { host, port }: { readonly host: string; readonly port: number },
  { count, ports }: CarrierWish,
  ipv6Only: boolean,
): Promise<Endpoint<Session>> {
  const requests = await bind(host, port, { ipv6Only, recvBufferSize: REQUEST_BUFFER_BYTES });
  const carriers: Carrier<Session>[] = [];
  const sockets = [requests];
  try {
    let refused: unknown;
    for (let next = ports?.from ?? 0; carriers.length < count && next <= (ports?.to ?? 0); next += ports ? 1 : 0) {
      const socket = await bind(host, next, { ipv6Only }).catch((cause: unknown) => {
        if (!ports || codeOf(cause) !== 'EADDRINUSE') throw cause;
        refused = cause;
      });
      if (!socket) continue;
      sockets.push(socket);
      carriers.push({ socket, port: socket.address().port, sessions: new Map() });
    }
    if (carriers.length === 0) throw refused;
  } catch (cause) {
    await closeEndpoint({ sockets });
    throw cause;
  }
  return { host, port: requests.address().port, requests, carriers, sockets };
}

export async function closeEndpoint({ sockets }: { readonly sockets: readonly Socket[] }): Promise<void> {
  await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
}

/** A carrier where the peer has no transfer and had none of late, chosen so that nobody can tell which. */
export function freeCarrier<Session>(
  { carriers }: Endpoint<Session>,
  { key }: Peer,
  quiet: QuietPairs,
): Carrier<Session> | undefined {
  const start = randomInt(carriers.length);
  const order = [...carriers.slice(start), ...carriers.slice(0, start)];
  return order.find(({ port, sessions }) => !sessions.has(key) && !quiet.has(key, port));
}

type BindOptions = Pick<SocketOptions, 'ipv6Only' | 'recvBufferSize'>;

async function bind(host: string, port: number, { ipv6Only = false, ...options }: BindOptions): Promise<Socket> {
  const type = isIPv6(host) ? 'udp6' : 'udp4';
  // Peers are addresses already, and node:dgram would ask the resolver for each datagram.
  const lookup: NonNullable<SocketOptions['lookup']> = (address, _, found) => found(null, address, type === 'udp6' ? 6 : 4);
  const socket = createSocket({ ...options, type, ipv6Only: type === 'udp6' && ipv6Only, lookup });
  const listening = once(socket, 'listening');
  // In a worker process, too, it is bound by this one: others must not take its datagrams.
  socket.bind({ port, address: host, exclusive: true });
  try {
    await listening;
  } catch (cause) {
    socket.close();
    throw cause;
  }
  return socket;
}

/** Pairs of ports kept apart; there are more only in a flood, when to forget some early does no harm. */
const MAX_QUIET = 16_384;

/**
 * Pairs of a peer's port and ours that carried a transfer of late. A datagram between them may still be on its way, so they carry no other
 * one for `quietMs` at least, and twice that at most: the young become old, and then are forgotten.
 */
export class QuietPairs {
  readonly #quietMs: number;
  #since = 0;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(quietMs: number) {
    this.#quietMs = quietMs;
  }

  add(peer: string, port: number): void {
    this.#age();
    this.#young.add(`${peer} ${port}`);
  }

  has(peer: string, port: number): boolean {
    this.#age();
    const pair = `${peer} ${port}`;
    return this.#young.has(pair) || this.#old.has(pair);
  }

  #age(): void {
    const now = performance.now();
    const age = now - this.#since;
    if (age < this.#quietMs && this.#young.size < MAX_QUIET) return;
    this.#old = age < 2 * this.#quietMs ? this.#young : new Set();
    this.#young = new Set();
    this.#since = now;
  }
}
