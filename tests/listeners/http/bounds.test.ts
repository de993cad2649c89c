import { expect, test } from '@jest/globals';
import { answers, CONFIG, dial, exchange, file, get, start } from '../../support/http-listener.ts';

const BODY = CONFIG.toString('latin1');
const head = (...lines: string[]) => [...lines, '', ''].join('\r\n');

test('headers beyond the bound are 431', async () => {
  const { port, event } = await start({ limits: { headerBytes: 1_024 } });
  const [answer] = answers(await exchange(port, head('GET /a HTTP/1.1', 'Host: x', `X-Long: ${'x'.repeat(200_000)}`)));
  expect(answer?.status).toBe(431);
  expect((await event('refused')).why).toBe('headers');
});

test('so are many small ones, and a request line that does not end', async () => {
  const { port } = await start({ limits: { headerBytes: 1_024 } });
  const many = Array.from({ length: 5_000 }, (_, index) => `X-${index}: y`);
  expect(answers(await exchange(port, head('GET /a HTTP/1.1', 'Host: x', ...many)))[0]?.status).toBe(431);
  expect(answers(await exchange(port, `GET /${'a'.repeat(500_000)}`))[0]?.status).toBe(431);
});

test('a target beyond the bound is 414 and never reaches the pipeline', async () => {
  const { port, requests, event } = await start({ limits: { targetBytes: 100 } });
  expect((await get(port, `/${'a'.repeat(99)}`)).status).toBe(200);
  expect((await get(port, `/${'a'.repeat(100)}`)).status).toBe(414);
  expect((await event('refused')).why).toBe('target');
  expect(requests).toHaveLength(1);
});

test.each([
  ['with a length', `${head('GET /a HTTP/1.1', 'Host: x', 'Content-Length: 5')}hello`],
  ['in chunks', `${head('GET /a HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`],
])('a small body %s is ignored, and the connection goes on', async (_, request) => {
  const { port } = await start({ limits: { bodyBytes: 5 } });
  const { socket, closed } = await dial(port);
  socket.write(request + head('GET /b HTTP/1.1', 'Host: x', 'Connection: close'));
  expect(answers(await closed()).map(({ status }) => status)).toEqual([200, 200]);
});

test.each([
  ['declared', head('GET /a HTTP/1.1', 'Host: x', 'Content-Length: 99999999999')],
  ['declared and sent', head('GET /a HTTP/1.1', 'Host: x', 'Content-Length: 1000000') + 'x'.repeat(1_000_000)],
  ['declared for HEAD', head('HEAD /a HTTP/1.1', 'Host: x', 'Content-Length: 6')],
  ['sent in chunks', `${head('GET /a HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked')}400\r\n${'x'.repeat(1_024)}\r\n`],
])('a large body, %s, is 413', async (_, request) => {
  const { port, requests, event } = await start({ limits: { bodyBytes: 5 } });
  const [answer] = answers(await exchange(port, request), request.startsWith('HEAD'));
  expect(answer?.status).toBe(413);
  expect((await event('refused')).why).toBe('body');
  expect(requests).toEqual([]);
});

test('a small body is asked for when the phone waits to be asked, a large one is not', async () => {
  const { port } = await start({ limits: { bodyBytes: 5 } });
  const { socket, until, closed } = await dial(port);
  socket.write(head('GET /a HTTP/1.1', 'Host: x', 'Expect: 100-continue', 'Content-Length: 5', 'Connection: close'));
  await until((text) => text === 'HTTP/1.1 100 Continue\r\n\r\n');
  socket.write('hello');
  expect(await closed()).toMatch(/\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  const large = head('GET /a HTTP/1.1', 'Host: x', 'Expect: 100-continue', 'Content-Length: 6');
  expect(answers(await exchange(port, large))).toMatchObject([{ status: 413 }]);
});

test('headers that come too slowly are 408, however steadily', async () => {
  const { port, event } = await start({ limits: { headersMs: 200, requestMs: 10_000, checkMs: 20 } });
  const { socket, closed } = await dial(port);
  socket.write('GET /a HTTP/1.1\r\n');
  const drip = setInterval(() => socket.write('X: y\r\n'), 20);
  const [answer] = answers(await closed());
  clearInterval(drip);
  expect(answer?.status).toBe(408);
  expect((await event('refused')).why).toBe('slow');
});

test('so is a body, and a connection that never says anything', async () => {
  const { port } = await start({ limits: { headersMs: 200, requestMs: 200, checkMs: 20 } });
  const [body, silent] = [await dial(port), await dial(port)];
  body.socket.write(head('GET /a HTTP/1.1', 'Host: x', 'Content-Length: 1000'));
  const drip = setInterval(() => body.socket.write('x'), 20);
  expect(answers(await body.closed())[0]?.status).toBe(408);
  clearInterval(drip);
  expect(answers(await silent.closed())[0]?.status).toBe(408);
});

test('a kept connection without a request is closed, and that is no refusal', async () => {
  const { port, events } = await start({ limits: { idleMs: 50 } });
  const { socket, closed } = await dial(port);
  socket.write(head('GET /a HTTP/1.1', 'Host: x'));
  expect(answers(await closed()).map(({ status }) => status)).toEqual([200]);
  expect(events.map(({ kind }) => kind)).toEqual(['finished']);
});

test('an answer that does not come is given up', async () => {
  const { port, event } = await start({ answer: () => new Promise(() => {}), limits: { stallMs: 100, closeMs: 10 } });
  expect(await exchange(port, head('GET /a HTTP/1.1', 'Host: x'))).toBe('');
  expect((await event('refused')).why).toBe('stalled');
});

test.each(['HTTP/1.1', 'HTTP/1.0'])(
  'the last request of a connection that %s allows is answered and closes it',
  async (version) => {
    const { port } = await start({ limits: { requestsPerConnection: 3 } });
    const { socket, closed } = await dial(port);
    socket.write(head(`GET /a ${version}`, 'Host: x', 'Connection: keep-alive').repeat(5));
    const got = answers(await closed());
    expect(got.map(({ headers }) => headers.get('connection'))).toEqual(['keep-alive', 'keep-alive', 'close']);
  },
);

test('more requests in one go than may wait cut the connection', async () => {
  let asked = 0;
  const answer = () => {
    asked += 1;
    return new Promise<never>(() => {});
  };
  const { port, event } = await start({ answer, limits: { pipelined: 10, closeMs: 10 } });
  expect(await exchange(port, head('GET /a HTTP/1.1', 'Host: x').repeat(1_000))).toBe('');
  expect((await event('refused')).why).toBe('pipelined');
  expect(asked).toBeLessThanOrEqual(1);
});

test('requests are not read while others wait: any number of them is answered, in order', async () => {
  const { port } = await start({
    answer: async ({ path }) => file(Buffer.from(path)),
    limits: { requestsPerConnection: 100_000 },
  });
  const count = 20_000;
  const { socket, until } = await dial(port);
  const pad = 'x'.repeat(100);
  for (let index = 0; index < count; index += 1) socket.write(head(`GET /${index} HTTP/1.1`, 'Host: x', `X-Pad: ${pad}`));
  const text = await until((received) => received.endsWith(`/${count - 1}`));
  expect(answers(text).map(({ body }) => body)).toEqual(Array.from({ length: count }, (_, index) => `/${index}`));
});

test('a phone that asks and asks and never reads holds no more than its bound', async () => {
  let asked = 0;
  const answer = async () => {
    asked += 1;
    return file(Buffer.alloc(100_000));
  };
  const { port, event } = await start({ answer, limits: { stallMs: 300 } });
  const { socket } = await dial(port);
  socket.pause();
  socket.write(head('GET /a HTTP/1.1', 'Host: x', `X-Pad: ${'x'.repeat(200)}`).repeat(5_000));
  expect((await event('refused')).why).toBe('stalled');
  expect(asked).toBeLessThan(500);
});

test('connections beyond the bound are dropped and told, and the others served', async () => {
  const { port, event } = await start({ limits: { connections: 2 } });
  const held = [await dial(port), await dial(port)];
  const dropped = await dial(port);
  expect(await dropped.closed()).toBe('');
  expect(await event('refused')).toMatchObject({ why: 'connections', ip: '127.0.0.1' });
  held[0]?.socket.write(head('GET /a HTTP/1.1', 'Host: x', 'Connection: close'));
  expect(answers((await held[0]?.closed()) ?? '')).toMatchObject([{ status: 200, body: BODY }]);
  expect((await get(port, '/a')).status).toBe(200);
});

test('one address takes no more than its part', async () => {
  const { port, event } = await start({ addresses: [{ host: '::', port: 0 }], limits: { connectionsPerAddress: 1 } });
  await dial(port, '127.0.0.1');
  expect(await (await dial(port, '127.0.0.1')).closed()).toBe('');
  expect((await event('refused')).why).toBe('connections-per-address');
  expect(answers(await exchange(port, 'GET /a HTTP/1.0\r\n\r\n', '::1'))[0]?.status).toBe(200);
});

test('behind trusted proxies the bound of one address does not hold', async () => {
  const { port } = await start({ trustedProxies: 1, limits: { connectionsPerAddress: 1 } });
  await dial(port);
  expect((await get(port, '/a', ['X-Forwarded-For: 10.0.0.9'])).status).toBe(200);
});
