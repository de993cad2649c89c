import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openStage, type Stage, TOKEN } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const ask = (path: string, headers: Readonly<Record<string, string>>, method = 'GET') =>
  fetch(`${stage.url}${path}`, { method, headers: { ...headers } });
const portal = 'https://portal.example.com';
const preflight = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization,if-match' };

test('a page of an origin that is listed may ask, and reads what it needs', async () => {
  const { status, headers } = await ask('/api/v1/devices', { origin: portal, authorization: `Bearer ${TOKEN}` });
  expect(status).toBe(200);
  expect(headers.get('access-control-allow-origin')).toBe(portal);
  expect(headers.get('access-control-expose-headers')).toBe('Content-Disposition, ETag, Location, Retry-After');
  expect(headers.get('access-control-allow-credentials')).toBeNull();
  expect(headers.get('vary')).toContain('Origin');
});

test('its browser asks beforehand, without a token, and is told what it may', async () => {
  const { status, headers } = await ask('/api/v1/devices/some', { origin: portal, ...preflight }, 'OPTIONS');
  expect(status).toBe(204);
  expect(headers.get('access-control-allow-methods')).toContain('PATCH');
  expect(headers.get('access-control-allow-headers')).toContain('If-Match');
});

test('what is refused is told to the page as well', async () => {
  const { status, headers } = await ask('/api/v1/devices', { origin: portal });
  expect([status, headers.get('access-control-allow-origin')]).toEqual([401, portal]);
});

test.each(['https://evil.example.com', 'http://portal.example.com', 'https://portal.example.com:8443', 'null'])(
  'a page of %s may not',
  async (origin) => {
    const { headers } = await ask('/api/v1/devices', { origin, authorization: `Bearer ${TOKEN}` });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('vary')).toContain('Origin');
    const before = await ask('/api/v1/devices', { origin, ...preflight }, 'OPTIONS');
    expect([before.status, before.headers.get('access-control-allow-origin')]).toEqual([401, null]);
  },
);

test('what is not of the API is for no page', async () => {
  expect((await ask('/status', { origin: portal })).headers.get('access-control-allow-origin')).toBeNull();
});
