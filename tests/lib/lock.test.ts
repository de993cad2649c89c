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
