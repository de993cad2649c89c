import { expect, test } from '@jest/globals';
import type { Reply } from '../../../server/pipeline/request.ts';
import { answers, CONFIG, dial, exchange, file, get, start } from '../../support/http-listener.ts';

const BODY = CONFIG.toString('latin1');

test('a phone that speaks HTTP/1.0 without a Host is answered, and the connection closed', async () => {
  const { port, requests } = await start();
  const [answer] = answers(
    await exchange(port, 'GET /Digium/000fd3054848.cfg HTTP/1.0\r\nUser-Agent: Digium D40 1_1_0_0_48178\r\n\r\n'),
  );
  expect(answer).toMatchObject({ status: 200, body: BODY });
  expect(answer?.headers.get('connection')).toBe('close');
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({
    transport: 'http',
    ip: '127.0.0.1',
    reached: { ip: '127.0.0.1', port },
    path: '/Digium/000fd3054848.cfg',
    query: '',
    headers: { 'user-agent': 'Digium D40 1_1_0_0_48178' },
  });
  expect(requests[0]?.options.size).toBe(0);
});

test('HTTP/1.0 keeps the connection when asked', async () => {
  const { port } = await start();
  const { socket, until } = await dial(port);
  const kept = 'GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
  socket.write(kept);
  const first = await until((text) => text.endsWith(BODY));
  expect(first).toMatch(/^Connection: keep-alive\r$/m);
  socket.write(kept);
  await until((text) => text.length === 2 * first.length);
});

test('a file comes with its length, type, validators and how to cache it, and nothing that tells the software', async () => {
  const { port } = await start();
  const { head, body } = await get(port, '/a.cfg');
  const lines = head.split('\r\n').map((line) => line.replace(/^Date: .* GMT$/, 'Date: …'));
  expect(lines.sort()).toEqual([
    'Accept-Ranges: bytes',
    'Cache-Control: private, no-cache',
    'Connection: close',
    `Content-Length: ${CONFIG.length}`,
    'Content-Type: text/xml',
    'Date: …',
    'ETag: "b6-r12"',
    'HTTP/1.1 200 OK',
    'Last-Modified: Fri, 01 Mar 2024 12:34:56 GMT',
  ]);
  expect(body).toBe(BODY);
});

test('HEAD is answered with the headers of GET', async () => {
  const { port } = await start();
  const undated = (head: string) => head.replace(/^Date: .*$/m, '');
  const [asked, had] = [await get(port, '/a', [], 'HEAD'), await get(port, '/a')];
  expect(undated(asked.head)).toBe(undated(had.head));
  expect(asked.body).toBe('');
});

test.each(['GET', 'HEAD'])('an empty file is a whole answer to %s', async (method) => {
  const { port } = await start({ answer: async () => file(Buffer.alloc(0)) });
  const { status, headers, body } = await get(port, '/a', [], method);
  expect([status, headers.get('content-length'), body]).toEqual([200, '0', '']);
});

test.each([
  [['If-None-Match: "b6-r12"'], 304],
  [['If-None-Match: "x"', 'If-None-Match: W/"b6-r12"'], 304],
  [['If-None-Match: "b6-r11"', 'If-Modified-Since: Fri, 01 Mar 2024 12:34:56 GMT'], 200],
  [['If-Modified-Since: Fri, 01 Mar 2024 12:34:56 GMT'], 304],
  [['If-Modified-Since: Fri, 01 Mar 2024 12:34:55 GMT'], 200],
  [['If-Modified-Since: soon'], 200],
  [['If-Match: "b6-r11"'], 412],
])('%p is answered with %p', async (headers, status) => {
  const { port } = await start();
  const answer = await get(port, '/a', headers);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('etag')).toBe('"b6-r12"');
  expect(answer.body).toBe(status === 200 ? BODY : '');
});

test('a range is answered with its part of the file', async () => {
  const { port } = await start({ answer: async () => file(Buffer.from('0123456789')) });
  const { status, headers, body } = await get(port, '/a', ['Range: bytes=2-4']);
  expect([status, headers.get('content-range'), headers.get('content-length'), body]).toEqual([206, 'bytes 2-4/10', '3', '234']);
});

test.each([
  ['bytes=-3', 206, '789'],
  ['bytes=7-', 206, '789'],
  ['bytes=0-1,4-5', 200, '0123456789'],
  ['rows=1-2', 200, '0123456789'],
])('Range: %s is answered with %p and %p', async (range, status, body) => {
  const { port } = await start({ answer: async () => file(Buffer.from('0123456789')) });
  expect(await get(port, '/a', [`Range: ${range}`])).toMatchObject({ status, body });
});

test.each([
  [[], 1],
  [['Range: bytes=0-'], 1],
  [['Range: bytes=-10'], 1],
  [['Range: bytes=0-8'], 0],
  [['Range: bytes=10-'], 0],
  [['If-None-Match: "b6-r12"'], 1],
])('asked for with %p a file is noted as delivered %p times', async (headers, times) => {
  let delivered = 0;
  const note = () => {
    delivered += 1;
  };
  const { port } = await start({ answer: async () => ({ ...file(Buffer.from('0123456789')), delivered: note }) });
  await get(port, '/a', headers);
  expect(delivered).toBe(times);
});

test('a range beyond the file is 416 and tells the size', async () => {
  const { port } = await start({ answer: async () => file(Buffer.from('0123456789')) });
  const { status, headers, body } = await get(port, '/a', ['Range: bytes=10-']);
  expect([status, headers.get('content-range'), body]).toEqual([416, 'bytes */10', '']);
});

test('a range of another state of the file is answered with the whole', async () => {
  const { port } = await start({ answer: async () => file(Buffer.from('0123456789')) });
  expect((await get(port, '/a', ['Range: bytes=2-4', 'If-Range: "b6-r12"'])).status).toBe(206);
  expect((await get(port, '/a', ['Range: bytes=2-4', 'If-Range: "b6-r11"'])).status).toBe(200);
});

test('HEAD has no ranges', async () => {
  const { port } = await start();
  expect((await get(port, '/a', ['Range: bytes=2-4'], 'HEAD')).headers.get('content-length')).toBe(String(CONFIG.length));
});

test('unknown, foreign and impossible names are answered alike, in every byte but the date', async () => {
  const { port, requests } = await start({ answer: async () => ({ kind: 'not-found' }) });
  const targets = ['/unknown.cfg', '/other-phone.cfg', '/../etc/passwd', '/%2e%2e/x', '/a%2fb', '/a%00', '/a\\b'];
  const heads = await Promise.all(
    targets.map(async (target) => await get(port, target, ['Range: bytes=0-1', 'If-None-Match: *'])),
  );
  expect(new Set(heads.map(({ head, body }) => head.replace(/^Date: .*$/m, '') + body)).size).toBe(1);
  expect(heads[0]?.status).toBe(404);
  expect(requests.map(({ path }) => path).sort()).toEqual(['/other-phone.cfg', '/unknown.cfg']);
});

test('what cannot be made now asks the phone to come again', async () => {
  const { port } = await start({ answer: async () => ({ kind: 'failed' }) });
  const { status, headers } = await get(port, '/a');
  expect([status, headers.get('retry-after')]).toEqual([503, '60']);
});

test('a pipeline that throws is answered, told to the observer, and harms no other request', async () => {
  const cause = new Error('a template failed');
  const answer = async ({ path }: { path: string }): Promise<Reply> => {
    if (path === '/bad') throw cause;
    return file();
  };
  const { port, events } = await start({ answer });
  const [bad, good] = await Promise.all([get(port, '/bad'), get(port, '/good')]);
  expect([bad.status, good.status]).toEqual([503, 200]);
  expect(bad.head + bad.body).not.toContain('template');
  expect(events).toContainEqual({ kind: 'answer-failed', ip: '127.0.0.1', cause });
});

test('a reply whose headers cannot be sent is answered as failed', async () => {
  const { port } = await start({ answer: async () => file(CONFIG, { contentType: 'text/xml\r\nX: y' }) });
  expect((await get(port, '/a')).status).toBe(503);
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'BREW', 'get'])(
  '%s is refused with what is allowed',
  async (method) => {
    const { port, requests, event } = await start();
    const [answer] = answers(await exchange(port, `${method} /a HTTP/1.1\r\nHost: x\r\n\r\n`));
    expect(answer).toMatchObject({ status: 405, body: 'Method Not Allowed\n' });
    expect(answer?.headers.get('allow')).toBe('GET, HEAD');
    expect((await event('refused')).why).toBe('method');
    expect(requests).toEqual([]);
  },
);

test('CONNECT is refused like any other method', async () => {
  const { port, event } = await start();
  const [answer] = answers(await exchange(port, 'CONNECT 10.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\nSSH-2.0'));
  expect(answer?.status).toBe(405);
  expect((await event('refused')).why).toBe('method');
});

test('an upgrade is not taken up: the request is answered', async () => {
  const { port } = await start();
  const offered = ['Connection: Upgrade, close', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA'];
  const text = await exchange(port, ['GET /a HTTP/1.1', 'Host: x', ...offered, '', ''].join('\r\n'));
  expect(answers(text)[0]).toMatchObject({ status: 200, body: BODY });
});

test.each([
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed'],
  ['a TLS handshake', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', 400, 'malformed'],
  ['a space in the target', 'GET /My Phone.cfg HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'malformed'],
  ['no Host in HTTP/1.1', 'GET /a HTTP/1.1\r\n\r\n', 400, 'malformed'],
  ['two Host lines', 'GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n', 400, 'malformed'],
  [
    'a length and chunks',
    'GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
    400,
    'malformed',
  ],
  ['an unknown expectation', 'GET /a HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n', 417, 'expectation'],
  ['a version to come', 'GET /a HTTP/2.0\r\nHost: x\r\n\r\n', 505, 'version'],
  ['a SIP request', 'OPTIONS sip:a@b SIP/2.0\r\n\r\n', 400, 'malformed'],
])('%s is refused and the connection closed', async (_, request, status, why) => {
  const { port, events, requests } = await start();
  const [answer] = answers(await exchange(port, request));
  expect(answer?.status).toBe(status);
  expect(answer?.headers.get('connection')).toBe('close');
  expect(events.flatMap((event) => (event.kind === 'refused' ? event.why : []))).toEqual([why]);
  expect(requests).toEqual([]);
});

test('an absolute target names what its path names, and the query is kept', async () => {
  const { port, requests } = await start();
  await get(port, 'http://offhook.example:8667//Digium/a%20b?mac=%0F');
  expect(requests[0]).toMatchObject({ path: '/Digium/a b', query: 'mac=%0F' });
});

test('header bytes beyond ASCII arrive as Latin-1', async () => {
  const { port, requests } = await start();
  await get(port, '/a', ['User-Agent: T\u00e9l\u00e9phone \u00ff']);
  expect(requests[0]?.headers['user-agent']).toBe('T\u00e9l\u00e9phone \u00ff');
});

test('requests sent in one go are answered in order, one after the other', async () => {
  let running = 0;
  let most = 0;
  const { port } = await start({
    async answer({ path }) {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, path.endsWith('0') ? 5 : 0));
      running -= 1;
      return path.endsWith('3') ? { kind: 'not-found' } : file(Buffer.from(path));
    },
  });
  const count = 600;
  const requests = Array.from({ length: count }, (_, index) => {
    const last = index === count - 1 ? 'Connection: close\r\n' : '';
    return `GET /${index} HTTP/1.1\r\nHost: offhook.example\r\nUser-Agent: Digium D40\r\n${last}\r\n`;
  });
  const got = answers(await exchange(port, requests.join('')));
  expect(got.map(({ body }) => body)).toEqual(
    requests.map((_, index) => (String(index).endsWith('3') ? 'Not found\n' : `/${index}`)),
  );
  expect(most).toBe(1);
});

test('what is malformed behind good requests is refused after their answers', async () => {
  const { port } = await start({ answer: () => new Promise((resolve) => setTimeout(() => resolve(file()), 20)) });
  const got = answers(
    await exchange(port, 'GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\nrubbish\r\n\r\n'),
  );
  expect(got.map(({ status }) => status)).toEqual([200, 200, 400]);
});

test('so is a body that becomes malformed while an earlier answer is under way', async () => {
  const { port } = await start({ answer: () => new Promise((resolve) => setTimeout(() => resolve(file()), 20)) });
  const chunked = 'GET /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n';
  const got = answers(await exchange(port, `GET /a HTTP/1.1\r\nHost: x\r\n\r\n${chunked}`));
  expect(got.map(({ status }) => status)).toEqual([200, 400]);
});

test('a phone that has said all it will say still gets an answer that takes its time', async () => {
  const { port } = await start({ answer: () => new Promise((resolve) => setTimeout(() => resolve(file()), 20)) });
  const { socket, closed } = await dial(port);
  socket.end('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(answers(await closed())).toMatchObject([{ status: 200, body: BODY }]);
});

test('what was asked and sent is told to the observer', async () => {
  const { port, event } = await start();
  await get(port, '/a');
  const { ms, ...done } = await event('finished');
  expect(done).toEqual({
    kind: 'finished',
    transport: 'http',
    ip: '127.0.0.1',
    method: 'GET',
    status: 200,
    bytes: CONFIG.length,
    complete: true,
  });
  expect(ms).toBeGreaterThanOrEqual(0);
});

test('behind a trusted proxy the phone is whom the proxy tells', async () => {
  const { port, requests, event } = await start({ trustedProxies: 1 });
  await get(port, '/a', ['X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: [2001:db8::9]:40000']);
  expect(requests[0]?.ip).toBe('2001:db8::9');
  expect((await event('finished')).ip).toBe('2001:db8::9');
  expect((await get(port, '/a', ['X-Forwarded-For: unknown'])).status).toBe(400);
  expect(await event('refused')).toMatchObject({ why: 'forwarded', ip: '127.0.0.1' });
});

test('nobody is believed who is not a proxy of ours', async () => {
  const { port, requests } = await start();
  await get(port, '/a', ['X-Forwarded-For: 10.0.0.9']);
  expect(requests[0]?.ip).toBe('127.0.0.1');
});

test('an IPv4 phone on an IPv6 socket is an IPv4 phone', async () => {
  const { port, requests } = await start({ addresses: [{ host: '::', port: 0 }] });
  await exchange(port, 'GET /a HTTP/1.0\r\n\r\n', '127.0.0.1');
  await exchange(port, 'GET /a HTTP/1.0\r\n\r\n', '::1');
  expect(requests.map(({ ip, reached }) => [ip, reached])).toEqual([
    ['127.0.0.1', { ip: '127.0.0.1', port }],
    ['::1', { ip: '::1', port }],
  ]);
});

test('both families share a port', async () => {
  const { port: free, close } = await start();
  await close();
  const { addresses } = await start({
    addresses: [
      { host: '0.0.0.0', port: free },
      { host: '::', port: free },
    ],
  });
  expect(addresses).toEqual([
    { host: '0.0.0.0', port: free },
    { host: '::', port: free },
  ]);
  await exchange(free, 'GET /a HTTP/1.0\r\n\r\n', '127.0.0.1');
  await exchange(free, 'GET /a HTTP/1.0\r\n\r\n', '::1');
});

test('a port in use rejects with the system\u2019s error, and the other addresses are let go', async () => {
  const { port } = await start();
  const { port: free, close } = await start();
  await close();
  const addresses = [free, port].map((wanted) => ({ host: '127.0.0.1', port: wanted }));
  await expect(start({ addresses })).rejects.toMatchObject({ code: 'EADDRINUSE', address: '127.0.0.1', port });
  await start({ addresses: [{ host: '127.0.0.1', port: free }] });
});

test('closing lets the answer under way finish and takes no more', async () => {
  let finish = (): void => {};
  const ready = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const { port, close, requests } = await start({ answer: () => ready.then(() => file()) });
  const [idle, busy] = [await dial(port), await dial(port)];
  busy.socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const closing = close();
  await idle.closed();
  await expect(dial(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  finish();
  const [answer] = answers(await busy.closed());
  expect(answer).toMatchObject({ status: 200, body: BODY });
  expect(answer?.headers.get('connection')).toBe('close');
  await closing;
});

test('closing does not wait for ever', async () => {
  const { port, close, requests } = await start({ answer: () => new Promise(() => {}), limits: { closeMs: 50 } });
  const { socket, closed } = await dial(port);
  socket.write('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await close();
  expect(await closed()).toBe('');
});
