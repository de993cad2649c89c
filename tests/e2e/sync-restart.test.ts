import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { oneLine, startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/phones.ts';

const path = '/Digium/000fd3000001.cfg';
const settled = ({ app }: TestApp) => app.core.sweep.idle();
const inSync = async ({ app }: TestApp) => (await app.core.devices.list({})).devices.map((device) => device.inSync);

test.each([
  ['with the tenant’s key', 'k7Qm2xWv9RtY4uZb8NcD1fGh/'],
  ['without it, from a network that is trusted', ''],
])('a phone that came %s by a URL that most do not is in sync still when the server starts again', async (_, key) => {
  const data = mkdtempSync(join(tmpdir(), 'offhook-e2e-'));
  const first = await startTestApp(['deliveries.flush_seconds=1'], data);
  const { configs, tenants } = first.app.core;
  await configs.create({ id: 'auto', tenant: tenants.main.id, parents: [], role: 'autocreate', raw: oneLine('pw') });
  await tenants.change(tenants.main.id, { provisioningKey: 'k7Qm2xWv9RtY4uZb8NcD1fGh' });
  expect((await httpGet(first.http, `/${key}${path.slice(1)}`, '127.0.0.1')).status).toBe(200);
  await eventually(async () => expect(await inSync(first)).toEqual([true]));
  await first.app.close();

  const again = await startTestApp([`http.port=${first.http}`, 'deliveries.flush_seconds=1'], data);
  try {
    await settled(again);
    expect(await inSync(again)).toEqual([true]);
    const [device] = (await again.app.core.devices.list({})).devices;
    expect(await again.app.core.devices.deliveries(device?.id ?? '')).toHaveLength(1);
  } finally {
    await again.stop();
  }
});
