import { expect, test } from '@jest/globals';
import { Code, describeOption, type KnownCode, option, parseOption, readOption } from '../../../server/lib/dhcp/options.ts';
import { type Ip, parseIp } from '../../../server/lib/ip.ts';
import { fc } from '../../support/fuzz.ts';
import { hex } from './messages.ts';

const ip = (text: string): Ip => {
  const address = parseIp(text);
  if (!address) throw new Error(`${text} is no address`);
  return address;
};
const bytes = (digits: string) => Buffer.from(digits, 'hex');
const text = (said: string) => Buffer.from(said, 'latin1');
const read = (code: KnownCode, digits: string) => readOption(new Map([[code, bytes(digits)]]), code);

/** Code, bytes, value, and how a person writes it. */
const values: readonly (readonly [KnownCode, string, unknown, string])[] = [
  [1, 'ffffff00', '255.255.255.0', '255.255.255.0'],
  [2, 'ffff9d90', -25_200, '-25200'],
  [3, '0a0000010a000002', ['10.0.0.1', '10.0.0.2'], '10.0.0.1, 10.0.0.2'],
  [12, text('SEP001AA12B3C4D').toString('hex'), 'SEP001AA12B3C4D', 'SEP001AA12B3C4D'],
  [19, '01', true, 'true'],
  [25, '00440128', [68, 296], '68, 296'],
  [26, '05dc', 1_500, '1500'],
  [33, '0a0100000a000001', [['10.1.0.0', '10.0.0.1']], '10.1.0.0 10.0.0.1'],
  [42, 'c0000201', ['192.0.2.1'], '192.0.2.1'],
  [
    43,
    '4203616263430178',
    new Map([
      [66, text('abc')],
      [67, text('x')],
    ]),
    '66=abc, 67=x',
  ],
  [
    43,
    '010468747470' + '02020aff',
    new Map([
      [1, text('http')],
      [2, bytes('0aff')],
    ]),
    '1=http, 2=0x0aff',
  ],
  [51, '00000e10', 3_600, '3600'],
  [55, '010342', [1, 3, 66], '1, 3, 66'],
  [57, '05dc', 1_500, '1500'],
  [77, '036f6e650374776f', ['one', 'two'], 'one, two'],
  [
    82,
    '0104657468300206001a2b3c4d5e',
    new Map([
      [1, text('eth0')],
      [2, bytes('001a2b3c4d5e')],
    ]),
    '1=eth0, 2=0x001a2b3c4d5e',
  ],
  // 0 and 255 are codes like others there.
  [
    82,
    '00016105040a0000010b040a000002ff0161',
    new Map([
      [0, text('a')],
      [5, bytes('0a000001')],
      [11, bytes('0a000002')],
      [255, text('a')],
    ]),
    '0=a, 5=0x0a000001, 11=0x0a000002, 255=a',
  ],
  [93, '00000007', [0, 7], '0, 7'],
  [94, '010300', [1, 3, 0], '1, 3, 0'],
  [100, text('CET-1CEST,M3.5.0,M10.5.0/3').toString('hex'), 'CET-1CEST,M3.5.0,M10.5.0/3', 'CET-1CEST,M3.5.0,M10.5.0/3'],
  [114, text('http://10.0.0.1/').toString('hex'), 'http://10.0.0.1/', 'http://10.0.0.1/'],
  [116, '00', false, 'false'],
  [118, '0a000000', '10.0.0.0', '10.0.0.0'],
  // RFC 3397, section 2, has a list like this.
  [
    119,
    '03656e67056170706c6503636f6d00096d61726b6574696e67c004',
    ['eng.apple.com', 'marketing.apple.com'],
    'eng.apple.com, marketing.apple.com',
  ],
  [120, '010a0000010a000002', ['10.0.0.1', '10.0.0.2'], '10.0.0.1, 10.0.0.2'],
  [120, '0003736970076578616d706c6500', ['sip.example'], 'sip.example'],
  [
    121,
    '080a0a010001' + '000a0100fe' + '19c00002800a010001',
    [
      { destination: '10.0.0.0/8', router: '10.1.0.1' },
      { destination: '0.0.0.0/0', router: '10.1.0.254' },
      { destination: '192.0.2.128/25', router: '10.1.0.1' },
    ],
    '10.0.0.0/8 10.1.0.1, 0.0.0.0/0 10.1.0.254, 192.0.2.128/25 10.1.0.1',
  ],
  [124, '00009f080454343653', new Map([[40_712, text('T46S')]]), '40712=T46S'],
  [
    125,
    '0000363d07' + '010261620201ff',
    new Map([
      [
        13_885,
        new Map([
          [1, text('ab')],
          [2, bytes('ff')],
        ]),
      ],
    ]),
    '13885:1=ab, 13885:2=0xff',
  ],
  [132, '3130', '10', '10'],
  [145, '0102', [1, 2], '1, 2'],
  [150, '0a0000010a000002', ['10.0.0.1', '10.0.0.2'], '10.0.0.1, 10.0.0.2'],
  [249, '080a0a010001', [{ destination: '10.0.0.0/8', router: '10.1.0.1' }], '10.0.0.0/8 10.1.0.1'],
];

test.each(values)('option %d of %s is read, told and written', (code, digits, value, written) => {
  expect(read(code, digits)).toEqual(value);
  expect(describeOption(code, bytes(digits))).toEqual({ name: expect.any(String), text: written });
  expect(parseOption(code, written).toString('hex')).toBe(digits);
});

test('values are written by their types', () => {
  const options = [
    option(53, 2),
    option(150, [ip('10.0.0.1')]),
    option(66, 'http://10.0.0.1/'),
    option(61, { type: 255, iaid: 1, duid: bytes('0003000100156500') }),
    option(61, { type: 1, bytes: bytes('0015655e167c') }),
    option(81, { flags: 4, name: 'phone.example.net.' }),
    option(81, { flags: 4, name: 'phone' }),
    option(81, { flags: 0, name: 'phone' }),
    option(2, -25_200),
  ];
  expect(options.map(([code, value]) => `${code} ${value.toString('hex')}`)).toEqual([
    '53 02',
    '150 0a000001',
    `66 ${text('http://10.0.0.1/').toString('hex')}`,
    '61 ff000000010003000100156500',
    '61 010015655e167c',
    `81 04ffff0570686f6e65076578616d706c65036e657400`,
    '81 04ffff0570686f6e65',
    '81 00ffff70686f6e65',
    '2 ffff9d90',
  ]);
  const values = options.slice(3, 8).map(([code, value]) => readOption(new Map([[code, value]]), code === 61 ? 61 : 81));
  expect(values).toEqual([
    { type: 255, iaid: 1, duid: bytes('0003000100156500') },
    { type: 1, bytes: bytes('0015655e167c') },
    { flags: 4, name: 'phone.example.net.' },
    { flags: 4, name: 'phone' },
    { flags: 0, name: 'phone' },
  ]);
});

test.each<readonly [KnownCode, string, string]>([
  [1, 'ffff00', 'an IPv4 address (10.0.0.1)'],
  [3, '', 'IPv4 addresses (10.0.0.1, 10.0.0.2)'],
  [3, '0a0000000a', 'IPv4 addresses (10.0.0.1, 10.0.0.2)'],
  [19, '02', 'true or false'],
  [43, '010a61', 'sub-options (1=text, 2=0x0a0b)'],
  [43, '010161010162', 'sub-options (1=text, 2=0x0a0b)'],
  [51, '0e10', 'seconds (0 to 4294967295)'],
  [61, '01', 'a type and what is of that type'],
  [61, 'ff0000000100', 'a type and what is of that type'],
  [82, '01', 'sub-options (1=text, 2=0x0a0b)'],
  [119, '03656e67', 'domain names (phones.example.net, example.net)'],
  [119, '00', 'domain names (phones.example.net, example.net)'],
  [119, 'c000', 'domain names (phones.example.net, example.net)'],
  [119, '0161c002c000', 'domain names (phones.example.net, example.net)'],
  [119, '03612e6200', 'domain names (phones.example.net, example.net)'],
  [119, `${'3f'.padEnd(128, '61').repeat(4)}00`, 'domain names (phones.example.net, example.net)'],
  [120, '02', 'IPv4 addresses (10.0.0.1, 10.0.0.2) or domain names (sip.example.net)'],
  [121, '210a0000000a000001', 'networks, each with its router (10.0.0.0/8 10.1.0.1, 0.0.0.0/0 10.1.0.254)'],
  [121, '080a0a01', 'networks, each with its router (10.0.0.0/8 10.1.0.1, 0.0.0.0/0 10.1.0.254)'],
  [125, '0000363d0701', 'sub-options, each with its enterprise number (13885:1=text, 13885:2=0x0a0b)'],
])('option %d of 0x%s is bytes, and what it should be is told', (code, digits, takes) => {
  const value = bytes(digits);
  expect(readOption(new Map([[code, value]]), code)).toBeUndefined();
  expect(describeOption(code, value).problem).toBe(`has ${value.length} bytes that are not ${takes}`);
});

test('sub-options end at their mark, and pads are none', () => {
  expect(read(43, `00${hex(1, 'one')}0000ff0203`)).toEqual(new Map([[1, text('one')]]));
  expect(read(43, 'ff')).toBeUndefined();
});

test('a text ends before its NULs, and no byte of it is lost', () => {
  expect(read(60, `${text('CP-7940G').toString('hex')}0000`)).toBe('CP-7940G');
  expect(text(String(read(60, '0000363de9ff01')))).toEqual(bytes('0000363de9ff01'));
  expect(describeOption(60, bytes('0000363de9ff01')).text).toBe('0x0000363de9ff01');
  expect(describeOption(12, Buffer.from('Büro')).text).toBe('Büro');
  expect(describeOption(12, bytes('42fc726f')).text).toBe('0x42fc726f');
});

test('NULs within a text are parts of it, however many', () => {
  const value = Buffer.concat([Buffer.alloc(60_000), text('end'), Buffer.alloc(3)]);
  expect(readOption(new Map([[60, value]]), 60)).toBe(`${'\0'.repeat(60_000)}end`);
});

test('a user class without a length before it is the text that it is', () => {
  expect(read(77, text('Thomson ST2030S').toString('hex'))).toEqual(['Thomson ST2030S']);
  expect(read(77, `${text('snom').toString('hex')}00`)).toEqual(['snom']);
  expect(read(77, '')).toBeUndefined();
});

test('an option without a format is bytes', () => {
  expect(describeOption(224, text('http://10.0.0.1/'))).toEqual({ name: 'Option 224', text: 'http://10.0.0.1/' });
  expect(describeOption(224, bytes('0001'))).toEqual({ name: 'Option 224', text: '0x0001' });
  expect(parseOption(224, '0x00:01')).toEqual(bytes('0001'));
  expect(parseOption(224, 'text')).toEqual(text('text'));
});

test.each([
  [43, '0x0109:6874 74703a2f2f782f', '01096874 74703a2f2f782f'],
  // Fanvil phones are told a URL there, and nothing else.
  [43, 'http://10.0.0.1/Fanvil/$mac.cfg', text('http://10.0.0.1/Fanvil/$mac.cfg').toString('hex')],
  [43, '2=http://10.0.0.1/a,b, 3=c', `${hex(2, 'http://10.0.0.1/a,b')}${hex(3, 'c')}`],
  [66, 'http://10.0.0.1/é', Buffer.from('http://10.0.0.1/é').toString('hex')],
  [66, ' 10.0.0.1 ', text('10.0.0.1').toString('hex')],
  [121, '10.1.2.3/12 10.0.0.1', '0c0a000a000001'],
  [61, '0x010015655e167c', '010015655e167c'],
  [3, '0x0a000001', '0a000001'],
  [119, 'example.net.', '076578616d706c65036e657400'],
])('option %d is read from %s', (code, written, digits) => {
  expect(parseOption(code, written).toString('hex')).toBe(digits.replaceAll(' ', ''));
});

test.each([
  [
    150,
    '10.0.0.1, 10.0.0',
    'DHCP option 150, TFTP server address, cannot be "10.0.0.1, 10.0.0": it takes IPv4 addresses (10.0.0.1, 10.0.0.2); or bytes (0x0a0b)',
  ],
  [
    3,
    '2001:db8::1',
    'DHCP option 3, Router, cannot be "2001:db8::1": it takes IPv4 addresses (10.0.0.1, 10.0.0.2); or bytes (0x0a0b)',
  ],
  [66, '', 'DHCP option 66, Server-Name, cannot be "": it takes text; or bytes (0x0a0b)'],
  [66, '0x0', 'DHCP option 66, Server-Name, cannot be "0x0": it takes text; or bytes (0x0a0b)'],
  [19, 'yes', 'DHCP option 19, Forward On/Off, cannot be "yes": it takes true or false; or bytes (0x0a0b)'],
  [26, '70000', 'DHCP option 26, MTU Interface, cannot be "70000": it takes a number (0 to 65535); or bytes (0x0a0b)'],
  [43, '1=', 'DHCP option 43, Vendor Specific, cannot be "1=": it takes sub-options (1=text, 2=0x0a0b); or bytes (0x0a0b)'],
  [43, '255=x', 'DHCP option 43, Vendor Specific, cannot be "255=x": it takes sub-options (1=text, 2=0x0a0b); or bytes (0x0a0b)'],
  [
    43,
    '1=a, 1=b',
    'DHCP option 43, Vendor Specific, cannot be "1=a, 1=b": it takes sub-options (1=text, 2=0x0a0b); or bytes (0x0a0b)',
  ],
  [
    43,
    `1=${'x'.repeat(256)}`,
    'DHCP option 43, Vendor Specific: sub-option 1 has 256 bytes; a part of a DHCP option has 255 at most',
  ],
  [
    121,
    '10.0.0.0/33 10.0.0.1',
    'DHCP option 121, Classless Static Route Option, cannot be "10.0.0.0/33 10.0.0.1": it takes networks, each with its router (10.0.0.0/8 10.1.0.1, 0.0.0.0/0 10.1.0.254); or bytes (0x0a0b)',
  ],
  [
    120,
    '10.0.0.1, sip.example.net',
    'DHCP option 120, SIP Servers DHCP Option, cannot be "10.0.0.1, sip.example.net": it takes IPv4 addresses (10.0.0.1, 10.0.0.2) or domain names (sip.example.net); or bytes (0x0a0b)',
  ],
  [
    119,
    `${'a'.repeat(64)}.net`,
    `DHCP option 119, Domain Search, cannot be "${'a'.repeat(64)}.net": it takes domain names (phones.example.net, example.net); or bytes (0x0a0b)`,
  ],
  [0, '1', 'There is no giving DHCP option 0, which pads'],
  [52, '1', 'There is no giving DHCP option 52, which the server writes where it is needed'],
  [255, '1', 'There is no giving DHCP option 255, which ends the options'],
  [256, '1', 'There is no DHCP option 256: they are 1 to 254'],
])('option %d cannot be %j', (code, written, message) => {
  expect(() => parseOption(code, written)).toThrow(expect.objectContaining({ code: 'dhcp-option-invalid', message }));
});

test('no bytes make an option throw, and what is read of them is read of what is written', () => {
  const codes = fc.constantFrom(...values.map(([code]) => code), Code.clientIdentifier, Code.vendorClass, 81 as const);
  // Small numbers are lengths and codes more often.
  const noise = fc.array(fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 255 })), { maxLength: 24 });
  let read = 0;
  fc.assert(
    fc.property(codes, noise, (code, numbers) => {
      const value = Buffer.from(numbers);
      const said = describeOption(code, value);
      // Of a class, bytes by themselves are not the class but the whole option.
      if (said.problem !== undefined || code === 81 || code === 61 || (code === 77 && said.text.startsWith('0x'))) return;
      read++;
      const again = parseOption(code, said.text);
      // What is beside the value goes: NULs behind a text, marks, bits behind a prefix, compression.
      expect(describeOption(code, again)).toEqual(said);
    }),
    { numRuns: 20_000 },
  );
  expect(read).toBeGreaterThan(1_000);
});

test('a name by pointers is not longer than a name can be', () => {
  const label = `1e${'61'.repeat(30)}`;
  // Each points to the one before and adds to it.
  let digits = `${label}00`;
  const starts = [0];
  for (let index = 1; index < 20; index += 1) {
    const start = digits.length / 2;
    digits += label + (0xc000 | (starts.at(-1) ?? 0)).toString(16);
    starts.push(start);
  }
  expect(read(119, digits)).toBeUndefined();
  expect(read(119, digits.slice(0, (starts[8] ?? 0) * 2))).toHaveLength(8);
});
