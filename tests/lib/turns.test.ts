import { expect, test } from '@jest/globals';
import { Turns } from '../../server/lib/turns.ts';

test('so many go on at once, and the others have their turn in the order of asking', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((number) =>
    turns.run(async () => {
      begun.push(number);
      await new Promise<void>((resolve) => ends.push(resolve));
      return number;
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await all[1];
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  await all[0];
  expect(begun).toEqual([0, 1, 2, 3]);
  for (const end of ends) end();
  expect(await Promise.all(all)).toEqual([0, 1, 2, 3]);
});

test('work that fails is over, too', async () => {
  const turns = new Turns(1);
  const failing = turns.run(async () => {
    throw new Error('no');
  });
  const next = turns.run(async () => 'yes');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});

test('who gives up while waiting is told at once, and who waits behind has the turn', async () => {
  const turns = new Turns(1);
  let end = () => {};
  const first = turns.run(() => new Promise<void>((resolve) => (end = resolve)));
  const controller = new AbortController();
  const givenUp = turns.run(async () => 'never', controller.signal);
  const behind = turns.run(async () => 'behind');
  const told = expect(givenUp).rejects.toThrow('enough');
  controller.abort(new Error('enough'));
  await told;
  end();
  await first;
  expect(await behind).toBe('behind');
  await expect(turns.run(async () => 'never', controller.signal)).rejects.toThrow('enough');
});
