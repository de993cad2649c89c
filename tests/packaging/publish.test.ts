import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { BuiltArchive } from '../../server/packaging/build.ts';
import { bundle, type PublishOptions, publish } from '../../server/packaging/publish.ts';
import { archiveName, type PackageInfo } from '../../server/repositories/model.ts';
import { localShelf, openRepository } from '../../server/repositories/open.ts';
import { archive, info, members, now, signer } from '../repositories/sample.ts';

const ours = signer();
const options: PublishOptions = { channel: 'stable', keys: [ours.privateKey], now };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-publish-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function built(change: Partial<PackageInfo> = {}, bytes?: Buffer): BuiltArchive {
  const of = info(change);
  return { info: of, file: archiveName(of), bytes: bytes ?? archive(of) };
}

const at = (name: string) => join(root, 'stable', name);
const index = () => readFileSync(at('index.json'));

async function read(keys = [ours.line]) {
  return openRepository(await localShelf(root), { channel: 'stable', keys, now });
}

test('what is published can be read, and the folder has the archives, the index and its signature', async () => {
  await publish(root, [built({ version: '1.9' }), built({ version: '1.10' }), built({ id: 'zenith' })], options);
  const { index: found } = await read();
  expect(found.packages.map(({ file }) => file)).toEqual(['acme-1.10.tar.gz', 'acme-1.9.tar.gz', 'zenith-1.0.0.tar.gz']);
  expect(readdirSync(join(root, 'stable')).sort()).toEqual([
    'acme-1.10.tar.gz',
    'acme-1.9.tar.gz',
    'index.json',
    'index.json.sig',
    'zenith-1.0.0.tar.gz',
  ]);
});

test('what is published again changes no byte', async () => {
  await publish(root, [built()], options);
  const before = index();
  await publish(root, [built()], { ...options, now: new Date('2027-01-01') });
  expect(index().equals(before)).toBe(true);
});

test('a new version stands beside the older ones, and the serial grows', async () => {
  expect((await publish(root, [built()], options)).serial).toBe(1);
  const { serial, packages } = await publish(root, [built({ version: '1.1.0' })], options);
  expect([serial, packages.map(({ version }) => version)]).toEqual([2, ['1.1.0', '1.0.0']]);
});

test('whenever it ends, the index that is there has a signature that is right', async () => {
  await publish(root, [built()], options);
  // In the way of the new index: as far as this, the signature of both stands beside the old one.
  mkdirSync(at('index.json.part'));
  await expect(publish(root, [built({ version: '1.1.0' })], options)).rejects.toThrow();
  expect(readFileSync(at('index.json.sig'), 'utf8').trim().split('\n')).toHaveLength(2);
  expect((await read()).index.serial).toBe(1);
  rmSync(at('index.json.part'), { recursive: true, force: true });
  await publish(root, [], options);
  expect(readFileSync(at('index.json.sig'), 'utf8').trim().split('\n')).toHaveLength(1);
  expect((await read()).index.serial).toBe(2);
});

test('an archive that was taken away leaves the index', async () => {
  await publish(root, [built(), built({ id: 'zenith' })], options);
  rmSync(at('acme-1.0.0.tar.gz'));
  const { serial, packages } = await publish(root, [], options);
  expect([serial, packages.map(({ id }) => id)]).toEqual([2, ['zenith']]);
});

test('the same version with other content is refused, unless it is told to be replaced', async () => {
  await publish(root, [built()], options);
  const other = built({}, archive(info(), [...members(), { path: 'acme/README.md', bytes: 'new' }]));
  await expect(publish(root, [built({ id: 'zenith' }), other], options)).rejects.toMatchObject({
    code: 'repository-archive-differs',
  });
  expect(existsSync(at('zenith-1.0.0.tar.gz'))).toBe(false);
  expect((await publish(root, [other], { ...options, replace: true })).serial).toBe(2);
});

test('an index with an end is renewed each time it is published', async () => {
  const ending = { ...options, validDays: 30 };
  expect((await publish(root, [built()], ending)).expires).toEqual(new Date('2026-12-22T12:00:00Z'));
  expect((await publish(root, [built()], { ...ending, now: new Date('2026-11-23T12:00:00Z') })).serial).toBe(2);
  const endless = await publish(root, [built()], options);
  expect([endless.serial, endless.expires]).toEqual([3, undefined]);
});

test('another key signs the index as it is, and two keys both sign it', async () => {
  await publish(root, [built()], options);
  const other = signer();
  await publish(root, [], { ...options, keys: [ours.privateKey, other.privateKey] });
  expect((await read([other.line])).index.serial).toBe(1);
  expect((await read([ours.line])).index.serial).toBe(1);
  await publish(root, [], { ...options, keys: [other.privateKey] });
  await expect(read([ours.line])).rejects.toMatchObject({ code: 'index-key-unknown' });
});

test('without a key no old signature stays', async () => {
  await publish(root, [built()], options);
  await publish(root, [built({ version: '2' })], { ...options, keys: [] });
  await expect(read()).rejects.toMatchObject({ code: 'index-unsigned' });
});

test('an archive of another name than its content is refused, and where it lies', async () => {
  await publish(root, [built()], options);
  writeFileSync(at('zenith-1.0.0.tar.gz'), archive());
  await expect(publish(root, [], options)).rejects.toThrow(/zenith-1\.0\.0\.tar\.gz: It holds acme-1\.0\.0\.tar\.gz/);
  writeFileSync(at('zenith-1.0.0.tar.gz'), 'nonsense');
  await expect(publish(root, [], options)).rejects.toMatchObject({ code: 'archive-invalid' });
});

test('a bundle is the same bytes each time, and may hold several channels', async () => {
  await publish(root, [built()], options);
  await publish(root, [built({ version: '2' })], { ...options, channel: 'testing' });
  const [one, two] = [join(root, 'one.tar'), join(root, 'two.tar')];
  await bundle(root, ['stable', 'testing'], one);
  await bundle(root, ['stable', 'testing'], two);
  expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
  const { index: testing } = await openRepository(await localShelf(one), { channel: 'testing', keys: [ours.line], now });
  expect(testing.packages.map(({ version }) => version)).toEqual(['2']);
  await expect(bundle(root, ['archive'], one)).rejects.toMatchObject({ code: 'index-missing' });
});
