import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { unpack } from '../../server/firmware/unpack.ts';
import { findTools } from '../../server/lib/tools.ts';
import {
  filesIn,
  generous,
  install,
  make,
  newFolder,
  rar4Of,
  rar5Of,
  removeFolders,
  run,
  sevenZip,
  tar,
  write,
  zip,
} from '../support/archives.ts';

afterEach(removeFolders);

const installed = async (...given: Parameters<typeof install>) => filesIn(await install(...given));

test('cp puts files and folders into a folder, and gives a single file another name', async () => {
  const files = { 'x/a.rom': 'A', 'x/b.rom': 'B', 'x/lang/fr/words.xml': 'mots', 'y/other': 'O' };
  const fw = { 'fw.zip': zip(files) };
  expect(await installed(['a-b: unzip $FILE1', 'b-c: cp */*.rom firmware/'], fw)).toEqual({
    'firmware/a.rom': 'A',
    'firmware/b.rom': 'B',
  });
  expect(await installed(['a-b: unzip $FILE1', 'b-c: cp x/* ./'], fw)).toEqual({
    'a.rom': 'A',
    'b.rom': 'B',
    'lang/fr/words.xml': 'mots',
  });
  expect(await installed(['a-b: unzip $FILE1', 'b-c: cp x/a* new/./one.rom'], fw)).toEqual({ 'new/one.rom': 'A' });
  await expect(installed(['a-b: unzip $FILE1', 'b-c: cp x/*.rom one.rom'], fw)).rejects.toMatchObject({
    code: 'firmware-file-missing',
    message: 'b-c: cp x/*.rom one.rom: one.rom is made of exactly one file; found 2: "x/a.rom", "x/b.rom"',
  });
  await expect(installed(['a-b: unzip $FILE1', 'b-c: cp x/lang lang'], fw)).rejects.toThrow('found a folder: "x/lang"');
});

test('cp refuses two files of one name, unless their content is the same', async () => {
  const steps = ['a-b: unzip $FILE1', 'b-c: cp */x ./'];
  const large = 'x'.repeat(200_000);
  expect(await installed(steps, { 'fw.zip': zip({ 'a/x': large, 'b/x': large }) })).toEqual({ x: large });
  await expect(installed(steps, { 'fw.zip': zip({ 'a/x': `${large}1`, 'b/x': `${large}2` }) })).rejects.toMatchObject({
    code: 'firmware-file-twice',
    message: 'b-c: cp */x ./: "x" is there twice, with different content',
  });
});

test('include and exclude match whole paths, with dots and slashes like other signs; a folder comes with what is in it', async () => {
  const files = { 'a.ld': '1', '.b.ld': '2', 'deep/er/c.ld': '3', 'Sound/x/words': '4', 'Sound/y': '5', other: '6' };
  const fw = { 'fw.zip': zip(files) };
  const of = (step: string) => installed(['a-b: unzip $FILE1', `b-c: ${step}`], fw).then(Object.keys);
  expect(await of('include *.ld Sound')).toEqual(['.b.ld', 'Sound/x/words', 'Sound/y', 'a.ld', 'deep/er/c.ld']);
  expect(await of('include ?.ld')).toEqual(['a.ld']);
  expect(await of('exclude *.ld Sound')).toEqual(['other']);
  expect(await of('exclude Sound/x')).toEqual(['.b.ld', 'Sound/y', 'a.ld', 'deep/er/c.ld', 'other']);
  expect(await of('null')).toEqual(Object.keys(files).sort());
  await expect(of('include *.ld none')).rejects.toThrow(
    'b-c: include *.ld none: nothing fits none; there is ".b.ld", "Sound", "Sound/x", "Sound/x/words", "Sound/y" and 5 more',
  );
});

test.each([
  ['plain', []],
  ['gzip', ['-z']],
  ['bzip2', ['-j']],
  ['xz', ['-J']],
  ['GNU, with long names', ['--format=gnu']],
  ['pax, with long names', ['--format=pax']],
  ['v7', ['--format=v7']],
] as const)('untar takes a tar archive whatever it is called: %s', async (name, args) => {
  const long = name.includes('long') ? `${'n'.repeat(120)}/${'m'.repeat(180)}` : 'n/m';
  const files = { 'a.rom': 'A', [`d/${long}`]: 'M', 'd/é': 'é', big: 'x'.repeat(300_000) };
  expect(await installed(['a-b: untar $FILE1'], { 'fw.zip': tar(files, ...args) })).toEqual(files);
});

test('ustar names in two parts, and folders of their own, are read', async () => {
  const long = `${'p'.repeat(90)}/${'q'.repeat(90)}/file`;
  expect(
    await installed(['a-b: untar $FILE1'], {
      fw: make({ [long]: 'x' }, 'tar', '-c', '--format=ustar', '-f', 'made', 'p'.repeat(90)),
    }),
  ).toEqual({
    [long]: 'x',
  });
});

test('compressed streams may have several members', async () => {
  const whole = tar({ 'a.rom': 'A'.repeat(50_000) });
  const halves = [whole.subarray(0, 30_000), whole.subarray(30_000)];
  const bzip2 = (bytes: Uint8Array) => make({ in: bytes }, 'sh', '-c', 'bzip2 -c in > made');
  const xz = (bytes: Uint8Array) => make({ in: bytes }, 'sh', '-c', 'xz -c in > made');
  for (const pack of [gzipSync, bzip2, xz]) {
    const fw = Buffer.concat(halves.map((half) => pack(half)));
    expect(await installed(['a-b: untar $FILE1'], { fw })).toEqual({ 'a.rom': 'A'.repeat(50_000) });
  }
});

test('several archives unpack into one folder; a file that is in two of them must be the same in both', async () => {
  const steps = ['a-b: unzip $FILE1', 'b-c: unzip *.zip'];
  const inner = (name: string, readme: string) => zip({ [name]: name, 'README.txt': readme });
  expect(await installed(steps, { fw: zip({ 'a.zip': inner('a', 'read'), 'b.zip': inner('b', 'read') }) })).toEqual({
    a: 'a',
    b: 'b',
    'README.txt': 'read',
  });
  await expect(installed(steps, { fw: zip({ 'a.zip': inner('a', 'read'), 'b.zip': inner('b', 'me') }) })).rejects.toThrow(
    'b-c: unzip *.zip: "README.txt" of b.zip is there twice, with different content',
  );
});

test.each([
  ['RAR 4', 'unrar', rar4Of],
  ['RAR 5', 'unrar', rar5Of],
] as const)('%s archives are unpacked into one folder', async (_name, filter, pack) => {
  const fw = pack([
    { name: 'd', folder: true, mode: 0o40755 },
    { name: 'd/a.rom', content: 'A' },
    { name: 'b.rom', content: 'B'.repeat(70_000) },
  ]);
  expect(await installed([`a-b: ${filter} $FILE1`], { 'fw.zip': fw })).toEqual({ 'a.rom': 'A', 'b.rom': 'B'.repeat(70_000) });
  const twice = pack([
    { name: 'd/a.rom', content: 'A' },
    { name: 'a.rom', content: 'B' },
  ]);
  await expect(installed([`a-b: ${filter} $FILE1`], { fw: twice })).rejects.toThrow(
    '"a.rom" is there twice, with different content',
  );
});

test.each(['LZMA', 'LZMA2', 'PPMd', 'BZip2', 'Deflate', 'Copy'])(
  '7z archives are unpacked into one folder: %s',
  async (method) => {
    const fw = sevenZip({ 'd/a.rom': 'A', 'é.rom': 'B'.repeat(70_000), empty: '' }, `-m0=${method}`);
    expect(await installed(['a-b: 7z $FILE1'], { fw })).toEqual({ 'a.rom': 'A', 'é.rom': 'B'.repeat(70_000), empty: '' });
  },
);

test.each([0, 1, 300, 511])('unsign cuts a header of %i bytes off a gzip', async (bytes) => {
  const tgz = tar({ 'a.tar': tar({ 'image.bin': 'I' }) }, '-z');
  const fw = Buffer.concat([Buffer.alloc(bytes, 0x1f), tgz]);
  expect(await installed(['a-b: unsign $FILE1 f.tgz', 'b-c: untar f.tgz', 'c-d: untar *.tar'], { 'fw.cop.sgn': fw })).toEqual({
    'image.bin': 'I',
  });
});

test('unsign wants exactly one file, with a gzip within its first 512 bytes', async () => {
  const steps = ['a-b: unsign *.sgn f.tgz'];
  const tgz = gzipSync('x');
  await expect(install(steps, { 'fw.sgn': Buffer.concat([Buffer.alloc(512), tgz]) })).rejects.toMatchObject({
    code: 'firmware-archive-broken',
    message: 'a-b: unsign *.sgn f.tgz: fw.sgn has no gzip within its first 512 bytes, where a Cisco header ends',
  });
  // The magic alone is none: these bytes say a method that there is not.
  await expect(install(steps, { 'fw.sgn': Buffer.from('\x1f\x8b\x07\0rest', 'latin1') })).rejects.toThrow('has no gzip');
  await expect(install(steps, { 'fw.sgn': '' })).rejects.toThrow('has no gzip');
  await expect(install(steps, { 'a.sgn': tgz, 'b.sgn': tgz })).rejects.toThrow(
    'f.tgz is made of exactly one file; found 2: "a.sgn", "b.sgn"',
  );
});

test('leaves come together in one folder; two files of one path must be the same', async () => {
  const both = (second: string) => ({ 'a.zip': zip({ x: 'same', one: '1' }), 'b.zip': zip({ x: second, two: '2' }) });
  const steps = ['a-b: unzip $FILE1', 'a-c: unzip $FILE2'];
  expect(await installed(steps, both('same'))).toEqual({ x: 'same', one: '1', two: '2' });
  await expect(install(steps, both('else'))).rejects.toThrow(
    'putting together what is installed: "x" of node c is there twice, with different content',
  );
  await expect(install(['a-b: cp $FILE1 x', 'a-c: cp $FILE1 x/y'], { f: '1' })).rejects.toThrow(
    '"x/y" of node c is below "x", which is a file',
  );
  await expect(install(['a-b: cp $FILE1 x/y', 'a-c: cp $FILE1 x'], { f: '1' })).rejects.toThrow(
    '"x" of node c is a file and a folder',
  );
});

test.each(['unzip', 'untar', 'unrar', '7z', 'cp', 'unsign', 'include', 'exclude'])(
  '%s of what is not there says what is',
  async (filter) => {
    const step = `a-b: ${filter} *.none${filter === 'cp' || filter === 'unsign' ? ' x' : ''}`;
    await expect(install([step], { 'fw.zip': 'x', 'fw.bin': 'y' })).rejects.toMatchObject({
      code: 'firmware-file-missing',
      message: `${step}: nothing fits *.none; there is "fw.bin", "fw.zip"`,
    });
  },
);

test('a folder is no archive', async () => {
  await expect(install(['a-b: unzip $FILE1', 'b-c: unzip *'], { fw: zip({ 'd/a': '1' }) })).rejects.toThrow(
    'no file fits *, only folders do',
  );
});

test('what is installed unchanged is no copy, and no step changes a download', async () => {
  const cache = write(newFolder(), { one: 'image', two: zip({ 'fw.bin': 'old' }) });
  chmodSync(join(cache, 'one'), 0o400);
  const before = readFileSync(join(cache, 'two'));
  const folder = newFolder();
  const step = { from: 'a', globs: ['fw.zip'] };
  const result = await unpack(
    {
      files: ['fw.bin', 'fw.zip'].map((name) => ({ id: name, name, size: 1, sums: new Map(), authenticated: false })),
      steps: [
        { from: 'a', to: 'b', filter: 'cp', globs: ['fw.bin'], target: 'firmware/' },
        { ...step, to: 'c', filter: 'unzip' },
        { ...step, to: 'd', filter: 'cp', target: 'x.zip' },
      ],
      leaves: ['b', 'c', 'd'],
    },
    {
      downloads: new Map([
        ['fw.bin', join(cache, 'one')],
        ['fw.zip', join(cache, 'two')],
      ]),
      folder,
      // Nothing but the three bytes of the archive's file is written.
      limits: { ...generous, bytes: 3 },
      tools: await findTools(),
    },
  );
  expect(result.startsWith(`${folder}/`)).toBe(true);
  expect(statSync(join(result, 'firmware/fw.bin')).ino).toBe(statSync(join(cache, 'one')).ino);
  expect(statSync(join(cache, 'one')).mode & 0o777).toBe(0o400);
  expect(readFileSync(join(cache, 'one'), 'utf8')).toBe('image');
  expect(readFileSync(join(cache, 'two')).equals(before)).toBe(true);
  expect(filesIn(result)).toMatchObject({ 'firmware/fw.bin': 'image', 'fw.bin': 'old' });
});

test('where a link cannot be made there is a copy, which counts', async () => {
  // A file system of its own: links to it are refused with EXDEV.
  const shared = join('/dev/shm', `offhook-unpack-${process.pid}`);
  mkdirSync(shared);
  try {
    writeFileSync(join(shared, 'fw'), 'image');
    const folder = newFolder();
    expect(() => linkSync(join(shared, 'fw'), join(folder, 'link'))).toThrow('EXDEV');
    const plan = {
      files: [{ id: 'fw', name: 'fw', size: 1, sums: new Map(), authenticated: false }],
      steps: [{ from: 'a', to: 'b', filter: 'null' as const, globs: [] }],
      leaves: ['b'],
    };
    const options = { downloads: new Map([['fw', join(shared, 'fw')]]), tools: new Map() };
    expect(filesIn(await unpack(plan, { ...options, folder, limits: generous }))).toEqual({ fw: 'image' });
    await expect(unpack(plan, { ...options, folder: newFolder(), limits: { ...generous, bytes: 4 } })).rejects.toMatchObject({
      code: 'firmware-too-large',
    });
  } finally {
    rmSync(shared, { recursive: true });
  }
});

test('what has not been downloaded is named', async () => {
  const file = { id: 'f', name: 'fw.bin', size: 1, sums: new Map(), authenticated: false };
  const plan = { files: [file], steps: [], leaves: [] };
  const options = () => ({ folder: newFolder(), limits: generous, tools: new Map() });
  const message = 'preparing: there is no download fw.bin';
  await expect(unpack(plan, { ...options(), downloads: new Map() })).rejects.toThrow(message);
  await expect(unpack(plan, { ...options(), downloads: new Map([['fw.bin', '/nowhere/fw']]) })).rejects.toThrow(message);
  await expect(unpack(plan, { ...options(), downloads: new Map([['fw.bin', newFolder()]]) })).rejects.toThrow(message);
});

test('progress is told in steps', async () => {
  const told: unknown[] = [];
  await install(['a-b: cp $FILE1 x', 'b-c: cp x y'], { f: '1' }, { progress: (...numbers) => told.push(numbers) });
  expect(told).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
});

test('a full disk is told as such', async () => {
  const disk = newFolder();
  run(disk, 'mount', '-t', 'tmpfs', '-o', 'size=256k', 'none', disk);
  try {
    const folder = join(disk, 'work');
    mkdirSync(folder);
    const cache = write(newFolder(), { fw: zip({ large: Buffer.alloc(1_000_000) }) });
    const plan = {
      files: [{ id: 'fw', name: 'fw', size: 1, sums: new Map(), authenticated: false }],
      steps: [{ from: 'a', to: 'b', filter: 'unzip' as const, globs: ['fw'] }],
      leaves: ['b'],
    };
    const downloads = new Map([['fw', join(cache, 'fw')]]);
    await expect(unpack(plan, { downloads, folder, limits: generous, tools: new Map() })).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(/^a-b: unzip fw: \/\S+ cannot be written: the disk is full; make room, then try again$/),
    });
  } finally {
    run(tmpdir(), 'umount', disk);
  }
});

test('what the system refuses is told with the step, without a path of this machine', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'contents'));
  const options = { downloads: new Map(), folder, limits: generous, tools: new Map() };
  await expect(unpack({ files: [], steps: [], leaves: [] }, options)).rejects.toMatchObject({
    code: 'firmware-step-failed',
    message: 'preparing: the system refuses: mkdir EEXIST',
  });
});
