import type { Content } from '../../lib/content.ts';
import { encodePacket, type Packet, toNetascii } from '../../lib/tftp-packet.ts';
import { type Agreement, type Outcome, Transfer } from './transfer.ts';

export type Mode = 'octet' | 'netascii';

export interface DeliveryOptions {
  readonly content: Content;
  readonly mode: Mode;
  readonly agreement: Agreement;
  send(datagram: Buffer): void;
  /** Called once, unless `stop` is called before; `cause` is why the content could not be read. */
  ended(outcome: Outcome | 'failed', cause?: unknown): void;
}

/** A content on its way to one peer: does what a transfer asks for. The content stays the caller's, who closes it. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #blocks: Blocks;
  readonly #transfer: Transfer;
  #loading = false;
  #stopped = false;
  #retransmitted = 0;
  /** In lock-step, the block that is wanted next: the peer waits for nothing else, and now it is busy with the one before. */
  #ahead: { readonly block: number; readonly datagram: Buffer } | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#blocks = createBlocks(options.content, options.mode, options.agreement.blockSize);
    this.#transfer = new Transfer(options.agreement, performance.now());
  }

  /** Bytes that the peer confirmed, as they travelled. */
  get bytes(): number {
    return this.#blocks.bytesUntil(this.#transfer.acked);
  }

  /** Blocks that were sent again. */
  get retransmitted(): number {
    return this.#retransmitted;
  }

  /** Whether the peer has confirmed blocks, and leaves others unanswered though they were sent again. */
  get forsaken(): boolean {
    return this.#transfer.heard && this.#transfer.unanswered;
  }

  /** Whether the peer has confirmed blocks, and some since any were sent again. */
  get followed(): boolean {
    return this.#transfer.heard && !this.#transfer.unanswered;
  }

  start(): void {
    this.#proceed();
  }

  receive(packet: Packet): void {
    this.#transfer.receive(packet, performance.now());
    this.#proceed();
  }

  /** To be called often enough that a timer of 200 ms is not late by much. */
  wake(now: number): void {
    if (now < this.#transfer.wakeAt) return;
    this.#transfer.wake(now);
    this.#proceed();
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#stopped = true;
  }

  #proceed(): void {
    const { outcome, phase } = this.#transfer;
    if (this.#stopped) return;
    if (outcome) this.#end(outcome);
    else if (phase === 'sending' && !this.#loading) this.#sendWanted();
  }

  #sendWanted(): void {
    const transfer = this.#transfer;
    const { from, to } = transfer.wanted();
    const loaded = from === 0 || this.#blocks.hold(from, to);
    if (!loaded) {
      this.#load(from, to);
      return;
    }
    const final = this.#blocks.final();
    const last = Math.min(to, final ?? to);
    for (let block = from; block <= last; block++) this.#options.send(this.#datagram(block));
    this.#retransmitted += Math.max(0, Math.min(last, transfer.sent) - from + 1);
    transfer.noteSent(last, final, performance.now());
    if (transfer.agreement.windowSize === 1) this.#prepare(last + 1, final);
  }

  #prepare(block: number, final: number | undefined): void {
    const there = final !== undefined && block <= final && this.#blocks.hold(block, block);
    this.#ahead = there ? { block, datagram: this.#datagram(block) } : undefined;
  }

  #load(from: number, to: number): void {
    this.#loading = true;
    this.#blocks.load(from, to).then(
      () => {
        this.#loading = false;
        // What is wanted may have changed meanwhile, so that it is asked for anew.
        this.#proceed();
      },
      (cause) => this.#end('failed', cause),
    );
  }

  #datagram(block: number): Buffer {
    if (block === this.#ahead?.block) return this.#ahead.datagram;
    if (block === 0) return encodePacket({ kind: 'oack', options: this.#transfer.agreement.options });
    return encodePacket({ kind: 'data', block, data: this.#blocks.block(block) });
  }

  #end(outcome: Outcome | 'failed', cause?: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#options.ended(outcome, cause);
  }
}

/**
 * A content as the numbered blocks of one transfer. It is read forwards, in pieces: what lies before the wanted blocks is forgotten, so
 * that a transfer holds a window and a piece at most. Bytes that are in memory anyway are not copied.
 */
interface Blocks {
  /** The last block, the first one shorter than the others, perhaps empty; undefined until one knows: text grows on its way. */
  final(): number | undefined;
  /** Whether `from` to `to` are in memory, as far as they exist. */
  hold(from: number, to: number): boolean;
  /** Reads until they are; what is before `from` is gone then. Rejects when the content cannot be read. One call at a time. */
  load(from: number, to: number): Promise<void>;
  /** A block that is held. */
  block(number: number): Buffer;
  /** Bytes of the blocks 1 to `number`. */
  bytesUntil(number: number): number;
}

/** Enough that a large image in lock-step waits for the disk once in 128 blocks; 1,000 transfers hold 64 MB. */
const PIECE_BYTES = 65_536;

function createBlocks(content: Content, mode: Mode, blockSize: number): Blocks {
  const wire = mode === 'netascii' ? toNetascii : (bytes: Buffer) => bytes;
  const inMemory = mode === 'octet' ? content.bytes : undefined;
  let held = inMemory ?? Buffer.alloc(0);
  // Where `held` begins in what is sent, and how much of the content has been read.
  let start = 0;
  let read = held.length;
  const end = () => {
    if (mode === 'octet') return content.size;
    return read < content.size ? undefined : start + held.length;
  };

  const hold = (from: number, to: number) =>
    (from - 1) * blockSize >= start && (read >= content.size || to * blockSize <= start + held.length);

  return {
    hold,
    final() {
      const size = end();
      return size === undefined ? undefined : Math.floor(size / blockSize) + 1;
    },
    async load(from, to) {
      const passed = Math.min((from - 1) * blockSize - start, held.length);
      const parts = [held.subarray(passed)];
      let missing = to * blockSize - (start + held.length);
      let at = read;
      while (missing > 0 && at < content.size) {
        const piece = await content.read(at, PIECE_BYTES);
        if (piece.length === 0) throw new Error(`A content of ${content.size} bytes ended at ${at}`);
        const part = wire(piece);
        parts.push(part);
        at += piece.length;
        missing -= part.length;
      }
      held = Buffer.concat(parts);
      start += passed;
      read = at;
    },
    block: (number) => held.subarray((number - 1) * blockSize - start, number * blockSize - start),
    bytesUntil: (number) => Math.min(Math.max(number, 0) * blockSize, end() ?? Number.POSITIVE_INFINITY),
  };
}
