import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createFirmwareCache, type FirmwareCache } from '../../server/firmware/cache.ts';
import type { RemoteFile } from '../../server/firmware/model.ts';
import { createLog } from '../../server/lib/log.ts';
import { Secret } from '../../server/lib/secret.ts';
import type { Algorithm } from '../../server/lib/sums.ts';
import {
  type Behaviour,
  cutOff,
  file,
  locked,
  type RudeServer,
  slow,
  stall,
  startRudeServer,
  status,
} from '../support/rude-server.ts';
import { pattern } from '../support/tftp-server.ts';

const body = pattern(50_000);
const digest = (algorithm: Algorithm, bytes: Buffer) => createHash(algorithm).update(bytes).digest('hex');
const day = 24 * 3_600_000;

let server: RudeServer;
let folder: string;
let lines: string[];
let cache: FirmwareCache;
let now: number;
beforeAll(async () => {
  server = await startRudeServer();
});
afterAll(() => server.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-cache-'));
  lines = [];
  now = Date.now();
  cache = openCache();
});
afterEach(() => rmSync(folder, { recursive: true }));

function openCache() {
  return createFirmwareCache(join(folder, 'firmware'), {
    network: { proxies: {}, stallMs: 500 },
    credentialsFor: (host) => (host === '127.0.0.1' ? { username: 'admin', password: new Secret('marker-password') } : undefined),
    log: createLog({ level: 'debug', format: 'json', sink: { write: (line) => lines.push(line) } }),
    patience: { tries: 2, firstMs: 1 },
    now: () => now,
  });
}

let count = 0;
/** What a package says of a file, at a URL of its own. */
function remote(behaviours: Behaviour[], algorithms: Algorithm[] = ['sha1'], bytes = body): RemoteFile {
  const url = server.serve(`/cache/${++count}.zip`, ...behaviours);
  const sums = new Map(algorithms.map((each) => [each, digest(each, bytes)]));
  return { id: `file-${count}`, url, name: `${count}.zip`, size: bytes.length, sums, authenticated: false };
}
const withoutUrl = ({ url: _, ...rest }: RemoteFile): RemoteFile => rest;
const asked = ({ url }: RemoteFile) => server.requests.filter(({ path }) => url?.endsWith(path)).length;
const place = (algorithm: Algorithm, bytes = body) => join(folder, 'firmware', algorithm, digest(algorithm, bytes));
const names = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

test('a file is fetched once; then it comes from the cache, also after a restart', async () => {
  const wanted = remote([file(body)]);
  expect(await cache.has(wanted)).toBe(false);
  const { path } = await cache.fetch(wanted);
  expect(readFileSync(path).equals(body)).toBe(true);
  expect(await cache.has(wanted)).toBe(true);
  expect((await openCache().fetch(wanted)).path).toBe(path);
  expect(asked(wanted)).toBe(1);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'firmware')).mode & 0o777).toBe(0o700);
});

test('whichever sum it is known by, a content is found, and is on the disk once', async () => {
  await cache.fetch(remote([file(body)], ['sha1']));
  for (const algorithms of [['md5'], ['sha256'], ['sha1', 'sha256']] as Algorithm[][]) {
    const same = remote([status(404)], algorithms);
    expect(readFileSync((await cache.fetch(same)).path).equals(body)).toBe(true);
    expect(asked(same)).toBe(0);
  }
  const inodes = (['md5', 'sha1', 'sha256'] as const).map((each) => statSync(place(each)).ino);
  expect(new Set(inodes).size).toBe(1);
});

test('two that are known by other sums, fetched at the same time, end as one on the disk', async () => {
  await Promise.all([cache.fetch(remote([file(body)], ['md5'])), cache.fetch(remote([file(body)], ['sha256']))]);
  expect(statSync(place('md5')).ino).toBe(statSync(place('sha256')).ino);
  expect(names()).toHaveLength(3);
});

test.each([
  ['changed', (bytes: Buffer) => bytes.fill(1, 100, 101), 'has SHA-1'],
  ['cut off', (bytes: Buffer) => bytes.subarray(0, 1_234), 'is 1,234 bytes, 50,000 were expected'],
])('a file in the cache that was %s is thrown away with a warning, and fetched again', async (_what, change, problem) => {
  const wanted = remote([file(body)]);
  const { path } = await cache.fetch(wanted);
  writeFileSync(path, change(Buffer.from(body)));
  await cache.fetch(wanted);
  expect(readFileSync(path).equals(body)).toBe(true);
  expect(statSync(place('sha256')).ino).toBe(statSync(path).ino);
  expect(asked(wanted)).toBe(2);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'warn', event: 'firmware.damaged', msg: expect.stringContaining(problem) },
  ]);
});

test('a content that several want at the same time is fetched once, and all hear how far it is', async () => {
  const wanted = remote([slow(body, 10, 20)]);
  const ends = [0, 0, 0];
  const all = ends.map((_, index) =>
    cache.fetch(wanted, {
      progress: (current) => {
        ends[index] = current;
      },
    }),
  );
  for (const { path } of await Promise.all(all)) expect(readFileSync(path).equals(body)).toBe(true);
  expect(ends).toEqual([body.length, body.length, body.length]);
  expect(asked(wanted)).toBe(1);
});

test('one who cancels does not take the file from another; when all have, nothing is left, and it can be wanted again', async () => {
  const wanted = remote([slow(body, 10, 30)]);
  const [one, two] = [new AbortController(), new AbortController()];
  const first = cache.fetch(wanted, { signal: one.signal });
  const second = cache.fetch(wanted, { signal: two.signal });
  setTimeout(() => one.abort(new Error('the first has left')), 50);
  await expect(first).rejects.toThrow('the first has left');
  expect(readFileSync((await second).path).equals(body)).toBe(true);
  expect(asked(wanted)).toBe(1);

  const stalled = remote([stall(body.subarray(1), 10), file(body.subarray(1))], ['sha1'], body.subarray(1));
  const third = cache.fetch(stalled, { signal: two.signal });
  setTimeout(() => two.abort(new Error('the second has left')), 50);
  await expect(third).rejects.toThrow('the second has left');
  expect(names().filter((name) => name.includes('part'))).toEqual([]);
  await cache.fetch(stalled);
});

test('a file that is locked is fetched with the login for its host; without one it is not asked for', async () => {
  const wanted = { ...remote([locked('admin', 'marker-password', file(body))]), authenticated: true };
  expect(readFileSync((await cache.fetch(wanted)).path).equals(body)).toBe(true);
  const elsewhere = { ...remote([], ['sha1'], pattern(10)), url: 'http://files.example.com/x.zip', authenticated: true };
  await expect(cache.fetch(elsewhere)).rejects.toMatchObject({
    code: 'firmware-credentials-missing',
    message: expect.stringContaining('files.example.com gives'),
  });
  const open = remote([locked('admin', 'marker-password', file(body))], ['sha1'], pattern(11));
  await expect(cache.fetch(open)).rejects.toMatchObject({ code: 'download-refused' });
});

test('of a file without a link, an administrator is told what to supply; then it is there', async () => {
  const wanted = withoutUrl(remote([], ['sha1']));
  await expect(cache.fetch(wanted)).rejects.toMatchObject({
    code: 'firmware-file-missing',
    message: expect.stringContaining(`${wanted.name} (50,000 bytes, SHA-1 ${digest('sha1', body)})`),
  });
  const another = withoutUrl(remote([], ['sha256'], pattern(60_000)));
  const same = withoutUrl(remote([], ['md5', 'sha256']));
  expect(await cache.supply(Readable.from([body.subarray(0, 7), body.subarray(7)]), [another, wanted, same])).toEqual([
    wanted,
    same,
  ]);
  expect(readFileSync((await cache.fetch(wanted)).path).equals(body)).toBe(true);
  expect(readFileSync((await cache.fetch(same)).path).equals(body)).toBe(true);
  expect(statSync(place('sha256')).ino).toBe(statSync(place('sha1')).ino);
  expect(statSync(place('sha256')).mode & 0o777).toBe(0o600);
  expect(names()).toHaveLength(3);
});

test('an upload that is none of the wanted files is refused with what it is and what was wanted, and leaves nothing', async () => {
  const wanted = withoutUrl(remote([], ['sha1']));
  const changed = Buffer.from(body).fill(1, 0, 1);
  await expect(cache.supply(Readable.from([changed]), [wanted])).rejects.toMatchObject({
    code: 'firmware-file-unknown',
    message: expect.stringMatching(
      `is 50,000 bytes, SHA-256 ${digest('sha256', changed)}, SHA-1 .*, MD5 .*none of those that are wanted: ${wanted.name} \\(50,000 bytes, SHA-1 ${digest('sha1', body)}\\)`,
    ),
  });
  expect(names()).toEqual([]);
});

test('an upload that is too long is read for a while, so that its answer can be; one without end is stopped', async () => {
  let sent = 0;
  async function* endless() {
    for (;;) {
      sent += 10_000;
      yield Buffer.alloc(10_000);
    }
  }
  await expect(cache.supply(endless(), [withoutUrl(remote([]))])).rejects.toThrow(
    'longer than the 50,000 bytes of the largest that is wanted',
  );
  expect(sent).toBe(67_110_000);
  const long = Readable.from([Buffer.alloc(40_000), Buffer.alloc(40_000)]);
  await expect(cache.supply(long, [withoutUrl(remote([]))])).rejects.toThrow('The file is 80,000 bytes, SHA-256');
  await expect(cache.supply(endless(), [])).rejects.toThrow('no file is wanted');
  expect(names()).toEqual([]);
});

test('an upload that is cancelled, or breaks off, leaves nothing', async () => {
  const controller = new AbortController();
  const wanted = [withoutUrl(remote([]))];
  async function* broken(end: () => void) {
    yield body.subarray(0, 100);
    end();
    yield body.subarray(100);
  }
  const cancelled = broken(() => controller.abort(new Error('not wanted any more')));
  await expect(cache.supply(cancelled, wanted, { signal: controller.signal })).rejects.toThrow('not wanted any more');
  const cutOffUpload = broken(() => {
    throw new Error('the browser left');
  });
  await expect(cache.supply(cutOffUpload, wanted)).rejects.toThrow('the browser left');
  expect(names()).toEqual([]);
});

test('a try that failed is noted, and where nothing can be written is told', async () => {
  const wanted = remote([status(503), file(body)]);
  await cache.fetch(wanted);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'info', event: 'firmware.retry', file: wanted.name, msg: expect.stringContaining('(HTTP 503)') },
  ]);
  rmSync(join(folder, 'firmware'), { recursive: true });
  writeFileSync(join(folder, 'firmware'), 'a file in the way');
  const unwritable = {
    code: 'disk-not-writable',
    message: expect.stringContaining(`${join(folder, 'firmware')}/incoming cannot be written: `),
  };
  await expect(cache.supply(Readable.from([body]), [wanted])).rejects.toMatchObject(unwritable);
});

test('what is not to be kept is removed, and how much it was is told', async () => {
  const kept = remote([file(body)], ['md5']);
  const gone = pattern(1_000);
  (await cache.fetch(kept)).release();
  (await cache.fetch(remote([file(gone)], ['sha256'], gone))).release();
  expect(await cache.collect([kept])).toEqual({ files: 1, bytes: 1_000 });
  expect(existsSync(place('sha256', gone))).toBe(false);
  // Its other names stay, for who knows it by them.
  expect(names()).toHaveLength(3);
  expect(await cache.collect([kept])).toEqual({ files: 0, bytes: 0 });
  expect(await cache.collect([])).toEqual({ files: 1, bytes: body.length });
  expect(names()).toEqual([]);
});

test('what is in use, or on its way, is not removed', async () => {
  const inUse = await cache.fetch(remote([file(body)], ['sha1']));
  const long = pattern(60_000);
  const coming = remote([slow(long, 10, 30)], ['sha1'], long);
  const fetching = cache.fetch(coming);
  await new Promise((resolve) => setTimeout(resolve, 100));
  now += 30 * day;
  expect(await cache.collect([])).toEqual({ files: 0, bytes: 0 });
  expect(readFileSync(inUse.path).equals(body)).toBe(true);
  expect(readFileSync((await fetching).path).equals(long)).toBe(true);
  expect(asked(coming)).toBe(1);
  inUse.release();
  inUse.release();
  expect(await cache.collect([])).toEqual({ files: 1, bytes: body.length });
});

test('what a cut-off download left stays for a week, and is gone on with; what an upload left when the server was killed goes at once', async () => {
  const wanted = remote([cutOff(body, 20_000)], ['sha1']);
  await expect(cache.fetch(wanted)).rejects.toMatchObject({ code: 'download-failed' });
  const supplied = pattern(1_000);
  await cache.supply(Readable.from([supplied]), [remote([], ['sha256'], supplied)]);
  writeFileSync(join(folder, 'firmware/incoming/left'), 'x');
  await cache.collect([]);
  const parts = [`${digest('sha1', body)}.part`, `${digest('sha1', body)}.part.json`];
  expect(names().sort()).toEqual(parts);
  now += 8 * day;
  await cache.collect([wanted]);
  expect(names()).toEqual([]);
});
