import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { SipHeaders } from '../../server/lib/sip/headers.ts';
import { readDatagram, SipFramer, type SipMessage, type SipRequest, writeMessage } from '../../server/lib/sip/message.ts';

/** What a phone answers to a request; undefined: nothing. Several come one after the other. */
export type Answer = (request: SipRequest, turn: number) => readonly Answered[] | Answered | undefined;

export interface Answered {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

export interface PhonePeer {
  readonly port: number;
  readonly seen: SipRequest[];
  close(): Promise<void>;
}

/** As a phone answers: with the headers that belong to the request (RFC 3261, section 8.2.6). */
function respond(request: SipRequest, { status, reason = 'So', headers = [] }: Answered): Buffer {
  const own = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].flatMap((name) =>
    request.headers.all(name).map((value) => [name, name === 'To' ? `${value};tag=phone` : value] as const),
  );
  return writeMessage({ kind: 'response', status, reason, headers: new SipHeaders([...own, ...headers]), body: Buffer.alloc(0) });
}

function answering(answer: Answer, seen: SipRequest[], send: (bytes: Buffer) => void) {
  return (message: SipMessage | undefined) => {
    if (message?.kind !== 'request') return;
    seen.push(message);
    for (const each of [answer(message, seen.length)].flat()) if (each) send(respond(message, each));
  };
}

export async function openUdpPhone(answer: Answer, address = '127.0.0.1'): Promise<PhonePeer> {
  const seen: SipRequest[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (bytes, { address, port }) =>
    answering(answer, seen, (reply) => socket.send(reply, port, address))(readDatagram(bytes)),
  );
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return {
    port: socket.address().port,
    seen,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** Over TCP, or TLS with a certificate. */
export async function openStreamPhone(answer: Answer, tls?: TlsOptions): Promise<PhonePeer> {
  const seen: SipRequest[] = [];
  const sockets = new Set<Socket>();
  const talk = (socket: Socket) => {
    sockets.add(socket);
    const framer = new SipFramer();
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (const message of framer.take(bytes)) answering(answer, seen, (reply) => socket.write(reply))(message);
    });
  };
  const server: Server = tls ? createTlsServer(tls, talk) : createServer(talk);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Answers with a challenge until the login is right. */
export function locked(
  { username, password }: { readonly username: string; readonly password: string },
  {
    status = 401,
    algorithm = 'MD5',
    hash = 'md5',
  }: { readonly status?: 401 | 407; readonly algorithm?: string; readonly hash?: string } = {},
): Answer {
  const [asks, shows] = status === 401 ? ['WWW-Authenticate', 'Authorization'] : ['Proxy-Authenticate', 'Proxy-Authorization'];
  const sum = (...texts: (string | undefined)[]) => createHash(hash).update(texts.join(':')).digest('hex');
  return (request) => {
    const shown = request.headers.get(shows) ?? '';
    const said = (name: string) => new RegExp(`[ ,]${name}="?([^",]*)"?`).exec(shown)?.[1];
    const right = sum(
      sum(username, 'phone', password),
      'abc',
      said('nc'),
      said('cnonce'),
      'auth',
      sum(request.method, request.uri),
    );
    if (said('username') === username && said('nonce') === 'abc' && said('response') === right) return { status: 200 };
    return { status, headers: [[asks, `Digest realm="phone", nonce="abc", algorithm=${algorithm}, qop="auth"`]] };
  };
}
