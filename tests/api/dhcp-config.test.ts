import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openStage, type Stage, TOKEN } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

async function get(path: string): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(`${stage.url}/api/v1/dhcp/config/${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

test('a configuration is text, with the URL under which phones will reach the server', async () => {
  const { status, type, text } = await get('dnsmasq');
  expect({ status, type }).toEqual({ status: 200, type: 'text/plain; charset=utf-8' });
  expect(text).toContain('dhcp-option-force=tag:offhook-digium,66,"http://192.0.2.10:8667/Digium"');
  expect(text).toContain('option:server-ip-address,192.0.2.10');
  expect(text).not.toContain('SECRET');
});

test('the URL and the address can be said, and a tenant has its key in the URL', async () => {
  const response = await fetch(`${stage.url}/api/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'north & south', provisioning_key: 'k3y-of-the-north' }),
  });
  expect(response.status).toBe(201);
  const { text } = await get('isc?tenant=north+%26+south&url=https%3A%2F%2Fphones.example.com%2F&address=10.0.0.5');
  expect(text).toContain('option tftp-server-name = "https://phones.example.com/k3y-of-the-north/Digium";');
  expect(text).toContain('next-server 10.0.0.5;');
  expect(text).toMatch(/^# THIS FILE IS A SECRET: /m);
  expect((await get('isc?url=http://10.0.0.7:8667')).text).toContain('next-server 10.0.0.7;');
});

test.each([
  ['bind', 404, 'dhcp-server-unknown'],
  ['toString', 404, 'dhcp-server-unknown'],
  ['kea?tenant=nobody', 404, 'tenant-unknown'],
  ['kea?tenant=main', 409, 'tenant-without-key'],
  ['kea?url=ftp://host', 400, 'query-invalid'],
  ['kea?url=http://user:word@host', 400, 'query-invalid'],
  ['kea?url=http://host/%0a?x=1', 400, 'query-invalid'],
  ['kea?address=fd00::1', 400, 'query-invalid'],
  ['kea?tenants=x', 400, 'query-invalid'],
])('%s is answered with %i %s', async (path, status, code) => {
  const answer = await get(path);
  expect({ status: answer.status, code: JSON.parse(answer.text).code }).toEqual({ status, code });
});
