/**
 * One transfer to a phone: what was agreed, what was sent and confirmed, and when to wake it. It has no socket, no clock and no content:
 * time (milliseconds of any steady clock) and packets come in, and `phase` says what the owner does next.
 *
 *  - `sending`: send the blocks that `wanted` names, as many of them as there are, and say so with `noteSent`. Reading them may take its
 *    time; packets may be received meanwhile, so what is wanted is asked again before it is sent.
 *  - `waiting`: give it packets (`receive`), and call `wake` at `wakeAt`.
 *  - `ended`: nothing more, `outcome` says how.
 *
 * Blocks are counted without end, 65,536 after 65,535; only the wire knows sixteen bits. The OACK is block 0, since it is confirmed
 * by an ACK of 0 (RFC 2347).
 */

import type { Option, Packet } from '../../lib/tftp-packet.ts';

/** aborted: by an ERROR of the peer; silent: the peer did not answer any more. */
export type Outcome = 'complete' | 'aborted' | 'silent';

export type Phase = 'sending' | 'waiting' | 'ended';

export interface Agreement {
  /** What the OACK repeats, spelled as the client spelled it; empty: no OACK. */
  readonly options: readonly Option[];
  /** Bytes of a block. */
  readonly blockSize: number;
  /** Blocks sent for one ACK. */
  readonly windowSize: number;
  /** Milliseconds until the first retransmission that the client asked for; undefined: it follows the round trip. */
  readonly timeoutMs: number | undefined;
}

export interface Limits {
  /** Largest `blksize` that is agreed to, at most 65,464 (RFC 2348). */
  readonly blockSize: number;
  /** Largest `windowsize` that is agreed to. */
  readonly windowSize: number;
  /** Bytes of a window, whatever the two above allow: what a transfer holds in memory, and the burst a phone's buffers have to take. */
  readonly windowBytes: number;
}

/** Milliseconds (RFC 6298, section 2); `least` is the shortest seen. */
interface RoundTrip {
  readonly smoothed: number;
  readonly variation: number;
  readonly least: number;
}

/** Nothing is known of the path yet (RFC 6298, 2.1). */
const FIRST_WAIT_MS = 1_000;
/** Below, a phone that writes to its flash between two ACKs would be taken for a loss; Linux's TCP has the same floor. */
const MIN_WAIT_MS = 200;
/** Above, a phone that comes back waits longer for us than we waited for it. */
const MAX_WAIT_MS = 8_000;
/** With the waits above a phone may be silent for 28 s: flash is erased in less, and a phone that was unplugged is gone soon. */
const MAX_RESENDS = 7;
/**
 * A request may carry somebody else's address, and what is sent before the first ACK hits that one. So there are three datagrams of
 * 516 bytes at most, within ten seconds; the phone that is really there repeats its request if they are lost.
 */
const MAX_FIRST_RESENDS = 2;
const MAX_FIRST_SILENCE_MS = 10_000;

const DEFAULT_BLOCK_SIZE = 512;

/**
 * What is agreed to of the options of a request. Names come in any case; what is unknown, repeated or no valid value is left out of the
 * OACK, which means: not agreed (RFC 2347). Numbers that are too large for us are lowered where the RFC lets the server do so.
 *
 * @param size the size to tell for `tsize`. In netascii it is undefined and not agreed to: RFC 2349 wants the octets of the file, a
 *   client compares the octets it receives, and those are others.
 */
export function agree(requested: readonly Option[], size: number | undefined, limits: Limits): Agreement {
  const numbers = new Map<string, number>();
  for (const [name, value] of requested) {
    const key = name.toLowerCase();
    if (/^\d{1,15}$/.test(value) && !numbers.has(key)) numbers.set(key, Number(value));
  }
  const within = (name: string, least: number, most: number) => {
    const number = numbers.get(name);
    return number !== undefined && number >= least && number <= most ? number : undefined;
  };
  // RFC 2348 names 65,464 as the largest; who asks for more gets what we have, as with any other size.
  const blksize = within('blksize', 8, Number.POSITIVE_INFINITY);
  const blockSize = blksize === undefined ? DEFAULT_BLOCK_SIZE : Math.min(blksize, limits.blockSize);
  const windowsize = within('windowsize', 1, 65_535);
  const fitting = Math.max(1, Math.min(limits.windowSize, Math.floor(limits.windowBytes / blockSize)));
  const windowSize = Math.min(windowsize ?? 1, fitting);
  const timeout = within('timeout', 1, 255);

  const agreed = new Map<string, number | undefined>([
    ['blksize', blksize && blockSize],
    ['windowsize', windowsize && windowSize],
    ['timeout', timeout],
    ['tsize', numbers.has('tsize') ? size : undefined],
  ]);
  const options: Option[] = [];
  for (const [name] of requested) {
    const number = agreed.get(name.toLowerCase());
    agreed.delete(name.toLowerCase());
    if (number !== undefined) options.push([name, String(number)]);
  }
  return { options, blockSize, windowSize, timeoutMs: timeout && timeout * 1_000 };
}

export class Transfer {
  readonly agreement: Agreement;
  /** The first block that is sent: 0 with an OACK, else 1. */
  readonly #first: number;
  readonly #startedAt: number;
  #phase: Phase = 'sending';
  #outcome: Outcome | undefined;
  #acked: number;
  #sent: number;
  /** The last block of the content, once one knows. */
  #final: number | undefined;
  /** When the window went out. */
  #sentAt: number;
  #wakeAt = Number.POSITIVE_INFINITY;
  /** Whether the window holds blocks that were sent before: their ACK says nothing about the round trip (Karn's rule). */
  #repeats = false;
  /** Whether blocks of the window before were sent again: a client confirms once more what it gets twice. */
  #echoes = false;
  /** Retransmissions since the peer last confirmed anything. */
  #resends = 0;
  /** How often the retransmission time was doubled since the round trip was last measured. */
  #backoff = 0;
  #roundTrip: RoundTrip | undefined;

  constructor(agreement: Agreement, now: number) {
    this.agreement = agreement;
    this.#first = agreement.options.length > 0 ? 0 : 1;
    this.#acked = this.#first - 1;
    this.#sent = this.#first - 1;
    this.#startedAt = now;
    this.#sentAt = now;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** How it ended; undefined before. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** The last block that the peer has confirmed; less than the first one before it has confirmed any. */
  get acked(): number {
    return this.#acked;
  }

  /** The last block that was ever sent. */
  get sent(): number {
    return this.#sent;
  }

  get wakeAt(): number {
    return this.#wakeAt;
  }

  get roundTrip(): RoundTrip | undefined {
    return this.#roundTrip;
  }

  /** Whether the peer has confirmed anything; if not, it may not even have asked. */
  get heard(): boolean {
    return this.#acked >= this.#first;
  }

  /** Whether blocks were sent again and the peer has confirmed nothing since. */
  get unanswered(): boolean {
    return this.#resends > 0;
  }

  /** The blocks to send: a window, or less where the content ends; 0 to 0 is the OACK. */
  wanted(): { readonly from: number; readonly to: number } {
    if (this.#acked < 0) return { from: 0, to: 0 };
    const to = this.#acked + this.agreement.windowSize;
    return { from: this.#acked + 1, to: this.#final === undefined ? to : Math.min(to, this.#final) };
  }

  /** The wanted blocks up to `to` are on their way. `final` is the number of the content's last block, once one knows. */
  noteSent(to: number, final: number | undefined, now: number): void {
    this.#phase = 'waiting';
    this.#repeats = this.#acked < this.#sent;
    this.#sent = Math.max(to, this.#sent);
    this.#final = final;
    this.#sentAt = now;
    this.#wait(now);
  }

  receive(packet: Packet, now: number): void {
    if (this.#phase === 'ended') return;
    // An ERROR is never answered (RFC 1350, section 7).
    if (packet.kind === 'error') this.#end('aborted');
    if (packet.kind !== 'ack') return;

    const block = this.#acked + ((packet.block - this.#acked) & 0xffff);
    // What was never sent cannot be confirmed: it is the late ACK of an earlier block, or nonsense.
    if (block > this.#sent) return;
    if (block === this.#acked) this.#repeatedAck(now);
    else this.#progress(block, now);
  }

  /** Call it at `wakeAt` or later: the peer was silent too long. */
  wake(now: number): void {
    if (this.#phase !== 'waiting' || now < this.#wakeAt) return;
    const gaveUp = this.heard
      ? this.#resends >= MAX_RESENDS
      : this.#resends >= MAX_FIRST_RESENDS || now - this.#startedAt >= MAX_FIRST_SILENCE_MS;
    if (gaveUp) {
      this.#end('silent');
    } else {
      this.#resends++;
      this.#backoff++;
      this.#send();
    }
  }

  /**
   * In lock-step a repeated ACK never causes anything: answering it doubles every later block, the Sorcerer's Apprentice (RFC 1123,
   * 4.2.3.1). In a window it may be how a client says that the first block did not arrive (RFC 7440, section 4), a copy of the ACK that the
   * window answers, or the echo of blocks that the client got twice. So it restarts a window that was sent once, after one that was sent
   * once, unless it came too soon to be an answer to it.
   */
  #repeatedAck(now: number): void {
    if (this.agreement.windowSize === 1 || this.#phase !== 'waiting' || !this.heard) return;
    if (!this.#repeats && !this.#echoes && !this.#tooSoon(now)) this.#send();
  }

  #progress(block: number, now: number): void {
    const whole = block === this.#sent;
    this.#acked = block;
    this.#resends = 0;
    this.#echoes = this.#repeats;
    if (whole && !this.#repeats) this.#measure(now - this.#sentAt);
    if (block === this.#final) this.#end('complete');
    // The client misses the block after this one, and the window restarts there (RFC 7440, section 4). An ACK that comes too soon after
    // the last restart speaks of what was sent before it: a client that confirms every block would have each sent a window's times.
    else if (!whole && this.#repeats && this.#tooSoon(now)) this.#wait(now);
    else this.#send();
  }

  /** RFC 6298, 2.2 and 2.3. */
  #measure(sample: number): void {
    const { smoothed, variation, least } = this.#roundTrip ?? { smoothed: sample, variation: sample / 2, least: sample };
    this.#backoff = 0;
    this.#roundTrip = {
      smoothed: smoothed + (sample - smoothed) / 8,
      variation: variation + (Math.abs(sample - smoothed) - variation) / 4,
      least: Math.min(sample, least),
    };
  }

  /** Whether less than half of the shortest round trip has passed since the window went out: what arrives now is no answer to it. */
  #tooSoon(now: number): boolean {
    return this.#roundTrip !== undefined && now - this.#sentAt < this.#roundTrip.least / 2;
  }

  /**
   * Each wait is twice the one before (RFC 1123, 4.2.3.2), also where the client asked for a timeout: atftp answers a block that comes again
   * once, and then says something only after five seconds without a copy.
   */
  #wait(now: number): void {
    const trip = this.#roundTrip;
    const adaptive = trip ? Math.max(trip.smoothed + 4 * trip.variation, MIN_WAIT_MS) : FIRST_WAIT_MS;
    const first = this.agreement.timeoutMs ?? Math.min(adaptive, MAX_WAIT_MS);
    const at = now + Math.min(first * 2 ** this.#backoff, Math.max(first, MAX_WAIT_MS));
    this.#wakeAt = this.heard ? at : Math.min(at, this.#startedAt + MAX_FIRST_SILENCE_MS);
  }

  #send(): void {
    this.#phase = 'sending';
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  #end(outcome: Outcome): void {
    this.#phase = 'ended';
    this.#outcome = outcome;
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }
}
