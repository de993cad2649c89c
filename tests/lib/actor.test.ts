import { expect, test } from '@jest/globals';
import { actingAs, actor } from '../../server/lib/actor.ts';
import { KeyedLock } from '../../server/lib/lock.ts';

const ann = { kind: 'user', id: 'u1', name: 'ann' } as const;
const pbx = { kind: 'token', id: 't1', name: 'pbx' } as const;

test('the server acts where nobody said otherwise', () => {
  expect(actor()).toEqual({ kind: 'server' });
});

test('whoever began some work acts in all that it awaits and starts, beside others, and in their turns at a lock', async () => {
  const lock = new KeyedLock();
  const seen: string[] = [];
  const work = async () => {
    await lock.run('one', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(actor().name ?? '');
    });
    return new Promise<string>((resolve) => setImmediate(() => resolve(actor().name ?? '')));
  };
  expect(await Promise.all([actingAs(ann, work), actingAs(pbx, work), work()])).toEqual(['ann', 'pbx', '']);
  expect(seen).toEqual(['ann', 'pbx', '']);
  expect(actor()).toEqual({ kind: 'server' });
});
