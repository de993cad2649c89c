import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const once = (key: string) => ({ 'idempotency-key': key });
const create = (fields: object, key: string, headers = {}) =>
  ask(stage, 'POST', '/api/v1/devices', fields, { ...once(key), ...headers });
const total = async () => (await ask(stage, 'GET', '/api/v1/devices')).json.total;

test('what is asked again with its key is done once, and answered as it was', async () => {
  const first = await create({ mac: '000fd3000001' }, 'one');
  const again = await create({ mac: '000fd3000001' }, '"one"');
  expect(first.status).toBe(201);
  expect([again.status, again.text]).toEqual([201, first.text]);
  for (const name of ['location', 'etag', 'content-type']) expect(again.headers.get(name)).toBe(first.headers.get(name));
  expect(await total()).toBe(1);
  const { id } = first.json;
  const remove = () => ask(stage, 'DELETE', `/api/v1/devices/${id}`, undefined, once('two'));
  expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);
});

test('another request with the same key is refused, and another key, or another caller, is another request', async () => {
  await create({ mac: '000fd3000001' }, 'one');
  expect(await create({ mac: '000fd3000002' }, 'one')).toMatchObject({ status: 422, json: { code: 'idempotency-key-reused' } });
  expect((await ask(stage, 'POST', '/api/v1/configs', { raw_config: {} }, once('one'))).status).toBe(422);
  expect((await create({ mac: '000fd3000001' }, 'two')).status).toBe(409);
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'x', permissions: ['#'] });
  expect((await create({ mac: '000fd3000003' }, 'one', { authorization: `Bearer ${json.token}` })).status).toBe(201);
});

test('what was refused may be asked again with its key', async () => {
  await ask(stage, 'POST', '/api/v1/devices', { id: 'other', mac: '000fd3000001' });
  expect((await create({ mac: '000fd3000001' }, 'one')).status).toBe(409);
  await ask(stage, 'DELETE', '/api/v1/devices/other');
  expect((await create({ mac: '000fd3000001' }, 'one')).status).toBe(201);
});

test('of many that come at once one is done, and the others are told that it goes on, or its answer', async () => {
  const replies = await Promise.all(Array.from({ length: 10 }, () => create({ mac: '000fd3000001' }, 'one')));
  const statuses = replies.map(({ status }) => status);
  expect(statuses).toContain(201);
  expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
  expect(replies.filter(({ status }) => status === 409).map(({ json }) => json.code)).toEqual(
    statuses.filter((status) => status === 409).map(() => 'idempotency-undecided'),
  );
  expect(await total()).toBe(1);
});

test('whoever asks again for what was under way when the server ended is told that nobody knows', async () => {
  const body = { mac: '000fd3000001' };
  await create(body, 'one');
  const of = { caller: 'administrator administrator', key: 'one' };
  const { repeats } = stage.store;
  const { fingerprint = '' } = (await repeats.begin({ ...of, fingerprint: '' }, Date.now(), 0)) ?? {};
  await repeats.forget(of);
  await repeats.begin({ ...of, fingerprint }, Date.now(), 0);
  expect(await create(body, 'one')).toMatchObject({ status: 409, json: { code: 'idempotency-undecided' } });
});

test('an answer is kept for a day', async () => {
  const { repeats } = stage.store;
  const of = { caller: 'c', key: 'k', fingerprint: 'f' };
  expect(await repeats.begin(of, 1_000, 0)).toBeUndefined();
  expect(await repeats.begin(of, 2_000, 0)).toEqual({ fingerprint: 'f' });
  await repeats.keep(of, { status: 201, headers: { etag: '"x"' }, body: 'text' });
  expect(await repeats.begin(of, 3_000, 1_000)).toEqual({
    fingerprint: 'f',
    answer: { status: 201, headers: { etag: '"x"' }, body: 'text' },
  });
  expect(await repeats.begin(of, 3_000, 1_001)).toBeUndefined();
});

test('a token is made once, and its secret is kept nowhere', async () => {
  const make = () => ask(stage, 'POST', '/api/v1/tokens', { name: 'x', permissions: ['#'] }, once('one'));
  const first = await make();
  expect(first.status).toBe(201);
  expect(await make()).toMatchObject({ status: 409, json: { code: 'idempotency-answer-secret' } });
  expect((await ask(stage, 'GET', '/api/v1/tokens')).json.total).toBe(1);
});

test.each(['', 'a b', 'x'.repeat(256), '"'])('%j is no key', async (key) => {
  const { status, json } = await create({ mac: '000fd3000001' }, key);
  expect({ status, path: json.complaints?.[0]?.path }).toEqual({ status: 400, path: 'Idempotency-Key' });
});

test('a read is not noted', async () => {
  expect((await ask(stage, 'GET', '/api/v1/devices', undefined, once('one'))).status).toBe(200);
  expect((await create({ mac: '000fd3000001' }, 'one')).status).toBe(201);
});
