import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ip } from '../support/requests.ts';
import { ask, complete, openStage, PASSWORD, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const phone = { id: 'desk1', mac: '000FD3054848', vendor: 'Digium', model: 'D40', config: 'alice' };

async function makeConfig(id = 'alice', raw: object = complete): Promise<void> {
  expect((await ask(stage, 'POST', '/api/v1/configs', { id, raw_config: raw })).status).toBe(201);
}

async function makePhone(body: object = phone) {
  const reply = await ask(stage, 'POST', '/api/v1/devices', body);
  expect(reply.json).toMatchObject({ id: expect.any(String) });
  expect(reply.status).toBe(201);
  await stage.settled();
  return reply;
}

test('a device is created with what the server makes of it, and has its place', async () => {
  await makeConfig();
  const { headers, json } = await makePhone({ ...phone, uuid: 'AB-1', X_room: { floor: 2 }, options: { switchboard: true } });
  expect(headers.get('location')).toBe('/api/v1/devices/desk1');
  expect(json).toMatchObject({
    id: 'desk1',
    tenant: stage.main,
    mac: '00:0f:d3:05:48:48',
    serial: null,
    uuid: 'ab-1',
    ip: null,
    vendor: 'Digium',
    model: 'D40',
    version: null,
    plugin: 'digium-2.8.1',
    pinned: false,
    config: 'alice',
    approved: true,
    added: null,
    description: null,
    options: { switchboard: true },
    seen: null,
    revision: 1,
    X_room: { floor: 2 },
  });
});

test('a device without an id is given one', async () => {
  const { json } = await makePhone({ serial: '1' });
  expect(json.id).toMatch(/^[\da-f]{32}$/);
});

test('a device shows its condition, its files as they should be, and what it fetched', async () => {
  await makeConfig();
  await makePhone();
  const wanted = (await ask(stage, 'GET', '/api/v1/devices/desk1')).json;
  expect(wanted).toMatchObject({ configured: true, problem: null, deliveries: [] });
  expect(wanted.files).toEqual([
    {
      name: 'Digium/000fd3054848.cfg',
      template: 'digium/phone.tpl',
      secret: true,
      digest: expect.stringMatching(/^[\da-f]{64}$/),
      problem: null,
      in_sync: false,
    },
    expect.objectContaining({ name: 'Digium/000fd3054848-contacts.xml', secret: false, in_sync: false }),
  ]);

  const note = { device: 'desk1', ip: ip('10.0.0.7'), transport: 'http' };
  stage.devices.noteDelivery({ ...note, artefact: 'Digium/000fd3054848.cfg', digest: String(wanted.files?.[0]?.digest) });
  stage.devices.noteDelivery({ ...note, artefact: 'Digium/000fd3054848-contacts.xml', digest: 'of last week' });
  stage.devices.noteSighting('desk1', ip('10.0.0.7'));
  await stage.devices.flush();

  const { json } = await ask(stage, 'GET', '/api/v1/devices/desk1');
  expect([json.files?.[0]?.in_sync, json.files?.[1]?.in_sync]).toEqual([true, false]);
  expect(json.deliveries).toContainEqual({
    name: 'Digium/000fd3054848-contacts.xml',
    digest: 'of last week',
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    ip: '10.0.0.7',
    transport: 'http',
  });
  expect(json.seen).toEqual({ at: expect.any(String), ip: '10.0.0.7' });
});

test('a device whose files cannot be made says why, without the password', async () => {
  await makeConfig('site', { sip_proxy_ip: '192.0.2.5' });
  const half = { id: 'half', parent_ids: ['site'], raw_config: { sip_lines: complete.sip_lines } };
  expect((await ask(stage, 'POST', '/api/v1/configs', half)).status).toBe(201);
  await ask(stage, 'DELETE', '/api/v1/configs/site');
  await makePhone({ ...phone, config: 'half' });
  const { text, json } = await ask(stage, 'GET', '/api/v1/devices/desk1');
  expect(json.configured).toBe(false);
  expect(json.problem).toContain('proxy_ip');
  expect(json.files?.[0]).toMatchObject({ digest: null, in_sync: false, problem: expect.stringContaining('proxy_ip') });
  expect(text).not.toContain(PASSWORD);
});

test('a file is exactly what the phone gets, bytes and type', async () => {
  await makeConfig();
  await makePhone();
  const { status, headers, text } = await ask(stage, 'GET', '/api/v1/devices/desk1/files/Digium/000FD3054848.cfg');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/xml; charset=utf-8');
  expect(text).toMatch(/^<\?xml version="1.0"/);
  expect(text).toContain(`password="${PASSWORD}"`);
  const { json } = await ask(stage, 'GET', '/api/v1/devices/desk1');
  expect(headers.get('etag')).toBe(`"${json.files?.[0]?.digest}"`);
});

test.each([
  ['Digium/000fd3999999.cfg', 'its own are Digium/000fd3054848.cfg'],
  ['../../etc/passwd', ''],
  ['..%2f..%2fetc%2fpasswd', 'The device has no file ../../etc/passwd'],
])('a name that is none of its files (%s) is a problem that lists them', async (name, why) => {
  await makeConfig();
  await makePhone();
  const { status, json } = await ask(stage, 'GET', `/api/v1/devices/desk1/files/${name}`);
  expect(status).toBe(404);
  expect(json.detail).toContain(why);
});

test('a file whose template fails gets 409 with the place, and no value', async () => {
  await makeConfig();
  await makePhone({ id: 'sad', mac: '00:00:5e:00:53:01', vendor: 'Acme', model: 'M1', config: 'alice' });
  const { status, text, json } = await ask(stage, 'GET', '/api/v1/devices/sad/files/acme/00005e005301.cfg');
  expect(status).toBe(409);
  expect(json.code).toBe('template-failed');
  expect(json.detail).toContain('acme/phone.tpl');
  expect(text).not.toContain(PASSWORD);
});

test('a device of an unknown vendor has no files, and says so', async () => {
  await makePhone({ id: 'odd', mac: '00:00:5e:00:53:01' });
  const { status, json } = await ask(stage, 'GET', '/api/v1/devices/odd/files/a.cfg');
  expect(status).toBe(404);
  expect(json).toMatchObject({ code: 'file-unknown', detail: expect.stringContaining('no plugin') });
});

test('a device whose plugin is not installed has no files, and says so', async () => {
  await makePhone({ id: 'odd', mac: '00:00:5e:00:53:01', plugin: 'gone-1' });
  const { json } = await ask(stage, 'GET', '/api/v1/devices/odd');
  expect(json).toMatchObject({ files: [], pinned: true, problem: 'Its plugin gone-1 is not installed' });
  expect((await ask(stage, 'GET', '/api/v1/devices/odd/files/a.cfg')).json.detail).toContain('gone-1 is not installed');
});

// Changes -----------------------------------------------------------------------------------------------------------------------

test('a change is a merge patch: null takes away, objects merge, the rest stays', async () => {
  await makePhone({ ...phone, description: 'Alice', options: { a: 1, b: { c: 2, d: 3 } }, X_room: 'A', X_floor: 1 });
  const patch = { description: null, serial: 'S1', options: { a: null, b: { c: 9 } }, X_room: null, X_new: [1] };
  const { status, json } = await ask(stage, 'PATCH', '/api/v1/devices/desk1', patch);
  expect(status).toBe(200);
  expect(json).toMatchObject({ description: null, serial: 'S1', options: { b: { c: 9, d: 3 } }, X_floor: 1, X_new: [1] });
  expect(json).not.toHaveProperty('X_room');
  expect(json).toMatchObject({ config: 'alice', mac: '00:0f:d3:05:48:48', revision: 2 });
});

test('options are taken away all at once by null', async () => {
  await makePhone({ ...phone, options: { a: 1 } });
  expect((await ask(stage, 'PATCH', '/api/v1/devices/desk1', { options: null })).json.options).toEqual({});
});

test('naming a plugin pins it, taking it away leaves the choice to the server', async () => {
  await makePhone();
  const pinned = await ask(stage, 'PATCH', '/api/v1/devices/desk1', { plugin: 'digium-1.1.0.0' });
  expect(pinned.json).toMatchObject({ plugin: 'digium-1.1.0.0', pinned: true });
  const free = await ask(stage, 'PATCH', '/api/v1/devices/desk1', { plugin: null });
  expect(free.json).toMatchObject({ plugin: 'digium-2.8.1', pinned: false });
});

test('keys of options keep their order, also those that look like numbers', async () => {
  await makePhone({ ...phone, options: { z: 1 } });
  await ask(stage, 'PATCH', '/api/v1/devices/desk1', '{"options": {"10": 1, "9": 2}}');
  expect((await ask(stage, 'GET', '/api/v1/devices/desk1')).text).toContain('"options":{"z":1,"10":1,"9":2}');
});

test.each([
  [{ mac: 'nonsense' }, 'mac'],
  [{ ip: '10.0.0.300' }, 'ip'],
  [{ approved: 1 }, 'approved'],
  [{ colour: 'red' }, 'colour'],
  [{ options: [] }, 'options'],
  [{ id: 'other' }, 'id'],
  [{ tenant: 'other' }, 'tenant'],
  [{ extra: { a: 1 } }, 'extra'],
  [{ configured: true }, 'configured'],
  [{ pinned: true }, 'pinned'],
  ['{"__proto__": {"mac": null}}', '__proto__'],
])('the change %j is refused with its path', async (patch, path) => {
  await makePhone();
  const { status, json } = await ask(stage, 'PATCH', '/api/v1/devices/desk1', patch);
  expect(status).toBe(400);
  expect(json.code).toBe('device-invalid');
  expect(json.complaints?.map((complaint) => complaint.path)).toEqual([path]);
  expect((await ask(stage, 'GET', '/api/v1/devices/desk1')).json.revision).toBe(1 as never);
});

test.each([
  [{ id: '../x' }, 'id'],
  [{ id: 7 }, 'id'],
  [{ tenant: 'nobody' }, 'tenant'],
  [{ tenant: null }, 'tenant'],
])('a new device %j is refused with its path', async (body, path) => {
  const { status, json } = await ask(stage, 'POST', '/api/v1/devices', body);
  expect(status).toBe(400);
  expect(json.complaints?.map((complaint) => complaint.path)).toEqual([path]);
});

test('a field of another type is refused in words', async () => {
  const wrong = { mac: 1, ip: [], serial: true, uuid: {}, description: 2, approved: null, options: 3 };
  const { status, json } = await ask(stage, 'POST', '/api/v1/devices', wrong);
  expect(status).toBe(400);
  expect(Object.fromEntries((json.complaints ?? []).map(({ path, message }) => [path, message]))).toEqual({
    mac: 'must be a text',
    ip: 'must be a text',
    serial: 'must be a text',
    uuid: 'must be a text',
    description: 'must be a text',
    approved: 'must be true or false',
    options: 'must be an object',
  });
});

test('a second device with an id or a MAC address of the tenant is refused', async () => {
  await makePhone();
  expect(await ask(stage, 'POST', '/api/v1/devices', { id: 'desk1' })).toMatchObject({
    status: 409,
    json: { code: 'device-id-taken' },
  });
  const { status, json } = await ask(stage, 'POST', '/api/v1/devices', { mac: '00-0F-D3-05-48-48' });
  expect({ status, code: json.code }).toEqual({ status: 409, code: 'device-mac-taken' });
});

test('a device that is removed is gone', async () => {
  await makePhone();
  const { status, text } = await ask(stage, 'DELETE', '/api/v1/devices/desk1');
  expect({ status, text }).toEqual({ status: 204, text: '' });
  for (const method of ['GET', 'DELETE', 'PATCH']) {
    const { status: again, json } = await ask(stage, method, '/api/v1/devices/desk1', method === 'PATCH' ? {} : undefined);
    expect({ method, again, code: json.code }).toEqual({ method, again: 404, code: 'device-unknown' });
  }
});

// Revisions ---------------------------------------------------------------------------------------------------------------------

test('a change that names the revision it read is stored over that one only', async () => {
  const tag = (await makePhone()).headers.get('etag') ?? '';
  const first = await ask(stage, 'PATCH', '/api/v1/devices/desk1', { description: 'one' }, { 'if-match': `"other", ${tag}` });
  expect(first.status).toBe(200);
  expect(first.headers.get('etag')).not.toBe(tag);
  const second = await ask(stage, 'PATCH', '/api/v1/devices/desk1', { description: 'two' }, { 'if-match': tag });
  expect(second).toMatchObject({ status: 412, json: { code: 'revision-mismatch' } });
  expect((await ask(stage, 'DELETE', '/api/v1/devices/desk1', undefined, { 'if-match': tag })).status).toBe(412);
  expect((await ask(stage, 'PATCH', '/api/v1/devices/desk1', { description: 'x' }, { 'if-match': '*' })).status).toBe(200);
});

test('of many changes of one revision at once, one is stored', async () => {
  // All have come before the first has read.
  const slow = await openStage(({ devices }) => ({
    devices: {
      ...devices,
      async get(id) {
        const device = await devices.get(id);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return device;
      },
    },
  }));
  const tag = (await ask(slow, 'POST', '/api/v1/devices', phone)).headers.get('etag') ?? '';
  const patch = (description: string) => ask(slow, 'PATCH', '/api/v1/devices/desk1', { description }, { 'if-match': tag });
  const replies = await Promise.all(Array.from({ length: 20 }, (_, index) => patch(`${index}`)));
  expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
  await slow.close();
});

test('a device that was removed and made again is not the one that was read', async () => {
  const tag = (await makePhone()).headers.get('etag') ?? '';
  await ask(stage, 'DELETE', '/api/v1/devices/desk1');
  await new Promise((resolve) => setTimeout(resolve, 2));
  await makePhone();
  expect((await ask(stage, 'PATCH', '/api/v1/devices/desk1', {}, { 'if-match': tag })).status).toBe(412);
});

// Lists -------------------------------------------------------------------------------------------------------------------------

async function idsOf(query: string): Promise<string[]> {
  const { status, json } = await ask(stage, 'GET', `/api/v1/devices?${query}`);
  expect(status).toBe(200);
  return json.devices?.map(({ id }) => String(id)) ?? [];
}

test('a list is filtered, sorted and cut, and says how many there are', async () => {
  const tenant = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'other' })).json.id ?? '';
  await makeConfig();
  await makePhone({ id: 'a', mac: '000fd3000003', vendor: 'Digium', model: 'D40', config: 'alice', serial: 'S' });
  await makePhone({ id: 'b', mac: '000fd3000002', vendor: 'Digium', model: 'D50', approved: false, ip: '10.0.0.1' });
  await makePhone({ id: 'c', mac: '000fd3000001', tenant, plugin: 'gone-1', uuid: 'u1' });

  expect(await idsOf('')).toEqual(['a', 'b', 'c']);
  expect(await idsOf('sort=mac')).toEqual(['c', 'b', 'a']);
  expect(await idsOf('sort=-mac')).toEqual(['a', 'b', 'c']);
  expect(await idsOf('mac=00-0F-D3-00-00-02')).toEqual(['b']);
  expect(await idsOf('ip=10.0.0.1')).toEqual(['b']);
  expect(await idsOf('serial=S')).toEqual(['a']);
  expect(await idsOf('uuid=U1')).toEqual(['c']);
  expect(await idsOf('vendor=Digium&model=D50')).toEqual(['b']);
  expect(await idsOf('plugin=gone-1')).toEqual(['c']);
  expect(await idsOf('config=alice')).toEqual(['a']);
  expect(await idsOf('approved=false')).toEqual(['b']);
  expect(await idsOf('pinned=true')).toEqual(['c']);
  expect(await idsOf('configured=true')).toEqual(['a']);
  expect(await idsOf(`tenant=${tenant}`)).toEqual(['c']);
  expect(await idsOf(`tenant=${tenant}&tenant=${stage.main}`)).toEqual(['a', 'b', 'c']);
  const { json } = await ask(stage, 'GET', '/api/v1/devices?limit=1&sort=-id');
  expect(json).toMatchObject({ devices: [{ id: 'c' }], total: 3 });
});

test('100 devices are listed when nobody says how many', async () => {
  await Promise.all(Array.from({ length: 101 }, (_, index) => stage.devices.create(stage.main, {}, `d${index}`)));
  const { json } = await ask(stage, 'GET', '/api/v1/devices');
  expect({ listed: json.devices?.length, total: json.total }).toEqual({ listed: 100, total: 101 });
});

test.each([
  ['mac=nonsense', 'mac'],
  ['ip=10', 'ip'],
  ['approved=yes', 'approved'],
  ['sort=colour', 'sort'],
  ['limit=1001', 'limit'],
  ['limit=-1', 'limit'],
  ['offset=1', 'offset'],
  ['cursor=x', 'cursor'],
  ['fields=colour', 'fields'],
  ['state=lost', 'state'],
  ['changed_since=yesterday', 'changed_since'],
  ['search=', 'search'],
  ['colour=red', 'colour'],
  ['model=D40&model=D50', 'model'],
  ['__proto__=1', '__proto__'],
])('the query %s is refused with its parameter', async (query, path) => {
  const { status, json } = await ask(stage, 'GET', `/api/v1/devices?${query}`);
  expect({ status, code: json.code }).toEqual({ status: 400, code: 'query-invalid' });
  expect(json.complaints?.map((complaint) => complaint.path)).toEqual([path]);
});
