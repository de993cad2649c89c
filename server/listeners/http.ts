import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { type AddressInfo, isIPv4, isIPv6, type Socket } from 'node:net';
import { type Arrivals, createArrivals } from '../lib/arrivals.ts';
import { type Ip, parseIp } from '../lib/ip.ts';
import type { PhoneRequest, Reply } from '../pipeline/request.ts';
import { Connection, type Service } from './http/connection.ts';
import { type Doorkeeper, doorkeeper } from './http/doorkeeper.ts';
import type { HttpEvent } from './http/events.ts';
import { DEFAULT_LIMITS, type HttpLimits } from './http/limits.ts';
import { type Certificate, type CertificateWatch, readCertificate, type TlsSettings, watchCertificate } from './http/tls.ts';

export type { HttpEvent, Refusal } from './http/events.ts';
export type { HttpLimits } from './http/limits.ts';
export { parseTarget } from './http/path.ts';
export { type Certificate, type CertificateWatch, readCertificate, type TlsSettings, watchCertificate } from './http/tls.ts';

export interface HttpOptions {
  /** `::` takes IPv4 too, unless the list names an IPv4 address for the same port. Port 0 is any free one. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** HTTPS when given. The files are read again when they change, and on `reload()`. */
  readonly tls?: TlsSettings;
  /** How many proxies of ours, one behind the other, stand in front; their X-Forwarded-For is believed. */
  readonly trustedProxies: number;
  readonly limits?: Partial<HttpLimits>;
  /** Shared by all listeners of an event loop; one of its own when absent. */
  readonly arrivals?: Arrivals;
  /** A rejection is answered like `failed`. */
  answer(request: PhoneRequest): Promise<Reply>;
  /** Told what happens; must not throw. */
  observe?(event: HttpEvent): void;
}

export interface HttpListener {
  /** Where it listens, with the ports that were chosen for 0. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** Reads certificate and key again; connections stay. An unusable pair is told to `observe`, and the one before stays. */
  reload(): Promise<void>;
  /** Stops listening, lets answers under way finish for `closeMs`, then cuts them. */
  close(): Promise<void>;
}

/**
 * Several hundred phones come at once when power returns; one that finds the queue full repeats its SYN a second later. The system
 * lowers it to net.core.somaxconn.
 */
const BACKLOG = 4_096;

/** Everything that the addresses of a listener share. */
interface Shared {
  readonly service: Service;
  readonly door: Doorkeeper;
  readonly connections: Map<Socket, Connection>;
  /** Sockets whose TLS handshake is not over, by the peer's address and port. */
  readonly handshakes: Map<string, { readonly socket: Socket; code: string }>;
}

/**
 * Serves phones over HTTP/1.0 and 1.1, or HTTPS. Rejects with the system's error when it cannot listen on one of the addresses
 * (`address`, `port` and `code` tell which and why), or as `readCertificate` does.
 */
export async function startHttp(options: HttpOptions): Promise<HttpListener> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const service: Service = {
    transport: options.tls ? 'https' : 'http',
    trustedProxies: options.trustedProxies,
    limits,
    arrivals: options.arrivals ?? createArrivals(),
    answer: (request) => options.answer(request),
    observe: (event) => options.observe?.(event),
    closing: false,
  };
  // Behind proxies all connections come from a few addresses.
  const perAddress = options.trustedProxies > 0 ? limits.connections : limits.connectionsPerAddress;
  const door = doorkeeper(limits.connections, perAddress);
  const shared: Shared = { service, door, connections: new Map(), handshakes: new Map() };
  const certificate = options.tls && (await readCertificate(options.tls));
  const servers = options.addresses.map(() => (certificate ? tlsServer(shared, certificate) : plainServer(shared)));
  const outcomes = await Promise.allSettled(servers.map((server, index) => listen(server, options.addresses, index)));
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  if (refused) {
    await Promise.all(servers.map(closed));
    throw refused.reason;
  }
  for (const server of servers) server.on('error', (cause) => service.observe({ kind: 'accept-failed', cause }));
  const watch = options.tls && certificate && watchTls(options.tls, certificate, servers, service);

  return {
    addresses: servers.map((server) => {
      const { address, port } = server.address() as AddressInfo;
      return { host: address, port };
    }),
    reload: async () => watch?.reload(),
    async close() {
      service.closing = true;
      watch?.stop();
      const ended = Promise.all(servers.map(closed));
      for (const { socket } of shared.handshakes.values()) socket.destroy();
      for (const [socket, connection] of shared.connections) if (!connection.busy) socket.destroy();
      const cut = setTimeout(() => {
        for (const socket of shared.connections.keys()) socket.destroy();
      }, limits.closeMs);
      await ended;
      clearTimeout(cut);
    },
  };
}

function watchTls(settings: TlsSettings, inUse: Certificate, servers: readonly Server[], service: Service): CertificateWatch {
  const use = (certificate: Certificate) => {
    // Connections under way keep what they have agreed on.
    for (const server of servers) if (server instanceof TlsServer) server.setSecureContext({ ...certificate });
    service.observe({ kind: 'certificate-renewed' });
  };
  const reject = (cause: unknown) => service.observe({ kind: 'certificate-rejected', cause });
  return watchCertificate(settings, inUse, service.limits.certificateMs, use, reject);
}

function listen(server: Server, addresses: HttpOptions['addresses'], index: number): Promise<void> {
  const { host, port } = addresses[index] ?? {};
  // Linux lets :: take IPv4 as well, and then 0.0.0.0 on the same port is in use.
  const ipv6Only = isIPv6(host ?? '') && addresses.some((other) => isIPv4(other.host) && other.port === port);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function serverOptions({ headerBytes, headersMs, requestMs, checkMs, idleMs }: HttpLimits): ServerOptions {
  return {
    maxHeaderSize: headerBytes,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkMs,
    keepAliveTimeout: idleMs,
    // We look ourselves, to answer like any refusal.
    requireHostHeader: false,
  };
}

function plainServer(shared: Shared): Server {
  const server = createServer(serverOptions(shared.service.limits));
  server.on('connection', (socket: Socket) => {
    const peer = admit(shared, socket);
    if (peer) open(shared, socket, peer);
  });
  return wire(shared, server);
}

function tlsServer(shared: Shared, certificate: Certificate): Server {
  const { service, handshakes } = shared;
  const { limits, observe } = service;
  const server = createTlsServer({ ...serverOptions(limits), ...certificate, handshakeTimeout: limits.handshakeMs });
  server.on('connection', (socket: Socket) => {
    const peer = admit(shared, socket);
    if (!peer) return;
    const id = peerOf(socket);
    const handshake = { socket, code: 'ECONNRESET' };
    handshakes.set(id, handshake);
    // The TLS socket may have lost its address when it fails; this one remembers.
    socket.once('close', () => {
      if (handshakes.get(id) !== handshake) return;
      handshakes.delete(id);
      if (!service.closing) observe({ kind: 'handshake-failed', ip: peer, code: handshake.code });
    });
  });
  server.on('secureConnection', (socket) => {
    handshakes.delete(peerOf(socket));
    const peer = parseIp(socket.remoteAddress ?? '');
    if (peer) open(shared, socket, peer);
    else socket.destroy();
  });
  return wire(shared, server);
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
}

/** Lets a connection in, or drops it: nothing is answered to those that are too many, which costs least. */
function admit({ service, door }: Shared, socket: Socket): Ip | undefined {
  service.arrivals.note();
  // Without an address it is gone again already.
  const peer = parseIp(socket.remoteAddress ?? '');
  const why = peer && door.enter(peer);
  if (!peer || why) {
    if (peer && why) service.observe({ kind: 'refused', ip: peer, why });
    socket.destroy();
    return undefined;
  }
  socket.once('close', () => door.leave(peer));
  return peer;
}

function open({ service, connections }: Shared, socket: Socket, peer: Ip): void {
  const ip = parseIp(socket.localAddress ?? '');
  if (ip === undefined || socket.localPort === undefined) {
    socket.destroy();
    return;
  }
  connections.set(socket, new Connection(service, socket, peer, { ip, port: socket.localPort }));
  socket.once('close', () => connections.delete(socket));
}

/** Leads what happens on a server to the connection that it happens on. */
function wire({ service, connections, handshakes }: Shared, server: Server): Server {
  // A phone may close its side after the request (shutdown) and wait for the answer. node:http then drops an answer that is not
  // ready at once, unless this property, which it does not document, is set.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.setTimeout(service.limits.stallMs);
  const receive = (request: IncomingMessage, response: ServerResponse, expects?: 'continue' | 'other') =>
    connections.get(request.socket)?.receive({ request, response, expects });
  server.on('request', (request, response) => receive(request, response));
  server.on('checkContinue', (request, response) => receive(request, response, 'continue'));
  server.on('checkExpectation', (request, response) => receive(request, response, 'other'));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    // node:http has let go of the socket.
    socket.on('error', () => socket.destroy());
    connections.get(socket)?.tunnel(request);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const connection = connections.get(socket);
    if (connection) return connection.fail(error);
    const handshake = handshakes.get(peerOf(socket));
    if (handshake) handshake.code = error.code ?? error.message;
    socket.destroy();
  });
  server.on('timeout', (socket: Socket) => {
    const connection = connections.get(socket);
    if (connection?.busy) connection.cut('stalled');
    else socket.destroy();
  });
  return server;
}
