import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { bytesContent } from '../../server/lib/content.ts';
import { readTar, type TarEntry, writeTar } from '../../server/lib/tar.ts';
import { type Member, rawTar } from '../support/tar.ts';

const root = mkdtempSync(join(tmpdir(), 'offhook-tar-'));
afterAll(() => rmSync(root, { recursive: true }));

const limits = { bytes: 10_000, entries: 5, depth: 3 };

async function entriesOf(tar: Buffer, bounds = limits): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  for await (const entry of readTar(bytesContent(tar), bounds)) entries.push(entry);
  return entries;
}

async function filesOf(tar: Buffer): Promise<Record<string, string>> {
  const entries = await entriesOf(tar, { bytes: 1_000_000, entries: 1_000, depth: 16 });
  const files = entries.filter(({ type }) => type === 'file');
  return Object.fromEntries(files.map(({ path, offset, size }) => [path, tar.subarray(offset, offset + size).toString()]));
}

const content = { 'acme/a.txt': 'a', 'acme/empty': '', 'acme/folder/b.txt': 'b'.repeat(513) };

test('what is written is read, and by the system’s tar as well', async () => {
  const tar = writeTar(new Map(Object.entries(content).map(([path, text]) => [path, Buffer.from(text)])), new Date(0));
  expect(await filesOf(tar)).toEqual(content);
  writeFileSync(join(root, 'ours.tar'), tar);
  const listed = execFileSync('tar', ['tvf', 'ours.tar', '--utc', '--quoting-style=literal'], { cwd: root, encoding: 'utf8' });
  expect(
    listed
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' ')),
  ).toEqual([
    'drwxr-xr-x root/root 0 1970-01-01 00:00 acme/',
    '-rw-r--r-- root/root 1 1970-01-01 00:00 acme/a.txt',
    '-rw-r--r-- root/root 0 1970-01-01 00:00 acme/empty',
    'drwxr-xr-x root/root 0 1970-01-01 00:00 acme/folder/',
    '-rw-r--r-- root/root 513 1970-01-01 00:00 acme/folder/b.txt',
  ]);
});

test('the order in which files are given changes no byte', () => {
  const files = Object.entries(content).map(([path, text]) => [path, Buffer.from(text)] as const);
  expect(writeTar(new Map(files), new Date(0))).toEqual(writeTar(new Map(files.reverse()), new Date(0)));
});

test('a name that does not fit is refused, not cut', () => {
  expect(() => writeTar(new Map([['x'.repeat(300), Buffer.from('x')]]), new Date(0))).toThrow(/is no name for an archive/);
});

test.each(['gnu', 'pax', 'ustar', 'oldgnu', 'v7'])('what the system’s tar writes as %s is read', async (format) => {
  const folder = join(root, format, 'acme');
  mkdirSync(join(folder, 'folder'), { recursive: true });
  const long =
    format === 'gnu' || format === 'pax' ? { [`acme/folder/${'long'.repeat(40)}.txt`]: 'long', 'acme/ü.txt': 'umlaut' } : {};
  const files = { ...content, ...long };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, format, path), text);
  const tar = execFileSync('tar', ['cf', '-', `--format=${format}`, 'acme'], { cwd: join(root, format) });
  expect(await filesOf(tar)).toEqual(files);
});

const file = (path: string, more: Partial<Member> = {}): Member => ({ path, bytes: 'x', ...more });

test.each<[string, Member[], RegExp]>([
  ['a path that leads out', [file('acme/../../etc/passwd')], /"acme\/\.\.\/\.\.\/etc\/passwd" is no path below its folder/],
  ['an absolute path', [file('/etc/passwd')], /"\/etc\/passwd" is no path below its folder/],
  ['a path with a dot', [file('./acme')], /"\.\/acme" is no path/],
  ['a path with an empty part', [file('acme//a')], /"acme\/\/a" is no path/],
  ['a path with a backslash', [file('acme\\a')], /is no path/],
  ['a path with a line feed', [file('acme/a\nb')], /is no path/],
  ['an empty path', [file('')], /is no path/],
  [
    'a symbolic link',
    [file('acme/a', { type: 'SymbolicLink', linkpath: '/etc', bytes: '' })],
    /acme\/a is neither a file nor a folder \(SymbolicLink\)/,
  ],
  ['a hard link', [file('acme/a', { type: 'Link', linkpath: '/etc/passwd', bytes: '' })], /\(Link\)/],
  ['a device', [file('acme/a', { type: 'BlockDevice', bytes: '' })], /\(BlockDevice\)/],
  ['a character device', [file('acme/a', { type: 'CharacterDevice', bytes: '' })], /\(CharacterDevice\)/],
  ['a pipe', [file('acme/a', { type: 'FIFO', bytes: '' })], /\(FIFO\)/],
  ['a name twice', [file('acme/a'), file('acme/a')], /acme\/a comes twice/],
  ['a file that is a folder as well', [file('acme/a'), file('acme/a/b')], /acme\/a\/b is in acme\/a, which is a file/],
  ['a folder that is a file as well', [file('acme/a/b'), file('acme/a')], /acme\/a comes twice/],
  ['too deep a path', [file('a/b/c/d')], /a\/b\/c\/d is deeper than 3 folders/],
  ['too many files', ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => file(name)), /it holds more than 5 files/],
  ['too many bytes', [file('a', { bytes: 'x'.repeat(6_000) }), file('b', { bytes: 'x'.repeat(6_000) })], /more than 10000 bytes/],
  ['a file that is longer than the archive', [file('a', { size: 9_999 })], /it ends early/],
  [
    'an endless header',
    [file('h', { type: 'ExtendedHeader', bytes: 'x'.repeat(20_000) }), file('a')],
    /header of 20000 bytes is too long/,
  ],
  [
    'a long name that leads out',
    [file('h', { type: 'NextFileHasLongPath', bytes: '../../etc/passwd\0' }), file('a')],
    /"\.\.\/\.\.\/etc\/passwd" is no path/,
  ],
  [
    'a pax name that leads out',
    [file('h', { type: 'ExtendedHeader', bytes: '18 path=../../etc\n' }), file('a')],
    /"\.\.\/\.\.\/etc" is no path/,
  ],
])('%s is refused', async (_, members, problem) => {
  await expect(entriesOf(rawTar(members))).rejects.toMatchObject({
    code: 'archive-invalid',
    message: expect.stringMatching(problem),
  });
});

test.each<[string, Buffer, RegExp]>([
  ['nothing', Buffer.alloc(0), /ends early/],
  ['no end', rawTar([file('a')], Buffer.alloc(0)), /ends early/],
  ['half a block', rawTar([file('a')]).subarray(0, 300), /ends early/],
  ['something behind its end', Buffer.concat([rawTar([file('a')]), Buffer.from('more')]), /goes on behind its end/],
  ['no tar', Buffer.alloc(2_048, 'x'), /damaged, or no tar archive/],
])('an archive with %s is refused', async (_, bytes, problem) => {
  await expect(entriesOf(bytes)).rejects.toThrow(problem);
});

test('a damaged header is found, whichever of its bytes it is', async () => {
  const whole = rawTar([file('acme/a')]);
  for (let at = 0; at < 512; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    // The sum is a number in text, which may be written with a blank or a zero before it.
    const read = await entriesOf(damaged).catch(() => undefined);
    if (read !== undefined) expect(at >= 148 && at < 156 ? read : at).toEqual(await entriesOf(whole));
  }
});
