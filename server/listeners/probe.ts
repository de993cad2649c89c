import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';

/** Whether one could listen there: binds and lets go at once. Rejects with the system's error. */
export function bindTcp(host: string, port: number): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: isIPv6(host), exclusive: true }, () => server.close(() => resolve()));
  });
}

export function bindUdp(host: string, port: number): Promise<void> {
  const family = isIPv6(host);
  const socket = createSocket({ type: family ? 'udp6' : 'udp4', ipv6Only: family });
  return new Promise((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close();
      reject(cause);
    });
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve()));
  });
}
