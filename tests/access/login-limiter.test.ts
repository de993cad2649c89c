import { expect, test } from '@jest/globals';
import { LoginLimited, LoginLimiter, type LoginLimits, networkOf } from '../../server/access/login-limiter.ts';
import { type Ip, parseIp } from '../../server/lib/ip.ts';
import { fc } from '../support/fuzz.ts';

const LIMITS: LoginLimits = {
  pair: { most: 2, everyMs: 10_000 },
  network: { most: 4, everyMs: 5_000 },
  name: { most: 6, everyMs: 1_000 },
  remembered: 1_000,
};
const ip = (text: string) => parseIp(text) as Ip;

function stage(limits: LoginLimits = LIMITS) {
  const clock = { now: 1_000_000 };
  const limiter = new LoginLimiter(limits, () => clock.now);
  /** The seconds to wait, or 0 for one that is let try. */
  const wrong = (name: string | undefined, source: string, isFamiliar = false): number => {
    try {
      limiter.begin(name, ip(source), isFamiliar);
      return 0;
    } catch (cause) {
      if (cause instanceof LoginLimited) return cause.seconds;
      throw cause;
    }
  };
  return { clock, limiter, wrong };
}

test('a name in one network is tried so often, then once in a while; the wait is told in seconds and is true', () => {
  const { clock, wrong } = stage();
  expect([wrong('ana', '192.0.2.1'), wrong('ana', '192.0.2.1'), wrong('ana', '192.0.2.1')]).toEqual([0, 0, 10]);
  clock.now += 9_999;
  expect(wrong('ana', '192.0.2.1')).toBe(1);
  clock.now += 1;
  expect([wrong('ana', '192.0.2.1'), wrong('ana', '192.0.2.1')]).toEqual([0, 10]);
  expect(wrong('ana', '192.0.2.2')).toBe(0);
});

test('a long time without wrong passwords gives no more tries at once', () => {
  const { clock, wrong } = stage();
  wrong('ana', '192.0.2.1');
  clock.now += 3_600_000;
  expect([1, 2, 3].map(() => wrong('ana', '192.0.2.1'))).toEqual([0, 0, 10]);
});

test('a network tries so many names, whatever they are', () => {
  const { wrong } = stage();
  const waits = ['a', 'b', undefined, 'd', 'e'].map((name) => wrong(name, '192.0.2.1'));
  expect(waits).toEqual([0, 0, 0, 0, 5]);
  expect(wrong('e', '192.0.2.2')).toBe(0);
});

test('a name is tried so often from everywhere, but for where somebody is logged in by it', () => {
  const { wrong } = stage();
  for (let host = 1; host <= 6; host += 1) expect(wrong('ana', `192.0.2.${host}`)).toBe(0);
  expect(wrong('ana', '192.0.2.7')).toBe(1);
  expect(wrong('ana', '192.0.2.8', true)).toBe(0);
  expect(wrong('ben', '192.0.2.7')).toBe(0);
});

test('text that is no name is counted by network only', () => {
  const { wrong } = stage();
  for (let host = 1; host <= 20; host += 1) expect(wrong(undefined, `192.0.2.${host}`)).toBe(0);
});

test('the right password counts for nothing and begins anew, and takes nothing from what else was wrong there', () => {
  const { limiter, wrong } = stage();
  for (let round = 0; round < 20; round += 1) limiter.begin('ana', ip('192.0.2.1'), false).succeeded();
  wrong('ana', '192.0.2.1');
  limiter.begin('ana', ip('192.0.2.1'), false).succeeded();
  expect([wrong('ana', '192.0.2.1'), wrong('ana', '192.0.2.1')]).toEqual([0, 0]);
  // An account of one's own does not wash off what was tried of others: four wrong ones count.
  limiter.begin('eve', ip('192.0.2.1'), false).succeeded();
  expect(wrong('ben', '192.0.2.1')).toBe(0);
  expect(wrong('ben', '192.0.2.1')).toBe(5);
});

test('who is refused does not make the wait longer', () => {
  const { wrong } = stage();
  wrong('ana', '192.0.2.1');
  wrong('ana', '192.0.2.1');
  for (let round = 0; round < 100; round += 1) expect(wrong('ana', '192.0.2.1')).toBe(10);
});

test('a million names and networks take no more memory than is set, and a guesser at work is not forgotten by it', () => {
  const { wrong } = stage({ ...LIMITS, remembered: 30 });
  wrong('ana', '192.0.2.1');
  wrong('ana', '192.0.2.1');
  for (let host = 0; host < 2_000; host += 1) {
    wrong(`n${host}`, `10.0.${host >> 8}.${host & 255}`);
    expect(wrong('ana', '192.0.2.1')).toBe(10);
  }
});

test('in any order of tries no more wrong passwords are let through than are set', () => {
  const step = fc.record({
    name: fc.constantFrom('ana', 'ben'),
    host: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3'),
    after: fc.integer({ min: 0, max: 4_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { clock, wrong } = stage();
      const start = clock.now;
      const counts = new Map<string, number>();
      for (const { name, host, after } of steps) {
        clock.now += after;
        if (wrong(name, host) > 0) continue;
        for (const key of [`${name} ${host}`, host, name]) counts.set(key, (counts.get(key) ?? 0) + 1);
        const passed = clock.now - start;
        const most = ({ most, everyMs }: { most: number; everyMs: number }) => most + passed / everyMs;
        expect(counts.get(`${name} ${host}`)).toBeLessThanOrEqual(most(LIMITS.pair));
        expect(counts.get(host)).toBeLessThanOrEqual(most(LIMITS.network));
        expect(counts.get(name)).toBeLessThanOrEqual(most(LIMITS.name));
      }
    }),
  );
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2::5', '2001:db8:1'],
  ['2001:db8:1:ffff:1:2:3:4', '2001:db8:1'],
  ['2001:db8::1', '2001:db8:0'],
  ['::1', '0:0:0'],
  ['fe80::1', 'fe80:0:0'],
  ['2001::', '2001:0:0'],
  ['::1:2:3:4:5:6:7', '0:1:2'],
])('%s is of the network %s', (address, network) => {
  expect(networkOf(ip(address))).toBe(network);
});
