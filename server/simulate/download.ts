/**
 * A file that comes by TFTP, as a value: what was asked for and what has arrived. It has no socket and no clock: packets of the
 * server come in, `say` is what goes out, now and again while the server is silent.
 *
 * Blocks are counted without end, 65,536 after 65,535; only the wire knows sixteen bits.
 */

import type { Option, Packet } from '../lib/tftp-packet.ts';

export interface Wish {
  readonly filename: string;
  /** Bytes of a block that are asked for (RFC 2348); without it 512. */
  readonly blockSize?: number;
  /** Blocks before an ACK that are asked for (RFC 7440); without it 1. */
  readonly windowSize?: number;
}

export type Download = Going | Ended;

interface State {
  readonly wish: Wish;
  readonly blockSize: number;
  readonly windowSize: number;
  /** The last block that has arrived with all before it. */
  readonly got: number;
  /** The last block that was confirmed. */
  readonly confirmed: number;
  /** Whether a gap behind `got` was told already. */
  readonly complained: boolean;
  /** Undefined when the packet that came calls for no answer. */
  readonly say: Packet | undefined;
}

interface Going extends State {
  readonly phase: 'asked' | 'receiving';
}

interface Ended extends State {
  readonly phase: 'ended';
  /** complete: all is here and `say` confirms it. */
  readonly outcome: 'complete' | 'refused' | 'nonsense';
  readonly error: { readonly code: number; readonly message: string } | undefined;
}

export interface Step {
  readonly download: Download;
  /** Bytes of the file that came, next to those before. */
  readonly data: Buffer | undefined;
}

const DEFAULT_BLOCK_SIZE = 512;

export function startDownload(wish: Wish): Download {
  const options: Option[] = [];
  if (wish.blockSize !== undefined) options.push(['blksize', String(wish.blockSize)]);
  if (wish.windowSize !== undefined) options.push(['windowsize', String(wish.windowSize)]);
  const say: Packet = { kind: 'read', filename: wish.filename, mode: 'octet', options };
  return { phase: 'asked', wish, blockSize: DEFAULT_BLOCK_SIZE, windowSize: 1, got: 0, confirmed: 0, complained: false, say };
}

export function receive(download: Download, packet: Packet): Step {
  const nothing: Step = { download: { ...download, say: undefined }, data: undefined };
  if (download.phase === 'ended') return nothing;
  if (packet.kind === 'error') return refused(download, packet);
  if (packet.kind === 'oack') return download.got > 0 ? nothing : agreed(download, packet.options);
  return packet.kind === 'data' ? block(download, packet.block, packet.data) : nothing;
}

/** What to send while the server is silent: the request, or what was confirmed last (RFC 1350, section 2). */
export function repeat(download: Download): Packet {
  if (download.phase === 'asked') return startDownload(download.wish).say as Packet;
  return { kind: 'ack', block: download.got & 0xffff };
}

/** The OACK may come again, when our answer to it was lost. */
function agreed(download: Going, options: readonly Option[]): Step {
  const told = new Map(options.map(([name, value]) => [name.toLowerCase(), Number(value)]));
  const { blockSize, windowSize } = download.wish;
  // Only what was asked for may be agreed to, and only lowered (RFC 2347; RFC 2348; RFC 7440, section 3).
  const isRight = [...told].every(([name, value]) => {
    const asked = name === 'blksize' ? blockSize : name === 'windowsize' ? windowSize : undefined;
    return asked !== undefined && value <= asked && value >= (name === 'blksize' ? 8 : 1);
  });
  if (!isRight) return ended(download, 'nonsense', { kind: 'error', code: 8, message: 'These options were not asked for' });
  const going: Going = {
    ...download,
    phase: 'receiving',
    blockSize: told.get('blksize') ?? DEFAULT_BLOCK_SIZE,
    windowSize: told.get('windowsize') ?? 1,
    say: { kind: 'ack', block: 0 },
  };
  return { download: going, data: undefined };
}

function block(download: Going, number: number, data: Buffer): Step {
  const ahead = (number - download.got) & 0xffff;
  if (ahead !== 1) return outOfOrder(download, ahead);
  if (data.length > download.blockSize)
    return ended(download, 'nonsense', { kind: 'error', code: 4, message: 'Too long a block' });
  const got = download.got + 1;
  const next = { ...download, got, complained: false };
  const say: Packet = { kind: 'ack', block: got & 0xffff };
  if (data.length < download.blockSize) {
    return { download: { ...next, phase: 'ended', outcome: 'complete', error: undefined, confirmed: got, say }, data };
  }
  const isDue = got - download.confirmed >= download.windowSize;
  return { download: { ...next, phase: 'receiving', ...(isDue ? { confirmed: got, say } : { say: undefined }) }, data };
}

/**
 * A block that came before is one whose ACK was lost; one from beyond a gap tells of a loss, and the last good one is confirmed, so
 * that the server goes back to it (RFC 7440, section 4): once for each gap, not for each block behind it.
 */
function outOfOrder(download: Going, ahead: number): Step {
  const isGap = ahead < 0x8000 && ahead > 1;
  if (download.phase === 'asked' || (isGap && download.complained))
    return { download: { ...download, say: undefined }, data: undefined };
  const say: Packet = { kind: 'ack', block: download.got & 0xffff };
  return { download: { ...download, confirmed: download.got, complained: isGap, say }, data: undefined };
}

function refused(download: Going, { code, message }: Extract<Packet, { kind: 'error' }>): Step {
  return {
    download: { ...download, phase: 'ended', outcome: 'refused', error: { code, message }, say: undefined },
    data: undefined,
  };
}

function ended(download: Going, outcome: 'nonsense', say: Extract<Packet, { kind: 'error' }>): Step {
  return {
    download: { ...download, phase: 'ended', outcome, error: { code: say.code, message: say.message }, say },
    data: undefined,
  };
}
