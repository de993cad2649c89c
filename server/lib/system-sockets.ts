import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { once } from 'node:events';
import { getSystemErrorName } from 'node:util';

/**
 * Sockets that node:dgram does not open: bound to an interface, or of ICMP. The system's calls are made here, and node:dgram takes over
 * the descriptor: what is received and sent goes its usual way. Linux only.
 */

/** Linux's numbers, which are the same on the architectures that Node runs on. */
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BINDTODEVICE = 25;
const IPPROTO_ICMP = 1;

interface System {
  socket(family: number, type: number, protocol: number): number;
  setsockopt(descriptor: number, level: number, name: number, value: Buffer, length: number): number;
  bind(descriptor: number, address: Buffer, length: number): number;
  close(descriptor: number): number;
  if_nametoindex(name: string): number;
  /** Of the call before. */
  errno(): number;
}

let loaded: Promise<System> | undefined;

/** Who needs none of this does not load what makes the calls. */
function system(): Promise<System> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<System> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  return {
    socket: library.func('int socket(int, int, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, const void *, unsigned int)'),
    bind: library.func('int bind(int, const void *, unsigned int)'),
    close: library.func('int close(int)'),
    if_nametoindex: library.func('unsigned int if_nametoindex(const char *)'),
    errno: koffi.errno,
  };
}

/** The number of an interface, which is another when it has gone and one of its name has come; undefined where there is none. */
export async function indexOf(device: string): Promise<number | undefined> {
  const { if_nametoindex } = await system();
  return if_nametoindex(device) || undefined;
}

export interface UdpWish {
  readonly address: string;
  readonly port: number;
  /** Takes only what comes over this interface, and sends over no other. It can share the port with others that share it. */
  readonly device?: string;
  /** Lets others that do the same bind what it binds. */
  readonly shared?: boolean;
  readonly receiveBufferBytes?: number;
}

/**
 * Opens a socket of UDP over IPv4 that may broadcast. It must be given an `error` handler at once. Rejects with the system's error, which
 * has `code` and `syscall` (EADDRINUSE, EACCES, ENODEV …).
 */
export async function openUdp({ device, ...wish }: UdpWish): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', lookup: directly, reuseAddr: wish.shared ?? false });
  const options =
    device === undefined
      ? { address: wish.address, port: wish.port, exclusive: true }
      : { fd: await boundTo(device, wish.address, wish.port), exclusive: true };
  await bound(socket, options);
  socket.setBroadcast(true);
  if (wish.receiveBufferBytes !== undefined) socket.setRecvBufferSize(wish.receiveBufferBytes);
  return socket;
}

/**
 * Opens a socket that sends ICMP echo requests and takes the answers to its own, as a program without privileges may where
 * `net.ipv4.ping_group_range` has one of its groups. Rejects with EACCES where not.
 */
export async function openPing(): Promise<Socket> {
  const calls = await system();
  const fd = calls.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
  if (fd < 0) throw systemError(calls, 'socket');
  const socket = createSocket({ type: 'udp4', lookup: directly });
  await bound(socket, { fd, exclusive: true });
  return socket;
}

/** Peers are addresses already, and node:dgram would ask the resolver for each datagram. */
export const directly: NonNullable<SocketOptions['lookup']> = (address, _, found) => found(null, address, 4);

async function bound(socket: Socket, options: Parameters<Socket['bind']>[0] & object): Promise<void> {
  const listening = once(socket, 'listening');
  socket.bind(options);
  try {
    await listening;
  } catch (cause) {
    socket.close();
    throw cause;
  }
}

async function boundTo(device: string, address: string, port: number): Promise<number> {
  const calls = await system();
  const descriptor = calls.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw systemError(calls, 'socket');
  try {
    const set = (name: number, value: Buffer) => {
      if (calls.setsockopt(descriptor, SOL_SOCKET, name, value, value.length) < 0) throw systemError(calls, 'setsockopt');
    };
    const yes = Buffer.alloc(4);
    yes.writeInt32LE(1);
    set(SO_REUSEADDR, yes);
    set(SO_BINDTODEVICE, Buffer.from(`${device}\0`));
    const name = socketAddress(address, port);
    if (calls.bind(descriptor, name, name.length) < 0) throw systemError(calls, 'bind');
    return descriptor;
  } catch (cause) {
    calls.close(descriptor);
    throw cause;
  }
}

/** A struct sockaddr_in: the family as the processor has numbers, the rest in the order of the network. */
function socketAddress(address: string, port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(address.split('.').map(Number), 4);
  return bytes;
}

function systemError(calls: System, syscall: string): NodeJS.ErrnoException {
  const errno = -calls.errno();
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`${syscall} ${code}`), { errno, code, syscall });
}
