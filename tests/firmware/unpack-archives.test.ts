import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ProvisioningError } from '../../server/lib/errors.ts';
import { findTools } from '../../server/lib/tools.ts';
import {
  filesIn,
  generous,
  install,
  make,
  newFolder,
  type RarEntry,
  rar4Of,
  rar5Of,
  removeFolders,
  sevenZip,
  tar,
  type ZipEntry,
  zip,
  zipOf,
} from '../support/archives.ts';
import { paxEntry, type TarEntry, tarEntry, tarOf } from '../support/tar.ts';

afterEach(removeFolders);

/** Installs one archive. */
const unpacked = async (filter: string, fw: Uint8Array, given: Parameters<typeof install>[2] = {}) =>
  filesIn(await install([`a-b: ${filter} $FILE1`], { fw }, given));

/** What a refusal says. */
async function refusal(
  filter: string,
  fw: Uint8Array,
  given: Parameters<typeof install>[2] = {},
): Promise<[code: string, message: string]> {
  const found: unknown = await unpacked(filter, fw, given).catch((cause: unknown) => cause);
  const { code, message } = found as ProvisioningError;
  const start = `a-b: ${filter} fw: `;
  expect(message).toMatch(new RegExp(`^${start}`));
  return [code, message.slice(start.length)];
}

/** One way to say an entry, for archives of all kinds. */
const packers = {
  untar: (entries: readonly TarEntry[]) => tarOf(entries),
  unzip: (entries: readonly ZipEntry[]) => zipOf(entries),
  'unrar 4': (entries: readonly RarEntry[]) => rar4Of(entries),
  'unrar 5': (entries: readonly RarEntry[]) => rar5Of(entries),
};
const kinds = Object.keys(packers) as (keyof typeof packers)[];
const filterOf = (kind: string) => kind.split(' ')[0] ?? '';

describe.each(kinds)('%s', (kind) => {
  test.each([
    ['../../etc/passwd', 'leads out of its folder'],
    ['a/../../b', 'leads out of its folder'],
    ['a/..', 'leads out of its folder'],
    ['/etc/passwd', 'is an absolute path'],
    ['C:/windows/x', 'is an absolute path'],
    [`${'n'.repeat(250)}é…é`, 'is longer than 255 bytes'],
    [`${'d/'.repeat(21)}f`, 'is in 21 folders; 20 are allowed'],
  ])('an entry %s is refused', async (name, what) => {
    // In a tar archive a name of more than 100 bytes has a header of its own.
    const fw =
      kind === 'untar' && name.length > 100
        ? Buffer.concat([tarEntry({ name: 'long', type: 'L', content: `${name}\0` }), tarOf([{ name: 'x', content: 'x' }])])
        : packers[kind]([
            { name: 'good', content: 'x' },
            { name, content: 'x' },
          ]);
    const shown = name.length > 120 ? `${name.slice(0, 120)}…` : name;
    expect(await refusal(filterOf(kind), fw)).toEqual(['firmware-archive-forbidden', `fw holds "${shown}", which ${what}`]);
  });

  test('two entries of one path, and a file where a folder is, are refused', async () => {
    const of = async (...names: string[]) =>
      (await refusal(filterOf(kind), packers[kind](names.map((name) => ({ name, content: name })))))[1];
    expect(await of('a/b', 'c', './a//b')).toMatch(/^fw holds "(?:\.\/a\/\/b|a\/b)", which is there twice$/);
    expect(await of('a', 'a/b')).toBe('fw holds "a/b", which is below "a", which is a file');
    expect(await of('a/b/c', 'a')).toBe('fw holds "a", which is a file and a folder');
  });

  test('names that differ in upper and lower case are two', async () => {
    expect(
      await unpacked(
        filterOf(kind),
        packers[kind]([
          { name: 'A', content: '1' },
          { name: 'a', content: '2' },
        ]),
      ),
    ).toEqual({ A: '1', a: '2' });
  });

  test('no more bytes are written than are allowed, whatever the archive claims', async () => {
    const fw = packers[kind]([
      { name: 'a', content: 'x'.repeat(60_000) },
      { name: 'b', content: 'x'.repeat(60_000) },
    ]);
    expect(Object.keys(await unpacked(filterOf(kind), fw, { limits: { ...generous, bytes: 120_000 } }))).toEqual(['a', 'b']);
    expect(await refusal(filterOf(kind), fw, { limits: { ...generous, bytes: 119_999 } })).toEqual([
      'firmware-too-large',
      'unpacked it has more than the 119999 bytes that are allowed',
    ]);
  });

  test('no more files are made than are allowed', async () => {
    const fw = packers[kind](Array.from({ length: kind === 'unzip' ? 65_000 : 100_000 }, (_, index) => ({ name: `f${index}` })));
    expect(await refusal(filterOf(kind), fw, { limits: { ...generous, files: 50 } })).toEqual([
      'firmware-too-large',
      'unpacked it has more than the 50 files that are allowed',
    ]);
  });

  test('a strange mode does not matter', async () => {
    const modes = kind === 'untar' ? [0o4777, 0] : [0o104777, 0o100000];
    const fw = packers[kind](
      modes.map((mode, index) => ({ name: kind === 'untar' ? `d/${index}` : String(index), mode, content: 'x' })),
    );
    const folder = await install([`a-b: ${filterOf(kind)} $FILE1`], { fw });
    const found = readdirSync(folder, { recursive: true, withFileTypes: true });
    const seen = found
      .map((entry) => lstatSync(join(entry.parentPath, entry.name)))
      .map((stat) => [stat.isDirectory(), stat.mode & 0o7777]);
    expect(seen).toEqual(
      kind === 'untar'
        ? [
            [true, 0o755],
            [false, 0o644],
            [false, 0o644],
          ]
        : [
            [false, 0o644],
            [false, 0o644],
          ],
    );
  });

  test('an archive without files is refused', async () => {
    expect(await refusal(filterOf(kind), packers[kind]([]))).toEqual([
      'firmware-archive-broken',
      'fw is empty: files were expected in it',
    ]);
  });

  test('an archive that is cut off is refused, wherever it is', async () => {
    const fw = packers[kind]([
      { name: 'first', content: 'x'.repeat(600) },
      { name: 'second', content: 'y'.repeat(600) },
    ]);
    const end = kind === 'untar' ? fw.length - 1024 : fw.length - 1;
    for (const length of [1, 6, 7, 40, 100, 300, 511, 512, 600, 700, 1_100, 1_300, end].filter((each) => each <= end)) {
      expect([length, (await refusal(filterOf(kind), fw.subarray(0, length)))[0]]).toEqual([length, 'firmware-archive-broken']);
    }
  });

  test('what is another kind of file is refused', async () => {
    const [code, message] = await refusal(filterOf(kind), Buffer.from('<html>Not found</html>'.repeat(100)));
    expect(code).toBe('firmware-archive-broken');
    expect(message).toMatch(/^fw is (?:broken|no RAR archive)/);
  });
});

test.each([
  ['1', 'is a hard link'],
  ['2', 'is a symbolic link'],
  ['3', 'is a device'],
  ['4', 'is a device'],
  ['6', 'is a named pipe'],
  ['S', 'is a sparse file'],
  ['Z', 'is neither a file nor a folder (type "Z")'],
])('a tar entry of type %s is refused: it %s', async (type, what) => {
  const fw = tarOf([
    { name: 'dir', type, link: '/etc/passwd' },
    { name: 'dir/x', content: 'owned' },
  ]);
  expect(await refusal('untar', fw)).toEqual(['firmware-archive-forbidden', `fw holds "dir", which ${what}`]);
});

test.each([
  [0o010644, 'is a named pipe'],
  [0o020644, 'is a device'],
  [0o060644, 'is a device'],
  [0o120777, 'is a symbolic link'],
  [0o140777, 'is neither a file nor a folder'],
])('a zip entry of mode %o is refused: it %s', async (mode, what) => {
  expect((await refusal('unzip', zipOf([{ name: 'x', content: '/etc', mode }])))[1]).toBe(`fw holds "x", which ${what}`);
});

test.each([
  ['4', rar4Of],
  ['5', rar5Of],
])('what is compressed in a RAR %s archive comes out as it was', async (_kind, pack) => {
  const content = Array.from({ length: 2_000 }, (_, index) => `line ${(index * 7919) % 1_000}\n`).join('');
  const fw = pack([
    { name: 'fw/large.txt', content, compressed: true },
    { name: 'fw/small.bin', content: '\0\x01\xff', compressed: true },
  ]);
  expect(fw.length).toBeLessThan(content.length * 0.7);
  expect(await unpacked('unrar', fw)).toEqual({ 'large.txt': content, 'small.bin': '\0\x01\xff' });
  const damaged = Buffer.from(fw);
  damaged.writeUInt8(damaged.readUInt8(2_000) ^ 0x10, 2_000);
  expect((await refusal('unrar', damaged))[1]).toMatch(/^fw (?:is broken|cannot be read)/);
});

test('a symbolic link is refused in a RAR archive', async () => {
  const link = { name: 'x', content: '/etc', mode: 0o120777 };
  expect((await refusal('unrar', rar4Of([link])))[1]).toBe('fw holds "x", which is a symbolic link');
  expect((await refusal('unrar', rar5Of([{ ...link, content: '', link: '/etc' }])))[1]).toBe(
    'fw holds "x", which is a symbolic link',
  );
});

test('links that real programs put into archives are refused', async () => {
  const linked = (program: string) => make({ in: 'x' }, 'sh', '-c', `ln -s /etc/passwd link && ${program}`);
  expect((await refusal('untar', linked('tar -cf made in link')))[1]).toContain('"link", which is a symbolic link');
  expect((await refusal('unzip', linked('zip -qy made in link')))[1]).toContain('"link", which is a symbolic link');
  expect((await refusal('7z', linked('7zz a -bso0 -snl made.7z in link')))[1]).toContain('"link", which is a symbolic link');
  expect((await refusal('untar', make({ a: 'x' }, 'sh', '-c', 'ln a b && tar -cf made a b')))[1]).toContain(
    '"b", which is a hard link',
  );
});

test('a sparse file is refused as each tar says it', async () => {
  for (const format of ['gnu', 'pax --sparse-version=0.0', 'pax --sparse-version=0.1', 'pax --sparse-version=1.0']) {
    const fw = make({}, 'sh', '-c', `truncate -s 1G x && tar --format=${format} -S -cf made x`);
    expect((await refusal('untar', fw))[1]).toMatch(/^fw holds ".*x", which is a sparse file$/);
  }
});

test('backslashes of Windows divide names, and lead out of no folder', async () => {
  expect(await unpacked('unzip', zipOf([{ name: 'lang\\' }, { name: 'lang\\fr.xml', content: 'mots' }]))).toEqual({
    'lang/fr.xml': 'mots',
  });
  expect((await refusal('unzip', zipOf([{ name: '..\\x', content: 'x' }])))[1]).toBe(
    'fw holds "..\\\\x", which leads out of its folder',
  );
  expect((await refusal('unzip', zipOf([{ name: '\\x', content: 'x' }])))[1]).toContain('is an absolute path');
});

test('a NUL in a name is refused', async () => {
  expect((await refusal('unzip', zipOf([{ name: 'a\0b', content: 'x' }])))[1]).toBe(
    'fw holds "a\\u0000b", which has a NUL in it',
  );
  const fw = Buffer.concat([paxEntry({ path: 'a\0b' }), tarOf([{ name: 'x', content: 'x' }])]);
  expect((await refusal('untar', fw))[1]).toContain('which has a NUL in it');
});

test('names that are not UTF-8 become names that are', async () => {
  const bytes = (name: string) => Buffer.from(name, 'latin1');
  const latin = tarOf([
    { name: bytes('caf\xe9'), content: '1' },
    { name: bytes('caf\xe8'), content: '2' },
    { name: 'café.utf8', content: '3' },
  ]);
  expect(await unpacked('untar', latin)).toEqual({ café: '1', cafè: '2', 'café.utf8': '3' });
  // 0x82 is é in code page 437; a flag says UTF-8.
  expect(
    await unpacked(
      'unzip',
      zipOf([
        { name: bytes('caf\x82'), content: '1' },
        { name: 'thé', content: '2', flags: 0x800 },
      ]),
    ),
  ).toEqual({
    café: '1',
    thé: '2',
  });
  expect(Object.keys(await unpacked('unzip', zipOf([{ name: bytes('caf\xe9'), content: '1', flags: 0x800 }])))).toHaveLength(1);
  expect(await unpacked('unrar', rar4Of([{ name: bytes('caf\xe9'), content: '1' }]))).toEqual({ café: '1' });
});

test('a wrong CRC is told', async () => {
  const content = 'x'.repeat(1000);
  const [is, claimed] = [crc32(content).toString(16).padStart(8, '0'), '00c0ffee'];
  const message = `fw is broken: "a" has the CRC ${is}, ${claimed} was expected`;
  const entries = [{ name: 'a', content, crc: 0xc0ffee }];
  for (const [filter, fw] of [
    ['unzip', zipOf(entries)],
    ['unrar', rar4Of(entries)],
    ['unrar', rar5Of(entries)],
  ] as const) {
    expect(await refusal(filter, fw)).toEqual(['firmware-archive-broken', message]);
  }
  const seven = sevenZip({ a: content }, '-m0=Copy');
  seven[40] = 0;
  expect((await refusal('7z', seven))[1]).toMatch(/^fw cannot be read: bsdtar ended with 1: .*7-Zip bad CRC/);
});

test('what compression says is wrong is told', async () => {
  const content = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * index) % 251));
  const packed = (flag: string) => tar({ a: content }, flag);
  const flipped = (bytes: Buffer) => {
    const changed = Buffer.from(bytes);
    const middle = bytes.length >> 1;
    changed[middle] = (changed[middle] ?? 0) ^ 0x40;
    return changed;
  };
  for (const flag of ['-z', '-j', '-J']) {
    const whole = packed(flag);
    expect(Object.keys(await unpacked('untar', whole))).toEqual(['a']);
    // To the last byte: the archive in it is complete long before.
    for (const bad of [flipped(whole), whole.subarray(0, whole.length - 1), whole.subarray(0, whole.length >> 1)]) {
      expect((await refusal('untar', bad))[0]).toBe('firmware-archive-broken');
    }
  }
  const wrongSum = packed('-z');
  wrongSum.writeUInt32LE(1, wrongSum.length - 8);
  expect((await refusal('untar', wrongSum))[1]).toMatch(/^fw is broken: gzip says .*incorrect data check$/);
  expect((await refusal('untar', packed('-j').subarray(0, 60)))[1]).toMatch(/^fw cannot be read: bzip2 ended with 2: .*fw/);
  expect((await refusal('untar', packed('-J').subarray(0, 60)))[1]).toBe(
    'fw cannot be read: xz ended with 1: xz: fw: Unexpected end of input',
  );
});

test('a tar entry that says nonsense is told', async () => {
  expect((await refusal('untar', tarOf([{ name: 'x', size: '77x' }])))[1]).toBe(
    'fw is broken: an entry of the tar archive has no size',
  );
  const wrong = tarOf([{ name: 'x', content: 'x' }]);
  wrong[5] = 1;
  expect((await refusal('untar', wrong))[1]).toBe('fw is broken: where the tar archive should go on there is something else');
  const long = Buffer.concat([tarEntry({ name: 'x', type: 'x', size: '77777777777' }), tarOf([])]);
  expect((await refusal('untar', long))[1]).toBe('fw is broken: a header of the tar archive has 8589934591 bytes');
  const pax = Buffer.concat([tarEntry({ name: 'x', type: 'x', content: 'nonsense' }), tarOf([{ name: 'y' }])]);
  expect((await refusal('untar', pax))[1]).toBe('fw is broken: a pax header of the tar archive says nothing');
});

test('sizes that have no room in octal are read', async () => {
  const large = Buffer.concat([
    paxEntry({ size: '3', path: 'pax' }),
    tarEntry({ name: 'x', content: 'abc', size: '0' }),
    tarOf([]),
  ]);
  expect(await unpacked('untar', large)).toEqual({ pax: 'abc' });
  const entry = tarEntry({ name: 'binary', content: 'abc' });
  entry.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], 124);
  entry.fill(' ', 148, 156);
  entry.write(
    `${entry
      .subarray(0, 512)
      .reduce((all, byte) => all + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  expect(await unpacked('untar', Buffer.concat([entry, tarOf([])]))).toEqual({ binary: 'abc' });
});

test.each([
  ['zip', 'unzip', (files: Record<string, Buffer>) => zip(files)],
  ['tar.gz', 'untar', (files: Record<string, Buffer>) => tar(files, '-z')],
  ['tar.bz2', 'untar', (files: Record<string, Buffer>) => tar(files, '-j')],
  ['tar.xz', 'untar', (files: Record<string, Buffer>) => tar(files, '-J')],
  ['7z', '7z', (files: Record<string, Buffer>) => sevenZip(files)],
])('a bomb is stopped when it has written what is allowed: %s', async (_name, filter, pack) => {
  const fw = pack({ zeros: Buffer.alloc(50_000_000) });
  expect(fw.length).toBeLessThan(100_000);
  expect((await refusal(filter, fw, { limits: { ...generous, bytes: 1_000_000 } }))[0]).toBe('firmware-too-large');
});

test('a bomb behind the end of a tar archive is stopped, too', async () => {
  const fw = gzipSync(Buffer.concat([tarOf([{ name: 'x', content: 'x' }]), Buffer.alloc(5_000_000)]));
  expect((await refusal('untar', fw, { limits: { ...generous, bytes: 1_000_000 } }))[0]).toBe('firmware-too-large');
});

test('a zip entry that is longer than it claims is refused', async () => {
  expect((await refusal('unzip', zipOf([{ name: 'a', content: 'xxxxx', size: 3 }])))[0]).toBe('firmware-archive-broken');
});

test('zip archives with data descriptors and with 64-bit sizes are read', async () => {
  // Written to a pipe, zip cannot go back to put in sizes; of a pipe it does not know how much will come.
  const fw = make({ a: 'x'.repeat(5000) }, 'sh', '-c', 'zip -q - a | cat > made');
  expect(fw.readUInt16LE(6) & 8).toBe(8);
  expect(await unpacked('unzip', fw)).toEqual({ a: 'x'.repeat(5000) });
  const large = make({ a: 'hello' }, 'zip', '-q', '-fz', 'made', 'a');
  expect(large.readUInt16LE(4)).toBe(45);
  expect(await unpacked('unzip', large)).toEqual({ a: 'hello' });
});

test('an encrypted archive is told as such', async () => {
  expect((await refusal('unzip', zip({ a: 'secret' }, '-P', 'password')))[1]).toBe('fw is encrypted: "a" needs a password');
  for (const pack of [rar4Of, rar5Of]) {
    expect((await refusal('unrar', pack([{ name: 'a', content: 'x', encrypted: true }])))[1]).toBe('fw is encrypted');
  }
  expect((await refusal('unrar', rar4Of([], 0x80)))[1]).toBe('fw is encrypted');
  expect((await refusal('7z', sevenZip({ a: 'x' }, '-ppassword')))[1]).toContain('encrypted');
  expect((await refusal('7z', sevenZip({ a: 'x' }, '-ppassword', '-mhe=on')))[1]).toContain('encrypted');
});

test('one of several volumes is told as such', async () => {
  for (const pack of [rar4Of, rar5Of])
    expect((await refusal('unrar', pack([{ name: 'a' }], 1)))[1]).toBe('fw is one of several volumes');
});

test('a zip entry packed in a way that nobody reads is told', async () => {
  expect((await refusal('unzip', zipOf([{ name: 'a', content: 'x', method: 99 }])))[1]).toMatch(/^fw is broken: .*99/);
});

test('a 7z archive that is cut off is refused', async () => {
  const whole = sevenZip({ a: 'x'.repeat(10), b: 'y'.repeat(10) });
  for (let length = 1; length < whole.length; length += 20) {
    expect((await refusal('7z', whole.subarray(0, length)))[0]).toBe('firmware-archive-broken');
  }
  expect((await refusal('7z', zip({ a: 'x' })))[1]).toBe('fw is no 7z archive');
});

test('a RAR or 7z archive with a zip in it that is not packed any more is not taken for that zip', async () => {
  const inner = zip({ inside: 'x' });
  const files = { 'inner.zip': inner.toString(), last: 'L' };
  const entries = [
    { name: 'inner.zip', content: inner },
    { name: 'last', content: 'L' },
  ];
  expect(await unpacked('unrar', rar4Of(entries))).toEqual(files);
  expect(await unpacked('unrar', rar5Of(entries))).toEqual(files);
  expect(await unpacked('7z', sevenZip({ 'inner.zip': inner, last: 'L' }, '-m0=Copy'))).toEqual(files);
});

test('libarchive is given nothing but RAR and 7z, for it reads kinds that name files of this machine', async () => {
  const mtree = Buffer.from('#mtree\nx type=file contents=/etc/passwd\n');
  expect((await refusal('unrar', mtree))[1]).toBe('fw is no RAR archive');
  expect((await refusal('7z', mtree))[1]).toBe('fw is no 7z archive');
});

test.each([
  ['untar', 'bzip2', 'bzip2', tar({ a: 'x' }, '-j')],
  ['untar', 'xz', 'xz-utils', tar({ a: 'x' }, '-J')],
  ['unrar', 'bsdtar', 'libarchive-tools', rar4Of([{ name: 'a' }])],
  ['7z', 'bsdtar', 'libarchive-tools', sevenZip({ a: 'x' })],
])('%s without %s says that Debian has it in %s', async (filter, tool, debian, fw) => {
  expect(await refusal(filter, fw, { tools: await findTools('/nowhere:relative') })).toEqual([
    'tool-missing',
    `${tool} is not installed; Debian has it in the package ${debian}`,
  ]);
});

test('a program that went away meanwhile is told', async () => {
  const [code, message] = await refusal('7z', sevenZip({ a: 'x' }), { tools: new Map([['bsdtar', '/nowhere/bsdtar']]) });
  expect([code, message]).toEqual([
    'firmware-archive-broken',
    'fw cannot be read: bsdtar cannot be started: spawn /nowhere/bsdtar ENOENT',
  ]);
});

test('a program that fails after complete output has failed', async () => {
  const script = make(
    { made: '' },
    'sh',
    '-c',
    'printf \'#!/bin/sh\\n/usr/bin/bzip2 "$@"; echo oh no >&2; exit 3\' > made; chmod +x made',
  );
  const folder = newFolder();
  const tools = new Map([['bzip2', join(folder, 'bzip2')]] as const);
  spawnSync('sh', ['-c', 'cat > bzip2 && chmod +x bzip2'], { cwd: folder, input: script });
  expect((await refusal('untar', tar({ a: 'x' }, '-j'), { tools }))[1]).toBe('fw cannot be read: bzip2 ended with 3: oh no');
});

test.each(['untar', '7z'])(
  'cancelled, %s ends soon, with the reason, and with it the program that it started',
  async (filter) => {
    const folder = newFolder();
    // A program that writes without end, and says who it is.
    const script = `#!/bin/sh\necho $$ >> ${folder}/pids\nexec cat /dev/zero\n`;
    spawnSync('sh', ['-c', 'cat > tool && chmod +x tool'], { cwd: folder, input: script });
    const tools = new Map([
      ['bzip2', join(folder, 'tool')],
      ['bsdtar', join(folder, 'tool')],
    ] as const);
    const controller = new AbortController();
    const reason = new Error('nobody wants it any more');
    const endless = filter === '7z' ? sevenZip({ a: 'x' }) : tar({ a: 'x' }, '-j');
    const limits = { ...generous, bytes: Number.MAX_SAFE_INTEGER };
    const running = install([`a-b: ${filter} $FILE1`], { fw: endless }, { tools, limits, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 300);
    await expect(running).rejects.toBe(reason);
    const pids = readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number);
    expect(pids).toHaveLength(1);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  },
);

test('cancelled before it began, nothing is done', async () => {
  await expect(install(['a-b: cp $FILE1 x'], { f: '1' }, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
});
