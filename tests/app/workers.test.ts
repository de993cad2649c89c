import { expect, test } from '@jest/globals';
import { alone, heard, problemOf, reloadAll, values, type Worker, workerOf } from '../../server/app/workers.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';

const random = Array.from({ length: 3_000 }, (_, index) => ((index * 0x9e3779b1) >>> 0).toString(16).repeat(4).slice(0, 32));
const counted = Array.from({ length: 3_000 }, (_, index) => `phone-${index}`);

test.each([
  ['random', random],
  ['counted', counted],
])('%s devices are shared out evenly, each to the same worker always', (_, ids) => {
  const shares = [0, 0, 0];
  for (const id of ids) {
    const worker = workerOf(id, 3);
    expect(workerOf(id, 3)).toBe(worker);
    shares[worker - 1] = (shares[worker - 1] ?? 0) + 1;
  }
  for (const share of shares) expect(Math.abs(share - 1_000)).toBeLessThan(150);
});

const worker: Worker = {
  metrics: async () => [],
  waiting: () => 3,
  learned: () => ({ logLevel: 'info', urls: new Map() }),
  learnUrls() {},
  recent: () => [],
  async overridesChanged() {},
  setLogLevel() {},
  tryPackages: async () => undefined,
  async takePackages() {},
  async takeFirmware() {},
  async lookAtAll() {},
  async beginRendering() {},
  rendering: () => ({ total: 0, left: 0 }),
  endRendering() {},
  async reload() {
    const complaints = [{ path: 'http.tls.key', message: 'is not there' }];
    throw new ProvisioningError('settings-invalid', 'The key is gone', { complaints });
  },
};

test('one process asks itself, and its errors keep code and complaints', async () => {
  const workers = alone();
  expect(await workers.ask('waiting')).toEqual([]);
  workers.answerWith(worker);
  expect(values(await workers.ask('waiting'))).toEqual([3]);
  const answers = await workers.ask('reload', new Map());
  expect(heard(answers)).toEqual([]);
  expect(() => values(answers)).toThrow(
    expect.objectContaining({ code: 'settings-invalid', message: 'The key is gone', complaints: [expect.anything()] }),
  );
});

test('what the first worker said of code that is new reaches all that read anew, and without it nothing is known to be well', async () => {
  const tried = new Map([['/packages/acme', { code: 'ab' }]]);
  for (const said of [tried, undefined]) {
    const workers = alone();
    const heardOf: unknown[] = [];
    workers.answerWith({
      ...worker,
      tryPackages: async () => said,
      async reload(given) {
        heardOf.push(given);
      },
    });
    expect(await reloadAll(workers)).toEqual([{ value: undefined }]);
    expect(heardOf).toEqual([said ?? new Map()]);
  }
});

test('what is no error of ours goes to another process by its words', () => {
  expect(problemOf(new TypeError('x is undefined'))).toEqual({
    code: 'worker-failed',
    message: 'x is undefined',
    complaints: [],
  });
});
