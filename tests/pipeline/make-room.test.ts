import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type Busy, inSlices, makeRoom, sliceMs } from '../../server/pipeline/make-room.ts';

/** Milliseconds. */
let now: number;
beforeEach(() => {
  now = 1_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => void jest.restoreAllMocks());

test('short pieces go on without a pause; when a slice is over, what waits has its turn', async () => {
  const room = inSlices();
  let turns = 0;
  const turn = () => setImmediate(() => void turns++);
  turn();
  now += sliceMs - 1;
  await room();
  expect(turns).toBe(0);
  now += 1;
  await room();
  expect(turns).toBe(1);
  turn();
  await room();
  expect(turns).toBe(1);
});

test.each([
  ['asking', 20],
  ['crowd', 200],
] as const)('phones that come without end (%s) hold work up for %i ms, and no longer', async (busy, most) => {
  await makeRoom(() => {
    now += 1;
    return busy;
  });
  expect(now).toBe(1_000 + most);
});

test('work goes on as soon as nobody waits, or when it is over', async () => {
  let looks = 0;
  await makeRoom((): Busy | undefined => (++looks < 3 ? 'crowd' : undefined));
  expect(looks).toBe(3);
  looks = 0;
  await makeRoom(
    () => {
      looks += 1;
      return 'crowd';
    },
    () => true,
  );
  expect(looks).toBe(1);
});
