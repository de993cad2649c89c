import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Code, MessageType, option, readOption } from '../../../server/lib/dhcp/options.ts';
import { decodePacket, encodePacket, type Packet } from '../../../server/lib/dhcp/packet.ts';
import type { Message } from '../../../server/listeners/dhcp/exchange.ts';
import { type DhcpEvent, type DhcpListener, startDhcp } from '../../../server/listeners/dhcp/listener.ts';
import { ip } from '../../leases/stage.ts';

const localhost = ip('127.0.0.1');
let listener: DhcpListener;
let client: Socket;
let port: number;
const events: DhcpEvent[] = [];
const messages: Message[] = [];

beforeEach(async () => {
  events.length = 0;
  messages.length = 0;
  client = createSocket('udp4').bind(0, localhost);
  await once(client, 'listening');
  // Clients have the port behind the server's.
  port = client.address().port - 1;
  listener = await startDhcp({
    interfaces: ['lo'],
    port,
    force: true,
    beside: false,
    takesOver: false,
    observe: (event) => void events.push(event),
    async exchange(message) {
      messages.push(message);
      const { chaddr, xid, ciaddr } = message.packet;
      const options = new Map([option(Code.messageType, MessageType.acknowledge), [201, Buffer.alloc(600)] as const]);
      const reply: Packet = { ...blank, op: 'reply', xid, chaddr, ...(ciaddr && { ciaddr }), options };
      return { kind: 'acknowledged', reply };
    },
  });
});
afterEach(async () => {
  await listener.close();
  await new Promise<void>((done) => client.close(() => done()));
});

const blank: Packet = {
  op: 'request',
  htype: 1,
  hops: 0,
  xid: 7,
  secs: 0,
  flags: 0,
  ciaddr: localhost,
  chaddr: Buffer.from('000fd3000001', 'hex'),
  sname: '',
  file: '',
  options: new Map([option(Code.messageType, MessageType.inform)]),
};

/** Sends each, then a message that is one, and hears the answer to that. */
async function send(...datagrams: readonly Buffer[]): Promise<Packet> {
  const answered = once(client, 'message');
  const last = { ...blank, xid: 99, options: new Map([...blank.options, option(Code.maximumMessageSize, 1_000)]) };
  for (const bytes of [...datagrams, encodePacket(last).bytes]) client.send(bytes, port, localhost);
  const [bytes] = await answered;
  const decoded = decodePacket(bytes);
  if (!('packet' in decoded)) throw new Error(decoded.problem);
  return decoded.packet;
}

const problems = () => events.flatMap((event) => (event.kind === 'garbage' ? [event.problem] : []));

test('a message is answered where the client is, with as much as it takes', async () => {
  const { xid, options } = await send();
  expect([xid, readOption(options, Code.messageType), options.get(201)?.length]).toEqual([99, MessageType.acknowledge, 600]);
  expect(events.flatMap((event) => (event.kind === 'message' ? [event.message] : []))).toMatchObject([
    { type: 'INFORM', circuit: 'lo', mac: '00:0f:d3:00:00:01', outcome: 'acknowledged' },
  ]);
});

test('what is no message of a client is told, and not answered', async () => {
  const answer = encodePacket({ ...blank, op: 'reply' }).bytes;
  const bootp = encodePacket({ ...blank, options: new Map() }).bytes;
  await send(Buffer.from('hello'), answer, bootp);
  expect(problems()).toEqual([
    'is 5 bytes, and 236 are the least',
    'is an answer of a server',
    'is one of BOOTP, which has no leases',
  ]);
  expect(messages.map(({ packet }) => packet.xid)).toEqual([99]);
});

test('a datagram that is larger than any message of a client is not read: leases would keep what it says', async () => {
  const sized = (bytes: number) => Buffer.concat([encodePacket(blank).bytes, Buffer.alloc(bytes)]).subarray(0, bytes);
  const large = new Map([...blank.options, [Code.clientIdentifier, Buffer.alloc(5_000, 1)] as const]);
  await send(encodePacket({ ...blank, options: large }, 65_507).bytes, sized(4_097));
  expect(problems()).toHaveLength(2);
  expect(problems()[1]).toBe('is 4097 bytes, and 4096 are the most that is read of a client');
  expect(messages.map(({ packet }) => packet.xid)).toEqual([99]);
});
