import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Administrator, administratorOf } from '../support/administrator.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { makeRepository, type TestRepository } from '../support/repository.ts';
import { type RudeServer, startRudeServer } from '../support/rude-server.ts';

let root: string;
let web: RudeServer;
let repository: TestRepository;
let server: TestApp;
let administrator: Administrator;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'offhook-e2e-unwritable-'));
  mkdirSync(join(root, 'empty'));
  web = await startRudeServer();
  writeFileSync(join(root, 'acme.rom'), 'firmware of acme');
  const bytes = execFileSync('tar', ['-C', root, '-czf', '-', 'acme.rom']);
  const firmware = { url: web.serve('/rom.tar.gz', (_request, response) => response.end(bytes)), bytes };
  repository = await makeRepository(root);
  for (const version of ['1.0', '2.0']) await repository.add({ version, firmware });
  server = await startTestApp([`plugins.directories=${join(root, 'empty')}`, 'network.tries=1']);
  administrator = administratorOf(server);
  await administrator.ask('PUT', '/repositories/main', { location: repository.folder, keys: [repository.key] });
  await administrator.succeed('POST', '/repositories/refresh');
});
afterEach(async () => {
  await server.stop();
  await web.close();
  rmSync(root, { recursive: true });
});

/** Nothing can be written below it, not even by root, until the function that is returned is called. */
function obstruct(path: string): () => void {
  const [place, aside] = [join(server.data, path), join(root, 'aside')];
  mkdirSync(place, { recursive: true });
  renameSync(place, aside);
  writeFileSync(place, 'a file in the way');
  return () => {
    rmSync(place);
    renameSync(aside, place);
  };
}

type Work = readonly [method: string, path: string, body?: object];
const install = (version: string): Work => ['POST', '/packages/acme/install', { version }];
const firmware: Work = ['POST', '/firmware/acme/rom/install'];

test.each<[string, Work]>([
  ['packages', install('2.0')],
  ['repositories/incoming', install('2.0')],
  ['firmware/installed', firmware],
  ['firmware/cache', firmware],
  ['firmware/cache/incoming', firmware],
])('a file in the place of %s is told by an installation that fails, which can be repeated', async (path, work) => {
  await administrator.succeed(...install('1.0'));
  const clear = obstruct(path);
  const { error } = await administrator.run(...work);
  expect(error).toMatchObject({ code: 'disk-not-writable', message: expect.stringContaining(join(server.data, path)) });
  expect(error.message).toContain('is a file, not a directory; move ');
  clear();
  await administrator.succeed(...work);
});

test('what is asked for at once, and no operation, is told the same way', async () => {
  await administrator.succeed(...install('1.0'));
  const clear = obstruct('packages');
  const { status, json } = await administrator.ask('PUT', '/packages/acme/pin');
  expect([status, json.code]).toEqual([503, 'disk-not-writable']);
  expect(json.detail).toContain(
    `${join(server.data, 'packages')} cannot be written: it is a file, not a directory; move it away`,
  );
  clear();
  expect((await administrator.ask('PUT', '/packages/acme/pin')).json).toMatchObject({ pinned: true });
});

/** As for an operator who mounts the folder that way, or keeps it under version control elsewhere. */
function readOnly(folder: string): () => void {
  const mount = (...words: string[]) => execFileSync('mount', words);
  mount('--bind', folder, folder);
  mount('-o', 'remount,bind,ro', folder);
  return () => void execFileSync('umount', ['-l', folder]);
}

test('a package is not exchanged while it cannot be noted of which of its templates an override was made', async () => {
  await administrator.succeed(...install('1.0'));
  const templates = join(server.data, 'templates');
  mkdirSync(join(templates, 'acme-1'), { recursive: true });
  writeFileSync(join(templates, 'acme-1/phone.tpl'), '# mine\n');
  const end = readOnly(templates);
  try {
    const { error } = await administrator.run(...install('2.0'));
    expect(error).toMatchObject({ code: 'template-not-writable', message: expect.stringContaining(join(templates, '.bases')) });
    expect(error.message).toContain('the file system is mounted read-only; mount it read-write, then try again');
    expect((await administrator.ask('GET', '/packages/acme')).json.version).toBe('1.0');
  } finally {
    end();
  }
  await administrator.succeed(...install('2.0'));
  expect(readFileSync(join(templates, '.bases/acme-1/phone.tpl'), 'utf8')).toContain('# version 1.0');
});

test('a package whose overrides all have their bases is exchanged, although their folder cannot be written', async () => {
  await administrator.succeed(...install('1.0'));
  const templates = join(server.data, 'templates');
  await administrator.ask('PUT', '/templates/acme-1/phone.tpl', { text: '# mine\n' });
  const end = readOnly(templates);
  try {
    await administrator.succeed(...install('2.0'));
    expect((await administrator.ask('GET', '/templates/acme-1/phone.tpl')).json.state).toBe('outdated');
  } finally {
    end();
  }
});
