import { type ClientRequest, type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { rootCertificates, connect as tlsConnect } from 'node:tls';
import { type Credentials, Login } from '../login.ts';
import { connectionFailure, Failure, statusFailure } from './failure.ts';
import { CONNECT_MS, hostOf, type Network, type ProxyServer, portOf, proxyFor, STALL_MS } from './network.ts';

export interface Ask {
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  /** For the origin of the URL, and for no other that it leads to; shown when it asks for them. */
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
  const login = ask.credentials && new Login(ask.credentials);
  let place = url;
  for (;;) {
    seen.add(place.href);
    const answer = await exchange(place, ask, place.origin === url.origin ? login : undefined);
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

/** Asks, and asks again with a login when the server or the proxy wants one. */
async function exchange(url: URL, ask: Ask, login: Login | undefined): Promise<IncomingMessage> {
  const proxy = proxyFor(url, ask.network.proxies);
  const pass = proxy?.credentials && new Login(proxy.credentials);
  for (;;) {
    const answer = await request(url, ask, login, proxy && { ...proxy, pass });
    const { statusCode, headers } = answer;
    const isAsked = statusCode === 401 && login?.takes(headers['www-authenticate']);
    const isStopped = statusCode === 407 && pass?.takes(headers['proxy-authenticate']);
    if (!isAsked && !isStopped) return proxy && url.protocol !== 'https:' ? checked(answer, tell(proxy)) : answer;
    answer.destroy();
  }
}

/** A proxy, and what it is shown. */
type Way = ProxyServer & { readonly pass: Login | undefined };

async function request(url: URL, ask: Ask, login: Login | undefined, proxy: Way | undefined): Promise<IncomingMessage> {
  const { method, headers, credentials, network, signal } = ask;
  const secure = url.protocol === 'https:';
  const path = `${url.pathname}${url.search}`;
  const all = {
    host: url.host,
    'user-agent': 'offhook',
    accept: '*/*',
    'accept-encoding': 'identity',
    connection: 'close',
    ...headers,
    ...shownAs('authorization', login?.authorization(method, path)),
  };
  if (proxy && !secure) {
    const target = `${url.protocol}//${ftpLogin(url, credentials)}${url.host}${path}`;
    const pass = shownAs('proxy-authorization', proxy.pass?.authorization(method, target));
    const sent = requestTo(proxy, network, { method, path: target, headers: { ...all, ...pass } });
    return answered(sent, 'response', tell(proxy), network, signal);
  }
  const tls = { ...tlsOptions(hostOf(url), network) };
  const socket = proxy && (await tunnel(proxy, url, network, signal));
  const options: RequestOptions = {
    host: hostOf(url),
    port: portOf(url),
    method,
    path,
    headers: all,
    agent: false,
    ...(socket && { createConnection: () => tlsConnect({ ...tls, socket }) }),
  };
  const sent = secure ? tlsRequest({ ...options, ...tls }) : plainRequest(options);
  return answered(sent, 'response', url.host, network, signal);
}

const shownAs = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });

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

async function tunnel(proxy: Way, url: URL, network: Network, signal: AbortSignal | undefined): Promise<Socket> {
  const path = `${url.hostname}:${portOf(url)}`;
  for (;;) {
    const pass = shownAs('proxy-authorization', proxy.pass?.authorization('CONNECT', path));
    const sent = requestTo(proxy, network, { method: 'CONNECT', path, headers: { host: path, ...pass } });
    const { statusCode = 0, headers, socket } = await answered(sent, 'connect', tell(proxy), network, signal);
    if (statusCode === 200) return socket;
    socket.destroy();
    if (statusCode !== 407 || !proxy.pass?.takes(headers['proxy-authenticate'])) throw statusFailure(statusCode, tell(proxy));
  }
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
    const refuse = (cause: unknown) => {
      settle();
      reject(cause);
      request.destroy();
    };
    const giveUp = (problem: string) => () => refuse(new Failure('download-failed', `${where}: ${problem}`, { passing: true }));
    let timer = setTimeout(giveUp(`no connection within ${connectMs / 1_000} s`), connectMs);
    const cancel = () => refuse(signal?.reason);
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
    // 101 Switching Protocols: nobody asked for that.
    request.once('upgrade', ({ statusCode = 0 }: IncomingMessage, socket: Socket) => {
      socket.destroy();
      refuse(statusFailure(statusCode, where));
    });
    request.on('error', (cause) => refuse(connectionFailure(cause, where)));
    if (signal?.aborted) cancel();
    request.end();
  });
}
