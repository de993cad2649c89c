import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lease } from '../support/dhcp-clients.ts';
import { makeNetwork, type Network } from '../support/netns.ts';
import { type NetworkServer, serving, startOn } from '../support/served-network.ts';

const digiumMac = '00:0f:d3:05:48:48';
const digiumClass = 'digium_D40_1_4_0_0_57389';

let network: Network;
let folder: string;
let offhook: NetworkServer | undefined;
beforeEach(async () => {
  network = await makeNetwork();
  folder = mkdtempSync(join(tmpdir(), 'offhook-dhcp-'));
});
afterEach(async () => {
  await offhook?.stop();
  offhook = undefined;
  await network.remove();
  rmSync(folder, { recursive: true });
});

test('a phone gets the address and the options that explain said, on the interface that was named; then its lease is told', async () => {
  const host = await network.host('server', {
    eth0: { bridge: 'lan', addresses: ['10.88.0.1/24'] },
    eth1: { bridge: 'annex', addresses: ['10.89.0.1/24'] },
  });
  const phone = await network.host('phone', { eth0: { bridge: 'annex', mac: digiumMac } });
  const server = await serving(
    startOn(
      host,
      `mode: serve
interfaces: [eth0, eth1]
force: true
probe_milliseconds: 0
subnets:
  10.88.0.0/24: { pools: [10.88.0.100-10.88.0.110] }
  10.89.0.0/24: { pools: [10.89.0.100-10.89.0.110, { range: 10.89.0.30-10.89.0.39, vendor: Digium }], routers: [10.89.0.254] }`,
    ),
  );
  offhook = server;
  const question = ['explain', '--mac', digiumMac, '--dhcp-60', digiumClass];
  await expect(server.offhook(...question)).rejects.toThrow(/Say where the client is.*interface \(eth0, eth1\)/s);
  expect((await server.ask(...question, '--interface', 'eth0')).dhcp.answer).toMatchObject({ address: '10.88.0.100' });
  const { answer } = (await server.ask(...question, '--interface', 'eth1')).dhcp;
  expect(answer).toMatchObject({ kind: 'offered', address: '10.89.0.30', subnet: '10.89.0.0/24', circuit: 'eth1' });
  expect((await server.ask('dhcp', 'leases')).leases).toEqual([]);
  expect((await server.ask('device', 'list')).devices).toEqual([]);

  const got = await lease('dhclient', phone, join(folder, 'phone'), { vendorClass: digiumClass, asks: [66] });
  const told = new Map(answer.options.map(({ code, value }: { code: number; value: string }) => [code, value]));
  expect([got.address, got.text(66)]).toEqual([answer.address, told.get(66)]);
  expect([told.get(3), told.get(54)]).toEqual(['10.89.0.254', '10.89.0.1']);
  const { verdict, dhcp } = await server.ask('explain', digiumMac);
  expect(verdict).toMatch(
    /^It got the address 10\.89\.0\.30 over DHCP, and has asked for no file\. When it asks for its file, it gets Digium/,
  );
  expect(dhcp).toMatchObject({
    text: 'It was told that 10.89.0.30 is its own.',
    last: { type: 'REQUEST', how: 'served', circuit: 'eth1', outcome: 'acknowledged', vendor_class: digiumClass },
    lease: { address: '10.89.0.30', state: 'bound', subnet: '10.89.0.0/24' },
  });
  // Where it was heard last is where a question of it comes from.
  const again = await server.ask('explain', '--mac', digiumMac);
  expect(again.verdict).toBe('It is offered 10.89.0.30, of 10.89.0.0/24, which it has already, and is told where its files are.');

  await phone.run('curl', ['-sf', `${got.text(66)}/000fd3054848.cfg`]);
  const page = await server.offhook('explain', digiumMac);
  expect(page).toMatch(/^It gets Digium\/000fd3054848\.cfg/);
  expect(page).toMatch(/\nDHCP\n {2}REQUEST from eth1: its last message, at .*\n {2}vendor class: digium_D40_1_4_0_0_57389\n/);
  expect(page).toMatch(/ {2}It has the address 10\.89\.0\.30 from this server until /);
}, 120_000);

test('a phone with a client identifier is asked of by its MAC address: it is who has the lease, also after a restart of the server', async () => {
  const host = await network.host('server', { eth0: { bridge: 'lan', addresses: ['10.88.0.1/24'] } });
  const phone = await network.host('phone', { eth0: { bridge: 'lan', mac: digiumMac } });
  const dhcp = `mode: serve
interfaces: [eth0]
probe_milliseconds: 0
subnets:
  10.88.0.0/24: { pools: [10.88.0.100-10.88.0.110] }`;
  const server = await serving(startOn(host, dhcp, join(folder, 'data')));
  offhook = server;
  const got = await lease('udhcpc', phone, join(folder, 'phone'), { vendorClass: digiumClass });
  expect((await server.ask('dhcp', 'leases')).leases).toMatchObject([
    { address: got.address, mac: digiumMac, client: 'id:01000fd3054848' },
  ]);
  const itsOwn = `It is offered ${got.address}, of 10.88.0.0/24, which it has already, and is told where its files are.`;
  expect((await server.ask('explain', '--mac', digiumMac)).verdict).toBe(itsOwn);
  await server.running.stop();
  rmSync(join(folder, 'data', 'log'));

  offhook = await serving(startOn(host, dhcp, server.data));
  expect((await offhook.ask('explain', '--mac', digiumMac, '--dhcp-60', digiumClass)).verdict).toBe(itsOwn);
}, 120_000);
