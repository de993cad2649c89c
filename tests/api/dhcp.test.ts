import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, DHCP_TOKEN, openStage, type Stage } from './stage.ts';

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
    expect((await ask(stage, method, other, body, asDhcpServer)).status).toBe(401);
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
