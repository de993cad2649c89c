import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { readSettings } from '../../../server/configs/raw-config.ts';
import { deviceNotifier } from '../../../server/devices/notifier.ts';
import { type DeviceService, deviceService } from '../../../server/devices/service.ts';
import type { Ip } from '../../../server/lib/ip.ts';
import { createLog } from '../../../server/lib/log.ts';
import { parseMac } from '../../../server/lib/mac.ts';
import { parseShare } from '../../../server/lib/share.ts';
import type { Operation } from '../../../server/operations/model.ts';
import { operationNotifier } from '../../../server/operations/notifier.ts';
import { type OperationService, operationService } from '../../../server/operations/service.ts';
import { startWaves, type WavesOrder, type WavesParts } from '../../../server/pipeline/resync/waves.ts';
import { catalogueOf } from '../../../server/plugins/service.ts';
import { openSqliteStore } from '../../../server/store/sqlite/store.ts';
import type { Store } from '../../../server/store/store.ts';
import { SipSender } from '../../../server/sync/sender.ts';
import { phoneWay } from '../../../server/sync/sip.ts';
import type { Told, Way } from '../../../server/sync/way.ts';
import { raw } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { testPackage } from '../../support/packages.ts';
import { type Answer, openUdpPhone, type PhonePeer } from '../../sync/peers.ts';

let store: Store;
let devices: DeviceService;
let operations: OperationService;
let main: string;
let phones: PhonePeer | undefined;
const cleanups: (() => unknown)[] = [];
const acme = testPackage('acme', { resync: { event: 'check-sync' } });
const reading = readSettings(
  raw({ sip_lines: { 1: { username: 'u', password: 'p', display_name: 'n', proxy_ip: '192.0.2.1' } } }),
);

beforeAll(() => {
  if (!('settings' in reading)) throw new Error('The config is not complete');
});
beforeEach(async () => {
  store = await openSqliteStore(':memory:');
  main = (await store.tenants.list())[0]?.id ?? '';
  devices = deviceService({
    dao: store.devices,
    notifier: deviceNotifier(),
    nat: () => false,
    unknown: 'create',
    addressHold: 0,
    choosePlugin: () => 'acme-1',
    autocreateConfig: async () => undefined,
    isAutocreated: async () => false,
    dropConfig: async () => {},
  });
  const log = createLog({ level: 'error', format: 'json', sink: { write() {} } });
  operations = operationService({ dao: store.operations, notifier: operationNotifier(), log, keep: 10, keepMs: 100_000 });
  await operations.takeOver();
});
afterEach(async () => {
  await operations.close();
  for (const clean of cleanups.splice(0).reverse()) await clean();
  phones = undefined;
  await store.close();
});

const idOf = (number: number) => `d${String(number).padStart(4, '0')}`;
const ipOf = (number: number) => `127.1.${Math.floor(number / 250)}.${(number % 250) + 1}` as Ip;
const fetched = async (id: string, digest: string) => {
  devices.noteDelivery({ device: id, artefact: 'a.cfg', digest, ip: '127.0.0.1' as Ip, transport: 'http', own: true });
};

/** As many devices that fetched their files once, and that would get others now. The one with the highest number asked last. */
async function fleet(size: number): Promise<void> {
  for (let number = 0; number < size; number += 1) {
    const mac = parseMac((0x000fd3000000 + number).toString(16).padStart(12, '0'));
    await devices.create(main, { ...(mac && { mac }), ip: ipOf(number) }, idOf(number));
    await fetched(idOf(number), 'old');
  }
  await devices.flush();
  await store.devices.noteSightings(
    Array.from({ length: size }, (_, number) => ({ device: idOf(number), at: 1_000 + number, ip: ipOf(number) })),
  );
  const look = (digest: string) =>
    devices.setConditions(
      new Map(
        Array.from({ length: size }, (_, number) => [idOf(number), { configured: true, wanted: new Map([['a.cfg', digest]]) }]),
      ),
    );
  await look('old');
  await look('new');
}

/** What stands for the server around: what phones fetch is written soon. */
function flushing(): void {
  const timer = setInterval(() => void devices.flush(), 20);
  cleanups.push(() => clearInterval(timer));
}

async function start(change: Partial<WavesOrder>, ways: readonly Way[], more: Partial<WavesParts> = {}): Promise<Operation> {
  if (!('settings' in reading)) throw new Error('The config is not complete');
  const { settings } = reading;
  return startWaves(
    {
      which: {},
      tenant: main,
      waves: ['1', '5%'].flatMap((text) => parseShare(text) ?? []),
      perSecond: 10_000,
      patienceMs: 4_000,
      tolerance: 10,
      ...change,
    },
    {
      devices,
      plugins: { catalogue: catalogueOf([acme], []) },
      desired: { settings: async () => settings },
      operations,
      ways: () => ways,
      lookMs: 20,
      ...more,
    },
  );
}

async function run(...given: Parameters<typeof start>): Promise<Operation> {
  const ended = await operations.wait((await start(...given)).id);
  if (!ended) throw new Error('It is gone');
  return ended;
}

/** All phones on one socket: each is who the request is for. */
async function simulated(answer: (number: number) => ReturnType<Answer>): Promise<readonly Way[]> {
  phones = await openUdpPhone(({ uri }) => {
    const [, third, fourth] = /^sip:u@127\.1\.(\d+)\.(\d+):/.exec(uri) ?? [];
    return answer(Number(third) * 250 + Number(fourth) - 1);
  }, '0.0.0.0');
  const sender = new SipSender({ localAddress: async () => '127.0.0.1', timers: { t1: 50, t2: 400 } });
  cleanups.push(phones.close, () => sender.close());
  return [phoneWay(sender, { transport: 'udp', port: phones.port })];
}

/** A way on which a phone does what is said of it: a time after which it fetches, or what is told instead. */
function scripted(does: (id: string) => number | Told | undefined): Way & { readonly told: string[] } {
  const told: string[] = [];
  return {
    name: 'script',
    told,
    async tell(_, { device }) {
      told.push(device);
      const what = does(device);
      if (typeof what === 'object') return what;
      if (what !== undefined) setTimeout(() => void fetched(device, 'new'), what);
      return { kind: 'told', words: '' };
    },
  };
}

test('of 1,000 phones 30 are dead and 20 fetch an old file: the report is exact, and the next run tells those 50 alone', async () => {
  await fleet(1_000);
  const isDead = (number: number) => number >= 100 && number < 130;
  const isOld = (number: number) => number >= 200 && number < 220;
  const ways = await simulated((number) => {
    if (isDead(number)) return undefined;
    void fetched(idOf(number), isOld(number) ? 'older' : 'new');
    return { status: 200 };
  });
  flushing();
  const report = {
    fetched_old: { total: 20 },
    not_told: { total: 30 },
    not_back: { total: 0 },
    impossible: { total: 0 },
    left: 0,
    stopped: null,
  };
  // As many in a second as the socket of the phones takes without a loss.
  const manners = { perSecond: 1_000 };
  const first = await run(manners, ways);
  expect(first).toMatchObject({ state: 'success', tenant: main });
  expect(first.result).toMatchObject({ ...report, devices: 1_000, in_sync: 950 });
  expect(first.steps.map(({ title, progress }) => [title, progress?.current])).toEqual([
    ['wave 1 of 3: 1 phone', 1],
    ['wave 2 of 3: 50 phones', 50],
    ['wave 3 of 3: 949 phones', 949],
  ]);
  const asked = (from: number) => new Set(phones?.seen.slice(from).map(({ uri }) => uri)).size;
  expect(asked(0)).toBe(1_000);
  expect(await devices.count({ inSync: false })).toBe(50);
  expect(await devices.resync(idOf(100))).toMatchObject({
    operation: first.id,
    problem: expect.stringContaining('did not answer'),
  });
  expect(await devices.resync(idOf(4))).toMatchObject({ operation: first.id, told: expect.any(Number), way: 'phone' });

  const before = phones?.seen.length ?? 0;
  const second = await run({ ...manners, which: { inSync: false }, tolerance: 100 }, ways);
  expect(second.result).toMatchObject({ ...report, devices: 50, in_sync: 0 });
  expect(asked(before)).toBe(50);
}, 120_000);

test('a wave begins when the phones of the one before have come back', async () => {
  await fleet(10);
  flushing();
  const told: string[] = [];
  const way = scripted((id) => {
    told.push(id);
    return 100;
  });
  const { id } = await start({}, [way]);
  await eventually(() => expect(told).toHaveLength(1));
  // The one that asked last.
  expect(told).toEqual([idOf(9)]);
  const ended = await operations.wait(id);
  expect(ended?.result).toMatchObject({ devices: 10, in_sync: 10 });
  expect(told.slice(1)).toEqual(Array.from({ length: 9 }, (_, number) => idOf(number)));
});

test('no further wave is told when too many do not come back, and what is left is said', async () => {
  await fleet(100);
  flushing();
  const way = scripted((id) => (id < idOf(1) ? undefined : 10));
  const waves = ['1', '5%', '100%'].flatMap((text) => parseShare(text) ?? []);
  const { result } = await run({ waves, patienceMs: 2_000, which: { inSync: false } }, [way]);
  expect(result).toMatchObject({
    devices: 100,
    in_sync: 5,
    not_back: { total: 1, first: [{ id: idOf(0), why: 'It was told, and has fetched nothing since' }] },
    left: 94,
    stopped: 'Of 5 phones in wave 2, 1 did not come back: more than 10 %',
  });
  expect(way.told).toHaveLength(6);
});

test('when all were told nothing was stopped, however many did not come back', async () => {
  await fleet(2);
  const { result } = await run({ waves: [], tolerance: 100 }, [scripted(() => ({ kind: 'silent', why: 'off' }))]);
  expect(result).toMatchObject({ left: 0, not_told: { total: 2 }, stopped: null });
  const last = await run({ which: [idOf(0)], waves: [], tolerance: 0 }, [scripted(() => ({ kind: 'silent', why: 'off' }))]);
  expect(last.result).toMatchObject({ left: 0, not_told: { total: 1 }, stopped: null });
});

test('within a wave no more are told once too many were lost', async () => {
  await fleet(100);
  flushing();
  const way = scripted(() => ({ kind: 'silent', why: 'off' }));
  const { result } = await run({ waves: [], perSecond: 200, tolerance: 5 }, [way]);
  expect(way.told.length).toBeLessThan(100);
  expect(result).toMatchObject({ left: 100 - way.told.length, not_told: { total: way.told.length } });
});

test('those who cannot be told at all do not count as lost', async () => {
  await fleet(5);
  flushing();
  await devices.change(idOf(1), { ip: null });
  await store.devices.setConditions(new Map([[idOf(2), { configured: false, problem: 'no template' }]]));
  const ways = await simulated((number) => {
    void fetched(idOf(number), 'new');
    return { status: 200 };
  });
  const { result } = await run({ which: [idOf(1), idOf(2), idOf(3), 'gone', idOf(3)], waves: [], tolerance: 0 }, ways);
  expect(result).toMatchObject({
    devices: 4,
    in_sync: 1,
    impossible: {
      total: 3,
      first: expect.arrayContaining([
        expect.objectContaining({ id: idOf(1), why: expect.stringContaining('Nobody knows its address') }),
        expect.objectContaining({ id: idOf(2), why: expect.stringContaining('no template') }),
        { id: 'gone', mac: null, model: null, why: 'The device was removed' },
      ]),
    },
    stopped: null,
  });
});

test('a phone that fetched nothing new, because nothing is, is in sync', async () => {
  await fleet(1);
  flushing();
  await fetched(idOf(0), 'new');
  await devices.flush();
  const way = scripted((id) => {
    // As a conditional request: the same digest, now.
    setTimeout(() => void fetched(id, 'new'), 10);
    return undefined;
  });
  expect((await run({}, [way])).result).toMatchObject({ in_sync: 1 });
});

test('phones are told at the rate that was asked for, and only at the hours that were', async () => {
  await fleet(3);
  flushing();
  // Half past twelve until the test says otherwise.
  let now = new Date('2026-11-23T12:30:00').getTime();
  const way = scripted(() => 1);
  const hours = { text: '22:00-05:00', from: 22 * 60, until: 5 * 60 };
  const { id } = await start({ hours }, [way], { now: () => now });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(way.told).toEqual([]);
  expect(operations.get(id)).toMatchObject({ state: 'progress' });
  now = 0;
  operations.cancel(id);
  expect(await operations.wait(id)).toMatchObject({ state: 'fail', error: { code: 'operation-cancelled' } });
  expect(way.told).toEqual([]);
});

test('one that is cancelled tells no more, and ends at once', async () => {
  await fleet(50);
  const way = scripted(() => undefined);
  const { id } = await start({ waves: [], perSecond: 20 }, [way]);
  await eventually(() => expect(way.told.length).toBeGreaterThan(1));
  operations.cancel(id);
  expect(await operations.wait(id)).toMatchObject({ state: 'fail', error: { code: 'operation-cancelled' } });
  const told = way.told.length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(way.told.length).toBe(told);
});

test('a store that fails ends it as a fault, and nothing goes on', async () => {
  await fleet(3);
  const broken = { ...devices, noteResync: () => Promise.reject(new Error('disk full')) };
  const ended = await run({}, [scripted(() => 1)], { devices: broken });
  expect(ended).toMatchObject({ state: 'fail', error: { code: 'internal' } });
});

test('of one tenant one goes on at a time', async () => {
  await fleet(1);
  const { id } = await start({ patienceMs: 60_000 }, [scripted(() => undefined)]);
  await expect(start({}, [])).rejects.toMatchObject({ code: 'operation-running', operation: id });
  const other = await start({ tenant: main, which: [] }, []).catch((cause: { code: string }) => cause.code);
  expect(other).toBe('operation-running');
  operations.cancel(id);
  await operations.wait(id);
  expect(await run({ which: [] }, [])).toMatchObject({ result: { devices: 0, left: 0 } });
});
