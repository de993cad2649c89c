import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RawConfig } from '../../server/configs/model.ts';
import { parseMac } from '../../server/lib/mac.ts';
import { stringifyOrdered } from '../../server/lib/ordered-json.ts';
import { oneLine, startTestApp, type TestApp } from '../support/app.ts';
import { fc, SEED } from '../support/fuzz.ts';
import { HealthyPhone } from '../support/healthy-phone.ts';
import { inUse } from '../support/memory.ts';
import { httpGet, tftpGet } from '../support/phones.ts';
import { document, mutated, secretMarker } from '../support/raw-config-noise.ts';

let server: TestApp;
let token: string;
const agent = new Agent({ keepAlive: true });

beforeAll(async () => {
  server = await startTestApp(['log.level=error']);
  token = readFileSync(join(server.data, 'admin.token'), 'utf8').trim();
  const { configs, devices, tenants } = server.app.core;
  const tenant = tenants.main.id;
  await configs.create({ id: 'alice', tenant, parents: [], raw: oneLine('alice-pw') });
  await configs.create({ id: 'noise', tenant, parents: [], raw: new Map() });
  await devices.create(tenant, { mac: parseMac('000fd3054848') ?? null, config: 'alice' });
  // What is taken is rendered, too.
  await devices.create(tenant, { mac: parseMac('000fd3aaaaaa') ?? null, config: 'noise', vendor: 'Digium', model: 'D40' });
});

afterAll(async () => {
  agent.destroy();
  await server.stop();
});

/** Replaces the config `noise` as any program would. */
async function put(raw: RawConfig): Promise<{ status: number; body: string }> {
  const admin = server.app.addresses.find(({ name }) => name === 'admin')?.url;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const asked = request(`${admin}/api/v1/configs/noise`, { method: 'PUT', agent, headers });
  asked.end(stringifyOrdered(new Map([['raw_config', new Map(raw)]])));
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** Bytes in use when nothing goes on; buffers of connections that have just ended go a little later. */
async function settled(): Promise<number> {
  await server.app.core.sweep.idle();
  let least = inUse();
  for (let looks = 0; looks < 5; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    least = Math.min(least, inUse());
  }
  return least;
}

test('20,000 random and mutated raw configs through the API: healthy phones are served meanwhile, and nothing is kept', async () => {
  const statuses = new Map<number, number>();
  const answered = fc.asyncProperty(
    fc.oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: document }),
    async (raw) => {
      const { status, body } = await put(raw);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect([200, 400]).toContain(status);
      if (status === 400) expect(body).not.toContain(secretMarker);
    },
  );
  const phones = [
    new HealthyPhone('alice-pw', () => httpGet(server.http, '/Digium/000fd3054848.cfg', '127.0.0.7')),
    new HealthyPhone('alice-pw', () => tftpGet(server.tftp, 'Digium/000fd3054848.cfg', '127.0.0.7')),
  ];
  await fc.assert(answered, { numRuns: 3_000 });
  const before = await settled();
  await fc.assert(answered, { numRuns: 8_500, seed: SEED + 1 });
  const between = await settled();
  await fc.assert(answered, { numRuns: 8_500, seed: SEED + 2 });
  for (const phone of phones) expect(await phone.stop()).toBeGreaterThan(20);
  // A hundred bytes for each would be 850 kB each time; what the process makes once is there in one of both.
  const after = await settled();
  expect(Math.min(between - before, after - between)).toBeLessThan(700_000);
  expect(statuses.get(200)).toBeGreaterThan(500);
  expect(statuses.get(400)).toBeGreaterThan(500);
}, 1_800_000);
