import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { StoredDevice } from '../../server/devices/dao.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { parseMac } from '../../server/lib/mac.ts';
import type { Operation } from '../../server/operations/model.ts';
import type { Foreseen } from '../../server/pipeline/move/foresee.ts';
import { type Moved, type MoveOrder, type MoveParts, startMove } from '../../server/pipeline/move/move.ts';
import { catalogueOf } from '../../server/plugins/service.ts';
import { raw, startTestApp, type TestApp } from '../support/app.ts';
import { httpGet } from '../support/phones.ts';

const [v84, v85, v86] = ['yealink-v84', 'yealink-v85', 'yealink-v86'];
const PASSWORD = 'marker-5up3r-s3cr3t';

let server: TestApp;
beforeEach(async () => {
  // All phones of a test ask from one address.
  server = await startTestApp(['phones.nat=true', 'tftp.enabled=false', 'deliveries.flush_seconds=3600']);
  const { configs, tenants } = server.app.core;
  // The label of a line is its number with line 85, its name with line 86.
  const line = { username: 'u1', password: PASSWORD, display_name: 'Alice', number: '1001', proxy_ip: '192.0.2.20' };
  await configs.create({ id: 'c', tenant: tenants.main.id, parents: [], raw: raw({ sip_lines: { 1: line } }) });
}, 30_000);
afterEach(() => server.stop());

const nameOf = (number: number) => `001565${number.toString(16).padStart(6, '0')}`;

interface Given {
  readonly plugin?: string;
  readonly model?: string | null;
  readonly pinned?: boolean;
  readonly config?: string;
  readonly tenant?: string;
}

async function make(numbers: readonly number[], given: Given = {}): Promise<void> {
  const { plugin = v85, model = 'T46S', pinned = false, config = 'c', tenant = server.app.core.tenants.main.id } = given;
  const { devices, sweep } = server.app.core;
  await Promise.all(
    numbers.map(async (number) => {
      const mac = parseMac(nameOf(number)) ?? null;
      await devices.create(tenant, { vendor: 'Yealink', model, mac, config }, `d${number}`);
      await devices.assign(`d${number}`, () => ({ plugin, pinned }));
    }),
  );
  await sweep.idle();
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
const order = (change: Partial<MoveOrder> = {}): MoveOrder => ({ from: v85, to: v86, pin: false, dryRun: false, ...change });

async function ended(change: Partial<MoveOrder> = {}): Promise<Operation> {
  return waited((await server.app.core.move(order(change))).id);
}

async function waited(id: string): Promise<Operation> {
  const operation = await server.app.core.operations.wait(id);
  if (!operation) throw new Error('no operation');
  return operation;
}

async function moved(change: Partial<MoveOrder> = {}): Promise<Moved> {
  const { result, error } = await ended(change);
  expect(error).toBeUndefined();
  return result as Moved;
}

async function foreseen(change: Partial<MoveOrder> = {}): Promise<Foreseen> {
  const { result, error } = await ended({ dryRun: true, ...change });
  expect(error).toBeUndefined();
  return result as Foreseen;
}

async function all(): Promise<StoredDevice[]> {
  return (await server.app.core.devices.list({ sort: 'id' })).devices;
}

async function pluginsOf(): Promise<Record<string, string | undefined>> {
  return Object.fromEntries((await all()).map(({ id, plugin }) => [id, plugin]));
}

async function fetched(number: number): Promise<string> {
  const { status, body } = await httpGet(server.http, `/${nameOf(number)}.cfg`);
  return `${status} ${body}`;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

test('200 devices move while their phones ask, and each time get a whole file of one plugin or the other', async () => {
  const numbers = upTo(200);
  await make(numbers);
  const before = await Promise.all(numbers.map(fetched));
  const { id } = await server.app.core.move(order());
  const meanwhile: (readonly [number, string])[] = [];
  for (let number = 0; server.app.core.operations.get(id)?.ended === undefined; number = (number + 7) % 200) {
    meanwhile.push([number, await fetched(number)]);
  }
  const operation = server.app.core.operations.get(id);
  expect(operation).toMatchObject({
    state: 'success',
    subject: { plugin: v85, to: v86 },
    steps: [
      { label: 'assign', state: 'success', progress: { current: 200, end: 200, unit: 'devices' } },
      { label: 'render', state: 'success', progress: { current: 200, end: 200, unit: 'devices' } },
    ],
    result: {
      dry_run: false,
      devices: 200,
      moved: 200,
      already_there: 0,
      left: { total: 0, first: [] },
      configured: 200,
      failing: { total: 0, first: [] },
    },
  });
  const after = await Promise.all(numbers.map(fetched));
  expect(before.every((body) => body.startsWith('200 ') && body.includes('account.1.label = 1001'))).toBe(true);
  expect(after.every((body) => body.startsWith('200 ') && body.includes('account.1.label = Alice'))).toBe(true);
  expect(meanwhile.length).toBeGreaterThan(5);
  expect(meanwhile.filter(([number, body]) => body !== before[number] && body !== after[number])).toEqual([]);
  expect((await all()).every(({ plugin, pinned }) => plugin === v86 && !pinned)).toBe(true);
}, 60_000);

test('one that is cancelled on the way says what is moved, which stays so, and the same again moves the rest', async () => {
  await make(upTo(200));
  const { operations, move } = server.app.core;
  const { id } = await move(order());
  while ((operations.get(id)?.steps[0]?.progress?.current ?? 0) === 0) await new Promise((resolve) => setImmediate(resolve));
  operations.cancel(id);
  const cancelled = await operations.wait(id);
  const there = Object.values(await pluginsOf()).filter((plugin) => plugin === v86).length;
  expect(there).toBeGreaterThan(0);
  expect(there).toBeLessThan(200);
  expect(cancelled).toMatchObject({ state: 'fail', error: { code: 'operation-cancelled' } });
  expect(cancelled?.error?.message).toBe(
    `It was cancelled. Of 200 devices ${there} are moved and stay so; the same again goes on with the rest`,
  );
  expect(await moved()).toMatchObject({ devices: 200 - there, moved: 200 - there, configured: 200 - there });
  expect(new Set(Object.values(await pluginsOf()))).toEqual(new Set([v86]));
}, 60_000);

test('of one plugin devices are moved by one at a time, and of another meanwhile', async () => {
  await make(upTo(200));
  await make([200], { plugin: v84 });
  const first = await server.app.core.move(order());
  await expect(server.app.core.move(order({ dryRun: true }))).rejects.toMatchObject({
    code: 'operation-running',
    operation: first.id,
  });
  expect(await moved({ from: v84 })).toMatchObject({ moved: 1 });
  await server.app.core.operations.wait(first.id);
}, 60_000);

/** All that a move may change, but for the operation itself. */
async function stateOf() {
  const { core } = server.app;
  const devices = await all();
  return {
    devices,
    deliveries: await Promise.all(devices.map(({ id }) => core.devices.deliveries(id))),
    configs: (await core.configs.list({})).configs,
    cached: core.renderer.cachedBytes,
    waiting: core.sweep.waiting,
    // Files looked for in memory and rendered, lines of the security log.
    counted: (await core.metrics.metrics()).split('\n').filter((line) => /^offhook_(?:security|render)/.test(line)),
  };
}

test('a dry run changes nothing, in the store or in memory, and foresees what the move then does', async () => {
  await make(upTo(20));
  await make([20, 21, 22], { model: 'T48S' });
  // Its file is another with each plugin, and neither can be made.
  await make([30], { config: 'missing' });
  const before = new Map(await Promise.all([...upTo(23)].map(async (number) => [number, await fetched(number)] as const)));
  // Where they asked from was written down.
  await server.app.core.sweep.idle();
  const state = await stateOf();
  const told = await foreseen();
  expect(await stateOf()).toEqual(state);
  expect(told).toMatchObject({ dry_run: true, devices: 24, moving: 24, unchanged: 0, left: { total: 0 } });
  // Of each phone: its configuration, and the certificates that it may have; the firmware of a model stands in a common file.
  const [first] = await all();
  const own = first ? server.app.core.desired.filesOf(pluginOf(v86), first).length : 0;
  expect(told.files).toEqual({ same: 23 * (own - 1), changed: 23, appearing: 0, disappearing: 0 });
  expect(told.common_files).toMatchObject({ changed: 2, appearing: 0, disappearing: 0 });
  expect(told.failing).toEqual({
    total: 1,
    already: 1,
    first: [{ id: 'd30', mac: '00:15:65:00:00:1e', model: 'T46S', why: 'Its config missing does not exist' }],
  });

  expect(await moved()).toMatchObject({
    devices: 24,
    moved: 24,
    configured: 23,
    failing: { total: 1, first: told.failing.first },
  });
  const changed = await Promise.all([...before].map(async ([number, body]) => digest(body) !== digest(await fetched(number))));
  expect(changed.filter((each) => each)).toHaveLength(told.files.changed);
}, 60_000);

function pluginOf(id: string) {
  const plugin = server.app.core.plugins.catalogue.plugin(id);
  if (!plugin) throw new Error(`no ${id}`);
  return plugin;
}

test('whether a plugin is an operator’s choice stays as it was, unless it is asked for', async () => {
  await make([1]);
  await make([2], { pinned: true });
  await moved();
  expect((await all()).map(({ id, plugin, pinned }) => [id, plugin, pinned])).toEqual([
    ['d1', v86, false],
    ['d2', v86, true],
  ]);
  await moved({ from: v86, to: v85, pin: true });
  expect((await all()).map(({ id, plugin, pinned }) => [id, plugin, pinned])).toEqual([
    ['d1', v85, true],
    ['d2', v85, true],
  ]);
});

test('a device that the server would take back at once stays, and is told with the reason; with pin it moves', async () => {
  await make([1], { plugin: v84, model: 'T19P_E2' });
  await make([2], { plugin: v84, model: 'T19P_E2', pinned: true });
  await make([3], { plugin: v84, model: null });
  const why = `The server would choose ${v84} for it again. Of ${v86}: the vendor fits, the model T19P_E2 is not in its table`;
  const left = { total: 1, first: [{ id: 'd1', mac: '00:15:65:00:00:01', model: 'T19P_E2', why }] };
  expect(await foreseen({ from: v84 })).toMatchObject({
    devices: 3,
    moving: 2,
    left,
    unknown_models: { total: 1, first: [{ model: 'T19P_E2', devices: 1, score: 300 }] },
  });
  expect(await moved({ from: v84 })).toMatchObject({ devices: 3, moved: 2, left });
  // What was moved stays when its phone asks.
  await fetched(3);
  expect(await pluginsOf()).toEqual({ d1: v84, d2: v86, d3: v86 });
  expect(await foreseen({ from: v84, pin: true })).toMatchObject({ moving: 1, left: { total: 0 } });
  expect(await moved({ from: v84, pin: true })).toMatchObject({ moved: 1, left: { total: 0 } });
  await fetched(1);
  expect(await pluginsOf()).toMatchObject({ d1: v86 });
});

test('only the devices that are meant move: by model, tenant, and who chose their plugin', async () => {
  const { id: north } = await server.app.core.tenants.create('north', {});
  await make([1]);
  await make([2], { model: 'T48S' });
  await make([3], { pinned: true });
  await make([4], { tenant: north });
  const gone = async () => Object.entries(await pluginsOf()).flatMap(([id, plugin]) => (plugin === v86 ? [id] : []));
  expect(await foreseen({ models: ['T48S', 'T41S'] })).toMatchObject({ devices: 1 });
  await moved({ models: ['T48S', 'T41S'] });
  expect(await gone()).toEqual(['d2']);
  await moved({ tenants: [north] });
  expect(await gone()).toEqual(['d2', 'd4']);
  await moved({ pinned: true });
  expect(await gone()).toEqual(['d2', 'd3', 'd4']);
  await moved({ pinned: false });
  expect(await gone()).toEqual(['d1', 'd2', 'd3', 'd4']);
  const nobody = { devices: 0, moved: 0, already_there: 0, left: { total: 0 }, configured: 0 };
  expect(await moved()).toMatchObject(nobody);
  expect(await foreseen()).toMatchObject({ devices: 0, moving: 0, files: { changed: 0 } });
});

test('devices of a plugin that is no longer installed are moved; all they get is new', async () => {
  await make(upTo(3), { plugin: 'yealink-v83', pinned: true });
  expect(await foreseen({ from: 'yealink-v83' })).toMatchObject({
    moving: 3,
    files: { same: 0, changed: 0, disappearing: 0 },
    failing: { total: 0, already: 0 },
  });
  expect(await moved({ from: 'yealink-v83' })).toMatchObject({ moved: 3, configured: 3 });
});

test.each([
  [{ to: 'yealink-v68' }, 'plugin-unknown', 'No plugin yealink-v68 is installed: do you mean yealink-v86?'],
  [{ to: 'x' }, 'plugin-unknown', 'No plugin x is installed: offhook plugin list shows those that are installed'],
  [{ from: 'yealink-85' }, 'plugin-unknown', 'No plugin yealink-85 is installed, and no device has it: do you mean yealink-v85?'],
  [{ to: v85 }, 'move-invalid', `The devices cannot be moved: to must be another plugin than the one that they have, ${v85}`],
  [{ tenants: ['none'] }, 'tenant-unknown', 'No tenant has the id none'],
])('%j is refused before anything is begun', async (change, code, message) => {
  await expect(server.app.core.move(order(change))).rejects.toMatchObject({ code, message });
  expect(server.app.core.operations.list().total).toBe(0);
});

/** A move whose parts are those of the server, but for some. */
async function endedWith(change: Partial<MoveParts>): Promise<Operation> {
  const { core } = server.app;
  const render = async () => {};
  const { id } = await startMove(order(), { ...core, baseUrl: (device) => core.baseUrls.expected(device), render, ...change });
  return waited(id);
}

test('what happens to devices on the way is told, and none that was changed meanwhile is moved', async () => {
  await make(upTo(5));
  const { devices } = server.app.core;
  const meanwhile: Record<string, () => Promise<unknown>> = {
    d1: () => devices.remove('d1'),
    d2: () => devices.assign('d2', () => ({ plugin: v86, pinned: true })),
    d3: () => devices.assign('d3', () => ({ plugin: v84, pinned: true })),
  };
  const assign: MoveParts['devices']['assign'] = async (id, choice) => {
    await meanwhile[id]?.();
    return devices.assign(id, choice);
  };
  const operation = await endedWith({ devices: { ...devices, assign } });
  expect(operation.result).toMatchObject({ devices: 5, moved: 2, already_there: 1, left: { total: 2 } });
  const { left } = operation.result as Moved;
  expect([...left.first].sort((one, other) => (one.id < other.id ? -1 : 1))).toEqual([
    { id: 'd1', mac: null, model: null, why: 'It was removed meanwhile' },
    {
      id: 'd3',
      mac: '00:15:65:00:00:03',
      model: 'T46S',
      why: 'It was changed meanwhile, and is none of those that were meant',
    },
  ]);
  expect(await pluginsOf()).toEqual({ d0: v86, d2: v86, d3: v84, d4: v86 });
});

test.each([
  ['the store is full', new ProvisioningError('store-full', 'The disk is full'), 'store-full', 'The disk is full. '],
  ['the server has a fault', new Error('oops'), 'internal', 'The server failed'],
])(
  'when %s on the way, the operation fails, and what is moved stays so',
  async (_, fault, code, message) => {
    await make(upTo(120));
    const { devices } = server.app.core;
    let calls = 0;
    const assign: MoveParts['devices']['assign'] = async (id, choice) => {
      if (++calls > 70) throw fault;
      return devices.assign(id, choice);
    };
    const operation = await endedWith({ devices: { ...devices, assign } });
    expect(operation).toMatchObject({ state: 'fail', error: { code, message: expect.stringContaining(message) } });
    if (code !== 'internal') expect(operation.error?.message).toContain('Of 120 devices 70 are moved and stay so; ');
    expect(Object.values(await pluginsOf()).filter((plugin) => plugin === v86)).toHaveLength(70);
    expect(await moved()).toMatchObject({ devices: 50, moved: 50 });
  },
  30_000,
);

test('one that is cancelled when all are moved says that nothing is left to do', async () => {
  await make(upTo(3));
  const { operations } = server.app.core;
  const operation = await endedWith({
    async render(_, { signal }) {
      for (const { id } of operations.list().operations) operations.cancel(id);
      signal.throwIfAborted();
    },
  });
  const message = 'It was cancelled. Of 3 devices 3 are moved and stay so; their files are rendered in the background';
  expect(operation.error).toMatchObject({ code: 'operation-cancelled', message });
});

test('nothing more moves to a plugin that is removed meanwhile', async () => {
  await make(upTo(120));
  const { core } = server.app;
  const without = catalogueOf(
    core.plugins.catalogue.packages.filter(({ id }) => id !== 'yealink'),
    [],
  );
  let catalogue = core.plugins.catalogue;
  const plugins = {
    get catalogue() {
      return catalogue;
    },
  };
  let calls = 0;
  const assign: MoveParts['devices']['assign'] = (id, choice) => {
    if (++calls > 50) catalogue = without;
    return core.devices.assign(id, choice);
  };
  const operation = await endedWith({ devices: { ...core.devices, assign }, plugins });
  expect(operation).toMatchObject({ state: 'fail', error: { code: 'plugin-unknown' } });
  expect(Object.values(await pluginsOf()).filter((plugin) => plugin === v86)).toHaveLength(50);
});

test('of many the first twenty are told, and all are counted; no password is among what is told', async () => {
  await make(upTo(25), { config: 'missing' });
  const { failing } = await foreseen();
  expect([failing.total, failing.first.length]).toEqual([25, 20]);
  const done = await moved();
  expect([done.failing.total, done.failing.first.length, done.configured]).toEqual([25, 20, 0]);
  expect(JSON.stringify(server.app.core.operations.list())).not.toContain(PASSWORD);
});
