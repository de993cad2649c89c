import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A bad path: chances from 0 to 1 that a datagram is lost, arrives twice, is overtaken by those that come after it. */
export interface Impairment {
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  /** What a datagram takes, and one that is overtaken, or is a copy. */
  readonly delayMs: readonly [usual: number, overtaken: number];
  readonly seed: number;
  /** What travels unharmed all the same. */
  readonly spared?: (bytes: Buffer) => boolean;
}

/** What became of a datagram. */
export interface Passage {
  readonly from: 'client' | 'server';
  readonly bytes: Buffer;
  readonly fate: 'lost' | 'once' | 'twice' | 'overtaken';
}

export interface ImpairedPath {
  /** Where clients find the server. */
  readonly port: number;
  /** What came so far, in its order; one path for each client tells them apart. */
  passages(): readonly Passage[];
  close(): Promise<void>;
}

/**
 * A relay on loopback between clients and a UDP server that answers each from a port of its own choice, as TFTP servers do. Each client has
 * a socket towards the server, and each pair of a client and a port of the server a socket towards the client: both sides see one port for
 * each port of the other, and nothing else is changed.
 *
 * A relay and no pair of network namespaces: it needs neither root nor a TUN device, and loses exactly what it counts.
 */
export async function impairedPath(serverPort: number, impairment: Impairment): Promise<ImpairedPath> {
  const random = generator(impairment.seed);
  const passages: Passage[] = [];
  const sockets: Socket[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;

  const carry = (from: Passage['from'], socket: Promise<Socket>, bytes: Buffer, port: number) => {
    const [lost, twice, overtaken] = [impairment.loss, impairment.duplication, impairment.reordering].map(
      (chance) => random() < chance,
    );
    const fate = impairment.spared?.(bytes) ? 'once' : lost ? 'lost' : twice ? 'twice' : overtaken ? 'overtaken' : 'once';
    passages.push({ from, bytes, fate });
    const [usual, more] = impairment.delayMs;
    const delays = { lost: [], once: [usual], twice: [usual, more], overtaken: [more] }[fate];
    for (const delay of delays) {
      const timer = setTimeout(async () => {
        timers.delete(timer);
        const open = await socket;
        if (!closed) open.send(bytes, port, '127.0.0.1');
      }, delay);
      timers.add(timer);
    }
  };

  const open = async (received: (bytes: Buffer, port: number) => void): Promise<Socket> => {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.on('message', (bytes, { port }) => received(bytes, port));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket;
  };

  const towardsServer = new Map<number, Promise<Socket>>();
  const openTowardsServer = (client: number): Promise<Socket> => {
    const towardsClient = new Map<number, Promise<Socket>>();
    const upstream = open((bytes, from) => {
      const downstream = towardsClient.get(from) ?? open((answer) => carry('client', upstream, answer, from));
      towardsClient.set(from, downstream);
      carry('server', downstream, bytes, client);
    });
    return upstream;
  };

  const entrance = await open((bytes, client) => {
    const upstream = towardsServer.get(client) ?? openTowardsServer(client);
    towardsServer.set(client, upstream);
    carry('client', upstream, bytes, serverPort);
  });

  return {
    port: entrance.address().port,
    passages: () => passages,
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
    },
  };
}

/** Numbers from 0 to 1, the same for the same seed: a linear congruence (Knuth, The Art of Computer Programming, 3.3.4). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
