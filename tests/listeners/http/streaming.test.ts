import { expect, test } from '@jest/globals';
import type { Content } from '../../../server/lib/content.ts';
import { dial, exchange, file, get, start } from '../../support/http-listener.ts';

interface Watched extends Content {
  readonly asked: { offset: number; length: number }[];
  closed: number;
}

/** A content that is read piece by piece: byte i is i modulo 251. It remembers what was asked of it. */
function watched(size: number, failAt = Number.POSITIVE_INFINITY): Watched {
  const asked: Watched['asked'] = [];
  return {
    size,
    asked,
    closed: 0,
    async read(offset, length) {
      asked.push({ offset, length });
      if (offset >= failAt) throw new Error('EIO: the disk is gone');
      return pattern(offset, Math.min(length, size - offset));
    },
    async close() {
      this.closed += 1;
    },
  };
}

function pattern(offset: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (offset + index) % 251));
}

const GET = 'GET /image HTTP/1.1\r\nHost: x\r\n\r\n';

test('a large file arrives whole, in pieces, and is closed once', async () => {
  const content = watched(1_000_003);
  const { port, event } = await start({ answer: async () => file(content) });
  const { status, body } = await get(port, '/image');
  expect(status).toBe(200);
  expect(Buffer.from(body, 'latin1').equals(pattern(0, 1_000_003))).toBe(true);
  expect(Math.max(...content.asked.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
  expect(await event('finished')).toMatchObject({ bytes: 1_000_003, complete: true });
  expect(content.closed).toBe(1);
});

test('a range is read and nothing around it', async () => {
  const content = watched(1_000_003);
  const { port } = await start({ answer: async () => file(content) });
  const { body } = await get(port, '/image', ['Range: bytes=100000-299999']);
  expect(Buffer.from(body, 'latin1').equals(pattern(100_000, 200_000))).toBe(true);
  expect(content.asked[0]?.offset).toBe(100_000);
  expect(content.asked.reduce((sum, { length }) => sum + length, 0)).toBe(200_000);
  expect(content.closed).toBe(1);
});

test.each([
  ['HEAD', []],
  ['GET', ['If-None-Match: "b6-r12"']],
  ['GET', ['If-Match: "x"']],
  ['GET', ['Range: bytes=2000000-']],
])('%s with %p reads nothing, and closes the file', async (method, headers) => {
  const content = watched(1_000_003);
  const { port, event } = await start({ answer: async () => file(content) });
  await get(port, '/image', headers, method);
  await event('finished');
  expect([content.asked.length, content.closed]).toEqual([0, 1]);
});

test('an empty file on disk is a whole answer', async () => {
  const content = watched(0);
  const { port } = await start({ answer: async () => file(content) });
  const { status, headers } = await get(port, '/image');
  expect([status, headers.get('content-length'), content.closed]).toEqual([200, '0', 1]);
});

test('a phone that stops reading stops the reading of the file, and is cut after a while', async () => {
  const content = watched(200_000_000);
  const { port, event } = await start({ answer: async () => file(content), limits: { stallMs: 300 } });
  const { socket } = await dial(port);
  socket.pause();
  socket.write(GET);
  expect(await event('refused')).toMatchObject({ why: 'stalled', ip: '127.0.0.1' });
  const { complete, bytes } = await event('finished');
  expect(complete).toBe(false);
  // What the system buffers on loopback is some MiB.
  expect(bytes).toBeLessThan(50_000_000);
  expect(content.closed).toBe(1);
});

test('bytes in memory are cut off alike', async () => {
  const { port, event } = await start({ answer: async () => file(Buffer.alloc(50_000_000)), limits: { stallMs: 300 } });
  const { socket } = await dial(port);
  socket.pause();
  socket.write(GET);
  expect((await event('refused')).why).toBe('stalled');
  expect((await event('finished')).complete).toBe(false);
});

test('a phone that hangs up in the middle ends the reading, and the file is closed once', async () => {
  const content = watched(200_000_000);
  const { port, event } = await start({ answer: async () => file(content) });
  const { socket, until } = await dial(port);
  socket.write(GET);
  await until((text) => text.length > 1_000_000);
  socket.resetAndDestroy();
  expect((await event('finished')).complete).toBe(false);
  expect(content.closed).toBe(1);
  expect(content.asked.length).toBeLessThan(200_000_000 / 65_536);
});

test('a phone that has gone before its answer is ready leaves no file open', async () => {
  const content = watched(1_000_000);
  let ready = (): void => {};
  const wait = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const { port, requests, event } = await start({ answer: () => wait.then(() => file(content)) });
  const { socket } = await dial(port);
  socket.write(GET);
  while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  socket.resetAndDestroy();
  await event('lost');
  ready();
  expect(await event('finished')).toMatchObject({ bytes: 0, complete: false });
  expect([content.asked.length, content.closed]).toEqual([0, 1]);
});

test('a file that cannot be read in the middle breaks the connection instead of ending the answer', async () => {
  const content = watched(1_000_000, 300_000);
  const { port, event } = await start({ answer: async () => file(content) });
  const text = await exchange(port, GET);
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  expect(text).toMatch(/^Content-Length: 1000000\r$/m);
  expect(body.length).toBeLessThan(1_000_000);
  expect(Buffer.from(body, 'latin1').equals(pattern(0, body.length))).toBe(true);
  expect((await event('answer-failed')).cause).toMatchObject({ message: 'EIO: the disk is gone' });
  expect((await event('finished')).complete).toBe(false);
  expect(content.closed).toBe(1);
});

test('a file that cannot be read at all is answered as one that cannot be made now', async () => {
  const content = watched(1_000_000, 0);
  const { port } = await start({ answer: async () => file(content) });
  expect((await get(port, '/image')).status).toBe(503);
  expect(content.closed).toBe(1);
});

test('a file that ends before its size does not hang the answer', async () => {
  const content: Content = { size: 10, read: async () => Buffer.alloc(0), close: async () => {} };
  const { port } = await start({ answer: async () => file(content) });
  expect((await get(port, '/image')).status).toBe(503);
});

test('a file that cannot be closed is told, and its answer stands', async () => {
  const cause = new Error('EIO');
  const content: Content = { ...watched(10), close: () => Promise.reject(cause) };
  const { port, event } = await start({ answer: async () => file(content) });
  expect((await get(port, '/image')).status).toBe(200);
  expect(await event('answer-failed')).toMatchObject({ cause });
});
