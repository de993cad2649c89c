import { decodePacket, encodePacket, type Packet } from '../../server/lib/dhcp/packet.ts';
import { ip } from './requests.ts';

/** A program for node that sends from the port of relays, as servers ask, until an answer comes, and prints that. */
const program = `
const [server, relay, hex, kind, every] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
const bytes = Buffer.from(hex, 'hex');
const send = () => socket.send(bytes, 67, server, () => {});
socket.on('error', () => {});
socket.on('message', (message) => { process.stdout.write(message.toString('hex')); process.exit(); });
socket.bind(67, relay, () => { send(); if (kind === 'ask') setInterval(send, Number(every)); });
if (kind === 'tell') setTimeout(() => process.exit(), 100);
setTimeout(() => process.exit(1), 10_000);
`;

/**
 * What to run with node where the relay is.
 * @param kind a request that is answered, or what is only told
 * @param every milliseconds after which a request is repeated: soon for a server that has just been started
 */
export function relaying(server: string, relay: string, packet: Packet, kind: 'ask' | 'tell' = 'ask', every = 250): string[] {
  return ['-e', program, server, relay, encodePacket(packet, 1_400).bytes.toString('hex'), kind, String(every)];
}

/** What a client sends through a relay. @param from its own address, if it has one */
export function relayed(relay: string, mac: string, options: Packet['options'], from?: string): Packet {
  const chaddr = Buffer.from(mac.replaceAll(':', ''), 'hex');
  const fields = { op: 'request', htype: 1, hops: 1, xid: 0x12345678, secs: 0, flags: 0, sname: '', file: '' } as const;
  return { ...fields, giaddr: ip(relay), ...(from !== undefined && { ciaddr: ip(from) }), chaddr, options };
}

/** What it printed. @throws when that is no answer */
export function answerOf(printed: string): Packet {
  const decoded = decodePacket(Buffer.from(printed, 'hex'));
  if ('packet' in decoded) return decoded.packet;
  throw new Error(`No answer: ${decoded.problem}`);
}
