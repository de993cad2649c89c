import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect as connectTcp, isIP, isIPv6, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { reason } from '../lib/errors.ts';
import { type Credentials, Login } from '../lib/login.ts';
import { readDatagram, SipFramer, type SipMessage, type SipRequest, type SipResponse, writeMessage } from '../lib/sip/message.ts';
import { listIn, readSequence, readVia } from '../lib/sip/values.ts';
import { type Destination, type Notification, newDialogue, notify } from './notify.ts';
import { ClientTransaction, type Ending, SIP_TIMERS, type SipTimers } from './transaction.ts';

/** What became of a notification, in words that an operator reads. */
export type Outcome =
  /** The phone took it: 2xx. */
  | { readonly kind: 'accepted'; readonly status: number }
  /** It does not know the event (489), or not the method (405, 501). */
  | { readonly kind: 'unsupported'; readonly status: number }
  /** It wants a login, and we have none, or a wrong one: 401, 403, 407. */
  | { readonly kind: 'login-refused'; readonly status: number }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  /** Nothing came for 64 times T1. */
  | { readonly kind: 'silent' }
  /** No way leads there, nobody listens there, or his certificate is not believed. */
  | { readonly kind: 'unreachable'; readonly why: string };

export interface Order {
  readonly notification: Notification;
  readonly to: Destination;
  /** As `uriOf` makes it. */
  readonly uri: string;
  readonly credentials?: Credentials | undefined;
}

export interface SenderOptions {
  /** Our address towards another, as the system would take it. */
  localAddress(host: string): Promise<string>;
  /** Whose certificates are believed over TLS. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>;
  readonly timers?: SipTimers;
}

/** A way to one destination, for one notification. */
interface Line {
  readonly isReliable: boolean;
  /** Where what is sent over it comes from. */
  readonly from: { readonly host: string; readonly port: number };
  send(bytes: Buffer, branch: string): void;
  close(): void;
}

/** Tells phones something over SIP, and waits for what they say to it. */
export class SipSender {
  readonly #options: SenderOptions;
  readonly #timers: SipTimers;
  /** By branch. */
  readonly #waiting = new Map<string, ClientTransaction>();
  readonly #sockets = new Map<'udp4' | 'udp6', Promise<UdpSocket>>();
  #isClosed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#timers = options.timers ?? SIP_TIMERS;
  }

  /** Never rejects: whatever goes wrong on the way is an outcome. @param signal gives it up */
  async tell(order: Order, signal?: AbortSignal): Promise<Outcome> {
    let line: Line | undefined;
    try {
      if (this.#isClosed) return { kind: 'unreachable', why: 'The server ends' };
      line = await this.#lineTo(order.to, signal);
      return await this.#over(line, order, signal);
    } catch (cause) {
      return { kind: 'unreachable', why: reason(cause) };
    } finally {
      line?.close();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const transaction of this.#waiting.values()) transaction.fail('The server ends');
    for (const opening of this.#sockets.values()) await opening.then((socket) => socket.close()).catch(() => {});
    this.#sockets.clear();
  }

  async #over(line: Line, { notification, to, uri, credentials }: Order, signal: AbortSignal | undefined): Promise<Outcome> {
    const dialogue = newDialogue(uri);
    const login = credentials && new Login(credentials, { withoutBasic: true });
    let asks: 'Authorization' | 'Proxy-Authorization' = 'Authorization';
    for (let sequence = 1; ; sequence++) {
      const request = notify(notification, dialogue, to, line.from, sequence);
      const shown = login?.authorization(request.method, request.uri);
      const headers = shown === undefined ? request.headers : request.headers.and(asks, shown);
      const ending = await this.#ask(line, { ...request, headers }, request.branch, signal);
      if (ending.kind !== 'answered') return ending;
      const { response } = ending;
      const isAsked = response.status === 401 || response.status === 407;
      const challenges = response.headers.all(response.status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate');
      if (!isAsked || !login?.takes(challenges.join(', '))) return outcomeOf(response);
      asks = response.status === 401 ? 'Authorization' : 'Proxy-Authorization';
    }
  }

  async #ask(line: Line, request: SipRequest, branch: string, signal: AbortSignal | undefined): Promise<Ending> {
    const bytes = writeMessage(request);
    const { isReliable } = line;
    const transaction = new ClientTransaction({ timers: this.#timers, isReliable, send: () => line.send(bytes, branch) });
    this.#waiting.set(branch, transaction);
    const giveUp = () => transaction.fail('It was given up');
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    try {
      return await transaction.ended;
    } finally {
      signal?.removeEventListener('abort', giveUp);
      this.#waiting.delete(branch);
    }
  }

  /** Whose answer it is says the branch of the topmost Via, with the method (section 17.1.3). */
  #receive(message: SipMessage | undefined): void {
    if (message?.kind !== 'response') return;
    const via = readVia(listIn(message.headers.all('Via'))[0] ?? '');
    if (readSequence(message.headers.get('CSeq') ?? '')?.method !== 'NOTIFY') return;
    this.#waiting.get(via?.parameters.get('branch') ?? '')?.receive(message);
  }

  #lineTo(to: Destination, signal: AbortSignal | undefined): Promise<Line> {
    return to.transport === 'udp' ? this.#datagrams(to) : this.#connection(to, signal);
  }

  async #datagrams({ host, port }: Destination): Promise<Line> {
    const family = isIPv6(host) ? 'udp6' : 'udp4';
    const [socket, own] = await Promise.all([this.#socket(family), this.#options.localAddress(host)]);
    return {
      isReliable: false,
      from: { host: own, port: socket.address().port },
      // A datagram that the system does not take has no way to go.
      send: (bytes, branch) =>
        socket.send(bytes, port, host, (error) => {
          if (error) this.#waiting.get(branch)?.fail(reason(error));
        }),
      close() {},
    };
  }

  /** One for all phones of a family: their answers tell themselves apart. */
  #socket(family: 'udp4' | 'udp6'): Promise<UdpSocket> {
    const known = this.#sockets.get(family);
    if (known) return known;
    const opening = new Promise<UdpSocket>((resolve, reject) => {
      const socket = createSocket({ type: family, ipv6Only: family === 'udp6' });
      socket.on('message', (bytes) => this.#receive(readDatagram(bytes)));
      socket.once('error', reject);
      socket.bind(0, () => {
        socket.off('error', reject);
        socket.on('error', (error) => {
          // The next makes another.
          this.#sockets.delete(family);
          socket.close();
          for (const transaction of this.#waiting.values()) transaction.fail(reason(error));
        });
        resolve(socket);
      });
    });
    this.#sockets.set(family, opening);
    // Another try may have what this one lacked.
    opening.catch(() => this.#sockets.delete(family));
    return opening;
  }

  #connection({ transport, host, port, name }: Destination, signal: AbortSignal | undefined): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket: Socket =
        transport === 'tls' ? connectTls({ host, port, ...named(name), ...this.#options.tls }) : connectTcp({ host, port });
      const framer = new SipFramer();
      const branches = new Set<string>();
      const fail = (why: string) => {
        socket.destroy();
        reject(new Error(why));
        for (const branch of branches) this.#waiting.get(branch)?.fail(why);
      };
      socket.setTimeout(64 * this.#timers.t1, () => fail('It takes no connection'));
      const giveUp = () => fail('It was given up');
      signal?.addEventListener('abort', giveUp);
      socket.on('close', () => signal?.removeEventListener('abort', giveUp));
      if (signal?.aborted) giveUp();
      socket.on('error', (error) => fail(reason(error)));
      socket.on('close', () => fail('It closed the connection'));
      socket.on('data', (bytes) => {
        for (const message of framer.take(bytes)) this.#receive(message);
        if (framer.isBroken) fail('It speaks another protocol than SIP');
      });
      socket.once(transport === 'tls' ? 'secureConnect' : 'connect', () => {
        socket.setTimeout(0);
        resolve({
          isReliable: true,
          from: { host: socket.localAddress ?? '', port: socket.localPort ?? 0 },
          send(bytes, branch) {
            branches.add(branch);
            socket.write(bytes);
          },
          close: () => socket.destroy(),
        });
      });
    });
  }
}

/** An address is no name that a server could be asked for (RFC 6066, section 3). */
function named(name: string | undefined): Pick<ConnectionOptions, 'servername'> {
  return name === undefined || isIP(name) !== 0 ? {} : { servername: name };
}

function outcomeOf({ status, reason: said }: SipResponse): Outcome {
  if (status < 300) return { kind: 'accepted', status };
  if (status === 489 || status === 405 || status === 501) return { kind: 'unsupported', status };
  if (status === 401 || status === 403 || status === 407) return { kind: 'login-refused', status };
  return { kind: 'refused', status, reason: said };
}
