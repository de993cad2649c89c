import { createSocket, type Socket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../lib/errors.ts';
import type { Ip } from '../../lib/ip.ts';
import { directly, openPing } from '../../lib/system-sockets.ts';
import { Turns } from '../../lib/turns.ts';
import { ArpTable } from './arp.ts';

/** What is known of an address after a probe. Behind a relay silence means little. */
export type Finding = 'used' | 'free' | 'unknown';

export interface ProbeOptions {
  /** How long is waited for a sign of somebody. */
  readonly milliseconds: number;
  /** Probes under way; others wait for their turn, beyond that time. */
  readonly atOnce?: number;
}

export interface Prober {
  /**
   * Whether somebody uses an address. Never throws; who cancels hears `unknown`.
   *
   * @param options.interface on whose link the address may be; undefined behind a relay
   */
  probe(address: Ip, options?: { readonly interface?: string; readonly signal?: AbortSignal }): Promise<Finding>;
  close(): Promise<void>;
}

/** How often it is looked whether the system has found somebody. */
const LOOK_MILLISECONDS = 40;
/** A reading of the ARP table serves all who look within this time. */
const SHARED_MILLISECONDS = 20;
/** What stood in the table before may be as old: an entry that has come since is of somebody who is there. */
const BEFORE_MILLISECONDS = 1_000;
/** DISCARD (RFC 863), on which hardly anybody listens. */
const DISCARD = 9;

/**
 * Looks whether somebody uses an address, with what an unprivileged program has: a datagram for which the system must resolve the
 * address, so that its ARP table tells; the ICMP error that comes from a port where nobody listens; an echo request where the system lets
 * us send one (net.ipv4.ping_group_range).
 */
export async function openProber({ milliseconds, atOnce = 256 }: ProbeOptions): Promise<Prober> {
  const arp = new ArpTable();
  const echoes = await Echoes.open();
  const turns = new Turns(atOnce);
  return {
    async probe(address, { interface: device, signal } = {}) {
      const look = () => lookFor(address, device, { milliseconds, signal, arp, echoes });
      // Cancelled; or the system has no socket for us, or no way there. That tells nothing of the address.
      return turns.run(look, signal).catch(() => 'unknown');
    },
    close: () => echoes.close(),
  };
}

interface Means {
  readonly milliseconds: number;
  readonly signal: AbortSignal | undefined;
  readonly arp: ArpTable;
  readonly echoes: Echoes;
}

async function lookFor(address: Ip, device: string | undefined, { milliseconds, signal, arp, echoes }: Means): Promise<Finding> {
  const entry = async (maxAge: number) => (device === undefined ? undefined : arp.find(address, device, maxAge));
  const before = await entry(BEFORE_MILLISECONDS);
  const heard = new AbortController();
  const forget = echoes.ask(address, () => heard.abort());
  const socket = createSocket({ type: 'udp4', lookup: directly });
  try {
    socket.on('error', (cause) => {
      if (codeOf(cause) === 'ECONNREFUSED') heard.abort();
    });
    await knock(socket, address);
    const end = performance.now() + milliseconds;
    for (;;) {
      const left = end - performance.now();
      await sleep(Math.max(0, Math.min(LOOK_MILLISECONDS, left)));
      if (heard.signal.aborted) return 'used';
      if (signal?.aborted) return 'unknown';
      const now = await entry(SHARED_MILLISECONDS);
      // Who was there before the datagram may have gone: the system does not ask again at once.
      if (now === 'complete' && before !== 'complete') return 'used';
      if (left <= LOOK_MILLISECONDS) return now === 'incomplete' ? 'free' : 'unknown';
    }
  } finally {
    forget();
    socket.close();
  }
}

/** Rejects where there is no way to the address. */
async function knock(socket: Socket, address: Ip): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // Node tells the callback in either case, whatever its type says.
    socket.connect(DISCARD, address, (cause?: Error) => (cause ? reject(cause) : resolve()));
  });
  // What becomes of it the socket tells later, or nobody does.
  socket.send(Buffer.alloc(0), () => {});
}

/** One socket for all echo requests, if the system gives us one. */
class Echoes {
  /** Echo request (RFC 792); the system writes checksum and identifier. */
  static readonly #REQUEST = Buffer.of(8, 0, 0, 0, 0, 0, 0, 1);
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #socket: Socket | undefined;

  private constructor(socket: Socket | undefined) {
    this.#socket = socket;
    socket?.on('message', (_, { address }) => {
      for (const heard of this.#waiting.get(address) ?? []) heard();
    });
    // Of a request that nobody gets, silence tells as much.
    socket?.on('error', () => {});
  }

  static async open(): Promise<Echoes> {
    // Without, probes do what they can.
    return new Echoes(await openPing().catch(() => undefined));
  }

  /** @returns what ends it */
  ask(address: Ip, heard: () => void): () => void {
    if (!this.#socket) return () => {};
    const waiting = this.#waiting.get(address) ?? new Set();
    this.#waiting.set(address, waiting.add(heard));
    // ICMP has no ports, and node:dgram wants one.
    this.#socket.send(Echoes.#REQUEST, 1, address, () => {});
    return () => {
      waiting.delete(heard);
      if (waiting.size === 0) this.#waiting.delete(address);
    };
  }

  async close(): Promise<void> {
    await new Promise<void>((done) => (this.#socket ? this.#socket.close(() => done()) : done()));
  }
}
