import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { ip } from '../support/requests.ts';
import { ask, complete, openStage, PASSWORD, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const KEY = 'marker-key-of-a-tenant';

test('the provisioning key of a tenant is written, and never read', async () => {
  const created = await ask(stage, 'POST', '/api/v1/tenants', { name: 'north', provisioning_key: KEY });
  expect(created.status).toBe(201);
  expect(created.headers.get('location')).toBe(`/api/v1/tenants/${created.json.id}`);
  expect(created.json).toMatchObject({ name: 'north', main: false, provisioning_key_set: true, revision: 1 });
  const path = `/api/v1/tenants/${created.json.id}`;
  const renamed = await ask(stage, 'PATCH', path, { name: 'south' });
  expect(renamed.json).toMatchObject({ name: 'south', provisioning_key_set: true, revision: 2 });
  const open = await ask(stage, 'PATCH', path, { provisioning_key: null });
  expect(open.json).toMatchObject({ name: 'south', provisioning_key_set: false });
  await ask(stage, 'PATCH', path, { provisioning_key: KEY });
  const list = await ask(stage, 'GET', '/api/v1/tenants');
  expect(list.json).toMatchObject({ total: 2, tenants: [{ main: true }, { provisioning_key_set: true }] });
  const taken = await ask(stage, 'POST', '/api/v1/tenants', { name: 'west', provisioning_key: KEY });
  expect(taken).toMatchObject({ status: 409, json: { code: 'tenant-key-taken' } });
  const wrong = await ask(stage, 'POST', '/api/v1/tenants', { name: 'west', provisioning_key: `${KEY}/` });
  expect(wrong).toMatchObject({ status: 400, json: { complaints: [{ path: 'provisioning_key' }] } });
  for (const text of [created, renamed, open, list, taken, wrong].map((reply) => reply.text)) expect(text).not.toContain(KEY);
  expect(stage.log.join('')).not.toContain(KEY);
});

test.each([
  [{}, 'name'],
  [{ name: 7 }, 'name'],
  [{ name: ' a' }, 'name'],
  [{ name: 'a', provisioning_key: 12345678 }, 'provisioning_key'],
  [{ name: 'a', main: true }, 'main'],
])('the tenant %j is refused with its path', async (body, path) => {
  const { status, json } = await ask(stage, 'POST', '/api/v1/tenants', body);
  expect({ status, path: json.complaints?.[0]?.path }).toEqual({ status: 400, path });
});

test('a tenant with devices, and the main one, are not removed; an empty one is', async () => {
  const { json } = await ask(stage, 'POST', '/api/v1/tenants', { name: 'north' });
  await ask(stage, 'POST', '/api/v1/devices', { id: 'd', tenant: json.id });
  for (const id of [json.id, stage.main]) {
    expect(await ask(stage, 'DELETE', `/api/v1/tenants/${id}`)).toMatchObject({ status: 409, json: { code: 'tenant-in-use' } });
  }
  await ask(stage, 'DELETE', '/api/v1/devices/d');
  expect((await ask(stage, 'DELETE', `/api/v1/tenants/${json.id}`)).status).toBe(204);
  expect((await ask(stage, 'GET', `/api/v1/tenants/${json.id}`)).status).toBe(404);
});

test('of many changes of one revision of a tenant at once, one is stored', async () => {
  const path = `/api/v1/tenants/${stage.main}`;
  const tag = (await ask(stage, 'GET', path)).headers.get('etag') ?? '';
  const names = Array.from({ length: 10 }, (_, index) => `name ${index}`);
  const replies = await Promise.all(names.map((name) => ask(stage, 'PATCH', path, { name }, { 'if-match': tag })));
  const statuses = replies.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(statuses.filter((status) => status !== 200).every((status) => status === 412 || status === 409)).toBe(true);
});

test('the plugins that are installed are listed with what they know, and those that are broken with why', async () => {
  const { json } = await ask(stage, 'GET', '/api/v1/plugins');
  expect(json.total).toBe(4);
  expect(json.plugins?.find(({ id }) => String(id) === 'digium-2.8.1')).toMatchObject({
    vendor: 'Digium',
    package: 'digium',
    package_version: '1.0.0',
    firmware: '2.8.1',
    models: ['D40', 'D45', 'D50', 'D60', 'D62', 'D65', 'D70'],
    files: [
      { name: 'Digium/{mac}.cfg', template: 'phone.tpl', own: true, secret: true },
      { name: 'Digium/{mac}-contacts.xml', template: 'contacts.tpl', own: true, secret: false },
    ],
  });
  expect(json.broken).toEqual([{ id: 'sad', folder: '/nowhere/sad', problem: 'vendor: must be a text' }]);
});

test('the level of the log is changed while the server runs', async () => {
  expect((await ask(stage, 'GET', '/api/v1/log-level')).json).toEqual({ level: 'trace' });
  expect((await ask(stage, 'PUT', '/api/v1/log-level', { level: 'fatal' })).json).toEqual({ level: 'fatal' });
  const before = stage.log.length;
  await ask(stage, 'POST', '/api/v1/tenants', { name: 'quiet' });
  expect(stage.log.length).toBe(before);
  for (const body of [{ level: 'loud' }, {}, { level: 'info', more: 1 }]) {
    expect((await ask(stage, 'PUT', '/api/v1/log-level', body)).status).toBe(400);
  }
  expect((await ask(stage, 'GET', '/api/v1/log-level')).json).toEqual({ level: 'fatal' });
});

test('a reload is done before it is answered, with the operation that renders what follows from it', async () => {
  const { status, headers, json } = await ask(stage, 'POST', '/api/v1/reload');
  expect({ status, label: json.label }).toEqual({ status: 202, label: 'render' });
  expect(headers.get('location')).toBe(`/api/v1/operations/${json.id}`);
  expect(stage.reloads()).toBe(1);
});

test('a reload that cannot be done says why', async () => {
  const other = await openStage({
    reload: async () => {
      throw new ProvisioningError('settings-invalid', 'http.tls.key: there is no such file');
    },
  });
  const { status, json } = await ask(other, 'POST', '/api/v1/reload');
  expect({ status, detail: json.detail }).toEqual({ status: 409, detail: 'http.tls.key: there is no such file' });
  await other.close();
});

// Monitoring --------------------------------------------------------------------------------------------------------------------

test('the status tells what runs, what is broken and what waits', async () => {
  await ask(stage, 'POST', '/api/v1/configs', { id: 'alice', raw_config: complete });
  await ask(stage, 'POST', '/api/v1/devices', { mac: '000fd3000001', vendor: 'Digium', model: 'D40', config: 'alice' });
  await ask(stage, 'POST', '/api/v1/devices', { serial: '2' });
  await stage.settled();
  const { status, json } = await ask(stage, 'GET', '/status', undefined, { authorization: '' });
  expect(status).toBe(200);
  expect(json).toEqual({
    version: '1.2.3',
    started: expect.any(String),
    uptime_seconds: expect.any(Number),
    listeners: [{ name: 'admin', url: 'http://127.0.0.1:8666' }],
    dhcp: [{ interface: 'eth0', state: 'looking', problem: null, detail: null }],
    pnp: [{ interface: 'eth0', state: 'answered', problem: null, detail: null }],
    store: { ok: true, problem: null },
    plugins: {
      loaded: ['digium-1.1.0.0', 'digium-1.4.0.0', 'digium-2.8.1', 'acme-1'],
      broken: [{ id: 'sad', problem: 'vendor: must be a text' }],
    },
    devices: { total: 2, configured: 1, waiting: 0 },
  });
});

test('the status is 503 while the store does not answer', async () => {
  const other = await openStage({
    store: {
      ping: async () => {
        throw new ProvisioningError('store-busy', 'The store /somewhere is busy');
      },
    },
  });
  const { status, text, json } = await ask(other, 'GET', '/status');
  expect(status).toBe(503);
  expect(json).toMatchObject({ store: { ok: false, problem: 'store-busy' }, devices: { total: null, configured: null } });
  expect(text).not.toContain('somewhere');
  expect(other.log.join('')).toContain('status.store-failed');
  await other.close();
});

test('the metrics are those of the registry, in its format', async () => {
  const metrics = new Registry();
  new Counter({ name: 'offhook_things_total', help: 'Things', registers: [metrics] }).inc(3);
  const other = await openStage({ metrics });
  const { status, headers, text } = await ask(other, 'GET', '/metrics', undefined, { authorization: '' });
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe(metrics.contentType);
  expect(text).toContain('offhook_things_total 3');
  await other.close();
});

test('the settings in force are read, without secrets', async () => {
  const { json, text } = await ask(stage, 'GET', '/api/v1/settings');
  const settings = new Map((json.settings ?? []).map(({ key = '', value }) => [String(key), value]));
  expect(settings.get('http.port')).toBe(8667);
  expect(settings.get('phones.url')).toBeNull();
  expect(settings.get('phones.secrets_without_key')).toEqual(['loopback', 'private', 'link-local']);
  expect(settings.get('base_config')).toEqual({ admin_password: '[secret]' });
  expect(json.total).toBe(settings.size);
  expect(text).not.toContain(PASSWORD);
});

test('what a device fetched is listed', async () => {
  await ask(stage, 'POST', '/api/v1/devices', { id: 'd', mac: '000fd3000001', vendor: 'Digium', model: 'D40' });
  expect((await ask(stage, 'GET', '/api/v1/devices/d/deliveries')).json).toEqual({ deliveries: [], total: 0, next: null });
  stage.devices.noteDelivery({ device: 'd', artefact: 'x.cfg', digest: 'abc', ip: ip('192.0.2.1'), transport: 'http' });
  const delivery = { name: 'x.cfg', digest: 'abc', at: expect.any(String), ip: '192.0.2.1', transport: 'http' };
  expect((await ask(stage, 'GET', '/api/v1/devices/d/deliveries')).json).toEqual({
    deliveries: [delivery],
    total: 1,
    next: null,
  });
  expect((await ask(stage, 'GET', '/api/v1/devices/none/deliveries')).status).toBe(404);
});
