import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readArchive, unpackArchive } from '../../server/repositories/archive.ts';
import { most } from '../../server/repositories/model.ts';
import { type Member, rawTar } from '../support/tar.ts';
import { archive, entry, info, members } from './sample.ts';

let root: string;
let file: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-archive-'));
  [file, folder] = [join(root, 'archive'), join(root, 'in/acme')];
});
afterEach(() => rmSync(root, { recursive: true }));

/** Unpacks bytes that the index knows. */
function unpack(bytes: Buffer, promised = entry(info(), bytes), signal?: AbortSignal) {
  writeFileSync(file, bytes);
  return unpackArchive(file, promised, folder, signal);
}

function unpackMembers(tree: readonly Member[]) {
  return unpack(gzipSync(rawTar(tree)));
}

test('an archive is unpacked as data, and nothing in it runs', async () => {
  expect(await unpack(archive())).toEqual(info());
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual([
    'package.json',
    'pkgs',
    'pkgs/pkgs.db',
    'plugin-info',
    'plugin.js',
    'templates',
    'templates/phone.tpl',
  ]);
  expect(readFileSync(join(folder, 'templates/phone.tpl'), 'utf8')).toBe('hello');
});

test('no bit of an archive can be changed', async () => {
  const bytes = archive();
  const promised = entry(info(), bytes);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    await expect(unpack(changed, promised)).rejects.toMatchObject({ code: 'archive-wrong' });
  }
  expect(existsSync(folder)).toBe(false);
});

test('what was cut, or is not there, is told with what was expected', async () => {
  const bytes = archive();
  const promised = entry(info(), bytes);
  await expect(unpack(bytes.subarray(1), promised)).rejects.toThrow(
    `acme-1.0.0.tar.gz was cut or changed: it has ${bytes.length - 1} bytes and should have ${bytes.length}. Fetch it anew`,
  );
  await expect(unpackArchive(join(root, 'none'), promised, folder)).rejects.toMatchObject({ code: 'archive-missing' });
});

const without = (path: string) => members().filter((member) => member.path !== path);
const with_ = (...more: Member[]) => [...members(), ...more];

test.each<[string, Member[], RegExp]>([
  ['no definition', without('acme/plugin.js'), /it has no plugin\.js/],
  ['no word on what its JavaScript is', without('acme/package.json'), /it has no package\.json/],
  ['no plugin-info', without('acme/plugin-info'), /it has no plugin-info/],
  ['nothing', [], /it is empty/],
  ['another folder', with_({ path: 'other/plugin.js' }), /all should be in one folder, acme, and other\/plugin\.js is not/],
  ['a file beside its folder', with_({ path: 'plugin.js' }), /all should be in one folder/],
  ['a file for its folder', [{ path: 'acme' }], /all should be in one folder/],
  ['another package', members(info({ id: 'other' })), /its plugin-info says something else than the index/],
  ['another version', members(info({ version: '2' })), /its plugin-info says something else than the index/],
  ['other capabilities', members(info({ capabilities: {} })), /its plugin-info says something else than the index/],
  [
    'a folder of another name',
    members().map((member) => ({ ...member, path: member.path.replace('acme', 'emca') })),
    /its folder is emca and should be acme/,
  ],
  ['modules of others', with_({ path: 'acme/node_modules/x.js' }), /a vendor package has no file node_modules\/x\.js/],
  ['a program', with_({ path: 'acme/install.sh' }), /has no file install\.sh/],
  ['a hidden firmware description', with_({ path: 'acme/pkgs/.pkgs.db' }), /has no file pkgs\/\.pkgs\.db/],
  ['a template that is none', with_({ path: 'acme/templates/phone.js' }), /has no file templates\/phone\.js/],
  [
    'a link',
    with_({ path: 'acme/templates/a.tpl', type: 'SymbolicLink', linkpath: '/etc/passwd' }),
    /acme\/templates\/a\.tpl is a symbolic link; only files and folders are taken/,
  ],
  ['a way out', with_({ path: 'acme/../../a.tpl' }), /is no path below its folder/],
  ['a deep path', with_({ path: 'acme/templates/a/b.tpl' }), /deeper than 3 folders/],
  ['too many files', with_(...Array.from({ length: 4_100 }, (_, n) => ({ path: `acme/pkgs/${n}` }))), /more than 4096 files/],
  [
    'a plugin-info that is no JSON',
    [{ path: 'acme/plugin-info', bytes: '{' }, ...without('acme/plugin-info')],
    /The plugin-info is no JSON/,
  ],
  [
    'an empty plugin-info',
    [{ path: 'acme/plugin-info', bytes: '{}' }, ...without('acme/plugin-info')],
    /The plugin-info cannot be used: id: .*and 8 more/,
  ],
])('an archive with %s is refused, and leaves nothing behind', async (_, tree, problem) => {
  await expect(unpackMembers(tree)).rejects.toThrow(problem);
  expect(existsSync(folder)).toBe(false);
});

test('an archive that unpacks without end is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(most.unpacked + 1));
  // No more of it is unpacked than may be: what comes out is not looked at.
  await expect(unpack(bomb)).rejects.toMatchObject({ code: 'archive-invalid', cause: { code: 'ERR_BUFFER_TOO_LARGE' } });
});

test('an archive of more bytes than a server takes cannot be published either', async () => {
  await expect(readArchive(Buffer.alloc(most.archive + 1))).rejects.toThrow('it has 67108865 bytes; 67108864 are allowed');
});

test('what is no gzip is refused', async () => {
  await expect(unpack(rawTar(members()))).rejects.toThrow(/incorrect header check/);
});

test('a folder that is not empty is left alone', async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'mine'), 'mine');
  await expect(unpack(archive())).rejects.toMatchObject({ code: 'folder-not-empty' });
  expect(readdirSync(folder)).toEqual(['mine']);
});

test('who cancels gets the reason, and nothing is left', async () => {
  const reason = new Error('The administrator changed her mind');
  await expect(unpack(archive(), undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(existsSync(folder)).toBe(false);
});
