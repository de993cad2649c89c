import { expect, test } from '@jest/globals';
import { type Arrivals, createArrivals } from '../../server/lib/arrivals.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Requests that wait for their turn. @returns who was told what, in the order in which it was told */
function queueUp(arrivals: Arrivals, count: number, gone: (index: number) => boolean = () => false): [number, boolean][] {
  const told: [number, boolean][] = [];
  for (let index = 0; index < count; index += 1) {
    void arrivals.turn(() => gone(index))?.then((answer) => told.push([index, answer]));
  }
  return told;
}

/** Lets turns of the event loop pass, each of which brings a connection. */
async function arriving(arrivals: Arrivals, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    arrivals.note();
    await nextTurn();
  }
}

async function settled(arrivals: Arrivals): Promise<void> {
  while (arrivals.busy) await nextTurn();
  await nextTurn();
}

test('where no connection arrives nothing waits', async () => {
  const arrivals = createArrivals();
  expect([arrivals.busy, arrivals.turn(() => false)]).toEqual([false, undefined]);
  arrivals.note();
  expect(arrivals.busy).toBe(true);
  await settled(arrivals);
  expect(arrivals.turn(() => false)).toBeUndefined();
});

test('requests that came with connections are answered in their order, a few in a turn, once no more connections come', async () => {
  const arrivals = createArrivals();
  arrivals.note();
  const told = queueUp(arrivals, 100);
  await nextTurn();
  await nextTurn();
  expect(told.length).toBeLessThan(50);
  await settled(arrivals);
  expect(told).toEqual(Array.from({ length: 100 }, (_, index) => [index, true]));
});

test('while connections arrive most turns only accept, and requests are answered all the same', async () => {
  const arrivals = createArrivals();
  arrivals.note();
  const told = queueUp(arrivals, 1_000);
  await arriving(arrivals, 1_100);
  expect(told.length).toBe(64);
  expect(arrivals.busy).toBe(true);
});

test('who has hung up is passed over, and takes nobody’s turn', async () => {
  const arrivals = createArrivals();
  arrivals.note();
  const told = queueUp(arrivals, 100, (index) => index % 10 !== 0);
  await nextTurn();
  await nextTurn();
  expect(told.filter(([, answer]) => answer)).toEqual(Array.from({ length: 10 }, (_, index) => [index * 10, true]));
  expect(told).toHaveLength(100);
});

test('ten thousand wait as cheaply as ten', async () => {
  const arrivals = createArrivals();
  arrivals.note();
  const told = queueUp(arrivals, 10_000);
  await settled(arrivals);
  expect(told.at(-1)).toEqual([9_999, true]);
});

test('of a crowd that asks in one turn on connections that it has, those beyond the first wait, and who hangs up is passed over', async () => {
  const arrivals = createArrivals();
  const atOnce = Array.from({ length: 256 }, () => arrivals.turn(() => false));
  expect(atOnce.every((turn) => turn === undefined)).toBe(true);
  const gone = new Set<number>();
  const told = queueUp(arrivals, 100, (index) => gone.has(index));
  expect(arrivals.busy).toBe(true);
  await nextTurn();
  gone.add(50);
  await settled(arrivals);
  expect(told).toEqual(Array.from({ length: 100 }, (_, index) => [index, index !== 50]));
  expect(arrivals.turn(() => false)).toBeUndefined();
});

test('as many that ask in one turn after the other are no crowd', async () => {
  const arrivals = createArrivals();
  for (let turn = 0; turn < 4; turn += 1) {
    expect(Array.from({ length: 200 }, () => arrivals.turn(() => false)).some((waits) => waits !== undefined)).toBe(false);
    await nextTurn();
  }
  expect(arrivals.busy).toBe(false);
});
