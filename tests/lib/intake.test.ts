import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Intake } from '../../server/lib/intake.ts';

/** An intake whose work ends when the test says so. */
function held(limits: { atOnce?: number; waitingBytes?: number; patienceMilliseconds?: number }) {
  const handled: number[] = [];
  const ends: (() => void)[] = [];
  const intake = new Intake<{ number: number; bytes: Buffer; begins?: boolean }>(
    { atOnce: 2, waitingBytes: 1_000_000, patienceMilliseconds: 10_000, ...limits },
    ({ begins = false }) => begins,
    ({ number }) => {
      handled.push(number);
      return new Promise<void>((end) => ends.push(end));
    },
  );
  const offer = (count: number, size = 300) => {
    for (let number = 0; number < count; number += 1) intake.take({ number, bytes: Buffer.alloc(size) });
  };
  const endAll = async () => {
    await sleep(0);
    while (ends.length > 0) {
      ends.shift()?.();
      await sleep(1);
    }
  };
  return { intake, handled, offer, endAll };
}

test('no more are handled at once than may be, the others in their order', async () => {
  const { handled, offer, endAll } = held({ atOnce: 2 });
  offer(6);
  await sleep(5);
  expect(handled).toEqual([0, 1]);
  await endAll();
  expect(handled).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a flood is counted and takes no more room than is given', async () => {
  const { intake, handled, offer, endAll } = held({ atOnce: 1, waitingBytes: 10 * (300 + 256) });
  offer(100_000);
  expect(intake.counts).toEqual({ taken: 100_000, crowdedOut: 99_990, late: 0 });
  await endAll();
  expect(handled).toHaveLength(10);
});

test('datagrams without bytes take room as well', () => {
  const { intake, offer } = held({ atOnce: 1, waitingBytes: 10 * 256 });
  offer(100, 0);
  expect(intake.counts.crowdedOut).toBe(90);
});

test('what waited too long is dropped and counted, and what came after it is handled', async () => {
  const { intake, handled, offer, endAll } = held({ atOnce: 1, patienceMilliseconds: 50 });
  offer(1);
  await sleep(5);
  offer(2);
  await sleep(80);
  intake.take({ number: 7, bytes: Buffer.alloc(300) });
  await endAll();
  expect(handled).toEqual([0, 7]);
  expect(intake.counts).toEqual({ taken: 4, crowdedOut: 0, late: 2 });
});

test('there is room again when what waited was handled', async () => {
  const { intake, handled, offer, endAll } = held({ atOnce: 1, waitingBytes: 2 * 556 });
  for (let round = 0; round < 3; round += 1) {
    offer(2);
    await endAll();
  }
  expect(handled).toHaveLength(6);
  expect(intake.counts.crowdedOut).toBe(0);
});

test('what goes on comes before what begins, of which the newest is the first', async () => {
  const { intake, handled, endAll } = held({ atOnce: 1 });
  for (const [number, begins] of [true, true, false, true, false].entries())
    intake.take({ number, begins, bytes: Buffer.alloc(300) });
  await endAll();
  expect(handled).toEqual([2, 4, 3, 1, 0]);
});

test('where there is no room what begins makes it for what goes on, the oldest first', async () => {
  const { intake, handled, endAll } = held({ atOnce: 1, waitingBytes: 3 * 556 });
  for (const [number, begins] of [true, true, true, true, false, false, false, false].entries())
    intake.take({ number, begins, bytes: Buffer.alloc(300) });
  expect(intake.counts).toEqual({ taken: 8, crowdedOut: 5, late: 0 });
  await endAll();
  expect(handled).toEqual([4, 5, 6]);
});

test('however much comes at once, what comes later is taken in while it is handled', async () => {
  const order: string[] = [];
  const intake = new Intake<{ name: string; bytes: Buffer }>(
    { atOnce: 1_000, waitingBytes: 1_000_000, patienceMilliseconds: 10_000 },
    ({ name }) => name === 'begins',
    async ({ name }) => {
      order.push(name);
      const end = performance.now() + 1;
      while (performance.now() < end);
    },
  );
  for (let number = 0; number < 50; number += 1) intake.take({ name: 'begins', bytes: Buffer.alloc(1) });
  setTimeout(() => intake.take({ name: 'goes on', bytes: Buffer.alloc(1) }), 5);
  while (order.length < 51) await sleep(5);
  expect(order.indexOf('goes on')).toBeLessThan(45);
});

test('at the end nobody waits any more, and what was begun is handled', async () => {
  const { intake, handled, offer, endAll } = held({ atOnce: 2 });
  offer(5);
  await sleep(5);
  let isOver = false;
  const end = intake.end().then(() => {
    isOver = true;
  });
  await sleep(20);
  expect(isOver).toBe(false);
  await endAll();
  await end;
  expect(handled).toEqual([0, 1]);
  await intake.end();
});
