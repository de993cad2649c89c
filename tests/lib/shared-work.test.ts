import { expect, test } from '@jest/globals';
import { SharedWork, type WorkOptions } from '../../server/lib/shared-work.ts';

/** Work that ends when it is told to, or is cancelled. */
function work() {
  const runs: (WorkOptions & { end(result: string): void })[] = [];
  const start = (options: WorkOptions) =>
    new Promise<string>((resolve, reject) => {
      runs.push({ ...options, end: resolve });
      // To clean up takes a while.
      options.signal?.addEventListener('abort', () => setTimeout(() => reject(options.signal?.reason), 20));
    });
  return { runs, start };
}

test('who asks for the same while it is worked on shares the work; afterwards it is begun anew', async () => {
  const { runs, start } = work();
  const shared = new SharedWork<string>();
  const heard: number[] = [];
  const both = [{ progress: (current: number) => heard.push(current) }, {}].map((options) => shared.run('a', options, start));
  const other = shared.run('b', {}, start);
  expect(runs).toHaveLength(2);
  runs[0]?.progress?.(5);
  runs[0]?.end('done');
  runs[1]?.end('other');
  expect(await Promise.all([...both, other])).toEqual(['done', 'done', 'other']);
  expect(heard).toEqual([5]);
  const again = shared.run('a', {}, start);
  runs[2]?.end('again');
  expect(await again).toBe('again');
});

test('what fails fails for all, and can be asked for again', async () => {
  const shared = new SharedWork<string>();
  const fail = () => Promise.reject(new Error('no'));
  const both = await Promise.allSettled([shared.run('a', {}, fail), shared.run('a', {}, fail)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await shared.run('a', {}, async () => 'yes')).toBe('yes');
});

test('it is cancelled when all who asked have, and who comes then waits until it has ended', async () => {
  const { runs, start } = work();
  const shared = new SharedWork<string>();
  const [one, two] = [new AbortController(), new AbortController()];
  const first = shared.run('a', { signal: one.signal }, start);
  const second = shared.run('a', { signal: two.signal }, start);
  one.abort(new Error('one'));
  await expect(first).rejects.toThrow('one');
  expect(runs[0]?.signal?.aborted).toBe(false);
  two.abort(new Error('two'));
  expect(runs[0]?.signal?.aborted).toBe(true);
  const third = shared.run('a', {}, start);
  expect(runs).toHaveLength(1);
  await expect(second).rejects.toThrow('two');
  await new Promise((resolve) => setTimeout(resolve, 5));
  runs[1]?.end('anew');
  expect(await third).toBe('anew');
  await expect(shared.run('a', { signal: one.signal }, start)).rejects.toThrow('one');
  expect(runs).toHaveLength(2);
});
