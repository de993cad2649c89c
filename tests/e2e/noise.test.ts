import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseMac } from '../../server/lib/mac.ts';
import { oneLine, startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { HealthyPhone } from '../support/healthy-phone.ts';
import { noise, noisyRequest, randomBytes } from '../support/http-noise.ts';
import { inUse } from '../support/memory.ts';
import { httpGet, tftpGet } from '../support/phones.ts';

let server: TestApp;

beforeAll(async () => {
  server = await startTestApp(['log.level=error', 'http.trusted_proxies=1']);
  const { configs, devices, tenants } = server.app.core;
  await configs.create({ id: 'alice', tenant: tenants.main.id, parents: [], raw: oneLine('alice-pw') });
  await devices.create(tenants.main.id, { mac: parseMac('000fd3054848') ?? null, config: 'alice' });
});

afterAll(() => server.stop());

const random = noise(20_261_122);
const requests = ['Digium/000fd3054848.cfg', 'Digium/', '/Digium/000fd3aaaaaa.cfg', '../x', 'k'.repeat(300)];

function noisyDatagram(): Buffer {
  if (random(4) === 0) return randomBytes(random, random(80));
  const text = `\0\x01${requests[random(requests.length)]}\0${['octet', 'netascii', 'OCTET', 'mail'][random(4)]}\0blksize\0${random(70_000)}\0`;
  const bytes = Buffer.from(text, 'latin1');
  for (let left = random(4); left > 0; left--) bytes[random(bytes.length)] = random(256);
  return bytes;
}

async function throwRequests(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 10) {
    const socket = connect({ port: server.http, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.resume();
    socket.end(Buffer.concat(Array.from({ length: 10 }, () => noisyRequest(random))));
    await once(socket, 'close').catch(() => {});
  }
}

async function throwDatagrams(count: number): Promise<void> {
  const sockets = Array.from({ length: 8 }, () => createSocket('udp4'));
  for (const socket of sockets) socket.on('message', () => {});
  for (let left = count; left > 0; left--) {
    const socket = sockets[random(sockets.length)];
    await new Promise((resolve) => socket?.send(noisyDatagram(), server.tftp, '127.0.0.1', resolve));
  }
  for (const socket of sockets) socket.close();
}

async function storm(count: number): Promise<void> {
  await Promise.all([throwRequests(count), throwRequests(count), throwDatagrams(count)]);
}

test('30,000 noisy requests and datagrams through the whole server: healthy phones are served meanwhile, and nothing is kept', async () => {
  const phones = [
    new HealthyPhone('alice-pw', () =>
      httpGet(server.http, '/Digium/000fd3054848.cfg', '127.0.0.1', { 'x-forwarded-for': '127.0.0.7' }),
    ),
    new HealthyPhone('alice-pw', () => tftpGet(server.tftp, 'Digium/000fd3054848.cfg', '127.0.0.7')),
  ];
  await storm(3_000);
  const before = inUse();
  await storm(7_000);
  for (const phone of phones) expect(await phone.stop()).toBeGreaterThan(20);
  // A hundred bytes for each would be 2 MB, and stay; buffers of connections that have just ended go.
  await eventually(() => expect(inUse() - before).toBeLessThan(1_500_000));
});

test('afterwards the server is what it was', async () => {
  expect((await httpGet(server.http, '/Digium/000fd3054848.cfg', '127.0.0.1', { 'x-forwarded-for': '127.0.0.7' })).status).toBe(
    200,
  );
  await expect(server.app.core.store.ping()).resolves.toBeUndefined();
});
