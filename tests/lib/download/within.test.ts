import { expect, test } from '@jest/globals';
import { within } from '../../../server/lib/download/within.ts';

const never = new Promise<never>(() => {});
const about = { where: 'files.example.com', what: 'no byte' };

test('what comes in time is what comes', async () => {
  expect(await within(Promise.resolve(7), 10_000, about)).toBe(7);
  await expect(within(Promise.reject(new Error('broken')), 10_000, about)).rejects.toThrow('broken');
});

test('what does not come is told, and may come another time', async () => {
  const late = { message: 'files.example.com: no byte within 0.02 s', passing: true };
  await expect(within(never, 20, about)).rejects.toMatchObject(late);
});

test('who has cancelled, before or meanwhile, waits no longer', async () => {
  const reason = new Error('not wanted any more');
  await expect(within(never, 10_000, { ...about, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const waiting = within(never, 10_000, { ...about, signal: controller.signal });
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});
