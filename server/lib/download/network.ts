import { ProvisioningError } from '../errors.ts';
import type { Credentials } from '../login.ts';
import { MASK } from '../mask.ts';
import { Secret } from '../secret.ts';

/** How this server reaches others. */
export interface Network {
  readonly proxies: Proxies;
  /** Authorities that are trusted besides those that Node knows, in PEM. */
  readonly certificates?: string;
  /** Until a connection stands, with the handshake of TLS. Default 30 s. */
  readonly connectMs?: number;
  /** Without a byte. Default 60 s. */
  readonly stallMs?: number;
}

export const CONNECT_MS = 30_000;
export const STALL_MS = 60_000;

/** Each for the URLs of its protocol. */
export interface Proxies {
  readonly http?: ProxyServer | undefined;
  readonly https?: ProxyServer | undefined;
  readonly ftp?: ProxyServer | undefined;
}

/** A proxy that speaks HTTP. */
export interface ProxyServer {
  /** Whether it is spoken to in TLS. */
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly credentials?: Credentials;
}

/**
 * Reads a proxy as provd's parameters have it: `http://[user:password@]host:port`, or only `host:port`.
 *
 * @param name of the setting @throws ProvisioningError proxy-invalid, which does not show the text
 */
export function parseProxy(text: string, name: string): ProxyServer {
  const complete = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(complete) ? new URL(complete) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new ProvisioningError('proxy-invalid', `${name} is no proxy; write http://host:port or http://user:password@host:port`);
  const secure = url.protocol === 'https:';
  const credentials = credentialsIn(url);
  return { secure, host: hostOf(url), port: portOf(url), ...(credentials && { credentials }) };
}

/** Whether it can be read as a proxy. What is wrong with it is told with the name of what has it, and without the text. */
export function isProxy(text: string): boolean {
  try {
    parseProxy(text, '');
    return true;
  } catch {
    return false;
  }
}

/** The text of a proxy, or of a URL, without `user:password@`. */
export function withoutLogin(text: string): string {
  return text.replace(/^([\w+.-]+:\/\/)?[^/]*@/, '$1');
}

/** The proxy for a URL, if there is one. */
export function proxyFor(url: URL, { http, https, ftp }: Proxies): ProxyServer | undefined {
  return { 'http:': http, 'https:': https, 'ftp:': ftp }[url.protocol];
}

/** `user:password@` of a URL. */
export function credentialsIn(url: URL): Credentials | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return { username: decoded(url.username), password: new Secret(decoded(url.password)) };
}

/**
 * Reads where a file is.
 *
 * @throws ProvisioningError download-url-invalid, which shows neither credentials nor a query
 */
export function parseUrl(text: string): URL {
  if (!URL.canParse(text))
    // What is no URL has no parts: everything that could be a login or a token goes.
    throw new ProvisioningError(
      'download-url-invalid',
      `${text.replace(/\/\/.*@/s, '//').replace(/[?#].*/s, '')} is no URL; write http://host/path`,
    );
  const url = new URL(text);
  if (!/^(?:https?|ftp):$/.test(url.protocol))
    throw new ProvisioningError('download-url-invalid', `${shown(url)} is not http, https or ftp`);
  return url;
}

/** A URL for a message: without credentials, and of its query only the names, for the values are tokens and signatures. */
export function shown(url: URL): string {
  const copy = new URL(url);
  const parts = url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '');
  const query = parts.map((part) => (part.includes('=') ? `${part.split('=')[0]}=${MASK}` : MASK)).join('&');
  [copy.username, copy.password, copy.hash, copy.search] = ['', '', '', query];
  return copy.href;
}

/** As sockets want it: an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

export function portOf(url: URL): number {
  return Number(url.port || { 'https:': 443, 'ftp:': 21 }[url.protocol] || 80);
}

/** Percent escapes read; one that is none stands for itself. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
