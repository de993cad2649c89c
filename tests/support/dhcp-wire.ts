import type { Host } from './netns.ts';

/** A DHCP message as it went over a host's eth0, read by nothing that the server has. */
export interface Seen {
  /** Of the datagram: addresses of IPv4. */
  readonly from: string;
  readonly to: string;
  /** Option 53. */
  readonly type: number;
  readonly mac: string;
  readonly yiaddr: string;
  readonly options: ReadonlyMap<number, Buffer>;
}

/** Listens until the host is removed. @returns what was seen so far, in order */
export async function watchWire(host: Host): Promise<() => readonly Seen[]> {
  const running = host.spawn('tcpdump', ['-i', 'eth0', '-l', '-n', '-x', 'udp and (port 67 or port 68)']);
  await running.until(/listening on eth0/);
  const seen: Seen[] = [];
  let at = 0;
  return () => {
    const text = running.said();
    // One begins with a line that is not indented, and has then its bytes.
    for (const [all, dump = ''] of text.slice(at).matchAll(/^\S.*\n((?:\t0x.*\n)+)/gm)) {
      const datagram = Buffer.from(dump.replaceAll(/^\t0x[\da-f]+:|\s/gm, ''), 'hex');
      // The rest of it is still to come.
      if (datagram.length < 28 || datagram.length < datagram.readUInt16BE(2)) break;
      at = text.indexOf(all, at) + all.length;
      seen.push(readDatagram(datagram));
    }
    return seen;
  };
}

function readDatagram(datagram: Buffer): Seen {
  const message = datagram.subarray(((datagram[0] ?? 0) & 15) * 4 + 8, datagram.readUInt16BE(2));
  const options = readOptions(message.subarray(240));
  return {
    from: datagram.subarray(12, 16).join('.'),
    to: datagram.subarray(16, 20).join('.'),
    type: options.get(53)?.[0] ?? 0,
    mac: message.toString('hex', 28, 34).replaceAll(/..(?=.)/g, '$&:'),
    yiaddr: message.subarray(16, 20).join('.'),
    options,
  };
}

function readOptions(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length && bytes[at] !== 255; ) {
    const [code = 0, length = 0] = bytes.subarray(at, at + 2);
    if (code !== 0)
      options.set(code, Buffer.concat([options.get(code) ?? Buffer.alloc(0), bytes.subarray(at + 2, at + 2 + length)]));
    at += code === 0 ? 1 : 2 + length;
  }
  return options;
}
