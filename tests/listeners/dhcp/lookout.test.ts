import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Code, MessageType, option, readOption } from '../../../server/lib/dhcp/options.ts';
import { BROADCAST, decodePacket, encodePacket, type Packet } from '../../../server/lib/dhcp/packet.ts';
import { Lookout, type LookoutEvent } from '../../../server/listeners/dhcp/lookout.ts';
import { findRivals, randomMac } from '../../../server/listeners/dhcp/rival.ts';
import { eventually } from '../../support/eventually.ts';
import { ip } from '../../support/requests.ts';

const localhost = ip('127.0.0.1');
/** Answers what it hears with what `answersTo` makes of it. */
let server: Socket;
let port: number;
let answersTo: (packet: Packet) => readonly Packet[];
const heard: Packet[] = [];

beforeEach(async () => {
  heard.length = 0;
  answersTo = () => [];
  server = createSocket('udp4').bind();
  server.on('message', (bytes) => {
    const decoded = decodePacket(bytes);
    if (!('packet' in decoded)) throw new Error(decoded.problem);
    heard.push(decoded.packet);
    for (const answer of answersTo(decoded.packet)) server.send(encodePacket(answer).bytes, port + 1, localhost);
  });
  await once(server, 'listening');
  port = server.address().port;
});
afterEach(async () => {
  await new Promise<void>((done) => server.close(() => done()));
});

function offer(packet: Packet, more: Partial<Packet> = {}, from = '127.0.0.9', type: number = MessageType.offer): Packet {
  const options = new Map([option(Code.messageType, type), option(Code.serverIdentifier, ip(from))]);
  return { ...packet, op: 'reply', yiaddr: ip('127.0.0.50'), options, ...more };
}

test('who looks for other servers asks twice for an address, by broadcast, as a client that nobody knows', async () => {
  await expect(findRivals('lo', { port, milliseconds: 100 })).resolves.toEqual([]);
  expect(heard.map(({ secs, flags, htype, options }) => [secs, flags, htype, readOption(options, Code.messageType)])).toEqual([
    [0, BROADCAST, 1, MessageType.discover],
    [1, BROADCAST, 1, MessageType.discover],
  ]);
});

test('what is no offer to who asked is no rival: of another transaction, to another client, no answer, no offer', async () => {
  answersTo = (packet) => [
    offer(packet, { xid: packet.xid + 1 }),
    offer(packet, { chaddr: randomMac() }),
    offer(packet, { op: 'request' }),
    offer(packet, {}, '127.0.0.9', MessageType.acknowledge),
  ];
  await expect(findRivals('lo', { port, milliseconds: 100 })).resolves.toEqual([]);
  expect(heard).toHaveLength(2);
});

test('a server is one by what it calls itself, whoever passes its offers on, and else by who sends them', async () => {
  answersTo = (packet) => [
    offer(packet),
    offer(packet, { yiaddr: ip('127.0.0.51') }),
    offer(packet, {}, '127.0.0.8'),
    offer(packet, { options: new Map([option(Code.messageType, MessageType.offer)]) }),
  ];
  await expect(findRivals('lo', { port, milliseconds: 100 })).resolves.toEqual([
    { server: '127.0.0.9', from: '127.0.0.1', offered: '127.0.0.50' },
    { server: '127.0.0.8', from: '127.0.0.1', offered: '127.0.0.50' },
    { server: undefined, from: '127.0.0.1', offered: '127.0.0.50' },
  ]);
});

test('who cancels hears the reason, before anything is asked and at once while offers are waited for', async () => {
  const reason = new Error('enough');
  await expect(findRivals('lo', { port, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(heard).toEqual([]);
  const stop = new AbortController();
  const looking = findRivals('lo', { port, signal: stop.signal });
  await eventually(() => expect(heard).toHaveLength(1));
  const cancelled = performance.now();
  stop.abort(reason);
  await expect(looking).rejects.toBe(reason);
  expect(performance.now() - cancelled).toBeLessThan(500);
});

test("a clients' port that another program does not share is told with what to do", async () => {
  const other = createSocket('udp4').bind(port + 1);
  await once(other, 'listening');
  await expect(findRivals('lo', { port })).rejects.toMatchObject({
    code: 'dhcp-port-in-use',
    message: expect.stringMatching(`^UDP port ${port + 1} on lo: another program has it`),
  });
  await new Promise<void>((done) => other.close(() => done()));
});

test('the MAC address that asks is nobody’s: administered locally, and of one host', () => {
  for (let time = 0; time < 100; time++) expect((randomMac()[0] ?? 0) & 3).toBe(2);
});

function lookOut(rivalMilliseconds = 10) {
  const events: LookoutEvent[] = [];
  return { events, lookout: new Lookout({ port, rivalMilliseconds, observe: (event) => void events.push(event) }) };
}
const lo = { name: 'lo', index: 1 };

test('an interface that goes before it is known who answers there is looked at anew, and a lookout that is closed asks no more', async () => {
  const { events, lookout } = lookOut();
  const looking = lookout.look(lo);
  expect(lookout.look(lo)).toBe(looking);
  await eventually(() => expect(heard).toHaveLength(1));
  lookout.lose('lo');
  await expect(looking).resolves.toBeUndefined();
  expect(lookout.isClear(lo)).toBe(false);
  const again = lookout.look(lo);
  await eventually(() => expect(heard).toHaveLength(2));
  const anew = lookout.look({ ...lo, index: 2 });
  await expect(again).resolves.toBeUndefined();
  await eventually(() => expect(heard).toHaveLength(3));
  lookout.close();
  await expect(anew).resolves.toBeUndefined();
  await sleep(1_200);
  expect(heard).toHaveLength(3);
  expect(events).toEqual([]);
});

test('another server is told until it has gone; an interface that was found clear is, until it is made anew', async () => {
  const { events, lookout } = lookOut();
  answersTo = (packet) => [offer(packet)];
  const problem = await lookout.look(lo);
  expect(problem).toMatchObject({ code: 'dhcp-rival', message: expect.stringContaining('answers on lo: 127.0.0.9.') });
  expect(lookout.problemOn('lo')).toBe(problem);
  answersTo = () => [];
  const both = [
    { kind: 'rival', name: 'lo', problem },
    { kind: 'clear', name: 'lo' },
  ];
  // As long as it takes to look; after a failure it would be two seconds more.
  await eventually(() => expect(events).toEqual(both), 6);
  expect(lookout.problemOn('lo')).toBeUndefined();
  lookout.lose('lo');
  await lookout.look(lo);
  expect([lookout.isClear(lo), lookout.isClear({ ...lo, index: 2 })]).toEqual([true, false]);
  expect(heard).toHaveLength(4);
  // All by one address, which is no client's.
  expect(heard.filter((packet) => lookout.isOurs(packet))).toHaveLength(4);
  void lookout.look({ ...lo, index: 2 });
  await eventually(() => expect(heard).toHaveLength(5));
  expect(lookout.isClear(lo)).toBe(false);
  lookout.close();
});

test('what keeps us from looking is told, and it is looked again soon; who looks no longer is not told that all is clear', async () => {
  const other = createSocket('udp4').bind(port + 1);
  await once(other, 'listening');
  const [one, closed] = [lookOut(60_000), lookOut()];
  for (const { lookout } of [one, closed]) expect(await lookout.look(lo)).toMatchObject({ code: 'dhcp-port-in-use' });
  await new Promise<void>((done) => other.close(() => done()));
  closed.lookout.close();
  await eventually(() => expect(one.events.map(({ kind }) => kind)).toEqual(['unavailable', 'clear']));
  expect(one.lookout.isClear(lo)).toBe(true);
  expect(closed.events.map(({ kind }) => kind)).toEqual(['unavailable']);
});
