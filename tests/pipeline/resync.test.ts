import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RawConfig, ResolvedConfig } from '../../server/configs/model.ts';
import type { StoredDevice } from '../../server/devices/dao.ts';
import { blankDevice } from '../../server/devices/model.ts';
import type { Ip } from '../../server/lib/ip.ts';
import { createLog } from '../../server/lib/log.ts';
import { Secret } from '../../server/lib/secret.ts';
import type { Operation } from '../../server/operations/model.ts';
import { operationNotifier } from '../../server/operations/notifier.ts';
import { type OperationService, operationService } from '../../server/operations/service.ts';
import { type ResyncParts, startResync } from '../../server/pipeline/resync.ts';
import { catalogueOf } from '../../server/plugins/service.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import type { Store } from '../../server/store/store.ts';
import { SipSender } from '../../server/sync/sender.ts';
import { raw } from '../support/app.ts';
import { repositoryPackage, testPackage } from '../support/packages.ts';
import { locked, openUdpPhone, type PhonePeer } from '../sync/peers.ts';

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
  sender = new SipSender({ localAddress: async () => '127.0.0.1', timers: { t1: 10, t2: 80 } });
});
afterEach(async () => {
  await operations.close();
  await sender.close();
  await store.close();
  await phone?.close();
  phone = undefined;
});
const config = raw({ sip_lines: { 1: { username: '1001', password: 's3cret' } } });

interface Circumstances {
  readonly sender?: SipSender;
  readonly nat?: boolean;
  readonly raw?: RawConfig;
}

/** Tells a phone, and waits. @param change what its device has besides what it needs */
async function resync(
  change: object = {},
  { sender: other = sender, nat = false, raw: given = config }: Circumstances = {},
): Promise<Operation> {
  const catalogue = catalogueOf(packages, []);
  const digium = packages[0]?.plugins.at(-1)?.id ?? '';
  const known = { plugin: digium, ip: '127.0.0.1' as Ip, config: 'c', condition: { configured: true } };
  const device = { ...blankDevice('d', 'north', 1), ...known, ...change } as StoredDevice;
  const { id } = await startResync('d', {
    devices: { get: async (wanted) => (wanted === 'd' ? device : undefined), ownsAddresses: () => !nat },
    plugins: { catalogue },
    configOf: async () => ({ raw: given }) as ResolvedConfig,
    operations,
    sender: other,
    sip: { transport: 'udp', port: phone?.port ?? 9 },
    render: async () => {},
  });
  const ended = await operations.wait(id);
  if (!ended) throw new Error('It is gone');
  return ended;
}

test('a phone is told what its vendor calls it, at its address, and succeeds when it says so', async () => {
  phone = await openUdpPhone(() => ({ status: 200 }));
  const ended = await resync();
  expect(ended).toMatchObject({ label: 'resync', subject: { device: 'd' }, tenant: 'north', state: 'success' });
  expect(ended.result).toEqual({ device: 'd', address: '127.0.0.1', status: 200 });
  expect(phone.seen[0]?.uri).toBe(`sip:1001@127.0.0.1:${phone.port}`);
  expect(phone.seen[0]?.headers.get('Event')).toBe('check-sync');
});

test('who wants a login is shown that of the first line', async () => {
  phone = await openUdpPhone(locked({ username: 'auth', password: 's3cret' }));
  const given = raw({ sip_lines: { 1: { username: '1001', auth_username: 'auth', password: 's3cret' } } });
  expect(await resync({}, { raw: given })).toMatchObject({ state: 'success' });
  expect(JSON.stringify(phone.seen)).not.toContain('s3cret');
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
  expect(await resync()).toMatchObject({
    state: 'fail',
    error: { code: 'resync-silent', message: expect.stringContaining('did not answer') },
  });
});

test.each<[string, object, Circumstances, string]>([
  ['nobody knows its address', { ip: undefined }, {}, 'Nobody knows the address'],
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
  await expect(startResync('nobody', parts)).rejects.toMatchObject({ code: 'device-unknown' });
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
  const known = { ip: '127.0.0.1' as Ip, config: 'c', condition: { configured: false, problem: 'nothing was tried yet' } };

  /** @param render as it comes out */
  async function told(render: (device: StoredDevice) => StoredDevice | undefined): Promise<Operation> {
    const plugin = packages[0]?.plugins.at(-1)?.id ?? '';
    let device: StoredDevice | undefined = { ...blankDevice('d', 'north', 1), ...known, plugin };
    const parts: ResyncParts = {
      devices: { get: async () => device, ownsAddresses: () => true },
      plugins: { catalogue: catalogueOf(packages, []) },
      configOf: async () => ({ raw: config as RawConfig }) as ResolvedConfig,
      operations,
      sender,
      sip: { transport: 'udp', port: phone?.port ?? 9 },
      async render() {
        device = device && render(device);
      },
    };
    const ended = await operations.wait((await startResync('d', parts, { had })).id);
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
