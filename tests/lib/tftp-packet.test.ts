import { expect, test } from '@jest/globals';
import { encodePacket, type Packet, parsePacket, toNetascii } from '../../server/lib/tftp-packet.ts';
import { fc } from '../support/fuzz.ts';

const RRQ = '\0\x01phone.cfg\0octet\0';
const parse = (text: string) => parsePacket(Buffer.from(text, 'latin1'));

const text = (minLength: number) =>
  fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), minLength, maxLength: 40 });
const options = fc.array(fc.tuple(text(1), text(0)), { maxLength: 4 });
const number = fc.integer({ min: 0, max: 65_535 });
const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array));
const packets: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({ kind: fc.constantFrom('read' as const, 'write' as const), filename: text(1), mode: text(1), options }),
  fc.record({ kind: fc.constant('data' as const), block: number, data: bytes }),
  fc.record({ kind: fc.constant('ack' as const), block: number }),
  fc.record({ kind: fc.constant('error' as const), code: number, message: text(0) }),
  fc.record({
    kind: fc.constant('oack' as const),
    options: fc.array(fc.tuple(text(1), text(0)), { minLength: 1, maxLength: 4 }),
  }),
);

test('a packet comes back from its bytes as it was, and so do the bytes', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      const encoded = encodePacket(packet);
      const parsed = parsePacket(encoded);
      expect(parsed).toEqual(packet);
      expect(parsed && encodePacket(parsed).equals(encoded)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('no bytes make the parser throw', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8 }), bytes, (opcode, rest) => {
      parsePacket(rest);
      parsePacket(Buffer.concat([Buffer.of(0, opcode), rest]));
    }),
    { numRuns: 2_000 },
  );
});

test('a request is read with its options in the order and the spelling of the client', () => {
  expect(parse(`${RRQ}BLKSIZE\x001428\0tsize\0${'0'}\0`)).toEqual({
    kind: 'read',
    filename: 'phone.cfg',
    mode: 'octet',
    options: [
      ['BLKSIZE', '1428'],
      ['tsize', '0'],
    ],
  });
});

test('no byte of a file name is lost, whatever its encoding', () => {
  const name = Buffer.from([0xe9, 0xff, 0xc3, 0x28, 0x01]);
  const packet = parsePacket(Buffer.concat([Buffer.of(0, 1), name, Buffer.from('\0octet\0')]));
  expect(packet?.kind === 'read' && Buffer.from(packet.filename, 'latin1').equals(name)).toBe(true);
});

test.each([
  ['padded with NULs', `${RRQ}\0\0\0\0`],
  ['with the name of an option and no value', `${RRQ}blksize\0`],
])('a request %s is the request', (_how, datagram) => {
  expect(parse(datagram)).toEqual({ kind: 'read', filename: 'phone.cfg', mode: 'octet', options: [] });
});

test.each([
  ['nothing', ''],
  ['one byte', '\0'],
  ['an unknown opcode', '\0\x07abc\0'],
  ['opcode 256', '\x01\0abc\0octet\0'],
  ['a request without a name', '\0\x01\0octet\0'],
  ['a request without a mode', '\0\x01phone.cfg\0'],
  ['a request with an empty mode', '\0\x01phone.cfg\0\0'],
  ['a request whose last NUL is missing', '\0\x01phone.cfg\0octet'],
  ['a request without any NUL', '\0\x01phone.cfg'],
  ['a request of 513 bytes', `\0\x01${'a'.repeat(504)}\0octet\0`],
  ['half an ACK', '\0\x04\0'],
  ['half a DATA', '\0\x03\0'],
  ['half an ERROR', '\0\x05\0'],
  ['an OACK without options', '\0\x06'],
])('%s is no packet', (_what, datagram) => {
  expect(parse(datagram)).toBeUndefined();
});

test('a request of 512 bytes is read', () => {
  expect(parse(`\0\x01${'a'.repeat(503)}\0octet\0`)?.kind).toBe('read');
});

test('bytes after an ACK and a message without an end are taken', () => {
  expect(parse('\0\x04\x01\x02junk')).toEqual({ kind: 'ack', block: 0x102 });
  expect(parse('\0\x05\0\x08no thanks')).toEqual({ kind: 'error', code: 8, message: 'no thanks' });
});

test('the block after 65,535 is 0 on the wire', () => {
  const onWire = (block: number) => encodePacket({ kind: 'data', block, data: Buffer.alloc(0) }).readUInt16BE(2);
  expect([65_535, 65_536, 65_537, 131_072].map(onWire)).toEqual([65_535, 0, 1, 0]);
});

test('netascii ends lines with CR LF and keeps a CR as CR NUL', () => {
  expect(toNetascii(Buffer.from('a\nb\r\nc\rd')).toString('latin1')).toBe('a\r\nb\r\0\r\nc\r\0d');
  const plain = Buffer.from('no line ends here');
  expect(toNetascii(plain)).toBe(plain);
});

test('netascii is the same wherever a text is cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\r', '\n', 'a', '\0') }), fc.nat(20), (line, cut) => {
      const whole = Buffer.from(line);
      const pieces = [toNetascii(whole.subarray(0, cut)), toNetascii(whole.subarray(cut))];
      expect(Buffer.concat(pieces).equals(toNetascii(whole))).toBe(true);
    }),
  );
});
