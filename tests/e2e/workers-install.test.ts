import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type BuiltServer, startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/phones.ts';
import { makeRepository, type TestRepository } from '../support/repository.ts';
import { type RudeServer, startRudeServer } from '../support/rude-server.ts';

const workers = 3;
let root: string;
let server: BuiltServer;
let repository: TestRepository;
let web: RudeServer;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'offhook-workers-install-'));
  mkdirSync(join(root, 'empty'));
  repository = await makeRepository(root);
  web = await startRudeServer();
  server = await startBuiltServer([`workers=${workers}`, `plugins.directories=${join(root, 'empty')}`]);
  await ask('/configs', { id: 'default', role: 'default', parent_ids: [], raw_config: {} });
  await ask('/repositories/main', { location: repository.folder, keys: [repository.key] }, 'PUT');
}, 60_000);
afterAll(async () => {
  await server.stop();
  await web.close();
  rmSync(root, { recursive: true });
});

async function ask(path: string, body?: object, method?: string) {
  const answer = await server.ask(`/api/v1${path}`, body, method);
  const text = await answer.text();
  expect([answer.ok, text]).toEqual([true, text]);
  return text === '' ? undefined : JSON.parse(text);
}

/** Starts an operation, and waits for its end, no longer. */
async function succeed(path: string, body: object = {}, method?: string): Promise<void> {
  const { id } = await ask(path, body, method);
  const ended = await eventually(async () => {
    const operation = await ask(`/operations/${id}`);
    if (operation.ended === null) throw new Error('It goes on');
    return operation;
  });
  expect([ended.state, ended.error]).toEqual(['success', null]);
}

/** What each worker says: phones that let go of their connections come to one after another. */
async function heard(path: string): Promise<string[]> {
  const answers = await Promise.all(
    Array.from({ length: 4 * workers }, () => httpGet(server.http, path, '127.0.1.1', { 'user-agent': 'Acme M1' })),
  );
  return [...new Set(answers.map(({ status, body }) => (status === 200 ? body : String(status))))];
}

test('what is installed, upgraded and uninstalled is so for all workers when the operation has ended', async () => {
  await repository.add({ version: '1.0', text: 'one' });
  await succeed('/repositories/refresh');
  await succeed('/packages/acme/install');
  expect(await heard('/acme/001122000001.cfg')).toEqual(['# one\nmac 00:11:22:00:00:01']);
  await repository.add({ version: '2.0', text: 'two' });
  await succeed('/repositories/refresh');
  await succeed('/packages/upgrade');
  expect(await heard('/acme/001122000001.cfg')).toEqual(['# two\nmac 00:11:22:00:00:01']);
  await succeed('/packages/acme/roll-back');
  expect(await heard('/acme/001122000001.cfg')).toEqual(['# one\nmac 00:11:22:00:00:01']);
  await succeed('/packages/acme?force=true', undefined, 'DELETE');
  expect(await heard('/acme/001122000001.cfg')).toEqual(['404']);
}, 60_000);

test('firmware that is installed or uninstalled is so for all workers when that has ended', async () => {
  writeFileSync(join(root, 'acme.rom'), 'firmware of acme');
  const bytes = execFileSync('tar', ['-C', root, '-czf', '-', 'acme.rom']);
  const url = web.serve('/rom.tar.gz', (_request, response) => response.end(bytes));
  await repository.add({ version: '3.0', firmware: { url, bytes } });
  await succeed('/repositories/refresh');
  await succeed('/packages/acme/install');
  for (let round = 0; round < 10; round++) {
    await succeed('/firmware/acme/rom/install');
    expect(await heard('/fw/acme.rom')).toEqual(['firmware of acme']);
    await ask('/firmware/acme/rom', undefined, 'DELETE');
    expect(await heard('/fw/acme.rom')).toEqual(['404']);
  }
}, 60_000);
