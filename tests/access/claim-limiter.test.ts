import { expect, test } from '@jest/globals';
import { CLAIM_LIMITS, ClaimLimiter } from '../../server/access/claim-limiter.ts';
import { Limited } from '../../server/lib/attempts.ts';

const pbx = { kind: 'token', id: 'pbx' } as const;
const { phone, caller } = CLAIM_LIMITS;

function stage() {
  const clock = { now: 1_000_000 };
  const limiter = new ClaimLimiter(CLAIM_LIMITS, () => clock.now);
  /** The seconds to wait, or 0 for one that is let try. */
  const wrong = (device: string, who: Parameters<ClaimLimiter['begin']>[0] = pbx): number => {
    try {
      limiter.begin(who, device);
      return 0;
    } catch (cause) {
      if (cause instanceof Limited && cause.code === 'claims-limited') return cause.seconds;
      throw cause;
    }
  };
  return { clock, limiter, wrong };
}

test('at one phone there are so many wrong codes, then one in a while; others go on', () => {
  const { clock, wrong } = stage();
  expect(Array.from({ length: phone.most }, () => wrong('a'))).toEqual(Array(phone.most).fill(0));
  expect(wrong('a')).toBe(phone.everyMs / 1_000);
  expect(wrong('b')).toBe(0);
  clock.now += phone.everyMs;
  expect([wrong('a'), wrong('a') > 0]).toEqual([0, true]);
});

test('one who passes on wrong codes of many phones waits with all of them, and nobody else does', () => {
  const { wrong } = stage();
  for (let number = 0; number < caller.most; number++) expect(wrong(`phone ${number}`)).toBe(0);
  expect(wrong('another')).toBe(caller.everyMs / 1_000);
  expect(wrong('another', { kind: 'token', id: 'other' })).toBe(0);
  expect(wrong('another', { kind: 'user', id: 'pbx' })).toBe(0);
});

test('a right code counts for nothing, and forgives none of the wrong ones', () => {
  const { limiter, wrong } = stage();
  for (let number = 1; number < phone.most; number++) {
    expect(wrong('a')).toBe(0);
    limiter.begin(pbx, 'a').succeeded();
  }
  expect([wrong('a'), wrong('a') > 0]).toEqual([0, true]);
});
