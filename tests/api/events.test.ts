import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { ask, complete, openStage, PASSWORD, type Stage, TOKEN } from './stage.ts';

let stage: Stage;
const ends: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
  await stage.close();
});

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What curl is told, as it comes. */
function listen(token = TOKEN, query = '', headers: readonly string[] = []) {
  const all = [`Authorization: Bearer ${token}`, ...headers].flatMap((header) => ['-H', header]);
  const child = spawn('curl', ['-sSN', '-i', ...all, `${stage.url}/api/v1/events${query}`]);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = once(child, 'close');
  ends.push(async () => {
    child.kill();
    await ended;
  });
  const events = (): Event[] =>
    text.split('\n\n').flatMap((block) => {
      const fields = Object.fromEntries(
        Array.from(block.matchAll(/^(id|event|data): (.*)$/gm), ([, name, value]) => [name, value]),
      );
      return fields.event === undefined ? [] : [{ ...fields, data: JSON.parse(fields.data) } as Event];
    });
  return {
    events,
    text: () => text,
    ended,
    ready: () => eventually(() => expect(text).toContain('retry: ')),
    resources: () => events().map(({ data }) => `${data.resource} ${data.id} ${data.action}`),
  };
}

async function tokenOf(tenant: string, permissions: readonly string[]) {
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', { name: 'x', tenant, permissions });
  return { id: json.id ?? '', token: json.token ?? '' };
}

const create = async (id: string, more: object = {}) =>
  expect((await ask(stage, 'POST', '/api/v1/configs', { id, raw_config: complete, ...more })).status).toBe(201);

test('a change is told as it comes, without what is secret', async () => {
  const told = listen();
  await told.ready();
  expect(told.text()).toMatch(/content-type: text\/event-stream/i);
  await create('alice');
  await ask(stage, 'DELETE', '/api/v1/configs/alice');
  await eventually(() => expect(told.resources()).toEqual(['config alice created', 'config alice removed']));
  expect(told.events()[0]).toMatchObject({ event: 'change', data: { tenant: stage.main, revision: 1 } });
  expect(told.text()).not.toContain(PASSWORD);
});

test('whoever comes again is told what happened meanwhile, once', async () => {
  const first = listen();
  await first.ready();
  await create('a');
  await eventually(() => expect(first.events()).toHaveLength(1));
  await create('b');
  await create('c');
  const [{ id = '' } = {}] = first.events();
  const again = listen(TOKEN, '', [`Last-Event-ID: ${id}`]);
  await eventually(() => expect(again.resources()).toEqual(['config b created', 'config c created']));
});

test.each(['999999', '12x'])('an id that is none, %s, is answered with reset and the present', async (id) => {
  await create('a');
  const told = listen(TOKEN, '', [`Last-Event-ID: ${id}`]);
  await told.ready();
  await create('b');
  await eventually(() => expect(told.resources()).toContain('config b created'));
  const isReset = told.events().some(({ event }) => event === 'reset');
  expect([isReset, told.resources().includes('config a created')]).toEqual([true, false]);
});

test('whoever asks for what is forgotten is told to read anew', async () => {
  for (const id of ['a', 'b', 'c']) await create(id);
  await stage.store.history.forgetBefore(Date.now() + 1_000, 0);
  const told = listen(TOKEN, '', ['Last-Event-ID: 1']);
  await eventually(() => expect(told.events()).toMatchObject([{ event: 'reset', data: {} }]));
});

test('nobody is told of what he may not read, or of another tenant', async () => {
  const north = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'north' })).json.id ?? '';
  const shop = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'shop', parent: north })).json.id ?? '';
  const [all, few] = [await tokenOf(north, ['#']), await tokenOf(stage.main, ['events.read', 'devices.read'])];
  const [ofNorth, ofDevices] = [listen(all.token), listen(few.token)];
  await Promise.all([ofNorth.ready(), ofDevices.ready()]);
  await create('main');
  await create('below', { tenant: shop });
  await ask(stage, 'PUT', '/api/v1/repositories/own', { location: 'https://example.com/x', allow_unsigned: true });
  await ask(stage, 'POST', '/api/v1/devices', { id: 'desk', mac: '000fd3000001' });
  await ask(stage, 'POST', '/api/v1/reload', {});
  await create('last', { tenant: north });
  await eventually(() => expect(ofNorth.resources()).toEqual(['config below created', 'config last created']));
  await eventually(() => expect(ofDevices.resources()).toEqual(['device desk created']));
});

test('operations are told as they go on, of all or of those kinds that one asks for', async () => {
  const [all, configs, both] = [
    listen(),
    listen(TOKEN, '?resource=config'),
    listen(TOKEN, '?resource=config&resource=operation'),
  ];
  await Promise.all([all.ready(), configs.ready(), both.ready()]);
  await ask(stage, 'POST', '/api/v1/reload', {});
  await create('a');
  const last = () =>
    all
      .events()
      .filter(({ event }) => event === 'operation')
      .at(-1);
  await eventually(() => expect(last()).toMatchObject({ data: { label: 'render', state: 'success' } }));
  await eventually(() => expect(configs.events().map(({ event }) => event)).toEqual(['change']));
  await eventually(() => expect(new Set(both.events().map(({ event }) => event))).toEqual(new Set(['change', 'operation'])));
  expect((await ask(stage, 'GET', '/api/v1/events?resource=nothing')).status).toBe(400);
});

test('whoever was cut off before anything happened misses nothing', async () => {
  await create('before');
  const first = listen();
  await first.ready();
  await create('meanwhile');
  const [, id] = /^id: (\d+)$/m.exec(first.text()) ?? [];
  const again = listen(TOKEN, '', [`Last-Event-ID: ${id}`]);
  await eventually(() => expect(again.resources()).toEqual(['config meanwhile created']));
});

test('whoever comes again is told of operations that ended meanwhile, and not of those that ended long before', async () => {
  const render = async () => {
    const { id } = (await ask(stage, 'POST', '/api/v1/reload', {})).json;
    await eventually(async () =>
      expect((await ask(stage, 'GET', `/api/v1/operations/${id}`)).json).toMatchObject({ state: 'success' }),
    );
    return id;
  };
  await render();
  await pause(5);
  await create('a');
  const first = listen(TOKEN, '', ['Last-Event-ID: 0']);
  await eventually(() => expect(first.resources()).toContain('config a created'));
  const { id = '' } = first.events().find(({ event }) => event === 'change') ?? {};
  await pause(5);
  const meanwhile = await render();
  const again = listen(TOKEN, '', [`Last-Event-ID: ${id}`]);
  await eventually(() =>
    expect(again.events()).toMatchObject([{ event: 'operation', data: { id: meanwhile, state: 'success' } }]),
  );
});

test('tenants that are made and removed while somebody listens are told to those above them, and to nobody else', async () => {
  const [north = '', south = ''] = await Promise.all(
    ['north', 'south'].map(async (name) => (await ask(stage, 'POST', '/api/v1/tenants', { name })).json.id),
  );
  const [ofNorth, ofSouth] = [listen((await tokenOf(north, ['#'])).token), listen((await tokenOf(south, ['#'])).token)];
  await Promise.all([ofNorth.ready(), ofSouth.ready()]);
  const shop = (await ask(stage, 'POST', '/api/v1/tenants', { name: 'shop', parent: north })).json.id ?? '';
  await create('till', { tenant: shop });
  await eventually(() => expect(ofNorth.resources()).toEqual([`tenant ${shop} created`, 'config till created']));
  await ask(stage, 'DELETE', '/api/v1/configs/till');
  expect((await ask(stage, 'DELETE', `/api/v1/tenants/${shop}`)).status).toBe(204);
  await create('last', { tenant: south });
  await eventually(() => expect(ofNorth.resources().slice(2)).toEqual(['config till removed', `tenant ${shop} removed`]));
  await eventually(() => expect(ofSouth.resources()).toEqual(['config last created']));
});

test('a token that is revoked is told nothing more', async () => {
  const { id, token } = await tokenOf(stage.main, ['#']);
  const told = listen(token);
  await told.ready();
  await ask(stage, 'DELETE', `/api/v1/tokens/${id}`);
  await create('a');
  await told.ended;
  expect(told.resources()).toEqual([]);
}, 20_000);

test('a token that expires ends its stream, also where nothing happens', async () => {
  const expires = new Date(Date.now() + 1_500).toISOString();
  const order = { name: 'x', tenant: stage.main, permissions: ['#'], expires };
  const { json } = await ask(stage, 'POST', '/api/v1/tokens', order);
  const told = listen(json.token);
  await told.ready();
  await told.ended;
  expect(Date.now()).toBeGreaterThan(Date.parse(expires));
}, 20_000);

test('a token that may not read events any more is told none', async () => {
  const { id, token } = await tokenOf(stage.main, ['events.read', 'configs.read']);
  const told = listen(token);
  await told.ready();
  await ask(stage, 'PATCH', `/api/v1/tokens/${id}`, { permissions: ['configs.read'] });
  await create('a');
  await told.ended;
  expect(told.resources()).toEqual([]);
}, 20_000);

test('no more listen than the settings permit; there is room again when one leaves', async () => {
  const small = await openStage({ eventStreams: 1 });
  ends.push(() => small.close());
  const headers = { authorization: `Bearer ${TOKEN}` };
  const leave = new AbortController();
  const first = await fetch(`${small.url}/api/v1/events`, { headers, signal: leave.signal });
  const refused = await ask(small, 'GET', '/api/v1/events');
  expect(refused).toMatchObject({ status: 503, json: { code: 'events-busy' } });
  expect(refused.headers.get('retry-after')).toBe('10');
  leave.abort();
  await expect(first.text()).rejects.toThrow();
  await eventually(async () => expect((await ask(small, 'GET', '/api/v1/events')).status).toBe(200));
});

test('whoever goes is forgotten, and who reads nothing takes no memory and holds nobody up', async () => {
  const { hostname, port } = new URL(stage.url);
  for (let index = 0; index < 20; index += 1) {
    const socket = connect(Number(port), hostname);
    socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
    await once(socket, 'data');
    if (index % 2 === 0) socket.destroy();
    else ends.push(async () => socket.destroy());
    socket.pause();
  }
  const told = listen();
  await told.ready();
  for (let index = 0; index < 50; index += 1) await create(`c${index}`);
  await eventually(() => expect(told.events()).toHaveLength(50));
}, 30_000);
