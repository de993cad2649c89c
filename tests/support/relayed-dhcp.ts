import { createSocket } from 'node:dgram';
import { MessageType, type Options, option } from '../../server/lib/dhcp/options.ts';
import { encodePacket } from '../../server/lib/dhcp/packet.ts';
import type { Mac } from '../../server/lib/mac.ts';
import { ip } from './requests.ts';

/** Settings of a server that gives addresses on loopback, where what a relay passes on is all that comes. */
export const servedOnLoopback = (port: number, subnets: string, mode = 'serve'): string[] => [
  `dhcp.mode=${mode}`,
  'dhcp.interfaces=lo',
  `dhcp.port=${port}`,
  'dhcp.force=true',
  'dhcp.probe_milliseconds=0',
  `dhcp.subnets=${subnets}`,
];

/** Passes on what a client sends, as a relay with that address does. Answers go to the relay, where nobody hears them. */
export async function relayed(
  port: number,
  relay: string,
  mac: Mac,
  type: keyof typeof MessageType,
  options: Options,
): Promise<void> {
  const { bytes } = encodePacket({
    op: 'request',
    htype: 1,
    hops: 1,
    xid: 7,
    secs: 0,
    flags: 0,
    giaddr: ip(relay),
    chaddr: Buffer.from(mac.replaceAll(':', ''), 'hex'),
    sname: '',
    file: '',
    options: new Map([option(53, MessageType[type]), ...options]),
  });
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.send(bytes, port, '127.0.0.1', (problem) => (problem ? reject(problem) : resolve()));
  });
  socket.close();
}
