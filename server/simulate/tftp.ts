import { createSocket, type Socket } from 'node:dgram';
import { encodePacket, parsePacket } from '../lib/tftp-packet.ts';
import { type Answer, type Line, mostKept, socketFailure } from './answer.ts';
import { type Download, receive, repeat, startDownload, type Wish } from './download.ts';

export interface TftpTarget {
  readonly address: string;
  readonly port: number;
  /** What stands before every name, without a slash at the end; empty for nothing. */
  readonly base: string;
  readonly options: Omit<Wish, 'filename'>;
  /** How long a phone repeats itself to a server that is silent. */
  readonly patienceMs: number;
}

const FILE_NOT_FOUND = 1;
/** A phone's first repetition; each later one waits twice as long. */
const FIRST_WAIT_MS = 1_000;

/** @param from the address it asks from */
export function tftpLine(target: TftpTarget, from: string | undefined): Line {
  let hangUp = () => {};
  return {
    fetch(path, _userAgent, keep) {
      const filename = target.base === '' ? path : `${target.base}/${path}`;
      return new Promise((resolve) => {
        const transfer = new Transfer(target, { ...target.options, filename }, keep, resolve);
        hangUp = () => transfer.end({ kind: 'failed', why: 'hung up', bytes: 0, again: false });
        transfer.start(from);
      });
    },
    hangUp: () => hangUp(),
  };
}

/** One file over a socket of its own, whose port names the transfer (RFC 1350, section 4). */
class Transfer {
  readonly #target: TftpTarget;
  readonly #keep: boolean;
  readonly #done: (answer: Answer) => void;
  readonly #socket: Socket;
  readonly #pieces: Buffer[] = [];
  #download: Download;
  /** The server's port for this transfer: the one it first answers from. */
  #port: number | undefined;
  #bytes = 0;
  #heard = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(target: TftpTarget, wish: Wish, keep: boolean, done: (answer: Answer) => void) {
    this.#target = target;
    this.#keep = keep;
    this.#done = done;
    this.#download = startDownload(wish);
    this.#socket = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
  }

  start(from: string | undefined): void {
    this.#socket.on('error', (cause) => this.end(socketFailure(cause, this.#bytes)));
    this.#socket.on('message', (bytes, { port }) => this.#receive(bytes, port));
    this.#socket.bind({ port: 0, ...(from !== undefined && { address: from }) }, () => {
      if (!this.#ended) this.#say(FIRST_WAIT_MS);
    });
  }

  end(answer: Answer): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket.close();
    this.#done(answer);
  }

  #receive(bytes: Buffer, port: number): void {
    const packet = parsePacket(bytes);
    if (!packet || this.#ended) return;
    if (this.#port !== undefined && port !== this.#port) {
      // Not of this transfer; this one goes on (RFC 1350, section 4).
      this.#socket.send(encodePacket({ kind: 'error', code: 5, message: 'Unknown transfer' }), port, this.#target.address);
      return;
    }
    const { download, data } = receive(this.#download, packet);
    this.#port = port;
    this.#download = download;
    this.#heard = performance.now();
    if (data) {
      this.#bytes += data.length;
      if (this.#keep && this.#bytes <= mostKept) this.#pieces.push(data);
    }
    clearTimeout(this.#timer);
    if (download.phase === 'ended') this.#close(download);
    else this.#say(FIRST_WAIT_MS);
  }

  /** Sends what is due, and again if the server stays silent. */
  #say(waitMs: number): void {
    const { say } = this.#download;
    const port = this.#port ?? this.#target.port;
    if (say)
      this.#socket.send(
        encodePacket(say),
        port,
        this.#target.address,
        (cause) => cause && this.end(socketFailure(cause, this.#bytes)),
      );
    const left = this.#heard + this.#target.patienceMs - performance.now();
    this.#timer = setTimeout(() => this.#wake(waitMs * 2), Math.min(waitMs, Math.max(left, 0)));
  }

  #wake(waitMs: number): void {
    const { patienceMs } = this.#target;
    if (performance.now() - this.#heard >= patienceMs) {
      this.end({ kind: 'failed', why: `silence for ${patienceMs / 1_000} s`, bytes: this.#bytes, again: true });
      return;
    }
    this.#download = { ...this.#download, say: repeat(this.#download) };
    this.#say(waitMs);
  }

  #close(download: Download & { phase: 'ended' }): void {
    const answer = this.#outcome(download);
    const { say } = download;
    if (!say) this.end(answer);
    // The socket is closed once the last ACK has left.
    else this.#socket.send(encodePacket(say), this.#port, this.#target.address, () => this.end(answer));
  }

  #outcome({ outcome, error }: Download & { phase: 'ended' }): Answer {
    const bytes = this.#bytes;
    if (outcome === 'complete') {
      return { kind: 'file', bytes, content: this.#keep && bytes <= mostKept ? Buffer.concat(this.#pieces) : undefined };
    }
    if (error?.code === FILE_NOT_FOUND) return { kind: 'missing' };
    return { kind: 'failed', why: `TFTP error ${error?.code}`, bytes, again: outcome === 'refused' };
  }
}
