import { expect, test } from '@jest/globals';
import { KeyedLock } from '../../server/lib/lock.ts';

function gate(): { open: () => void; passed: Promise<void> } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

test('work of one key runs one at a time, in the order of asking; another key does not wait', async () => {
  const lock = new KeyedLock();
  const done: string[] = [];
  const first = gate();
  const all = [
    lock.run('a', async () => {
      await first.passed;
      done.push('a1');
    }),
    lock.run('a', async () => void done.push('a2')),
  ];
  await lock.run('b', async () => void done.push('b'));
  expect(done).toEqual(['b']);
  first.open();
  await Promise.all(all);
  expect(done).toEqual(['b', 'a1', 'a2']);
});

test('who failed hears of it, and the next has its turn', async () => {
  const lock = new KeyedLock();
  const failing = lock.run('a', async () => {
    throw new Error('mine');
  });
  const next = lock.run('a', async () => 'done');
  await expect(failing).rejects.toThrow('mine');
  await expect(next).resolves.toBe('done');
});

test('who gives up while waiting is told at once, its work is not begun, and who waits behind it keeps its place', async () => {
  const lock = new KeyedLock();
  const done: string[] = [];
  const first = gate();
  const before = lock.run('a', async () => {
    await first.passed;
    done.push('first');
  });
  const controller = new AbortController();
  const givenUp = lock.run('a', async () => void done.push('given up'), controller.signal);
  const behind = lock.run('a', async () => void done.push('behind'));
  controller.abort(new Error('no longer wanted'));
  await expect(givenUp).rejects.toThrow('no longer wanted');
  expect(done).toEqual([]);
  first.open();
  await Promise.all([before, behind]);
  expect(done).toEqual(['first', 'behind']);
});

test('who has given up before asking does not wait at all', async () => {
  const lock = new KeyedLock();
  const held = gate();
  const before = lock.run('a', () => held.passed);
  await expect(lock.run('a', async () => 'done', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  held.open();
  await before;
});

test('work that has begun is not taken from who asked for it when its signal is aborted', async () => {
  const lock = new KeyedLock();
  const begun = gate();
  const going = gate();
  const controller = new AbortController();
  const working = lock.run(
    'a',
    async () => {
      begun.open();
      await going.passed;
      return 'finished';
    },
    controller.signal,
  );
  await begun.passed;
  controller.abort();
  going.open();
  await expect(working).resolves.toBe('finished');
});
