/**
 * What node:dgram can do at all: answers each ACK with the blocks after it, out of memory. It sends the datagrams that a TFTP server sends
 * when nothing is lost, from sockets that are shared as the listener's are, and knows no timer, no limit and no error:
 * `node tftp-bare.js PORT FOLDER`.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Fetch {
  readonly bytes: Buffer;
  readonly blockSize: number;
  readonly windowSize: number;
  acked: number;
}

const [port, folder = ''] = process.argv.slice(2);
const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
const fetches = new Map<number, Fetch>();
const options = { type: 'udp4', lookup: (address, _, found) => found(null, address, 4) } as const satisfies Parameters<
  typeof createSocket
>[0];

const carriers = Array.from({ length: 256 }, () => {
  const carrier = createSocket(options);
  carrier.on('message', (ack, peer) => {
    const fetch = fetches.get(peer.port);
    if (!fetch) return;
    fetch.acked += (ack.readUInt16BE(2) - fetch.acked) & 0xffff;
    send(carrier, peer, fetch);
  });
  carrier.bind(0, '127.0.0.1');
  return carrier;
});

function send(carrier: (typeof carriers)[number], peer: RemoteInfo, { bytes, blockSize, windowSize, acked }: Fetch): void {
  const last = Math.min(acked + windowSize, Math.floor(bytes.length / blockSize) + 1);
  if (last === acked) fetches.delete(peer.port);
  for (let block = acked + 1; block <= last; block++) {
    const data = bytes.subarray((block - 1) * blockSize, block * blockSize);
    const datagram = Buffer.allocUnsafe(4 + data.length);
    datagram.writeUInt16BE(3, 0);
    datagram.writeUInt16BE(block & 0xffff, 2);
    datagram.set(data, 4);
    carrier.send(datagram, peer.port, peer.address);
  }
}

let next = 0;
const requests = createSocket({ ...options, recvBufferSize: 1_048_576 });
requests.on('message', (request, peer) => {
  const [name = '', , ...words] = request.toString('latin1', 2, request.length - 1).split('\0');
  const bytes = files.get(name);
  const carrier = carriers[next++ % carriers.length];
  if (!bytes || !carrier || fetches.has(peer.port)) return;
  const asked = (option: string, otherwise: number) => Number(words[words.indexOf(option) + 1] ?? otherwise) || otherwise;
  const fetch = { bytes, blockSize: asked('blksize', 512), windowSize: asked('windowsize', 1), acked: 0 };
  fetches.set(peer.port, fetch);
  if (words.length === 0) send(carrier, peer, fetch);
  else carrier.send(Buffer.from(`\0\x06${words.join('\0')}\0`, 'latin1'), peer.port, peer.address);
});
requests.bind(Number(port), '127.0.0.1');
