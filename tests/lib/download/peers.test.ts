import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type DownloadOptions, download } from '../../../server/lib/download/download.ts';
import { checkLink } from '../../../server/lib/download/link.ts';
import { parseProxy } from '../../../server/lib/download/network.ts';
import { Secret } from '../../../server/lib/secret.ts';
import { compile } from '../../support/compile.ts';
import { eventually } from '../../support/eventually.ts';
import { makePair } from '../../support/http-certificate.ts';
import {
  type Peer,
  startFtpGateway,
  startFtpServer,
  startLighttpd,
  startNginx,
  startTinyproxy,
} from '../../support/loopback-peers.ts';
import { cutOff, file, type RudeServer, redirect, startRudeServer } from '../../support/rude-server.ts';
import { pattern } from '../../support/tftp-server.ts';

const body = pattern(300_000);
const sums = new Map([['sha256', createHash('sha256').update(body).digest('hex')]] as const);
const marker = 'marker-password';
const login = { username: 'admin', password: new Secret(marker) };

let folder: string;
let ftp: Peer;
let lockedFtp: Peer;
let tinyproxy: Peer;
let gateway: Awaited<ReturnType<typeof startFtpGateway>>;
let secure: RudeServer;
let plain: RudeServer;
let certificates: string;

const peers: Peer[] = [];
async function started<P extends Peer>(starting: Promise<P>): Promise<P> {
  const peer = await starting;
  peers.push(peer);
  return peer;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-download-peers-'));
  // pyftpdlib and nginx may run as another user.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'files/dir one'), { recursive: true });
  mkdirSync(join(folder, 'to'));
  writeFileSync(join(folder, 'files/dir one/fw.zip'), body);
  const { certificate, key } = makePair(folder, '127.0.0.1');
  certificates = readFileSync(certificate, 'utf8');
  secure = await startRudeServer({ cert: certificates, key: readFileSync(key, 'utf8') });
  plain = await startRudeServer();
  gateway = await started(startFtpGateway());
  [ftp, lockedFtp, tinyproxy] = await Promise.all([
    started(startFtpServer(join(folder, 'files'))),
    started(startFtpServer(join(folder, 'files'), { username: 'admin', password: marker })),
    started(startTinyproxy('us-er', marker)),
  ]);
});
afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.stop()));
  await secure.close();
  await plain.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  for (const name of readdirSync(join(folder, 'to'))) rmSync(join(folder, 'to', name));
});

const to = () => join(folder, 'to/fw.zip');
const network = (proxies: DownloadOptions['network']['proxies'] = {}) => ({
  proxies,
  certificates,
  connectMs: 1_000,
  stallMs: 6_000,
});
const fetched = (url: string, options: Partial<DownloadOptions> = {}) =>
  download(url, { to: to(), size: body.length, sums, network: network(), patience: { tries: 2, firstMs: 1 }, ...options });
const isWhole = () => {
  expect(readFileSync(to()).equals(body)).toBe(true);
  expect(readdirSync(join(folder, 'to'))).toEqual(['fw.zip']);
};
const ftpUrl = ({ port }: Peer) => `ftp://127.0.0.1:${port}/dir%20one/fw.zip`;
const proxy = (peer: { port: number }, user = 'us%2Der', password = marker) =>
  parseProxy(`http://${user}:${password}@127.0.0.1:${peer.port}`, 'the proxy');

test('a file of an FTP server is fetched', async () => {
  await fetched(ftpUrl(ftp));
  isWhole();
  expect(await checkLink(ftpUrl(ftp), body.length, { network: network() })).toEqual({ kind: 'ok', words: 'is there' });
  expect(await checkLink(ftpUrl(ftp), 1, { network: network() })).toMatchObject({ kind: 'other-size', size: body.length });
});

test('a download from an FTP server goes on where it ended, unless the file was changed', async () => {
  const left = join(folder, 'files/dir one/fw.zip');
  const validator = new Date('2026-11-22T01:02:03Z').toISOString();
  const record = JSON.stringify({ url: ftpUrl(ftp), validator });
  const resume = async (when: string) => {
    utimesSync(left, new Date(when), new Date(when));
    writeFileSync(`${to()}.part`, body.subarray(0, 250_000));
    writeFileSync(`${to()}.part.json`, record);
    const first: number[] = [];
    await fetched(ftpUrl(ftp), { progress: (current) => first.push(current) });
    isWhole();
    return first[0];
  };
  expect(await resume('2026-11-22T01:02:03Z')).toBe(250_000);
  expect(await resume('2026-11-22T01:02:04Z')).toBe(0);
});

test('an FTP server’s login is used, and not shown', async () => {
  await fetched(ftpUrl(lockedFtp), { credentials: login });
  isWhole();
  const wrong = { username: 'admin', password: new Secret(`wrong-${marker}`) };
  await expect(fetched(ftpUrl(lockedFtp), { credentials: wrong })).rejects.toMatchObject({
    code: 'download-refused',
    message: expect.stringMatching(/^(?!.*marker).*wants other credentials \(FTP 530\) \(try 1 of 2\)$/),
  });
  await expect(fetched(ftpUrl(ftp).replace('fw', 'none'))).rejects.toMatchObject({
    code: 'download-missing',
    message: expect.stringMatching(/\(FTP 550\) \(try 1 of 2\)$/),
  });
  expect(await checkLink(ftpUrl(ftp).replace('fw', 'none'), 1, { network: network() })).toMatchObject({ kind: 'gone' });
});

test('an FTP server’s file of another size is not taken', async () => {
  await expect(fetched(ftpUrl(ftp), { size: 1_000 })).rejects.toThrow('it is 300,000 bytes, 1,000 were expected');
  expect(readdirSync(join(folder, 'to'))).toEqual([]);
});

test('an FTP server that is not there is told', async () => {
  const impatient = { proxies: {}, stallMs: 500 };
  await expect(fetched(`ftp://127.0.0.1:${plain.port}/fw.zip`, { network: impatient })).rejects.toMatchObject({
    code: 'download-failed',
  });
  await expect(fetched('ftp://127.0.0.1:1/fw.zip')).rejects.toThrow('127.0.0.1:1: the connection was refused (try 2 of 2)');
});

test('an ftp URL goes through the proxy for ftp, with its login', async () => {
  await fetched(ftpUrl(lockedFtp), { credentials: login, network: network({ ftp: proxy(gateway) }) });
  isWhole();
  const [{ line, headers } = { line: '', headers: {} }] = gateway.asked;
  expect(line).toBe(`GET ftp://admin:${marker}@127.0.0.1:${lockedFtp.port}/dir%20one/fw.zip`);
  expect(headers['proxy-authorization']).toBe(`Basic ${Buffer.from(`us-er:${marker}`).toString('base64')}`);
  expect(headers.authorization).toBeUndefined();
});

test('an http URL goes through the proxy for http, an https URL through a tunnel of the one for https', async () => {
  plain.serve('/fw.zip', cutOff(body, 100_000), file(body));
  await fetched(`${plain.origin}/fw.zip`, { network: network({ http: proxy(tinyproxy) }) });
  isWhole();
  expect(plain.requests.map(({ headers }) => headers.via)).toEqual([expect.stringContaining('tinyproxy'), expect.anything()]);
  expect(plain.requests.map(({ headers }) => headers['proxy-authorization'])).toEqual([undefined, undefined]);
  rmSync(to());
  secure.serve('/fw.zip', cutOff(body, 100_000), file(body));
  await fetched(`${secure.origin}/fw.zip`, { network: network({ https: proxy(tinyproxy) }) });
  isWhole();
});

test('a proxy may be spoken to in TLS, and it alone looks names up', async () => {
  secure.serve('http://files.example.com/fw.zip', file(body));
  const inTls = parseProxy(`https://${secure.origin.slice('https://'.length)}`, 'the proxy');
  await fetched('http://files.example.com/fw.zip', { network: network({ http: inTls }) });
  isWhole();
});

test.each(['http', 'https'] as const)('a proxy for %s that wants another login is told, without the login', async (protocol) => {
  const url = protocol === 'http' ? `${plain.origin}/fw.zip` : `${secure.origin}/fw.zip`;
  const wrong = network({ [protocol]: proxy(tinyproxy, 'nobody', `wrong-${marker}`) });
  const thrown = await fetched(url, { network: wrong }).catch((cause: unknown) => cause);
  expect(thrown).toMatchObject({
    code: 'download-refused',
    message: expect.stringMatching(/127\.0\.0\.1:\d+ (?:refuses it or )?wants other credentials \(HTTP 40[17]\) \(try 1 of 2\)$/),
  });
  expect(`${thrown} ${(thrown as Error).stack}`).not.toContain('marker');
});

test.each(['http', 'https', 'ftp'] as const)('a proxy for %s that is not there is told, and tried again', async (protocol) => {
  const url = { http: `${plain.origin}/fw.zip`, https: `${secure.origin}/fw.zip`, ftp: ftpUrl(ftp) }[protocol];
  await expect(fetched(url, { network: network({ [protocol]: proxy({ port: 1 }) }) })).rejects.toMatchObject({
    message: expect.stringMatching(/^(?!.*marker).*: the proxy 127\.0\.0\.1:1: the connection was refused \(try 2 of 2\)$/),
  });
});

test.each(['MD5', 'SHA-256', 'SHA-256|MD5'])(
  'lighttpd, which wants Digest with %s, lets us in and lets us go on',
  async (algorithms) => {
    const lighttpd = await startLighttpd(join(folder, 'files'), { username: 'admin', password: marker }, algorithms);
    try {
      const url = `http://127.0.0.1:${lighttpd.port}/dir%20one/fw.zip`;
      await expect(fetched(url)).rejects.toMatchObject({ code: 'download-refused' });
      const wrong = { username: 'admin', password: new Secret(`wrong-${marker}`) };
      await expect(fetched(url, { credentials: wrong })).rejects.toMatchObject({
        code: 'download-refused',
        message: expect.stringMatching(/^(?!.*marker).*\(HTTP 401\) \(try 1 of 2\)$/),
      });
      expect(await checkLink(url, body.length, { network: network(), credentials: login })).toMatchObject({ kind: 'ok' });
      writeFileSync(`${to()}.part`, body.subarray(0, 250_000));
      writeFileSync(`${to()}.part.json`, JSON.stringify({ url }));
      const first: number[] = [];
      await fetched(url, { credentials: login, progress: (current) => first.push(current) });
      isWhole();
      expect(first[0]).toBe(250_000);
      // Also through a proxy, which writes the request line anew.
      rmSync(to());
      await fetched(url, { credentials: login, network: network({ http: proxy(tinyproxy) }) });
      isWhole();
    } finally {
      await lighttpd.stop();
    }
  },
);

test('an https file is fetched from who can be trusted only, and is not led to http', async () => {
  secure.serve('/fw.zip', file(body));
  await fetched(`${secure.origin}/fw.zip`);
  isWhole();
  rmSync(to());
  await expect(fetched(`${secure.origin}/fw.zip`, { network: { proxies: {} } })).rejects.toMatchObject({
    code: 'download-untrusted',
    message: expect.stringContaining('its certificate is not trusted'),
  });
  plain.serve('/fw.zip', file(body));
  secure.serve('/led', redirect(`${plain.origin}/fw.zip?ticket=${marker}`));
  await expect(fetched(`${secure.origin}/led`)).rejects.toMatchObject({
    code: 'download-redirect',
    message: expect.stringMatching(/^(?!.*marker).*which is not safe/),
  });
});

test.each(['', 'ftp://host:1', 'http://host/path', `http://admin:${marker}@`, `http://${marker} x`])('%j is no proxy', (text) => {
  expect(() => parseProxy(text, 'http_proxy')).toThrow(/^(?!.*marker)http_proxy is no proxy/);
});

test.each([
  ['proxy.example.com:3128', { secure: false, host: 'proxy.example.com', port: 3128 }],
  ['http://proxy.example.com', { secure: false, host: 'proxy.example.com', port: 80 }],
  ['https://[2001:db8::1]:8443/', { secure: true, host: '2001:db8::1', port: 8443 }],
])('%s is read as a proxy', (text, expected) => {
  expect(parseProxy(text, 'http_proxy')).toEqual(expected);
});

test('a process that is killed in the middle of a download from nginx leaves nothing that looks whole, and the next goes on', async () => {
  const big = pattern(3_000_000);
  writeFileSync(join(folder, 'files/big.bin'), big);
  const nginx = await startNginx(join(folder, 'files'), 1_000_000);
  const compiled = compile('tests/support/download-child.ts');
  try {
    const url = `http://127.0.0.1:${nginx.port}/big.bin`;
    const sum = createHash('sha1').update(big).digest('hex');
    const words = [url, to(), String(big.length), sum];
    const child = () => spawn(process.execPath, [compiled.program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    let before = 0;
    for (let kills = 0; kills < 3; kills++) {
      const running = child();
      const exited = once(running, 'exit');
      await eventually(() => expect(statSync(`${to()}.part`).size).toBeGreaterThan(before + 200_000));
      running.kill('SIGKILL');
      expect(await exited).toEqual([null, 'SIGKILL']);
      expect(readdirSync(join(folder, 'to')).sort()).toEqual(['fw.zip.part', 'fw.zip.part.json']);
      before = statSync(`${to()}.part`).size;
    }
    const last = child();
    const said = once(last.stdout, 'data');
    expect(await once(last, 'exit')).toEqual([0, null]);
    expect(Number(String((await said)[0]).split('\n')[0])).toBe(before);
    expect(readFileSync(to()).equals(big)).toBe(true);
    expect(readdirSync(join(folder, 'to'))).toEqual(['fw.zip']);
  } finally {
    compiled.remove();
    await nginx.stop();
  }
});
