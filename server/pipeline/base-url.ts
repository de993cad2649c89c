import { formatHostPort, type Ip } from '../lib/ip.ts';
import type { PhoneRequest } from './request.ts';

/**
 * The base of the URLs that phones are told: what the settings say, else the address on which the phone reached us. What a device
 * was told last is remembered, so that its files are rendered ahead under the URL under which it will ask.
 */
export class BaseUrls {
  readonly #fixed: string | undefined;
  readonly #address: Ip;
  /** Where files can be fetched by URL; HTTP before HTTPS, for phones that came by another way. */
  readonly #ports = new Map<'http' | 'https', number>();
  /** Under which most phones reach us; made when it is asked for. */
  #usualUrl: string | undefined;
  /** By device, where it is not the usual one. */
  readonly #told = new Map<string, string>();
  readonly #observe: (device: string, url: string | undefined) => void;

  /**
   * @param address of this host, for devices that have not come yet
   * @param observe hears when a device is told another one than before; undefined is the usual one
   */
  constructor(fixed: string | undefined, address: Ip, observe: (device: string, url: string | undefined) => void = () => {}) {
    this.#fixed = fixed;
    this.#address = address;
    this.#observe = observe;
  }

  listensAt(scheme: 'http' | 'https', port: number): void {
    this.#ports.set(scheme, port);
    this.#usualUrl = undefined;
  }

  of({ transport, reached }: Pick<PhoneRequest, 'transport' | 'reached'>, device: string | undefined): string {
    if (this.#fixed !== undefined) return this.#fixed;
    const isWeb = transport === 'http' || transport === 'https';
    const url = isWeb ? `${transport}://${formatHostPort(reached.ip, reached.port)}` : this.#at(reached.ip);
    if (device !== undefined && url !== this.expected(device)) {
      const told = url === this.#usual() ? undefined : url;
      this.learn([[device, told]]);
      this.#observe(device, told);
    }
    return url;
  }

  /** What another process told devices. */
  learn(told: Iterable<readonly [device: string, url: string | undefined]>): void {
    for (const [device, url] of told) {
      if (url === undefined) this.#told.delete(device);
      else this.#told.set(device, url);
    }
  }

  /** What devices were told, where it is not the usual one. */
  get told(): ReadonlyMap<string, string> {
    return this.#told;
  }

  /** @param device undefined for phones that have not come yet */
  expected(device: string | undefined): string {
    const told = device === undefined ? undefined : this.#told.get(device);
    return this.#fixed ?? told ?? this.#usual();
  }

  #usual(): string {
    this.#usualUrl ??= this.#at(this.#address);
    return this.#usualUrl;
  }

  #at(ip: Ip): string {
    const scheme = this.#ports.has('http') || !this.#ports.has('https') ? 'http' : 'https';
    return `${scheme}://${formatHostPort(ip, this.#ports.get(scheme) ?? 80)}`;
  }
}
