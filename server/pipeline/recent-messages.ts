import type { Ip } from '../lib/ip.ts';
import type { Mac } from '../lib/mac.ts';

/** A message of DHCP that a client sent, and what became of it. */
export interface RecentMessage {
  /** Counts up from 1. */
  readonly number: number;
  /** In milliseconds since 1970. */
  readonly at: number;
  /** As RFC 2131 calls it, without DHCP before it: `DISCOVER`. Of what a server told us: `commit`, `release`, `expiry`. */
  readonly type: string;
  /** heard: as one who listens; served: as the server; told: by another server. */
  readonly how: 'heard' | 'served' | 'told';
  /** Where it came from: relay and circuit, else the interface. */
  readonly circuit?: string;
  readonly mac?: Mac;
  /** What the client has, wants or got. */
  readonly ip?: Ip;
  readonly vendorClass?: string;
  readonly hostName?: string;
  readonly vendor?: string;
  readonly model?: string;
  /** Id of the device. */
  readonly device?: string;
  /** What the server made of it: `offered`, `acknowledged`, `refused`, `noted`, `ignored`. */
  readonly outcome: string;
  readonly why?: string;
}

/** The last messages of DHCP, in memory, for who watches. */
export class RecentMessages {
  readonly #most: number;
  #messages: RecentMessage[] = [];
  #last = 0;
  readonly #waiting = new Set<() => void>();

  /** @param most how many are kept */
  constructor(most: number) {
    this.#most = most;
  }

  note(message: Omit<RecentMessage, 'number'>): void {
    this.#last += 1;
    this.#messages.push({ number: this.#last, ...message });
    // Not one by one: moving all of them for each would cost more than the message.
    if (this.#messages.length >= 2 * this.#most) this.#messages = this.#messages.slice(-this.#most);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Those behind a number, the oldest first. */
  after(number: number): readonly RecentMessage[] {
    const kept = this.#messages.slice(-this.#most);
    const first = kept[0]?.number ?? 0;
    return kept.slice(Math.max(0, number + 1 - first));
  }

  get last(): number {
    return this.#last;
  }

  /** Resolves when there is one behind that number, or the signal is aborted. */
  async news(number: number, signal: AbortSignal): Promise<void> {
    if (this.#last > number || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
