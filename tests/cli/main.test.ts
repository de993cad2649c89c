import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
/** A build of the sources as they are now, where it finds the packages that are installed. */
const build = join(root, '.cache/cli-build');
const main = join(build, 'server/main.js');

beforeAll(() => {
  const compiler = join(root, 'node_modules/.bin/tsc');
  execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json'), '--outDir', build], { cwd: root, stdio: 'inherit' });
  copyFileSync(join(root, 'package.json'), join(build, 'package.json'));
  expect(existsSync(main)).toBe(true);
}, 120_000);
afterAll(() => rmSync(build, { recursive: true, force: true }));

let data: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'offhook-main-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  rmSync(data, { recursive: true });
});

function start(words: readonly string[]) {
  const { PATH } = process.env;
  const child = spawn(process.execPath, [main, ...words], { cwd: data, env: { PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function finished(words: readonly string[]) {
  const child = start(words);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, err };
}

/** A server on free ports, with data in the folder of the test. Resolves with the URL of its API when it runs. */
async function serve(...words: string[]) {
  mkdirSync(join(data, 'none'), { recursive: true });
  const flags = [
    'http.port=0',
    'tftp.port=0',
    'admin.port=0',
    'plugins.directories=none',
    'http.listen=127.0.0.1',
    'tftp.listen=127.0.0.1',
  ];
  const child = start(['serve', '--development', ...flags.flatMap((flag) => ['--set', flag]), ...words]);
  let out = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
      const [, found] = /--server (http:\S+)/.exec(out) ?? [];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${out}`)));
  });
  return { child, url, place: ['--data', join(data, 'var'), '--server', url], out: () => out };
}

test('a server is started, asked by commands, told to read anew, and ended in order', async () => {
  const { child, url, place, out } = await serve();
  expect(out()).toContain('Offhook is running.');
  expect(statSync(join(data, 'var/admin.token')).mode & 0o777).toBe(0o600);

  expect(await finished(['device', 'add', '--id', 'desk1', 'mac=000fd3054848', ...place])).toEqual({
    code: 0,
    out: 'desk1\n',
    err: '',
  });
  expect((await finished(['device', 'list', ...place])).out).toContain('00:0f:d3:05:48:48');
  expect((await finished(['status', '--server', url])).out).toMatch(/^devices +1$/m);
  expect((await finished(['config', 'show', 'autoprov', ...place])).out).toMatch(/^role +autocreate$/m);

  child.kill('SIGHUP');
  expect((await finished(['status', '--server', url])).code).toBe(0);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await finished(['status', '--server', url])).toMatchObject({
    code: 1,
    err: expect.stringContaining('No server answers'),
  });
}, 60_000);

test('the token stays the same when the server starts again, and no log holds it', async () => {
  const first = await serve();
  const token = readFileSync(join(data, 'var/admin.token'), 'utf8').trim();
  first.child.kill('SIGINT');
  await once(first.child, 'exit');
  const second = await serve('--log-level', 'trace');
  expect((await finished(['tenant', 'list', ...second.place])).code).toBe(0);
  second.child.kill('SIGINT');
  await once(second.child, 'exit');
  expect(readFileSync(join(data, 'var/admin.token'), 'utf8').trim()).toBe(token);
  expect(first.out() + second.out()).not.toContain(token);
}, 60_000);

test('settings that cannot be used end the process with 78 and no stack', async () => {
  const { code, out, err } = await finished(['serve', '--set', 'http.port=x', '--set', 'log.levl=info']);
  expect({ code, out }).toEqual({ code: 78, out: '' });
  expect(err).toMatch(/^offhook: The settings cannot be used:\n {2}.*http\.port.*\n {2}.*log\.levl.*log\.level.*\n$/);
});

test('a reader that has seen enough is no error', async () => {
  const child = start(['--help']);
  child.stdout.destroy();
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect({ err, code }).toEqual({ err: '', code: 0 });
});
