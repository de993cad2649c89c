import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ApiParts } from '../../../server/api/parts.ts';
import { provdRoutes } from '../../../server/api/provd/provd.ts';
import { fc } from '../../support/fuzz.ts';
import { ask, complete, openStage, PASSWORD, type Stage } from '../stage.ts';
import { askProvd, MEDIA_TYPE, tenantOf, tokenOf } from './stage.ts';

let stage: Stage;
const tenants = { north: '', shop: '', south: '' };
beforeAll(async () => {
  stage = await openStage();
  tenants.north = await tenantOf(stage, 'north');
  tenants.shop = await tenantOf(stage, 'shop', tenants.north);
  tenants.south = await tenantOf(stage, 'south');
  let number = 0;
  for (const [name, tenant] of Object.entries({ ...tenants, main: stage.main })) {
    number += 1;
    await ask(stage, 'POST', '/api/v1/configs', { id: `config-${name}`, tenant, raw_config: complete });
    const device = {
      id: `device-${name}`,
      tenant,
      mac: `000fd300000${number}`,
      ip: `192.0.2.${number}`,
      vendor: 'Digium',
      model: 'D40',
    };
    expect((await ask(stage, 'POST', '/api/v1/devices', { ...device, config: `config-${name}` })).status).toBe(201);
  }
});
afterAll(() => stage.close());

const routes = provdRoutes({ operations: {}, settings: { network: {}, phones: {} } } as unknown as ApiParts);

test('every route needs its permission', async () => {
  for (const { method, path, permission, acl } of routes) {
    const where = path.replaceAll(/:\w+/g, 'some');
    const words = acl.replaceAll(/\{tenant\}/g, stage.main).replaceAll(/\{\w+\}/g, 'some');
    const headers = await tokenOf(stage, stage.main, ['#', `!${permission}`, `!provd.${words}`]);
    const { status, text } = await askProvd(
      stage,
      method,
      where,
      method === 'GET' || method === 'DELETE' ? undefined : {},
      headers,
    );
    expect({ method, where, status, text }).toEqual({ method, where, status: 401, text: 'Unauthorized' });
  }
}, 60_000);

test('nothing of another tenant is read or written, by whatever it is named', async () => {
  const north = await tokenOf(stage, tenants.north, ['#']);
  const q = (selector: object) => `?q=${encodeURIComponent(JSON.stringify(selector))}&recurse=true`;
  for (const name of ['south', 'main']) {
    const number = name === 'south' ? 3 : 4;
    const device = { device: { id: `device-${name}`, mac: '00:0f:d3:00:00:77' } };
    const config = { config: { parent_ids: [], raw_config: {} } };
    for (const [method, path, body, expected] of [
      ['GET', `/dev_mgr/devices/device-${name}`, undefined, 404],
      ['PUT', `/dev_mgr/devices/device-${name}`, device, 404],
      ['DELETE', `/dev_mgr/devices/device-${name}`, undefined, 404],
      ['POST', '/dev_mgr/synchronize', { id: `device-${name}` }, 404],
      ['POST', '/dev_mgr/reconfigure', { id: `device-${name}` }, 400],
      ['GET', `/cfg_mgr/configs/config-${name}`, undefined, 404],
      ['GET', `/cfg_mgr/configs/config-${name}/raw`, undefined, 404],
      ['PUT', `/cfg_mgr/configs/config-${name}`, config, 404],
      ['DELETE', `/cfg_mgr/configs/config-${name}`, undefined, 404],
      ['POST', '/dev_mgr/devices', { device: { ip: `192.0.2.${number}` } }, 400],
      ['POST', '/dev_mgr/dhcpinfo', { dhcp_info: { op: 'release', ip: '192.0.2.1' } }, 401],
      ['GET', '/configure', undefined, 401],
    ] as const) {
      const { status, text } = await askProvd(stage, method, path, body, north);
      expect({ method, path, status, text: status === expected ? '' : text }).toEqual({
        method,
        path,
        status: expected,
        text: '',
      });
    }
    for (const selector of [
      { id: `device-${name}` },
      { mac: `00:0f:d3:00:00:0${number}` },
      { ip: `192.0.2.${number}` },
      { config: `config-${name}` },
    ])
      expect((await askProvd(stage, 'GET', `/dev_mgr/devices${q(selector)}`, undefined, north)).json.devices).toEqual([]);
    const listed = await askProvd(stage, 'GET', `/cfg_mgr/configs${q({ id: `config-${name}` })}`, undefined, north);
    expect(listed.json.configs).toEqual([]);
  }
  const { json } = await askProvd(stage, 'GET', '/dev_mgr/devices?recurse=true&fields=id', undefined, north);
  expect(json.devices).toEqual([{ id: 'device-north' }, { id: 'device-shop' }]);
  const configs = await askProvd(stage, 'GET', '/cfg_mgr/configs?fields=id', undefined, north);
  expect(configs.json.configs).toEqual([{ id: 'config-north' }, { id: 'config-shop' }]);
  // And it is as it was.
  expect((await ask(stage, 'GET', '/api/v1/devices/device-south')).json).toMatchObject({ mac: '00:0f:d3:00:00:03' });
});

test('who may not read secrets is shown none, and writes back what he saw', async () => {
  const headers = await tokenOf(stage, stage.main, ['#', '!secrets.read', '!provd.#']);
  for (const path of [
    '/cfg_mgr/configs',
    '/cfg_mgr/configs/config-main',
    '/cfg_mgr/configs/config-main/raw',
    '/dev_mgr/devices',
    '/configure',
  ])
    expect((await askProvd(stage, 'GET', path, undefined, headers)).text).not.toContain(PASSWORD);
  const { json } = await askProvd(stage, 'GET', '/cfg_mgr/configs/config-main', undefined, headers);
  const config = JSON.parse(JSON.stringify(json.config));
  config.raw_config.locale = 'fr_FR';
  expect((await askProvd(stage, 'PUT', '/cfg_mgr/configs/config-main', { config }, headers)).status).toBe(204);
  expect((await ask(stage, 'GET', '/api/v1/configs/config-main')).json).toMatchObject({
    raw_config: { ...complete, locale: 'fr_FR' },
  });
});

test('no request whatever gets an answer of 500, or one that is no text', async () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('device-main', 'config-main', '__proto__', '', '..', '1'),
  );
  const path = fc.oneof(
    fc
      .tuple(fc.constantFrom(...routes.map((route) => route.path)), text)
      .map(([route, part]) => route.replaceAll(/:\w+/g, () => inPath(part))),
    text.map((tail) => `/${inPath(tail)}`),
  );
  const query = fc.array(
    fc.tuple(fc.constantFrom('q', 'q64', 'fields', 'skip', 'limit', 'sort', 'recurse'), fc.oneof(text, fc.json())),
    { maxLength: 3 },
  );
  const key = fc.constantFrom(
    'device',
    'config',
    'id',
    'mac',
    'ip',
    'sn',
    'options',
    'X_a',
    'parent_ids',
    'raw_config',
    'param',
    'value',
    'dhcp_info',
    'op',
    '__proto__',
  );
  const { tree } = fc.letrec<{ tree: object; value: unknown }>((tie) => ({
    tree: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
    value: fc.oneof(
      { maxDepth: 3 },
      fc.jsonValue({ maxDepth: 1 }),
      text,
      fc.constantFrom('commit', '10.0.0.1', '00:0f:d3:00:00:09'),
      tie('tree'),
    ),
  }));
  const body = fc.oneof(
    tree.map((each) => JSON.stringify(each)),
    fc.json(),
    text,
  );
  const header = fc.dictionary(
    fc.constantFrom('accept', 'content-type', 'wazo-tenant'),
    fc.constantFrom(MEDIA_TYPE, '*/*', 'x', ''),
    { maxKeys: 2 },
  );
  const method = fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS');
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(method, path, query, body, header, async (verb, where, asked, sent, headers) => {
      const search = asked.length === 0 ? '' : `?${asked.map(([name, value]) => `${name}=${inPath(value)}`).join('&')}`;
      // As the client of this test reads dots, they lead elsewhere.
      fc.pre(new URL(`${stage.url}/0.2${where}`).pathname.startsWith('/0.2'));
      const hasBody = verb === 'POST' || verb === 'PUT';
      const reply = await askProvd(stage, verb, where + search, hasBody ? Buffer.from(sent).toString() : undefined, headers);
      statuses.add(reply.status);
      expect(reply.status === 501 || reply.status < 500).toBe(true);
      if (reply.status >= 400) expect(reply.type).toMatch(/^text\//);
      if (reply.status >= 400) expect(reply.text).not.toContain(PASSWORD);
    }),
    { numRuns: 2_000 },
  );
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404]));
  expect(stage.log.filter((line) => line.includes('api.failed'))).toEqual([]);
}, 300_000);

function inPath(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString()).replaceAll('.', '%2E');
}
