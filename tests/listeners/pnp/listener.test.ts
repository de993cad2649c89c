import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { readDatagram } from '../../../server/lib/sip/message.ts';
import { type PnpEvent, type PnpListener, type PnpOptions, startPnp } from '../../../server/listeners/pnp/listener.ts';
import { eventually } from '../../support/eventually.ts';
import { freeUdpPort } from '../../support/free-port.ts';
import { pnpPhones, subscribe } from '../../support/pnp-dialects.ts';

const url = 'http://127.0.0.1:8667';
const events: PnpEvent[] = [];
const listeners: PnpListener[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
  for (const socket of sockets.splice(0)) await new Promise<void>((done) => socket.close(() => done()));
  events.length = 0;
});

/** On the loopback interface, which takes multicast as any other does. */
async function start(port: number, options: Partial<PnpOptions> = {}): Promise<PnpListener> {
  const listener = await startPnp({
    interfaces: ['lo'],
    port,
    trusted: [],
    takesOver: false,
    lookMilliseconds: 50,
    ask: async () => url,
    observe: (event) => void events.push(event),
    ...options,
  });
  listeners.push(listener);
  return listener;
}

async function bound(address: string, port = 0): Promise<Socket> {
  const socket = createSocket({ type: 'udp4' }).bind({ address, port, exclusive: true });
  sockets.push(socket);
  await once(socket, 'listening');
  return socket;
}

/** A phone of loopback, and what came to it. */
async function phone() {
  const socket = await bound('127.0.0.1');
  socket.setMulticastInterface('127.0.0.1');
  const { port } = socket.address();
  const heard: { text: string; from: number }[] = [];
  socket.on('message', (bytes, from) => void heard.push({ text: bytes.toString(), from: from.port }));
  const dialect = { ...pnpPhones.yealink, port };
  return {
    heard,
    ask: (to: number, call = 1) => socket.send(subscribe(dialect, '127.0.0.1', call), to, '224.0.1.75'),
    say: (text: string, to: number, address = '127.0.0.1') => socket.send(text, to, address),
  };
}

test('a phone that asks the group is answered from our own address, and what it says to that is counted', async () => {
  const port = await freeUdpPort();
  const listener = await start(port);
  const { ask, say, heard } = await phone();
  ask(port);
  await eventually(() => expect(heard).toHaveLength(2));
  const [answer, notify] = heard.map(({ text }) => readDatagram(Buffer.from(text)));
  expect([answer?.kind, notify?.kind]).toEqual(['response', 'request']);
  expect(notify?.body.toString()).toBe(url);
  const from = heard[0]?.from ?? 0;
  expect(heard[1]?.from).toBe(from);
  expect(notify?.headers.get('Via')).toContain(`127.0.0.1:${from}`);
  expect(notify?.headers.get('Contact')).toBe(`<sip:127.0.0.1:${from}>`);
  for (const text of ['SIP/2.0 100 Trying', 'SIP/2.0 200 OK', 'SIP/2.0 481 No', 'OPTIONS sip:a SIP/2.0', 'noise'])
    say(`${text}\r\nCall-ID: 1\r\n\r\n`, from);
  await eventually(() => expect(listener.counts().replies).toEqual({ taken: 1, refused: 1, garbage: 2 }));
  expect(listener.counts().requests).toMatchObject({ answered: 1, garbage: 0 });
  expect(events).toMatchObject([
    { kind: 'opened', interface: { name: 'lo' } },
    { kind: 'message', ip: '127.0.0.1', interface: 'lo', outcome: 'answered', vendor: 'Yealink', model: 'SIP-T53W', url },
    { kind: 'refused', ip: '127.0.0.1', status: 481 },
  ]);
  expect(listener.interfaces()).toEqual([{ name: 'lo', state: 'answered' }]);
});

test('the port stays free on addresses of this host, for a PBX, and what is sent there is not answered', async () => {
  const port = await freeUdpPort();
  const before = await bound('127.0.0.2', port);
  const listener = await start(port);
  const pbx = await bound('127.0.0.1', port);
  const calls: string[] = [];
  for (const socket of [before, pbx]) socket.on('message', (bytes) => void calls.push(bytes.toString().slice(0, 9)));
  const { say, ask, heard } = await phone();
  for (const address of ['127.0.0.1', '127.0.0.2']) say(subscribe(pnpPhones.snom, '127.0.0.1').toString(), port, address);
  await eventually(() => expect(calls).toEqual(['SUBSCRIBE', 'SUBSCRIBE']));
  ask(port);
  await eventually(() => expect(heard).toHaveLength(2));
  expect([calls.length, listener.counts().requests.answered]).toEqual([2, 1]);
});

test('a PBX that has the port on all addresses ends the start, with what to do', async () => {
  const port = await freeUdpPort();
  await bound('0.0.0.0', port);
  await expect(start(port)).rejects.toMatchObject({
    code: 'pnp-port-in-use',
    message: expect.stringMatching(
      new RegExp(`^UDP port ${port} of lo: another program has the port on all addresses.*ss -lnup.*Bind that one to its own`),
    ),
  });
});

test('who takes over from another process waits until the port is free', async () => {
  const port = await freeUdpPort();
  const other = await bound('0.0.0.0', port);
  const listener = await start(port, { takesOver: true });
  expect(listener.interfaces()).toMatchObject([{ name: 'lo', state: 'unavailable', problem: { code: 'pnp-port-in-use' } }]);
  sockets.splice(sockets.indexOf(other), 1);
  await new Promise<void>((done) => other.close(() => done()));
  await eventually(() => expect(listener.interfaces()).toEqual([{ name: 'lo', state: 'answered' }]));
  const { ask, heard } = await phone();
  ask(port);
  await eventually(() => expect(heard).toHaveLength(2));
});

test('an interface that is not there is told once, and keeps nobody from the others', async () => {
  const port = await freeUdpPort();
  const listener = await start(port, { interfaces: ['eth97', 'lo'] });
  const problem = {
    code: 'pnp-interface-missing',
    message: expect.stringMatching(/^This host has no interface eth97 \(.*it is taken up/),
  };
  expect(listener.interfaces()).toMatchObject([{ state: 'unavailable', problem }, { state: 'answered' }]);
  const { ask, heard } = await phone();
  ask(port);
  await eventually(() => expect(heard).toHaveLength(2));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(events.filter(({ kind }) => kind === 'unavailable')).toHaveLength(1);
});

test('who is nobody’s phone hears nothing, and what fails is told and ends nothing', async () => {
  const port = await freeUdpPort();
  const answers = [Promise.resolve(undefined), Promise.reject(new Error('the store is gone')), Promise.resolve(url)];
  for (const each of answers) each.catch(() => {});
  const listener = await start(port, { ask: () => answers.shift() ?? Promise.resolve(url) });
  const { ask, heard } = await phone();
  for (const [call, outcome] of ['unknown', 'failed', 'answered'].entries()) {
    ask(port, call);
    await eventually(() => expect(listener.counts().requests).toMatchObject({ [outcome]: 1 }));
  }
  await eventually(() => expect(heard).toHaveLength(2));
  expect(events.filter(({ kind }) => kind === 'failed')).toMatchObject([{ cause: { message: 'the store is gone' } }]);
});

test('a flood is answered as often as its source may ask', async () => {
  const port = await freeUdpPort();
  const listener = await start(port);
  const { ask, say, heard } = await phone();
  for (let call = 0; call < 2_000; call++) {
    ask(port, call);
    say('noise', port, '224.0.1.75');
    if (call % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await eventually(() => {
    const { limited, answered, garbage, busy } = listener.counts().requests;
    expect(limited + answered + garbage + busy).toBeGreaterThan(2_000);
  });
  const { answered } = listener.counts().requests;
  await eventually(() => expect(heard).toHaveLength(2 * answered));
  // Ten at once, and one a second: this takes no minute.
  expect(answered).toBeLessThan(70);
});
