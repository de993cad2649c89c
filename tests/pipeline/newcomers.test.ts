import { expect, test } from '@jest/globals';
import { lookAtOthers } from '../../server/app/dhcp-look.ts';
import { createSenders } from '../../server/app/dhcp-sender.ts';
import { parseMac } from '../../server/lib/mac.ts';
import { Newcomers } from '../../server/pipeline/newcomers.ts';
import { startTestApp } from '../support/app.ts';
import { ip, request } from '../support/requests.ts';

const most = 1_000;

async function full(hasFetched: (device: string) => Promise<boolean>, clock = { now: 0 }): Promise<Newcomers> {
  const newcomers = new Newcomers(hasFetched, () => clock.now);
  for (let number = 0; number < most; number += 1) {
    expect(await newcomers.hasRoom()).toBe(true);
    newcomers.made(`d${number}`);
  }
  return newcomers;
}

test('DHCP makes 1,000 devices that fetch nothing, and no more', async () => {
  const newcomers = await full(async () => false);
  for (let tries = 0; tries < 2 * most; tries += 1) expect(await newcomers.hasRoom()).toBe(false);
});

test('one that has fetched a file makes room for one more, wherever it stands among those that have not', async () => {
  const newcomers = await full(async (device) => device === 'd700');
  const rooms = [];
  for (let tries = 0; tries < 2 * most; tries += 1) {
    if (!(await newcomers.hasRoom())) continue;
    rooms.push(tries);
    newcomers.made('another');
  }
  expect(rooms).toEqual([700]);
});

test('a day later there is room again', async () => {
  const clock = { now: 0 };
  const newcomers = await full(async () => false, clock);
  clock.now += 86_400_001;
  expect(await newcomers.hasRoom()).toBe(true);
});

test('messages that come at once find room for one of them in the place of one', async () => {
  const newcomers = await full(async (device) => device === 'd0');
  expect((await Promise.all([newcomers.hasRoom(), newcomers.hasRoom()])).filter(Boolean)).toHaveLength(1);
});

test('a phone that is no device yet has what it told DHCP when it asks for a file, and explain knows that', async () => {
  const server = await startTestApp(['http.enabled=false', 'tftp.enabled=false']);
  try {
    const { core } = server.app;
    const mac = parseMac('000fd3000001');
    const options = new Map([[60, Buffer.from('digium_D40_1_4_0_0_57389')]]);
    await core.noteLease({ kind: 'sought', ...(mac && { mac }), options, trusted: true });
    const asks = request({ path: '/Digium/000fd3000001.cfg', transport: 'tftp' });
    const expected = { model: 'D40', version: '1.4.0.0.57389', plugin: 'digium-1.4.0.0' };
    const look = lookAtOthers(core, 'off', createSenders(core));
    expect((await core.explain({ request: asks, imagined: false }, look)).caller?.device).toMatchObject(expected);
    await core.answer(asks);
    expect((await core.devices.list({})).devices).toMatchObject([expected]);
  } finally {
    await server.stop();
  }
});

test('where another tenant has a key, what another DHCP server tells makes no device: the first request says whose the phone is', async () => {
  const server = await startTestApp(['http.enabled=false', 'tftp.enabled=false']);
  try {
    const { core } = server.app;
    const north = await core.tenants.create('north', { provisioningKey: 'k3y-of-the-north' });
    const mac = parseMac('000fd3000001');
    const options = new Map([[60, Buffer.from('digium_D40_1_4_0_0_57389')]]);
    const told = { ...(mac && { mac }), ip: ip('10.0.0.9'), options, trusted: true };
    for (const kind of ['asked', 'bound'] as const) await core.noteLease({ kind, ...told });
    expect((await core.devices.list({})).total).toBe(0);
    await core.answer(request({ path: '/k3y-of-the-north/Digium/000fd3000001.cfg', ip: ip('10.0.0.9') }));
    expect((await core.devices.list({})).devices).toMatchObject([{ tenant: north.id, model: 'D40', ip: '10.0.0.9' }]);
    // Who gives the address itself tells the key of the main tenant.
    const [another, reached] = [parseMac('000fd3000002'), ip('10.0.0.1')];
    await core.noteLease({ kind: 'bound', ...told, ...(another && { mac: another }), ip: ip('10.0.0.8'), reached });
    expect((await core.devices.list({ tenants: [core.tenants.main.id] })).total).toBe(1);
  } finally {
    await server.stop();
  }
});
