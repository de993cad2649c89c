import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bundle } from '../../server/packaging/publish.ts';
import { type Administrator, administratorOf, type Json } from '../support/administrator.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { httpGet } from '../support/phones.ts';
import { makeRepository, type TestRepository } from '../support/repository.ts';
import { type RudeServer, startRudeServer } from '../support/rude-server.ts';

const mac = '001122000001';
let root: string;
let server: TestApp;
let repository: TestRepository;
let web: RudeServer | undefined;
let administrator: Administrator;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'offhook-e2e-packages-'));
  mkdirSync(join(root, 'empty'));
  repository = await makeRepository(root);
  server = await startTestApp([`plugins.directories=${join(root, 'empty')}`, 'network.tries=1']);
  administrator = administratorOf(server);
  // Whoever is not known gets this.
  await ask('POST', '/configs', { id: 'default', role: 'default', parent_ids: [], raw_config: {} });
});
afterEach(async () => {
  await server.stop();
  await web?.close();
  web = undefined;
  rmSync(root, { recursive: true });
});

const ask: Administrator['ask'] = (...asked) => administrator.ask(...asked);
const run: Administrator['run'] = (...asked) => administrator.run(...asked);
const succeed: Administrator['succeed'] = (...asked) => administrator.succeed(...asked);

const enter = (change: object = {}) =>
  ask('PUT', '/repositories/main', { location: repository.folder, keys: [repository.key], ...change });
const refresh = async () => (await succeed('POST', '/repositories/refresh')).repositories;
const phone = () => httpGet(server.http, `/acme/${mac}.cfg`, '127.0.1.1');
const shown = async () => (await ask('GET', '/packages/acme')).json;

test('a package is found, installed, upgraded, rolled back and uninstalled while the server runs, and its phones are served', async () => {
  await repository.add({ version: '1.0' });
  expect((await enter()).json).toMatchObject({ name: 'main', channel: 'stable', serial: null });
  expect(await refresh()).toEqual([{ name: 'main', versions: 1, problem: null }]);
  expect((await phone()).status).toBe(404);

  expect(await succeed('POST', '/packages/acme/install', {})).toMatchObject({ id: 'acme', version: '1.0', repository: 'main' });
  expect((await phone()).body).toBe('# version 1.0\nmac 00:11:22:00:00:01');

  await repository.add({ version: '2.0', plugins: ['acme-1', 'acme-2'] });
  await refresh();
  expect(await shown()).toMatchObject({
    version: '1.0',
    upgrade: '2.0',
    former: null,
    versions: [{ version: '2.0' }, { version: '1.0' }],
  });
  expect(await succeed('POST', '/packages/upgrade')).toEqual({ upgraded: [{ id: 'acme', version: '2.0' }] });
  expect((await phone()).body).toContain('# version 2.0');

  expect(await succeed('POST', '/packages/acme/roll-back')).toMatchObject({ version: '1.0' });
  expect((await phone()).body).toContain('# version 1.0');

  const refused = await ask('DELETE', '/packages/acme');
  expect([refused.status, refused.json.code]).toEqual([409, 'package-in-use']);
  expect(refused.json.detail).toContain('acme-1 (1 device)');
  expect((await phone()).status).toBe(200);
  expect(await succeed('DELETE', '/packages/acme?force=true')).toEqual({ lost: [{ plugin: 'acme-1', devices: 1 }] });
  expect((await phone()).status).toBe(404);
  expect(readdirSync(join(server.data, 'packages'))).toEqual(['list.json']);

  await succeed('POST', '/packages/acme/install', { version: '2.0' });
  expect((await phone()).body).toContain('# version 2.0');
});

test('a device that nobody could serve is served as soon as its package is installed', async () => {
  await repository.add({ version: '1.0' });
  await enter();
  await refresh();
  const { json: device } = await ask('POST', '/devices', { mac: '00:11:22:00:00:01', vendor: 'Acme', model: 'M1' });
  expect(device).toMatchObject({ plugin: null, configured: false });
  await succeed('POST', '/packages/acme/install', {});
  expect((await ask('GET', `/devices/${device.id}`)).json).toMatchObject({ plugin: 'acme-1', configured: true });
});

test('an override survives upgrade, uninstall and installation, and is told when the package’s template changed under it', async () => {
  await repository.add({ version: '1.0' });
  await repository.add({ version: '2.0' });
  await enter();
  await refresh();
  await succeed('POST', '/packages/acme/install', { version: '1.0' });
  await phone();
  const override = join(server.data, 'templates/acme-1');
  mkdirSync(override, { recursive: true });
  writeFileSync(join(override, 'phone.tpl'), '# version 1.0\nmac {{ device.mac }}\nmine\n');
  await succeed('POST', '/reload');
  expect((await phone()).body).toContain('mine');

  await succeed('POST', '/packages/acme/install', { version: '2.0' });
  expect((await phone()).body).toContain('mine');
  const { json } = await ask('GET', '/templates');
  expect(json.templates.find((each: Json) => each.plugin === 'acme-1' && each.name === 'phone.tpl')).toMatchObject({
    state: 'outdated',
  });
  expect((await ask('POST', '/templates/acme-1/phone.tpl/merge', {})).status).toBe(200);
  expect((await phone()).body).toBe('# version 2.0\nmac 00:11:22:00:00:01\nmine');

  await succeed('DELETE', '/packages/acme?force=true');
  expect(existsSync(join(override, 'phone.tpl'))).toBe(true);
  await succeed('POST', '/packages/acme/install', { version: '2.0' });
  expect((await phone()).body).toContain('mine');
});

test('a package that was changed in its directory is read anew with a reload', async () => {
  await repository.add({ version: '1.0' });
  const folder = join(root, 'empty/acme');
  cpSync(join(root, 'source-1.0/acme'), folder, { recursive: true });
  await succeed('POST', '/reload');
  expect((await phone()).body).toContain('# version 1.0');
  const text = readFileSync(join(folder, 'plugin.js'), 'utf8');
  writeFileSync(join(folder, 'plugin.js'), text.replaceAll('acme-1', 'acme-9'));
  writeFileSync(join(folder, 'templates/phone.tpl'), 'changed {{ plugin.id }}\n');
  await succeed('POST', '/reload');
  expect((await phone()).body).toBe('changed acme-9');
});

test('an installed package can be uninstalled although the one in a directory under it does not work', async () => {
  await repository.add({ version: '1.0' });
  await enter();
  await refresh();
  await succeed('POST', '/packages/acme/install', {});
  mkdirSync(join(root, 'empty/acme'));
  writeFileSync(join(root, 'empty/acme/plugin.js'), "throw new Error('broken');\n");
  expect((await ask('GET', '/packages/acme/losses')).status).toBe(200);
  await succeed('DELETE', '/packages/acme');
  expect(await shown()).toMatchObject({ version: null, problem: expect.stringContaining('broken') });
});

test('an index is believed only if it is signed by a key that was entered, and is not older than one that was seen', async () => {
  await repository.add({ version: '1.0' });
  const old = readFileSync(join(repository.folder, 'stable/index.json'));
  const oldSignature = readFileSync(join(repository.folder, 'stable/index.json.sig'));
  const other = await makeRepository(join(root, 'other'));
  await enter({ keys: [other.key] });
  expect((await refresh())[0]).toMatchObject({ versions: null, problem: expect.stringContaining('which is not trusted') });
  await enter({ keys: [] });
  expect((await refresh())[0].problem).toContain('which is not trusted (trusted: none)');
  await enter();
  expect((await refresh())[0]).toMatchObject({ versions: 1, problem: null });

  await repository.add({ version: '2.0' });
  expect((await refresh())[0]).toMatchObject({ versions: 2, problem: null });
  writeFileSync(join(repository.folder, 'stable/index.json'), old);
  writeFileSync(join(repository.folder, 'stable/index.json.sig'), oldSignature);
  expect((await refresh())[0].problem).toContain('somebody shows an old one');
  expect((await run('POST', '/packages/acme/install', {})).error.code).toBe('index-replayed');

  rmSync(join(repository.folder, 'stable/index.json.sig'));
  expect((await refresh())[0].problem).toContain('The index is not signed');
  await enter({ allow_unsigned: true });
  expect((await refresh())[0].problem).toContain('somebody shows an old one');
});

test('a token in the URL of a repository opens its index and its archives, and is shown nowhere', async () => {
  await repository.add({ version: '1.0' });
  web = await startRudeServer();
  const query = '?token=hush&sig=h%75sh%3D&hush2';
  for (const name of readdirSync(join(repository.folder, 'stable'))) {
    const bytes = readFileSync(join(repository.folder, 'stable', name));
    web.serve(`/repo/stable/${name}${query}`, (_request, response) => response.end(bytes));
  }
  const told = [await enter({ location: `${web.origin}/repo${query}` })];
  expect(told[0]?.json.location).toBe(`${web.origin}/repo?token=[secret]&sig=[secret]&[secret]`);
  expect(await refresh()).toEqual([{ name: 'main', versions: 1, problem: null }]);
  expect(await succeed('POST', '/packages/acme/install', {})).toMatchObject({ version: '1.0', repository: 'main' });

  // What is shown is no URL to be sent back; what is not sent stays.
  const back = await ask('PATCH', '/repositories/main', { location: told[0]?.json.location });
  expect([back.status, back.json.complaints]).toEqual([
    400,
    [{ path: 'location', message: expect.stringContaining('[secret]') }],
  ]);
  expect((await ask('PATCH', '/repositories/main', { priority: 3 })).status).toBe(200);
  expect(server.app.core.repositories.list()).toMatchObject([{ location: `${web.origin}/repo${query}` }]);

  web.serve(`/repo/stable/acme-1.0.tar.gz${query}`, (_request, response) => response.writeHead(403).end());
  expect((await run('POST', '/packages/acme/install', {})).error.message).toContain('HTTP 403');
  web.serve(`/repo/stable/index.json${query}`, (_request, response) => response.end('no index'));
  expect((await refresh())[0].problem).toContain(`${web.origin}/repo?token=[secret]`);
  for (const path of ['/repositories', '/packages/acme', '/operations']) told.push(await ask('GET', path));
  const log = readFileSync(join(server.data, 'offhook.log'), 'utf8');
  expect(JSON.stringify([told, log])).not.toMatch(/hush|h%75sh/);
});

test.each(['repository', './repository', '../repository', ''])(
  '%j is no location for a server that works somewhere',
  async (location) => {
    const { status, json } = await enter({ location });
    expect([status, json.complaints[0].path]).toEqual([400, 'location']);
    expect(json.complaints[0].message).toContain('the whole path, from /');
    expect((await ask('GET', '/repositories')).json.total).toBe(0);
  },
);

test('an archive that is not what the index promises is neither unpacked nor run', async () => {
  await repository.add({ version: '1.0' });
  await enter();
  await refresh();
  const archive = join(repository.folder, 'stable/acme-1.0.tar.gz');
  const bytes = readFileSync(archive);
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
  writeFileSync(archive, bytes);
  expect((await run('POST', '/packages/acme/install', {})).error).toMatchObject({ code: 'archive-wrong' });
  rmSync(archive);
  expect((await run('POST', '/packages/acme/install', {})).error).toMatchObject({ code: 'archive-missing' });
  expect(readdirSync(join(server.data, 'packages'))).toEqual([]);
  expect((await phone()).status).toBe(404);
});

test('a repository on a web server is read over http, and what the server does wrong is told', async () => {
  await repository.add({ version: '1.0' });
  web = await startRudeServer();
  const files = readdirSync(join(repository.folder, 'stable'));
  for (const name of files) {
    const bytes = readFileSync(join(repository.folder, 'stable', name));
    web.serve(`/repo/stable/${name}`, (_request, response) => response.end(bytes));
  }
  await enter({ location: 'http://127.0.0.1:9/nowhere' });
  expect((await refresh())[0].problem).toContain('127.0.0.1:9');
  await enter({ location: `http://user:hush-hush@${web.origin.slice(7)}/repo` });
  expect((await refresh())[0]).toMatchObject({ versions: 1, problem: null });
  expect(JSON.stringify((await ask('GET', '/repositories')).json)).not.toContain('hush-hush');
  await succeed('POST', '/packages/acme/install', {});
  expect((await phone()).status).toBe(200);

  web.serve('/repo/stable/index.json', (_request, response) => response.writeHead(500).end());
  expect((await refresh())[0].problem).toContain('500');
  web.serve('/repo/stable/index.json', (_request, response) => response.writeHead(404).end());
  expect((await refresh())[0].problem).toContain('it is no repository, or has no such channel');
  // What it had is still known.
  expect((await ask('GET', '/packages/acme')).json.versions).toHaveLength(1);
});

test('what cannot be asked for is told with what to do', async () => {
  await repository.add({ version: '1.0' });
  await enter();
  await refresh();
  for (const [method, path, body, status, code] of [
    ['POST', '/packages/acne/install', {}, 202, 'package-unknown'],
    ['POST', '/packages/acme/install', { version: '9' }, 202, 'package-version-unknown'],
    ['POST', '/packages/acme/install', { versoin: '9' }, 400, 'body-invalid'],
    ['POST', '/packages/acme/roll-back', {}, 202, 'package-not-installed'],
    ['DELETE', '/packages/acme', undefined, 404, 'package-not-installed'],
    ['PUT', '/packages/acme/pin', undefined, 404, 'package-not-installed'],
    ['GET', '/packages/nothing', undefined, 404, 'package-unknown'],
    ['PUT', '/repositories/main', { location: '/x', keys: ['rsa'] }, 400, 'repository-key-invalid'],
    ['PUT', '/repositories/a%2Fb', { location: '/x' }, 400, 'repository-invalid'],
    ['DELETE', '/repositories/other', undefined, 404, 'repository-unknown'],
    ['POST', '/repositories/refresh', { name: 'other' }, 202, 'repository-unknown'],
    ['DELETE', '/firmware/acme/rom', undefined, 404, 'firmware-not-installed'],
    ['POST', '/firmware/acme/rom/install', undefined, 404, 'firmware-unknown'],
  ] as const) {
    const answer = await ask(method, path, body);
    expect([path, answer.status]).toEqual([path, status]);
    if (status !== 202) expect([path, answer.json.code]).toEqual([path, code]);
    else {
      await server.app.core.operations.wait(answer.json.id);
      expect([path, (await ask('GET', `/operations/${answer.json.id}`)).json.error.code]).toEqual([path, code]);
    }
  }
});

test('a bundle, which is one file, is a repository without a network', async () => {
  await repository.add({ version: '1.0' });
  await bundle(repository.folder, ['stable'], join(root, 'offhook.bundle'));
  rmSync(repository.folder, { recursive: true });
  await enter({ location: join(root, 'offhook.bundle') });
  expect((await refresh())[0]).toMatchObject({ versions: 1, problem: null });
  await succeed('POST', '/packages/acme/install', {});
  expect((await phone()).body).toContain('# version 1.0');
});

test('links are also checked of what could be installed', async () => {
  web = await startRudeServer();
  const url = web.serve('/rom', (_request, response) => response.writeHead(410).end());
  await repository.add({ version: '1.0', firmware: { url, bytes: Buffer.from('x') } });
  await enter();
  await refresh();
  expect(await succeed('POST', '/firmware/check')).toEqual({ checked: 0, wrong: [], problems: [] });
  expect(await succeed('POST', '/firmware/check?repositories=true')).toMatchObject({
    checked: 1,
    wrong: [{ url, kind: 'gone', firmware: ['acme/rom'] }],
  });
});
