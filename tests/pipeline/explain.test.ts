import { expect, test } from '@jest/globals';
import type { Core } from '../../server/app/core.ts';
import { lookAtOthers } from '../../server/app/dhcp-look.ts';
import { createSenders } from '../../server/app/dhcp-sender.ts';
import type { StoredDevice } from '../../server/devices/dao.ts';
import { parseMac } from '../../server/lib/mac.ts';
import type { Explanation } from '../../server/pipeline/explain/explain.ts';
import type { PhoneRequest } from '../../server/pipeline/request.ts';
import { oneLine, startTestApp, type TestApp } from '../support/app.ts';
import { fc } from '../support/fuzz.ts';
import { dhcp, ip, request } from '../support/requests.ts';

const key = 'a-key-of-the-second-tenant';
const macs = ['000fd3000001', '000fd3000002', '000fd3000003'];

const keys = fc.constantFrom('', '', '', `/${key}`, '/a-wrong-key-12345');
const names = fc.constantFrom('', '.cfg', '.cfg', '-contacts.xml');
const path = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(keys, fc.constantFrom(...macs), names).map(([k, mac, name]) => `${k}/Digium/${mac}${name}`) },
  { weight: 1, arbitrary: fc.constantFrom('/Digium/', '/', '/favicon.ico', `/${key}`, '/Digium/firmware/none.eff') },
);
const asked: fc.Arbitrary<PhoneRequest> = fc.oneof({
  weight: 8,
  arbitrary: fc
    .record({
      path,
      ip: fc.constantFrom('192.168.1.1', '192.168.1.2', '192.168.1.3', '203.0.113.7'),
      transport: fc.constantFrom('http' as const, 'tftp' as const),
    })
    .map((parts) => request(parts)),
});

const policies = [
  [],
  ['phones.unknown=hold'],
  ['phones.unknown=refuse'],
  ['phones.nat=true'],
  ['phones.address_hold_seconds=0'],
  ['phones.secrets_without_key=192.168.1.1'],
];

const look = (core: Core) => lookAtOthers(core, 'off', createSenders(core));

async function startStage(set: readonly string[]): Promise<TestApp> {
  const server = await startTestApp(['http.enabled=false', 'tftp.enabled=false', 'deliveries.flush_seconds=3600', ...set]);
  const { configs, devices, tenants } = server.app.core;
  const main = tenants.main.id;
  const second = (await tenants.create('second', { provisioningKey: key })).id;
  await configs.create({ id: 'auto', tenant: main, parents: [], role: 'autocreate', raw: oneLine('auto-pw') });
  await configs.create({ id: 'alice', tenant: main, parents: [], raw: oneLine('alice-pw') });
  await devices.create(main, { mac: parseMac(macs[0] ?? '') ?? null, config: 'alice' }, 'alice');
  await devices.create(second, { mac: parseMac(macs[1] ?? '') ?? null }, 'second');
  return server;
}

/** All that a request could change, but for the log of the server itself. */
async function stateOf({ app: { core } }: TestApp) {
  const { devices } = await core.devices.list({});
  return {
    devices: devices.map(({ condition: _, ...device }) => device),
    seen: await Promise.all(devices.map(({ id }) => core.devices.get(id))).then((all) => all.map((device) => device?.seen)),
    deliveries: await Promise.all(devices.map(({ id }) => core.devices.deliveries(id))),
    configs: (await core.configs.list({})).configs,
    recent: [undefined, ...devices.map(({ id }) => id)].flatMap((id) => core.worker.recent(id)).length,
    told: devices.map(({ id }) => core.baseUrls.expected(id)),
    // Lines of the security log, files looked for in memory and rendered, memory that they take.
    counted: (await core.metrics.metrics()).split('\n').filter((line) => /^offhook_(?:security|render)/.test(line)),
  };
}

function kindOf({ heard, outcome }: Explanation): string {
  if (heard.wrongKey) return 'not-found';
  return outcome?.kind === 'image' ? 'file' : outcome?.kind === 'file' || outcome?.kind === 'failed' ? outcome.kind : 'not-found';
}

/** What explain can know of a device: not the names and times that are given when it is written. */
function foreseeable(device: StoredDevice | undefined, isNew: boolean) {
  if (!device) return undefined;
  const { id, condition, config, revision, updated, created, seen, ...rest } = device;
  return { ...rest, ...(!isNew && { id, created }), hasConfig: config !== undefined };
}

test.each(policies.map((set) => [set.join() || 'the defaults', set] as const))(
  'with %s, explain says of any request what becomes of it then, and changes nothing itself',
  async (_, set) => {
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 12 }), async (requests) => {
        const server = await startStage(set);
        const { core } = server.app;
        try {
          for (const each of requests) {
            await core.sweep.idle();
            const before = await stateOf(server);
            const explanation = await core.explain({ request: each, imagined: false }, look(core));
            expect(await stateOf(server)).toEqual(before);

            const reply = await core.answer(each);
            expect({ each, kind: reply.kind }).toEqual({ each, kind: kindOf(explanation) });
            if (reply.kind === 'file') {
              const { outcome } = explanation;
              if (outcome?.kind === 'file') expect(reply.tag).toBe(outcome.rendered.digest);
              reply.delivered?.();
              await reply.content.close();
            }
            const { recalled, caller } = explanation;
            if (!caller?.device) {
              expect((await core.devices.list({})).total).toBe(before.devices.length);
              continue;
            }
            const isNew = !recalled?.device;
            const { mac } = caller.device;
            const stored = (await core.devices.list({ ...(mac && { where: { mac } }) })).devices.find(
              ({ id, tenant }) => (isNew || id === caller.device?.id) && tenant === caller.device?.tenant,
            );
            expect(foreseeable(stored, isNew)).toEqual(foreseeable(caller.device, isNew));
          }
        } finally {
          await server.stop();
        }
      }),
      { numRuns: 12 },
    );
  },
  300_000,
);

test('what DHCP tells is recognised, and asks for no file', async () => {
  const server = await startStage([]);
  try {
    const told = dhcp(
      { 60: 'digium_D40_1_4_0_0_57389' },
      { mac: parseMac(macs[2] ?? '') ?? ('' as never), ip: ip('192.168.1.3') },
    );
    const { heard, outcome, candidates, plugin } = await server.app.core.explain(
      { request: told, imagined: true },
      look(server.app.core),
    );
    expect(heard.identification.info).toMatchObject({ vendor: 'Digium', model: 'D40', version: '1.4.0.0.57389' });
    expect([outcome, plugin?.id]).toEqual([undefined, 'digium-1.4.0.0']);
    expect(candidates.map(({ plugin: { id }, score }) => [id, score])).toEqual([
      ['digium-1.4.0.0', 600],
      ['digium-2.8.1', 500],
      ['digium-1.1.0.0', 500],
    ]);
  } finally {
    await server.stop();
  }
});
