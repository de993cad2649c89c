import { expect, test } from '@jest/globals';
import { createConfigNotifier } from '../../server/configs/notifier.ts';

/** Who inherits directly from whom. */
function heirs(children: Record<string, string[]>, pause = async () => {}) {
  return {
    async childrenOf(id: string) {
      await pause();
      return children[id] ?? [];
    },
  };
}

function listening(dao: ReturnType<typeof heirs>) {
  const told: (readonly string[])[] = [];
  const failures: unknown[] = [];
  const notifier = createConfigNotifier(dao, (cause) => failures.push(cause));
  notifier.subscribe((ids) => told.push(ids));
  return { notifier, told, failures };
}

test('a change is told with all that inherit from it, each once, circles or not', async () => {
  const { notifier, told } = listening(heirs({ a: ['b', 'c'], b: ['d'], c: ['d'], d: ['a'] }));
  notifier.changed('a');
  await notifier.settled();
  expect(told).toEqual([['a', 'b', 'c', 'd']]);
});

test('changes that come while others are looked up are told together, and none is lost', async () => {
  const { notifier, told } = listening(heirs({ a: ['x'], b: ['x'] }, () => new Promise(setImmediate)));
  for (const id of ['a', 'b', 'c', 'b']) notifier.changed(id);
  await notifier.settled();
  expect(told).toEqual([
    ['a', 'x'],
    ['b', 'c', 'x'],
  ]);
  notifier.changed('c');
  await notifier.settled();
  expect(told).toHaveLength(3);
});

test('a change that a listener makes is told, too', async () => {
  const { notifier, told } = listening(heirs({}));
  notifier.subscribe((ids) => {
    if (ids.includes('a')) notifier.changed('b');
  });
  notifier.changed('a');
  await notifier.settled();
  expect(told).toEqual([['a'], ['b']]);
});

test('a listener that throws keeps nobody else from hearing', async () => {
  const { notifier, failures } = listening(heirs({}));
  const heard: string[] = [];
  notifier.subscribe(() => {
    throw new Error('mine');
  });
  notifier.subscribe((ids) => heard.push(...ids));
  notifier.changed('a');
  await notifier.settled();
  expect(heard).toEqual(['a']);
  expect(failures).toEqual([new Error('mine')]);
});

test('when the heirs cannot be read, the changed ones are told all the same', async () => {
  const { notifier, told, failures } = listening(heirs({}, () => Promise.reject(new Error('disk'))));
  notifier.changed('a');
  await notifier.settled();
  expect(told).toEqual([['a']]);
  expect(failures).toEqual([new Error('disk')]);
});

test('nothing to tell is settled at once', async () => {
  await expect(listening(heirs({})).notifier.settled()).resolves.toBeUndefined();
});
