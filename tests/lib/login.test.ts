import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { strongest } from '../../server/lib/challenge.ts';
import { checkLink } from '../../server/lib/download/link.ts';
import { parseProxy } from '../../server/lib/download/network.ts';
import { Login } from '../../server/lib/login.ts';
import { Secret } from '../../server/lib/secret.ts';
import { makePair } from '../support/http-certificate.ts';
import {
  type Behaviour,
  cutOff,
  type DigestLock,
  digestLocked,
  file,
  locked,
  redirect,
  startRudeServer,
  status,
} from '../support/rude-server.ts';
import { body, downloadStage } from './download/stage.ts';

const marker = 'marker-password';
const login = { username: 'admin', password: new Secret(marker) };
const lock: DigestLock = { username: 'admin', password: marker };

const network = { proxies: {}, connectMs: 2_000, stallMs: 2_000 };
const { server, folder, target, path, serve, asked, fetched, isWhole } = downloadStage(
  { network, credentials: login },
  '?a=%22b%22',
);
/** What was shown, of each request for the last path. */
const shown = () => asked().map(({ headers }) => headers.authorization ?? '');
/** Nothing that was sent has the password in it, in whatever form. */
const isHidden = () => {
  const sent = JSON.stringify(asked());
  expect(sent).not.toContain('marker');
  expect(sent).not.toContain(Buffer.from(`admin:${marker}`).toString('base64'));
};

test.each<[string, Partial<DigestLock>, RegExp]>([
  ['SHA-256', {}, /algorithm=SHA-256, qop=auth, nc=00000001, cnonce="[\da-f]{32}"/],
  ['MD5', { algorithms: ['MD5'] }, /algorithm=MD5/],
  ['SHA-512-256', { algorithms: ['SHA-512-256'] }, /algorithm=SHA-512-256/],
  ['a session of MD5', { algorithms: ['MD5-sess'] }, /algorithm=MD5-sess/],
  ['a session of SHA-256 that counts nothing', { algorithms: ['SHA-256-sess'], qop: undefined }, /^(?!.*qop).*cnonce=/],
  ['MD5 that counts nothing', { algorithms: ['MD5'], qop: undefined }, /^(?!.*(?:qop|nc=|cnonce))/],
  ['several of which SHA-256 is the strongest', { algorithms: ['MD5', 'SHA-256', 'MD5-sess'] }, /algorithm=SHA-256,/],
  ['one that is not known and MD5', { algorithms: ['SHA-3', 'MD5'] }, /algorithm=MD5,/],
  ['ways to count of which we know one', { qop: 'auth-int,auth' }, /qop=auth,/],
  ['Basic and Digest', { also: ['Basic realm="files"', 'Negotiate', 'NTLM TlRMTVNTUAA='] }, /^Digest /],
  ['a name that is hidden', { parameters: ', userhash=true' }, /^Digest username="[\da-f]{64}", userhash=true/],
])('a server that offers %s lets us in, and the password is not sent', async (_what, change, answer) => {
  await fetched(serve(digestLocked({ ...lock, ...change }, file(body))));
  isWhole();
  expect(shown()).toEqual(['', expect.stringMatching(answer)]);
  isHidden();
});

test('a name and a password of any letters are sent as the server counts them', async () => {
  const credentials = { username: "Jürgen's (1)", password: new Secret('pä"ss:\\') };
  await fetched(serve(digestLocked({ username: credentials.username, password: 'pä"ss:\\' }, file(body))), { credentials });
  isWhole();
  expect(shown()[1]).toContain("username*=UTF-8''J%C3%BCrgen%27s%20%281%29,");
  const quoted = { username: 'a"b', password: new Secret('c') };
  const answer = new Login(quoted);
  expect(answer.takes('Digest realm="r", nonce="n"')).toBe(true);
  expect(answer.authorization('GET', '/')).toContain('username="a\\"b", realm="r"');
});

test.each([
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
])('the example of RFC 7616, 3.9.1, comes out in %s as it says', (algorithm, response) => {
  const mufasa = { username: 'Mufasa', password: new Secret('Circle of Life') };
  const shows = new Login(mufasa, { draw: () => 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' });
  const nonce = 'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  expect(shows.takes(`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ${nonce}`)).toBe(true);
  expect(shows.authorization('GET', '/dir/index.html')).toContain(` response="${response}"`);
});

test('a download that was cut off goes on where it ended, with a login', async () => {
  let times = 0;
  const behaviour: Behaviour = (request, response) => (times++ === 0 ? cutOff(body, 40_000) : file(body))(request, response);
  await fetched(serve(digestLocked(lock, behaviour)));
  isWhole();
  const requests = asked();
  const range = expect.stringMatching(/^bytes=[1-9]\d*-$/);
  expect(requests.map(({ headers }) => [headers.range, headers.authorization?.slice(0, 6)])).toEqual([
    [undefined, undefined],
    [undefined, 'Digest'],
    [range, undefined],
    [range, 'Digest'],
  ]);
  isHidden();
});

test('requests with one nonce are counted, and one that is too old is exchanged', async () => {
  const times = (uses: number, tellsStale: boolean) => {
    const one = digestLocked({ ...lock, uses, tellsStale }, (request, response) => {
      const step = Number(request.url?.split('step=')[1] ?? 0);
      (step < 3 ? redirect(`?step=${step + 1}`) : file(body))(request, response);
    });
    const url = serve(one);
    for (const step of [1, 2, 3]) server().serve(`${path()}?step=${step}`, one);
    return url;
  };
  const counts = () => shown().map((text) => /nc=(\d+)/.exec(text)?.[1] ?? '');
  await fetched(times(100, true));
  isWhole();
  expect(counts()).toEqual(['', '00000001', '00000002', '00000003', '00000004']);
  await fetched(times(1, true));
  expect(counts()).toEqual(['', '00000001', '00000002', '00000001', '00000002', '00000001', '00000002', '00000001']);
  await fetched(times(2, false));
  expect(counts()).toEqual(['', '00000001', '00000002', '00000003', '00000001', '00000002']);
});

test.each<[string, () => Behaviour, number]>([
  ['another password', () => digestLocked({ ...lock, password: 'else' }, file(body)), 2],
  ['another name', () => digestLocked({ ...lock, username: 'else' }, file(body)), 2],
  ['a new nonce for ever', () => digestLocked({ ...lock, uses: 0 }, file(body)), 6],
  ['a way that nobody knows', () => digestLocked({ ...lock, algorithms: ['SHA-3'] }, file(body)), 1],
  ['a sum of the body', () => digestLocked({ ...lock, qop: 'auth-int' }, file(body)), 1],
  ['a login, and does not say how', () => status(401), 1],
  ['a ticket', () => status(401, { 'www-authenticate': 'Negotiate' }), 1],
  ['nonsense', () => status(401, { 'www-authenticate': '=,"",Digest realm="x' }), 1],
])('a server that wants %s is told as one that refuses, and does not get the password', async (_what, behaviour, requests) => {
  await expect(fetched(serve(behaviour()))).rejects.toMatchObject({
    code: 'download-refused',
    message: expect.stringMatching(/wants other credentials \(HTTP 401\) \(try 1 of 5\)$/),
  });
  expect(shown()).toHaveLength(requests);
  expect(readdirSync(folder())).toEqual([]);
  isHidden();
});

test('a server that has asked for Digest does not get the password when it asks for Basic then', async () => {
  const digest = status(401, { 'www-authenticate': 'Digest realm="files", nonce="1", qop="auth"' });
  const url = serve(digest, status(401, { 'www-authenticate': 'Basic realm="other"' }));
  await expect(fetched(url)).rejects.toMatchObject({ code: 'download-refused' });
  expect(shown()).toEqual(['', expect.stringMatching(/^Digest /)]);
  isHidden();
});

test('nothing is shown to who does not ask, and the password itself to who wants nothing else', async () => {
  await fetched(serve(file(body)));
  expect(shown()).toEqual(['']);
  rmSync(target());
  await fetched(serve(locked('admin', marker, file(body))));
  expect(shown()).toEqual(['', `Basic ${Buffer.from(`admin:${marker}`).toString('base64')}`]);
});

test('a link is checked with Digest, too', async () => {
  const url = serve(digestLocked(lock, file(body)));
  expect(await checkLink(url, body.length, { network, credentials: login })).toEqual({ kind: 'ok', words: 'is there' });
  isHidden();
});

const gate: DigestLock = { username: 'us-er', password: `proxy-${marker}`, isProxy: true };
const through = (port: number, password = gate.password) => parseProxy(`http://us-er:${password}@127.0.0.1:${port}`, 'the proxy');

test('a proxy that wants Digest gets it, and the server behind it its own', async () => {
  const url = 'http://files.example.com/fw.zip';
  const behind = digestLocked(lock, file(body));
  const passed: Behaviour = (request, response) => behind(Object.assign(request, { url: '/fw.zip' }), response);
  server().serve(url, digestLocked(gate, passed));
  const proxied = () => server().requests.filter((request) => request.path === url);
  await fetched(url, { network: { ...network, proxies: { http: through(server().port) } } });
  isWhole();
  expect(proxied().map(({ headers }) => [headers['proxy-authorization'], headers.authorization])).toEqual([
    [undefined, undefined],
    [expect.stringMatching(/^Digest .*uri="http:.*nc=00000001/), undefined],
    [expect.stringMatching(/^Digest .*nc=00000002/), expect.stringMatching(/^Digest .*uri="\/fw\.zip"/)],
  ]);
  expect(JSON.stringify(proxied())).not.toContain('marker');
  await expect(
    fetched(url, { network: { ...network, proxies: { http: through(server().port, 'else') } } }),
  ).rejects.toMatchObject({
    code: 'download-refused',
    message: expect.stringMatching(/the proxy 127\.0\.0\.1:\d+ wants other credentials \(HTTP 407\)/),
  });
});

test('a tunnel through a proxy that wants Digest is opened', async () => {
  const { certificate, key } = makePair(folder(), '127.0.0.1');
  const certificates = readFileSync(certificate, 'utf8');
  const secure = await startRudeServer({ cert: certificates, key: readFileSync(key, 'utf8') });
  const proxy = createServer().listen(0, '127.0.0.1');
  const shows: string[] = [];
  const ends: Socket[] = [];
  const md5 = (...texts: unknown[]) => createHash('md5').update(texts.join(':')).digest('hex');
  proxy.on('connect', ({ url, headers }: IncomingMessage, socket: Socket) => {
    const pass = headers['proxy-authorization'] ?? '';
    shows.push(pass);
    const [ours, count] = [/cnonce="(\w+)"/, /nc=(\d+)/].map((each) => each.exec(pass)?.[1]);
    const expected = md5(md5('us-er', 'gate', gate.password), 'once', count, ours, 'auth', md5('CONNECT', url));
    if (!pass.includes(`response="${expected}"`)) {
      socket.end(
        'HTTP/1.1 407 No\r\nProxy-Authenticate: Digest realm="gate", nonce="once", qop="auth"\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    const far = connect(secure.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    ends.push(socket, far);
    socket.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => socket.destroy()).pipe(socket);
  });
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  for (const made of [certificate, key]) rmSync(made);
  try {
    const url = secure.serve('/fw.zip', digestLocked(lock, file(body)));
    await fetched(url, { network: { ...network, certificates, proxies: { https: through(port) } } });
    isWhole();
    expect(shows.map((each) => each.slice(0, 6))).toEqual(['', 'Digest', 'Digest']);
    expect(shows[1]).toContain(`uri="127.0.0.1:${secure.port}"`);
    expect(JSON.stringify([shows, secure.requests])).not.toContain('marker');
  } finally {
    for (const end of ends) end.destroy();
    proxy.close();
    await secure.close();
  }
});

test.each<[string, string | undefined, object | undefined]>([
  ['Basic realm="a, b"', 'basic', { realm: 'a, b' }],
  ['bAsIc REALM=x', 'basic', { realm: 'x' }],
  ['Basic', 'basic', { realm: '' }],
  [
    'Digest realm="r" , nonce = "n\\"" ,, qop="AUTH"',
    'digest',
    { nonce: 'n"', counted: true, hash: 'md5', algorithm: undefined },
  ],
  ['Basic realm="b", Digest qop=auth, nonce=n, realm="d", algorithm="sha-256"', 'digest', { realm: 'd', hash: 'sha256' }],
  ['Negotiate YII/abc+==, Digest realm="r", nonce="n", stale=TRUE', 'digest', { stale: true, counted: false }],
  ['Digest realm="r"', undefined, undefined],
  ['', undefined, undefined],
])('%j is read as what it is', (header, scheme, parts) => {
  const found = strongest(header);
  expect(found?.scheme).toBe(scheme);
  if (parts) expect(found).toMatchObject(parts);
});
