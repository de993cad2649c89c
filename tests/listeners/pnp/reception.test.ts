import { expect, test } from '@jest/globals';
import type { Interface } from '../../../server/lib/interfaces.ts';
import { type Network, parseNetwork } from '../../../server/lib/ip.ts';
import { readDatagram } from '../../../server/lib/sip/message.ts';
import { createReception, type ReceptionOptions } from '../../../server/listeners/pnp/reception.ts';
import type { PhoneRequest } from '../../../server/pipeline/request.ts';
import { type PnpPhone, pnpPhones, subscribe } from '../../support/pnp-dialects.ts';
import { ip } from '../../support/requests.ts';

const network = (text: string) => parseNetwork(text) as Network;
const eth0: Interface = {
  name: 'eth0',
  index: 2,
  addresses: [
    { address: ip('192.0.2.10'), subnet: network('192.0.2.0/24') },
    { address: ip('198.51.100.10'), subnet: network('198.51.100.0/24') },
  ],
};
const url = 'http://192.0.2.10:8667';

function opened(options: Partial<ReceptionOptions> = {}) {
  let now = 0;
  const asked: PhoneRequest[] = [];
  const receive = createReception({
    async ask(request) {
      asked.push(request);
      return url;
    },
    portOf: () => 40_000,
    trusted: [],
    now: () => now,
    ...options,
  });
  return {
    asked,
    pass(milliseconds: number) {
      now += milliseconds;
    },
    receive: (bytes: Buffer, from = '192.0.2.33', port = 5060, over = eth0) =>
      receive(bytes, { ip: ip(from), port, interface: over }),
  };
}

test.each(Object.entries(pnpPhones))(
  'a phone of %s is read, and told its URL once, by an answer and a NOTIFY',
  async (_, phone) => {
    const { receive, asked } = opened();
    const { outcome, send, from } = await receive(subscribe(phone, '192.0.2.33'));
    const { mac, vendor, model, version, userAgent } = phone as PnpPhone;
    expect(outcome).toBe('answered');
    expect(asked).toEqual([
      {
        transport: 'pnp',
        ip: '192.0.2.33',
        mac: mac.replaceAll(':', '').replaceAll(/..(?=.)/g, '$&:'),
        reached: { ip: '192.0.2.10', port: 0 },
        path: '',
        query: '',
        headers: userAgent === undefined ? {} : { 'user-agent': userAgent },
        options: new Map(),
        profile: { vendor, model, version },
      },
    ]);
    const [answer, notify] = send.map(({ bytes }) => readDatagram(bytes));
    expect([from, send.length]).toEqual(['192.0.2.10', 2]);
    expect(send.every(({ to }) => to.address === '192.0.2.33')).toBe(true);
    expect(answer).toMatchObject({ kind: 'response', status: 200 });
    expect(notify).toMatchObject({ kind: 'request', method: 'NOTIFY' });
    expect(notify?.body.toString()).toBe(url);
    expect(notify?.headers.get('Via')).toContain('192.0.2.10:40000');
  },
);

test('answers come from our address in the network of the phone', async () => {
  const { receive, asked } = opened();
  expect((await receive(subscribe(pnpPhones.snom, '198.51.100.7'), '198.51.100.7')).from).toBe('198.51.100.10');
  expect(asked[0]?.reached.ip).toBe('198.51.100.10');
});

test('a copy of a request is not answered again, also while the first is at work; the phone that asks later is', async () => {
  const waiting: (() => void)[] = [];
  const { receive, pass } = opened({
    ask: () =>
      new Promise((resolve) => {
        waiting.push(() => resolve(url));
      }),
  });
  const bytes = subscribe(pnpPhones.yealink, '192.0.2.33');
  const first = receive(bytes);
  pass(60_000);
  expect((await receive(bytes)).outcome).toBe('repeated');
  waiting.shift()?.();
  expect((await first).outcome).toBe('answered');
  pass(399);
  expect(await receive(bytes, '192.0.2.33', 5060, { ...eth0, name: 'eth1' })).toMatchObject({ outcome: 'repeated', send: [] });
  pass(1);
  const again = receive(bytes);
  waiting.shift()?.();
  expect((await again).send).toEqual((await first).send);
  const other = receive(subscribe(pnpPhones.yealink, '192.0.2.33', 2));
  waiting.shift()?.();
  expect((await other).outcome).toBe('answered');
});

test('a source that asks on and on is answered as often as the rate says, and others as before', async () => {
  const { receive, pass } = opened({ rate: { burst: 3, perSecond: 1 } });
  let call = 0;
  const answers = async (from: string, count: number) => {
    let answered = 0;
    for (let number = 0; number < count; number++) {
      call += 1;
      const { outcome } = await receive(subscribe(pnpPhones.snom, from, call), from);
      if (outcome === 'answered') answered += 1;
      else expect(outcome).toBe('limited');
    }
    return answered;
  };
  expect(await answers('192.0.2.33', 50)).toBe(3);
  expect(await answers('192.0.2.34', 2)).toBe(2);
  pass(2_000);
  expect(await answers('192.0.2.33', 50)).toBe(2);
});

test('who is in no network of the interface is not answered: an address that somebody made up would be told what it never asked', async () => {
  const bytes = subscribe(pnpPhones.snom, '203.0.113.9');
  const { receive, asked } = opened();
  expect(await receive(bytes, '203.0.113.9')).toEqual({ outcome: 'foreign', send: [] });
  expect(await receive(subscribe(pnpPhones.snom, '192.0.2.33'), '192.0.2.33', 0)).toEqual({ outcome: 'foreign', send: [] });
  expect(asked).toEqual([]);
  const trusting = opened({ trusted: [network('203.0.113.0/24')] });
  expect((await trusting.receive(bytes, '203.0.113.9')).outcome).toBe('answered');
});

test('what is too long, and what is no request for a profile, is nobody’s', async () => {
  const { receive, asked } = opened();
  const long = Buffer.from(
    subscribe(pnpPhones.snom, '192.0.2.33')
      .toString()
      .replace('Expires', `X: ${'x'.repeat(4_096)}\r\nExpires`),
  );
  for (const bytes of [long, Buffer.alloc(0), Buffer.from('hello')])
    expect(await receive(bytes)).toEqual({ outcome: 'garbage', send: [] });
  expect(asked).toEqual([]);
});

test('who is nobody’s phone is left to others; what is done with it fails without leaving it at work', async () => {
  const bytes = subscribe(pnpPhones.snom, '192.0.2.33');
  const { receive } = opened({ ask: async () => undefined });
  expect(await receive(bytes)).toMatchObject({ outcome: 'unknown', send: [] });
  const failing = opened({ ask: () => Promise.reject(new Error('the store is gone')) });
  await expect(failing.receive(bytes)).rejects.toThrow('the store is gone');
  failing.pass(1_000);
  await expect(failing.receive(bytes)).rejects.toThrow('the store is gone');
});

test('an address that has gone meanwhile answers nobody', async () => {
  const { receive } = opened({ portOf: () => undefined });
  expect((await receive(subscribe(pnpPhones.snom, '192.0.2.33'))).send).toEqual([]);
});

test('what a phone says of itself is a printable text, and no page', async () => {
  const { receive, asked } = opened();
  const odd = { ...pnpPhones.snom, vendor: 'sn\x07om', model: 'x'.repeat(129), version: ' 1.2 ' };
  await receive(subscribe(odd, '192.0.2.33'));
  expect(asked.map(({ profile }) => profile)).toEqual([undefined]);
  await receive(Buffer.from(subscribe(pnpPhones.snom, '192.0.2.33', 2).toString().replace('vendor=', 'vender=')));
  expect(asked[1]?.profile).toMatchObject({ vendor: 'snom' });
});

test('100,000 mutated messages of a few hundred sources: none fails, each has two answers at most, to its source, and no source more than the rate', async () => {
  let seed = 4711;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return (seed >>> 8) % below;
  };
  const rate = { burst: 5, perSecond: 2 };
  const { receive, pass, asked } = opened({ rate });
  const phones = Object.values(pnpPhones);
  const spices = [
    '\r\n',
    '\0',
    '"',
    '<',
    '>',
    ';',
    ',',
    '=',
    ':',
    '@',
    '%',
    'é',
    'MAC',
    'rport',
    '[',
    '224.0.1.75',
    '203.0.113.5',
  ].map((text) => Buffer.from(text));
  const outcomes: Record<string, number> = {};
  const answersOf = new Map<string, number>();
  let bytesIn = 0;
  let bytesOut = 0;
  for (let turn = 0; turn < 100_000; turn++) {
    const source = `192.0.2.${1 + random(250)}`;
    const phone = phones[turn % phones.length] ?? pnpPhones.snom;
    let bytes: Buffer = subscribe(phone, source, random(50));
    for (let change = 0; change < turn % 4; change++) {
      const at = random(bytes.length + 1);
      const spice = spices[random(spices.length)] ?? Buffer.alloc(0);
      bytes = Buffer.concat([bytes.subarray(0, at), spice, bytes.subarray(at + random(6))]);
    }
    pass(random(3));
    const { outcome, send } = await receive(bytes, source, 1_024 + random(60_000));
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    bytesIn += bytes.length;
    for (const datagram of send) bytesOut += datagram.bytes.length;
    if (outcome === 'answered') answersOf.set(source, (answersOf.get(source) ?? 0) + 1);
    const isFine = send.length === (outcome === 'answered' ? 2 : 0) && send.every(({ to }) => to.address === source);
    if (!isFine) throw new Error(`${outcome}: ${JSON.stringify(send)} for ${bytes.toString()}`);
  }
  const seconds = 100;
  expect(Object.keys(outcomes).toSorted()).toEqual(['answered', 'garbage', 'limited', 'repeated']);
  expect(Math.max(...answersOf.values())).toBeLessThanOrEqual(rate.burst + rate.perSecond * seconds);
  expect(outcomes.answered).toBeGreaterThan(5_000);
  expect(outcomes.answered).toBe(asked.length);
  expect(bytesOut).toBeLessThan(2 * bytesIn);
}, 120_000);
