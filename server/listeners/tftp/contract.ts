/** What the TFTP listener is asked for, and what it tells. */

import type { Content } from '../../lib/content.ts';
import type { Ip } from '../../lib/ip.ts';
import type { Mode } from './delivery.ts';
import type { PortRange } from './sockets.ts';
import type { Outcome } from './transfer.ts';

export interface TftpRequest {
  readonly ip: Ip;
  readonly port: number;
  /** The address on which the phone reached us. */
  readonly localAddress: Ip;
  /** As sent, one character a byte (Latin-1): may hold `..`, backslashes and control characters. */
  readonly filename: string;
  readonly mode: Mode;
}

export type TftpReply =
  /** The listener closes the content, sent or not, and calls `delivered` once the peer has confirmed all of it. */
  | { readonly kind: 'file'; readonly content: Content; readonly delivered?: () => void }
  /** Both are answered alike, so that a stranger cannot tell a file that is not his from one that is not there. */
  | { readonly kind: 'not-found' | 'refused' }
  | { readonly kind: 'failed' };

export interface TftpAddress {
  readonly host: string;
  readonly port: number;
}

export interface TftpOptions {
  /** IPv4 and IPv6; `::` takes IPv4 as well, unless `0.0.0.0` is listed with the same port. */
  readonly addresses: readonly TftpAddress[];
  /** Transfers and unanswered requests at once; beyond, a request is dropped, and the phone repeats it. 1,000 hold 200 MB at worst. */
  readonly maxTransfers: number;
  /**
   * Sockets that share the transfers of an address; 256. Binding one for each transfer costs more than sending a small file. But a port
   * of ours is all that a stranger has to guess who asks in another's name to have a file sent there, so there are not just a few.
   */
  readonly transferSockets?: number;
  /** Ports for them, of which those that are free are taken; any. Rejected with EADDRINUSE when none is. */
  readonly transferPorts?: PortRange | undefined;
  /** How long a peer's port and ours are not paired again, so that a late datagram of a transfer cannot touch the next; 5,000 ms. */
  readonly quietMs?: number;
  /** Largest block; 65,464 (RFC 2348). Blocks beyond the MTU travel in fragments, as the client asked for. */
  readonly maxBlockSize?: number;
  /** Largest window; 64 blocks of 1,428 bytes fit the receive buffer that systems give a socket (some 200 KB with overhead). */
  readonly maxWindowSize?: number;
  /** May take its time; a rejection is answered with an ERROR without details. */
  answer(request: TftpRequest): Promise<TftpReply>;
  /** Never called for a single datagram: nobody fills a log with garbage. It must not throw. */
  observe?(event: TftpEvent): void;
}

/**
 * failed: the content could not be read; restarted: the peer went on with another transfer of the same file; guessed: it did not
 * know the port.
 */
export type TftpOutcome = Outcome | 'failed' | 'stopped' | 'restarted' | 'guessed';

export type TftpEvent =
  | {
      readonly kind: 'finished';
      readonly ip: Ip;
      readonly port: number;
      readonly filename: string;
      readonly outcome: TftpOutcome;
      /** Confirmed by the peer, as they travelled. */
      readonly bytes: number;
      readonly ms: number;
      readonly retransmitted: number;
    }
  | {
      readonly kind: 'refused';
      readonly ip: Ip;
      readonly port: number;
      readonly filename: string;
      readonly why: 'write' | 'mode';
    }
  /** An answer, a content or a socket failed; the phone, if there is one, got an ERROR without details. */
  | { readonly kind: 'failed'; readonly ip?: Ip; readonly filename?: string; readonly cause: unknown };

export interface TftpStats {
  /** Transfers and unanswered requests, now; all else is counted since the start. */
  readonly transfers: number;
  /** Datagrams. Of them: neither requests nor answers, from strangers to the transfer, for a transfer that has ended, */
  readonly received: number;
  readonly garbage: number;
  readonly foreign: number;
  readonly late: number;
  /** requests that are being answered already, and requests for which there was no room. */
  readonly repeated: number;
  readonly busy: number;
  /** Datagrams sent; blocks sent again in transfers that ended; datagrams that the system did not take. */
  readonly sent: number;
  readonly retransmitted: number;
  readonly unsent: number;
}

export interface TftpListener {
  /** With the ports that the system chose. */
  readonly addresses: readonly TftpAddress[];
  stats(): TftpStats;
  /** Tells the peers of all transfers, closes contents and sockets. */
  close(): Promise<void>;
}
