import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { rawConfigOf } from '../../server/simulate/expect.ts';
import { type Kind, makeFleet } from '../../server/simulate/fleet.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { pluginsFolder, repositoryPackage } from '../support/packages.ts';
import { report } from '../support/simulate.ts';

const packages = readdirSync(pluginsFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const lines = (await Promise.all(packages.map(({ name }) => repositoryPackage(name)))).flatMap(({ plugins }) =>
  plugins.flatMap((plugin) => {
    const transports = (plugin.line.boot ?? plugin.package.definition.boot)?.transports;
    return transports ? [{ plugin, transport: transports.includes('http') ? 'http' : 'tftp' } as const] : [];
  }),
);

let server: TestApp;
beforeAll(async () => {
  server = await startTestApp();
});
afterAll(() => server.stop());

test.each(lines.map((each) => [each.plugin.id, each] as const))(
  'one phone of each model of %s comes up in its true order of requests, and misses nothing that it needs',
  async (_id, { plugin, transport }) => {
    const { configs, devices, tenants } = server.app.core;
    const tenant = tenants.main.id;
    const kinds = [...plugin.models.values()].map((row): Kind => ({ plugin, row }));
    const fleet = makeFleet(kinds, kinds.length, '1');
    if (typeof fleet === 'string') throw new Error(fleet);
    for (const phone of Array.from({ length: fleet.size }, (_, index) => fleet.phone(index))) {
      const { account, mac, kind } = phone;
      await configs.create({ id: account, tenant, parents: [], raw: rawConfigOf(phone) });
      const facts = { vendor: plugin.package.definition.vendor, model: kind.row.name, version: kind.row.series.version };
      await devices.create(tenant, { ...facts, mac, config: account }, account);
    }
    const url = `${transport}://127.0.0.1:${server[transport]}`;
    const { up, down, troubles, files } = await report(url, fleet, { registered: true });
    expect({ up, down, troubles }).toEqual({ up: kinds.length, down: [], troubles: [] });
    expect(files.reduce((sum, { served }) => sum + served, 0)).toBeGreaterThanOrEqual(kinds.length);
    for (const phone of Array.from({ length: fleet.size }, (_, index) => fleet.phone(index))) {
      expect(await devices.get(phone.account)).toMatchObject({ plugin: plugin.id, ip: phone.loopback });
    }
  },
  60_000,
);
