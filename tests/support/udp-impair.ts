import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A bad path: chances from 0 to 1; each datagram takes a time of its own between the two delays, so that they overtake one another. */
export interface Impairment {
  readonly loss: number;
  readonly duplication: number;
  readonly delayMs: readonly [least: number, most: number];
  readonly seed: number;
}

export interface PathCounts {
  /** Datagrams of the server that came to the path, by their first two bytes (the opcode of TFTP). */
  readonly fromServer: Record<number, number>;
  /** Datagrams that the path lost, both ways. */
  lost: number;
  duplicated: number;
}

export interface ImpairedPath {
  /** Where clients find the server. */
  readonly port: number;
  /** What the path did so far; one path for each client tells them apart. */
  counts(): PathCounts;
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
  const counts: PathCounts = { fromServer: {}, lost: 0, duplicated: 0 };
  const sockets: Socket[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let closed = false;

  const carry = (socket: Promise<Socket>, bytes: Buffer, port: number) => {
    if (random() < impairment.loss) {
      counts.lost++;
      return;
    }
    const twice = random() < impairment.duplication;
    if (twice) counts.duplicated++;
    for (let copy = twice ? 2 : 1; copy > 0; copy--) {
      const [least, most] = impairment.delayMs;
      const timer = setTimeout(
        async () => {
          timers.delete(timer);
          const open = await socket;
          if (!closed) open.send(bytes, port, '127.0.0.1');
        },
        least + random() * (most - least),
      );
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
      const opcode = bytes.length < 2 ? -1 : bytes.readUInt16BE(0);
      counts.fromServer[opcode] = (counts.fromServer[opcode] ?? 0) + 1;
      const downstream = towardsClient.get(from) ?? open((answer) => carry(upstream, answer, from));
      towardsClient.set(from, downstream);
      carry(downstream, bytes, client);
    });
    return upstream;
  };

  const entrance = await open((bytes, client) => {
    const upstream = towardsServer.get(client) ?? openTowardsServer(client);
    towardsServer.set(client, upstream);
    carry(upstream, bytes, serverPort);
  });

  return {
    port: entrance.address().port,
    counts: () => counts,
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
