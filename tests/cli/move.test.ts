import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, complete } from '../api/stage.ts';
import { openPlace, type Place } from './place.ts';
import { offhook, type Ran } from './terminal.ts';

let here: Place;
beforeEach(async () => {
  here = await openPlace();
  await ask(here.stage, 'POST', '/api/v1/configs', { id: 'c', raw_config: complete });
});
afterEach(() => here.close());

async function make(id: string, mac: string, change: object = {}): Promise<void> {
  const device = { id, mac, vendor: 'Digium', model: 'D40', config: 'c', ...change };
  expect(await ask(here.stage, 'POST', '/api/v1/devices', device)).toMatchObject({ status: 201 });
  await here.stage.settled();
}

const move = (...words: string[]): Promise<Ran> =>
  offhook(['device', 'move', '--from', 'digium-2.8.1', '--to', 'digium-1.1.0.0', ...words, ...here.words]);

const why =
  'The server would choose digium-2.8.1 for it again. Of digium-1.1.0.0: the vendor fits, the model D65 is not in its table';

test('a dry run shows how many files would change, what cannot be made, and who would stay', async () => {
  await make('a', '000fd3000001');
  await make('b', '000fd3000002', { config: 'missing' });
  await make('d', '000fd3000003', { model: 'D65' });
  await make('e', '000fd3000004', { model: 'D99', plugin: 'digium-2.8.1' });
  const { code, out } = await move('--dry-run');
  expect(code).toBe(0);
  expect(out).toBe(
    [
      'Nothing is moved. 3 devices would move from digium-2.8.1 to digium-1.1.0.0; 2 of them would get other files.',
      '',
      'FILES          CHANGE  APPEAR  GO AWAY  STAY THE SAME',
      'of one device  2       0       0        2',
      'of many        0       0       0        0',
      '',
      'Cannot be configured with digium-1.1.0.0: 1 device, 1 already today',
      'DEVICE             MODEL  WHY',
      '00:0f:d3:00:00:02  D40    Its config missing does not exist',
      '',
      'Models that digium-1.1.0.0 does not know',
      'MODEL  DEVICES  SUPPORT',
      'D99    1        300',
      '',
      'Would stay on digium-2.8.1: 1 device',
      'DEVICE             MODEL  WHY',
      `00:0f:d3:00:00:03  D65    ${why}`,
      '',
    ].join('\n'),
  );
});

test('a move shows what was moved and what was not', async () => {
  await make('a', '000fd3000001');
  await make('b', '000fd3000002', { config: 'missing' });
  await make('d', '000fd3000003', { model: 'D65' });
  const { code, out, err } = await move();
  expect(code).toBe(0);
  expect(out).toBe(
    [
      '2 devices moved to digium-1.1.0.0; 1 can be configured.',
      '',
      'Cannot be configured: 1 device',
      'DEVICE             MODEL  WHY',
      '00:0f:d3:00:00:02  D40    Its config missing does not exist',
      '',
      'Not moved from digium-2.8.1: 1 device',
      'DEVICE             MODEL  WHY',
      `00:0f:d3:00:00:03  D65    ${why}`,
      '',
    ].join('\n'),
  );
  expect(err).toMatch(/^give them digium-1\.1\.0\.0: done {2}3 devices/m);
  expect(err).toMatch(/^render their files: done {2}2 devices/m);
});

test('only those that are meant are moved; a filter that fits nobody is told', async () => {
  await make('a', '000fd3000001');
  await make('b', '000fd3000002', { plugin: 'digium-2.8.1' });
  const nobody = 'No device of digium-2.8.1 is meant: none is moved.\n';
  expect(await move('--model', 'D50', '--model', 'D70')).toMatchObject({ code: 0, out: nobody });
  expect(await move('--dry-run', '--model', 'D50')).toMatchObject({ code: 0, out: nobody });
  expect((await move('--tenant', 'main', '--not-pinned')).out).toMatch(/^1 device moved/);
  expect((await move('--pinned')).out).toMatch(/^1 device moved/);
  expect((await move('--model', 'D40')).out).toBe(nobody);
});

test('pin makes the plugin an operator’s choice', async () => {
  await make('d', '000fd3000003', { model: 'D65' });
  expect((await move('--pin')).out).toMatch(/^1 device moved/);
  expect(await here.stage.devices.get('d')).toMatchObject({ plugin: 'digium-1.1.0.0', pinned: true });
});

test('the operation is what programs get, and what is not waited for', async () => {
  await make('a', '000fd3000001');
  const { code, out } = await move('--json', '--dry-run');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ state: 'success', result: { dry_run: true, devices: 1, moving: 1 } });
  const unwaited = await move('--no-wait');
  expect(unwaited.out).toMatch(/^[\da-f]{12}\n$/);
  await here.stage.operations.wait(unwaited.out.trim());
  expect(await here.stage.devices.get('a')).toMatchObject({ plugin: 'digium-1.1.0.0' });
});

test('what cannot be meant is told with what to do', async () => {
  await make('a', '000fd3000001');
  expect(await move('--to', 'digium-2.8.2')).toMatchObject({
    code: 1,
    err: 'offhook: No plugin digium-2.8.2 is installed: do you mean digium-2.8.1?\n',
  });
  expect(await move('--pinned', '--not-pinned')).toMatchObject({
    code: 2,
    err: 'offhook: Nothing is both --pinned and --not-pinned\n',
  });
  expect(await move('--tenant', 'none')).toMatchObject({ code: 1, err: expect.stringContaining('No tenant has the id') });
  const bare = await offhook(['device', 'move', '--from', 'digium-2.8.1', ...here.words]);
  expect(bare).toMatchObject({ code: 2, err: expect.stringContaining("required option '--to <plugin>' not specified") });
});
