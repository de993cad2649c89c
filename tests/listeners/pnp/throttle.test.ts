import { expect, test } from '@jest/globals';
import { Throttle } from '../../../server/listeners/pnp/throttle.ts';

function throttled(burst: number, perSecond: number) {
  let now = 0;
  const throttle = new Throttle({ burst, perSecond }, () => now);
  return {
    throttle,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    /** How many of so many may ask at this moment. */
    taken: (source: string, count: number) => Array.from({ length: count }, () => throttle.take(source)).filter(Boolean).length,
  };
}

test('a source may ask a few times at once, and then as often as the rate says, however much it goes on', () => {
  const { taken, pass } = throttled(3, 2);
  expect(taken('10.0.0.1', 10)).toBe(3);
  pass(499);
  expect(taken('10.0.0.1', 10)).toBe(0);
  pass(1);
  expect(taken('10.0.0.1', 10)).toBe(1);
  let heard = 0;
  for (let ms = 0; ms < 10_000; ms += 10) {
    pass(10);
    heard += taken('10.0.0.1', 1);
  }
  expect(heard).toBe(20);
  pass(60_000);
  expect(taken('10.0.0.1', 10)).toBe(3);
});

test('one that asks too often takes nothing from another', () => {
  const { taken } = throttled(3, 1);
  expect([taken('10.0.0.1', 100), taken('10.0.0.2', 3)]).toEqual([3, 3]);
});

test('100,000 sources are not all remembered', () => {
  const { throttle } = throttled(3, 1);
  for (let number = 0; number < 100_000; number++) throttle.take(`source ${number}`);
  expect(throttle.size).toBeLessThanOrEqual(8_192);
});
