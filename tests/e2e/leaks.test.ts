import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseMac } from '../../server/lib/mac.ts';
import { oneLine, raw, startTestApp, type TestApp } from '../support/app.ts';
import { type Answer, httpGet, tftpGet } from '../support/phones.ts';

/*
 * Three phones: alice and bob of the main tenant, carol of another tenant with a key. Every attempt asks for somebody else's file,
 * from the asker's own address and identity or from nowhere known. None may see another's password, and each is answered like a
 * name that does not exist.
 */
const alice = { mac: '000fd3000a11', ip: '127.0.0.11', password: 'alices-secret' };
const bob = { mac: '000fd3000b0b', ip: '127.0.0.12', password: 'bobs-secret' };
const carol = { mac: '000fd300ca01', ip: '127.0.0.13', password: 'carols-secret' };
const key = 'carols-tenant-key-1';
const otherKey = 'another-tenants-key-2';
const stranger = '127.0.0.99';

let server: TestApp;

beforeAll(async () => {
  server = await startTestApp(['http.trusted_proxies=1']);
  const { configs, devices, tenants } = server.app.core;
  const main = tenants.main.id;
  const other = (await tenants.create('carols', { provisioningKey: key })).id;
  await tenants.create('third', { provisioningKey: otherKey });
  await configs.create({ id: 'base', tenant: main, parents: [], raw: raw({}) });
  for (const [name, phone, tenant] of [
    ['alice', alice, main] as const,
    ['bob', bob, main] as const,
    ['carol', carol, other] as const,
  ]) {
    await configs.create({ id: name, tenant, parents: ['base'], raw: oneLine(phone.password) });
    await devices.create(tenant, { mac: parseMac(phone.mac) ?? null, config: name }, name);
  }
  // All three have booted and are known at their addresses.
  for (const { mac, ip, password } of [alice, bob]) {
    expect((await get(`/Digium/${mac}.cfg`, ip)).body).toContain(password);
  }
  expect((await get(`/${key}/Digium/${carol.mac}.cfg`, carol.ip)).body).toContain(carol.password);
});

afterAll(() => server.stop());

/** As through the proxy that stands before the server: the address is the one it tells. */
function get(path: string, ip: string): Promise<Answer> {
  return httpGet(server.http, path, '127.0.0.1', { 'x-forwarded-for': ip });
}

const upper = alice.mac.toUpperCase();
const attempts: [string, string, string][] = [
  ['bob asks for alice’s file', `/Digium/${alice.mac}.cfg`, bob.ip],
  ['bob asks in capitals', `/Digium/${upper}.cfg`, bob.ip],
  ['bob asks with doubled slashes', `//Digium///${alice.mac}.cfg`, bob.ip],
  ['bob asks with escapes', `/%44igium/${alice.mac.replace('a', '%61')}.cfg`, bob.ip],
  ['bob climbs from his own folder', `/Digium/x/../${alice.mac}.cfg`, bob.ip],
  ['bob climbs with escapes', `/Digium/%2e%2e/Digium/${alice.mac}.cfg`, bob.ip],
  ['bob climbs with half escapes', `/Digium/.%2e/Digium/${alice.mac}.cfg`, bob.ip],
  ['bob escapes the slash', `/Digium%2f${alice.mac}.cfg`, bob.ip],
  ['bob uses backslashes', `/Digium\\${alice.mac}.cfg`, bob.ip],
  ['bob escapes backslashes', `/Digium/..%5c${alice.mac}.cfg`, bob.ip],
  ['bob escapes twice', `/Digium/%252e%252e/${alice.mac}.cfg`, bob.ip],
  ['bob ends the name early', `/Digium/${alice.mac}.cfg%00.xml`, bob.ip],
  ['bob adds a query', `/Digium/${alice.mac}.cfg?mac=${bob.mac}`, bob.ip],
  ['bob asks with an absolute target', `http://offhook/Digium/${alice.mac}.cfg`, bob.ip],
  ['bob forges an address behind the proxy’s', `/Digium/${alice.mac}.cfg`, `${alice.ip}, ${bob.ip}`],
  ['bob asks with carol’s tenant’s key', `/${key}/Digium/${alice.mac}.cfg`, bob.ip],
  ['a stranger asks with carol’s tenant’s key', `/${key}/Digium/${alice.mac}.cfg`, stranger],
  ['a stranger asks for carol’s with a third tenant’s key', `/${otherKey}/Digium/${carol.mac}.cfg`, stranger],
  ['carol asks for alice’s with her key', `/${key}/Digium/${alice.mac}.cfg`, carol.ip],
  ['alice asks for carol’s without a key', `/Digium/${carol.mac}.cfg`, alice.ip],
  ['alice asks for carol’s with a wrong key', `/wrong-wrong-wrong/Digium/${carol.mac}.cfg`, alice.ip],
  ['alice asks for carol’s with both keys', `/${otherKey}/${key}/Digium/${carol.mac}.cfg`, alice.ip],
  ['the internet asks for alice’s without a key', `/Digium/${alice.mac}.cfg`, '203.0.113.7'],
  ['the internet asks with a wrong key', `/wrong-wrong-wrong/Digium/${alice.mac}.cfg`, '203.0.113.7'],
  ['the internet asks over IPv6', `/Digium/${alice.mac}.cfg`, '2001:db8::7'],
  ['the internet asks for the templates', '/../templates/phone.tpl', '203.0.113.7'],
  ['bob asks for the store', '/../offhook.sqlite', bob.ip],
  ['bob asks for the store by escapes', '/%2e%2e/offhook.sqlite', bob.ip],
  ['bob asks for the token', '/Digium/../../admin.token', bob.ip],
  ['bob asks for a system file', '/../../../../etc/passwd', bob.ip],
  ['bob asks for a system file by escapes', '/..%2f..%2f..%2fetc/passwd', bob.ip],
  ['bob asks for the folder', '/Digium/', bob.ip],
  ['bob asks for nothing', '/', bob.ip],
];

/** What is the same for a name that does not exist. */
function shape({ status, body, headers }: Answer) {
  const { date: _date, ...rest } = headers;
  return { status, body, headers: rest };
}

test.each(attempts)('over HTTP, %s: nothing leaks, and it looks like an unknown name', async (_, path, ip) => {
  const answer = await get(path, ip);
  for (const { password } of [alice, bob, carol]) expect(answer.body).not.toContain(password);
  expect(shape(answer)).toEqual(shape(await get('/no/such/name', ip)));
});

test.each([
  ['bob asks for alice’s file', `Digium/${alice.mac}.cfg`, bob.ip],
  ['bob asks with a leading slash', `/Digium/${alice.mac}.cfg`, bob.ip],
  ['bob asks in capitals', `Digium/${upper}.cfg`, bob.ip],
  ['bob asks with doubled slashes', `Digium//${alice.mac}.cfg`, bob.ip],
  ['bob climbs', `Digium/../Digium/${alice.mac}.cfg`, bob.ip],
  ['bob uses backslashes', `Digium\\${alice.mac}.cfg`, bob.ip],
  ['bob climbs with backslashes', `..\\Digium\\${alice.mac}.cfg`, bob.ip],
  ['bob writes escapes', `Digium/%2e%2e/${alice.mac}.cfg`, bob.ip],
  ['bob asks with carol’s tenant’s key', `${key}/Digium/${alice.mac}.cfg`, bob.ip],
  ['carol asks for alice’s with her key', `${key}/Digium/${alice.mac}.cfg`, carol.ip],
  ['a stranger asks for carol’s with a third tenant’s key', `${otherKey}/Digium/${carol.mac}.cfg`, stranger],
  ['alice asks for carol’s with a wrong key', `wrong-wrong-wrong/Digium/${carol.mac}.cfg`, alice.ip],
  ['bob asks for the store', '../offhook.sqlite', bob.ip],
  ['bob asks for a system file', '../../../../etc/passwd', bob.ip],
  ['bob asks for a system file by its whole path', '/etc/passwd', bob.ip],
  ['bob asks for the token', '../admin.token', bob.ip],
])('over TFTP, %s: nothing leaks, and it looks like an unknown name', async (_, name, ip) => {
  const answer = await tftpGet(server.tftp, name, ip);
  for (const { password } of [alice, bob, carol]) expect(answer.body).not.toContain(password);
  expect(answer).toEqual({ status: 1, body: 'File not found', headers: {} });
});

test('what was attempted changed nothing of the phones that were asked for', async () => {
  const { devices } = server.app.core;
  for (const [id, { ip }] of Object.entries({ alice, bob, carol })) expect(await devices.get(id)).toMatchObject({ ip });
});

test('the security log tells who asked for what, and no key and no password', async () => {
  const log = await readLog(server, 'security.log');
  expect(log).toContain(
    `sensitive file requested from ${bob.ip}: Digium/${alice.mac}.cfg (refused: the address belongs to the device bob)`,
  );
  expect(log).toContain(`sensitive file requested from 203.0.113.7: Digium/${alice.mac}.cfg (refused: no provisioning key`);
  expect(log).toContain(`wrong key from ${alice.ip}`);
  expect(log).toContain(`sensitive file requested from ${alice.ip}: Digium/${alice.mac}.cfg (sent)`);
  for (const file of ['security.log', 'offhook.log']) {
    const text = await readLog(server, file);
    for (const secret of [alice.password, bob.password, carol.password, key, otherKey, 'wrong-wrong-wrong'])
      expect(text).not.toContain(secret);
  }
});

test('each still gets its own', async () => {
  for (const { mac, ip, password } of [alice, bob]) expect((await get(`/Digium/${mac}.cfg`, ip)).body).toContain(password);
  expect((await get(`/${key}/Digium/${carol.mac}.cfg`, '203.0.113.8')).body).toContain(carol.password);
  expect((await tftpGet(server.tftp, `${key}/Digium/${carol.mac}.cfg`, '127.0.0.14')).body).toContain(carol.password);
});

/** Log lines are written behind the back of the requests they tell of. */
async function readLog({ data, app }: TestApp, name: string): Promise<string> {
  await app.reload();
  return readFile(join(data, name), 'utf8');
}

test('a common file has the tenant’s key for those who came with it, and for nobody else', async () => {
  const { devices, tenants } = server.app.core;
  const dave = { mac: '001565000da7', ip: '127.0.0.14' };
  await devices.create(
    tenants.byKey(key)?.id ?? '',
    { mac: parseMac(dave.mac) ?? null, vendor: 'Yealink', model: 'T46U' },
    'dave',
  );
  const agent = { 'user-agent': 'Yealink SIP-T46U 108.86.0.90 00:15:65:00:0d:a7' };
  const common = (path: string, ip: string) => httpGet(server.http, path, '127.0.0.1', { ...agent, 'x-forwarded-for': ip });
  for (const ip of [dave.ip, bob.ip, '203.0.113.7']) {
    const { status, body } = await common('/y000000000108.cfg', ip);
    expect([ip, status, body.includes('auto_provision'), body.includes(key)]).toEqual([ip, 200, true, false]);
  }
  expect((await common(`/${key}/y000000000108.cfg`, '203.0.113.8')).body).toContain(`/${key}/`);
});
