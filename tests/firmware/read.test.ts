import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fits } from '../../server/firmware/glob.ts';
import { planOf, withDependencies } from '../../server/firmware/plan.ts';
import { readFirmware } from '../../server/firmware/read.ts';
import type { ProvisioningError } from '../../server/lib/errors.ts';

const provd = join(import.meta.dirname, 'provd');

const whole = `# All that can be said.
[pkg_acme-fw]
version: 1.2
description: Firmware for all Acme phones
description_fr: Micrologiciel pour
  tous les telephones Acme
files: acme-fw acme-lang
install: acme red
depends: acme-base
plugin: acme-1 acme-2
Model = A1

[pkg_acme-base]
version = 1
files = base
install = base

[install_acme]
b-c: cp */$ARG1*.rom firmware/
a-b: unzip $FILE1
a-d: include $FILE2

[install_base]
a-b: null

[file_acme-fw]
url: https://downloads.example/acme/fw%201.2.zip?lang=en
size: 1234
sha1sum: DA39A3EE5E6B4B0D3255BFEF95601890AFD80709

[file_acme-lang]
url:
filename: lang.zip
size: 0
sha256sum: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
downloader: auth

[file_base]
url: ftp://downloads.example/base.bin
size: 5
sha1sum: da39a3ee5e6b4b0d3255bfef95601890afd80709
`;

const read = (text: string) => readFirmware([{ name: 'pkgs.db', text }]);

/** What is wrong with a file, line by line. */
function complaintsOf(text: string): string[] {
  try {
    read(text);
    return [];
  } catch (cause) {
    const { code, complaints } = cause as ProvisioningError;
    expect(code).toBe('firmware-invalid');
    return complaints.map(({ path, message }) => `${path}: ${message}`);
  }
}

test('a package is read with its texts, files, install, dependencies, plugins, and keys of its own', () => {
  const { packages } = read(whole);
  expect(packages.get('acme-fw')).toEqual({
    id: 'acme-fw',
    version: '1.2',
    descriptions: new Map([
      ['', 'Firmware for all Acme phones'],
      ['fr', 'Micrologiciel pour\ntous les telephones Acme'],
    ]),
    files: ['acme-fw', 'acme-lang'],
    install: { id: 'acme', arguments: ['red'] },
    depends: ['acme-base'],
    plugins: ['acme-1', 'acme-2'],
    extra: new Map([['model', 'A1']]),
  });
});

test('a file is named by its link, or by what it is told; without a link an administrator supplies it', () => {
  const { files } = read(whole);
  expect(files.get('acme-fw')).toEqual({
    id: 'acme-fw',
    url: 'https://downloads.example/acme/fw%201.2.zip?lang=en',
    name: 'fw 1.2.zip',
    size: 1234,
    sums: new Map([['sha1', 'da39a3ee5e6b4b0d3255bfef95601890afd80709']]),
    authenticated: false,
  });
  expect(files.get('acme-lang')).toEqual({
    id: 'acme-lang',
    name: 'lang.zip',
    size: 0,
    sums: new Map([['sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855']]),
    authenticated: true,
  });
});

test('a sum of 32 digits is an MD5, wherever it stands', () => {
  const { files } = read('[file_f]\nurl:\nfilename: f\nsize: 1\nsha1sum: 5D88A4F85D5F1E89596692D6AC3151AE');
  expect(files.get('f')?.sums).toEqual(new Map([['md5', '5d88a4f85d5f1e89596692d6ac3151ae']]));
});

test('the steps of a plan come in the order in which one takes what another makes, with variables filled in', () => {
  const plan = planOf(read(whole), 'acme-fw');
  expect(plan.files.map(({ id }) => id)).toEqual(['acme-fw', 'acme-lang']);
  expect(plan.steps).toEqual([
    { from: 'a', to: 'b', filter: 'unzip', globs: ['fw 1.2.zip'] },
    { from: 'a', to: 'd', filter: 'include', globs: ['lang.zip'] },
    { from: 'b', to: 'c', filter: 'cp', globs: ['*/red*.rom'], target: 'firmware/' },
  ]);
  expect(plan.leaves).toEqual(['d', 'c']);
});

test('a name with signs of a glob is that name', () => {
  const text = whole
    .replace('filename: lang.zip', 'filename: [1]*.zip')
    .replace('a-d: include $FILE2', () => 'a-d: cp $FILE2 $FILE2');
  const { steps } = planOf(read(text), 'acme-fw');
  expect(steps[1]).toMatchObject({ globs: ['[[]1][*].zip'], target: '[1]*.zip' });
  expect(['[1]*.zip', '1x.zip'].map(fits('[[]1][*].zip'))).toEqual([true, false]);
});

test('a value goes on in lines that are indented, also behind comments and empty lines', () => {
  const text = whole.replace('b-c: cp */$ARG1*.rom firmware/', () => 'b-c: cp one\n  two\n# and\n\n\tthree\n  i18n/');
  expect(planOf(read(text), 'acme-fw').steps.at(-1)).toMatchObject({ globs: ['one', 'two', 'three'], target: 'i18n/' });
});

test('what a package depends on comes before it, once', () => {
  const text = ['a: b c', 'b: d', 'c: d', 'd:'].map((line) => {
    const [id, depends = ''] = line.split(':');
    return `[pkg_${id}]\nversion: 1\nfiles: f\ninstall: i\ndepends:${depends}\n`;
  });
  const rest = `[file_f]\nurl:\nfilename: f\nsize: 1\nsha1sum: ${'0'.repeat(40)}\n[install_i]\na-b: cp f f\n`;
  expect(withDependencies(read(text.join('') + rest), 'a').map(({ id }) => id)).toEqual(['d', 'b', 'c', 'a']);
  expect(() => withDependencies(read(text.join('') + rest), 'x')).toThrow('There is no firmware package x');
  const circle = `${text.join('').replace('depends:\n', 'depends: a\n')}${rest}`;
  expect(() => read(circle)).toThrow('Firmware packages need one another: a needs b needs d needs a');
});

test.each([
  ['[acme]\nkey: 1', 'line 1: [acme] is none of [pkg_…], [file_…], [install_…]'],
  ['key: 1', 'line 1: has the key key before any section'],
  ['[install_i]\nsomething\na-b: null', 'line 2: is neither a section nor a key with a value'],
  ['[install_i\na-b: null', 'line 1: is no section: [name] is'],
  ['[install_i]\na-b: null\n\n[install_i]\na-b: null', 'line 4: begins [install_i] once more; it began in line 1'],
  ['[install_i]\na-b: null\nA-B: null', 'line 3: has A-B once more; it was in line 2'],
  ['[install_i]\n', 'line 1: [install_i] has no steps'],
  ['[install_i]\na: null', 'line 2: [install_i] has the step a; a step goes from one node to another: a-b'],
  ['[install_i]\nb-a: null', 'line 1: [install_i] makes a, which holds the downloads'],
  ['[install_i]\na-b: null\nc-b: null', 'line 1: [install_i] makes b twice'],
  ['[install_i]\na-b: null\nc-d: null', 'line 1: [install_i] takes c, which no step makes'],
  ['[install_i]\na-b: null\nc-d: null\nd-c: null', 'line 1: [install_i] goes in a circle by c-d'],
  ['[install_i]\na-b: unlzh x', '[install_i] a-b: unlzh is no filter; there are cp, unzip'],
  ['[install_i]\na-b: unzip', '[install_i] a-b: unzip takes 1 word'],
  ['[install_i]\na-b: cp x', '[install_i] a-b: cp takes 2 words or more'],
  ['[install_i]\na-b: cp $ x', '[install_i] a-b: $ at the 4. sign stands for nothing; a sign of its own is \\$'],
  ['[pkg_p]\nid: q\nversion: 1\nfiles: f\ninstall: i', '[pkg_p] may not have the key id: its id stands in brackets'],
  ['[pkg_p]\nfiles: f\ninstall: i', '[pkg_p] has no version'],
  ['[pkg_p]\nversion: 1\nfiles: f', '[pkg_p] has neither an install nor packages that it depends on'],
  ['[pkg_p]\nversion: 1\ninstall: i', '[pkg_p] has no files to install'],
  ['[pkg_p]\nversion: 1\nfiles: f\ninstall: i', 'line 3: [pkg_p] names the file f, which has no section'],
  ['[pkg_p]\nversion: 1\nfiles: f\ninstall: i', 'line 4: [pkg_p] names the install i, which has no section'],
  ['[pkg_p]\nversion: 1\ndepends: q', 'line 3: [pkg_p] depends on q, which has no section'],
  ['[pkg_p]\nversion: 1\ndepends: p', 'line 3: [pkg_p] Firmware packages need one another: p needs p'],
  ['[file_f]\nsize: 1\nsha1sum: x', '[file_f] has no url; where there is none, the key stays empty'],
  ['[file_f]\nurl: gopher://x/f\nsize: 1', '[file_f] has the url gopher://x/f, which is not http, https or ftp'],
  ['[file_f]\nurl: http://x/\nsize: 1', '[file_f] has a url that ends in no name'],
  ['[file_f]\nurl: http://x/%2e%2e\nsize: 1', '[file_f] has the name .., which is no name of a file'],
  ['[file_f]\nurl: http://x/f\nfilename: ../f\nsize: 1', '[file_f] has the name ../f, which is no name of a file'],
  ['[file_f]\nurl: http://x/f\nsize: 1k', 'line 3: [file_f] has no size in bytes'],
  ['[file_f]\nurl: http://x/f\nsize: 1', '[file_f] has neither sha1sum nor sha256sum'],
  ['[file_f]\nurl: http://x/f\nsize: 1\nsha1sum: 12', '[file_f] has a sha1sum that is not 40 hexadecimal digits'],
  ['[file_f]\nurl: http://x/f\nsize: 1\ndownloader: me', '[file_f] has the downloader me; there are default and auth'],
])('%j is refused: %s', (text, wanted) => {
  expect(complaintsOf(text).join('\n')).toContain(wanted);
});

test.each([
  ['cp $ARG2 x', '$ARG2 has no value; there is $FILE1, $ARG1'],
  ['cp ../x x', '"../x" is no path below the folder of a step'],
  ['cp x /etc/', '"/etc/" is no path below the folder of a step'],
  ['cp x a/../../b', '"a/../../b" is no path below the folder of a step'],
  ['include [z-a]', '[z-a] is no glob'],
])('a package whose steps say %s is refused when it is read', (step, wanted) => {
  const text = whole.replace(/\[install_acme\][^[]*/, () => `[install_acme]\na-b: ${step}\n\n`);
  expect(complaintsOf(text.replace('files: acme-fw acme-lang', 'files: acme-fw')).join('\n')).toContain(
    `[pkg_acme-fw] ${wanted}`,
  );
});

test('two files of one package may not have one name', () => {
  expect(complaintsOf(whole.replace('filename: lang.zip', 'filename: fw 1.2.zip')).join('\n')).toContain(
    '[pkg_acme-fw] has two files of the name fw 1.2.zip; the key filename gives one another',
  );
});

test('everything that is wrong in all files is told at once, with its place', () => {
  const sources = [
    { name: 'one.db', text: '[install_i]\na-b: null\n' },
    { name: 'two.db', text: '[install_i]\na-b: null\n[odd]\n' },
  ];
  expect(() => readFirmware(sources)).toThrow(
    'The firmware packages cannot be read: two.db, line 1: [install_i] stands in another file of the folder, too (and 1 more)',
  );
});

test.each(readdirSync(provd))('all packages of %s can be planned', (name) => {
  const firmware = readFirmware([{ name, text: readFileSync(join(provd, name), 'utf8') }]);
  for (const { id, files } of firmware.packages.values()) {
    const plan = planOf(firmware, id);
    expect(plan.files.map((file) => file.id)).toEqual(files);
    expect(plan.leaves.length).toBeGreaterThan(0);
    expect(JSON.stringify(plan.steps)).not.toContain('$');
  }
});
