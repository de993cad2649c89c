import { LRUCache } from 'lru-cache';
import type { Mac } from '../lib/mac.ts';
import type { DeviceInfo } from '../sdk.ts';

/** Some hundred bytes each. */
const mostTold = 10_000;
/** A site switches on a few hundred phones at once; each has fetched a file before the next hundreds come. */
const mostMade = 1_000;
const dayMs = 86_400_000;

/**
 * Phones of which only DHCP or SIP PnP has told. Such packets cost nothing to invent: so they make no more than 1,000 devices a day that never
 * fetch anything. What is told of others is kept until they ask for a file, or tell more.
 */
export class Newcomers {
  readonly #told = new LRUCache<Mac, DeviceInfo>({ max: mostTold });
  /** When each device was made that has not been found to have fetched a file, by its id. */
  readonly #made = new Map<string, number>();
  readonly #hasFetched: (device: string) => Promise<boolean>;
  readonly #now: () => number;

  /** @param hasFetched whether a device has fetched a file, or is no more */
  constructor(hasFetched: (device: string) => Promise<boolean>, now: () => number = Date.now) {
    this.#hasFetched = hasFetched;
    this.#now = now;
  }

  /** What was told of a phone that was no device then. */
  told(mac: Mac): DeviceInfo | undefined {
    return this.#told.get(mac);
  }

  remember(mac: Mac, info: DeviceInfo): void {
    this.#told.set(mac, info);
  }

  /** It is a device. */
  forget(mac: Mac): void {
    this.#told.delete(mac);
  }

  /** Whether there may be one more device. When there is no room, one of those that were made so is looked at, another each time. */
  async hasRoom(): Promise<boolean> {
    if (this.#made.size < mostMade) return true;
    const [first] = this.#made;
    if (!first) return true;
    const [device, since] = first;
    const isOver = this.#now() - since > dayMs || (await this.#hasFetched(device));
    // Meanwhile another message may have looked at it.
    if (!this.#made.delete(device)) return false;
    if (!isOver) this.#made.set(device, since);
    return isOver;
  }

  /** This device was made so. */
  made(device: string): void {
    this.#made.set(device, this.#now());
  }
}
