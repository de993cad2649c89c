import { expect, test } from '@jest/globals';
import { listIn, readAddress, readParameters, readSequence, readUri, readVia } from '../../../server/lib/sip/values.ts';
import { fc } from '../../support/fuzz.ts';

const parameters = (entries: Record<string, string>) => new Map(Object.entries(entries));

test.each([
  ['sip:1001@pbx.example', { scheme: 'sip', user: '1001', host: 'pbx.example', port: undefined }],
  ['SIPS:pbx:5061', { scheme: 'sips', user: undefined, host: 'pbx', port: 5061 }],
  [
    'sip:u:secret@[2001:DB8::1]:5060;transport=tcp?x=y',
    { user: 'u', host: '2001:db8::1', port: 5060, parameters: parameters({ transport: 'tcp' }) },
  ],
  ['sip:MAC%3a00041@224.0.1.75', { user: 'MAC%3a00041', host: '224.0.1.75' }],
])('%s is a URI', (text, expected) => {
  expect(readUri(text)).toMatchObject(expected);
});

test.each(['', 'tel:1', 'sip:', 'sip:a@', 'sip:a@b@c', 'sip:a@b:0', 'sip:a@b:65536', 'sip:a@b c', 'sip:a@[::1', 'http://x'])(
  '%j is no URI',
  (text) => {
    expect(readUri(text)).toBeUndefined();
  },
);

test.each([
  ['<sip:a@b>;tag=1', { display: undefined, uri: 'sip:a@b', parameters: parameters({ tag: '1' }) }],
  ['"Desk; \\"one\\" <x>" <sip:a@b;lr>', { display: 'Desk; "one" <x>', uri: 'sip:a@b;lr', parameters: parameters({}) }],
  ['Desk one <sip:a@b>', { display: 'Desk one', uri: 'sip:a@b' }],
  ['sip:a@b;tag=1', { uri: 'sip:a@b', parameters: parameters({ tag: '1' }) }],
])('%s is an address', (text, expected) => {
  expect(readAddress(text)).toMatchObject(expected);
});

test.each(['', '"never ends <sip:a>', '<sip:a'])('%j is no address', (text) => {
  expect(readAddress(text)).toBeUndefined();
});

test.each([
  [
    'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport',
    { transport: 'UDP', host: '192.0.2.1', port: 5060, parameters: parameters({ branch: 'z9hG4bK1', rport: '' }) },
  ],
  [
    'SIP / 2.0 / tls [2001:db8::1]:5061 ; received=192.0.2.9',
    { transport: 'TLS', host: '2001:db8::1', port: 5061, parameters: parameters({ received: '192.0.2.9' }) },
  ],
])('%s is a Via', (text, expected) => {
  expect(readVia(text)).toEqual(expected);
});

test.each(['', 'SIP/2.0/UDP', 'SIP/2.0/UDP ;branch=x', 'SIP/1.0/UDP a', 'HTTP/1.1 a'])('%j is no Via', (text) => {
  expect(readVia(text)).toBeUndefined();
});

test('values of one header stand in one field or in several, and commas in quotes and brackets are none between them', () => {
  expect(listIn(['a, "b, c" <sip:d,e@f>', 'g', ''])).toEqual(['a', '"b, c" <sip:d,e@f>', 'g']);
});

test('parameters have names in any case; the first of a name counts', () => {
  expect(readParameters(';Tag=1; lr ;tag=2;q="a;b\\"c"')).toEqual(parameters({ tag: '1', lr: '', q: 'a;b"c' }));
});

test.each([
  ['1 NOTIFY', { number: 1, method: 'NOTIFY' }],
  ['4294967295\tACK', { number: 4_294_967_295, method: 'ACK' }],
  ['4294967296 ACK', undefined],
  ['x ACK', undefined],
  ['1', undefined],
])('%j as CSeq', (text, expected) => {
  expect(readSequence(text)).toEqual(expected);
});

test('no text whatever throws', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('sip:', 'a', '@', ';', '<', '>', '"', '\\', '=', ',', ' ', '[', ']', ':', '5060', 'SIP/2.0/UDP '))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      for (const read of [readUri, readAddress, readVia, readParameters, readSequence]) read(given);
      listIn([given]);
    }),
    { numRuns: 20_000 },
  );
});
