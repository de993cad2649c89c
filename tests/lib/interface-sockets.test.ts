import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { codeOf, ProvisioningError, reason } from '../../server/lib/errors.ts';
import {
  type InterfaceEvent,
  type InterfaceSockets,
  type InterfaceSocketsOptions,
  openOnInterfaces,
} from '../../server/lib/interface-sockets.ts';
import type { Interface } from '../../server/lib/interfaces.ts';
import { type Ip, type Network, parseNetwork } from '../../server/lib/ip.ts';
import { openUdp } from '../../server/lib/system-sockets.ts';
import { eventually } from '../support/eventually.ts';

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

const [FIRST, SECOND] = ['127.0.0.1', '127.0.0.2'] as [Ip, Ip];
const subnet = parseNetwork('127.0.0.0/8') as Network;

function lan(address: Ip): Interface {
  return { name: 'lan', index: 7, addresses: [{ address, subnet }] };
}

/** A host whose interfaces are what the test says, each with a socket for each address. */
function stage(...there: readonly Interface[]) {
  const host = new Map(there.map((each) => [each.name, each]));
  const events: InterfaceEvent[] = [];
  const heard: string[] = [];
  const opened: Socket[] = [];
  /** Those of them that are open still. */
  const live = new Set<Socket>();

  function keep(socket: Socket): void {
    opened.push(socket);
    live.add(socket);
    socket.once('close', () => live.delete(socket));
  }

  async function open(options: Partial<InterfaceSocketsOptions<Interface | undefined>> = {}): Promise<InterfaceSockets> {
    const sockets = await openOnInterfaces<Interface | undefined>({
      listener: 'pnp',
      names: ['lan'],
      patient: false,
      lookMilliseconds: 5,
      async find(name) {
        const found = host.get(name);
        if (!found) throw new ProvisioningError('pnp-interface-missing', `There is no ${name}`);
        return found;
      },
      async open(found, add) {
        const senders = new Map<Ip, Socket>();
        for (const { address } of found?.addresses ?? [{ address: FIRST }]) {
          const socket = await add({ address, port: 0 }, (bytes) => heard.push(bytes.toString()));
          keep(socket);
          senders.set(address, socket);
        }
        return senders;
      },
      explainRefusal: (cause, name) => new ProvisioningError(`pnp-${codeOf(cause)}`, `${name}: ${reason(cause)}`),
      endsStart: ({ code }) => code === 'pnp-EADDRINUSE',
      observe: (event) => events.push(event),
      ...options,
    });
    closing.push(sockets);
    return sockets;
  }

  /** What was told, in a word each. */
  const told = () =>
    events.map((event) => {
      if (event.kind === 'opened') return `opened ${event.interface.addresses[0].address}`;
      return event.kind === 'unavailable' ? event.problem.code : event.kind;
    });
  return { host, heard, opened, live, keep, open, told };
}

/** A socket that another program has. */
async function anotherProgram(): Promise<Socket> {
  const socket = await openUdp({ address: FIRST, port: 0 });
  closing.push(socket);
  return socket;
}

test('an interface that is missing is told once, and opened when it comes', async () => {
  const { host, open, told } = stage();
  const sockets = await open();
  await sleep(50);
  expect(told()).toEqual(['pnp-interface-missing']);
  expect(sockets.problemOn('lan')?.message).toBe('There is no lan');
  expect(sockets.interfaces()).toEqual([]);
  host.set('lan', lan(FIRST));
  await eventually(() => expect(told()).toEqual(['pnp-interface-missing', 'opened 127.0.0.1']));
  expect(sockets.problemOn('lan')).toBeUndefined();
  expect(sockets.interfaces()).toEqual([lan(FIRST)]);
});

test('an interface that stays as it is keeps its sockets', async () => {
  const { host, open, opened, told } = stage(lan(FIRST));
  await open();
  host.set('lan', lan(FIRST));
  await sleep(50);
  expect(told()).toEqual(['opened 127.0.0.1']);
  expect(opened.length).toBe(1);
});

test.each([
  ['has another address', lan(SECOND), SECOND],
  ['is another of its name', { ...lan(FIRST), index: 8 }, FIRST],
])('an interface that %s is opened anew', async (_, next, address) => {
  const { host, open, opened, live, told } = stage(lan(FIRST));
  const sockets = await open();
  host.set('lan', next);
  await eventually(() => expect(told()).toEqual(['opened 127.0.0.1', `opened ${address}`]));
  expect([...live]).toEqual([opened[1]]);
  expect(sockets.senderOf('lan', address)).toBe(opened[1]);
});

test('an interface that goes is shut and told, and nothing is sent over it', async () => {
  const { host, open, live, told } = stage(lan(FIRST));
  const sockets = await open();
  host.delete('lan');
  await eventually(() => expect(told()).toEqual(['opened 127.0.0.1', 'pnp-interface-missing']));
  expect(live.size).toBe(0);
  expect(sockets.interfaces()).toEqual([]);
  await expect(sockets.send(Buffer.from('late'), { ip: FIRST, port: 9 }, { name: 'lan', address: FIRST })).rejects.toMatchObject({
    code: 'pnp-interface-unready',
    message: 'Cannot send to 127.0.0.1 from 127.0.0.1 of lan: the interface or the address is not there any more',
  });
});

test('what is sent leaves from the address, and what comes is taken', async () => {
  const { open, heard } = stage(lan(SECOND));
  const sockets = await open();
  const other = await anotherProgram();
  const came = once(other, 'message');
  await sockets.send(Buffer.from('question'), { ip: FIRST, port: other.address().port }, { name: 'lan', address: SECOND });
  const [bytes, { address, port }] = await came;
  expect([bytes.toString(), address]).toEqual(['question', SECOND]);
  other.send('answer', port, address);
  await eventually(() => expect(heard).toEqual(['answer']));
});

test('what the system does not send is told by the listener’s code', async () => {
  const { open } = stage(lan(FIRST));
  const sockets = await open();
  const most = Buffer.alloc(65_536);
  await expect(sockets.send(most, { ip: FIRST, port: 9 }, { name: 'lan', address: FIRST })).rejects.toMatchObject({
    code: 'pnp-send-failed',
    message: expect.stringContaining('EMSGSIZE'),
  });
});

test('what ends a start is thrown, and nothing is left open', async () => {
  const other = await anotherProgram();
  const { open, opened, live, keep, told } = stage(lan(FIRST), { ...lan(FIRST), name: 'taken' });
  const opening = open({ names: ['lan', 'taken'], open: takenOn('taken', other, keep) });
  await expect(opening).rejects.toMatchObject({ code: 'pnp-EADDRINUSE' });
  expect(told()).toEqual(['opened 127.0.0.1']);
  expect(opened.length).toBe(2);
  expect(live.size).toBe(0);
});

test('who is patient is told of it instead, and it is tried again', async () => {
  const other = await anotherProgram();
  const { open, live, keep, told } = stage(lan(FIRST));
  const sockets = await open({ patient: true, open: takenOn('lan', other, keep) });
  expect(told()).toEqual(['pnp-EADDRINUSE']);
  expect(live.size).toBe(0);
  other.close();
  closing.splice(closing.indexOf(other), 1);
  await eventually(() => expect(told()).toEqual(['pnp-EADDRINUSE', 'opened 127.0.0.1']));
  expect(sockets.interfaces()).toEqual([lan(FIRST)]);
});

/** Opens a socket for each interface, and on one of them another, for the port that somebody else may have. */
function takenOn(
  name: string,
  other: Socket,
  keep: (socket: Socket) => void,
): InterfaceSocketsOptions<Interface | undefined>['open'] {
  const { port } = other.address();
  return async (found, add) => {
    const socket = await add({ address: FIRST, port: 0 }, () => {});
    keep(socket);
    if (found?.name === name) await add({ address: FIRST, port }, () => {});
    return new Map();
  };
}

test('a socket that fails is told, and opened anew at the next look', async () => {
  const { open, opened, told } = stage(lan(FIRST));
  const sockets = await open();
  opened[0]?.emit('error', new Error('ENETDOWN'));
  expect(sockets.interfaces()).toEqual([]);
  await eventually(() => expect(told()).toEqual(['opened 127.0.0.1', 'failed', 'opened 127.0.0.1']));
  expect(sockets.senderOf('lan', FIRST)).toBe(opened[1]);
});

test('sockets of no interface are kept, and not told as one', async () => {
  const { open, opened, told } = stage();
  const sockets = await open({ names: [''], find: async () => undefined });
  await sleep(50);
  expect([told(), sockets.interfaces(), opened.length]).toEqual([[], [], 1]);
  expect(sockets.problemOn('')).toBeUndefined();
});

test('when they are closed nothing more is taken, and answers leave until the work has ended', async () => {
  const { open, opened, live, heard } = stage(lan(FIRST));
  const other = await anotherProgram();
  const settled: string[] = [];
  const sockets = await open({
    async settle() {
      const { port } = opened[0]?.address() ?? { port: 0 };
      other.send('too late', port, FIRST);
      const came = once(other, 'message');
      await sleep(50);
      await sockets.send(Buffer.from('still'), { ip: FIRST, port: other.address().port }, { name: 'lan', address: FIRST });
      const [bytes] = await came;
      settled.push(`${bytes} with ${live.size} open`);
    },
  });
  closing.splice(closing.indexOf(sockets), 1);
  await sockets.close();
  expect({ settled, heard }).toEqual({ settled: ['still with 1 open'], heard: [] });
  expect(live.size).toBe(0);
});
