import { formatHostPort, type Ip } from '../lib/ip.ts';
import type { PhoneRequest } from './request.ts';

/** Where phones can fetch files by URL. */
export interface WebPort {
  readonly scheme: 'http' | 'https';
  readonly port: number;
}

/**
 * The base of the URLs that phones are told: what the settings say, else the address on which the phone reached us. What a device
 * was told last is remembered, so that its files are rendered ahead under the URL under which it will ask.
 */
export class BaseUrls {
  readonly #fixed: string | undefined;
  readonly #web: WebPort;
  readonly #usual: string;
  /** By device, where it is not the usual one. */
  readonly #told = new Map<string, string>();

  constructor(fixed: string | undefined, web: WebPort, address: Ip) {
    this.#fixed = fixed;
    this.#web = web;
    this.#usual = fixed ?? `${web.scheme}://${formatHostPort(address, web.port)}`;
  }

  of({ transport, reached }: PhoneRequest, device: string | undefined): string {
    if (this.#fixed !== undefined) return this.#fixed;
    const web = transport === 'http' || transport === 'https' ? { scheme: transport, port: reached.port } : this.#web;
    const url = `${web.scheme}://${formatHostPort(reached.ip, web.port)}`;
    if (device !== undefined) {
      if (url === this.#usual) this.#told.delete(device);
      else this.#told.set(device, url);
    }
    return url;
  }

  expected(device: string): string {
    return this.#told.get(device) ?? this.#usual;
  }

  forget(device: string): void {
    this.#told.delete(device);
  }
}
