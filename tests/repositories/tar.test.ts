import { expect, test } from '@jest/globals';
import { bytesContent } from '../../server/lib/content.ts';
import { type ArchiveEntry, entriesOf } from '../../server/repositories/tar.ts';
import { type Member, rawTar } from '../support/tar.ts';

const limits = { bytes: 10_000, entries: 5, depth: 3 };

async function read(tar: Buffer): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  for await (const entry of entriesOf(bytesContent(tar), limits)) entries.push(entry);
  return entries;
}

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
    /acme\/a is a symbolic link; only files and folders are taken/,
  ],
  [
    'a hard link',
    [file('acme/a', { type: 'Link', linkpath: '/etc/passwd', bytes: '' })],
    /acme\/a is a hard link; only files and folders are taken/,
  ],
  ['a device', [file('acme/a', { type: 'BlockDevice', bytes: '' })], /acme\/a is a device; only files and folders are taken/],
  [
    'a character device',
    [file('acme/a', { type: 'CharacterDevice', bytes: '' })],
    /acme\/a is a device; only files and folders are taken/,
  ],
  ['a pipe', [file('acme/a', { type: 'FIFO', bytes: '' })], /acme\/a is a named pipe; only files and folders are taken/],
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
    /a header of the tar archive has 20000 bytes/,
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
  await expect(read(rawTar(members))).rejects.toMatchObject({
    code: 'archive-invalid',
    message: expect.stringMatching(problem),
  });
});

test.each<[string, Buffer, RegExp]>([
  ['nothing', Buffer.alloc(0), /ends early/],
  ['no end', rawTar([file('a')], Buffer.alloc(0)), /ends early/],
  ['half a block', rawTar([file('a')]).subarray(0, 300), /ends early/],
  ['something behind its end', Buffer.concat([rawTar([file('a')]), Buffer.from('more')]), /goes on behind its end/],
  ['no tar', Buffer.alloc(2_048, 'x'), /where the tar archive should go on there is something else/],
])('an archive with %s is refused', async (_, bytes, problem) => {
  await expect(read(bytes)).rejects.toThrow(problem);
});

test('a damaged header is found, whichever of its bytes it is', async () => {
  const whole = rawTar([file('acme/a')]);
  for (let at = 0; at < 512; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    // The sum is a number in text, which may be written with a blank or a zero before it.
    const found = await read(damaged).catch(() => undefined);
    if (found !== undefined) expect(at >= 148 && at < 156 ? found : at).toEqual(await read(whole));
  }
});
