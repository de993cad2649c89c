import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MEDIA_TYPE } from '../../server/api/provd/answer.ts';
import { type Administrator, administratorOf } from '../support/administrator.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { make } from '../support/archives.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/phones.ts';
import { makeRepository, type TestRepository } from '../support/repository.ts';
import { file, startRudeServer } from '../support/rude-server.ts';

let root: string;
let server: TestApp;
let repository: TestRepository;
let administrator: Administrator;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'offhook-e2e-provd-'));
  mkdirSync(join(root, 'empty'));
  repository = await makeRepository(root);
  server = await startTestApp([`plugins.directories=${join(root, 'empty')}`, 'network.tries=1']);
  administrator = administratorOf(server);
  await administrator.ask('POST', '/configs', { id: 'default', role: 'default', parent_ids: [], raw_config: {} });
});
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});

async function provd(method: string, path: string, body?: object) {
  const { url = '' } = server.app.addresses.find(({ name }) => name === 'admin') ?? {};
  const token = readFileSync(join(server.data, 'admin.token'), 'utf8').trim();
  const response = await fetch(`${url}/0.2/pg_mgr${path}`, {
    method,
    headers: { 'x-auth-token': token, ...(body && { 'content-type': MEDIA_TYPE }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, location: response.headers.get('location') ?? '', text };
}
const pkgs = async (which: string) => JSON.parse((await provd('GET', `/install/${which}`)).text).pkgs;
const phone = async () => (await httpGet(server.http, '/acme/001122000001.cfg', '127.0.1.1')).body;

/** As provd's client reads an operation: `[label|]state[;current[/end]](sub)*`. */
function parsed(text: string) {
  const [, label = '', state, current, end, rest = ''] =
    /^(?:(\w*)\|)?(waiting|progress|success|fail)(?:;(\d+)(?:\/(\d+))?)?((?:\(.*\))*)$/.exec(text) ?? [];
  expect({ text, isRead: state !== undefined }).toEqual({ text, isRead: true });
  return { label, state, current, end, rest };
}

/** Waits until it has ended, as a client does: without the first two parts of its path. */
async function ended(location: string) {
  expect(location).toMatch(/^\/0\.2\/pg_mgr\/(?:plugins\/[\w-]+\/)?install\/(?:install|upgrade|update)\/\d+$/);
  const path = location.slice('/0.2/pg_mgr'.length);
  return eventually(async () => {
    const { status } = JSON.parse((await provd('GET', path)).text);
    const operation = parsed(status);
    expect(operation.state).toMatch(/success|fail/);
    return { ...operation, path };
  });
}

test('a client of provd installs, upgrades and uninstalls a plugin, and its phones are served', async () => {
  await repository.add({ version: '1.0', plugins: ['acme-1', 'acme-2'] });
  await administrator.ask('PUT', '/repositories/main', { location: repository.folder, keys: [repository.key] });
  expect(await pkgs('installable')).toEqual({});

  const update = await provd('POST', '/install/update', {});
  expect(update).toMatchObject({ status: 201, text: '' });
  expect(await ended(update.location)).toMatchObject({ label: 'update', state: 'success' });
  expect(Object.keys(await pkgs('installable'))).toEqual(['acme-1', 'acme-2']);
  expect(await pkgs('installable')).toMatchObject({
    'acme-1': { version: '1.0', dsize: expect.any(Number), description: expect.any(String), capabilities: expect.any(Object) },
  });

  const install = await provd('POST', '/install/install', { id: 'acme-1' });
  const operation = await ended(install.location);
  expect(operation).toMatchObject({ label: 'install', state: 'success', rest: expect.stringMatching(/^\(download\|success/) });
  expect(await phone()).toContain('# version 1.0');
  expect(Object.keys(await pkgs('installed'))).toEqual(['acme-1', 'acme-2']);
  expect(await provd('POST', '/install/install', { id: 'acme-2' })).toMatchObject({
    status: 400,
    text: 'plugin acme-2 is already installed',
  });

  expect((await provd('DELETE', operation.path)).status).toBe(204);
  expect((await provd('GET', operation.path)).status).toBe(404);

  await repository.add({ version: '2.0', plugins: ['acme-1', 'acme-2'] });
  await ended((await provd('POST', '/install/update', {})).location);
  expect(await pkgs('installable')).toMatchObject({ 'acme-1': { version: '2.0' } });
  expect(await pkgs('installed')).toMatchObject({ 'acme-1': { version: '1.0' } });
  expect(await ended((await provd('POST', '/install/upgrade', { id: 'acme-1' })).location)).toMatchObject({ state: 'success' });
  expect(await phone()).toContain('# version 2.0');
  // The same again is allowed.
  expect(await ended((await provd('POST', '/install/upgrade', { id: 'acme-1' })).location)).toMatchObject({ state: 'success' });

  const { devices } = (await administrator.ask('GET', '/devices')).json;
  const [own] = devices.map(({ plugin }: { plugin: string }) => plugin);
  const other = own === 'acme-1' ? 'acme-2' : 'acme-1';
  expect(await provd('POST', '/install/uninstall', { id: other })).toMatchObject({
    status: 400,
    text: expect.stringContaining(`${own} (1)`),
  });
  expect(await provd('POST', '/install/uninstall', { id: own })).toMatchObject({ status: 204, text: '' });
  expect((await httpGet(server.http, '/acme/001122000001.cfg', '127.0.1.1')).status).toBe(404);
  expect(await pkgs('installed')).toEqual({});
}, 60_000);

test('a client of provd installs the firmware of a plugin, and removes it', async () => {
  const bytes = make({ 'acme.rom': 'firmware of acme' }, 'tar', '-czf', 'made.tar.gz', 'acme.rom');
  const web = await startRudeServer();
  try {
    await repository.add({ version: '3.0', firmware: { url: web.serve('/rom.tar.gz', file(bytes)), bytes } });
    await ended((await provd('POST', '/install/update', {})).location);
    await ended((await provd('POST', '/install/install', { id: 'acme-1' })).location);
    const pkgsOf = async (which: string) => JSON.parse((await provd('GET', `/plugins/acme-1/install/${which}`)).text).pkgs;
    const description = 'Firmware of Acme';
    expect(await pkgsOf('installable')).toEqual({ rom: { version: '1.0', description, dsize: bytes.length } });
    expect(await pkgsOf('installed')).toEqual({});

    const install = await provd('POST', '/plugins/acme-1/install/install', { id: 'rom' });
    const operation = await ended(install.location);
    expect(operation).toMatchObject({ label: 'install_pkg', state: 'success' });
    expect(operation.rest).toBe(`(download|success;${bytes.length}/${bytes.length})(install|success;1/1)`);
    expect(await pkgsOf('installed')).toEqual({ rom: { version: '1.0', description } });
    const phone = { 'user-agent': 'Acme M1' };
    expect(await httpGet(server.http, '/fw/acme.rom', '127.0.1.1', phone)).toMatchObject({
      status: 200,
      body: 'firmware of acme',
    });

    expect((await provd('DELETE', operation.path)).status).toBe(204);
    expect((await provd('POST', '/plugins/acme-1/install/uninstall', { id: 'rom' })).status).toBe(204);
    expect((await httpGet(server.http, '/fw/acme.rom', '127.0.1.1', phone)).status).toBe(404);
    expect(await provd('POST', '/plugins/acme-1/install/install', { id: 'nope' })).toMatchObject({
      status: 400,
      text: 'package not found',
    });
  } finally {
    await web.close();
    await provd('POST', '/install/uninstall', { id: 'acme-1' });
  }
}, 60_000);

test('what cannot be fetched ends its operation with fail', async () => {
  const archives = readdirSync(repository.folder, { recursive: true, encoding: 'utf8' }).filter((name) => /acme-3\.0/.test(name));
  expect(archives).not.toEqual([]);
  for (const name of archives) rmSync(join(repository.folder, name));
  const { status, location } = await provd('POST', '/install/install', { id: 'acme-1' });
  expect(status).toBe(201);
  expect(await ended(location)).toMatchObject({ label: 'install', state: 'fail' });
});
