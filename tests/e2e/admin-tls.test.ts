import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { type BuiltServer, startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { makePair, type Pair, shownName, temporaryDirectory } from '../support/http-certificate.ts';

const execute = promisify(execFile);
const program = join(import.meta.dirname, '../../dist/server/main.js');
let server: BuiltServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** On a port that a settings file names, so that commands find it. */
async function start(folder: string, pair: Pair): Promise<{ config: string; port: number; server: BuiltServer }> {
  const config = join(folder, 'offhook.yml');
  const port = await freePort();
  const tls = `{ enabled: true, certificate: ${pair.certificate}, key: ${pair.key} }`;
  writeFileSync(config, `admin:\n  listen: [127.0.0.1]\n  port: ${port}\n  tls: ${tls}\n`);
  server = await startBuiltServer([`admin.port=${port}`], ['--config', config]);
  return { config, port, server };
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(command: string, ...words: string[]): Promise<Ran> {
  try {
    return { code: 0, ...(await execute(command, words, { timeout: 30_000 })) };
  } catch (cause) {
    const { code, stdout, stderr } = cause as Ran;
    return { code, stdout, stderr };
  }
}

const offhook = (...words: string[]) => run(process.execPath, program, ...words);

test('the API speaks HTTPS; commands on its host trust its certificate, others one of an authority that they are told', async () => {
  const folder = temporaryDirectory();
  const pair = makePair(folder, 'api.example.com');
  const { config, port, server } = await start(folder, pair);
  const url = `https://127.0.0.1:${port}`;
  expect((await run('curl', '-sS', '--cacert', pair.certificate, `${url}/status`)).stdout).toContain('"version"');
  expect((await run('curl', '-sS', `http://127.0.0.1:${port}/status`)).code).not.toBe(0);

  expect(await offhook('device', 'list', '--config', config, '--data', server.data)).toMatchObject({
    code: 0,
    stdout: 'There are no such devices.\n',
  });
  const away = ['device', 'list', '--server', url, '--token-file', join(server.data, 'admin.token')];
  expect(await offhook(...away, '--certificates', pair.certificate)).toMatchObject({ code: 0 });
  expect(await offhook(...away)).toMatchObject({ code: 1, stderr: expect.stringContaining('self-signed certificate') });
  expect((await offhook(...away, '--certificates', join(folder, 'none.pem'))).stderr).toContain('none.pem cannot be used');

  // Somebody else on the port that the settings name.
  makePair(folder, 'other.example.com');
  expect((await offhook('device', 'list', '--config', config, '--data', server.data)).stderr).toContain('is not the one in');
}, 60_000);

test('another certificate is taken in while the server runs, and one that cannot be used is not', async () => {
  const folder = temporaryDirectory();
  const pair = makePair(folder, 'one.example.com');
  const { port, server } = await start(folder, pair);
  expect(await shownName(port)).toBe('one.example.com');
  makePair(folder, 'two.example.com');
  server.process.kill('SIGHUP');
  await eventually(async () => expect(await shownName(port)).toBe('two.example.com'));
  writeFileSync(pair.key, 'nothing');
  server.process.kill('SIGHUP');
  await eventually(() => expect(server.log().map(({ event }) => event)).toContain('admin.certificate-rejected'));
  expect(await shownName(port)).toBe('two.example.com');
}, 60_000);

test('who listens to events goes on listening when the certificate changes', async () => {
  const folder = temporaryDirectory();
  const pair = makePair(folder, 'one.example.com');
  const { config, port, server } = await start(folder, pair);
  const token = readFileSync(join(server.data, 'admin.token'), 'utf8').trim();
  const url = `https://127.0.0.1:${port}/api/v1/events`;
  const listener = spawn('curl', ['-sSN', '--cacert', pair.certificate, '-H', `Authorization: Bearer ${token}`, url]);
  const ended = once(listener, 'close');
  let told = '';
  listener.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  try {
    await eventually(() => expect(told).toContain('retry: '));
    makePair(folder, 'two.example.com');
    server.process.kill('SIGHUP');
    await eventually(async () => expect(await shownName(port)).toBe('two.example.com'));
    expect(await offhook('tenant', 'add', 'north', '--config', config, '--data', server.data)).toMatchObject({ code: 0 });
    await eventually(() => expect(told).toContain('"resource":"tenant"'));
    expect(listener.exitCode).toBeNull();
  } finally {
    listener.kill();
    await ended;
  }
}, 60_000);

test('a certificate that cannot be used ends the start, with its key', async () => {
  const folder = temporaryDirectory();
  const { certificate } = makePair(folder, 'one.example.com');
  const set = ['tls.enabled=true', `tls.certificate=${certificate}`, `tls.key=${certificate}`].map((each) => `admin.${each}`);
  await expect(startBuiltServer(set)).rejects.toThrow(/It ended with 78: .*admin\.tls\.certificate/s);
}, 60_000);
