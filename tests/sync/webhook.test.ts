import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { Secret } from '../../server/lib/secret.ts';
import type { Phone } from '../../server/sync/way.ts';
import { openWebhook } from '../../server/sync/webhook.ts';

const phone: Phone = {
  device: 'd1',
  mac: '00:0f:d3:00:00:01',
  vendor: 'Digium',
  ip: '192.0.2.5',
  hasOwnAddress: true,
  account: '1001',
  serverCredentials: { username: '1001', password: new Secret('s3cret') },
  transport: 'udp',
};
const notification = { event: 'check-sync', headers: [['X-A', 'b']] as const, contentType: 'text/plain', body: 'x' };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

async function open(answer: (request: IncomingMessage, response: ServerResponse) => void, patienceMs = 5_000) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/resync`;
  const way = await openWebhook({ name: 'hook', url, token: new Secret('t0ken'), patienceMs });
  cleanups.push(
    () => way.close(),
    async () => {
      server.closeAllConnections();
      server.close();
    },
  );
  return { way, host: `127.0.0.1:${port}` };
}

test('whoever tells the phone is told which it is and what it is to be told, and no password', async () => {
  const seen: { readonly headers: IncomingMessage['headers']; readonly text: string }[] = [];
  const { way, host } = await open(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    seen.push({ headers: request.headers, text });
    response.writeHead(202).end('thanks');
  });
  expect(await way.tell(notification, phone)).toEqual({ kind: 'told', words: `${host} answered 202` });
  expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer t0ken', 'content-type': 'application/json' });
  expect(JSON.parse(seen[0]?.text ?? '')).toEqual({
    event: 'device.resync',
    device: { id: 'd1', mac: '00:0f:d3:00:00:01', vendor: 'Digium', ip: '192.0.2.5', account: '1001' },
    notify: { event: 'check-sync', headers: { 'X-A': 'b' }, content_type: 'text/plain', body: 'x' },
  });
  expect(seen[0]?.text).not.toContain('s3cret');
});

test.each([
  [401, 'login-refused'],
  [404, 'refused'],
  [302, 'refused'],
  [500, 'refused'],
])('%i is told as %s', async (status, kind) => {
  const { way, host } = await open((_, response) => response.writeHead(status, { location: '/other' }).end());
  expect(await way.tell(notification, phone)).toEqual({ kind, why: `${host} answered ${status}` });
});

test('silence, an end, and nobody there are told as such', async () => {
  const silent = await open(() => {}, 200);
  expect(await silent.way.tell(notification, phone)).toMatchObject({ kind: 'silent' });
  const ending = await open((request) => request.socket.destroy());
  expect(await ending.way.tell(notification, phone)).toMatchObject({ kind: 'unreachable' });
  const nobody = await openWebhook({ name: 'hook', url: 'http://127.0.0.1:9/', patienceMs: 1_000 });
  cleanups.push(() => nobody.close());
  expect(await nobody.tell(notification, phone)).toMatchObject({
    kind: 'unreachable',
    why: expect.stringContaining('127.0.0.1:9'),
  });
});

test('it can be given up', async () => {
  const { way } = await open(() => {});
  expect(await way.tell(notification, phone, AbortSignal.timeout(50))).toMatchObject({ kind: 'unreachable' });
});
