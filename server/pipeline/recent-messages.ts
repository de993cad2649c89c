import type { NothingOffered, Refusal } from '../leases/model.ts';
import type { Ip } from '../lib/ip.ts';
import type { Mac } from '../lib/mac.ts';

/**
 * Why a client did not get what it asked for. unwanted: it is no phone, and others are not answered; no-subnet: its network is not served;
 * in-use: strangers use what is free; other-server: it took another's offer; unknown: its address may be another server's; proxy: it wants
 * an address; nothing-to-tell: it wants none, and nothing is known that it could be told; meaningless: the message asks for nothing. And as
 * leases have it.
 */
export type NoAnswer =
  | 'unwanted'
  | 'no-subnet'
  | 'in-use'
  | 'other-server'
  | 'unknown'
  | 'proxy'
  | 'nothing-to-tell'
  | 'meaningless'
  | NothingOffered['reason']
  | Refusal;

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
  /** Option 61, as hexadecimal digits. */
  readonly clientId?: string;
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
  readonly reason?: NoAnswer;
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

  /**
   * The latest of a client, or of a device. What that does not say of vendor class and host name is as earlier ones said: who gives an
   * address back says neither, and a server that tells of a lease need not know them.
   */
  lastOf({ mac, device }: { readonly mac?: Mac | undefined; readonly device?: string | undefined }): RecentMessage | undefined {
    const isIts = (each: RecentMessage) =>
      (mac !== undefined && each.mac === mac) || (device !== undefined && each.device === device);
    const its = this.after(0).filter(isIts);
    const last = its.at(-1);
    const vendorClass = its.findLast((each) => each.vendorClass !== undefined)?.vendorClass;
    const hostName = its.findLast((each) => each.hostName !== undefined)?.hostName;
    return last && { ...last, ...(vendorClass !== undefined && { vendorClass }), ...(hostName !== undefined && { hostName }) };
  }

  /** How many there were that are not kept any more. */
  get forgotten(): number {
    return Math.max(0, this.#last - this.#most);
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
