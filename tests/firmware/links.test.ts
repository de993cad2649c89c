import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkLinks } from '../../server/firmware/links.ts';
import type { RemoteFile } from '../../server/firmware/model.ts';
import { Secret } from '../../server/lib/secret.ts';
import {
  type Behaviour,
  chunked,
  file,
  hangUp,
  locked,
  type RudeServer,
  redirect,
  silent,
  startRudeServer,
  status,
  withoutHead,
} from '../support/rude-server.ts';
import { pattern } from '../support/tftp-server.ts';

const body = pattern(5_000);
let server: RudeServer;
beforeEach(async () => {
  server = await startRudeServer();
});
afterEach(() => server.close());

let count = 0;
function remote(behaviour: Behaviour, authenticated = false): RemoteFile {
  const url = server.serve(`/${++count}`, behaviour);
  return { id: `${count}`, url, name: `${count}`, size: body.length, sums: new Map([['sha1', '']]), authenticated };
}

const options = {
  network: { proxies: {}, stallMs: 500 },
  credentialsFor: (host: string) => (host === '127.0.0.1' ? { username: 'admin', password: new Secret('marker') } : undefined),
  patience: { firstMs: 1 },
  delayMs: 1,
};

async function stateOf(wanted: RemoteFile) {
  const [checked] = await checkLinks([wanted], options);
  return checked?.state;
}

const asked = () => server.requests.map(({ method, headers }) => `${method} ${headers.range ?? ''}`.trim());

test.each<[string, () => Behaviour, object, string[]]>([
  ['that is there', () => file(body), { kind: 'ok', words: 'is there' }, ['HEAD']],
  ['on a server without HEAD', () => withoutHead(file(body)), { kind: 'ok' }, ['HEAD', 'GET bytes=0-0']],
  ['on a server that forbids HEAD', () => withoutHead(file(body), 403), { kind: 'ok' }, ['HEAD', 'GET bytes=0-0']],
  ['on a server that does not know HEAD', () => withoutHead(file(body), 501), { kind: 'ok' }, ['HEAD', 'GET bytes=0-0']],
  [
    'whose server tells no size',
    () => chunked(body),
    { kind: 'ok', words: 'is there; the server does not tell its size' },
    ['HEAD', 'GET bytes=0-0'],
  ],
  [
    'that is another',
    () => file(pattern(4_000)),
    { kind: 'other-size', size: 4_000, words: 'is 4,000 bytes, 5,000 were expected' },
    ['HEAD'],
  ],
  [
    'that is gone',
    () => status(404),
    { kind: 'gone', status: 404, words: expect.stringMatching(/^is gone: .* \(HTTP 404\)$/) },
    ['HEAD'],
  ],
  ['that is refused', () => status(403), { kind: 'gone', status: 403 }, ['HEAD', 'GET bytes=0-0']],
  ['that is locked', () => status(401), { kind: 'gone', status: 401, words: expect.stringMatching(/^is not given: /) }, ['HEAD']],
  ['of a server that is ill', () => status(500), { kind: 'unreachable' }, ['HEAD', 'HEAD']],
  [
    'of a server that hangs up',
    () => hangUp,
    { kind: 'unreachable', words: expect.stringContaining('the connection was cut off') },
    ['HEAD', 'HEAD'],
  ],
  ['of a server that says nothing', () => silent, { kind: 'unreachable' }, ['HEAD', 'HEAD']],
])('a file %s is told', async (_what, behaviour, state, requests) => {
  expect(await stateOf(remote(behaviour()))).toMatchObject(state);
  expect(asked()).toEqual(requests);
});

test('a redirect is followed, and a circle is no link', async () => {
  server.serve('/there', file(body));
  expect(await stateOf(remote(redirect('/there')))).toMatchObject({ kind: 'ok' });
  server.serve('/circle', redirect('/circle'));
  expect(await stateOf(remote(redirect('/circle')))).toMatchObject({
    kind: 'unreachable',
    words: expect.stringContaining('in a circle'),
  });
});

test('a file that is locked is asked for with the login for its host, and without one not at all', async () => {
  expect(await stateOf(remote(locked('admin', 'marker', file(body)), true))).toMatchObject({ kind: 'ok' });
  const before = server.requests.length;
  const elsewhere = { ...remote(file(body), true), url: server.serve('/x', file(body)).replace('127.0.0.1', 'localhost') };
  expect(await stateOf(elsewhere)).toMatchObject({ kind: 'unreachable', words: expect.stringContaining('only to who logs in') });
  expect(server.requests).toHaveLength(before);
});

test('a host is asked one thing at a time, a URL once, a file without a URL not at all; the order stays', async () => {
  const answerLate: Behaviour = (request, response) => void setTimeout(() => file(body)(request, response), 20);
  const links = Array.from({ length: 6 }, () => remote(answerLate));
  const [first] = links;
  const { url: _, ...without } = remote(answerLate);
  const files = [...links, without, ...(first ? [{ ...first, id: 'again' }] : [])];
  const steps: number[][] = [];
  const checked = await checkLinks(files, { ...options, progress: (current, end = 0) => steps.push([current, end]) });
  expect(checked.map(({ file: { id } }) => id)).toEqual([...links.map(({ id }) => id), 'again']);
  expect(server.most()).toBe(1);
  expect(server.requests).toHaveLength(6);
  expect(steps.at(-1)).toEqual([7, 7]);
});

test('several hosts are asked at the same time, but no more than allowed', async () => {
  let [current, most] = [0, 0];
  const counting: Behaviour = (request, response) => {
    most = Math.max(most, ++current);
    setTimeout(() => {
      current--;
      file(body)(request, response);
    }, 30);
  };
  const servers = await Promise.all(['127.0.0.2', '127.0.0.3', '127.0.0.4'].map((host) => startRudeServer(undefined, host)));
  try {
    const files = servers.map((each) => ({ ...remote(counting), url: each.serve('/file', counting) }));
    const checked = await checkLinks(files, { ...options, concurrency: 2 });
    expect(checked.map(({ state }) => state.kind)).toEqual(['ok', 'ok', 'ok']);
    expect(most).toBe(2);
  } finally {
    await Promise.all(servers.map((each) => each.close()));
  }
});

test('a check that is cancelled ends', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 50);
  const running = checkLinks([remote(silent), remote(silent)], { ...options, signal: controller.signal });
  await expect(running).rejects.toThrow('enough');
});

test('a host is asked one thing at a time, with a pause before the next', async () => {
  const times: number[] = [];
  const noted: Behaviour = (request, response) => {
    times.push(performance.now());
    file(body)(request, response);
  };
  await checkLinks([remote(noted), remote(noted)], { ...options, delayMs: 200 });
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThan(190);
});
