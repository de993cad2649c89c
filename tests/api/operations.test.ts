import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Task } from '../../server/operations/run.ts';
import { held } from '../operations/stage.ts';
import { ask, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const install = { label: 'install', title: 'install firmware T46U', subject: { plugin: 'yealink-v86' } };
const endless = ({ signal }: Task) => sleep(60_000, undefined, { signal });

test('an operation is shown with its parts, and as provd writes it', async () => {
  const steps = [{ label: 'download', title: 'download a.zip', unit: 'bytes' }, { label: 'unpack' }] as const;
  const { id } = await stage.operations.start({ ...install, steps }, (task) =>
    task.step('download', (part) => {
      part.progress(4_096, 51_200);
      return endless(part);
    }),
  );
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const { status, json } = await ask(stage, 'GET', `/api/v1/operations/${id}`);
  expect(status).toBe(200);
  expect(json).toEqual({
    id,
    ...install,
    tenant: null,
    state: 'progress',
    progress: null,
    steps: [
      {
        label: 'download',
        title: 'download a.zip',
        state: 'progress',
        progress: { current: 4_096, end: 51_200, unit: 'bytes' },
        steps: [],
        started: time,
        ended: null,
        error: null,
      },
      {
        label: 'unpack',
        title: 'unpack',
        state: 'waiting',
        progress: null,
        steps: [],
        started: null,
        ended: null,
        error: null,
      },
    ],
    started: time,
    ended: null,
    error: null,
    created: time,
    cancelling: false,
    result: null,
    status: 'install|progress(download|progress;4096/51200)(unpack|waiting)',
    revision: expect.any(Number),
  });
});

test('one that runs is cancelled, and forgotten when it has ended', async () => {
  const { id } = await stage.operations.start(install, endless);
  const path = `/api/v1/operations/${id}`;
  expect(await ask(stage, 'DELETE', path)).toMatchObject({ status: 409, json: { code: 'operation-running', operation: id } });
  const cancelled = await ask(stage, 'POST', `${path}/cancel`);
  expect(cancelled).toMatchObject({ status: 202, json: { id, cancelling: true, ended: null } });
  expect(cancelled.headers.get('location')).toBe(path);
  const { json } = await ask(stage, 'GET', `${path}?wait=30&since=${cancelled.json.revision}`);
  expect(json).toMatchObject({ state: 'fail', error: { code: 'operation-cancelled', complaints: [] }, cancelling: false });
  expect(await ask(stage, 'POST', `${path}/cancel`)).toMatchObject({ status: 409, json: { code: 'operation-ended' } });
  expect((await ask(stage, 'DELETE', path)).status).toBe(204);
  for (const [method, gone] of [
    ['GET', path],
    ['DELETE', path],
    ['POST', `${path}/cancel`],
    ['GET', `${path}?wait=30`],
  ] as const) {
    expect(await ask(stage, method, gone)).toMatchObject({ status: 404, json: { code: 'operation-unknown' } });
  }
});

test('news are waited for: until there are some, until it has ended, or until the time is over', async () => {
  const { release, until } = held();
  const { id } = await stage.operations.start(install, async (task) => {
    task.progress(1, 2);
    await until;
    task.progress(2, 2);
    return { files: 2 };
  });
  const path = `/api/v1/operations/${id}`;
  await sleep(200);
  const { json: seen } = await ask(stage, 'GET', path);
  const began = performance.now();
  expect((await ask(stage, 'GET', `${path}?wait=1&since=${seen.revision}`)).json).toEqual(seen);
  expect(performance.now() - began).toBeGreaterThan(900);
  const waiting = ask(stage, 'GET', `${path}?wait=30`);
  await sleep(50);
  release();
  const { json } = await waiting;
  expect(json).toMatchObject({ state: 'success', result: { files: 2 }, status: 'install|success;2/2' });
  // It is over: nobody waits.
  expect((await ask(stage, 'GET', `${path}?wait=30&since=${json.revision}`)).json).toEqual(json);
});

test('a list is filtered and paged', async () => {
  for (const plugin of ['a', 'b:c']) {
    const { id } = await stage.operations.start({ ...install, subject: { plugin } }, async () => {});
    await stage.operations.wait(id);
  }
  const { id } = await stage.operations.start({ ...install, label: 'remove' }, endless);
  const found = async (query: string) => {
    const { json } = await ask(stage, 'GET', `/api/v1/operations?${query}`);
    return [json.total, json.operations?.map((each) => each.subject?.plugin)];
  };
  expect(await found('state=waiting&state=progress')).toEqual([1, ['yealink-v86']]);
  expect(await found('subject=plugin:b:c')).toEqual([1, ['b:c']]);
  expect(await found('label=install&limit=0')).toEqual([2, []]);
  expect(await found('label=none')).toEqual([0, []]);
  expect((await ask(stage, 'GET', '/api/v1/operations?limit=1')).json).toMatchObject({
    total: 3,
    operations: [expect.anything()],
  });
  stage.operations.cancel(id);
});

test.each([
  ['/api/v1/operations?state=running', 'state.0'],
  ['/api/v1/operations?subject=plugin', 'subject.0'],
  ['/api/v1/operations?colour=red', 'colour'],
  ['/api/v1/operations/x?wait=31', 'wait'],
  ['/api/v1/operations/x?wait=-1', 'wait'],
  ['/api/v1/operations/x?since=now', 'since'],
])('%s is refused', async (path, where) => {
  const { status, json } = await ask(stage, 'GET', path);
  expect({ status, path: json.complaints?.[0]?.path }).toEqual({ status: 400, path: where });
});

test('what may run once at a time is refused with the id of the one that runs', async () => {
  const other = await openStage(({ operations }) => ({
    reload: () => (operations as Stage['operations']).start({ ...install, key: 'reload' }, endless),
  }));
  const first = await ask(other, 'POST', '/api/v1/reload');
  const second = await ask(other, 'POST', '/api/v1/reload');
  expect(second).toMatchObject({ status: 409, json: { code: 'operation-running', operation: first.json.id } });
  expect(second.json.detail).toContain(first.json.id);
  await other.close();
});
