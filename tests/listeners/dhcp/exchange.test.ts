import { afterEach, expect, test } from '@jest/globals';
import type { Client, Lease } from '../../../server/leases/model.ts';
import { Code, MessageType, type Options, option, readOption } from '../../../server/lib/dhcp/options.ts';
import { BROADCAST, type Packet } from '../../../server/lib/dhcp/packet.ts';
import { parseNetwork } from '../../../server/lib/ip.ts';
import {
  createExchange,
  type ExchangeParts,
  type Message,
  type Outcome,
  type Sender,
} from '../../../server/listeners/dhcp/exchange.ts';
import type { LeaseNews } from '../../../server/pipeline/note-lease.ts';
import { HOUR, ip, openLeases, subnetOf } from '../../leases/stage.ts';

const server = '10.0.0.1';
const eth0: Message['interface'] = {
  name: 'eth0',
  index: 2,
  addresses: [{ address: ip(server), subnet: parseNetwork('10.0.0.1/24') as never }],
};
/** With an address in each of two networks. */
const both: Message['interface'] = {
  ...eth0,
  addresses: [...eth0.addresses, { address: ip('10.7.0.2'), subnet: parseNetwork('10.7.0.2/16') as never }],
};
const nobody: Sender = { known: false, isPhone: false, boot: new Map() };
const digium: Sender = {
  vendor: 'Digium',
  model: 'D40',
  known: false,
  isPhone: true,
  boot: new Map([option(66, 'http://10.0.0.1:8667/Digium'), option(150, [ip(server)])]),
};
const told = new Map([
  option(Code.subnetMask, ip('255.255.255.0')),
  option(Code.routers, [ip(server)]),
  option(6, [ip('10.0.0.53')]),
]);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Stage {
  /** Sends a message as the client and hears what became of it. */
  send(type: number, fields?: Partial<Packet>, more?: Options, circuit?: string, where?: Message['interface']): Promise<Outcome>;
  readonly noted: LeaseNews[];
  readonly leases: () => readonly Lease[];
  readonly clock: { now: number };
}

async function open(sender: Sender = nobody, change: Partial<ExchangeParts> = {}, options: Options = told): Promise<Stage> {
  const subnet = { ...subnetOf('10.0.0.0/24', ['10.0.0.100-10.0.0.103'], { '00:0f:d3:00:00:09': '10.0.0.50' }), options };
  const branch = {
    ...subnetOf('10.7.0.0/16', ['10.7.1.1-10.7.1.9']),
    options: new Map([option(Code.subnetMask, ip('255.255.0.0'))]),
  };
  const clock = { now: 1_700_000_000_000 };
  const stage = await openLeases([subnet, branch], {}, clock);
  closing.push(() => stage.leases.close());
  const noted: LeaseNews[] = [];
  const exchange = createExchange({
    mode: 'serve',
    subnets: [subnet, branch],
    leases: stage.leases,
    knownOnly: false,
    matchClientId: true,
    trusted: [parseNetwork('192.0.2.0/24') as never],
    async note(news) {
      noted.push(news);
      return sender;
    },
    ...change,
  });
  return {
    noted,
    clock,
    leases: () => stage.leases.list().leases,
    send: (type, fields = {}, more = new Map(), circuit = 'eth0', where = eth0) =>
      exchange({
        type,
        circuit,
        interface: where,
        packet: {
          op: 'request',
          htype: 1,
          hops: 0,
          xid: 7,
          secs: 0,
          flags: 0,
          chaddr: Buffer.from('000fd3000001', 'hex'),
          sname: '',
          file: '',
          options: new Map([option(Code.messageType, type), ...more]),
          ...fields,
        },
      }),
  };
}

const requesting = (address: string, more: Options = new Map()) => new Map([option(Code.requestedAddress, ip(address)), ...more]);
const selecting = (address: string, of = server) => requesting(address, new Map([option(Code.serverIdentifier, ip(of))]));
const optionOf = ({ reply }: Outcome, code: 51 | 54 | 56) => readOption(reply?.options ?? new Map(), code);
const typeOf = ({ reply }: Outcome) => reply && readOption(reply.options, Code.messageType);

async function bound(stage: Stage): Promise<void> {
  await stage.send(MessageType.discover);
  expect((await stage.send(MessageType.request, {}, selecting('10.0.0.100'))).kind).toBe('acknowledged');
}

test('a client is offered an address, requests it and has it, with times, the server’s name and what its network tells', async () => {
  const stage = await open();
  const offer = await stage.send(MessageType.discover);
  expect(offer).toMatchObject({ kind: 'offered', address: '10.0.0.100', reply: { op: 'reply', xid: 7, yiaddr: '10.0.0.100' } });
  const acknowledged = await stage.send(MessageType.request, {}, selecting('10.0.0.100'));
  expect(acknowledged).toMatchObject({ kind: 'acknowledged', address: '10.0.0.100', reply: { yiaddr: '10.0.0.100' } });
  const options = acknowledged.reply?.options ?? new Map();
  expect([...options.keys()]).toEqual([53, 54, 51, 58, 59, 1, 3, 6]);
  expect([51, 58, 59, 54].map((code) => readOption(options, code as 51))).toEqual([3_600, 1_800, 3_150, server]);
  expect(stage.leases()).toMatchObject([{ address: '10.0.0.100', mac: '00:0f:d3:00:00:01', state: 'bound', circuit: 'eth0' }]);
  expect(stage.noted.map(({ kind, ip: address }) => [kind, address])).toEqual([
    ['sought', undefined],
    ['sought', undefined],
    ['bound', '10.0.0.100'],
  ]);
});

test('who renews past its relay leaves its lease the circuit that the relay told', async () => {
  const stage = await open();
  const circuit = '10.7.0.1 port7';
  const relayed = { giaddr: ip('10.7.0.1') };
  const offer = await stage.send(MessageType.discover, relayed, new Map(), circuit);
  const address = offer.address ?? ip('');
  await stage.send(MessageType.request, relayed, selecting(address), circuit);
  const renewed = await stage.send(MessageType.request, { ciaddr: address });
  expect(renewed).toMatchObject({ kind: 'acknowledged', address });
  expect(stage.leases()).toMatchObject([{ address, circuit }]);
  // One that begins anew elsewhere is behind another.
  await stage.send(MessageType.request, relayed, requesting(address), '10.7.0.1 port8');
  expect(stage.leases()).toMatchObject([{ address, circuit: '10.7.0.1 port8' }]);
});

test.each([
  ['the interface', {}, true],
  ['a relay in a network that is served', { giaddr: ip('10.7.0.1') }, true],
  ['a relay in a network of the settings', { giaddr: ip('192.0.2.9') }, true],
  ['a relay on the link', { giaddr: ip('10.0.0.9') }, true],
  ['whoever calls himself a relay', { giaddr: ip('198.51.100.7') }, false],
  ['who says that it has an address anywhere', { ciaddr: ip('198.51.100.7') }, false],
])('what comes from %s is believed or not: %p %p', async (_whom, fields, trusted) => {
  const stage = await open();
  const linkSelection = Buffer.from('05040a000000', 'hex');
  await stage.send(MessageType.discover, fields, new Map([[Code.relayInformation, linkSelection]]));
  expect(stage.noted).toMatchObject([{ kind: 'sought', trusted }]);
});

test('what a message says of its client is recognised once', async () => {
  const heard = {} as NonNullable<LeaseNews['heard']>;
  const stage = await open({ ...digium, heard });
  await bound(stage);
  expect(stage.noted.map(({ kind, heard: before }) => [kind, before === heard])).toEqual([
    ['sought', false],
    ['sought', false],
    ['bound', true],
  ]);
});

test('a phone is told where its files are whether it asks for that or not; of the rest it gets what it asks for', async () => {
  const stage = await open(digium);
  const { reply } = await stage.send(MessageType.discover, {}, new Map([option(Code.parameterRequestList, [3])]));
  expect([...(reply?.options.keys() ?? [])]).toEqual([53, 54, 51, 58, 59, 1, 3, 66, 150]);
  expect(reply?.siaddr).toBe(server);
});

test('what an operator says of a network outranks what a vendor package says', async () => {
  const stage = await open(digium, {}, new Map([...told, option(66, 'http://elsewhere')]));
  const { reply } = await stage.send(MessageType.discover, {}, new Map([option(Code.parameterRequestList, [3])]));
  expect(readOption(reply?.options ?? new Map(), 66)).toBe('http://elsewhere');
});

test('of a lease that is not lengthened the client is told what is left of it', async () => {
  const stage = await open(nobody, {
    leases: {
      offer: () => ({ kind: 'none', reason: 'no-pool', pools: [] }),
      bind: async () => ({ kind: 'bound', lease: {} as Lease, seconds: 1_200 }),
      release: async () => undefined,
      decline: async () => undefined,
    },
  });
  const { reply } = await stage.send(MessageType.request, {}, selecting('10.0.0.100'));
  expect([51, 58, 59].map((code) => readOption(reply?.options ?? new Map(), code as 51))).toEqual([1_200, 600, 1_050]);
});

test('who wants a shorter time gets it, and nobody a longer one', async () => {
  const stage = await open();
  for (const [wanted, given] of [
    [600, 600],
    [1, 60],
    [100_000, 3_600],
  ] as const) {
    const { reply } = await stage.send(MessageType.discover, {}, new Map([option(Code.leaseTime, wanted)]));
    expect(readOption(reply?.options ?? new Map(), Code.leaseTime)).toBe(given);
  }
});

test('a client that chose another server is left to that, and one that has a lease renews it by either way', async () => {
  const stage = await open();
  await stage.send(MessageType.discover);
  expect(await stage.send(MessageType.request, {}, selecting('10.0.0.200', '10.0.0.2'))).toMatchObject({
    kind: 'ignored',
    why: 'it chose the server 10.0.0.2',
  });
  await bound(stage);
  stage.clock.now += HOUR / 2;
  const renewed = await stage.send(MessageType.request, { ciaddr: ip('10.0.0.100') });
  expect(renewed).toMatchObject({ kind: 'acknowledged', reply: { ciaddr: '10.0.0.100', yiaddr: '10.0.0.100' } });
  expect((await stage.send(MessageType.request, {}, requesting('10.0.0.100'))).kind).toBe('acknowledged');
  expect(stage.leases()).toMatchObject([{ expires: stage.clock.now + HOUR }]);
});

test('an address that cannot be is refused with the reason, behind a relay by broadcast; one that might be another’s is not answered', async () => {
  const stage = await open();
  await bound(stage);
  const chaddr = Buffer.from('000fd3000002', 'hex');
  const refused = await stage.send(MessageType.request, { chaddr }, requesting('192.168.1.7'));
  expect([refused.kind, typeOf(refused), refused.reply?.yiaddr]).toEqual(['refused', MessageType.refuse, undefined]);
  expect(readOption(refused.reply?.options ?? new Map(), Code.message)).toBe('the address is not of this network');
  const relayed = await stage.send(MessageType.request, { chaddr, giaddr: ip('10.7.0.1') }, requesting('10.0.0.7'));
  expect([typeOf(relayed), (relayed.reply?.flags ?? 0) & BROADCAST]).toEqual([MessageType.refuse, BROADCAST]);
  expect((await stage.send(MessageType.request, { chaddr }, requesting('10.0.0.102'))).kind).toBe('ignored');
  expect((await stage.send(MessageType.request, { chaddr }, selecting('10.0.0.100'))).kind).toBe('refused');
});

test('the network of a client is that of its relay, of what the relay says, or of the interface', async () => {
  const stage = await open();
  const relay = { giaddr: ip('10.7.0.1') };
  const linkSelection = new Map([[Code.relayInformation, Buffer.from('05040a000001', 'hex')]]);
  expect((await stage.send(MessageType.discover, relay)).address).toBe('10.7.1.1');
  expect((await stage.send(MessageType.discover, relay, linkSelection)).address).toBe('10.0.0.100');
  expect((await stage.send(MessageType.discover, {}, new Map([option(Code.subnetSelection, ip('10.7.0.0'))]))).address).toBe(
    '10.7.1.1',
  );
  expect(await stage.send(MessageType.discover, { giaddr: ip('10.8.0.1') })).toMatchObject({
    kind: 'ignored',
    why: 'dhcp.subnets has none for the relay 10.8.0.1',
  });
});

test('what the relay said, and by what the client goes, come back; a relay may give the server another name', async () => {
  const stage = await open();
  const relayed = Buffer.from('0104010203040b040a0700fe', 'hex');
  const id = Buffer.from('ff0102030405060708', 'hex');
  const more = new Map([
    [Code.relayInformation, relayed],
    [Code.clientIdentifier, id],
  ]);
  const { reply } = await stage.send(MessageType.discover, { giaddr: ip('10.7.0.1'), flags: BROADCAST }, more);
  expect(reply).toMatchObject({ giaddr: '10.7.0.1', flags: BROADCAST });
  expect(reply?.options.get(Code.relayInformation)).toEqual(relayed);
  expect(reply?.options.get(Code.clientIdentifier)).toEqual(id);
  expect(readOption(reply?.options ?? new Map(), Code.serverIdentifier)).toBe('10.7.0.254');
  const chosen = selecting('10.7.1.1', '10.7.0.254');
  expect((await stage.send(MessageType.request, { giaddr: ip('10.7.0.1') }, new Map([...more, ...chosen]))).kind).toBe(
    'acknowledged',
  );
});

test('who may have chosen another server, which the relay calls by the same name, gets only what is its own', async () => {
  const stage = await open();
  const relayed = new Map([[Code.relayInformation, Buffer.from('0b040a0700fe', 'hex')]]);
  const choose = (address: string) =>
    stage.send(MessageType.request, { giaddr: ip('10.7.0.1') }, new Map([...relayed, ...selecting(address, '10.7.0.254')]));
  expect(await choose('10.7.1.5')).toMatchObject({ kind: 'ignored', reason: 'unknown' });
  expect(await choose('10.7.2.5')).toMatchObject({ kind: 'ignored', reason: 'unknown' });
  await stage.send(MessageType.discover, { giaddr: ip('10.7.0.1') }, relayed);
  expect(await choose('10.7.1.5')).toMatchObject({ kind: 'ignored', reason: 'unknown' });
  expect(await choose('10.7.1.1')).toMatchObject({ kind: 'acknowledged' });
  expect(await choose('10.7.1.1')).toMatchObject({ kind: 'acknowledged' });
});

test.each([
  [true, ['10.0.0.100', '10.0.0.101']],
  [false, ['10.0.0.100', '10.0.0.100']],
])('boot loader and firmware with an identifier each, which counts: %s, get %s', async (matchClientId, addresses) => {
  const stage = await open(nobody, { matchClientId });
  const got: unknown[] = [];
  for (const name of ['boot', 'firmware']) {
    const id = new Map([[Code.clientIdentifier, Buffer.from(name)]]);
    const { address = '' } = await stage.send(MessageType.discover, {}, id);
    got.push((await stage.send(MessageType.request, {}, new Map([...id, ...selecting(address)]))).address);
  }
  expect(got).toEqual(addresses);
});

test('a client without a MAC address is told from others by its identifier, whatever counts else', async () => {
  const stage = await open(nobody, { matchClientId: false });
  const offered = async (name: string) => {
    const id = new Map([[Code.clientIdentifier, Buffer.from(name)]]);
    return (await stage.send(MessageType.discover, { chaddr: Buffer.alloc(0) }, id)).address;
  };
  expect([await offered('one'), await offered('other')]).toEqual(['10.0.0.100', '10.0.0.101']);
});

test('a lease that is released or declined is over', async () => {
  const stage = await open();
  await bound(stage);
  expect(await stage.send(MessageType.release, { ciaddr: ip('10.0.0.101') })).toMatchObject({ kind: 'ignored' });
  expect(await stage.send(MessageType.release, { ciaddr: ip('10.0.0.100') })).toMatchObject({
    kind: 'noted',
    address: '10.0.0.100',
  });
  expect(stage.leases()).toMatchObject([{ state: 'released' }]);
  await bound(stage);
  expect((await stage.send(MessageType.decline, {}, requesting('10.0.0.100'))).kind).toBe('noted');
  expect(stage.leases()).toMatchObject([{ state: 'declined' }]);
  expect((await stage.send(MessageType.discover)).address).toBe('10.0.0.101');
});

test('an address that a stranger uses is not offered, and the next one is', async () => {
  const probed: string[] = [];
  const stage = await open(nobody, {
    async probe(address, device) {
      probed.push(`${address} ${device}`);
      return address === '10.0.0.100' ? 'used' : 'free';
    },
  });
  expect((await stage.send(MessageType.discover)).address).toBe('10.0.0.101');
  expect(probed).toEqual(['10.0.0.100 eth0', '10.0.0.101 eth0']);
  expect(stage.leases()).toMatchObject([{ address: '10.0.0.100', state: 'declined' }]);
  await stage.send(MessageType.request, {}, selecting('10.0.0.101'));
  await stage.send(MessageType.discover);
  expect(probed.length).toBe(2);
});

test('where strangers use all, nobody is offered anything, in the end', async () => {
  const stage = await open(nobody, { probe: async () => 'used' });
  expect((await stage.send(MessageType.discover)).kind).toBe('ignored');
});

test('with known_only only phones, and whoever has a reservation, are answered', async () => {
  const strangers = await open(nobody, { knownOnly: true });
  expect(await strangers.send(MessageType.discover)).toMatchObject({
    kind: 'ignored',
    reason: 'unwanted',
    why: expect.stringContaining('known_only'),
  });
  expect((await strangers.send(MessageType.request, {}, selecting('10.0.0.100'))).kind).toBe('ignored');
  const reserved = { chaddr: Buffer.from('000fd3000009', 'hex') };
  expect((await strangers.send(MessageType.discover, reserved)).address).toBe('10.0.0.50');
  expect((await (await open(digium, { knownOnly: true })).send(MessageType.discover)).kind).toBe('offered');
});

test('who has an address is told the rest, without a time', async () => {
  const stage = await open(digium);
  const outcome = await stage.send(MessageType.inform, { ciaddr: ip('10.0.0.7') });
  expect(outcome).toMatchObject({ kind: 'acknowledged', reply: { ciaddr: '10.0.0.7' } });
  expect(outcome.reply?.yiaddr).toBeUndefined();
  expect([...(outcome.reply?.options.keys() ?? [])]).toEqual([53, 54, 1, 3, 6, 66, 150]);
  expect(stage.leases()).toEqual([]);
});

test('a proxy answers who has an address, and nobody else', async () => {
  const stage = await open(digium, { mode: 'proxy' });
  expect((await stage.send(MessageType.discover)).kind).toBe('ignored');
  expect((await stage.send(MessageType.request, {}, selecting('10.0.0.100'))).kind).toBe('ignored');
  const { reply } = await stage.send(MessageType.inform, { ciaddr: ip('192.168.7.7') });
  expect([...(reply?.options.keys() ?? [])]).toEqual([53, 54, 66, 150]);
});

test('a proxy knows a phone by what it asks the server that gives addresses', async () => {
  const stage = await open(digium, { mode: 'proxy' });
  const { reply, sender } = await stage.send(MessageType.discover);
  expect({ reply, sender }).toMatchObject({ reply: undefined, sender: { vendor: 'Digium' } });
  await stage.send(MessageType.request, {}, selecting('192.168.7.7', '192.168.7.1'));
  await stage.send(MessageType.request, {}, requesting('192.168.7.9'));
  await stage.send(MessageType.decline, {}, requesting('192.168.7.9'));
  expect(stage.noted.map(({ kind, ip: address }) => [kind, address])).toEqual([
    ['asked', undefined],
    ['asked', '192.168.7.7'],
    ['asked', undefined],
  ]);
});

test.each([MessageType.offer, MessageType.acknowledge, 10, 255])('a message of the type %d has no answer', async (type) => {
  expect((await (await open()).send(type)).kind).toBe('ignored');
});

test('why a client did not get what it asked for is told as one of a few words, too', async () => {
  const stage = await open();
  const reasonOf = async (type: number, fields?: Partial<Packet>, more?: Options) =>
    (await stage.send(type, fields, more)).reason;
  expect(await reasonOf(MessageType.discover)).toBeUndefined();
  expect(await reasonOf(MessageType.discover, { giaddr: ip('10.9.0.1') })).toBe('no-subnet');
  expect(await reasonOf(MessageType.request, {}, selecting('10.0.0.100', '10.0.0.9'))).toBe('other-server');
  expect(await reasonOf(MessageType.request, { ciaddr: ip('10.0.0.102') })).toBe('unknown');
  expect(await reasonOf(MessageType.request, {}, requesting('10.8.0.1'))).toBe('outside-subnet');
  expect(await reasonOf(MessageType.request)).toBe('meaningless');
  for (let number = 2; number < 5; number++) {
    const chaddr = Buffer.from(`000fd300000${number}`, 'hex');
    await stage.send(MessageType.discover, { chaddr }, new Map(), `port${number}`);
    await stage.send(MessageType.request, { chaddr }, selecting(`10.0.0.10${number - 1}`), `port${number}`);
  }
  const late = { chaddr: Buffer.from('000fd3000008', 'hex') };
  expect((await stage.send(MessageType.discover, late, new Map(), 'port8')).reason).toBe('limited');
});

test('who tells neither an identifier nor an Ethernet address is given nothing, and told what it asks for when it has an address', async () => {
  const stage = await open();
  const nobody = { htype: 32, chaddr: Buffer.alloc(0) };
  for (const type of [MessageType.discover, MessageType.request, MessageType.release, MessageType.decline]) {
    const outcome = await stage.send(type, { ...nobody, ciaddr: ip('10.0.0.100') }, requesting('10.0.0.100'));
    expect(outcome).toMatchObject({
      kind: 'ignored',
      why: 'it tells neither a client identifier (option 61) nor an Ethernet address',
    });
  }
  expect((await stage.send(MessageType.inform, { ...nobody, ciaddr: ip('10.0.0.9') })).kind).toBe('acknowledged');
});

/** Leases that write down whom they are asked about, and give nothing. */
function asked() {
  const clients: Client[] = [];
  const wanted: unknown[] = [];
  const leases: ExchangeParts['leases'] = {
    offer(_, client, address) {
      clients.push(client);
      wanted.push(address);
      return { kind: 'none', reason: 'no-pool', pools: [] };
    },
    bind: async (_, client, address) => {
      clients.push(client);
      wanted.push(address);
      return { kind: 'unknown' };
    },
    release: async () => undefined,
    decline: async () => undefined,
  };
  return { clients, wanted, leases };
}

test('leases hear who asks: known by a reservation too, of which vendor, behind which circuit, and what it wants', async () => {
  const { clients, wanted, leases } = asked();
  const stage = await open(digium, { leases });
  const reserved = { chaddr: Buffer.from('000fd3000009', 'hex') };
  await stage.send(MessageType.discover, reserved, requesting('10.0.0.103'), 'port1');
  await stage.send(MessageType.discover, { ...reserved, giaddr: ip('10.7.0.1') });
  expect(clients).toMatchObject([
    { mac: '00:0f:d3:00:00:09', known: true, vendor: 'Digium', circuit: 'port1' },
    // It is reserved in the other network.
    { mac: '00:0f:d3:00:00:09', known: false, vendor: 'Digium', circuit: 'eth0' },
  ]);
  expect(wanted).toEqual(['10.0.0.103', undefined]);
});

test('only behind a relay that names circuits there are neighbours, and only past a relay an address is renewed', async () => {
  const { clients, leases } = asked();
  const stage = await open(nobody, { leases });
  const named = new Map([[Code.relayInformation, Buffer.from('010131', 'hex')]]);
  const giaddr = ip('10.7.0.1');
  for (const [fields, more] of [
    [{}, named],
    [{ giaddr }, new Map()],
    [{ giaddr }, named],
  ] as const)
    await stage.send(MessageType.discover, fields, more);
  await stage.send(MessageType.request, { giaddr, ciaddr: ip('10.7.1.1') });
  await stage.send(MessageType.request, { ciaddr: ip('10.7.1.1') });
  expect(clients.map(({ hasNeighbours, renews }) => [hasNeighbours, renews])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
    [true, undefined],
    [undefined, undefined],
    [undefined, true],
  ]);
});

test('an identifier of one byte, which can be nobody’s, is none; one that is kept is a copy', async () => {
  const { clients, leases } = asked();
  const stage = await open(nobody, { leases });
  const datagram = Buffer.from('ff0102030405060708', 'hex');
  await stage.send(MessageType.discover, {}, new Map([[Code.clientIdentifier, Buffer.of(1)]]));
  await stage.send(MessageType.discover, {}, new Map([[Code.clientIdentifier, datagram]]));
  datagram.fill(0);
  expect(clients.map(({ id }) => id?.toString('hex'))).toEqual([undefined, 'ff0102030405060708']);
});

test('of what says a client’s network the relay’s word for the link comes first, then the client’s, the relay, and its address', async () => {
  const stage = await open();
  const selected = option(Code.subnetSelection, ip('10.7.0.0'));
  const link = [Code.relayInformation, Buffer.from('05040a000001', 'hex')] as const;
  const notLink = [Code.relayInformation, Buffer.from('05030a0000', 'hex')] as const;
  const giaddr = ip('10.7.0.1');
  expect((await stage.send(MessageType.discover, { giaddr }, new Map([selected, link]))).address).toBe('10.0.0.100');
  expect((await stage.send(MessageType.discover, { giaddr: ip('10.0.0.9') }, new Map([selected]))).address).toBe('10.7.1.1');
  expect((await stage.send(MessageType.discover, { giaddr }, new Map([notLink]))).address).toBe('10.7.1.1');
  expect((await stage.send(MessageType.discover, { giaddr, ciaddr: ip('10.0.0.7') })).address).toBe('10.7.1.1');
});

test('behind a relay nobody can be seen by ARP; an address of which nothing is known is offered', async () => {
  const probed: unknown[] = [];
  const stage = await open(nobody, {
    async probe(_, device) {
      probed.push(device);
      return 'unknown';
    },
  });
  expect((await stage.send(MessageType.discover, { giaddr: ip('10.7.0.1') })).address).toBe('10.7.1.1');
  expect(probed).toEqual([undefined]);
});

test('the server goes by its address in the client’s network, and knows its other ones for its own', async () => {
  const stage = await open(digium);
  const subnet = new Map([option(Code.subnetSelection, ip('10.7.0.0'))]);
  const offer = await stage.send(MessageType.discover, {}, subnet, 'eth0', both);
  expect([offer.address, optionOf(offer, Code.serverIdentifier), offer.reply?.siaddr]).toEqual([
    '10.7.1.1',
    '10.7.0.2',
    '10.7.0.2',
  ]);
  const chosen = new Map([...subnet, ...selecting('10.7.1.1', '10.7.0.2')]);
  const { kind, reply } = await stage.send(MessageType.request, {}, chosen, 'eth0', both);
  expect([kind, reply?.siaddr]).toEqual(['acknowledged', '10.7.0.2']);
});

test('an answer has of the message what RFC 2131, table 3, says, and nothing else', async () => {
  const stage = await open(nobody);
  const fields = { hops: 3, secs: 9, htype: 6, xid: 0xfedcba98, flags: 0x8001 };
  const identified = new Map([[Code.clientIdentifier, Buffer.from('000102', 'hex')]]);
  const { reply } = await stage.send(MessageType.discover, { ...fields, ciaddr: ip('10.0.0.7') }, identified);
  expect(reply).toEqual({
    op: 'reply',
    htype: 6,
    hops: 0,
    xid: 0xfedcba98,
    secs: 0,
    flags: 0x8001,
    yiaddr: '10.0.0.100',
    chaddr: Buffer.from('000fd3000001', 'hex'),
    sname: '',
    file: '',
    options: expect.any(Map),
  });
});

test('a NAK has no address and no time, and says whose it is; without a relay its flags are the client’s', async () => {
  const stage = await open(digium);
  const more = requesting('192.168.1.7', new Map([[Code.clientIdentifier, Buffer.from('000102', 'hex')]]));
  const { reply } = await stage.send(MessageType.request, { ciaddr: ip('10.0.0.7') }, more);
  expect([reply?.ciaddr, reply?.yiaddr, reply?.siaddr, reply?.flags]).toEqual([undefined, undefined, undefined, 0]);
  expect([...(reply?.options.keys() ?? [])]).toEqual([53, 54, 56, 61]);
});

test('a client that rebinds the address of another server is not answered, whether its network is served or not', async () => {
  const stage = await open(digium);
  expect(await stage.send(MessageType.request, { ciaddr: ip('10.0.0.77') })).toMatchObject({
    kind: 'ignored',
    reason: 'unknown',
  });
  expect(await stage.send(MessageType.request, { ciaddr: ip('10.0.0.101'), flags: BROADCAST })).toMatchObject({
    reason: 'unknown',
  });
  expect(await stage.send(MessageType.request, { ciaddr: ip('192.168.1.7') })).toMatchObject({ reason: 'no-subnet' });
  expect(stage.leases()).toEqual([]);
});

test('what a client gives back or declines is what its message says in the place that is for it, and another server’s is left to that', async () => {
  const stage = await open();
  await bound(stage);
  const ciaddr = ip('10.0.0.100');
  expect(await stage.send(MessageType.release, {}, requesting('10.0.0.100'))).toMatchObject({ reason: 'meaningless' });
  expect(await stage.send(MessageType.decline, { ciaddr })).toMatchObject({ reason: 'meaningless' });
  const others = new Map([option(Code.serverIdentifier, ip('10.0.0.2'))]);
  expect(await stage.send(MessageType.release, { ciaddr }, others)).toMatchObject({ kind: 'ignored', reason: 'other-server' });
  expect(await stage.send(MessageType.decline, {}, selecting('10.0.0.100', '10.0.0.2'))).toMatchObject({
    kind: 'ignored',
    reason: 'other-server',
  });
  expect(stage.leases()).toMatchObject([{ state: 'bound' }]);
  const ours = new Map([option(Code.serverIdentifier, ip(server))]);
  expect((await stage.send(MessageType.release, { ciaddr }, ours)).kind).toBe('noted');
});

test('who has an address is told nothing that may have a key where that address is in no network of ours, wherever it says it is', async () => {
  const stage = await open(digium);
  const said = { ciaddr: ip('192.0.2.7') };
  const link = new Map([[Code.relayInformation, Buffer.from('05040a000001', 'hex')]]);
  const selected = new Map([option(Code.subnetSelection, ip('10.0.0.0'))]);
  for (const [fields, more] of [
    [said, new Map()],
    [said, selected],
    [{ ...said, giaddr: ip('10.0.0.9') }, link],
  ] as const)
    expect(await stage.send(MessageType.inform, fields, more)).toMatchObject({ kind: 'ignored', reason: 'no-subnet' });
  expect(stage.noted).toEqual([]);
});

test('an INFORM tells where a phone is, and not that it has a lease; with known_only a computer is not answered', async () => {
  const stage = await open(nobody, { knownOnly: true });
  expect(await stage.send(MessageType.inform, { ciaddr: ip('10.0.0.7') })).toMatchObject({ kind: 'ignored', reason: 'unwanted' });
  expect(stage.noted).toMatchObject([{ kind: 'asked', ip: '10.0.0.7' }]);
});

test('a proxy that has nothing to tell says nothing', async () => {
  const stage = await open(nobody, { mode: 'proxy' });
  expect(await stage.send(MessageType.inform, { ciaddr: ip('192.0.2.7') })).toMatchObject({ reason: 'nothing-to-tell' });
});

test('a list of what it asks for that is empty is none, and who is no phone is told no server for files', async () => {
  const stage = await open();
  const { reply } = await stage.send(MessageType.discover, {}, new Map([[Code.parameterRequestList, Buffer.alloc(0)]]));
  expect([...(reply?.options.keys() ?? [])]).toEqual([53, 54, 51, 58, 59, 1, 3, 6]);
  expect(reply?.siaddr).toBeUndefined();
});
