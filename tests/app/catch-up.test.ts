import { expect, test } from '@jest/globals';
import { catchUp } from '../../server/app/catch-up.ts';
import type { Change, Changes } from '../../server/store/store.ts';

/** What other processes change: device 1, device 2 … */
function others() {
  let newest = 7;
  const changes: Changes = {
    newest: async () => newest,
    async after(number) {
      if (number === newest) return undefined;
      const ids = Array.from({ length: newest - number }, (_, index) => `${number + index + 1}`);
      return { changes: ids.map((id): Change => ({ kind: 'device', id })), newest };
    },
  };
  return {
    changes,
    change: () => {
      newest++;
      return `${newest}`;
    },
  };
}

/** Remembers what it was told; each time it takes some turns. */
function listener() {
  const told: string[] = [];
  let fails = false;
  return {
    told,
    failNext: () => {
      fails = true;
    },
    async tell(changes: readonly Change[]): Promise<void> {
      for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
      if (fails) {
        fails = false;
        throw new Error('The disk is gone');
      }
      told.push(...changes.map(({ id }) => id));
    },
  };
}

test('what was there before is not told; what comes is told once, and nothing when nothing came', async () => {
  const { changes, change } = others();
  const { told, tell } = listener();
  const current = await catchUp(changes, tell);
  await current();
  expect(told).toEqual([]);
  const [first, second] = [change(), change()];
  await current();
  await current();
  expect(told).toEqual([first, second]);
});

test('requests that come together all wait until it is told, and it is told once', async () => {
  const { changes, change } = others();
  const { told, tell } = listener();
  const current = await catchUp(changes, tell);
  const id = change();
  const seen = await Promise.all(Array.from({ length: 5 }, () => current().then(() => [...told])));
  expect(seen).toEqual(Array(5).fill([id]));
});

test('a request that comes while older changes are told waits for those that came before it, too', async () => {
  const { changes, change } = others();
  const { told, tell } = listener();
  const current = await catchUp(changes, tell);
  const first = change();
  const before = current();
  await new Promise((resolve) => setImmediate(resolve));
  const second = change();
  await current();
  expect(told).toEqual([first, second]);
  await before;
});

test('what could not be told is told again to the next request', async () => {
  const { changes, change } = others();
  const { told, tell, failNext } = listener();
  const current = await catchUp(changes, tell);
  const id = change();
  failNext();
  expect(await Promise.allSettled([current(), current()])).toMatchObject(Array(2).fill({ status: 'rejected' }));
  await current();
  expect(told).toEqual([id]);
});
