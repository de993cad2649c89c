import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { parsePacket } from '../../server/lib/tftp-packet.ts';
import type { Fleet } from '../../server/simulate/fleet.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { digiumFleet, report, runTo } from '../support/simulate.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function offhook(set: readonly string[] = []): Promise<TestApp> {
  const server = await startTestApp(set);
  closing.push(() => server.stop());
  const { configs, tenants } = server.app.core;
  const line = new Map([
    ['1', new Map(Object.entries({ username: 'u', password: 'p', display_name: 'n', proxy_ip: '192.0.2.20' }))],
  ]);
  await configs.create({
    id: 'auto',
    tenant: tenants.main.id,
    parents: [],
    role: 'autocreate',
    raw: new Map([['sip_lines', line]]),
  });
  return server;
}

/** A server that is none. @returns its URL */
async function pretend(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a D40 of the fleet should get, as simple as it can be. */
function right({ url = '' }: IncomingMessage): string {
  const mac = /[\da-f]{12}/.exec(url)?.[0];
  return url.endsWith('-contacts.xml') ? '<phonebooks/>' : `<config><contacts url="/${mac}-contacts.xml"/></config>`;
}

const wrongs = ({ troubles }: { troubles: readonly { what: string }[] }) => troubles.map(({ what }) => what);

// A real server -------------------------------------------------------------------------------------------------------------------

test('phones that nobody knows come up over HTTP, each from an address of its own', async () => {
  const server = await offhook();
  const fleet = await digiumFleet('D40', 30);
  const { up, down, files, troubles, unfinished, boot } = await report(`http://127.0.0.1:${server.http}`, fleet);
  expect({ up, down, troubles, unfinished }).toEqual({ up: 30, down: [], troubles: [], unfinished: 0 });
  expect(files.map(({ name, served }) => [name, served])).toEqual([
    ['Digium/{mac}.cfg', 30],
    ['Digium/{mac}-contacts.xml', 30],
  ]);
  expect(boot?.max).toBeGreaterThan(0);
  const [device] = (await server.app.core.devices.list({ where: { mac: fleet.phone(7).mac } })).devices;
  expect(device).toMatchObject({ ip: fleet.phone(7).loopback, plugin: 'digium-2.8.1' });
});

test.each([
  ['without options', {}],
  ['with large blocks', { blockSize: 1_428 }],
  ['with small blocks in windows', { blockSize: 64, windowSize: 8 }],
])('phones come up over TFTP %s', async (_, tftp) => {
  const server = await offhook();
  const { up, troubles, files } = await report(`tftp://127.0.0.1:${server.tftp}`, await digiumFleet('D40', 10), { tftp });
  expect([up, troubles, files[0]?.bytes]).toEqual([10, [], expect.any(Number)]);
});

test('with the tenant’s key in the URL, and without connections that are kept', async () => {
  const server = await offhook();
  const { tenants } = server.app.core;
  const key = 'k7Qm2xWv9RtY4uZb8NcD1fGh';
  await tenants.change(tenants.main.id, { provisioningKey: key });
  const { up } = await report(`http://127.0.0.1:${server.http}/${key}`, await digiumFleet('D40', 5), { keepAlive: false });
  expect(up).toBe(5);
});

test('a phone that fetches firmware needs its image', async () => {
  const server = await offhook();
  const { up, down } = await report(`http://127.0.0.1:${server.http}`, await digiumFleet('D40', 3), { firmware: true });
  expect([up, down]).toEqual([0, [{ why: 'no such file', phones: 3 }]]);
});

test('phones that share an address are refused, all but one', async () => {
  const server = await offhook();
  const { up, down } = await report(`http://127.0.0.1:${server.http}`, await digiumFleet('D40', 5), { ownAddresses: false });
  expect([up, down]).toEqual([1, [{ why: 'no such file', phones: 4 }]]);
});

test('more phones than may ask at one time come up one after the other', async () => {
  const server = await offhook();
  const { up } = await report(`http://127.0.0.1:${server.http}`, await digiumFleet('D40', 40), { atOnce: 3 });
  expect(up).toBe(40);
});

// Servers that are none -----------------------------------------------------------------------------------------------------------

test.each<[string, string, (request: IncomingMessage, response: ServerResponse, fleet: Fleet) => void]>([
  [
    'another phone’s file',
    'wrong content: another phone’s',
    (_, response, fleet) => {
      const mac = fleet.phone(1).mac.replaceAll(':', '');
      response.end(`<config><contacts url="/${mac}-contacts.xml"/></config>`);
    },
  ],
  [
    'a page to log in',
    'wrong content: another kind of document',
    (_, response) => response.end('<html><body>Log in</body></html>'),
  ],
  ['half a document', 'wrong content: not well-formed', (request, response) => response.end(right(request).slice(0, -9))],
  ['nothing', 'wrong content: empty', (_, response) => response.end()],
  ['the same file for all', 'wrong content: without its phone’s MAC', (_, response) => response.end('<config/>')],
  ['too much', 'wrong content: too large', (_, response) => response.end(Buffer.alloc(17 * 1_048_576, ' '))],
  ['an error', 'HTTP 500', (_, response) => response.writeHead(500).end('oops')],
  ['a refusal', 'HTTP 403', (_, response) => response.writeHead(403).end()],
  ['a name that does not exist', 'no such file', (_, response) => response.writeHead(404).end()],
  [
    'less than it promised',
    'cut off before its Content-Length',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('<config>');
      setImmediate(() => response.destroy());
    },
  ],
  [
    'chunks without an end',
    'cut off',
    (_, response) => {
      response.writeHead(200).write('<config>');
      setImmediate(() => response.destroy());
    },
  ],
  ['a hung-up connection', 'connection reset', (request) => request.socket.destroy()],
])('a server that answers %s is told as: %s', async (_, what, answer) => {
  const fleet = await digiumFleet('D40', 3);
  const url = await pretend((request, response) => answer(request, response, fleet));
  // The first of three comes up.
  const made = await report(url, { ...fleet, size: 1 });
  expect([made.up, made.down, wrongs(made)]).toEqual([0, [{ why: what, phones: 1 }], [what]]);
});

test('a server that says nothing is given up after the phone’s patience, for each of its tries', async () => {
  const url = await pretend(() => {});
  const made = await report(url, await digiumFleet('D40', 2), { patienceMs: 50, tries: 2 });
  expect(made.down).toEqual([{ why: 'silence for 0.05 s', phones: 2 }]);
  expect(made.troubles).toMatchObject([{ what: 'silence for 0.05 s', times: 4 }]);
});

test('a server that falls silent in the middle of a file is, too', async () => {
  const url = await pretend((_, response) => response.writeHead(200, { 'content-length': 100 }).write('<config>'));
  const made = await report(url, await digiumFleet('D40', 1), { patienceMs: 50 });
  expect(made.down).toEqual([{ why: 'silence for 0.05 s', phones: 1 }]);
  expect(made.files).toMatchObject([{ failed: 1, bytes: 8 }]);
});

test('a phone tries again, and comes up when it is served then', async () => {
  let asked = 0;
  const url = await pretend((request, response) => {
    asked += 1;
    if (asked <= 2) response.writeHead(503).end();
    else response.end(right(request));
  });
  const { up, troubles, files } = await report(url, await digiumFleet('D40', 1), { tries: 3 });
  expect([up, troubles.map(({ what, times }) => [what, times])]).toEqual([1, [['HTTP 503', 2]]]);
  expect(files[0]).toMatchObject({ served: 1, failed: 2 });
});

test('a kept connection that the server closed just now is no failure', async () => {
  // Answers one request on each connection, promises to keep it, and closes when it is used again.
  const server = createTcpServer((socket: Socket) => {
    let asked = 0;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      asked += 1;
      if (asked > 1) return socket.destroy();
      const body = right({ url: /GET (\S+)/.exec(bytes.toString())?.[1] } as IncomingMessage);
      return socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => server.close());
  const { up, troubles } = await report(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    await digiumFleet('D40', 2),
  );
  expect([up, troubles]).toEqual([2, []]);
});

test('no server at all is told as such', async () => {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const made = await report(`http://127.0.0.1:${port}`, await digiumFleet('D40', 3));
  expect(made.down).toEqual([{ why: 'connection refused', phones: 3 }]);
});

test('a TFTP server that is silent, and one that only has errors', async () => {
  const silent = createSocket('udp4');
  silent.bind(0, '127.0.0.1');
  const failing = createSocket('udp4');
  failing.on('message', (bytes, { port, address }) => {
    if (parsePacket(bytes)?.kind === 'read') failing.send(Buffer.from('\0\x05\0\0no\0'), port, address);
  });
  failing.bind(0, '127.0.0.1');
  await Promise.all([once(silent, 'listening'), once(failing, 'listening')]);
  closing.push(async () => {
    silent.close();
    failing.close();
  });
  const fleet = await digiumFleet('D40', 2);
  const quiet = await report(`tftp://127.0.0.1:${silent.address().port}`, fleet, { patienceMs: 50 });
  expect(quiet.down).toEqual([{ why: 'silence for 0.05 s', phones: 2 }]);
  const errors = await report(`tftp://127.0.0.1:${failing.address().port}`, fleet);
  expect(errors.down).toEqual([{ why: 'TFTP error 0', phones: 2 }]);
});

test('a run that is stopped ends at once, and counts who was not through', async () => {
  let asked = () => {};
  const someone = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const url = await pretend(() => asked());
  const { run, done } = await runTo(url, await digiumFleet('D40', 50), { atOnce: 10, rampMs: 100, patienceMs: 60_000 });
  await someone;
  expect(run.progress()).toMatchObject({ phones: 50, up: 0 });
  run.stop();
  const { up, down, unfinished, troubles } = await done;
  expect({ up, down, unfinished, troubles }).toEqual({ up: 0, down: [], unfinished: 50, troubles: [] });
});
