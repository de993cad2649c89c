/**
 * Sends DHCP messages from a host of a test network. (perfdhcp always says that it is a relay.)
 *
 *     mutants COUNT SEED SERVER   mutants from each of the host's addresses, by broadcast and to the server, half of them as a relay's
 *     strangers SEED     asks as ever other clients, 200 begin each second, and takes what it is offered, until it is stopped
 */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, MessageType, option, readOption } from '../../server/lib/dhcp/options.ts';
import { BROADCAST, decodePacket, encodePacket, type Packet } from '../../server/lib/dhcp/packet.ts';
import { mutant, seeded } from './dhcp-mutants.ts';

const [, , task, ...words] = process.argv;
// Should nobody end it, it ends by itself.
setTimeout(() => process.exit(1), 120_000).unref();

async function open(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind(port, address);
  await once(socket, 'listening');
  socket.setBroadcast(true);
  // An ICMP message that nobody hears there ends nothing.
  socket.on('error', () => {});
  return socket;
}

const own = Object.values(networkInterfaces()).flatMap((all = []) =>
  all.filter((each) => !each.internal && each.family === 'IPv4'),
);

/** Where each field of a message begins. */
const at = { giaddr: 24, chaddr: 28, type: 242 };

async function sendMutants(count: number, seed: number, server: string): Promise<void> {
  const random = seeded(seed);
  const sockets = await Promise.all(own.map(({ address }) => open(address, 67)));
  for (let sent = 0; sent < count; sent += 1) {
    const bytes = mutant(random);
    const number = random(own.length);
    if (bytes.length > at.type) {
      // Most mutants have the hardware addresses of the few that were captured, and their messages' types.
      if (random(4) === 0) bytes.writeUInt32BE(random(2 ** 32), at.chaddr + 2);
      if (random(4) === 0) bytes[at.type] = 1 + random(9);
      if (random(2) === 0) Buffer.from((own[number]?.address ?? '').split('.').map(Number)).copy(bytes, at.giaddr);
    }
    sockets[number]?.send(bytes, 67, random(2) === 0 ? server : '255.255.255.255', () => {});
    // The system's buffer is to have room for all.
    if (sent % 50 === 49) await sleep(10);
  }
  await sleep(100);
  for (const socket of sockets) socket.close();
}

async function floodAsStrangers(seed: number): Promise<void> {
  const random = seeded(seed);
  const socket = await open('0.0.0.0', 68);
  // Without a route a broadcast leaves over the interface of its source.
  const voice = await open(own[0]?.address ?? '', 68);
  const say = (fields: Pick<Packet, 'xid' | 'chaddr'>, ...options: (readonly [number, Buffer])[]) => {
    const blank = { op: 'request', htype: 1, hops: 0, secs: 0, flags: BROADCAST, sname: '', file: '' } as const;
    const { bytes } = encodePacket({ ...blank, ...fields, options: new Map(options) });
    voice.send(bytes, 67, '255.255.255.255', () => {});
  };
  socket.on('message', (bytes) => {
    const decoded = decodePacket(bytes);
    if (!('packet' in decoded)) return;
    const { options, yiaddr, chaddr, xid } = decoded.packet;
    const server = readOption(options, Code.serverIdentifier);
    const isOurs = chaddr[0] === 2 && readOption(options, Code.messageType) === MessageType.offer;
    if (!isOurs || !yiaddr || !server) return;
    say(
      { xid, chaddr },
      option(Code.messageType, MessageType.request),
      option(Code.requestedAddress, yiaddr),
      option(Code.serverIdentifier, server),
    );
  });
  for (;;) {
    const chaddr = Buffer.alloc(6, 2);
    chaddr.writeUInt32BE(random(2 ** 32), 2);
    say({ xid: random(2 ** 32), chaddr }, option(Code.messageType, MessageType.discover));
    await sleep(5);
  }
}

switch (task) {
  case 'strangers':
    await floodAsStrangers(Number(words[0]));
    break;
  case 'mutants': {
    const [count, seed, server = ''] = words;
    await sendMutants(Number(count), Number(seed), server);
    break;
  }
  default:
    throw new Error(`There is no task ${task}`);
}
