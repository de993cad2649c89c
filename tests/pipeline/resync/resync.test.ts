import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RawConfig } from '../../../server/configs/model.ts';
import { readSettings } from '../../../server/configs/raw-config.ts';
import type { StoredDevice } from '../../../server/devices/dao.ts';
import { blankDevice, type Resync } from '../../../server/devices/model.ts';
import type { Ip } from '../../../server/lib/ip.ts';
import { createLog } from '../../../server/lib/log.ts';
import { Secret } from '../../../server/lib/secret.ts';
import type { Operation } from '../../../server/operations/model.ts';
import { operationNotifier } from '../../../server/operations/notifier.ts';
import { type OperationService, operationService } from '../../../server/operations/service.ts';
import { type ResyncParts, startResync } from '../../../server/pipeline/resync/resync.ts';
import { catalogueOf } from '../../../server/plugins/service.ts';
import { openSqliteStore } from '../../../server/store/sqlite/store.ts';
import type { Store } from '../../../server/store/store.ts';
import { SipSender } from '../../../server/sync/sender.ts';
import { phoneWay } from '../../../server/sync/sip.ts';
import { raw } from '../../support/app.ts';
import { repositoryPackage, testPackage } from '../../support/packages.ts';
import { locked, openUdpPhone, type PhonePeer } from '../../sync/peers.ts';

let store: Store;
let operations: OperationService;
let sender: SipSender;
let phone: PhonePeer | undefined;
const packages: Awaited<ReturnType<typeof repositoryPackage>>[] = [];
beforeAll(async () => {
  packages.push(await repositoryPackage('digium'), testPackage('acme', { vendor: 'Acme' }, { 'phone.tpl': 'x' }));
});
beforeEach(async () => {
  store = await openSqliteStore(':memory:');
  const log = createLog({ level: 'trace', format: 'json', sink: { write() {} } });
  operations = operationService({ dao: store.operations, notifier: operationNotifier(), log, keep: 10, keepMs: 100_000 });
  await operations.takeOver();
  // With the timers of the standard: nothing is sent twice, however slow the machine is.
  sender = new SipSender({ localAddress: async () => '127.0.0.1' });
});
afterEach(async () => {
  await operations.close();
  await sender.close();
  await store.close();
  await phone?.close();
  phone = undefined;
});
const line = { username: '1001', password: 's3cret', display_name: 'Alice', proxy_ip: '127.0.0.1' };
const config = raw({ sip_lines: { 1: line } });
const noted: Resync[] = [];

interface Circumstances {
  readonly sender?: SipSender;
  readonly nat?: boolean;
  readonly raw?: RawConfig;
  readonly restart?: boolean;
}

/** Tells a phone, and waits. @param change what its device has besides what it needs */
async function resync(
  change: object = {},
  { sender: other = sender, nat = false, raw: given = config, restart }: Circumstances = {},
): Promise<Operation> {
  const catalogue = catalogueOf(packages, []);
  const digium = packages[0]?.plugins.at(-1)?.id ?? '';
  const known = { plugin: digium, ip: '127.0.0.1' as Ip, config: 'c', condition: { configured: true } };
  const seen = { device: 'd', at: 1, ip: '127.0.0.1' as Ip };
  const device = { ...blankDevice('d', 'north', 1), ...known, seen, ...change } as StoredDevice;
  const reading = readSettings(given);
  if (!('settings' in reading)) throw new Error('The config is not complete');
  noted.length = 0;
  const { id } = await startResync(
    'd',
    { restart },
    {
      devices: {
        get: async (wanted) => (wanted === 'd' ? device : undefined),
        ownsAddresses: () => !nat,
        noteResync: async (wish) => void noted.push(wish),
      },
      plugins: { catalogue },
      desired: { settings: async () => reading.settings },
      operations,
      ways: () => [phoneWay(other, { transport: 'udp', port: phone?.port ?? 9 })],
      now: () => 7,
      render: async () => {},
    },
  );
  const ended = await operations.wait(id);
  if (!ended) throw new Error('It is gone');
  return ended;
}

test('a phone is told what its vendor calls it, at its address, and succeeds when it says so', async () => {
  phone = await openUdpPhone(() => ({ status: 200 }));
  const ended = await resync();
  expect(ended).toMatchObject({ label: 'resync', subject: { device: 'd' }, tenant: 'north', state: 'success' });
  expect(ended.result).toEqual({ device: 'd', way: 'phone', words: 'The phone at 127.0.0.1 answered 200' });
  const wish = { device: 'd', operation: ended.id, requested: 7 };
  expect(noted).toEqual([wish, { ...wish, told: 7, way: 'phone' }]);
  expect(phone.seen[0]?.uri).toBe(`sip:1001@127.0.0.1:${phone.port}`);
  expect(phone.seen[0]?.headers.get('Event')).toBe('check-sync');
});

test('who wants a login is shown that of the first line', async () => {
  phone = await openUdpPhone(locked({ username: 'auth', password: 's3cret' }));
  const given = raw({ sip_lines: { 1: { ...line, auth_username: 'auth' } } });
  expect(await resync({}, { raw: given })).toMatchObject({ state: 'success' });
  expect(JSON.stringify(phone.seen)).not.toContain('s3cret');
});

test('no login is shown at an address that was entered, and from which the phone never came', async () => {
  phone = await openUdpPhone(locked({ username: '1001', password: 's3cret' }));
  for (const seen of [undefined, { device: 'd', at: 1, ip: '127.0.0.2' }]) {
    expect(await resync({ seen })).toMatchObject({ state: 'fail', error: { code: 'resync-login-refused' } });
  }
  expect(phone.seen.filter(({ headers }) => headers.get('Authorization') !== undefined)).toEqual([]);
});

test.each([
  [489, 'resync-unsupported', 'does not know the event check-sync (489)'],
  [480, 'resync-refused', 'answered 480 So'],
  [403, 'resync-login-refused', 'first line (403)'],
])('%i fails it, in words', async (status, code, words) => {
  phone = await openUdpPhone(() => ({ status }));
  expect(await resync()).toMatchObject({ state: 'fail', error: { code, message: expect.stringContaining(words) } });
});

test('silence fails it, and says what may be', async () => {
  phone = await openUdpPhone(() => undefined);
  await sender.close();
  sender = new SipSender({ localAddress: async () => '127.0.0.1', timers: { t1: 10, t2: 80 } });
  expect(await resync()).toMatchObject({
    state: 'fail',
    error: { code: 'resync-silent', message: expect.stringContaining('did not answer') },
  });
  expect(noted.at(-1)).toMatchObject({ problem: expect.stringContaining('did not answer') });
});

test('phones that restart when they are told are not, where they must not', async () => {
  phone = await openUdpPhone(() => ({ status: 200 }));
  const restarts = { resync: { event: 'check-sync', restarts: true } };
  packages.push(testPackage('boots', { vendor: 'Boots', ...restarts }, { 'phone.tpl': 'x' }));
  expect(await resync({ plugin: 'boots-1' }, { restart: false })).toMatchObject({
    error: { code: 'resync-impossible', message: 'Phones of Boots restart when they read their configuration anew' },
  });
  for (const restart of [true, undefined]) {
    expect(await resync({ plugin: 'boots-1' }, restart === undefined ? {} : { restart })).toMatchObject({ state: 'success' });
  }
  expect(phone.seen).toHaveLength(2);
});

test('phones are told to restart in their vendor’s words, if there are any', async () => {
  phone = await openUdpPhone(() => ({ status: 200 }));
  const words = { event: 'check-sync;reboot=true', headers: { 'X-Why': 'config' }, contentType: 'text/plain', body: 'restart' };
  packages.push(testPackage('able', { vendor: 'Able', resync: { event: 'check-sync', restart: words } }, { 'phone.tpl': 'x' }));
  expect(await resync({ plugin: 'able-1' }, { restart: true })).toMatchObject({ state: 'success' });
  expect(await resync({ plugin: 'able-1' }, { restart: false })).toMatchObject({ state: 'success' });
  expect(phone.seen.map(({ headers, body }) => [headers.get('Event'), headers.get('X-Why'), String(body)])).toEqual([
    ['check-sync;reboot=true', 'config', 'restart'],
    ['check-sync', undefined, ''],
  ]);
  expect(await resync({}, { restart: true })).toMatchObject({
    error: { code: 'resync-impossible', message: 'Nobody knows how phones of Digium are told to restart' },
  });
});

test('a firmware line tells its phones in words of its own', async () => {
  phone = await openUdpPhone(() => ({ status: 200 }));
  const series = [{ version: '1.0', models: { M1: { lines: 1 } } }];
  const own = { event: 'service-control', body: 'action=restart', restart: { event: 'service-control', body: 'action=reset' } };
  const plugins = { 'twofold-1': { series }, 'twofold-2': { series, resync: own } };
  packages.push(testPackage('twofold', { plugins, resync: { event: 'check-sync' } }, { 'phone.tpl': 'x' }));
  for (const [plugin, how] of [['twofold-1'], ['twofold-2'], ['twofold-2', { restart: true }]] as const) {
    expect(await resync({ plugin }, how)).toMatchObject({ state: 'success' });
  }
  expect(phone.seen.map(({ headers, body }) => [headers.get('Event'), String(body)])).toEqual([
    ['check-sync', ''],
    ['service-control', 'action=restart'],
    ['service-control', 'action=reset'],
  ]);
});

test.each<[string, object, Circumstances, string]>([
  ['nobody knows its address', { ip: undefined }, {}, 'Nobody knows its address'],
  ['it has no plugin', { plugin: undefined }, {}, 'no plugin'],
  ['its plugin is not installed', { plugin: 'gone-1' }, {}, 'no plugin that is installed'],
  ['its vendor knows no way', { plugin: 'acme-1' }, {}, 'Phones of Acme cannot be told'],
  ['it cannot be configured', { condition: { configured: false, problem: 'no template' } }, {}, 'no template'],
  ['phones share addresses', {}, { nat: true }, 'phones.nat'],
])('nothing is sent when %s, and it is said why', async (_, change, circumstances, words) => {
  phone = await openUdpPhone(() => ({ status: 200 }));
  const ended = await resync(change, circumstances);
  expect(ended).toMatchObject({ state: 'fail', error: { code: 'resync-impossible', message: expect.stringContaining(words) } });
  expect(phone.seen).toEqual([]);
});

test('a device that there is not is none', async () => {
  const parts = { devices: { get: async () => undefined } } as unknown as ResyncParts;
  await expect(startResync('nobody', {}, parts)).rejects.toMatchObject({ code: 'device-unknown' });
});

test('one that is cancelled ends at once', async () => {
  phone = await openUdpPhone(() => undefined);
  const slow = new SipSender({ localAddress: async () => '127.0.0.1' });
  const waiting = resync({}, { sender: slow });
  await new Promise((resolve) => setTimeout(resolve, 100));
  operations.cancel(operations.list().operations[0]?.id ?? '');
  expect(await waiting).toMatchObject({ state: 'fail', error: { code: 'operation-cancelled' } });
  await slow.close();
});

describe('a phone whose device was just given another config', () => {
  const had = { user: 'waiting', credentials: { username: 'waiting', password: new Secret('before') } };
  const seen = { device: 'd', at: 1, ip: '127.0.0.1' as Ip };
  const known = { ip: '127.0.0.1' as Ip, seen, config: 'c', condition: { configured: false, problem: 'nothing was tried yet' } };

  /** @param render as it comes out */
  async function told(render: (device: StoredDevice) => StoredDevice | undefined): Promise<Operation> {
    const reading = readSettings(config);
    if (!('settings' in reading)) throw new Error('The config is not complete');
    const { settings } = reading;
    const plugin = packages[0]?.plugins.at(-1)?.id ?? '';
    let device: StoredDevice | undefined = { ...blankDevice('d', 'north', 1), ...known, plugin };
    const parts: ResyncParts = {
      devices: { get: async () => device, ownsAddresses: () => true, noteResync: async () => {} },
      plugins: { catalogue: catalogueOf(packages, []) },
      desired: { settings: async () => settings },
      operations,
      ways: () => [phoneWay(sender, { transport: 'udp', port: phone?.port ?? 9 })],
      async render() {
        device = device && render(device);
      },
    };
    const ended = await operations.wait((await startResync('d', { before: { had } }, parts)).id);
    if (!ended) throw new Error('It is gone');
    return ended;
  }

  test('is told when its files are made, and is shown the login that it had', async () => {
    phone = await openUdpPhone(locked({ username: 'waiting', password: 'before' }));
    const ended = await told((device) => ({ ...device, condition: { configured: true } }));
    expect(ended).toMatchObject({ state: 'success', steps: [{ label: 'render', state: 'success' }] });
    expect(phone.seen[0]?.uri).toBe(`sip:waiting@127.0.0.1:${phone.port}`);
    expect(JSON.stringify(ended)).not.toContain('before');
  });

  test.each<[string, (device: StoredDevice) => StoredDevice | undefined, string]>([
    [
      'its files cannot be made',
      (device) => ({ ...device, condition: { configured: false, problem: 'no template' } }),
      'no template',
    ],
    ['it was removed', () => undefined, 'removed meanwhile'],
  ])('is not told when %s', async (_, render, words) => {
    phone = await openUdpPhone(() => ({ status: 200 }));
    const error = { code: 'resync-impossible', message: expect.stringContaining(words) };
    expect(await told(render)).toMatchObject({ state: 'fail', error });
    expect(phone.seen).toEqual([]);
  });
});
