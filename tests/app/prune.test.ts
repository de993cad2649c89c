import { expect, test } from '@jest/globals';
import { pruneRegularly } from '../../server/app/prune.ts';
import { eventually } from '../support/eventually.ts';

test('the history is pruned at once and again and again, one time after the other, and what fails is logged and tried again', async () => {
  let [runs, running, most] = [0, 0, 0];
  const logged: unknown[] = [];
  const prune = async () => {
    runs++;
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 3));
    running--;
    if (runs === 2) throw new Error('the disk is full');
  };
  const end = pruneRegularly({ prune }, { error: (fields: unknown) => void logged.push(fields) }, 1);
  await eventually(() => expect(runs).toBeGreaterThan(3));
  await end();
  const ended = runs;
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect([runs, running, most]).toEqual([ended, 0, 1]);
  expect(logged).toEqual([{ event: 'history.not-pruned', why: 'the disk is full' }]);
});

test('pruning that goes on when it is ended is told so, and waited for', async () => {
  let ended = false;
  const end = pruneRegularly(
    {
      prune: (signal) =>
        new Promise((resolve) =>
          signal?.addEventListener('abort', () => {
            ended = true;
            resolve();
          }),
        ),
    },
    { error: () => expect('nothing').toBe('logged') },
  );
  await end();
  expect(ended).toBe(true);
});
