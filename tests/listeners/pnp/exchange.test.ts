import { expect, test } from '@jest/globals';
import { readDatagram, type SipRequest, type SipResponse } from '../../../server/lib/sip/message.ts';
import { answersTo, readProfileRequest } from '../../../server/listeners/pnp/exchange.ts';

const lines = (...text: string[]) => Buffer.from(`${text.join('\r\n')}\r\n\r\n`);
const url = 'http://192.0.2.10:8667';
const own = { address: '192.0.2.10', port: 5060 };
const peer = { address: '192.0.2.33', port: 5062 };

/** As vendors' guides show them. */
const dialects = {
  // Snom's own wiki, firmware 7.1.19: no branch.
  snom: lines(
    'SUBSCRIBE sip:MAC%3a00135E874B49@intern.snom.de SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.33:5060;rport',
    'From: <sip:MAC%3a00135E874B49@intern.snom.de>;tag=658512961',
    'To: <sip:MAC%3a00135E874B49@intern.snom.de>',
    'Call-ID: 1930770594@192.0.2.33',
    'CSeq: 1 SUBSCRIBE',
    'Event: ua-profile;profile-type="device";vendor="OEM";model="OEM";version="7.1.19"',
    'Expires: 0',
    'Accept: application/url',
    'Contact: <sip:192.0.2.33:5060>',
    'Content-Length: 0',
  ),
  // Planet's manual of the VIP-1120PT.
  planet: lines(
    'SUBSCRIBE sip:MAC=00304fa99948@224.0.1.75 SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.33:5060;branch=z9hG4bK3102710241234624733',
    'From: <sip:MAC=00304fa99948@224.0.1.75>',
    'To: <sip:MAC=00304fa99948@224.0.1.75>',
    'Call-ID: 322432620212850-163241588724467@192.0.2.33',
    'CSeq: 1 SUBSCRIBE',
    'Contact: <sip:192.0.2.33:5060>',
    'Max-Forwards: 70',
    'User-Agent: PLANET VIP-2140PT',
    'Expires: 0',
    'Event:ua-profile;profile-type="device";vendor="PLANET";model="VIP-2140PT";version="2.0.3.2991"',
    'Accept: application/url',
    'Content-Length: 0',
  ),
  // AudioCodes' manual of the 420HD: no MAC address, and another kind of profile.
  audiocodes: lines(
    'SUBSCRIBE sip:224.0.1.75:5060 SIP/2.0',
    'From: <sip:00000001@192.0.2.33:5060>;tag=87a5a8-25020d0a',
    'To: <sip:224.0.1.75:5060>',
    'Call-ID: 8884c8-25020d0a-13c4-50029',
    'CSeq: 1 SUBSCRIBE',
    'Via: SIP/2.0/UDP 192.0.2.33:5060;rport;branch=z9hG4bK-386d4398',
    'Expires: 0',
    'Event: ua-profile;profile-type="application";model="420HD";version="1.2.1_build_6"',
    'Contact: <sip:00000001@192.0.2.33:5060>',
    'User-Agent: AUDC-IPPhone/1.2.1_build_6',
    'Content-Length: 0',
  ),
};

test.each([
  ['snom', { mac: '00:13:5e:87:4b:49', vendor: 'OEM', model: 'OEM', version: '7.1.19' }],
  [
    'planet',
    { mac: '00:30:4f:a9:99:48', vendor: 'PLANET', model: 'VIP-2140PT', version: '2.0.3.2991', userAgent: 'PLANET VIP-2140PT' },
  ],
  ['audiocodes', { model: '420HD', version: '1.2.1_build_6', userAgent: 'AUDC-IPPhone/1.2.1_build_6' }],
] as const)('what a phone tells of itself is read in the dialect of %s', (name, facts) => {
  const { request: _, ...read } = readProfileRequest(dialects[name]) ?? {};
  expect(read).toEqual(facts);
});

test.each(Object.keys(dialects) as (keyof typeof dialects)[])(
  '%s is answered, and told the URL in a NOTIFY of the same call',
  (name) => {
    const asked = readProfileRequest(dialects[name]);
    if (!asked) throw new Error('It is none');
    const [answer, notify] = answersTo(asked, peer, own, url);
    const said = readDatagram(answer?.bytes ?? Buffer.alloc(0)) as SipResponse;
    const told = readDatagram(notify?.bytes ?? Buffer.alloc(0)) as SipRequest;
    expect(said).toMatchObject({ status: 200 });
    for (const header of ['Call-ID', 'CSeq', 'From']) expect(said.headers.get(header)).toBe(asked.request.headers.get(header));
    expect(said.headers.get('To')).toMatch(/;tag=[\da-f]{16}$/);
    expect(told).toMatchObject({ method: 'NOTIFY', uri: 'sip:192.0.2.33:5060' });
    expect(told.body.toString()).toBe(url);
    expect(Object.fromEntries(told.headers.fields)).toMatchObject({
      From: said.headers.get('To'),
      To: asked.request.headers.get('From'),
      'Call-ID': asked.request.headers.get('Call-ID'),
      Event: asked.request.headers.get('Event'),
      'Subscription-State': 'terminated;reason=timeout',
      'Content-Type': 'application/url',
    });
  },
);

test('the answer goes where the phone wants it: to its port with rport, to the one that it names without', () => {
  const portOf = (name: keyof typeof dialects) => {
    const asked = readProfileRequest(dialects[name]);
    return asked && answersTo(asked, peer, own, url).map(({ to }) => to.port);
  };
  expect(portOf('snom')).toEqual([5062, 5060]);
  expect(portOf('planet')).toEqual([5060, 5060]);
  const asked = readProfileRequest(dialects.snom);
  const [answer] = asked ? answersTo(asked, peer, own, url) : [];
  expect(readDatagram(answer?.bytes ?? Buffer.alloc(0))?.headers.get('Via')).toBe(
    'SIP/2.0/UDP 192.0.2.33:5060;rport=5062;received=192.0.2.33',
  );
});

test('nothing goes to anybody but who asked, whatever the request names', () => {
  const forged = Buffer.from(dialects.snom.toString().replaceAll('192.0.2.33', '203.0.113.5'));
  const asked = readProfileRequest(forged);
  if (!asked) throw new Error('It is none');
  const sent = answersTo(asked, peer, own, url);
  expect(sent.map(({ to }) => to)).toEqual([peer, peer]);
});

test('the same request has the same answers, so that one that was lost is only repeated', () => {
  const answers = () => answersTo(readProfileRequest(dialects.snom) ?? (undefined as never), peer, own, url);
  expect(answers()).toEqual(answers());
});

test('who is nobody’s phone is left to others', () => {
  const asked = readProfileRequest(dialects.snom);
  expect(asked && answersTo(asked, peer, own, undefined)).toEqual([]);
});

test.each([
  ['an answer', 'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\n\r\n'],
  ['another method', dialects.snom.toString().replace('SUBSCRIBE sip', 'OPTIONS sip')],
  ['another event', dialects.snom.toString().replace('ua-profile', 'presence')],
  ['no event', dialects.snom.toString().replace(/Event:.*\r\n/, '')],
  ['no Via', dialects.snom.toString().replace(/Via:.*\r\n/, '')],
  ['no Call-ID', dialects.snom.toString().replace(/Call-ID:.*\r\n/, '')],
  ['a sequence of another method', dialects.snom.toString().replace('1 SUBSCRIBE', '1 NOTIFY')],
])('%s is no request for a profile', (_, text) => {
  expect(readProfileRequest(Buffer.from(text))).toBeUndefined();
});

test('100,000 mutated requests: none throws, and whatever is answered goes to who asked, twice at most and not much larger', () => {
  let seed = 815;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % below;
  };
  const samples = Object.values(dialects);
  const spices = ['\r\n', '\0', '"', '<', '>', ';', ',', '=', ':', '@', '%', 'é', 'MAC', 'rport', '[', '224.0.1.75'].map((text) =>
    Buffer.from(text),
  );
  let answered = 0;
  for (let turn = 0; turn < 100_000; turn++) {
    let bytes: Buffer = samples[turn % samples.length] ?? Buffer.alloc(0);
    for (let change = 0; change <= turn % 3; change++) {
      const at = random(bytes.length + 1);
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        spices[random(spices.length)] ?? Buffer.alloc(0),
        bytes.subarray(at + random(6)),
      ]);
    }
    const asked = readProfileRequest(bytes);
    if (!asked) continue;
    const sent = answersTo(asked, peer, own, url);
    answered++;
    if (sent.length > 2 || sent.some(({ to }) => to.address !== peer.address)) throw new Error(bytes.toString());
    const size = sent.reduce((sum, each) => sum + each.bytes.length, 0);
    if (size > 2 * bytes.length + 800) throw new Error(`${size} for ${bytes.length}: ${bytes.toString()}`);
  }
  expect(answered).toBeGreaterThan(20_000);
  expect(answered).toBeLessThan(99_000);
});
