import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readFirmware } from '../../server/firmware/read.ts';
import { bunzip2 } from '../../server/repositories/bunzip2.ts';
import { type ProvdEntry, readPluginsDb, unpackProvd } from '../../server/repositories/provd.ts';
import { capabilities, id, info, provdArchive, provdDigium, row } from '../support/provd.ts';
import { type Member, rawTar } from '../support/tar.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-provd-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const bzip2 = (tar: Buffer): Buffer => execFileSync('bzip2', ['-c'], { input: tar });

function entry(bytes: Buffer): ProvdEntry {
  const { entries } = readPluginsDb(pluginsDb({ [id]: row(bytes) }));
  const [found] = entries;
  if (!found) throw new Error('The entry was refused');
  return found;
}

const pluginsDb = (document: unknown) => Buffer.from(JSON.stringify(document));

function unpack(bytes: Buffer, signal?: AbortSignal) {
  const file = join(root, 'archive');
  writeFileSync(file, bytes);
  return unpackProvd(file, entry(bytes), join(root, 'taken'), signal);
}

test('plugins.db is listed', () => {
  const { entries, complaints } = readPluginsDb(pluginsDb({ [id]: row(Buffer.from('x')) }));
  expect(complaints).toEqual([]);
  expect(entries).toEqual([
    {
      id,
      version: '1.1.4',
      descriptions: new Map([
        ['', 'Plugin for Digium'],
        ['fr', 'Greffon pour Digium'],
      ]),
      capabilities,
      file: `${id}-1.1.4.tar.bz2`,
      size: 1,
      sha1: '11f6ad8ec52a2984abaafd7c3b516503785c2072',
    },
  ]);
});

test('an archive of provd is unpacked as data: its firmware packages are read, its code does not run', async () => {
  const taken = await unpack(provdArchive());
  expect(taken.info).toEqual({ version: '1.1.4', descriptions: expect.any(Map), capabilities });
  expect(taken.firmware).toEqual([{ name: 'pkgs.db', text: readFileSync(provdDigium, 'utf8') }]);
  expect([...readFirmware(taken.firmware).packages.keys()]).toEqual(['firmware']);
  expect(readdirSync(join(root, 'taken')).sort()).toEqual(['entry.py', 'pkgs', 'plugin-info', 'templates']);
});

test.each<[string, unknown, string]>([
  ['a path for a name', { ...row(Buffer.from('x')), filename: '../x.tar.bz2' }, 'wazo-digium-2.8.1.filename'],
  ['a hidden name', { ...row(Buffer.from('x')), filename: '.x' }, 'wazo-digium-2.8.1.filename'],
  ['an absurd size', { ...row(Buffer.from('x')), dsize: 1e12 }, 'wazo-digium-2.8.1.dsize'],
  ['a sum that is none', { ...row(Buffer.from('x')), sha1sum: 'x' }, 'wazo-digium-2.8.1.sha1sum'],
  ['nothing', 5, 'wazo-digium-2.8.1'],
])('a plugin with %s is told, and the others are listed', (_, broken, path) => {
  const { entries, complaints } = readPluginsDb(pluginsDb({ 'a-plugin': row(Buffer.from('x')), [id]: broken }));
  expect(entries.map((each) => each.id)).toEqual(['a-plugin']);
  expect(complaints.map((each) => each.path)).toEqual([path]);
});

test.each(['../x', '.x', 'a/b', '__proto__/x', ''])('the id %p is refused', (name) => {
  const { entries, complaints } = readPluginsDb(pluginsDb({ [name]: row(Buffer.from('x')) }));
  expect(entries).toEqual([]);
  expect(complaints.map(({ path }) => path)).toEqual([name]);
});

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['nothing', 'null'],
])('plugins.db that is %s is refused', (_, text) => {
  expect(() => readPluginsDb(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'index-invalid' }));
});

test.each(['gnu', 'posix'])(
  'what tar packs in the format %s, links included, is unpacked with copies of what they lead to',
  async (format) => {
    const folder = join(root, id);
    const long = `${'model-'.repeat(20)}.tpl`.slice(-95);
    for (const each of ['pkgs', 'templates/common', 'var/cache', 'var/tftpboot/Digium'])
      mkdirSync(join(folder, each), { recursive: true });
    writeFileSync(join(folder, 'plugin-info'), JSON.stringify(info));
    writeFileSync(join(folder, 'entry.py'), 'raise SystemExit("executed")', { mode: 0o755 });
    writeFileSync(join(folder, 'pkgs/pkgs.db'), readFileSync(provdDigium));
    writeFileSync(join(folder, 'templates/common', long), '<config/>');
    symlinkSync(`common/${long}`, join(folder, 'templates/D40.tpl'));
    symlinkSync('D40.tpl', join(folder, 'templates/D50.tpl'));
    symlinkSync('../../../templates/common/../D50.tpl', join(folder, 'var/tftpboot/Digium/D70.tpl'));
    // As provd's build packs it: the compression by the name of the file.
    execFileSync('tar', ['-caf', join(root, 'made.tar.bz2'), `--format=${format}`, '-C', root, id]);
    const taken = await unpack(readFileSync(join(root, 'made.tar.bz2')));
    expect([...readFirmware(taken.firmware).packages.keys()]).toEqual(['firmware']);
    for (const path of ['templates/D40.tpl', 'templates/D50.tpl', 'var/tftpboot/Digium/D70.tpl', `templates/common/${long}`]) {
      expect(lstatSync(join(root, 'taken', path)).isFile()).toBe(true);
      expect(readFileSync(join(root, 'taken', path), 'utf8')).toBe('<config/>');
    }
    expect(lstatSync(join(root, 'taken/entry.py')).mode & 0o111).toBe(0);
  },
);

const member = (path: string, more: Partial<Member> = {}): Member => ({ path: `${id}/${path}`, ...more });
const whole = [member(''), member('plugin-info', { bytes: JSON.stringify(info) })];

test.each<[string, Member[], RegExp]>([
  [
    'a link',
    [...whole, member('var/cache', { type: 'SymbolicLink', linkpath: '/etc' })],
    /var\/cache is a link to \/etc, which leads out of its folder/,
  ],
  [
    'a link out of its folder',
    [...whole, member('templates/x.tpl', { type: 'SymbolicLink', linkpath: '../../x' })],
    /templates\/x\.tpl is a link to \.\.\/\.\.\/x, which leads out of its folder/,
  ],
  ['a link to nothing', [...whole, member('x', { type: 'SymbolicLink', linkpath: 'y' })], /x is a link to y, which is no file/],
  [
    'a link to a folder',
    [...whole, member('var/'), member('x', { type: 'SymbolicLink', linkpath: 'var' })],
    /x is a link to var, which is no file/,
  ],
  [
    'links in a circle',
    [...whole, member('x', { type: 'SymbolicLink', linkpath: 'y' }), member('y', { type: 'SymbolicLink', linkpath: 'x' })],
    /x is a link to y, which is no file/,
  ],
  [
    'a file below a link',
    [...whole, member('x', { type: 'SymbolicLink', linkpath: 'var' }), member('x/y', { bytes: '1' })],
    /x\/y is in .*\/x, which is a link/,
  ],
  [
    'many links to a large file',
    [
      ...whole,
      member('x', { bytes: Buffer.alloc(20_000_000) }),
      ...[1, 2, 3, 4, 5, 6, 7].map((each) => member(`x${each}`, { type: 'SymbolicLink', linkpath: 'x' })),
    ],
    /its files have more than 134217728 bytes/,
  ],
  ['a hard link', [...whole, member('x', { type: 'Link', linkpath: `${id}/plugin-info` })], /x is a hard link; only files/],
  ['a way out', [...whole, member('../../x')], /is no path below its folder/],
  [
    'the folder of another',
    [{ path: 'other/' }, { path: 'other/plugin-info', bytes: '{}' }],
    /its folder is other and should be/,
  ],
  ['two folders', [...whole, { path: 'other/x' }], /all should be in one folder/],
  ['no plugin-info', [member('entry.py')], /has no plugin-info/],
  [
    'a plugin-info that says nothing',
    [member('plugin-info', { bytes: '{}' })],
    /The plugin-info of wazo-digium-2\.8\.1 cannot be used/,
  ],
])('an archive with %s is refused, and leaves nothing behind', async (_, tree, problem) => {
  await expect(unpack(bzip2(rawTar(tree)))).rejects.toThrow(problem);
  expect(existsSync(join(root, 'taken'))).toBe(false);
});

test('what is no bzip2, or damaged, or without end is refused', async () => {
  await expect(unpack(rawTar(whole))).rejects.toThrow(/not a bzip2 file/);
  await expect(unpack(bzip2(rawTar(whole)).subarray(0, -8))).rejects.toMatchObject({ code: 'archive-invalid' });
  await expect(bunzip2(bzip2(Buffer.alloc(1_000_001)), 1_000_000)).rejects.toThrow('it unpacks to more than 1000000 bytes');
  expect((await bunzip2(bzip2(Buffer.alloc(1_000_000)), 1_000_000)).length).toBe(1_000_000);
});

test('an archive that was changed is refused before it is unpacked', async () => {
  const bytes = provdArchive();
  const promised = entry(bytes);
  writeFileSync(join(root, 'archive'), Buffer.concat([bytes.subarray(0, -1), Buffer.from('x')]));
  await expect(unpackProvd(join(root, 'archive'), promised, join(root, 'taken'))).rejects.toMatchObject({
    code: 'archive-wrong',
    message: expect.stringMatching(/its sha1 is [\da-f]{40} and should be/),
  });
});

test('who cancels gets the reason', async () => {
  const reason = new Error('enough');
  await expect(unpack(provdArchive(), AbortSignal.abort(reason))).rejects.toBe(reason);
  const controller = new AbortController();
  const running = bunzip2(bzip2(Buffer.alloc(100_000_000)), 200_000_000, controller.signal);
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
});

test('a host without bzip2 is told what to install', async () => {
  const path = process.env.PATH;
  process.env.PATH = root;
  try {
    await expect(bunzip2(Buffer.from('x'), 10)).rejects.toMatchObject({
      code: 'tool-missing',
      message: 'bzip2 is not installed; Debian has it in the package bzip2',
    });
  } finally {
    process.env.PATH = path;
  }
});
