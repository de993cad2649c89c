import { createSocket } from 'node:dgram';
import { type IncomingHttpHeaders, request } from 'node:http';

export interface Answer {
  /** HTTP status; of TFTP 200 for a file, else the ERROR code. */
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** Asks over HTTP as a phone at this loopback address would; the path goes out as it is. */
export function httpGet(port: number, path: string, from = '127.0.0.2', headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, localAddress: from, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8'), headers: response.headers });
      });
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Fetches over TFTP as a phone at this loopback address would, in lock-step without options, repeating itself (RFC 1350). */
export function tftpGet(port: number, name: string, from = '127.0.0.2'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const blocks: Buffer[] = [];
    let say = () => {};
    let repeats = 0;
    const end = (outcome: () => void) => {
      clearInterval(repeating);
      socket.close();
      outcome();
    };
    const repeating = setInterval(() => {
      if (repeats++ < 20) say();
      else end(() => reject(new Error(`No answer for ${name}`)));
    }, 500);
    socket.on('message', (packet, peer) => {
      const code = packet.readUInt16BE(2);
      if (packet.readUInt16BE(0) === 5) {
        end(() => resolve({ status: code, body: packet.subarray(4, -1).toString(), headers: {} }));
        return;
      }
      if (code === ((blocks.length + 1) & 0xffff)) blocks.push(Buffer.from(packet.subarray(4)));
      say = () => socket.send(Buffer.from([0, 4, code >> 8, code & 255]), peer.port, peer.address);
      repeats = 0;
      if (packet.length === 516) say();
      else {
        socket.send(Buffer.from([0, 4, code >> 8, code & 255]), peer.port, peer.address, () =>
          end(() => resolve({ status: 200, body: Buffer.concat(blocks).toString('utf8'), headers: {} })),
        );
      }
    });
    socket.bind(0, from, () => {
      const wish = Buffer.concat([Buffer.from([0, 1]), Buffer.from(name, 'latin1'), Buffer.from('\0octet\0')]);
      say = () => socket.send(wish, port, '127.0.0.1');
      say();
    });
  });
}
