import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Ip } from '../../server/lib/ip.ts';
import type { Mac } from '../../server/lib/mac.ts';
import type { LeaseNews } from '../../server/pipeline/note-lease.ts';
import { openStage, type Stage } from '../api/stage.ts';

const mac = '00:0f:d3:05:48:48' as Mac;
const other = '00:0f:d3:05:48:49' as Mac;
const computer = '02:00:00:00:00:01' as Mac;
const [first, second] = ['10.0.0.7' as Ip, '10.0.0.8' as Ip];
const digium = new Map([[60, Buffer.from('digium_D40_1_4_0_0_57389')]]);

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const note = (news: Partial<LeaseNews>) => stage.noteLease({ kind: 'bound', mac, options: digium, trusted: true, ...news });
const deviceOf = async (of: Mac) => (await stage.devices.list({ where: { mac: of } })).devices[0];

test('a phone is known from its first packet, when it has no address yet', async () => {
  const { device, plugin, info } = await note({ kind: 'asked' });
  expect(info).toEqual({ vendor: 'Digium', model: 'D40', version: '1.4.0.0.57389', mac });
  expect(plugin?.id).toBe('digium-1.4.0.0');
  expect(device).toMatchObject({ mac, model: 'D40', plugin: 'digium-1.4.0.0', added: 'auto' });
  expect(device?.ip).toBeUndefined();
  expect(device?.seen).toBeUndefined();
});

test('who only asks for an address gets it if nobody has it, and is known either way', async () => {
  await note({ ip: first });
  expect((await note({ kind: 'asked', mac: other, ip: first })).device?.ip).toBeUndefined();
  expect((await deviceOf(mac))?.ip).toBe(first);
  expect((await note({ kind: 'asked', mac: other, ip: second })).device?.ip).toBe(second);
});

test('an address that is given to another is no longer the one’s who had it', async () => {
  await note({ ip: first });
  await note({ mac: other, ip: first });
  expect([(await deviceOf(mac))?.ip, (await deviceOf(other))?.ip]).toEqual([undefined, first]);
  await note({ mac: computer, ip: first, options: new Map() });
  expect((await deviceOf(other))?.ip).toBeUndefined();
  expect(await deviceOf(computer)).toBeUndefined();
});

test('a computer does not become the phone that had its address and told no hardware address', async () => {
  const { main } = stage;
  const { id } = await stage.devices.create(main, { serial: '123', ip: first });
  await note({ mac: computer, ip: first, options: new Map() });
  const device = await stage.devices.get(id);
  expect([device?.mac, device?.ip]).toEqual([undefined, undefined]);
});

test('a phone that is known by its serial number alone is known by its lease', async () => {
  const { id } = await stage.devices.create(stage.main, { serial: '123', vendor: 'Digium', ip: first });
  expect((await note({ ip: first })).device).toMatchObject({ id, mac, serial: '123', model: 'D40', ip: first });
});

test('what comes from a network that nobody vouches for changes no device', async () => {
  const { id } = await stage.devices.create(stage.main, { mac });
  await note({ kind: 'asked', ip: first, trusted: false });
  const device = await stage.devices.get(id);
  expect([device?.model, device?.ip]).toEqual([undefined, undefined]);
});

test('the firmware release that a phone tells DHCP is the one that it has now', async () => {
  await note({ ip: first });
  const updated = new Map([[60, Buffer.from('digium_D40_2_8_1_0_0')]]);
  expect((await note({ ip: first, options: updated })).device?.version).toBe('2.8.1.0.0');
});

test('what DHCP told is one line in the log, without what it could not tell', async () => {
  await note({ ip: first });
  const told = stage.log.map((line) => JSON.parse(line)).find(({ event }) => event === 'dhcp.noted');
  expect(told).toMatchObject({ kind: 'bound', ip: first, mac, vendor: 'Digium', plugin: 'digium-1.4.0.0' });
});

test('who only looks for an address, and a computer, are in the log for who looks for them', async () => {
  await note({ kind: 'sought' });
  await note({ ip: first, mac: '02:00:00:00:00:01' as Mac, options: new Map([[60, Buffer.from('MSFT 5.0')]]) });
  const told = stage.log.map((line) => JSON.parse(line)).filter(({ event }) => event === 'dhcp.noted');
  expect(told.map(({ kind, level }) => [kind, level])).toEqual([
    ['sought', 'debug'],
    ['bound', 'debug'],
  ]);
});

test('who only looks for an address is recognised and makes no device; when it has one, also what it told before is known', async () => {
  const sought = await note({ kind: 'sought' });
  expect([sought.device, sought.info.model, sought.plugin?.id]).toEqual([undefined, 'D40', 'digium-1.4.0.0']);
  const { device } = await note({ ip: first, options: new Map() });
  expect(device).toMatchObject({ mac, vendor: 'Digium', model: 'D40', plugin: 'digium-1.4.0.0', ip: first });
});

test('what was heard of a message counts for its next news, with the address that came of it', async () => {
  const { heard } = await note({ kind: 'sought' });
  if (!heard) throw new Error('nothing was heard');
  const { info } = heard.identification;
  const changed = { ...heard, identification: { ...heard.identification, info: { ...info, model: 'D70' } } };
  const { device } = await note({ ip: first, heard: changed });
  expect(device).toMatchObject({ mac, vendor: 'Digium', model: 'D70', ip: first });
});

test('packets with invented addresses make 1,000 devices; another phone has its plugin without being one', async () => {
  for (let number = 0; number < 1_100; number += 1) {
    const end = number.toString(16).padStart(4, '0');
    await note({ kind: 'asked', mac: `00:0f:d3:01:${end.slice(0, 2)}:${end.slice(2)}` as Mac });
  }
  expect((await stage.devices.list({ limit: 1 })).total).toBe(1_000);
  const { device, plugin } = await note({ ip: first });
  expect([device, plugin?.id]).toEqual([undefined, 'digium-1.4.0.0']);
}, 60_000);
