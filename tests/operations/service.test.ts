import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { ProvisioningError } from '../../server/lib/errors.ts';
import type { Task } from '../../server/operations/run.ts';
import { eventually } from '../support/eventually.ts';
import { Disk, held, openOperations } from './stage.ts';

const install = { label: 'install', title: 'install firmware T46U', subject: { plugin: 'yealink-v86' } };

/** Work that ends only when it is stopped. */
const endless = ({ signal }: Task) => sleep(60_000, undefined, { signal });

test('work begins at once, goes on in the background, and its result is kept', async () => {
  const { operations, disk } = await openOperations();
  const { release, until } = held();
  const begun = await operations.start(install, async (task) => {
    task.progress(1, 3);
    await until;
    task.progress(3);
    return { files: 3 };
  });
  expect(begun).toMatchObject({ ...install, id: expect.stringMatching(/^[\da-f]{12}$/), state: 'progress', cancelling: false });
  expect(operations.get(begun.id)?.progress).toEqual({ current: 1, end: 3, unit: 'steps' });
  expect([operations.running, disk.texts.has(begun.id)]).toEqual([1, true]);
  release();
  const ended = await operations.wait(begun.id);
  expect(ended).toMatchObject({ state: 'success', progress: { current: 3, end: 3 }, result: { files: 3 } });
  expect(ended?.ended).toBeGreaterThanOrEqual(ended?.started ?? Number.NaN);
  expect(JSON.parse(disk.texts.get(begun.id) ?? '')).toEqual(ended);
  expect(operations.running).toBe(0);
});

test('parts that are known in advance are shown as waiting, are taken in their order, and others are added behind', async () => {
  const { operations } = await openOperations();
  const steps = [{ label: 'download', unit: 'bytes' }, { label: 'install' }, { label: 'download' }] as const;
  const { release, until } = held();
  const { id } = await operations.start({ ...install, steps }, async (task) => {
    const size = await task.step({ label: 'download', title: 'download a.zip' }, async (part) => {
      part.progress(10, 100);
      await until;
      return 100;
    });
    await task.step('download', async () => {});
    await task.step('check', async () => {});
    return size;
  });
  const shape = () => operations.get(id)?.steps.map(({ label, title, state }) => [label, title, state]);
  expect(shape()).toEqual([
    ['download', 'download a.zip', 'progress'],
    ['install', 'install', 'waiting'],
    ['download', 'download', 'waiting'],
  ]);
  expect(operations.get(id)?.steps[0]?.progress).toEqual({ current: 10, end: 100, unit: 'bytes' });
  release();
  expect(await operations.wait(id)).toMatchObject({ state: 'success', result: 100 });
  expect(shape()).toEqual([
    ['download', 'download a.zip', 'success'],
    ['install', 'install', 'waiting'],
    ['download', 'download', 'success'],
    ['check', 'check', 'success'],
  ]);
});

test('an error with a name is the error of the part and of the whole', async () => {
  const { operations, lines } = await openOperations();
  const complaints = [{ path: 'sha1sum', message: 'is another' }];
  const { id } = await operations.start(install, (task) =>
    task.step('download', async () => {
      throw new ProvisioningError('download-corrupt', 'https://a.example/b.zip is not what it should be', { complaints });
    }),
  );
  const error = { code: 'download-corrupt', message: 'https://a.example/b.zip is not what it should be', complaints };
  expect(await operations.wait(id)).toMatchObject({ state: 'fail', error, steps: [{ state: 'fail', error }] });
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
});

test('what is thrown otherwise is told as a fault of the server, and logged with its stack, once', async () => {
  const { operations, lines } = await openOperations();
  const { id } = await operations.start(install, (task) =>
    task.step('download', () =>
      task.step('unpack', async () => {
        throw new TypeError('x is undefined');
      }),
    ),
  );
  const ended = await operations.wait(id);
  expect(ended).toMatchObject({ state: 'fail', error: { code: 'internal' } });
  expect(JSON.stringify(ended)).not.toContain('undefined');
  const logged = lines.filter(({ event }) => event === 'operation.failed');
  expect(logged).toMatchObject([{ operation: id, err: { message: 'x is undefined', stack: expect.anything() } }]);
});

test('a disk that is full is no fault of the server, and told with what to do', async () => {
  const { operations, lines } = await openOperations();
  const { id } = await operations.start(install, () => Promise.reject(Object.assign(new Error('write'), { code: 'ENOSPC' })));
  const error = { code: 'disk-full', message: expect.stringContaining('the disk is full; make room, then try again') };
  expect(await operations.wait(id)).toMatchObject({ state: 'fail', error });
  expect(lines.filter(({ event }) => event === 'operation.failed')).toEqual([]);
});

test('a fault that the work deals with is in the log all the same', async () => {
  const { operations, lines } = await openOperations();
  const { id } = await operations.start(install, async (task) => {
    await task
      .step('download', async () => {
        throw 'no error at all';
      })
      .catch(() => {});
  });
  expect(await operations.wait(id)).toMatchObject({ state: 'success', steps: [{ state: 'fail', error: { code: 'internal' } }] });
  expect(lines.filter(({ event }) => event === 'operation.failed')).toMatchObject([{ operation: id, err: 'no error at all' }]);
});

test('when a part fails, those beside it are stopped and waited for, before all has ended', async () => {
  const { operations } = await openOperations();
  let isCleanedUp = false;
  const { id } = await operations.start(install, async (task) => {
    await Promise.all([
      task.step('one', async (part) => {
        try {
          await endless(part);
        } finally {
          await sleep(20);
          isCleanedUp = true;
        }
      }),
      task.step('other', async () => {
        throw new ProvisioningError('disk-full', 'The disk is full');
      }),
    ]);
  });
  const ended = await operations.wait(id);
  expect(isCleanedUp).toBe(true);
  expect(ended).toMatchObject({ state: 'fail', error: { code: 'disk-full' } });
  expect(ended?.steps.map(({ state, error }) => [state, error?.code])).toEqual([
    ['fail', 'operation-cancelled'],
    ['fail', 'disk-full'],
  ]);
});

test('a part that nobody waits for is waited for, and its failure is that of the whole', async () => {
  const { operations } = await openOperations();
  const { id } = await operations.start(install, async (task) => {
    void task.step('forgotten', async () => {
      await sleep(20);
      throw new ProvisioningError('disk-full', 'The disk is full');
    });
  });
  expect(await operations.wait(id)).toMatchObject({ state: 'fail', error: { code: 'disk-full' } });
});

test('a part that the work does without does not fail the whole, nor stop what goes on', async () => {
  const { operations } = await openOperations();
  const { id } = await operations.start(install, async (task) => {
    const other = task.step('other', () => sleep(20));
    await task
      .step('mirror', async () => {
        throw new ProvisioningError('download-failed', 'No mirror');
      })
      .catch(() => {});
    await other;
  });
  const ended = await operations.wait(id);
  expect([ended?.state, ...(ended?.steps ?? []).map(({ state }) => state)]).toEqual(['success', 'success', 'fail']);
});

// Cancelling --------------------------------------------------------------------------------------------------------------------

test('one that is cancelled says so until it ends, and has failed with that', async () => {
  const { operations } = await openOperations();
  const { release, until } = held();
  const { id } = await operations.start(install, (task) =>
    task.step('download', async (part) => {
      await endless(part).catch(async (cause) => {
        await until;
        throw cause;
      });
    }),
  );
  expect(operations.cancel(id)).toMatchObject({ state: 'progress', cancelling: true });
  // Who asks twice means the same.
  operations.cancel(id);
  release();
  const told = { state: 'fail', error: { code: 'operation-cancelled', message: 'It was cancelled' } };
  expect(await operations.wait(id)).toMatchObject({ ...told, cancelling: false, steps: [told] });
});

test('work that ends well although it was to stop has ended well, and what breaks meanwhile is told', async () => {
  const { operations } = await openOperations();
  const stubborn = held();
  const one = await operations.start(install, () => stubborn.until.then(() => 'done'));
  const other = await operations.start(install, async () => {
    await stubborn.until;
    throw new ProvisioningError('disk-full', 'The disk is full');
  });
  for (const { id } of [one, other]) operations.cancel(id);
  stubborn.release();
  expect(await operations.wait(one.id)).toMatchObject({ state: 'success', result: 'done' });
  expect(await operations.wait(other.id)).toMatchObject({ state: 'fail', error: { code: 'disk-full' } });
});

test('one that has ended is not cancelled but forgotten, one that runs is not forgotten, and nobody knows any other', async () => {
  const { operations, disk } = await openOperations();
  const { id } = await operations.start(install, endless);
  await expect(operations.forget(id)).rejects.toMatchObject({ code: 'operation-running', operation: id });
  operations.cancel(id);
  await operations.wait(id);
  expect(() => operations.cancel(id)).toThrow(expect.objectContaining({ code: 'operation-ended' }));
  await operations.forget(id);
  expect([operations.get(id), disk.texts.size, await operations.wait(id)]).toEqual([undefined, 0, undefined]);
  expect(() => operations.cancel(id)).toThrow(expect.objectContaining({ code: 'operation-unknown' }));
  await expect(operations.forget(id)).rejects.toMatchObject({ code: 'operation-unknown' });
});

// One at a time -----------------------------------------------------------------------------------------------------------------

test('of the same key one runs at a time, and the second is told which', async () => {
  const { operations } = await openOperations();
  const order = { ...install, key: 'install yealink-v86' };
  // Both at once: neither is on disk yet.
  const outcomes = await Promise.allSettled([operations.start(order, endless), operations.start(order, endless)]);
  const [first, second] = outcomes;
  const id = first?.status === 'fulfilled' ? first.value.id : '';
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'operation-running', operation: id } });
  expect(String(second?.status === 'rejected' && second.reason)).toContain(id);
  await operations.start({ ...install, key: 'install digium-2.8.1' }, async () => undefined);
  operations.cancel(id);
  await operations.wait(id);
  expect(await operations.start(order, async () => undefined)).toMatchObject({ state: 'progress' });
});

test('what cannot be written down is not started, and its key is free again', async () => {
  const { operations, disk } = await openOperations();
  disk.refusals = [new ProvisioningError('store-full', 'The disk is full')];
  let isDone = false;
  const work = async () => {
    isDone = true;
  };
  await expect(operations.start({ ...install, key: 'k' }, work)).rejects.toMatchObject({ code: 'store-full' });
  expect([isDone, operations.running, operations.list().total]).toEqual([false, 0, 0]);
  await operations.start({ ...install, key: 'k' }, work);
  expect(isDone).toBe(true);
});

test.each([
  [{ ...install, label: '' }, ['label']],
  [{ ...install, label: 'in stall', title: ' ' }, ['label', 'title']],
  [{ ...install, steps: [{ label: '' }, { label: 'a', steps: [{ label: 'a|b' }] }] }, ['steps.1.steps.0.label']],
])('%j is refused, with every complaint', async (order, paths) => {
  const { operations } = await openOperations();
  const refused = await operations.start(order, async () => undefined).catch((cause: unknown) => cause);
  expect(refused).toMatchObject({ code: 'operation-invalid', complaints: paths.map((path) => ({ path })) });
});

// News --------------------------------------------------------------------------------------------------------------------------

test('a million words of progress are told a few times, and written hardly ever', async () => {
  const { operations, disk, told } = await openOperations();
  const { id } = await operations.start({ ...install, unit: 'bytes' }, async (task) => {
    for (let bytes = 1; bytes <= 1_000_000; bytes++) {
      task.progress(bytes, 1_000_000);
      if (bytes % 100_000 === 0) await sleep(30);
    }
  });
  expect(await operations.wait(id)).toMatchObject({ progress: { current: 1_000_000, end: 1_000_000, unit: 'bytes' } });
  // One word at the start, one at the end, and every tenth of a second.
  expect(told.length).toBeGreaterThan(3);
  expect(told.length).toBeLessThan(60);
  expect(disk.saves).toBeLessThan(5);
  expect(new Set(told.map(({ revision }) => revision)).size).toBe(told.length);
});

test('how far it is comes to the disk while it goes on', async () => {
  const { operations, disk } = await openOperations();
  const { id } = await operations.start(install, async (task) => {
    task.progress(1, 2);
    await endless(task);
  });
  await eventually(() => expect(JSON.parse(disk.texts.get(id) ?? '')).toMatchObject({ progress: { current: 1, end: 2 } }));
  await operations.close();
});

test('who waits for news gets them when there are some, and otherwise when it has waited enough', async () => {
  const { operations } = await openOperations();
  const { release, until } = held();
  const { id, revision } = await operations.start(install, async (task) => {
    await until;
    task.progress(1);
    await endless(task);
  });
  // The word that it has begun.
  const begun = await operations.news(id, revision, AbortSignal.timeout(5_000));
  const seen = begun?.revision ?? 0;
  expect(seen).toBeGreaterThan(revision);
  expect(await operations.news(id, seen, AbortSignal.timeout(20))).toEqual(begun);
  const waiting = operations.news(id, seen, AbortSignal.timeout(10_000));
  release();
  const news = await waiting;
  expect(news).toMatchObject({ progress: { current: 1 } });
  expect(news?.revision).toBeGreaterThan(seen);
  // What was missed is there at once.
  expect(await operations.news(id, seen, new AbortController().signal)).toMatchObject({ progress: { current: 1 } });
  operations.cancel(id);
  const ended = await operations.wait(id);
  expect(await operations.news(id, ended?.revision ?? 0, new AbortController().signal)).toEqual(ended);
});

test('an end that cannot be written is told all the same, and written later', async () => {
  const { operations, disk, lines } = await openOperations();
  const { release, until } = held();
  const { id } = await operations.start(install, () => until.then(() => undefined));
  disk.refusals = [new ProvisioningError('store-busy', 'Locked')];
  release();
  expect(await operations.wait(id)).toMatchObject({ state: 'success' });
  expect(lines.some(({ event }) => event === 'operation.not-written')).toBe(true);
  expect(JSON.parse(disk.texts.get(id) ?? '').state).not.toBe('success');
  await eventually(() => expect(JSON.parse(disk.texts.get(id) ?? '').state).toBe('success'));
});

// Lists -------------------------------------------------------------------------------------------------------------------------

test('a list is filtered by state, label and subject, in pages, the latest first', async () => {
  let time = 1_000;
  const { operations } = await openOperations({ now: () => time++ });
  const ids: string[] = [];
  for (const [label, plugin] of [
    ['install', 'a'],
    ['install', 'b'],
    ['remove', 'b'],
  ] as const) {
    const { id } = await operations.start({ label, title: label, subject: { plugin, model: 'x' } }, async () => undefined);
    await operations.wait(id);
    ids.push(id);
  }
  const { id: running } = await operations.start(install, endless);
  const [one, two, three] = ids;
  const idsOf = (query: Parameters<typeof operations.list>[0]) => operations.list(query).operations.map(({ id }) => id);
  expect(idsOf({})).toEqual([running, three, two, one]);
  expect(idsOf({ states: ['progress', 'waiting'] })).toEqual([running]);
  expect(idsOf({ label: 'install', subject: { plugin: 'b' } })).toEqual([two]);
  expect(idsOf({ subject: { toString: 'b' } })).toEqual([]);
  expect(operations.list({ limit: 2, offset: 1 })).toMatchObject({ total: 4, operations: [{ id: three }, { id: two }] });
  await operations.close();
});

test('those that have ended are kept up to a number and an age, those that run are kept', async () => {
  let time = 0;
  const { operations, disk } = await openOperations({ keep: 2, keepMs: 1_000, now: () => time });
  const { id: running } = await operations.start(install, endless);
  const run = async () => {
    const { id } = await operations.start(install, async () => undefined);
    await operations.wait(id);
    time += 400;
    return id;
  };
  const kept = () => operations.list().operations.map(({ id }) => id);
  const ids = [await run(), await run(), await run()];
  await eventually(() => expect(kept().sort()).toEqual([running, ids[1], ids[2]].sort()));
  time += 5_000;
  const last = await run();
  await eventually(() => expect(kept().sort()).toEqual([running, last].sort()));
  expect([...disk.texts.keys()].sort()).toEqual([running, last].sort());
  await operations.close();
});

// Ends of the server ------------------------------------------------------------------------------------------------------------

test('what went on when the server was killed has failed, with how far it was, and can be repeated', async () => {
  const disk = new Disk();
  const first = await openOperations({}, disk);
  const done = await first.operations.start(install, async () => 7);
  await first.operations.wait(done.id);
  const steps = [{ label: 'download' }, { label: 'install' }];
  const { id } = await first.operations.start({ ...install, key: 'k', steps }, (task) =>
    task.step('download', async (part) => {
      part.progress(3, 9);
      await endless(part);
    }),
  );
  await eventually(() => expect(disk.texts.get(id)).toContain('"current":3'));
  const left = new Disk();
  for (const [key, text] of disk.texts) left.texts.set(key, text);

  const { operations, lines } = await openOperations({}, left);
  const error = { code: 'operation-interrupted', message: expect.stringContaining('can be repeated') };
  expect(operations.get(id)).toMatchObject({
    state: 'fail',
    error,
    cancelling: false,
    ended: expect.any(Number),
    steps: [
      { label: 'download', state: 'fail', error, progress: { current: 3, end: 9 } },
      { label: 'install', state: 'waiting' },
    ],
  });
  expect(operations.get(done.id)).toMatchObject({ state: 'success', result: 7 });
  expect(JSON.parse(left.texts.get(id) ?? '')).toEqual(operations.get(id));
  expect(lines).toMatchObject([{ level: 'warn', event: 'operation.interrupted', operation: id }]);
  expect(await operations.start({ ...install, key: 'k' }, async () => undefined)).toMatchObject({ state: 'progress' });
  await first.operations.close();
});

test('an orderly end stops all that goes on, waits for it, and starts nothing more', async () => {
  const { operations, disk } = await openOperations();
  let isCleanedUp = false;
  const { id } = await operations.start(install, async (task) => {
    await endless(task).finally(async () => {
      await sleep(20);
      isCleanedUp = true;
    });
  });
  await operations.close();
  expect(isCleanedUp).toBe(true);
  expect(JSON.parse(disk.texts.get(id) ?? '')).toMatchObject({ state: 'fail', error: { code: 'operation-interrupted' } });
  await expect(operations.start(install, endless)).rejects.toMatchObject({ code: 'operation-refused' });
});

test('work that does not stop holds up an orderly end for a bounded time, and is told of', async () => {
  const { operations, lines } = await openOperations({ patienceMs: 50 });
  const { release, until } = held();
  const { id } = await operations.start(install, () => until.then(() => undefined));
  await operations.close();
  expect(lines.filter(({ event }) => event === 'operation.abandoned')).toMatchObject([{ operation: id }]);
  release();
});

test('a process that did not take them over starts none, and fails none of those that another runs', async () => {
  const disk = new Disk();
  const first = await openOperations({}, disk);
  const { id } = await first.operations.start(install, endless);
  const { operationService } = await import('../../server/operations/service.ts');
  const { operationNotifier } = await import('../../server/operations/notifier.ts');
  const log = { child: () => log, enabled: () => false } as never;
  const other = operationService({ dao: disk, notifier: operationNotifier(), log, keep: 1, keepMs: 1 });
  await expect(other.start(install, endless)).rejects.toMatchObject({ code: 'operation-refused' });
  await other.close();
  expect(JSON.parse(disk.texts.get(id) ?? '').ended).toBeUndefined();
  expect(first.operations.get(id)).toMatchObject({ state: 'progress' });
  await first.operations.close();
});
