import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Mac } from '../../server/lib/mac.ts';
import type { PhoneRequest } from '../../server/pipeline/request.ts';
import { ask, openStage, type Stage } from '../api/stage.ts';
import { request } from '../support/requests.ts';

const mac = '00:0f:d3:05:48:48' as Mac;
const other = '00:0f:d3:05:48:49' as Mac;
const [first, second] = ['10.0.0.7', '10.0.0.8'];
const url = 'http://192.0.2.10:8667/Digium';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const asking = (parts: Partial<Omit<PhoneRequest, 'ip'>> & { ip?: string } = {}) =>
  request({
    transport: 'pnp',
    path: '',
    ip: first,
    mac,
    profile: { vendor: 'digium', model: 'D40', version: '1.4.0.0.57389' },
    ...parts,
  });
const deviceOf = async (of: Mac) => (await stage.devices.list({ where: { mac: of } })).devices[0];

test('a phone that nobody knows becomes a device with its plugin and its address, and is told its URL', async () => {
  const { device, plugin, url: told } = await stage.noteProfile(asking());
  expect(device).toMatchObject({ mac, vendor: 'Digium', model: 'D40', plugin: 'digium-1.4.0.0', ip: first, added: 'auto' });
  expect([plugin?.id, told]).toEqual(['digium-1.4.0.0', url]);
  const line = stage.log.map((each) => JSON.parse(each)).find(({ event }) => event === 'pnp.noted');
  expect(line).toMatchObject({ level: 'info', ip: first, mac, vendor: 'Digium', plugin: 'digium-1.4.0.0', url });
});

test('a phone of a vendor is known by the first digits of its MAC address alone', async () => {
  const { profile: _, ...bare } = asking();
  expect(await stage.noteProfile(bare)).toMatchObject({ info: { vendor: 'Digium', mac }, url });
});

test('who is nobody’s phone makes no device, is told nothing, and is among the requests that nobody knows', async () => {
  const stranger = asking({ mac: '02:00:00:00:00:01' as Mac, profile: { vendor: 'OEM', model: 'OEM' } });
  expect(await stage.noteProfile(stranger)).toMatchObject({ info: { mac: '02:00:00:00:00:01' }, url: undefined });
  expect((await stage.devices.list({ limit: 1 })).total).toBe(0);
  const { json } = await ask(stage, 'GET', '/api/v1/requests/unrecognised');
  expect(json.requests).toMatchObject([
    { transport: 'pnp', ip: first, path: '', profile: { vendor: 'OEM', model: 'OEM' }, outcome: { kind: 'no-plugin' } },
  ]);
});

test('what a phone was told is among its requests, and explained', async () => {
  const { device } = await stage.noteProfile(asking());
  await stage.noteProfile(asking());
  const { json } = await ask(stage, 'GET', `/api/v1/devices/${device?.id}/requests`);
  expect(json.requests).toMatchObject([{ transport: 'pnp', mac, times: 2, outcome: { kind: 'told', url } }]);
  const { json: explained } = await ask(stage, 'POST', '/api/v1/explain', { device: device?.id });
  expect(explained.pnp).toEqual({
    text: `It asked where its configuration is, and was told ${url}.`,
    at: json.requests?.[0]?.at,
  });
  // It is explained what becomes of its files: over SIP PnP it gets none.
  expect(explained.request).toMatchObject({ transport: 'http', path: '/Digium/000fd3054848.cfg' });
  await stage.noteProfile(asking({ profile: { vendor: 'digium', model: 'D40', version: '2.8.1' } }));
  expect((await ask(stage, 'GET', `/api/v1/devices/${device?.id}/requests`)).json.requests).toHaveLength(2);
});

test('it says nothing of SIP PnP where the phone has not asked', async () => {
  const { id } = await stage.devices.create(stage.main, { mac });
  const { json } = await ask(stage, 'POST', '/api/v1/explain', { device: id });
  expect(json.pnp).toEqual({ text: null, at: null });
});

test('a datagram moves no device to an address that another has, and takes that from nobody', async () => {
  await stage.noteProfile(asking());
  await stage.noteProfile(asking({ mac: other, ip: second }));
  expect((await stage.noteProfile(asking({ ip: second }))).url).toBe(url);
  expect([(await deviceOf(mac))?.ip, (await deviceOf(other))?.ip]).toEqual([first, second]);
  const third = '00:0f:d3:05:48:50' as Mac;
  expect((await stage.noteProfile(asking({ mac: third, ip: second }))).device?.ip).toBeUndefined();
  expect((await deviceOf(other))?.ip).toBe(second);
});

test('what comes from a network that nobody trusts changes no device, and what contradicts itself neither', async () => {
  const { id } = await stage.devices.create(stage.main, { mac });
  await stage.noteProfile(asking({ ip: '203.0.113.9' }));
  const clash = asking({ path: '/Digium/000fd3054849.cfg' });
  expect((await stage.noteProfile(clash)).contradictions).not.toEqual([]);
  const device = await stage.devices.get(id);
  expect([device?.model, device?.ip, device?.seen]).toEqual([undefined, undefined, undefined]);
});

test('of a phone that may be another tenant’s no device is made; what it told counts when it asks with its key', async () => {
  const tenant = await ask(stage, 'POST', '/api/v1/tenants', {
    name: 'branch',
    parent: stage.main,
    provisioning_key: 'Blue-Kettle-4417',
  });
  expect(tenant.status).toBe(201);
  const { device, url: told } = await stage.noteProfile(asking());
  expect([device, told]).toEqual([undefined, url]);
  const { json } = await ask(stage, 'POST', '/api/v1/explain', {
    path: '/Blue-Kettle-4417/Digium/000fd3054848.cfg',
    ip: first,
  });
  expect(json.recognition?.facts).toMatchObject({ vendor: 'Digium', model: 'D40', mac });
});

test('datagrams with invented addresses make 1,000 devices; another phone is told its URL without being one', async () => {
  for (let number = 0; number < 1_100; number += 1) {
    const end = number.toString(16).padStart(4, '0');
    await stage.noteProfile(asking({ mac: `00:0f:d3:01:${end.slice(0, 2)}:${end.slice(2)}` as Mac }));
  }
  expect((await stage.devices.list({ limit: 1 })).total).toBe(1_000);
  expect(await stage.noteProfile(asking())).toMatchObject({ plugin: { id: 'digium-1.4.0.0' }, url });
}, 60_000);
