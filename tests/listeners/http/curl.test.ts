import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { fileContent } from '../../../server/lib/content.ts';
import { makePair, temporaryDirectory } from '../../support/http-certificate.ts';
import { CONFIG, file, start } from '../../support/http-listener.ts';

const run = promisify(execFile);
const BODY = CONFIG.toString('latin1');

/** Runs Debian's curl; `-w` is given so that the status is the last line. */
async function curl(...parameters: string[]): Promise<{ body: string; status: string }> {
  const { stdout } = await run('curl', ['-s', '-g', '-w', '\n%{http_code} %{http_version}', ...parameters], {
    encoding: 'latin1',
  });
  const line = stdout.lastIndexOf('\n');
  return { body: stdout.slice(0, line), status: stdout.slice(line + 1) };
}

beforeAll(async () => {
  await run('curl', ['--version']);
});

test('curl gets a file over HTTP/1.1 and HTTP/1.0', async () => {
  const { port } = await start();
  const url = `http://127.0.0.1:${port}/Digium/000fd3054848.cfg`;
  expect(await curl(url)).toEqual({ body: BODY, status: '200 1.1' });
  expect(await curl('-0', url)).toEqual({ body: BODY, status: '200 1.1' });
});

test('curl gets a file over IPv6', async () => {
  const { port, requests } = await start({ addresses: [{ host: '::1', port: 0 }] });
  expect(await curl(`http://[::1]:${port}/a`)).toEqual({ body: BODY, status: '200 1.1' });
  expect(requests[0]).toMatchObject({ ip: '::1', reached: { ip: '::1', port } });
});

test('curl gets a file over TLS and trusts the certificate', async () => {
  const pair = makePair(temporaryDirectory(), 'offhook');
  const { port } = await start({ tls: pair });
  expect(await curl('--cacert', pair.certificate, `https://127.0.0.1:${port}/a`)).toEqual({ body: BODY, status: '200 1.1' });
});

test('curl gets the headers alone', async () => {
  const { port } = await start();
  const { body } = await curl('-I', `http://127.0.0.1:${port}/a`);
  expect(body).toContain(`Content-Length: ${CONFIG.length}\r\n`);
  expect(body).not.toContain('<config>');
});

test.each([
  ['0-3', '206 1.1', BODY.slice(0, 4)],
  ['4-', '206 1.1', BODY.slice(4)],
  ['-4', '206 1.1', BODY.slice(-4)],
  ['0-1,3-4', '200 1.1', BODY],
  ['4000-', '416 1.1', ''],
])('curl asks for the range %s', async (range, status, body) => {
  const { port } = await start();
  expect(await curl('-r', range, `http://127.0.0.1:${port}/a`)).toEqual({ body, status });
});

test('curl goes on with a download that was broken off', async () => {
  const directory = temporaryDirectory();
  const [image, part] = [join(directory, 'image.rom'), join(directory, 'part.rom')];
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 241));
  await writeFile(image, bytes);
  await writeFile(part, bytes.subarray(0, 100_000));
  const { port, event } = await start({
    async answer() {
      const content = await fileContent(image);
      return content ? file(content, { modified: content.modified }) : { kind: 'not-found' };
    },
  });
  await run('curl', ['-s', '-C', '-', '-o', part, `http://127.0.0.1:${port}/image.rom`]);
  expect((await readFile(part)).equals(bytes)).toBe(true);
  expect(await event('finished')).toMatchObject({ status: 206, bytes: 200_000 });
});

test('curl asks whether a file is newer, and whether it is not', async () => {
  const { port } = await start();
  const url = `http://127.0.0.1:${port}/a`;
  expect((await curl('-z', 'Fri, 01 Mar 2024 12:34:55 GMT', url)).status).toBe('200 1.1');
  expect((await curl('-z', 'Fri, 01 Mar 2024 12:34:56 GMT', url)).status).toBe('304 1.1');
  expect((await curl('-z', '-Fri, 01 Mar 2024 12:34:57 GMT', url)).status).toBe('200 1.1');
  expect((await curl('-z', '-Fri, 01 Mar 2024 12:34:55 GMT', url)).status).toBe('412 1.1');
});

test('curl keeps its entity tags', async () => {
  const { port } = await start();
  const [url, tags] = [`http://127.0.0.1:${port}/a`, join(temporaryDirectory(), 'tags')];
  expect((await curl('--etag-save', tags, url)).status).toBe('200 1.1');
  expect((await curl('--etag-compare', tags, url)).status).toBe('304 1.1');
});

test.each(['/../etc/passwd', '/Digium/../../x', '/%2e%2e/x', '/./a', '/a%2fb', '/a%00', '/a\\b'])(
  'curl does not get %s, sent as it is',
  async (path) => {
    const { port, requests } = await start();
    expect(await curl('--path-as-is', `http://127.0.0.1:${port}${path}`)).toEqual({ body: 'Not found\n', status: '404 1.1' });
    expect(requests).toEqual([]);
  },
);

test.each([
  ['//Digium//a', '/Digium/a'],
  ['/a%20b', '/a b'],
  ['/%zz%', '/%zz%'],
])('curl sends %s, and %s is asked for', async (sent, path) => {
  const { port, requests } = await start();
  await curl('--path-as-is', `http://127.0.0.1:${port}${sent}`);
  expect(requests[0]?.path).toBe(path);
});

test.each([
  ['-X', 'OPTIONS'],
  ['-X', 'DELETE'],
  ['-d', 'a=b'],
  ['-T', '/etc/hostname'],
  ['-X', 'BREW'],
])('curl %s %s is not allowed', async (...parameters) => {
  const { port } = await start();
  expect((await curl(...parameters, `http://127.0.0.1:${port}/a`)).status).toBe('405 1.1');
});

test('curl sends a body with a GET, small or large', async () => {
  const { port } = await start();
  const url = `http://127.0.0.1:${port}/a`;
  expect(await curl('-X', 'GET', '-d', 'hello', url)).toEqual({ body: BODY, status: '200 1.1' });
  const large = join(temporaryDirectory(), 'large');
  await writeFile(large, Buffer.alloc(2_000_000));
  expect((await curl('-X', 'GET', '--data-binary', `@${large}`, '-H', 'Expect:', url)).status).toBe('413 1.1');
  expect((await curl('-X', 'GET', '--data-binary', `@${large}`, '-H', 'Expect: 100-continue', url)).status).toBe('413 1.1');
});

test('curl that offers HTTP/2 is answered in HTTP/1.1, and refused when it insists', async () => {
  const { port } = await start();
  expect((await curl('--http2', `http://127.0.0.1:${port}/a`)).status).toBe('200 1.1');
  await expect(curl('--http2-prior-knowledge', `http://127.0.0.1:${port}/a`)).rejects.toThrow();
  expect((await curl(`http://127.0.0.1:${port}/a`)).status).toBe('200 1.1');
});
