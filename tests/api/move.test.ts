import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { held } from '../operations/stage.ts';
import { ask, complete, type Json, openStage, PASSWORD, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
  await ask(stage, 'POST', '/api/v1/configs', { id: 'c', raw_config: complete });
  for (const [id, mac] of Object.entries({ a: '000fd3000001', b: '000fd3000002' })) {
    await ask(stage, 'POST', '/api/v1/devices', { id, mac, vendor: 'Digium', model: 'D40', config: 'c' });
  }
  await stage.settled();
});
afterEach(() => stage.close());

const body = { where: { plugin: 'digium-2.8.1' }, to: 'digium-1.4.0.0' };

async function pluginsOf(): Promise<readonly (readonly [Json | undefined, Json | undefined])[]> {
  const { json } = await ask(stage, 'GET', '/api/v1/devices?sort=id');
  return [...(json.devices ?? [])].map(({ plugin, pinned }) => [plugin, pinned]);
}

test('a move is an operation that tells what was done', async () => {
  const { status, headers, json } = await ask(stage, 'POST', '/api/v1/moves', body);
  expect(status).toBe(202);
  expect(headers.get('location')).toBe(`/api/v1/operations/${json.id}`);
  expect(json).toMatchObject({
    label: 'move',
    title: 'move devices from digium-2.8.1 to digium-1.4.0.0',
    subject: { plugin: 'digium-2.8.1', to: 'digium-1.4.0.0' },
  });
  await stage.operations.wait(`${json.id}`);
  const ended = await ask(stage, 'GET', `/api/v1/operations/${json.id}`);
  expect(ended.json).toMatchObject({
    state: 'success',
    result: {
      dry_run: false,
      devices: 2,
      moved: 2,
      already_there: 0,
      left: { total: 0, first: [] },
      configured: 2,
      failing: { total: 0, first: [] },
    },
  });
  expect(await pluginsOf()).toEqual([
    ['digium-1.4.0.0', false],
    ['digium-1.4.0.0', false],
  ]);
});

test('a dry run says how many files would change, with no password among it, and moves none', async () => {
  const { status, json } = await ask(stage, 'POST', '/api/v1/moves', {
    where: { plugin: 'digium-2.8.1', model: ['D40'], tenant: [stage.main], pinned: false },
    to: 'digium-1.4.0.0',
    dry_run: true,
  });
  expect(status).toBe(202);
  await stage.operations.wait(`${json.id}`);
  const { json: ended, text } = await ask(stage, 'GET', `/api/v1/operations/${json.id}`);
  expect(ended).toMatchObject({ state: 'success', progress: { current: 2, end: 2, unit: 'devices' } });
  expect(ended.result).toMatchObject({ dry_run: true, devices: 2, moving: 2, failing: { total: 0, already: 0 } });
  const { same, changed, appearing, disappearing } = (ended.result as Json).files as Json;
  expect(Number(same) + Number(changed) + Number(appearing) + Number(disappearing)).toBeGreaterThanOrEqual(2);
  expect(text).not.toContain(PASSWORD);
  expect(await pluginsOf()).toEqual([
    ['digium-2.8.1', false],
    ['digium-2.8.1', false],
  ]);
});

test.each([
  [{ ...body, to: 'digium-2.8.2' }, 404, 'plugin-unknown', 'No plugin digium-2.8.2 is installed: do you mean digium-2.8.1?'],
  [
    { ...body, where: { plugin: 'digium-2.8' } },
    404,
    'plugin-unknown',
    'No plugin digium-2.8 is installed, and no device has it: do you mean digium-2.8.1?',
  ],
  [
    { ...body, to: 'digium-2.8.1' },
    400,
    'move-invalid',
    'The devices cannot be moved: to must be another plugin than the one that they have, digium-2.8.1',
  ],
  [{ ...body, where: { plugin: 'digium-2.8.1', tenant: ['none'] } }, 404, 'tenant-unknown', 'No tenant has the id none'],
])('%j is answered %i %s', async (wrong, status, code, detail) => {
  const answer = await ask(stage, 'POST', '/api/v1/moves', wrong);
  expect(answer).toMatchObject({ status, json: { code, detail } });
});

test.each([
  [{ to: 'digium-1.4.0.0' }, 'where'],
  [{ ...body, where: 'all' }, 'where'],
  [{ ...body, where: {} }, 'where.plugin'],
  [{ ...body, where: { plugin: 'digium-2.8.1', model: 'D40' } }, 'where.model'],
  [{ ...body, where: { plugin: 'digium-2.8.1', mac: '000fd3000001' } }, 'mac'],
  [{ where: body.where }, 'to'],
  [{ ...body, dry_run: 'yes' }, 'dry_run'],
  [{ ...body, force: true }, 'force'],
])('the body %j is refused with the path of what is wrong', async (wrong, path) => {
  const { status, json } = await ask(stage, 'POST', '/api/v1/moves', wrong);
  expect({ status, code: json.code, paths: [...(json.complaints ?? [])].map((each) => each.path) }).toEqual({
    status: 400,
    code: 'body-invalid',
    paths: [path],
  });
  expect(stage.operations.list().total).toBe(0);
});

test('while devices of a plugin are moved, a second move of them is told which one goes on', async () => {
  const { until, release } = held();
  // The first cannot end before its devices are looked up.
  const idsUsing = stage.devices.idsUsing;
  stage.devices.idsUsing = async (use) => {
    await until;
    return idsUsing(use);
  };
  const first = await ask(stage, 'POST', '/api/v1/moves', body);
  const second = await ask(stage, 'POST', '/api/v1/moves', { ...body, dry_run: true });
  expect(second).toMatchObject({ status: 409, json: { code: 'operation-running', operation: first.json.id } });
  release();
  expect(await stage.operations.wait(`${first.json.id}`)).toMatchObject({ state: 'success' });
});
