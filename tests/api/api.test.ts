import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apiRoutes } from '../../server/api/api.ts';
import type { ApiParts } from '../../server/api/parts.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { ask, openStage, type Stage, TOKEN } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const routes = apiRoutes({ log: {}, plugins: {} } as unknown as ApiParts).flatMap(({ path, methods }) =>
  Object.keys(methods).map((method) => ({ method, path: path.replaceAll(/[:*](\w+)/g, 'some-$1') })),
);
const guarded = routes.filter(({ path }) => path.startsWith('/api/') && path !== '/api/v1/login');

test('all but status, metrics and the description of the API is below /api/v1', () => {
  expect(routes.filter(({ path }) => !path.startsWith('/api/v1/'))).toEqual([
    { method: 'GET', path: '/status' },
    { method: 'GET', path: '/metrics' },
    { method: 'GET', path: '/openapi.json' },
    { method: 'GET', path: '/docs' },
  ]);
  expect(guarded.length).toBeGreaterThan(15);
});

test.each(guarded)('$method $path without a token, or with a wrong one, is refused', async ({ method, path }) => {
  const before = stage.log.length;
  for (const authorization of ['', 'Bearer wrong', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, TOKEN]) {
    const { status, headers, json } = await ask(stage, method, path, method === 'GET' ? undefined : {}, { authorization });
    expect({ authorization, status }).toEqual({ authorization, status: 401 });
    expect(headers.get('www-authenticate')).toBe('Bearer realm="offhook"');
    expect(json.code).toBe('unauthorised');
  }
  // Nothing of it was done.
  expect(stage.log.slice(before).filter((line) => line.includes('api.answered'))).toEqual([]);
});

test.each(guarded)('$method $path with the token is answered by its resource', async ({ method, path }) => {
  const { status, json } = await ask(stage, method, path, method === 'GET' ? undefined : {});
  expect(status).not.toBe(401);
  expect(json?.code).not.toBe('route-unknown');
  expect(json?.code).not.toBe('internal');
});

test.each(['/status', '/metrics'])('%s is told to anybody', async (path) => {
  const response = await fetch(`${stage.url}${path}`);
  expect(response.status).toBe(200);
});

test('the scheme of the token may be written in any case', async () => {
  const { status } = await ask(stage, 'GET', '/api/v1/plugins', undefined, { authorization: `bearer  ${TOKEN}` });
  expect(status).toBe(200);
});

test('an unknown path is a problem in RFC 9457 form', async () => {
  const { status, headers, json } = await ask(stage, 'GET', '/api/v1/nothing');
  expect(status).toBe(404);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(json).toEqual({
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    code: 'route-unknown',
    detail: 'There is nothing under this path',
    complaints: [],
  });
});

test.each([
  ['/', 404],
  ['/api', 401],
  ['/api/v1/devices/', 401],
  ['/API/v1/devices', 404],
  ['/status/', 404],
  ['//status', 404],
  ['//api/v1/devices', 404],
  ['/%61pi/v1/devices', 404],
  ['/api%2fv1/devices', 404],
  ['/status/../api/v1/devices', 401],
  ['/status/%2e%2e/api/v1/devices', 401],
  ['/api;/v1/devices', 404],
])('%s without a token is %i', async (path, expected) => {
  expect((await fetch(stage.url + path)).status).toBe(expected);
});

test.each([
  ['DELETE', '/api/v1/devices', 'GET, HEAD, POST'],
  ['PUT', '/api/v1/devices/x', 'GET, HEAD, PATCH, DELETE'],
  ['PATCH', '/api/v1/configs/x', 'GET, HEAD, PUT, DELETE'],
  ['POST', '/api/v1/plugins', 'GET, HEAD'],
  ['OPTIONS', '/api/v1/tenants', 'GET, HEAD, POST'],
  ['GET', '/api/v1/reload', 'POST'],
  ['POST', '/status', 'GET, HEAD'],
])('%s %s is not allowed, and Allow says what is', async (method, path, allow) => {
  const { status, headers, json } = await ask(stage, method, path);
  expect(status).toBe(405);
  expect(headers.get('allow')).toBe(allow);
  expect(json.code).toBe('method-not-allowed');
});

test('HEAD says what GET would, without the body', async () => {
  const { status, headers, text } = await ask(stage, 'HEAD', '/api/v1/plugins');
  expect(status).toBe(200);
  expect(Number(headers.get('content-length'))).toBe((await ask(stage, 'GET', '/api/v1/plugins')).text.length);
  expect(text).toBe('');
});

test('no answer may be cached, read by another site, or taken for a page', async () => {
  const { headers } = await ask(stage, 'GET', '/api/v1/tenants', undefined, { origin: 'http://evil.example' });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-powered-by')).toBeNull();
  expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});

// Host --------------------------------------------------------------------------------------------------------------------------

/** fetch sets Host by itself. */
function statusFor(host: string | undefined, path = '/status'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { ...(host !== undefined && { headers: { host } }), setHost: false };
    const asked = httpRequest(stage.url + path, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject);
    asked.end();
  });
}

test.each([
  'localhost',
  'LOCALHOST:8666',
  '127.0.0.1:1',
  '192.0.2.7',
  '[::1]:8666',
  '[2001:db8::1]',
  'Provisioning.example.com:80',
])('the Host %s is ours', async (host) => {
  expect(await statusFor(host)).toBe(200);
});

test.each([
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil.example:8666',
  '',
  'localhost, evil.example',
])('the Host %j may be anybody’s who points his name here', async (host) => {
  expect(await statusFor(host)).toBe(421);
  expect(await statusFor(host, '/api/v1/devices')).toBe(421);
});

test('HTTP/1.0 without a Host is answered', async () => {
  const { port } = new URL(stage.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end('GET /status HTTP/1.0\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
});

// Bodies ------------------------------------------------------------------------------------------------------------------------

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

test.each([
  ['nothing', '', 'A body is needed'],
  ['a list', '[]', 'must be a JSON object'],
  ['no JSON', '{"name": tru}', 'no JSON: Line 1, column 10'],
  ['a key twice', '{"name": "a", "name": "b"}', 'appears twice'],
  ['65 levels', deep(65), 'nested deeper than 64 levels'],
  ['ten thousand levels', deep(10_000), 'nested deeper'],
])('a body that is %s gets 400 and is told why', async (_, body, why) => {
  const { status, json } = await ask(stage, 'POST', '/api/v1/tenants', body);
  expect(status).toBe(400);
  expect(json.code).toBe('body-invalid');
  expect(json.detail).toContain(why);
});

test('a body that is no UTF-8 gets 400', async () => {
  const response = await fetch(`${stage.url}/api/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: Buffer.from('{"name": "\xff"}', 'latin1'),
  });
  expect(response.status).toBe(400);
});

test.each([
  [{ 'content-type': 'application/x-www-form-urlencoded' }],
  [{ 'content-type': 'text/plain' }],
  [{ 'content-encoding': 'gzip' }],
])('a body with %j gets 415', async (headers) => {
  const { status, json } = await ask(stage, 'POST', '/api/v1/tenants', '{}', headers as Record<string, string>);
  expect(status).toBe(415);
  expect(json.code).toBe('body-not-json');
});

test.each(['application/json; charset=utf-8', 'application/merge-patch+json', 'APPLICATION/JSON'])('%s is JSON', async (type) => {
  const { json } = await ask(stage, 'POST', '/api/v1/tenants', '{}', { 'content-type': type });
  expect(json.complaints).toEqual([{ path: 'name', message: 'must be a text' }]);
});

test('a body of more than 8 megabytes is refused, and the client reads why', async () => {
  const { status, json } = await ask(stage, 'POST', '/api/v1/tenants', `"${'x'.repeat(8 * 1_048_576)}"`);
  expect(status).toBe(413);
  expect(json.code).toBe('body-too-large');
});

test('a client that never stops sending is cut off', async () => {
  const { port } = new URL(stage.url);
  const socket = connect(Number(port), '127.0.0.1');
  // What is written to a closed connection fails, which is what is waited for.
  socket.on('error', () => {});
  socket.write(
    `POST /api/v1/tenants HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 99000000000\r\n\r\n`,
  );
  let sent = 0;
  const chunk = Buffer.alloc(1_048_576, 'x');
  const feed = () => {
    // The server takes 32 megabytes; the rest of these is what buffers on the way may hold.
    while (!socket.destroyed && sent < 200) {
      sent++;
      if (!socket.write(chunk)) return;
    }
  };
  socket.on('drain', feed);
  feed();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(sent).toBeLessThan(200);
});

test('a client that goes away in the middle of a body does no harm', async () => {
  const { port } = new URL(stage.url);
  const socket = connect(Number(port), '127.0.0.1');
  const head = `POST /api/v1/tenants HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 100\r\n\r\n`;
  const before = stage.log.length;
  socket.write(`${head}{"name":`);
  await new Promise((resolve) => socket.once('connect', resolve));
  await ask(stage, 'GET', '/status');
  socket.destroy();
  while (!stage.log.slice(before).some((line) => line.includes('body-incomplete'))) await ask(stage, 'GET', '/status');
  expect(stage.log.slice(before).filter((line) => line.includes('api.failed'))).toEqual([]);
});

// Faults ------------------------------------------------------------------------------------------------------------------------

test('a fault of the server tells a client nothing, and the log why', async () => {
  const failing = await openStage({
    reload: async () => {
      throw new TypeError('the secret plan failed');
    },
  });
  const { status, text, json } = await ask(failing, 'POST', '/api/v1/reload');
  expect(status).toBe(500);
  expect(json.code).toBe('internal');
  expect(text).not.toContain('plan');
  const [line] = failing.log.filter((each) => each.includes('api.failed'));
  expect(JSON.parse(line ?? '')).toMatchObject({
    path: '/api/v1/reload',
    status: 500,
    err: { message: 'the secret plan failed' },
  });
  await failing.close();
});

test.each([
  ['store-busy', 503],
  ['store-full', 503],
  ['disk-full', 503],
  ['disk-not-writable', 503],
  ['store-closed', 503],
  ['store-corrupt', 500],
  ['store-failed', 500],
  ['thing-unknown', 404],
  ['thing-invalid', 400],
  ['thing-taken', 409],
  ['thing-changed', 409],
  ['thing-not-deletable', 409],
  ['thing-in-use', 409],
  ['thing-running', 409],
  ['thing-ended', 409],
  ['nobody-knows', 500],
])('the error %s of a service becomes %i', async (code, expected) => {
  const failing = await openStage({
    plugins: {
      get catalogue(): never {
        throw new ProvisioningError(code, 'as it is');
      },
    },
  });
  const { status, headers, json } = await ask(failing, 'GET', '/api/v1/plugins');
  expect(status).toBe(expected);
  expect(json.code).toBe(expected === 500 ? 'internal' : code);
  expect(headers.get('retry-after')).toBe(expected === 503 ? '1' : null);
  expect(failing.log.some((line) => line.includes('api.failed'))).toBe(expected >= 500);
  await failing.close();
});
