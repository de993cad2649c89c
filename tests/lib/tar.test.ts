import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from '@jest/globals';
import { bytesContent } from '../../server/lib/content.ts';
import { contentReader, type Reader, streamReader } from '../../server/lib/reader.ts';
import { readTar, type TarEntry, type TarRules, writeTar } from '../../server/lib/tar.ts';
import { paxEntry, tarEntry, tarOf } from '../support/tar.ts';

const root = mkdtempSync(join(tmpdir(), 'offhook-tar-'));
afterAll(() => rmSync(root, { recursive: true }));

const rules: TarRules = { headerBytes: 1_000, fault: (problem) => new Error(problem), behind: () => {} };

/** Pieces of a size that is no block's. */
function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

const readers = {
  'a stream': (bytes: Buffer) => streamReader(Readable.from(pieces(bytes))),
  'a content': (bytes: Buffer) => contentReader(bytesContent(bytes)),
};

async function filesOf(tar: Buffer, open: (bytes: Buffer) => Reader = readers['a content']): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, kind, size, offset, content } of readTar(open(tar), rules)) {
    if (kind !== 'file') continue;
    const read: Uint8Array[] = [];
    for await (const piece of content) read.push(piece);
    expect(Buffer.concat(read)).toEqual(tar.subarray(offset, offset + size));
    files[name] = Buffer.concat(read).toString();
  }
  return files;
}

async function kindsOf(
  tar: Buffer,
  open: (bytes: Buffer) => Reader = readers['a content'],
): Promise<[string, TarEntry['kind']][]> {
  const found: [string, TarEntry['kind']][] = [];
  for await (const { name, kind } of readTar(open(tar), rules)) found.push([name, kind]);
  return found;
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

test('the bytes of an archive stay what they were in earlier versions: the sums of published packages depend on them', () => {
  const files = Object.entries(content).map(([path, text]) => [path, Buffer.from(text)] as const);
  const tar = writeTar(new Map(files), new Date('2026-11-20T00:00:00Z'));
  expect(createHash('sha256').update(tar).digest('hex')).toBe('bc6583f71897eb94683fc859f79406cf916170d2cacc95a7f61f3e16e171709f');
});

test('the order in which files are given changes no byte', () => {
  const files = Object.entries(content).map(([path, text]) => [path, Buffer.from(text)] as const);
  expect(writeTar(new Map(files), new Date(0))).toEqual(writeTar(new Map(files.reverse()), new Date(0)));
});

test('a long path has its beginning in the field of ustar for it', async () => {
  const path = `${'folder/'.repeat(20)}${'n'.repeat(90)}`;
  expect(await filesOf(writeTar(new Map([[path, Buffer.from('x')]]), new Date(0)))).toEqual({ [path]: 'x' });
});

test('a name that does not fit is refused, not cut', () => {
  for (const name of ['x'.repeat(300), `a/${'x'.repeat(101)}`, `${'a'.repeat(156)}/x`, 'ü.txt']) {
    expect(() => writeTar(new Map([[name, Buffer.from('x')]]), new Date(0))).toThrow(/is no name for an archive/);
  }
});

test.each(['gnu', 'pax', 'ustar', 'oldgnu', 'v7'])('what the system’s tar writes as %s is read', async (format) => {
  const folder = join(root, format, 'acme');
  mkdirSync(join(folder, 'folder'), { recursive: true });
  const long =
    format === 'gnu' || format === 'pax' ? { [`acme/folder/${'long'.repeat(40)}.txt`]: 'long', 'acme/ü.txt': 'umlaut' } : {};
  const files = { ...content, ...long };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, format, path), text);
  const tar = execFileSync('tar', ['cf', '-', `--format=${format}`, 'acme'], { cwd: join(root, format) });
  for (const open of Object.values(readers)) expect(await filesOf(tar, open)).toEqual(files);
});

describe.each(Object.entries(readers))('from %s', (_, open) => {
  test('what nobody reads is passed over, and what comes after it is found', async () => {
    const long = { name: 'long', content: 'x'.repeat(200_000) };
    const tar = tarOf([long, { name: 'folder/', type: '5' }, long, { name: 'last', content: 'y' }]);
    expect(await kindsOf(tar, open)).toEqual([
      ['long', 'file'],
      ['folder/', 'folder'],
      ['long', 'file'],
      ['last', 'file'],
    ]);
  });

  test('an archive that is cut off is told, wherever it is', async () => {
    const tar = tarOf([
      { name: 'a', content: 'x'.repeat(600) },
      { name: 'b', content: 'y'.repeat(600) },
    ]);
    for (const length of [0, 1, 300, 511, 512, 700, 1_112, 1_200, 1_536, 1_600, 2_600, 3_072]) {
      await expect(kindsOf(tar.subarray(0, length), open)).rejects.toThrow('it ends early');
      await expect(filesOf(tar.subarray(0, length), open)).rejects.toThrow('it ends early');
    }
  });

  test.each([
    ['there is something else', Buffer.alloc(2_048, 'x')],
    ['an entry of the tar archive has no size', tarOf([{ name: 'x', size: '77x' }])],
    ['a header of the tar archive has 1001 bytes', tarOf([{ name: 'x', type: 'L', content: 'n'.repeat(1_001) }])],
    ['a pax header of the tar archive says nothing', tarOf([{ name: 'x', type: 'x', content: 'nonsense' }])],
    [
      'a pax header of the tar archive is for all entries, and names one',
      tarOf([{ name: 'x', type: 'g', content: '9 path=a\n' }, { name: 'y' }]),
    ],
  ])('%s', async (problem, tar) => {
    await expect(kindsOf(tar, open)).rejects.toThrow(problem);
  });
});

test('names and sizes of headers before an entry outrank its own, and are of that entry alone', async () => {
  const tar = Buffer.concat([
    tarEntry({ name: 'all', type: 'g', content: '17 comment=hello\n' }),
    paxEntry({ path: 'pax', size: '3' }),
    tarEntry({ name: 'x', content: 'abc', size: '0' }),
    tarEntry({ name: 'long', type: 'L', content: 'gnu\0' }),
    tarOf([{ name: 'x', content: 'd' }, { name: 'y' }]),
  ]);
  expect(await filesOf(tar)).toEqual({ pax: 'abc', gnu: 'd', y: '' });
});

test('names that are not UTF-8 are told apart', async () => {
  const names = ['caf\xe9', 'caf\xe8'].map((name) => Buffer.from(name, 'latin1'));
  expect((await kindsOf(tarOf(names.map((name) => ({ name }))))).map(([name]) => name)).toEqual(['café', 'cafè']);
});

test('what is neither a file nor a folder is told as what it is', async () => {
  const sparse = Buffer.concat([paxEntry({ 'GNU.sparse.major': '1' }), tarEntry({ name: 'pax' })]);
  const types = [...'1234567SMZ'].map((type) => ({ name: type, type }));
  expect(await kindsOf(Buffer.concat([sparse, tarOf(types)]))).toEqual([
    ['pax', { what: 'is a sparse file' }],
    ['1', { what: 'is a hard link' }],
    ['2', { what: 'is a symbolic link', target: '' }],
    ['3', { what: 'is a device' }],
    ['4', { what: 'is a device' }],
    ['5', 'folder'],
    ['6', { what: 'is a named pipe' }],
    ['7', 'file'],
    ['S', { what: 'is a sparse file' }],
    ['M', { what: 'goes on from another volume' }],
    ['Z', { what: 'is neither a file nor a folder (type "Z")' }],
  ]);
});

test('of a content nothing is read that nobody wants', async () => {
  const tar = tarOf([{ name: 'large', content: Buffer.alloc(1_000_000) }, { name: 'small' }]);
  const content = bytesContent(tar);
  let read = 0;
  const counting = {
    ...content,
    read: async (offset: number, length: number) => {
      const piece = await content.read(offset, length);
      read += piece.length;
      return piece;
    },
  };
  const found: string[] = [];
  for await (const { name } of readTar(contentReader(counting), rules)) found.push(name);
  expect(found).toEqual(['large', 'small']);
  expect(read).toBeLessThan(4_096);
});

test('what is read besides contents is told, and what is behind the end', async () => {
  let [passed, behind] = [0, 0];
  const counting: TarRules = {
    ...rules,
    pass: (bytes) => {
      passed += bytes;
    },
    behind: (piece) => {
      behind += piece.length;
    },
  };
  const tar = Buffer.concat([
    tarEntry({ name: 'long', type: 'L', content: 'name\0' }),
    tarOf([{ name: 'unread', content: 'x'.repeat(5_000) }]),
    Buffer.alloc(3_000),
  ]);
  for await (const _ of readTar(readers['a stream'](tar), counting));
  // Two blocks of the long name; of the end one block is its mark.
  expect([passed, behind]).toEqual([1_024 + 5_000, 512 + 3_000]);
});

test('who wants no more entries closes the stream', async () => {
  const stream = Readable.from(pieces(tarOf([{ name: 'a' }, { name: 'b' }])));
  for await (const { name } of readTar(streamReader(stream), rules)) {
    expect(name).toBe('a');
    break;
  }
  expect(stream.destroyed).toBe(true);
});
