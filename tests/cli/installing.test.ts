import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseMac } from '../../server/lib/mac.ts';
import { builtPlugins, oneLine, startTestApp, type TestApp } from '../support/app.ts';
import { removeFolders } from '../support/archives.ts';
import { buildRepository, type Images, serveImages } from '../support/vendor-repository.ts';
import { offhook, type Ran } from './terminal.ts';

/** One server and one life of a package: each test goes on where the one before it ended. */
let server: TestApp;
let images: Images;
let root: string;
let key: string;
let words: readonly string[];

beforeAll(async () => {
  images = await serveImages();
  root = mkdtempSync(join(tmpdir(), 'offhook-cli-installing-'));
  key = await buildRepository(root, ['1.0.0'], images);
  const data = mkdtempSync(join(tmpdir(), 'offhook-e2e-'));
  server = await startTestApp([`plugins.directories=${join(data, 'plugins')}`, 'network.tries=1'], data);
  words = ['--data', data, '--server', server.app.addresses.find(({ name }) => name === 'admin')?.url ?? ''];
}, 60_000);
afterAll(async () => {
  await server.stop();
  images.close();
  rmSync(root, { recursive: true });
  removeFolders();
});

const on = (...given: string[]): Promise<Ran> => offhook([...given, ...words]);

/** What a command prints that must succeed. */
async function done(...given: string[]): Promise<string> {
  const ran = await on(...given);
  if (ran.code !== 0) throw new Error(`${given.join(' ')}: ${ran.err}`);
  return ran.out;
}

const json = async (...given: string[]): Promise<unknown> => JSON.parse(await done(...given, '--json'));

/** What a command says that must fail. */
async function failed(...given: string[]): Promise<string> {
  const ran = await on(...given);
  expect({ given, ...ran }).toMatchObject({ code: 1 });
  return ran.err;
}

const get = (path: string) => fetch(`http://127.0.0.1:${server.http}/${path}`);

test('a server without anything says what to do', async () => {
  expect(await done('repository', 'list')).toContain('offhook repository add NAME LOCATION');
  expect(await done('plugin', 'list')).toContain('offhook plugin search shows');
  expect(await failed('plugin', 'search')).toContain('No repository was read: enter one with offhook repository add');
  expect(await failed('repository', 'refresh')).toContain('There is no repository');
  expect(await done('firmware', 'list')).toBe('There is no such firmware.\n');
  expect(await failed('firmware', 'install', 'digium/x')).toContain('no vendor package that is installed describes any');
  expect(await failed('plugin', 'install', 'digium')).toContain('No repository has a package digium');
  expect(await failed('firmware', 'supply', join(root, 'key.pem'))).toContain(
    'No vendor package that is installed describes firmware',
  );
});

test('a repository is entered, and what is wrong with it is said', async () => {
  const without = await on('repository', 'add', 'main', join(root, 'www'));
  expect(without.code).toBe(1);
  expect(without.err).toMatch(/^No key is given: /);
  expect(without.err).toContain('offhook repository set main changes it, remove main forgets it');
  expect(await done('repository', 'list')).toMatch(/^main +\S+www +stable +0 +no key +- +-$/m);
  expect(await failed('repository', 'add', 'main', join(root, 'www'))).toContain('There is a repository main already');
  expect(await done('repository', 'set', 'main', '--key', key)).toBe(
    'main has 1 version of vendor packages; offhook plugin search shows what there is.\n',
  );
  expect(await json('repository', 'set', 'main', '--priority', '2')).toMatchObject({
    label: 'update',
    state: 'success',
    result: { repositories: [{ name: 'main', versions: 1, problem: null }] },
  });
  await done('repository', 'set', 'main', '--priority', '0');
  expect(await done('repository', 'list')).toMatch(/^main +\S+www +stable +0 +by [\da-f]{16} +1 +20/m);
  expect(await json('repository', 'list')).toMatchObject({ repositories: [{ name: 'main', keys: [key], versions: 1 }] });
  expect(await failed('repository', 'add', 'none', '/nowhere/at/all', '--allow-unsigned')).toContain('ENOENT');
  expect(await failed('repository', 'refresh')).toMatch(/none: .*ENOENT/);
  expect(await json('repository', 'remove', 'none')).toEqual({});
  expect(await failed('repository', 'remove', 'none')).toContain('There is no repository none; there is main');
  expect(await failed('repository', 'set', 'main', '--key', 'ed25519:x')).toContain('is no public key');
  expect((await on('repository', 'set', 'main')).code).toBe(2);
  expect(await json('repository', 'refresh', 'main')).toMatchObject({
    state: 'success',
    result: { repositories: [{ versions: 1 }] },
  });
});

test('a path is that of the one at the terminal, and the login in a URL survives a change', async () => {
  const before = process.cwd();
  process.chdir(root);
  try {
    expect(await json('repository', 'add', 'near', 'www', '--key', key, '--priority', '-5')).toMatchObject({
      state: 'success',
      result: { repositories: [{ name: 'near', versions: 1, problem: null }] },
    });
  } finally {
    process.chdir(before);
  }
  expect(await json('repository', 'list')).toMatchObject({ repositories: [{}, { location: join(root, 'www'), priority: -5 }] });
  expect(await done('repository', 'remove', 'near')).toBe('');
  const location = `${images.url.replace('//', '//me:secret@')}?token=secret`;
  await on('repository', 'add', 'far', location, '--key', key);
  const ran = await on('repository', 'set', 'far', '--priority', '3');
  expect(ran.code).toBe(1);
  const told = ran.err + ran.out + (await done('repository', 'list'));
  expect(told).toContain(`${images.url}?token=[secret]`);
  expect(told.replaceAll('[secret]', '')).not.toContain('secret');
  expect(server.app.core.repositories.list().find(({ name }) => name === 'far')).toMatchObject({
    location,
    priority: 3,
  });
  await done('repository', 'remove', 'far');
});

test('a package is found, looked at and installed', async () => {
  expect(await done('plugin', 'search')).toMatch(/^digium +1\.0\.0 +- +\S/m);
  expect(await done('plugin', 'search', 'd65')).toMatch(/^digium /m);
  expect(await json('plugin', 'search', 'd65')).toMatchObject({ total: 1, packages: [{ id: 'digium', version: null }] });
  expect(await failed('plugin', 'search', 'T46U')).toContain('No repository has a package that speaks of T46U; there is main');
  const page = await done('plugin', 'show', 'digium');
  expect(page).toMatch(/^installed +-$/m);
  expect(page).toMatch(/^ {2}digium-2\.8\.1 +2\.8\.1 +- +D40/m);
  expect(page).toMatch(/^What is new in 1\.0\.0$/m);
  expect(await json('plugin', 'show', 'digium')).toMatchObject({ versions: [{ version: '1.0.0', repository: 'main' }] });
  expect(await failed('plugin', 'show', 'digum')).toContain('did you mean digium?');
  expect(await failed('plugin', 'install', 'digium@9')).toContain('There is no digium 9; there are 1.0.0');
  expect(await done('plugin', 'install', 'digium')).toBe('digium 1.0.0 is installed.\n');
  expect(await done('plugin', 'list')).toMatch(/^digium +1\.0\.0 +main +- +- +0 +digium-1\.1\.0\.0, /m);
  expect(await json('plugin', 'list')).toMatchObject({ total: 1, packages: [{ id: 'digium', version: '1.0.0', from: 'main' }] });
  expect(await done('plugin', 'list', '--lines')).toMatch(/^digium-2\.8\.1 +Digium +2\.8\.1 +D40/m);
  expect(await json('plugin', 'list', '--lines')).toMatchObject({
    plugins: expect.arrayContaining([expect.objectContaining({ id: 'digium-2.8.1', vendor: 'Digium', firmware: '2.8.1' })]),
    broken: [],
  });
});

test('a newer version is installed, pinned, brought back', async () => {
  expect(await done('plugin', 'upgrade')).toContain('There is nothing newer');
  expect(await failed('plugin', 'rollback', 'digium')).toContain('No version was there before digium 1.0.0');
  const next = mkdtempSync(join(tmpdir(), 'offhook-cli-next-'));
  cpSync(join(root, 'www'), join(next, 'www'), { recursive: true });
  const other = await buildRepository(next, ['1.1.0'], images);
  await done('repository', 'add', 'next', join(next, 'www'), '--key', other);
  expect(await done('plugin', 'list')).toMatch(/^digium +1\.0\.0 +main +1\.1\.0 can be had +- /m);
  expect(await done('plugin', 'pin', 'digium')).toBe('digium stays at 1.0.0.\n');
  expect(await json('plugin', 'pin', 'digium')).toMatchObject({ id: 'digium', version: '1.0.0', pinned: true });
  expect(await json('plugin', 'upgrade')).toMatchObject({ label: 'upgrade', state: 'success', result: { upgraded: [] } });
  expect(await done('plugin', 'upgrade')).toContain('There is nothing newer; pinned: digium.');
  expect(await failed('plugin', 'upgrade', 'digium')).toContain('offhook plugin unpin digium');
  expect(await json('plugin', 'unpin', 'digium')).toMatchObject({ id: 'digium', pinned: false });
  expect(await failed('plugin', 'upgrade', 'yealink')).toContain('The package yealink is not installed; there is digium');
  expect(await done('plugin', 'upgrade')).toBe('digium 1.1.0 is installed.\n');
  expect(await done('plugin', 'show', 'digium')).toContain('1.0.0: offhook plugin rollback digium brings it back');
  expect(await done('plugin', 'rollback', 'digium')).toBe('digium 1.0.0 is back.\n');
  const left = await done('plugin', 'upgrade', '--no-wait');
  expect(await done('operation', 'wait', left.trim())).toBe('');
  expect(await json('plugin', 'rollback', 'digium')).toMatchObject({ state: 'success', result: { version: '1.0.0' } });
  expect(await done('plugin', 'upgrade', 'digium')).toBe('digium 1.1.0 is installed.\n');
  await done('plugin', 'rollback', 'digium');
  expect(await json('plugin', 'install', 'digium@1.1.0')).toMatchObject({ state: 'success', result: { version: '1.1.0' } });
  rmSync(next, { recursive: true });
  expect(await failed('plugin', 'install', 'digium')).toContain('ENOENT');
  await done('repository', 'remove', 'next');
  expect(await done('plugin', 'list')).toMatch(/^digium +1\.1\.0 +next /m);
});

test('firmware is listed in the language of the one who looks, installed and served', async () => {
  const { core } = server.app;
  const tenant = core.tenants.main.id;
  await core.configs.create({ id: 'alice', tenant, parents: [], raw: oneLine('s3cret') });
  const facts = { vendor: 'Digium', model: 'D40', version: '2.8.1', plugin: 'digium-2.8.1', config: 'alice' };
  const { id } = await core.devices.create(tenant, { ...facts, mac: parseMac('000fd3054848') ?? null });
  const path = 'Digium/firmware/2_8_1_D40_firmware.eff';
  expect((await get('Digium/000fd3054848.cfg')).status).toBe(200);
  expect((await get(path)).status).toBe(404);
  expect(await done('explain', id)).toContain('    offhook firmware install digium/firmware-2.8.1\n');
  expect(await done('device', 'show', id)).toMatch(
    /^\/Digium\/firmware\/2_8_1_D40\S+ +offhook firmware install digium\/firmware-2\.8\.1$/m,
  );

  const list = await done('firmware', 'list', '--plugin', 'digium-2.8.1', '--available');
  expect(list).toMatch(
    /^digium\/firmware-2\.8\.1 +2\.8\.1 +\d[\d.]* k?B +not installed +Firmware for all Digium phones but the D80$/m,
  );
  expect(list).toMatch(/^digium\/extra +1 +9 B +supply ringtones\.bin +Ringtones$/m);
  const french = await offhook(['firmware', 'list', ...words], '', { environment: { LANG: 'fr_CA.UTF-8' } });
  expect(french.out).toContain('Micrologiciel pour tous les téléphones Digium sauf le D80');
  expect(await json('firmware', 'list', '--vendor', 'digium')).toMatchObject({ total: 4 });
  expect(await failed('firmware', 'install', 'firmware-2.8.2')).toContain('did you mean firmware-2.8.1?');
  // The first lacks a file that nobody supplied yet; that keeps the second from nothing.
  const both = await on('firmware', 'install', 'extra', 'firmware-2.8.1');
  expect(both).toMatchObject({ code: 1, out: 'digium/firmware-2.8.1 is installed.\n' });
  expect(both.err).toMatch(/^offhook: .*supply it/m);
  expect(await (await get(path)).text()).toBe(images.image);
  expect(await done('firmware', 'list', '--installed')).toMatch(/^digium\/firmware-2\.8\.1 +2\.8\.1 .* installed /m);
  const page = await done('firmware', 'show', 'digium/firmware-2.8.1');
  expect(page).toContain(images.url);
  expect(page).toMatch(/^ {4}sha1 +[\da-f]{40}$/m);
  expect(page).toMatch(/^ {2}Digium\/firmware\/2_8_1_D40_firmware\.eff +170 kB$/m);
  expect(await json('firmware', 'show', 'firmware-2.8.1')).toMatchObject({ installed: '2.8.1' });
});

test('links are checked, and what is gone is told', async () => {
  expect(await done('firmware', 'check', '--plugin', 'digium-2.8.1')).toBe('The one file is still there.\n');
  images.remove();
  const ran = await on('firmware', 'check', '--plugin', 'digium-2.8.1');
  expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('offhook: 1 file cannot be downloaded\n') });
  expect(ran.out).toMatch(/^firmware\.tar\.gz .*404.* digium\/firmware-2\.8\.1 +http/m);
  const other = await on('firmware', 'check', '--plugin', 'digium-2.8.1', '--json');
  expect(other.code).toBe(1);
  expect(JSON.parse(other.out)).toMatchObject({ result: { checked: 1, wrong: [{ firmware: ['digium/firmware-2.8.1'] }] } });
});

test('a host that cannot be reached is told once, with how many files it should have', async () => {
  const away = await startTestApp(['network.tries=1', 'network.http_proxy=http://127.0.0.1:1']);
  const admin = away.app.addresses.find(({ name }) => name === 'admin')?.url ?? '';
  const ran = await offhook(['firmware', 'check', '--vendor', 'digium', '--data', away.data, '--server', admin]);
  await away.stop();
  expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('offhook: 3 files cannot be downloaded\n') });
  expect(ran.out).toMatch(/^FILE .*\n3 files +cannot be reached: the proxy 127\.0\.0\.1:1\S* .*\n$/);
});

test('a file that the vendor does not offer is supplied, and one that nobody wants is told by its sums', async () => {
  expect(await failed('firmware', 'install', 'extra')).toContain('supply it');
  expect(await failed('firmware', 'supply', join(root, 'none'))).toContain('ENOENT');
  expect((await on('firmware', 'supply', root)).code).toBe(2);
  const file = join(root, 'as-they-sent-it');
  writeFileSync(file, 'ringtone!');
  expect(await failed('firmware', 'supply', file)).toMatch(/The file is 9 bytes, SHA-256 [\da-f]{64}.*: it is none of those/);
  // Larger than any that is wanted: read to its end, and answered.
  writeFileSync(file, Buffer.alloc(400_000_000));
  expect(await failed('firmware', 'supply', file)).toMatch(
    /send as-they-sent-it: done {2}400 MB.*The file is 400.000.000 bytes/s,
  );
  writeFileSync(file, 'ringtones');
  expect(await done('firmware', 'supply', file)).toBe(
    `${file} is ringtones.bin; it is kept for\n  offhook firmware install digium/extra\n`,
  );
  expect(await json('firmware', 'supply', file)).toMatchObject({
    files: [{ name: 'ringtones.bin', firmware: ['digium/extra'] }],
  });
  expect(await json('firmware', 'install', 'extra')).toMatchObject({ result: { installed: ['digium/extra'] } });
  expect(await done('firmware', 'uninstall', 'extra')).toBe('digium/extra is uninstalled.\n');
  expect(await failed('firmware', 'uninstall', 'extra')).toContain('The firmware digium/extra is not installed');
});

test('a package in use is not uninstalled before it is said that it may be; its firmware stays to be removed', async () => {
  const refused = await failed('plugin', 'uninstall', 'digium');
  expect(refused).toMatch(/^PLUGIN +DEVICES\ndigium-2\.8\.1 +1$/m);
  expect(refused).toContain('offhook plugin uninstall digium --force');
  expect(await done('plugin', 'uninstall', 'digium', '--force')).toMatch(/^digium is uninstalled\.\n.*\ndigium-2\.8\.1 +1\n$/s);
  await done('plugin', 'install', 'digium');
  expect(await json('plugin', 'uninstall', 'digium', '--force')).toMatchObject({
    label: 'uninstall',
    state: 'success',
    result: { lost: [{ plugin: 'digium-2.8.1', devices: 1 }] },
  });
  expect(await failed('plugin', 'uninstall', 'digium')).toContain('was not installed');
  expect(await done('firmware', 'list')).toMatch(/^digium\/firmware-2\.8\.1 +2\.8\.1 +- +installed +-$/m);
  expect(await json('firmware', 'uninstall', 'firmware-2.8.1')).toEqual({ removed: ['digium/firmware-2.8.1'] });
  expect(await done('plugin', 'reload')).toContain('All is read anew');
});

test('of a package that also lies in a directory of the settings it is said that this one serves from now on', async () => {
  await done('plugin', 'install', 'digium');
  cpSync(join(builtPlugins, 'digium'), join(server.data, 'plugins', 'digium'), { recursive: true });
  await done('plugin', 'reload');
  expect(await done('plugin', 'uninstall', 'digium')).toBe(
    'digium is uninstalled.\nIts phones are served by digium 1.0.0, which lies in a directory of the settings.\n',
  );
});
