import { describe, expect, test } from '@jest/globals';
import type { Operation } from '../../server/operations/model.ts';
import { type Open, Stage, UNUSUAL } from './stage.ts';

const error = { code: 'download-failed', message: 'No', complaints: [{ path: 'url', message: 'is gone' }] };
const full: Operation = {
  id: 'a1',
  label: 'install',
  title: 'install firmware T46U',
  subject: { plugin: 'yealink-v86', 'a "b"': UNUSUAL.join(' ') },
  state: 'fail',
  progress: { current: 3, end: 2 ** 40, unit: 'bytes' },
  steps: [
    {
      label: '',
      title: UNUSUAL[2] ?? '',
      state: 'fail',
      steps: [{ label: 'x', title: 'x', state: 'waiting', steps: [] }],
      error,
    },
  ],
  created: 1,
  started: 2,
  ended: 3,
  error,
  cancelling: false,
  result: { files: ['a', null, 1.5] },
  revision: 7,
};
const plain: Operation = {
  id: 'b2',
  label: 'render',
  title: 'render',
  subject: {},
  state: 'waiting',
  steps: [],
  created: 0,
  cancelling: false,
  revision: 1,
};

export function operationSuite(open: Open): void {
  describe('operations', () => {
    const stage = new Stage(open);

    test('every field of an operation comes back as it was stored, and they are listed in order of creation', async () => {
      const { operations } = stage.store;
      expect(await operations.list()).toEqual([]);
      await operations.save(full);
      await operations.save(plain);
      expect(await operations.list()).toStrictEqual([full, plain]);
    });

    test('one that is stored again takes the place of what it was, and keeps its own', async () => {
      const { operations } = stage.store;
      await operations.save(full);
      await operations.save(plain);
      const later: Operation = { ...full, state: 'success', revision: 8 };
      await operations.save(later);
      expect(await operations.list()).toStrictEqual([later, plain]);
    });

    test('of writes of one operation at once the last counts', async () => {
      const { operations } = stage.store;
      const revisions = Array.from({ length: 50 }, (_, index) => index);
      await Promise.all(revisions.map((revision) => operations.save({ ...plain, revision })));
      expect((await operations.list()).map(({ revision }) => revision)).toEqual([49]);
    });

    test('those that are removed are gone, and those that were never there are passed over', async () => {
      const { operations } = stage.store;
      await operations.save(full);
      await operations.save(plain);
      await operations.remove([full.id, 'nobody']);
      expect(await operations.list()).toStrictEqual([plain]);
    });
  });
}
