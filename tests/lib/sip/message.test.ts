import { expect, test } from '@jest/globals';
import { SipHeaders } from '../../../server/lib/sip/headers.ts';
import { MAX_BODY, readDatagram, SipFramer, type SipMessage, writeMessage } from '../../../server/lib/sip/message.ts';
import { fc } from '../../support/fuzz.ts';

const lines = (...text: string[]) => Buffer.from(`${text.join('\r\n')}\r\n\r\n`, 'latin1');

/** What a Snom 370 asks for when it boots (SIP PnP). */
const subscribe = lines(
  'SUBSCRIBE sip:MAC%3a0004132A1234@224.0.1.75 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.33:5060;branch=z9hG4bK-1;rport',
  'f: <sip:MAC%3a0004132A1234@224.0.1.75>;tag=1',
  't: <sip:MAC%3a0004132A1234@224.0.1.75>',
  'i: abc@192.0.2.33',
  'CSeq: 1 SUBSCRIBE',
  'o: ua-profile;profile-type="device";vendor="snom";',
  ' model="snom370";version="8.7.5"',
  'Content-Length: 0',
);

test('a request is read, with compact names and lines that go on', () => {
  const message = readDatagram(subscribe);
  expect(message).toMatchObject({ kind: 'request', method: 'SUBSCRIBE', uri: 'sip:MAC%3a0004132A1234@224.0.1.75' });
  expect(message?.headers.get('Call-ID')).toBe('abc@192.0.2.33');
  expect(message?.headers.get('event')).toBe('ua-profile;profile-type="device";vendor="snom"; model="snom370";version="8.7.5"');
  expect(message?.headers.all('VIA')).toHaveLength(1);
});

test('a response is read, with a reason or without', () => {
  expect(readDatagram(lines('SIP/2.0 489 Bad Event', 'Via: SIP/2.0/UDP x'))).toMatchObject({ status: 489, reason: 'Bad Event' });
  expect(readDatagram(lines('SIP/2.0 200', 'v: x'))).toMatchObject({ kind: 'response', status: 200, reason: '' });
});

test('a datagram has the body that its length says, or all that is left; one that lost its end is none', () => {
  const body = (length: string) =>
    readDatagram(Buffer.concat([lines('SIP/2.0 200 OK', ...(length ? [length] : [])), Buffer.from('abcdef')]));
  expect(body('Content-Length: 3')?.body.toString()).toBe('abc');
  expect(body('')?.body.toString()).toBe('abcdef');
  expect(body('l: 7')).toBeUndefined();
});

test.each([
  ['nothing', ''],
  ['line ends', '\r\n\r\n'],
  ['no end', 'NOTIFY sip:a SIP/2.0\r\nVia: x\r\n'],
  ['another protocol', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['another version', 'NOTIFY sip:a SIP/3.0\r\nVia: x\r\n\r\n'],
  ['a status that is none', 'SIP/2.0 99 Low\r\nVia: x\r\n\r\n'],
  ['a line without a name', 'SIP/2.0 200 OK\r\nnothing\r\n\r\n'],
  ['two lengths', 'SIP/2.0 200 OK\r\nl: 1\r\nContent-Length: 2\r\n\r\nab'],
  ['a length that is none', 'SIP/2.0 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['a NUL in a value', 'SIP/2.0 200 OK\r\nVia: a\0b\r\n\r\n'],
  ['a bare CR in a value', 'SIP/2.0 200 OK\r\nVia: a\rb\r\n\r\n'],
])('%s is no message', (_, text) => {
  expect(readDatagram(Buffer.from(text, 'latin1'))).toBeUndefined();
});

test.each([
  ['Via', 'a\r\nX: b'],
  ['Via', 'a\nb'],
  ['V ia', 'a'],
  ['', 'a'],
])('what would be another line is not written: %j %j', (name, value) => {
  const headers = new SipHeaders([[name, value]]);
  const message: SipMessage = { kind: 'response', status: 200, reason: 'OK', headers, body: Buffer.alloc(0) };
  expect(() => writeMessage(message)).toThrow(RangeError);
});

test.each(['sip:a b', 'sip:a\r\nX: y', ''])('a URI that would be more than one is not written: %j', (uri) => {
  const message: SipMessage = { kind: 'request', method: 'NOTIFY', uri, headers: new SipHeaders([]), body: Buffer.alloc(0) };
  expect(() => writeMessage(message)).toThrow(RangeError);
});

const value = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 40 })
  .filter((text) => !/^[ \t]|[ \t]$/.test(text));
const name = fc.constantFrom('Via', 'v', 'From', 'X-Odd', 'Event', 'o');
const message: fc.Arbitrary<SipMessage> = fc
  .record({
    headers: fc.array(fc.tuple(name, value), { maxLength: 6 }).map((fields) => new SipHeaders(fields)),
    body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    start: fc.oneof(
      fc.record({ kind: fc.constant('request' as const), method: fc.constantFrom('NOTIFY', 'ACK'), uri: fc.constant('sip:a@b') }),
      fc.record({
        kind: fc.constant('response' as const),
        status: fc.integer({ min: 100, max: 699 }),
        reason: fc.constant('Is so'),
      }),
    ),
  })
  .map(({ start, headers, body }) => ({ ...start, headers, body }));

/** What is written has a length more. */
const bare = (given: SipMessage) => ({ ...given, headers: given.headers.without('Content-Length').fields });

test('what is written is read as it was, byte by byte', () => {
  fc.assert(
    fc.property(message, (given) => {
      const read = readDatagram(writeMessage(given));
      expect(read && bare(read)).toEqual(bare(given));
    }),
    { numRuns: 2_000 },
  );
});

test('a stream gives its messages whole and in their order, in whatever pieces it comes', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
      (given, sizes) => {
        const stream = Buffer.concat(given.flatMap((each) => [Buffer.from('\r\n\r\n'), writeMessage(each)]));
        const framer = new SipFramer();
        const found: SipMessage[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          found.push(...framer.take(stream.subarray(at, at + size)));
          at += size;
        }
        expect(framer.isBroken).toBe(false);
        expect(found.map(bare)).toEqual(given.map(bare));
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ['no end of its head', Buffer.from(`SIP/2.0 200 OK\r\nX: ${'x'.repeat(70_000)}`)],
  ['a body that is too large', lines('SIP/2.0 200 OK', `Content-Length: ${MAX_BODY + 1}`)],
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
])('a stream with %s is given up, and nothing is kept of it', (_, bytes) => {
  const framer = new SipFramer();
  expect(framer.take(bytes)).toEqual([]);
  expect(framer.isBroken).toBe(true);
  expect(
    framer.take(writeMessage({ kind: 'response', status: 200, reason: '', headers: new SipHeaders([]), body: Buffer.alloc(0) })),
  ).toEqual([]);
});

test('100,000 mutated messages are read or not, and none throws or takes long', () => {
  let seed = 4_711;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % below;
  };
  const spices = ['\r\n', '\n', '\0', ': ', '"', '<', '>', ';', ',', '%', ' '.repeat(50), 'é', 'SIP/2.0', '99999999999'].map(
    (text) => Buffer.from(text, 'latin1'),
  );
  let read = 0;
  for (let turn = 0; turn < 100_000; turn++) {
    let bytes = Buffer.from(subscribe);
    for (let change = 0; change <= turn % 4; change++) {
      const at = random(bytes.length + 1);
      const spice = spices[random(spices.length)] ?? Buffer.alloc(0);
      bytes = Buffer.concat([bytes.subarray(0, at), spice, bytes.subarray(at + random(8))]);
    }
    if (readDatagram(bytes)) read++;
    new SipFramer().take(bytes);
  }
  // Some of them are messages still, and some are not.
  expect(read).toBeGreaterThan(10_000);
  expect(read).toBeLessThan(95_000);
});

test('what is made to be slow is not', () => {
  const blanks = lines('SIP/2.0 200 OK', `X:${' '.repeat(60_000)}x`, `Y${' '.repeat(4_000)}: y`);
  const folds = lines('SIP/2.0 200 OK', `X: a${'\r\n '.repeat(15_000)}b`);
  for (let turn = 0; turn < 50; turn++) for (const bytes of [blanks, folds]) expect(readDatagram(bytes)).toBeDefined();
}, 5_000);
