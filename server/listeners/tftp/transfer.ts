/**
 * One transfer to a phone, as a value: what was agreed, what was sent and confirmed, and when to wake it. It has no socket, no clock
 * and no content: time (milliseconds of any steady clock) and packets come in, and `phase` says what the owner does next.
 *
 *  - `sending`: send the blocks that `wanted` names, as many of them as there are, and say so with `sent`. Reading them may take its
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

export interface Agreement {
  /** What the OACK repeats, spelled as the client spelled it; empty: no OACK. */
  readonly options: readonly Option[];
  /** Bytes of a block. */
  readonly blockSize: number;
  /** Blocks sent for one ACK. */
  readonly windowSize: number;
  /** Milliseconds between retransmissions that the client asked for; undefined: they follow the round trip. */
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

export type Transfer = Going | Ended;

interface Going extends State {
  readonly phase: 'sending' | 'waiting';
}

interface Ended extends State {
  readonly phase: 'ended';
  readonly outcome: Outcome;
}

interface State {
  readonly agreement: Agreement;
  /** The first block that is sent: 0 with an OACK, else 1. */
  readonly first: number;
  /** The last block that the peer has confirmed; `first - 1` before it has confirmed any. */
  readonly acked: number;
  /** The last block that was ever sent. */
  readonly sent: number;
  /** The last block of the content, once one knows. */
  readonly final: number | undefined;
  readonly startedAt: number;
  /** When the window went out. */
  readonly sentAt: number;
  readonly wakeAt: number;
  /** Whether the window holds blocks that were sent before: their ACK says nothing about the round trip (Karn's rule). */
  readonly repeats: boolean;
  /** Retransmissions since the peer last confirmed anything. */
  readonly resends: number;
  /** How often the retransmission time was doubled since the round trip was last measured. */
  readonly backoff: number;
  /** Whether blocks of the window before were sent again: a client confirms once more what it gets twice. */
  readonly echoes: boolean;
  /** Milliseconds (RFC 6298, section 2); `least` is the shortest seen. */
  readonly roundTrip: { readonly smoothed: number; readonly variation: number; readonly least: number } | undefined;
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

export function startTransfer(agreement: Agreement, now: number): Transfer {
  const first = agreement.options.length > 0 ? 0 : 1;
  return {
    agreement,
    phase: 'sending',
    first,
    acked: first - 1,
    sent: first - 1,
    final: undefined,
    startedAt: now,
    sentAt: now,
    wakeAt: Number.POSITIVE_INFINITY,
    repeats: false,
    resends: 0,
    backoff: 0,
    echoes: false,
    roundTrip: undefined,
  };
}

/** The blocks to send: a window, or less where the content ends; 0 to 0 is the OACK. */
export function wanted({ acked, agreement, final }: Transfer): { readonly from: number; readonly to: number } {
  if (acked < 0) return { from: 0, to: 0 };
  const to = acked + agreement.windowSize;
  return { from: acked + 1, to: final === undefined ? to : Math.min(to, final) };
}

/** The wanted blocks up to `to` are on their way. `final` is the number of the content's last block, once one knows. */
export function sent(transfer: Transfer, to: number, final: number | undefined, now: number): Transfer {
  return {
    ...transfer,
    phase: 'waiting',
    sent: Math.max(to, transfer.sent),
    final,
    sentAt: now,
    wakeAt: wakeAt(transfer, now),
    repeats: transfer.acked < transfer.sent,
  };
}

/** @returns the same transfer, when the packet changes nothing. */
export function receive(transfer: Transfer, packet: Packet, now: number): Transfer {
  if (transfer.phase === 'ended') return transfer;
  // An ERROR is never answered (RFC 1350, section 7).
  if (packet.kind === 'error') return end(transfer, 'aborted');
  if (packet.kind !== 'ack') return transfer;

  const block = transfer.acked + ((packet.block - transfer.acked) & 0xffff);
  // What was never sent cannot be confirmed: it is the late ACK of an earlier block, or nonsense.
  if (block > transfer.sent) return transfer;
  return block === transfer.acked ? repeatedAck(transfer, now) : progress(transfer, block, now);
}

/** Call it at `wakeAt` or later: the peer was silent too long. */
export function wake(transfer: Transfer, now: number): Transfer {
  if (transfer.phase !== 'waiting' || now < transfer.wakeAt) return transfer;
  const gaveUp = unheard(transfer)
    ? transfer.resends >= MAX_FIRST_RESENDS || now - transfer.startedAt >= MAX_FIRST_SILENCE_MS
    : transfer.resends >= MAX_RESENDS;
  if (gaveUp) return end(transfer, 'silent');
  return sending({ ...transfer, resends: transfer.resends + 1, backoff: transfer.backoff + 1 });
}

/** Whether the peer has not confirmed anything yet, so that it may not even have asked. */
export function unheard({ acked, first }: Transfer): boolean {
  return acked < first;
}

/**
 * In lock-step a repeated ACK never causes anything: answering it doubles every later block, the Sorcerer's Apprentice (RFC 1123,
 * 4.2.3.1). In a window it may be how a client says that the first block did not arrive (RFC 7440, section 4), a copy of the ACK that the
 * window answers, or the echo of blocks that the client got twice. So it restarts a window that was sent once, after one that was sent once,
 * unless it came too soon to be an answer to it.
 */
function repeatedAck(transfer: Transfer, now: number): Transfer {
  const { agreement, echoes, phase, repeats } = transfer;
  if (agreement.windowSize === 1 || phase !== 'waiting' || unheard(transfer)) return transfer;
  return repeats || echoes || tooSoon(transfer, now) ? transfer : sending(transfer);
}

function progress(transfer: Going, block: number, now: number): Transfer {
  const { backoff, final, phase, repeats, roundTrip, sent, sentAt } = transfer;
  const whole = block === sent;
  const measures = whole && !repeats;
  const confirmed: Going = {
    ...transfer,
    phase: 'sending',
    acked: block,
    wakeAt: Number.POSITIVE_INFINITY,
    resends: 0,
    backoff: measures ? 0 : backoff,
    echoes: repeats,
    roundTrip: measures ? measured(roundTrip, now - sentAt) : roundTrip,
  };
  if (block === final) return end(confirmed, 'complete');
  // The client misses the block after this one, and the window restarts there (RFC 7440, section 4). An ACK that comes too soon after
  // the last restart speaks of what was sent before it: a client that confirms every block would have each sent a window's times.
  const stale = !whole && repeats && tooSoon(transfer, now);
  return stale ? { ...confirmed, phase, wakeAt: wakeAt(confirmed, now) } : confirmed;
}

/** RFC 6298, 2.2 and 2.3. */
function measured(known: State['roundTrip'], sample: number): State['roundTrip'] {
  const { smoothed, variation, least } = known ?? { smoothed: sample, variation: sample / 2, least: sample };
  return {
    smoothed: smoothed + (sample - smoothed) / 8,
    variation: variation + (Math.abs(sample - smoothed) - variation) / 4,
    least: Math.min(sample, least),
  };
}

/** Whether less than half of the shortest round trip has passed since the window went out: what arrives now is no answer to it. */
function tooSoon({ roundTrip, sentAt }: Transfer, now: number): boolean {
  return roundTrip !== undefined && now - sentAt < roundTrip.least / 2;
}

function wakeAt(transfer: Transfer, now: number): number {
  const { agreement, backoff, roundTrip, startedAt } = transfer;
  const adaptive = roundTrip ? Math.max(roundTrip.smoothed + 4 * roundTrip.variation, MIN_WAIT_MS) : FIRST_WAIT_MS;
  const at = now + (agreement.timeoutMs ?? Math.min(adaptive * 2 ** backoff, MAX_WAIT_MS));
  return unheard(transfer) ? Math.min(at, startedAt + MAX_FIRST_SILENCE_MS) : at;
}

function sending(transfer: Transfer): Transfer {
  return { ...transfer, phase: 'sending', wakeAt: Number.POSITIVE_INFINITY };
}

function end(transfer: Transfer, outcome: Outcome): Ended {
  return { ...transfer, phase: 'ended', outcome, wakeAt: Number.POSITIVE_INFINITY };
}
