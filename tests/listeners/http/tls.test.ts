import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { dialTls, makePair, shownName, temporaryDirectory } from '../../support/http-certificate.ts';
import { answers, CONFIG, dial, exchange, file, type Started, start } from '../../support/http-listener.ts';

const BODY = CONFIG.toString('latin1');
const GET = 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n';
const LAST = 'GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const LOOKING = { certificateMs: 10 };

/** A certificate event, the first after those that there were. */
async function next(listener: Started, kind: 'certificate-renewed' | 'certificate-rejected'): Promise<void> {
  const before = new Set(listener.events);
  await listener.event(kind, (event) => !before.has(event));
}

test('a phone is served over TLS', async () => {
  const { port, requests } = await start({ tls: makePair(temporaryDirectory(), 'first') });
  const { socket, closed } = await dialTls(port);
  socket.write(LAST);
  expect(answers(await closed())).toMatchObject([{ status: 200, body: BODY }]);
  expect(requests[0]).toMatchObject({ transport: 'https', ip: '127.0.0.1', reached: { ip: '127.0.0.1', port } });
});

test('requests in one go are answered in order over TLS too', async () => {
  const { port } = await start({
    tls: makePair(temporaryDirectory(), 'first'),
    answer: async ({ path }) => file(Buffer.from(path)),
  });
  const { socket, until } = await dialTls(port);
  for (let index = 0; index < 500; index += 1) socket.write(`GET /${index} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const text = await until((received) => received.endsWith('/499'));
  expect(answers(text).map(({ body }) => body)).toEqual(Array.from({ length: 500 }, (_, index) => `/${index}`));
});

test('a phone that stops reading is cut over TLS too', async () => {
  const answer = async () => file(Buffer.alloc(50_000_000));
  const { port, event } = await start({ tls: makePair(temporaryDirectory(), 'first'), answer, limits: { stallMs: 300 } });
  const { socket } = await dialTls(port);
  socket.pause();
  socket.write(GET);
  expect((await event('refused')).why).toBe('stalled');
  expect((await event('finished')).complete).toBe(false);
});

const OLD = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;

test('a phone that knows TLS 1.1 at most is turned away, told with its address', async () => {
  const { port, event } = await start({ tls: makePair(temporaryDirectory(), 'first') });
  await expect(dialTls(port, OLD)).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  expect(await event('handshake-failed')).toEqual({
    kind: 'handshake-failed',
    ip: '127.0.0.1',
    code: 'ERR_SSL_UNSUPPORTED_PROTOCOL',
  });
});

test.each(['TLSv1', 'TLSv1.1'] as const)('unless the settings allow %s', async (version) => {
  const { port } = await start({ tls: { ...makePair(temporaryDirectory(), 'first'), minVersion: version } });
  const { socket, closed } = await dialTls(port, { ...OLD, minVersion: version, maxVersion: version });
  expect(socket.getProtocol()).toBe(version);
  socket.write(LAST);
  expect(answers(await closed())[0]?.status).toBe(200);
});

test.each([
  ['plain HTTP', GET, 'ERR_SSL_HTTP_REQUEST'],
  ['rubbish', 'rubbish rubbish rubbish', 'ERR_SSL_WRONG_VERSION_NUMBER'],
])('%s on the TLS port fails the handshake and nothing else', async (_, bytes, code) => {
  const { port, event, requests } = await start({ tls: makePair(temporaryDirectory(), 'first') });
  expect(await exchange(port, bytes)).not.toContain('HTTP/1.1');
  expect(await event('handshake-failed')).toEqual({ kind: 'handshake-failed', ip: '127.0.0.1', code });
  expect(requests).toEqual([]);
  expect(await shownName(port)).toBe('first');
});

test('who hangs up before the handshake is told with the address', async () => {
  const { port, event } = await start({ tls: makePair(temporaryDirectory(), 'first') });
  (await dial(port)).socket.resetAndDestroy();
  expect(await event('handshake-failed')).toEqual({ kind: 'handshake-failed', ip: '127.0.0.1', code: 'ECONNRESET' });
});

test('a handshake that is not finished in time is cut, and counted as a connection until then', async () => {
  const limits = { handshakeMs: 100, connections: 1 };
  const { port, event } = await start({ tls: makePair(temporaryDirectory(), 'first'), limits });
  const slow = await dial(port);
  await expect(dialTls(port)).rejects.toThrow();
  expect((await event('refused')).why).toBe('connections');
  await slow.closed();
  expect((await event('handshake-failed')).code).toBe('ERR_TLS_HANDSHAKE_TIMEOUT');
  expect(await shownName(port)).toBe('first');
});

test('closing does not wait for handshakes', async () => {
  const { port, close, events } = await start({ tls: makePair(temporaryDirectory(), 'first') });
  const { closed } = await dial(port);
  await close();
  expect(await closed()).toBe('');
  expect(events).toEqual([]);
});

test('reloading shows the new certificate to new connections and keeps the old ones', async () => {
  const directory = temporaryDirectory();
  const { port, reload, event } = await start({ tls: makePair(directory, 'first') });
  const kept = await dialTls(port);
  makePair(directory, 'second');
  await reload();
  await event('certificate-renewed');
  expect(await shownName(port)).toBe('second');
  kept.socket.write(LAST);
  expect(answers(await kept.closed())).toMatchObject([{ status: 200, body: BODY }]);
});

test('reloading keeps what the settings say of old phones', async () => {
  const directory = temporaryDirectory();
  const { port, reload } = await start({ tls: { ...makePair(directory, 'first'), minVersion: 'TLSv1' } });
  makePair(directory, 'second');
  await reload();
  expect((await dialTls(port, OLD)).socket.getProtocol()).toBe('TLSv1.1');
});

test('a certificate that is renamed into place is taken without being told', async () => {
  const directory = temporaryDirectory();
  const listener = await start({ tls: makePair(directory, 'first'), limits: LOOKING });
  const fresh = makePair(temporaryDirectory(), 'second');
  const renewed = next(listener, 'certificate-renewed');
  copyFileSync(fresh.key, join(directory, 'key.new'));
  copyFileSync(fresh.certificate, join(directory, 'cert.new'));
  renameSync(join(directory, 'key.new'), join(directory, 'key.pem'));
  renameSync(join(directory, 'cert.new'), join(directory, 'cert.pem'));
  await renewed;
  expect(await shownName(listener.port)).toBe('second');
});

test('so is one behind a symbolic link that turns elsewhere', async () => {
  const directory = temporaryDirectory();
  for (const name of ['first', 'second']) {
    mkdirSync(join(directory, name));
    makePair(join(directory, name), name);
  }
  const link = join(directory, 'live');
  symlinkSync('first', link);
  const listener = await start({ tls: { certificate: join(link, 'cert.pem'), key: join(link, 'key.pem') }, limits: LOOKING });
  const renewed = next(listener, 'certificate-renewed');
  symlinkSync('second', join(directory, 'live.new'));
  renameSync(join(directory, 'live.new'), link);
  await renewed;
  expect(await shownName(listener.port)).toBe('second');
});

test('an unusable pair is told once and the one before stays, until a good one comes', async () => {
  const directory = temporaryDirectory();
  const pair = makePair(directory, 'first');
  const listener = await start({ tls: pair, limits: LOOKING });
  const rejections = () => listener.events.filter(({ kind }) => kind === 'certificate-rejected');

  let rejected = next(listener, 'certificate-rejected');
  writeFileSync(pair.certificate, 'not a certificate');
  await rejected;
  expect(rejections()).toMatchObject([{ cause: { code: 'certificate-invalid' } }]);

  rejected = next(listener, 'certificate-rejected');
  rmSync(pair.key);
  await rejected;
  expect(rejections()[1]).toMatchObject({ cause: { code: 'ENOENT', path: pair.key } });
  expect(await shownName(listener.port)).toBe('first');

  const renewed = next(listener, 'certificate-renewed');
  makePair(directory, 'second');
  await renewed;
  expect(await shownName(listener.port)).toBe('second');
  // Each state was looked at many times meanwhile.
  expect(rejections()).toHaveLength(2);
});

test('without its certificate it does not start, and says what is missing', async () => {
  const pair = makePair(temporaryDirectory(), 'first');
  await expect(start({ tls: { ...pair, key: '/nowhere/key.pem' } })).rejects.toMatchObject({
    code: 'ENOENT',
    path: '/nowhere/key.pem',
  });
  const { key } = makePair(temporaryDirectory(), 'second');
  await expect(start({ tls: { ...pair, key } })).rejects.toMatchObject({
    code: 'certificate-invalid',
    message: expect.stringContaining(pair.certificate),
  });
});
