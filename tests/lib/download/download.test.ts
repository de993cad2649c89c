import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { type DownloadOptions, download } from '../../../server/lib/download/download.ts';
import { Secret } from '../../../server/lib/secret.ts';
import type { Sums } from '../../../server/lib/sums.ts';
import {
  announcing,
  type Behaviour,
  chunked,
  compressed,
  cutOff,
  file,
  hangUp,
  ignoringRanges,
  locked,
  otherRange,
  redirect,
  silent,
  slow,
  stall,
  startRudeServer,
  status,
  untilTheEnd,
} from '../../support/rude-server.ts';
import { pattern } from '../../support/tftp-server.ts';
import { body, downloadStage, sums } from './stage.ts';

const other = Buffer.from(body).fill(7, 0, 50_000);
const digest = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex');
const login = { username: 'admin', password: new Secret('marker-password') };

const { server, folder, target, path, serve, asked, fetched, isWhole } = downloadStage({
  network: { proxies: {}, connectMs: 400, stallMs: 500 },
});

const refused = (url: string, options: Partial<DownloadOptions> = {}) =>
  fetched(url, options).then(
    () => {
      throw new Error('It was downloaded');
    },
    (cause: unknown) => cause,
  );

test('a file that is as it should be is kept under its name, for its owner only, with nothing beside it', async () => {
  const progress: number[][] = [];
  const found = await fetched(serve(file(body)), { progress: (current, end = 0) => progress.push([current, end]) });
  isWhole();
  expect(statSync(target()).mode & 0o777).toBe(0o600);
  expect(found.size).toBe(body.length);
  expect(found.sums().get('md5')).toBe(digest('md5', body));
  expect(progress[0]).toEqual([0, body.length]);
  expect(progress.at(-1)).toEqual([body.length, body.length]);
  expect(asked()[0]?.headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': 'offhook' });
});

/** Says that the rest follows, and sends a few other bytes. */
const shortRest: Behaviour = ({ headers }, response) => {
  const start = headers.range?.slice('bytes='.length, -1);
  response.writeHead(206, { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }).end(Buffer.alloc(1_000));
};

/** Of two lengths one is a lie (RFC 9112, 6.3). */
const chunkedWithLength: Behaviour = ({ socket }) => {
  socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
};

/** Does not say how much follows, and sends more than is missing. */
const longRest: Behaviour = ({ headers }, response) => {
  const start = headers.range?.slice('bytes='.length, -1);
  response.writeHead(206, { 'content-range': `bytes ${start}-199999/*` }).end(Buffer.alloc(100_000));
};

test.each<[string, () => Behaviour[], [requests: number, waits: number]]>([
  ['cut off in the middle', () => [cutOff(body, 40_000), file(body)], [2, 1]],
  ['cut off twice', () => [cutOff(body, 40_000), cutOff(body, 10_000), cutOff(body, 10_000), file(body)], [4, 3]],
  ['hung up on', () => [hangUp, hangUp, file(body)], [3, 2]],
  ['stalled', () => [stall(body, 40_000), file(body)], [2, 1]],
  ['not answered', () => [silent, file(body)], [2, 1]],
  ['ended without a length before its end', () => [untilTheEnd(body.subarray(0, 40_000)), file(body)], [2, 1]],
  ['ended without a length at its end', () => [untilTheEnd(body)], [1, 0]],
  ['sent in chunks', () => [chunked(body)], [1, 0]],
  ['sent slowly', () => [slow(body, 10, 50)], [1, 0]],
  ['refused for a while', () => [status(503), status(429), status(408), status(500), file(body)], [5, 4]],
  ['resumed from a server that ignores ranges', () => [cutOff(body, 40_000), ignoringRanges(body)], [2, 1]],
  ['resumed after it was changed', () => [cutOff(other, 40_000), file(body)], [2, 1]],
  [
    'resumed from a server without If-Range after it was changed',
    () => [
      cutOff(other, 40_000),
      (request, response) => {
        delete request.headers['if-range'];
        file(body)(request, response);
      },
      file(body),
    ],
    [3, 1],
  ],
  ['resumed with a range that begins elsewhere', () => [cutOff(body, 40_000), otherRange(body, 100), file(body)], [3, 1]],
  ['resumed with a range of a longer file', () => [cutOff(body, 40_000), otherRange(pattern(120_000)), file(body)], [3, 1]],
  ['resumed with a range of another file of that size', () => [cutOff(other, 40_000, {}), file(body, {}), file(body)], [3, 2]],
  ['resumed and answered with 416', () => [cutOff(body, 40_000), status(416), file(body)], [3, 1]],
  ['resumed with what is no rest of anything', () => [cutOff(body, 40_000, {}), shortRest, file(body, {})], [3, 2]],
  ['resumed with more than the rest', () => [cutOff(body, 40_000, {}), longRest, file(body, {})], [3, 2]],
])('a file that is %s is whole at the end', async (_what, behaviours, [requests, waits]) => {
  let waited = 0;
  await fetched(serve(...behaviours()), { patience: { firstMs: 1, retrying: () => waited++ } });
  isWhole();
  expect(asked()).toHaveLength(requests);
  expect(waited).toBe(waits);
});

test('what was cut off goes on where it ended, if it is the same still', async () => {
  const url = serve(cutOff(body, 40_000), file(body));
  await fetched(url);
  const [, second] = asked();
  expect(second?.headers).toMatchObject({
    range: expect.stringMatching(/^bytes=[1-9]\d*-$/),
    'if-range': `"${digest('md5', body)}"`,
  });
  isWhole();
});

test('a weak ETag is no word on bytes: what is here goes on by the date of the file', async () => {
  const version = { etag: 'W/"1"', modified: 'Sun, 22 Nov 2026 01:02:03 GMT' };
  await fetched(serve(cutOff(body, 40_000, version), file(body, version)));
  expect(asked()[1]?.headers['if-range']).toBe(version.modified);
  isWhole();
});

test.each<[string, () => Behaviour, string, string, Partial<DownloadOptions>?]>([
  [
    'of other bytes',
    () => file(other),
    'download-mismatch',
    `it has SHA-1 ${digest('sha1', other)}, ${sums.get('sha1')} was expected`,
  ],
  ['shorter, as announced', () => file(body.subarray(0, 1_234)), 'download-mismatch', 'it is 1,234 bytes, 100,000 were expected'],
  ['longer, as announced', () => file(pattern(100_001)), 'download-mismatch', 'it is 100,001 bytes, 100,000 were expected'],
  [
    'shorter, unannounced',
    () => chunked(body.subarray(0, 1_234)),
    'download-mismatch',
    'it is 1,234 bytes, 100,000 were expected',
  ],
  [
    'longer, unannounced',
    () => chunked(pattern(100_001)),
    'download-mismatch',
    'it is longer than the 100,000 bytes that were expected',
  ],
  ['announced wrongly', () => announcing(body, 90_000), 'download-mismatch', 'it is 90,000 bytes, 100,000 were expected'],
  [
    'compressed',
    () => compressed(body),
    'download-mismatch',
    'bytes, 100,000 were expected; the server says that it sent it in the encoding gzip',
  ],
  ['gone', () => status(404), 'download-missing', 'has no such file (HTTP 404)'],
  ['forbidden', () => status(403), 'download-refused', 'refuses it or wants other credentials (HTTP 403)'],
  ['locked', () => locked('admin', 'else', file(body)), 'download-refused', '(HTTP 401)', { credentials: login }],
  ['put off for long', () => status(503, { 'retry-after': '3600' }), 'download-failed', 'it wants to be asked again in 3,600 s'],
  ['redirected to nowhere', () => status(302), 'download-redirect', 'leads to no URL'],
  ['sent in chunks and with a length', () => chunkedWithLength, 'download-failed', 'it does not speak HTTP'],
])('a file that is %s is refused at once, and leaves nothing', async (_what, behaviour, code, message, options = {}) => {
  const url = serve(behaviour());
  expect(await refused(url, options)).toMatchObject({ code, message: expect.stringContaining(message) });
  expect(await refused(url, options)).toMatchObject({ message: expect.stringContaining(`Cannot download ${url}: `) });
  expect(await refused(url, options)).toMatchObject({ message: expect.stringMatching(/ \(try 1 of 5\)$/) });
  // Who has a login is asked for it first.
  expect(asked()).toHaveLength(options?.credentials ? 6 : 3);
  expect(readdirSync(folder())).toEqual([]);
});

test('what is sent with an encoding that it has by itself stays as it is', async () => {
  const archive = gzipSync(body);
  await fetched(serve(compressed(body)), { size: archive.length, sums: new Map([['sha256', digest('sha256', archive)]]) });
  expect(readFileSync(target()).equals(archive)).toBe(true);
});

test('every sum that is known is checked', async () => {
  const both: Sums = new Map([...sums, ['sha256', digest('sha256', other)]]);
  expect(await refused(serve(file(body)), { sums: both })).toMatchObject({
    message: expect.stringContaining(`it has SHA-256 ${digest('sha256', body)}, ${digest('sha256', other)} was expected`),
  });
});

test('of a file without a known size no more than allowed is taken', async () => {
  const most = { to: target(), most: 100_000, sums: new Map(), network: { proxies: {} } };
  await download(serve(file(body)), most);
  isWhole();
  const longer = 'it is longer than the 100,000 bytes that are allowed';
  const tooLong = pattern(100_001);
  await expect(download(serve(file(tooLong)), most)).rejects.toThrow(longer);
  await expect(download(serve(chunked(tooLong)), most)).rejects.toThrow(longer);
  // Where the server announces it, no byte of it is waited for.
  const announced: Behaviour = (_request, response) => response.writeHead(200, { 'content-length': 100_001 }).flushHeaders();
  await expect(download(serve(announced), { ...most, network: { proxies: {}, stallMs: 500 } })).rejects.toThrow(longer);
});

test('a server whose file is not wanted any more is hung up on', async () => {
  const leaving = new Promise<void>((resolve) => {
    const endless: Behaviour = (_request, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(60_000)), 1);
      response.on('close', () => {
        clearInterval(timer);
        resolve();
      });
    };
    serve(endless);
  });
  expect(await refused(`${server().origin}${path()}`)).toMatchObject({
    message: expect.stringContaining('it is longer than'),
  });
  await leaving;
});

test('after a few tries it is given up, and the next download goes on where it ended', async () => {
  const url = serve(cutOff(body, 40_000));
  expect(await refused(url, { patience: { firstMs: 1, tries: 1 } })).toMatchObject({
    code: 'download-failed',
    message: `Cannot download ${url}: 127.0.0.1:${server().port}: the connection was cut off (try 1 of 1)`,
  });
  expect(readdirSync(folder()).sort()).toEqual(['fw.zip.part', 'fw.zip.part.json']);
  server().serve(path(), file(body));
  await fetched(url);
  expect(asked().at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
  isWhole();
});

test('what was left is not taken for what it is not: without word on it, of another URL, damaged, too long, whole already, or without sums', async () => {
  const url = serve(file(body));
  const left = (bytes: Buffer, record: object | string) => {
    writeFileSync(`${target()}.part`, bytes);
    writeFileSync(`${target()}.part.json`, typeof record === 'string' ? record : JSON.stringify(record));
  };
  const validator = `"${digest('md5', body)}"`;
  const ranges = async (options: Partial<DownloadOptions> = {}) => {
    const before = asked().length;
    await fetched(url, options);
    isWhole();
    rmSync(target());
    return asked()
      .slice(before)
      .map(({ headers }) => headers.range);
  };
  writeFileSync(`${target()}.part`, body.subarray(0, 10));
  expect(await ranges()).toEqual([undefined]);
  left(body.subarray(0, 10), '{"url":');
  expect(await ranges()).toEqual([undefined]);
  left(body.subarray(0, 10), { url: 'http://127.0.0.1/else', validator });
  expect(await ranges()).toEqual([undefined]);
  left(other.subarray(0, 10), { url, validator });
  expect(await ranges()).toEqual(['bytes=10-', undefined]);
  left(pattern(100_001), { url, validator });
  expect(await ranges()).toEqual([undefined]);
  left(other, { url, validator });
  expect(await ranges()).toEqual([undefined]);
  left(body, { url, validator });
  expect(await ranges()).toEqual([]);
  left(body.subarray(0, 10), { url, validator });
  expect(await ranges({ sums: new Map() })).toEqual([undefined]);
  left(body.subarray(0, 10), { url, validator });
  expect(await ranges()).toEqual(['bytes=10-']);
});

test('waits grow from try to try with some chance, and are as long as the server wants', async () => {
  const waits: number[] = [];
  const patience = { tries: 5, firstMs: 1_000, mostMs: 2_000, sleep: async (ms: number) => void waits.push(ms) };
  const url = serve(hangUp, hangUp, hangUp, status(503, { 'retry-after': '100' }), file(body));
  await fetched(url, { patience });
  const [first = 0, second = 0, third = 0, fourth] = waits;
  expect(first).toBeGreaterThanOrEqual(500);
  expect(first).toBeLessThanOrEqual(1_000);
  expect(second).toBeGreaterThanOrEqual(1_000);
  expect(second).toBeLessThanOrEqual(2_000);
  expect(third).toBeGreaterThanOrEqual(1_000);
  expect(third).toBeLessThanOrEqual(2_000);
  expect(fourth).toBe(100_000);
});

test('a server that answers with another protocol is refused at once', async () => {
  const rude = createServer((socket) => {
    socket
      .on('error', () => {})
      .once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'));
  }).listen(0, '127.0.0.1');
  await once(rude, 'listening');
  try {
    const { port } = rude.address() as AddressInfo;
    await expect(fetched(`http://127.0.0.1:${port}/fw.zip`)).rejects.toThrow('101');
  } finally {
    await new Promise((resolve) => rude.close(resolve));
  }
});

test('a date after which to ask again is understood', async () => {
  const waits: number[] = [];
  const later = new Date(Date.now() + 60_000).toUTCString();
  const url = serve(status(503, { 'retry-after': later }), file(body));
  await fetched(url, { patience: { sleep: async (ms) => void waits.push(ms) } });
  expect(waits[0]).toBeGreaterThan(55_000);
  expect(waits[0]).toBeLessThanOrEqual(60_000);
});

test('redirects are followed, also to another server, which hears no password', async () => {
  const elsewhere = await startRudeServer();
  try {
    const url = serve(locked('admin', 'marker-password', redirect(elsewhere.serve('/on', redirect('/there')))));
    elsewhere.serve('/there', file(body));
    await fetched(url, { credentials: login });
    isWhole();
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  } finally {
    await elsewhere.close();
  }
});

test('the credentials of a URL are used, and not shown', async () => {
  const url = serve(locked('admin', 'marker-password', file(body))).replace('//', '//admin:marker-password@');
  await fetched(url);
  isWhole();
  const wrong = String(await refused(serve(status(404)).replace('//', '//admin:marker-password@')));
  expect(wrong).not.toContain('marker');
  const odd = [
    'http://admin:marker-password@[',
    'http://admin:mark/marker@host:x/',
    'fw.zip?token=marker',
    'gopher://h/x?marker',
  ];
  for (const url of odd) {
    await expect(fetched(url)).rejects.toMatchObject({
      code: 'download-url-invalid',
      message: expect.not.stringContaining('marker'),
    });
  }
});

test('a token in the query of a URL is used, and not shown', async () => {
  const url = serve(file(body));
  server().serve(`${new URL(url).pathname}?token=marker&marker`, status(403));
  const told = String(await refused(`${url}?token=marker&marker#marker`));
  expect(told).toContain(`${url}?token=[secret]&[secret]: `);
  expect(told).toContain('(HTTP 403)');
  expect(told).not.toContain('marker');
});

test('a circle of redirects, too many of them, and one to where nothing is checked are told as such', async () => {
  const url = serve(redirect('/circle'));
  server().serve('/circle', redirect(url));
  expect(await refused(url)).toMatchObject({
    code: 'download-redirect',
    message: expect.stringContaining(`in a circle, back to ${url}`),
  });
  for (let step = 0; step < 20; step++) server().serve(`/step/${step}`, redirect(`/step/${step + 1}`));
  expect(await refused(serve(redirect('/step/0')))).toMatchObject({ message: expect.stringContaining('more than 10 times') });
  expect(await refused(serve(redirect('file:///etc/passwd')))).toMatchObject({
    message: expect.stringContaining('which is not safe'),
  });
});

test('what cannot be connected is told, tried again, and given up', async () => {
  const gone = await startRudeServer();
  const url = gone.serve('/fw.zip', file(body));
  await gone.close();
  const waits: number[] = [];
  const patience = { tries: 3, sleep: async (ms: number) => void waits.push(ms) };
  expect(await refused(url, { patience })).toMatchObject({
    code: 'download-failed',
    message: `Cannot download ${url}: 127.0.0.1:${gone.port}: the connection was refused (try 3 of 3)`,
  });
  expect(waits).toHaveLength(2);
  expect(await refused('http://offhook.invalid/fw.zip')).toMatchObject({
    message: expect.stringMatching(/offhook\.invalid: (there is no host of that name|the name servers do not answer)/),
  });
});

test('a server that takes connections and says nothing is given up', async () => {
  const url = serve(silent);
  expect(await refused(url, { patience: { tries: 1 } })).toMatchObject({
    message: expect.stringContaining('no answer within 0.5 s'),
  });
  // Its side of the handshake of TLS never comes.
  const mute = createServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  expect(await refused(`https://127.0.0.1:${port}/fw.zip`, { patience: { tries: 1 } })).toMatchObject({
    message: expect.stringContaining(`127.0.0.1:${port}: no connection within 0.4 s`),
  });
  mute.close();
  const stalled = serve(stall(body, 1_000));
  expect(await refused(stalled, { patience: { tries: 1 } })).toMatchObject({
    message: expect.stringContaining('no byte within 0.5 s'),
  });
});

test.each<[string, () => Behaviour]>([
  ['the answer', () => silent],
  ['the rest', () => stall(body, 1_000)],
  ['the next try', () => status(503, { 'retry-after': '60' })],
])('a download that is cancelled while it waits for %s ends at once, and leaves nothing', async (_what, behaviour) => {
  const controller = new AbortController();
  const network = { proxies: {} };
  const running = refused(serve(behaviour()), { signal: controller.signal, network });
  setTimeout(() => controller.abort(new Error('not wanted any more')), 100);
  expect(await running).toMatchObject({ message: 'not wanted any more' });
  expect(readdirSync(folder())).toEqual([]);
  expect(await refused(serve(file(body)), { signal: controller.signal })).toMatchObject({ message: 'not wanted any more' });
  expect(asked()).toEqual([]);
});

test('a download that is cancelled between two tries leaves nothing of the one before', async () => {
  const controller = new AbortController();
  let left: string[] = [];
  const sleep = async () => {
    left = readdirSync(folder());
    controller.abort(new Error('not wanted any more'));
  };
  const running = refused(serve(cutOff(body, 40_000)), { signal: controller.signal, patience: { sleep } });
  expect(await running).toMatchObject({ message: 'not wanted any more' });
  expect(left).toHaveLength(2);
  expect(readdirSync(folder())).toEqual([]);
});

test('a file that has no room is not asked for', async () => {
  const url = serve(file(body));
  expect(await refused(url, { size: Number.MAX_SAFE_INTEGER })).toMatchObject({
    code: 'download-no-room',
    message: expect.stringContaining('it needs 9,007,199,254,740,991 bytes'),
  });
  expect(asked()).toEqual([]);
});

test('a file that cannot be written is told', async () => {
  expect(await refused(serve(file(body)), { to: join(folder(), 'none/fw.zip') })).toMatchObject({
    code: 'download-unwritable',
    message: expect.stringMatching(/it cannot be written: .*ENOENT/),
  });
  expect(existsSync(target())).toBe(false);
});

test.each(['gopher://127.0.0.1/x', 'file:///etc/passwd', 'fw.zip', ''])('%j is no URL of a file', async (url) => {
  await expect(fetched(url)).rejects.toMatchObject({ code: 'download-url-invalid' });
});
