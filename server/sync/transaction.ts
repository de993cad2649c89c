import type { SipResponse } from '../lib/sip/message.ts';

/** RFC 3261, section 17.1.1.1 and table 4. Milliseconds. */
export interface SipTimers {
  /** An estimate of the way there and back. */
  readonly t1: number;
  /** The longest pause between two retransmissions. */
  readonly t2: number;
}

export const SIP_TIMERS: SipTimers = { t1: 500, t2: 4_000 };

/** How a request ended that is not an INVITE. */
export type Ending =
  | { readonly kind: 'answered'; readonly response: SipResponse }
  | { readonly kind: 'silent' }
  | { readonly kind: 'unreachable'; readonly why: string };

export interface TransactionOptions {
  readonly timers: SipTimers;
  /** A reliable transport repeats nothing itself (timer E is not set). */
  readonly isReliable: boolean;
  /** Sends the request, each time the same bytes. */
  send(): void;
}

/**
 * The client's side of a request other than INVITE (section 17.1.2): over UDP it is sent again, at growing intervals, until somebody
 * answers, and given up after 64 times T1. Answers that come again after the last are for nobody (timer K): who keeps the transaction
 * forgets it when it has ended.
 */
export class ClientTransaction {
  readonly ended: Promise<Ending>;
  readonly #options: TransactionOptions;
  #end: (ending: Ending) => void = () => {};
  #pause: number;
  #isOver = false;
  #retransmit: NodeJS.Timeout | undefined;
  readonly #giveUp: NodeJS.Timeout;

  constructor(options: TransactionOptions) {
    this.#options = options;
    this.#pause = options.timers.t1;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#giveUp = setTimeout(() => this.#finish({ kind: 'silent' }), 64 * options.timers.t1);
    options.send();
    if (!options.isReliable) this.#wait();
  }

  receive(response: SipResponse): void {
    if (this.#isOver) return;
    if (response.status >= 200) this.#finish({ kind: 'answered', response });
    // Somebody is at work: what is sent again only keeps it from being forgotten.
    else this.#pause = this.#options.timers.t2;
  }

  fail(why: string): void {
    this.#finish({ kind: 'unreachable', why });
  }

  #wait(): void {
    this.#retransmit = setTimeout(() => {
      this.#pause = Math.min(2 * this.#pause, this.#options.timers.t2);
      this.#options.send();
      if (!this.#isOver) this.#wait();
    }, this.#pause);
  }

  #finish(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#retransmit);
    clearTimeout(this.#giveUp);
    this.#end(ending);
  }
}
