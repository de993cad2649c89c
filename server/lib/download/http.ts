import { type ClientRequest, type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { rootCertificates, connect as tlsConnect } from 'node:tls';
import { connectionFailure, Failure, statusFailure } from './failure.ts';
import {
  basic,
  CONNECT_MS,
  type Credentials,
  hostOf,
  type Network,
  type ProxyServer,
  portOf,
  proxyFor,
  STALL_MS,
} from './network.ts';

export interface Ask {
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** For the origin of the URL, and for no other that it leads to. */
  readonly credentials?: Credentials | undefined;
  readonly network: Network;
  readonly signal?: AbortSignal | undefined;
}

const MOST_REDIRECTS = 10;

/**
 * Asks an http, https or, through its proxy, ftp URL, and goes where it is led. Whoever is handed the answer reads or destroys it. Its
 * bytes are those that were sent: no encoding is undone.
 *
 * @throws Failure when there is no answer, or it leads nowhere; the signal's reason
 */
export async function askHttp(url: URL, ask: Ask): Promise<IncomingMessage> {
  const seen = new Set<string>();
  let place = url;
  for (;;) {
    seen.add(place.href);
    const credentials = place.origin === url.origin ? ask.credentials : undefined;
    const answer = await exchange(place, { ...ask, credentials });
    if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)) return answer;
    answer.destroy();
    const next = redirect(place, answer.headers.location);
    if (seen.has(next.href)) throw new Failure('download-redirect', `it is led in a circle, back to ${placeOf(next)}`);
    if (seen.size > MOST_REDIRECTS) throw new Failure('download-redirect', `it is led on more than ${MOST_REDIRECTS} times`);
    place = next;
  }
}

function redirect(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href))
    throw new Failure('download-redirect', `${placeOf(from)} leads to no URL`);
  const to = new URL(location, from);
  // What a server makes up is no login of ours.
  [to.username, to.password, to.hash] = ['', '', ''];
  const allowed = from.protocol === 'https:' ? ['https:'] : ['http:', 'https:'];
  if (!allowed.includes(to.protocol))
    throw new Failure('download-redirect', `${placeOf(from)} leads from ${from.protocol}// to ${placeOf(to)}, which is not safe`);
  return to;
}

/** Where a redirect leads, for a message. Its query often is a ticket that opens the file. */
const placeOf = (url: URL): string => `${url.protocol}//${url.host}${url.pathname}`;

async function exchange(url: URL, { method, headers, credentials, network, signal }: Ask): Promise<IncomingMessage> {
  const proxy = proxyFor(url, network.proxies);
  const secure = url.protocol === 'https:';
  const all = {
    host: url.host,
    'user-agent': 'offhook',
    accept: '*/*',
    'accept-encoding': 'identity',
    connection: 'close',
    ...headers,
  };
  const login = credentials && url.protocol !== 'ftp:' ? { authorization: basic(credentials) } : {};
  const path = `${url.pathname}${url.search}`;
  const where = proxy ? tell(proxy) : url.host;
  if (proxy && !secure) {
    const pass = proxy.credentials ? { 'proxy-authorization': basic(proxy.credentials) } : {};
    const target = `${url.protocol}//${ftpLogin(url, credentials)}${url.host}${path}`;
    const request = requestTo(proxy, network, { method, path: target, headers: { ...all, ...login, ...pass } });
    return checked(await answered(request, 'response', where, network, signal), where);
  }
  const tls = { ...tlsOptions(hostOf(url), network) };
  const socket = proxy && (await tunnel(proxy, url, network, signal));
  const options: RequestOptions = {
    host: hostOf(url),
    port: portOf(url),
    method,
    path,
    headers: { ...all, ...login },
    agent: false,
    ...(socket && { createConnection: () => tlsConnect({ ...tls, socket }) }),
  };
  const request = secure ? tlsRequest({ ...options, ...tls }) : plainRequest(options);
  return answered(request, 'response', url.host, network, signal);
}

/** A proxy that is asked for a file of an FTP server takes the login from the URL, as curl writes it. */
function ftpLogin(url: URL, credentials: Credentials | undefined): string {
  if (url.protocol !== 'ftp:' || !credentials) return '';
  return `${encodeURIComponent(credentials.username)}:${encodeURIComponent(credentials.password.reveal())}@`;
}

function tlsOptions(host: string, { certificates }: Network) {
  return {
    // Empty for an address: else node takes the name from the Host header, and a proxy has another.
    servername: isIP(host) === 0 ? host : '',
    host,
    ...(certificates !== undefined && { ca: [...rootCertificates, certificates] }),
  };
}

function requestTo(proxy: ProxyServer, network: Network, options: RequestOptions): ClientRequest {
  const all = { ...options, host: proxy.host, port: proxy.port, agent: false };
  return proxy.secure ? tlsRequest({ ...all, ...tlsOptions(proxy.host, network) }) : plainRequest(all);
}

async function tunnel(proxy: ProxyServer, url: URL, network: Network, signal: AbortSignal | undefined): Promise<Socket> {
  const path = `${url.hostname}:${portOf(url)}`;
  const pass = proxy.credentials ? { 'proxy-authorization': basic(proxy.credentials) } : {};
  const request = requestTo(proxy, network, { method: 'CONNECT', path, headers: { host: path, ...pass } });
  const answer = await answered(request, 'connect', tell(proxy), network, signal);
  if (answer.statusCode === 200) return answer.socket;
  answer.socket.destroy();
  throw statusFailure(answer.statusCode ?? 0, tell(proxy));
}

function checked(answer: IncomingMessage, where: string): IncomingMessage {
  if (answer.statusCode !== 407) return answer;
  answer.destroy();
  throw statusFailure(407, where);
}

const tell = ({ host, port }: ProxyServer): string => `the proxy ${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Sends the request and waits for the head of the answer. */
function answered(
  request: ClientRequest,
  event: 'response' | 'connect',
  where: string,
  { connectMs = CONNECT_MS, stallMs = STALL_MS }: Network,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const giveUp = (problem: string) => () =>
      request.destroy(new Failure('download-failed', `${where}: ${problem}`, { passing: true }));
    let timer = setTimeout(giveUp(`no connection within ${connectMs / 1_000} s`), connectMs);
    const cancel = () => request.destroy();
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    };
    signal?.addEventListener('abort', cancel);
    // Its bytes have left, so the connection stands.
    request.once('finish', () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp(`no answer within ${stallMs / 1_000} s`), stallMs);
    });
    request.once(event, (answer: IncomingMessage) => {
      settle();
      resolve(answer);
    });
    request.on('error', (cause) => {
      settle();
      reject(signal?.aborted ? signal.reason : connectionFailure(cause, where));
    });
    if (signal?.aborted) cancel();
    request.end();
  });
}
