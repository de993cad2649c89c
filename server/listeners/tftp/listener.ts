import type { RemoteInfo, Socket } from 'node:dgram';
import type { Content } from '../../lib/content.ts';
import { parseIp } from '../../lib/ip.ts';
import { localAddresses } from '../../lib/local-address.ts';
import { ErrorCode, encodePacket, type Option, parsePacket } from '../../lib/tftp-packet.ts';
import type { TftpAddress, TftpListener, TftpOptions, TftpOutcome, TftpReply, TftpStats } from './contract.ts';
import { Delivery, type Mode } from './delivery.ts';
import type * as sockets from './sockets.ts';
import { closeEndpoint, freeCarrier, keyOf, openEndpoint, type Peer, peerOf, QuietPairs } from './sockets.ts';
import { agree, type Limits } from './transfer.ts';

/** A transfer waits 200 ms or more; a look at each every 50 ms costs less than a timer for each datagram. */
const TICK_MS = 50;
/** Any block size fits once, and what a transfer holds stays small. */
const WINDOW_BYTES = 65_536;

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

type Endpoint = sockets.Endpoint<Session>;
type Carrier = sockets.Carrier<Session>;

type FileReply = Extract<TftpReply, { kind: 'file' }>;

interface Wish {
  readonly filename: string;
  readonly mode: Mode;
  readonly options: readonly Option[];
}

/** From a request to the end of its transfer, if there is one. */
interface Session {
  readonly endpoint: Endpoint;
  readonly peer: Peer;
  readonly filename: string;
  readonly startedAt: number;
  transfer?: { readonly carrier: Carrier; readonly content: Content; readonly delivery: Delivery };
  /** The other one of two sessions for one file and peer, of which `newer` began later; the peer decides between them (`#accept`). */
  rival?: { readonly session: Session; readonly newer: boolean } | undefined;
}

/** Rejects with the system's error (EADDRINUSE, EACCES, …) when an address cannot be had; nothing stays open then. */
export async function startTftp(options: TftpOptions): Promise<TftpListener> {
  const server = new Server(options);
  try {
    for (const address of options.addresses) await server.listen(address);
  } catch (cause) {
    await server.close();
    throw cause;
  }
  return server;
}

class Server implements TftpListener {
  readonly #options: TftpOptions;
  readonly #limits: Limits;
  readonly #localAddressTo = localAddresses();
  readonly #endpoints: Endpoint[] = [];
  readonly #sessions = new Set<Session>();
  readonly #peers = new Map<string, readonly Session[]>();
  readonly #closing = new Set<Promise<void>>();
  readonly #quiet: QuietPairs;
  #ticking: NodeJS.Timeout | undefined;
  readonly #counts = { received: 0, garbage: 0, foreign: 0, late: 0, repeated: 0, busy: 0, sent: 0, retransmitted: 0, unsent: 0 };

  constructor(options: TftpOptions) {
    this.#options = options;
    const { maxBlockSize = 65_464, maxWindowSize = 64, quietMs = 5_000 } = options;
    this.#quiet = new QuietPairs(quietMs);
    this.#limits = { blockSize: maxBlockSize, windowSize: maxWindowSize, windowBytes: WINDOW_BYTES };
  }

  get addresses(): readonly TftpAddress[] {
    return this.#endpoints.map(({ host, port }) => ({ host, port }));
  }

  stats(): TftpStats {
    return { transfers: this.#sessions.size, ...this.#counts };
  }

  async listen(address: TftpAddress): Promise<void> {
    const { addresses, transferPorts: ports, transferSockets: count = 256 } = this.#options;
    // Beside 0.0.0.0 the socket of :: must not take IPv4.
    const ipv6Only = addresses.some((other) => other.host === '0.0.0.0' && other.port === address.port);
    const endpoint = await openEndpoint<Session>(address, { count, ports }, ipv6Only);
    this.#endpoints.push(endpoint);
    for (const socket of endpoint.sockets) socket.on('error', (cause) => this.#options.observe?.({ kind: 'failed', cause }));
    endpoint.requests.on('message', (bytes, from) => this.#toRequests(endpoint, bytes, from));
    for (const carrier of endpoint.carriers) carrier.socket.on('message', (bytes, from) => this.#toCarrier(carrier, bytes, from));
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) this.#fail(session, 'stopped');
    clearInterval(this.#ticking);
    await Promise.all(this.#endpoints.splice(0).map(closeEndpoint));
    await Promise.all(this.#closing);
  }

  /** Only requests are answered here: an answer to a stray packet of another kind has no meaning, but an addressee. */
  #toRequests(endpoint: Endpoint, bytes: Buffer, from: RemoteInfo): void {
    this.#counts.received++;
    const peer = peerOf(from);
    const packet = parsePacket(bytes);
    if (!peer || (packet?.kind !== 'read' && packet?.kind !== 'write')) {
      this.#counts.garbage++;
      return;
    }
    const { filename, options } = packet;
    const mode = packet.mode.toLowerCase();
    if (packet.kind === 'write') {
      this.#sendError(endpoint.requests, peer, ErrorCode.accessViolation, 'Nothing can be written here');
      this.#options.observe?.({ kind: 'refused', ip: peer.ip, port: peer.port, filename, why: 'write' });
    } else if (mode !== 'octet' && mode !== 'netascii') {
      this.#sendError(endpoint.requests, peer, ErrorCode.illegalOperation, 'Unknown mode');
      this.#options.observe?.({ kind: 'refused', ip: peer.ip, port: peer.port, filename, why: 'mode' });
    } else {
      this.#accept(endpoint, peer, { filename, mode, options });
    }
  }

  /**
   * Who confirmed blocks, then leaves us without an answer and asks again, has started over; or what comes is a copy of his first request,
   * late, and he only is slow. So the old transfer holds still, a new one begins beside it, and the one that he confirms is the one he means.
   */
  #accept(endpoint: Endpoint, peer: Peer, wish: Wish): void {
    const others = this.#peers.get(peer.key) ?? [];
    const same = others.filter(({ filename }) => filename === wish.filename);
    const [old] = same;
    if (old && (same.length > 1 || !old.transfer?.delivery.forsaken)) {
      this.#counts.repeated++;
      return;
    }
    if (this.#sessions.size >= this.#options.maxTransfers) {
      this.#counts.busy++;
      return;
    }
    const session: Session = { endpoint, peer, filename: wish.filename, startedAt: performance.now() };
    if (old) {
      old.rival = { session, newer: true };
      session.rival = { session: old, newer: false };
    }
    this.#sessions.add(session);
    this.#peers.set(peer.key, [...others, session]);
    this.#answer(session, wish).catch((cause) => this.#fail(session, 'failed', cause));
  }

  async #answer(session: Session, { filename, mode, options }: Wish): Promise<void> {
    const { endpoint, peer } = session;
    const localAddress =
      (WILDCARDS.has(endpoint.host) ? undefined : parseIp(endpoint.host)) ?? (await this.#localAddressTo(peer.address));
    const reply = await this.#options.answer({ ip: peer.ip, port: peer.port, localAddress, filename, mode });
    if (reply.kind === 'file') this.#start(session, reply, mode, options);
    else if (reply.kind === 'failed') this.#fail(session, 'failed');
    else if (this.#forget(session)) this.#sendError(endpoint.requests, peer, ErrorCode.fileNotFound, 'File not found');
  }

  #start(session: Session, { content, delivered }: FileReply, mode: Mode, options: readonly Option[]): void {
    const { peer } = session;
    const carrier = this.#sessions.has(session) ? freeCarrier(session.endpoint, peer, this.#quiet) : undefined;
    if (!carrier) {
      if (this.#forget(session)) this.#counts.busy++;
      this.#release(session, content);
      return;
    }
    const delivery = new Delivery({
      content,
      mode,
      agreement: agree(options, mode === 'octet' ? content.size : undefined, this.#limits),
      send: (datagram) => this.#send(carrier.socket, peer, datagram),
      ended: (outcome, cause) => {
        if (outcome === 'failed') this.#fail(session, outcome, cause);
        else this.#finish(session, outcome);
        if (outcome === 'complete') delivered?.();
      },
    });
    session.transfer = { carrier, content, delivery };
    carrier.sessions.set(peer.key, session);
    // Timers come before sockets in a turn of the event loop: after a turn that took long, what the peers said is read first.
    this.#ticking ??= setInterval(() => setImmediate(() => this.#tick()), TICK_MS);
    delivery.start();
  }

  #toCarrier(carrier: Carrier, bytes: Buffer, from: RemoteInfo): void {
    this.#counts.received++;
    const packet = parsePacket(bytes);
    const session = carrier.sessions.get(keyOf(from));
    if (packet?.kind !== 'ack' && packet?.kind !== 'error') this.#counts.garbage++;
    else if (session?.transfer) {
      const { rival, transfer } = session;
      transfer.delivery.receive(packet);
      if (rival && transfer.delivery.followed) this.#finish(rival.session, 'restarted');
    } else this.#toStranger(carrier, packet.kind, from);
  }

  /**
   * The sender has no transfer on this port (RFC 1350, section 4). If it has one on another port, it does not know which: it asked in the
   * name of an address that is not its own, and guesses, to have the whole file sent there. A phone knows.
   */
  #toStranger(carrier: Carrier, kind: 'ack' | 'error', from: RemoteInfo): void {
    const peer = peerOf(from);
    if (!peer) this.#counts.garbage++;
    else if (this.#quiet.has(peer.key, carrier.port)) this.#counts.late++;
    else {
      this.#counts.foreign++;
      if (kind === 'error') return;
      this.#sendError(carrier.socket, peer, ErrorCode.unknownTransfer, 'Unknown transfer');
      for (const session of this.#peers.get(peer.key) ?? []) if (session.transfer) this.#finish(session, 'guessed');
    }
  }

  #tick(): void {
    const now = performance.now();
    for (const { rival, transfer } of this.#sessions) if (!rival?.newer) transfer?.delivery.wake(now);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  /** Tells the peer, but not why. */
  #fail(session: Session, outcome: 'failed' | 'stopped', cause?: unknown): void {
    const { endpoint, filename, peer, transfer } = session;
    if (!this.#sessions.has(session)) return;
    this.#sendError(transfer?.carrier.socket ?? endpoint.requests, peer, ErrorCode.undefined, 'The server cannot send this now');
    if (cause !== undefined) this.#options.observe?.({ kind: 'failed', ip: peer.ip, filename, cause });
    this.#finish(session, outcome);
  }

  #finish(session: Session, outcome: TftpOutcome): void {
    const { filename, peer, startedAt, transfer } = session;
    if (!this.#forget(session) || !transfer) return;
    const { carrier, content, delivery } = transfer;
    delivery.stop();
    carrier.sessions.delete(peer.key);
    this.#quiet.add(peer.key, carrier.port);
    this.#release(session, content);
    const { bytes, retransmitted } = delivery;
    this.#counts.retransmitted += retransmitted;
    const ms = performance.now() - startedAt;
    this.#options.observe?.({ kind: 'finished', ip: peer.ip, port: peer.port, filename, outcome, bytes, ms, retransmitted });
  }

  /** @returns false when it was forgotten before. */
  #forget(session: Session): boolean {
    const { key } = session.peer;
    const others = this.#peers.get(key)?.filter((other) => other !== session) ?? [];
    if (others.length > 0) this.#peers.set(key, others);
    else this.#peers.delete(key);
    if (session.rival) session.rival.session.rival = undefined;
    return this.#sessions.delete(session);
  }

  #release({ filename, peer }: Session, content: Content): void {
    const closing = content
      .close()
      .catch((cause) => this.#options.observe?.({ kind: 'failed', ip: peer.ip, filename, cause }))
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #sendError(socket: Socket, peer: Peer, code: number, message: string): void {
    this.#send(socket, peer, encodePacket({ kind: 'error', code, message }));
  }

  /** What the system does not take is as good as lost on the way: it is sent again, or the transfer ends in silence. */
  #send(socket: Socket, { port, address }: Peer, datagram: Buffer): void {
    this.#counts.sent++;
    socket.send(datagram, port, address, this.#noteSent);
  }

  readonly #noteSent = (error: Error | null) => {
    if (error) this.#counts.unsent++;
  };
}
