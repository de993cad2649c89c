import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { oneLine, startTestApp, type TestApp } from '../support/app.ts';
import { makePair, temporaryDirectory } from '../support/http-certificate.ts';

const run = promisify(execFile);

let server: TestApp;
let port: string;

beforeAll(async () => {
  const pair = await makePair(temporaryDirectory(), 'phones');
  server = await startTestApp([
    'http.enabled=false',
    'http.tls.enabled=true',
    'http.tls.listen=127.0.0.1,::1',
    'http.tls.port=0',
    `http.tls.certificate=${pair.certificate}`,
    `http.tls.key=${pair.key}`,
  ]);
  const { configs, tenants } = server.app.core;
  await configs.create({ id: 'auto', tenant: tenants.main.id, parents: [], role: 'autocreate', raw: oneLine('auto-pw') });
  port = new URL(server.app.addresses.find(({ name }) => name === 'https')?.url ?? '').port;
});

afterAll(() => server.stop());

async function curl(...args: string[]): Promise<string> {
  return (await run('curl', ['-sfk', ...args])).stdout;
}

test('a phone that comes over HTTPS gets its files, and is told HTTPS', async () => {
  const text = await curl(`https://127.0.0.1:${port}/Digium/000fd3000001.cfg`);
  expect(text).toContain('auto-pw');
  expect(text).toContain(`url="https://127.0.0.1:${port}/Digium/000fd3000001-contacts.xml"`);
});

test('where there is no HTTP, a phone that comes over TFTP is told HTTPS', async () => {
  const text = await curl('--interface', '127.0.0.5', `tftp://127.0.0.1:${server.tftp}/Digium/000fd3000002.cfg`);
  expect(text).toContain(`url="https://127.0.0.1:${port}/Digium/000fd3000002-contacts.xml"`);
});

test('what was sent over HTTPS is noted so', async () => {
  const [device] = (await server.app.core.devices.list({ where: { ip: '127.0.0.1' as never } })).devices;
  const [delivery] = await server.app.core.devices.deliveries(device?.id ?? '');
  expect(delivery).toMatchObject({ transport: 'https', artefact: 'Digium/000fd3000001.cfg' });
});
