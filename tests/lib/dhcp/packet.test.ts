import { isDeepStrictEqual } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { describeOption, MessageType, option, readOption } from '../../../server/lib/dhcp/options.ts';
import { BROADCAST, decodePacket, encodePacket, isDiscover, macOf, type Packet } from '../../../server/lib/dhcp/packet.ts';
import type { Ip } from '../../../server/lib/ip.ts';
import { mutant, seeded } from '../../support/dhcp-mutants.ts';
import { fc } from '../../support/fuzz.ts';
import { capture, captures, head, hex, message, phones } from './messages.ts';

const HEADERS = 28;
const anySize = Number.POSITIVE_INFINITY;

function decode(bytes: Buffer): Packet {
  const decoded = decodePacket(bytes);
  if ('problem' in decoded) throw new Error(`The message ${decoded.problem}`);
  return decoded.packet;
}

function broken(bytes: Buffer) {
  const decoded = decodePacket(bytes);
  return 'problem' in decoded ? decoded.problem : decoded.broken;
}

const of = (options: readonly (readonly [number, Buffer])[], fields: Partial<Packet> = {}): Packet => ({
  op: 'reply',
  htype: 1,
  hops: 0,
  xid: 7,
  secs: 0,
  flags: 0,
  chaddr: Buffer.from('0015655e167c', 'hex'),
  sname: '',
  file: '',
  options: new Map(options),
  ...fields,
});

test.each(captures)('%s is read whole, and written as it was', (name, bytes) => {
  expect(broken(bytes)).toEqual([]);
  const packet = decode(bytes);
  expect(packet.op).toBe(name.startsWith('dnsmasq') ? 'reply' : 'request');
  expect(macOf(packet)).toBe('00:15:65:12:34:56');
  // dhcpcd has its address before the type of the message, and nothing behind the end.
  const [type] = [...packet.options.keys()];
  const written = encodePacket(packet, anySize);
  expect(written.leftOut).toEqual([]);
  if (type === 53) expect(written.bytes.toString('hex')).toBe(bytes.toString('hex'));
  else expect(name).toBe('dhcpcd 9.4.1: REQUEST');
  expect(decode(written.bytes)).toEqual(packet);
});

test('a REQUEST whose type does not come first is written with it first, and is the same', () => {
  const packet = decode(capture('dhcpcd 9.4.1: REQUEST'));
  expect([...packet.options.keys()].slice(0, 2)).toEqual([50, 53]);
  expect([...decode(encodePacket(packet).bytes).options.keys()].slice(0, 2)).toEqual([53, 50]);
});

test('all of an offer is told: addresses, times, names, routes', () => {
  const { yiaddr, siaddr, giaddr, options } = decode(capture('dnsmasq 2.90: OFFER to udhcpc'));
  expect({ yiaddr, siaddr, giaddr }).toEqual({ yiaddr: '10.88.0.113', siaddr: '10.88.0.1', giaddr: undefined });
  expect(readOption(options, 53)).toBe(MessageType.offer);
  expect(readOption(options, 51)).toBe(3_600);
  expect(readOption(options, 67)).toBe('y000000000000.boot');
  expect(readOption(options, 42)).toEqual(['10.88.0.1', '10.88.0.2']);
  expect(readOption(options, 119)).toEqual(['phones.example.net', 'example.net']);
  expect(readOption(options, 121)).toEqual([{ destination: '10.99.0.0/16', router: '10.88.0.254' }]);
  expect(readOption(options, 150)).toEqual(['10.88.0.1']);
  expect(readOption(options, 160)).toBe('http://10.88.0.1:8667/yealink');
});

test('who asks is told by dhclient and dhcpcd alike, each in its own way', () => {
  const dhclient = decode(capture('dhclient 4.4.3: DISCOVER')).options;
  const dhcpcd = decode(capture('dhcpcd 9.4.1: DISCOVER')).options;
  expect([readOption(dhclient, 60), readOption(dhcpcd, 60)]).toEqual(['yealink SIP-T46S', 'yealink SIP-T46S']);
  // dhclient has the class as a bare text, dhcpcd with its length.
  expect([readOption(dhclient, 77), readOption(dhcpcd, 77)]).toEqual([['offhook'], ['offhook']]);
  expect(readOption(dhclient, 81)).toEqual({ flags: 5, name: 't46s.phones.example.net.' });
  expect(readOption(dhclient, 61)).toEqual({ type: 1, bytes: Buffer.from('001565123456', 'hex') });
  expect(readOption(dhcpcd, 61)).toEqual({
    type: 255,
    iaid: 0x65123456,
    duid: Buffer.from('000100013295dba6001565123456', 'hex'),
  });
  expect(readOption(dhcpcd, 124)).toEqual(new Map([[40_712, Buffer.from('T46S')]]));
});

test.each([
  ['yealink', '00:15:65:5e:16:7c', 'yealink SIP-T46S'],
  ['cisco', '00:1a:a1:2b:3c:4d', 'Cisco Systems, Inc. IP Phone CP-7940G'],
  ['grandstream', '00:0b:82:12:34:56', 'Grandstream GXP2160 dslforum.org'],
  ['snom', '00:04:13:aa:bb:cc', 'snom370'],
] as const)('a phone of %s says who it is', (name, mac, vendorClass) => {
  expect(broken(phones[name])).toEqual([]);
  const packet = decode(phones[name]);
  expect(macOf(packet)).toBe(mac);
  expect(readOption(packet.options, 60)).toBe(vendorClass);
  expect(decode(encodePacket(packet).bytes)).toEqual(packet);
});

test('a Polycom says what it is by enterprise number, and what is no text loses no byte', () => {
  const { options } = decode(phones.polycom);
  const part = (text: string) => Buffer.from(text);
  expect(readOption(options, 124)).toEqual(new Map([[13_885, part('VVX 600')]]));
  expect(readOption(options, 125)).toEqual(
    new Map([
      [
        13_885,
        new Map([
          [1, part('Polycom')],
          [2, part('VVX600')],
        ]),
      ],
    ]),
  );
  expect(Buffer.from(readOption(options, 60) ?? '', 'latin1')).toEqual(options.get(60));
  expect(readOption(options, 60)).toContain('SoundPointIP-SPIP_601');
  // Not sub-options, and there all the same.
  expect(readOption(options, 43)).toBeUndefined();
  expect(options.get(43)?.toString()).toBe('Polycom');
});

test.each([
  ['nothing', '', 'is 0 bytes, and 236 are the least'],
  ['half a message', '01'.repeat(100), 'is 100 bytes, and 236 are the least'],
  [
    'a message without a cookie',
    head('00:15:65:5e:16:7c').padEnd(472, '0'),
    'ends before the magic cookie that options begin with',
  ],
  [
    'a message with half a cookie',
    `${head('00:15:65:5e:16:7c').padEnd(472, '0')}6382`,
    'ends before the magic cookie that options begin with',
  ],
  [
    'a message with another cookie',
    `${head('00:15:65:5e:16:7c').padEnd(472, '0')}63825364ff`,
    'has 63825364 in the place of the magic cookie, 63825363',
  ],
  [
    'an op that is none',
    `03${message(head('00:15:65:5e:16:7c'), 'ff').toString('hex', 1)}`,
    'has the op 3, which is neither a request (1) nor a reply (2)',
  ],
  [
    'hardware of 17 bytes',
    `010111${message(head('00:15:65:5e:16:7c'), 'ff').toString('hex', 3)}`,
    'has a hardware address of 17 bytes, where 16 have room',
  ],
])('%s is no message, and is told so', (_what, digits, problem) => {
  expect(decodePacket(Buffer.from(digits, 'hex'))).toEqual({ problem });
});

test.each([0, 6, 16])('hardware addresses of %d bytes come back', (length) => {
  const packet = of([option(53, 1)], { op: 'request', htype: 32, chaddr: Buffer.alloc(length, 0xab) });
  const read = decode(encodePacket(packet).bytes);
  expect(read).toEqual(packet);
  expect(macOf(read)).toBeUndefined();
});

test('a broken option is told with its bytes, and those before it are there', () => {
  const start = `350101${hex(60, 'snom370')}`;
  const cut = message(head('00:04:13:aa:bb:cc'), start).subarray(0, 240 + start.length / 2);
  const told = (rest: string) => {
    const decoded = decodePacket(Buffer.concat([cut, Buffer.from(rest, 'hex')]));
    return 'problem' in decoded ? decoded : [readOption(decoded.packet.options, 60), decoded.broken];
  };
  const area = 'options';
  expect(told('')).toEqual(['snom370', []]);
  expect(told('0c')).toEqual(['snom370', [{ code: 12, area, bytes: Buffer.of(), problem: 'has no length' }]]);
  expect(told('0c05616263')).toEqual([
    'snom370',
    [{ code: 12, area, bytes: Buffer.from('abc'), problem: 'says that it has 5 bytes, and 3 are left' }],
  ]);
  // A piece of the same code, which is not a part of it.
  expect(told('3c05616263')).toEqual(['snom370', [expect.objectContaining({ code: 60, bytes: Buffer.from('abc') })]]);
});

test('options go on in file and sname, in this order, as pieces of one', () => {
  const file = `${hex(66, 'two ')}${hex(12, 'phone')}ff`;
  const sname = `${hex(66, 'three')}0000${hex(15, 'example.net')}`;
  const packet = decode(message(head('00:15:65:5e:16:7c'), `350102340103${hex(66, 'one ')}ff${hex(3, 'not')}`, { sname, file }));
  expect([...packet.options.keys()]).toEqual([53, 66, 12, 15]);
  expect(readOption(packet.options, 66)).toBe('one two three');
  expect([packet.sname, packet.file]).toEqual(['', '']);
});

test.each([
  ['1', 'file', ['in sname', '']],
  ['2', 'sname', ['', 'in file']],
] as const)('overload %s takes the options of %s only', (value, name, texts) => {
  const fields = {
    sname: Buffer.from('in sname').toString('hex'),
    file: Buffer.from('in file').toString('hex'),
    [name]: hex(12, 'phone'),
  };
  const packet = decode(message(head('00:15:65:5e:16:7c'), `35010234010${value}ff`, fields));
  expect([packet.sname, packet.file]).toEqual(texts);
  expect(readOption(packet.options, 12)).toBe('phone');
});

test.each(['340100', '340104', '34020101', '3400', '340101340102'])('overload %s moves nothing, and is told', (overload) => {
  const bytes = message(head('00:15:65:5e:16:7c'), `350102${overload}${hex(15, 'example.net')}ff`, { file: '626f6f74' });
  expect(broken(bytes)).toEqual([expect.objectContaining({ code: 52, problem: 'should be one byte, 1, 2 or 3' })]);
  expect(decode(bytes).file).toBe('boot');
  expect(readOption(decode(bytes).options, 15)).toBe('example.net');
});

test('overload among overloaded options is told, and moves nothing', () => {
  const bytes = message(head('00:15:65:5e:16:7c'), '350102340101ff', { file: '340102', sname: '626f6f74' });
  expect(broken(bytes)).toEqual([expect.objectContaining({ code: 52, area: 'file' })]);
  expect(decode(bytes).sname).toBe('boot');
});

test('an option that comes once is a part of the datagram, and no copy', () => {
  const bytes = phones.yealink;
  const [vendorClass, { chaddr }] = [decode(bytes).options.get(60), decode(bytes)];
  expect(vendorClass?.buffer).toBe(bytes.buffer);
  expect(chaddr.buffer).toBe(bytes.buffer);
});

test('a message has 300 bytes at least, its type first, what the relay says last', () => {
  const relay = new Map([[1, Buffer.from('eth0')]]);
  const { bytes } = encodePacket(of([option(82, relay), option(51, 3_600), option(53, MessageType.offer)], { flags: BROADCAST }));
  expect(bytes).toHaveLength(300);
  expect(bytes.toString('hex', 236, 263)).toBe('63825363350102330400000e105206010465746830ff0000000000');
  expect(bytes.readUInt16BE(10)).toBe(0x8000);
});

test('an option of more than 255 bytes travels in pieces', () => {
  const long = Buffer.from(Array.from({ length: 600 }, (_, index) => index & 0xff));
  const { bytes, leftOut } = encodePacket(of([option(53, 2), [224, long]]), 1_500);
  expect(leftOut).toEqual([]);
  expect([bytes[243], bytes[244], bytes[500], bytes[501], bytes[757], bytes[758]]).toEqual([224, 255, 224, 255, 224, 90]);
  expect(decode(bytes).options.get(224)).toEqual(long);
});

test('what does not fit into 576 bytes goes to file and sname', () => {
  const url = `https://phones.example.net/${'k'.repeat(90)}/`;
  const packet = of([
    option(53, 5),
    option(66, url),
    option(43, new Map([[1, Buffer.from(url)]])),
    option(160, url),
    option(12, 'phone'),
  ]);
  const { bytes, leftOut } = encodePacket(packet);
  expect(leftOut).toEqual([]);
  expect(bytes.length + HEADERS).toBeLessThanOrEqual(576);
  expect(bytes.toString('hex', 240, 246)).toBe('350105340101');
  expect(bytes[108]).toBe(160);
  expect(decode(bytes)).toEqual(packet);
  // Whoever takes more gets it plainly.
  expect(encodePacket(packet, 1_500).bytes.toString('hex', 240, 245)).toBe(`35010542${Buffer.of(url.length).toString('hex')}`);
});

test('a field with a text of its own takes no options, and what does not fit is said', () => {
  const packet = of([option(53, 5), option(66, 'u'.repeat(200)), option(160, 'v'.repeat(108)), option(12, 'phone')], {
    file: 'boot',
    sname: 'server',
  });
  const { bytes, leftOut } = encodePacket(packet);
  expect(leftOut).toEqual([160]);
  expect(decode(bytes)).toEqual({ ...packet, options: new Map([...packet.options].filter(([code]) => code !== 160)) });
});

test('the largest go first where their order would leave one out', () => {
  const sized = (code: number, length: number) => [code, Buffer.alloc(length, code)] as const;
  const packet = of([sized(201, 60), sized(202, 60), sized(203, 180), sized(204, 120)]);
  const { bytes, leftOut } = encodePacket(packet);
  expect(leftOut).toEqual([]);
  expect(isDeepStrictEqual(new Map([...decode(bytes).options].sort()), packet.options)).toBe(true);
});

test.each([0, 300, 575])('who says that it takes %d bytes is written 576: everybody takes them', (most) => {
  const { leftOut, bytes } = encodePacket(of([option(53, 2), [201, Buffer.alloc(255)]], { file: 'f', sname: 's' }), most);
  expect([leftOut, bytes.length > 300]).toEqual([[], true]);
});

test('what the relay says is the last of the options area also where others go to the fields', () => {
  const sized = (code: number, length: number) => [code, Buffer.alloc(length, code)] as const;
  const packet = of([sized(82, 20), sized(53, 1), sized(201, 200), sized(202, 100)]);
  const { bytes, leftOut } = encodePacket(packet);
  expect(leftOut).toEqual([]);
  expect([...decode(bytes).options.keys()]).toEqual([53, 201, 82, 202]);
});

test('the mask is before the routers also where the largest go first', () => {
  const sized = (code: number, length: number) => [code, Buffer.alloc(length, code)] as const;
  const packet = of([sized(1, 4), sized(3, 8), sized(201, 60), sized(202, 60), sized(203, 180), sized(204, 100)]);
  const { bytes, leftOut } = encodePacket(packet);
  expect(leftOut).toEqual([]);
  const codes = [...decode(bytes).options.keys()];
  expect(codes[0]).toBe(1);
  expect(codes.indexOf(203)).toBeLessThan(codes.indexOf(201));
});

test('texts that are longer than their fields are said, and not cut', () => {
  const { bytes, leftOut } = encodePacket(of([option(53, 2)], { file: 'f'.repeat(129), sname: 's'.repeat(65) }));
  expect(leftOut).toEqual(['sname', 'file']);
  expect([decode(bytes).sname, decode(bytes).file]).toEqual(['', '']);
});

test.each([0, 52, 255])('there is no option %d to be given', (code) => {
  const { bytes, leftOut } = encodePacket(of([option(53, 2), [code, Buffer.of(1)]]));
  expect(leftOut).toEqual([code]);
  expect([...decode(bytes).options.keys()]).toEqual([53]);
});

test('an address of IPv6, or hardware of 17 bytes, is an error and no other message', () => {
  const invalid = expect.objectContaining({ code: 'dhcp-address-invalid' });
  expect(() => encodePacket(of([], { yiaddr: '2001:db8::1' as Ip }))).toThrow(invalid);
  expect(() => encodePacket(of([], { chaddr: Buffer.alloc(17) }))).toThrow(invalid);
});

const address = fc.ipV4().map((ip) => (ip === '0.0.0.0' ? '10.0.0.1' : ip) as Ip);
const u16 = fc.integer({ min: 0, max: 0xffff });
const u8 = fc.integer({ min: 0, max: 255 });
const fieldText = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength });
const optionBytes = fc.oneof(
  { weight: 5, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 200, maxLength: 700 }) },
);
const optionCode = fc.integer({ min: 1, max: 254 }).filter((code) => code !== 52);
const packets: fc.Arbitrary<Packet> = fc.record(
  {
    op: fc.constantFrom('request' as const, 'reply' as const),
    htype: u8,
    hops: u8,
    xid: fc.integer({ min: 0, max: 0xffffffff }),
    secs: u16,
    flags: u16,
    ciaddr: address,
    yiaddr: address,
    siaddr: address,
    giaddr: address,
    chaddr: fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
    sname: fc.oneof(fc.constant(''), fieldText(64)),
    file: fc.oneof(fc.constant(''), fieldText(128)),
    options: fc
      .uniqueArray(
        fc.tuple(
          optionCode,
          optionBytes.map((bytes) => Buffer.from(bytes)),
        ),
        { selector: ([code]) => code, maxLength: 14 },
      )
      .map((entries) => new Map(entries)),
  },
  { requiredKeys: ['op', 'htype', 'hops', 'xid', 'secs', 'flags', 'chaddr', 'sname', 'file', 'options'] },
);

test('a packet comes back from its bytes as it was, and so do the bytes', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      const { bytes, leftOut } = encodePacket(packet, anySize);
      const read = decode(bytes);
      expect(leftOut).toEqual([]);
      expect(isDeepStrictEqual(read, { ...packet })).toBe(true);
      expect(encodePacket(read, anySize).bytes.equals(bytes)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('whatever the size, a message keeps to it, and has all that it does not say it left out', () => {
  fc.assert(
    fc.property(packets, fc.integer({ min: 0, max: 1_500 }), (packet, size) => {
      const { bytes, leftOut } = encodePacket(packet, size);
      expect(bytes.length + HEADERS).toBeLessThanOrEqual(Math.max(size, 576));
      expect(broken(bytes)).toEqual([]);
      const options = new Map([...packet.options].filter(([code]) => !leftOut.includes(code)));
      expect(isDeepStrictEqual(decode(bytes), { ...packet, options })).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

/** As isDeepStrictEqual, which takes its time. */
function same({ options, chaddr, ...fields }: Packet, other: Packet): boolean {
  const { options: others, chaddr: otherChaddr, ...otherFields } = other;
  const equal = Array.from(options).every(([code, value]) => others.get(code)?.equals(value));
  return equal && options.size === others.size && chaddr.equals(otherChaddr) && isDeepStrictEqual(fields, otherFields);
}

test('100,000 mutants of messages are read without a throw, written, read again as the same, and leave nothing behind', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const random = seeded(0x0ff_400c);
  let [read, changed, described] = [0, 0, 0];
  const run = (count: number) => {
    for (let index = 0; index < count; index += 1) {
      const bytes = mutant(random);
      const decoded = decodePacket(bytes);
      if ('problem' in decoded) continue;
      read += 1;
      for (const [code, value] of decoded.packet.options) described += describeOption(code, value).text.length;
      const again = decodePacket(encodePacket(decoded.packet, anySize).bytes);
      if ('problem' in again || again.broken.length > 0 || !same(again.packet, decoded.packet)) changed += 1;
    }
    collect();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    return heapUsed + external + arrayBuffers;
  };
  const before = run(10_000);
  const after = run(90_000);
  expect(changed).toBe(0);
  expect(described).toBeGreaterThan(1_000_000);
  expect(read).toBeGreaterThan(30_000);
  expect(after - before).toBeLessThan(4_000_000);
}, 120_000);

test.each(captures)('%s is a DISCOVER at first sight when it is one, and else it is not', (_name, bytes) => {
  expect(isDiscover(bytes)).toBe(readOption(decode(bytes).options, 53) === MessageType.discover);
});

test('what ends before its options is no DISCOVER at first sight', () => {
  for (const length of [0, 239, 240, 242]) expect(isDiscover(Buffer.alloc(length, 53))).toBe(false);
});

test('a packet of as many pieces as fit into a datagram is one option', () => {
  const pieces = Buffer.from('e00161'.repeat(21_700), 'hex');
  const bytes = Buffer.concat([phones.yealink.subarray(0, 240), pieces]);
  expect(decode(bytes).options.get(224)?.equals(Buffer.alloc(21_700, 'a'))).toBe(true);
});
