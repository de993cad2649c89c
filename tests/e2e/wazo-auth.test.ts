import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MEDIA_TYPE } from '../../server/api/provd/answer.ts';
import { type BuiltServer, startBuiltServer } from '../support/built-server.ts';
import { makePair, temporaryDirectory } from '../support/http-certificate.ts';
import { httpGet } from '../support/phones.ts';

const MASTER = '11111111-1111-4111-8111-111111111111';
const pair = makePair(temporaryDirectory(), 'wazo');
const wazo = createServer({ cert: readFileSync(pair.certificate), key: readFileSync(pair.key) }, (request, response) => {
  const isKnown = request.url === '/0.1/token/known';
  const data = { token: 'known', acl: ['provd.#'], metadata: { uuid: 'someone', tenant_uuid: MASTER } };
  response.writeHead(isKnown ? 200 : 404).end(JSON.stringify(isKnown ? { data } : {}));
});
let server: BuiltServer;
beforeAll(async () => {
  await new Promise<void>((resolve) => wazo.listen(0, '127.0.0.1', resolve));
  server = await startBuiltServer([
    `wazo_auth.url=https://127.0.0.1:${(wazo.address() as AddressInfo).port}`,
    `wazo_auth.main_tenant=${MASTER}`,
    `network.certificates=${pair.certificate}`,
    'workers=2',
  ]);
}, 30_000);
afterAll(async () => {
  await server.stop();
  wazo.close();
});

const provd = (method: string, path: string, token: string, body?: object) =>
  fetch(`http://127.0.0.1:${server.admin}/0.2${path}`, {
    method,
    headers: { 'x-auth-token': token, ...(body && { 'content-type': MEDIA_TYPE }) },
    ...(body && { body: JSON.stringify(body) }),
  });

test('a server that is set so asks wazo-auth, whose certificate is one of the authorities that it was told', async () => {
  expect((await provd('GET', '/status', 'known')).status).toBe(200);
  expect((await provd('GET', '/status', 'other')).status).toBe(401);
});

test('what a client of provd sets is in force in every worker', async () => {
  const addresses = async (numbers: readonly number[]) => {
    for (const number of numbers) await httpGet(server.http, `/Digium/000fd300000${number}.cfg`, '127.0.0.9');
    const { devices } = (await (await server.ask('/api/v1/devices?ip=127.0.0.9')).json()) as { devices: object[] };
    return devices.length;
  };
  // One after the other has the address of them all.
  expect(await addresses([1, 2, 3, 4])).toBe(1);
  expect((await provd('PUT', '/configure/NAT', 'known', { param: { value: '1' } })).status).toBe(204);
  expect(await addresses([1, 2, 3, 4, 5, 6, 7, 8])).toBe(8);
});
