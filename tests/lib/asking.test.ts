import { expect, test } from '@jest/globals';
import { createAsking } from '../../server/lib/asking.ts';

test('where nobody asks, nobody waits', () => {
  expect(createAsking().busy).toBe(false);
});

test('whoever asked since the last look counts, answered already or not', async () => {
  const asking = createAsking();
  expect(await asking.answered(Promise.resolve('file'))).toBe('file');
  expect([asking.busy, asking.busy]).toEqual([true, false]);
});

test('an answer counts until it is there or has failed', async () => {
  const asking = createAsking();
  let fail = (_: Error) => {};
  const failing = asking.answered(new Promise<never>((_, reject) => (fail = reject)));
  expect([asking.busy, asking.busy]).toEqual([true, true]);
  fail(new Error('disk'));
  await expect(failing).rejects.toThrow('disk');
  expect(asking.busy).toBe(false);
});
