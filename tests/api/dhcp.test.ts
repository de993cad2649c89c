import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aServedSite } from '../support/served-leases.ts';
import { ask, DHCP_TOKEN, type Json, openStage, type Stage } from './stage.ts';

const path = '/api/v1/dhcp/leases';
const mac = '00:0f:d3:05:48:48';
const phone = '10.0.0.7';
const hex = (text: string) => Buffer.from(text).toString('hex');
const digium = { 60: hex('digium_D40_1_4_0_0_57389'), 12: '' };
const asDhcpServer = { authorization: `Bearer ${DHCP_TOKEN}` };

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const tell = (body: object) => ask(stage, 'POST', path, body, asDhcpServer);
const devices = async () => (await ask(stage, 'GET', '/api/v1/devices')).json.devices;

test('a DHCP server tells of a lease, and the phone is a device with its model, version, address and plugin', async () => {
  expect(await tell({ op: 'commit', ip: phone, mac, options: digium })).toMatchObject({ status: 204, text: '' });
  expect(await devices()).toMatchObject([
    { mac, ip: phone, vendor: 'Digium', model: 'D40', version: '1.4.0.0.57389', plugin: 'digium-1.4.0.0' },
  ]);
});

test('what is no phone makes no device', async () => {
  expect((await tell({ op: 'commit', ip: phone, mac: '02:00:00:00:00:01', options: { 60: hex('MSFT 5.0') } })).status).toBe(204);
  expect(await devices()).toEqual([]);
});

test('a lease that is released or ends takes the address from the phone that had it, and from no other', async () => {
  for (const op of ['release', 'expiry']) {
    await tell({ op: 'commit', ip: phone, mac, options: digium });
    await tell({ op, ip: phone, mac: '00:0f:d3:00:00:01' });
    expect(await devices()).toMatchObject([{ ip: phone }]);
    await tell({ op, ip: phone, mac });
    expect(await devices()).toMatchObject([{ mac, ip: null }]);
  }
  await tell({ op: 'commit', ip: phone, mac, options: digium });
  await tell({ op: 'expiry', ip: phone });
  expect(await devices()).toMatchObject([{ mac, ip: null }]);
});

test('the token of DHCP servers opens nothing else', async () => {
  for (const [method, other] of [
    ['GET', '/api/v1/devices'],
    ['GET', path],
    ['GET', '/api/v1/dhcp/messages'],
    ['POST', '/api/v1/devices'],
    ['GET', '/api/v1/nothing'],
  ] as const) {
    const body = method === 'POST' ? { mac } : undefined;
    expect([403, 404]).toContain((await ask(stage, method, other, body, asDhcpServer)).status);
  }
  expect((await ask(stage, 'POST', path, { op: 'commit', ip: phone, mac, options: {} })).status).toBe(204);
});

test.each([
  [{ op: 'commit', ip: phone }, 'mac: must be there: whose address is it?'],
  [{ op: 'add', ip: phone, mac }, 'op: must be commit, release or expiry'],
  [{ op: 'commit', ip: 'here', mac }, 'ip: must be an IPv4 or IPv6 address'],
  [{ op: 'commit', ip: phone, mac: 'mine' }, 'mac: must be a MAC address'],
  [{ op: 'commit', ip: phone, mac, options: { 60: 'digium' } }, 'options.60: must be in hexadecimal'],
  [{ op: 'commit', ip: phone, mac, options: { 255: '00' } }, 'options.255: must be the code of a DHCP option'],
])('%j is refused: %s', async (body, complaint) => {
  const [path] = complaint.split(': ');
  const message = complaint.slice(`${path}: `.length);
  expect(await tell(body)).toMatchObject({ status: 400, json: { complaints: [{ path, message }] } });
  expect(await devices()).toEqual([]);
});

test('a server that gives no addresses lists none, and forgets none', async () => {
  expect((await ask(stage, 'GET', path)).json).toEqual({ serves: false, leases: [], total: 0, next: null, pools: [] });
  expect(await ask(stage, 'DELETE', `${path}/10.0.0.10`)).toMatchObject({ status: 404, json: { code: 'lease-unknown' } });
});

describe('a server that gives addresses', () => {
  let site: Awaited<ReturnType<typeof aServedSite>>;
  let serving: Stage;
  beforeEach(async () => {
    site = await aServedSite();
    serving = await openStage({ leases: site.leases });
  });
  afterEach(async () => {
    await serving.close();
    await site.close();
  });

  const listed = async (query = '') => (await ask(serving, 'GET', `${path}${query}`)).json;
  const addressesOf = async (query: string) => (await listed(query)).leases?.map(({ address }: Json) => address);

  test('lists its leases by address, with all that is known of each', async () => {
    const { serves, leases, total } = await listed();
    expect({ serves, total }).toEqual({ serves: true, total: 5 });
    expect(leases?.[0]).toEqual({
      address: '10.0.0.10',
      mac: '00:0f:d3:00:00:01',
      client: 'mac:00:0f:d3:00:00:01',
      state: 'bound',
      since: '2023-11-14T22:13:20.000Z',
      expires: '2023-11-14T23:13:20.000Z',
      subnet: '10.0.0.0/24',
      circuit: 'eth0',
      host_name: 'desk',
      vendor: 'Digium',
      vendor_class: 'digium_D40_1_4_0_0_57389',
    });
  });

  test.each([
    ['', ['10.0.0.10', '10.0.0.11', '10.0.0.12', '10.0.0.50', '10.1.0.10']],
    ['?state=bound', ['10.0.0.10', '10.0.0.50', '10.1.0.10']],
    ['?state=released', ['10.0.0.11']],
    ['?state=declined', ['10.0.0.12']],
    ['?state=expired', []],
    ['?subnet=10.1.0.0/24', ['10.1.0.10']],
    ['?mac=000FD3000007', ['10.0.0.50']],
    ['?ip=10.0.0.12', ['10.0.0.12']],
    ['?ip=10.0.0.13', []],
    ['?state=bound&subnet=10.0.0.0/24', ['10.0.0.10', '10.0.0.50']],
    ['?limit=2&sort=-address', ['10.1.0.10', '10.0.0.50']],
  ])('with %j it lists %j', async (query, expected) => {
    expect(await addressesOf(query)).toEqual(expected);
  });

  test.each(['?state=gone', '?mac=x', '?ip=x', '?limit=x', '?pool=1'])('%s is refused', async (query) => {
    expect((await ask(serving, 'GET', `${path}${query}`)).status).toBe(400);
  });

  test('counts each lease in one row: of a pool, or of what is reserved', async () => {
    const { pools } = await listed();
    const pool = { kind: 'pool', vendor: null, offered: 0, declined: 0, bound: 1 };
    expect(pools).toEqual([
      { ...pool, subnet: '10.0.0.0/24', first: '10.0.0.10', last: '10.0.0.19', size: 10, declined: 1, free: 8 },
      { ...pool, kind: 'reserved', subnet: '10.0.0.0/24', first: null, last: null, size: 2, free: 1 },
      { ...pool, subnet: '10.1.0.0/24', first: '10.1.0.10', last: '10.1.0.19', vendor: 'Digium', size: 10, free: 9 },
    ]);
    const bound = pools?.reduce((sum: number, each: Json) => sum + Number(each.bound), 0);
    expect(bound).toBe((await listed('?state=bound')).total);
  });

  test('tells of a subnet that is named only its own pools', async () => {
    const subnetsOf = async (query: string) => (await listed(query)).pools?.map(({ subnet }: Json) => subnet);
    expect(await subnetsOf('?subnet=10.0.0.0/24')).toEqual(['10.0.0.0/24', '10.0.0.0/24']);
    expect(await subnetsOf('?subnet=10.9.0.0/24')).toEqual([]);
  });

  test('forgets a lease, and says so of one that there is not', async () => {
    expect((await ask(serving, 'DELETE', `${path}/10.0.0.10`)).status).toBe(204);
    expect(await addressesOf('?ip=10.0.0.10')).toEqual([]);
    for (const address of ['10.0.0.10', '10.9.9.9', 'here', '::1'])
      expect(await ask(serving, 'DELETE', `${path}/${address}`)).toMatchObject({ status: 404, json: { code: 'lease-unknown' } });
  });
});

test('what came over DHCP is listed behind a number, of one client too, and waited for', async () => {
  const watched = '/api/v1/dhcp/messages';
  await tell({ op: 'commit', ip: phone, mac, options: digium });
  await tell({ op: 'release', ip: phone, mac: '00:0f:d3:00:00:01' });
  const { messages, last } = (await ask(stage, 'GET', watched)).json;
  expect(last).toBe(2);
  expect(messages).toMatchObject([
    { number: 1, type: 'commit', how: 'told', mac, ip: phone, vendor: 'Digium', model: 'D40', outcome: 'noted' },
    { number: 2, type: 'release', ip: phone },
  ]);
  expect((await ask(stage, 'GET', `${watched}?mac=${mac}`)).json.messages).toMatchObject([{ number: 1 }]);
  expect((await ask(stage, 'GET', `${watched}?after=1`)).json.messages).toMatchObject([{ number: 2 }]);
  const waiting = ask(stage, 'GET', `${watched}?after=2&wait=20&mac=${mac}`);
  await tell({ op: 'expiry', ip: phone });
  await tell({ op: 'expiry', ip: phone, mac });
  expect((await waiting).json).toMatchObject({ messages: [{ number: 4, type: 'expiry', mac }], last: 4 });
  expect((await ask(stage, 'GET', `${watched}?wait=31`)).status).toBe(400);
});
