import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodePacket, type Option, type Packet, parsePacket } from '../../server/lib/tftp-packet.ts';

export interface Received {
  readonly packet: Packet | undefined;
  readonly port: number;
}

/** A socket that speaks TFTP by hand: what a test sends, and nothing else. */
export interface TftpPeer {
  readonly port: number;
  send(datagram: Packet | Buffer, port: number): void;
  /** Asks for a file in octet mode. */
  ask(filename: string, port: number, options?: readonly Option[], mode?: string): void;
  ack(block: number, port: number): void;
  /** The next datagram, whether it came before or comes yet. Rejects after `ms` (two seconds) without one. */
  next(ms?: number): Promise<Received>;
  /** All datagrams that came and were not taken, after waiting for some more. */
  rest(ms: number): Promise<Received[]>;
  close(): Promise<void>;
}

/** Rejects with the system's error when the port cannot be had. */
export async function tftpPeer(host = '127.0.0.1', port = 0): Promise<TftpPeer> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: 4_000_000 });
  const received: Received[] = [];
  let arrived = () => {};
  socket.on('message', (bytes, { port }) => {
    received.push({ packet: parsePacket(bytes), port });
    arrived();
  });
  const listening = once(socket, 'listening');
  socket.bind(port, host);
  try {
    await listening;
  } catch (cause) {
    socket.close();
    throw cause;
  }

  let sending = 0;
  let allSent = () => {};
  const send = (datagram: Packet | Buffer, port: number) => {
    sending++;
    socket.send(Buffer.isBuffer(datagram) ? datagram : encodePacket(datagram), port, host, () => {
      sending--;
      if (sending === 0) allSent();
    });
  };
  return {
    port: socket.address().port,
    send,
    ask: (filename, port, options = [], mode = 'octet') => send({ kind: 'read', filename, mode, options }, port),
    ack: (block, port) => send({ kind: 'ack', block: block & 0xffff }, port),
    async next(ms = 2_000) {
      if (received.length === 0) {
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(() => reject(new Error('No datagram came')), ms);
          arrived = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return received.shift() as Received;
    },
    async rest(ms) {
      await sleep(ms);
      return received.splice(0);
    },
    async close() {
      if (sending > 0) {
        await new Promise<void>((resolve) => {
          allSent = resolve;
        });
      }
      await new Promise<void>((done) => socket.close(() => done()));
    },
  };
}

export interface Download {
  readonly bytes: Buffer;
  /** The OACK, if one came. */
  readonly agreed: readonly Option[] | undefined;
  /** DATA packets that came, repeated ones too. */
  readonly frames: number;
}

export interface DownloadOptions {
  readonly host?: string;
  readonly mode?: string;
  readonly options?: readonly Option[];
  /** ACKs sent for one; 1. */
  readonly copies?: number;
  /** Whether the packet, the `count`th, does not arrive. */
  readonly lose?: (packet: Packet, count: number) => boolean;
}

/**
 * A client that takes options and windows (RFC 7440): it confirms the end of a window and, once for each gap, the last block before it;
 * after half a second of silence it says again what it said last. The port that answers first is the transfer's, any other one gets ERROR 5
 * (RFC 1350, section 4).
 */
export async function download(filename: string, port: number, wish: DownloadOptions = {}): Promise<Download> {
  const peer = await tftpPeer(wish.host);
  const blocks: Buffer[] = [];
  let agreed: readonly Option[] | undefined;
  let blockSize = 512;
  let windowSize = 1;
  let frames = 0;
  let count = 0;
  let gapAt = -1;
  let windowStart = 0;
  let transferPort: number | undefined;
  let say = () => peer.ask(filename, port, wish.options, wish.mode);
  const confirm = (block: number, to: number) => {
    windowStart = block;
    say = () => {
      for (let copy = 0; copy < (wish.copies ?? 1); copy++) peer.ack(block, to);
    };
    say();
  };
  const alarm = setInterval(() => say(), 500);
  try {
    say();
    for (;;) {
      const { packet, port: from } = await peer.next(60_000);
      if (!packet || wish.lose?.(packet, count++)) continue;
      transferPort ??= from;
      if (from !== transferPort) {
        peer.send({ kind: 'error', code: 5, message: 'Unknown transfer' }, from);
        continue;
      }
      alarm.refresh();
      if (packet.kind === 'error') throw new Error(`ERROR ${packet.code} ${packet.message}`);
      if (packet.kind === 'oack') {
        agreed = packet.options;
        const value = (name: string) => packet.options.find(([key]) => key.toLowerCase() === name)?.[1];
        blockSize = Number(value('blksize') ?? 512);
        windowSize = Number(value('windowsize') ?? 1);
        if (blocks.length === 0) confirm(0, from);
      }
      if (packet.kind !== 'data') continue;
      frames++;
      if (packet.block === ((blocks.length + 1) & 0xffff)) {
        blocks.push(packet.data);
        const last = packet.data.length < blockSize;
        if (last || blocks.length - windowStart >= windowSize) confirm(blocks.length, from);
        if (last) return { bytes: Buffer.concat(blocks), agreed, frames };
      } else if (windowSize > 1 && gapAt !== blocks.length) {
        gapAt = blocks.length;
        confirm(blocks.length, from);
      }
    }
  } finally {
    clearInterval(alarm);
    await peer.close();
  }
}
