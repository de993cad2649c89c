import {
  chmodSync,
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
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { originOf } from '../../server/artefacts/overrides.ts';
import { whyNoTemplate } from '../../server/artefacts/template/template.ts';
import { folderOverrideDao } from '../../server/overrides/dao.ts';
import { type OverrideService, overrideService } from '../../server/overrides/service.ts';
import { readOverrides } from '../../server/plugins/dao.ts';
import { type Catalogue, catalogueOf } from '../../server/plugins/service.ts';
import { testPackage } from '../support/packages.ts';

let place: string;
let folder: string;
let changed: string[];
let plugins: { catalogue: Catalogue };
let overrides: OverrideService;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'offhook-overrides-'));
  folder = join(place, 'templates');
  changed = [];
  plugins = { catalogue: catalogue('a\nb\nc\n') };
  overrides = service();
});
afterEach(() => {
  rmSync(place, { recursive: true });
});

/** What is installed when the package's template says so; undefined when it has none. */
function catalogue(phone: string | undefined): Catalogue {
  const template = phone === undefined ? 'other.tpl' : 'phone.tpl';
  const artefacts = [{ name: 'acme/{mac}.cfg', template, format: 'text', secret: true }] as const;
  return catalogueOf([testPackage('acme', { artefacts }, phone === undefined ? {} : { 'phone.tpl': phone })], []);
}

function service(): OverrideService {
  return overrideService({
    dao: folderOverrideDao(folder, readOverrides),
    plugins,
    origin: (name, plugin) => originOf(name, plugin, new Map()),
    complaint: (plugin, name, text) => whyNoTemplate({ name: `templates/${plugin}/${name}`, text }),
    changed: async (plugin) => void changed.push(plugin),
  });
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const read = (path: string) => readFileSync(join(folder, path), 'utf8');

/** The package is exchanged, as whoever installs one does it. */
async function exchange(phone: string | undefined): Promise<void> {
  await overrides.keepBases(plugins.catalogue.plugins());
  plugins.catalogue = catalogue(phone);
}

test('an override has as its base what the package said when it was made', async () => {
  const made = await overrides.put('acme-1', 'phone.tpl', 'a\nB\nc\n');
  expect(made).toEqual({
    plugin: 'acme-1',
    name: 'phone.tpl',
    state: 'current',
    override: 'a\nB\nc\n',
    base: 'a\nb\nc\n',
    origin: { name: 'acme/phone.tpl', text: 'a\nb\nc\n' },
  });
  expect(changed).toEqual(['acme-1']);
  expect(read('acme-1/phone.tpl')).toBe('a\nB\nc\n');
  expect(read('.bases/acme-1/phone.tpl')).toBe('a\nb\nc\n');
  expect(lstatSync(join(folder, 'acme-1/phone.tpl')).mode & 0o777).toBe(0o600);
  expect(await readOverrides(folder)).toEqual(new Map([['acme-1', new Map([['phone.tpl', 'a\nB\nc\n']])]]));
});

test('one that was put there by hand gets the package’s text of that moment, and keeps it', async () => {
  put('acme-1/phone.tpl', 'mine\n');
  put('acme-1/M1.tpl', 'of one model\n');
  put('acme-1/00005e005301.cfg.tpl', 'of one device\n');
  put('acme-1/macros.tpl', 'my own');
  put('gone-1/phone.tpl', 'of a plugin that is not there');
  await overrides.keepBases(plugins.catalogue.plugins());
  for (const name of ['phone', 'M1', '00005e005301.cfg']) expect(read(`.bases/acme-1/${name}.tpl`)).toBe('a\nb\nc\n');
  expect(readdirSync(join(folder, '.bases'))).toEqual(['acme-1']);
  expect(readdirSync(join(folder, '.bases/acme-1'))).toHaveLength(3);
  plugins.catalogue = catalogue('changed\n');
  await overrides.keepBases(plugins.catalogue.plugins());
  const states = (await overrides.list()).map(({ plugin, name, state }) => `${plugin}/${name} ${state}`);
  expect(states).toEqual([
    'acme-1/00005e005301.cfg.tpl outdated',
    'acme-1/M1.tpl outdated',
    'acme-1/macros.tpl own',
    'acme-1/phone.tpl outdated',
    'gone-1/phone.tpl orphaned',
  ]);
});

test.each([
  ['stays as it is', 'a\nb\nc\n', 'current'],
  ['changes', 'a\nb\nC\n', 'outdated'],
  ['becomes what the override says', 'a\nB\nc\n', 'same'],
  ['goes', undefined, 'orphaned'],
])('when the package’s template %s', async (_, phone, state) => {
  await overrides.put('acme-1', 'phone.tpl', 'a\nB\nc\n');
  await exchange(phone);
  expect(await overrides.list()).toMatchObject([{ state }]);
  expect(await overrides.state('acme-1', 'phone.tpl')).toBe(state);
  expect(read('acme-1/phone.tpl')).toBe('a\nB\nc\n');
});

test('when its plugin goes an override stays, may be read and removed, and is current again when the plugin comes back', async () => {
  await overrides.put('acme-1', 'phone.tpl', 'mine\n');
  await overrides.keepBases(plugins.catalogue.plugins());
  plugins.catalogue = catalogueOf([], []);
  expect(await overrides.get('acme-1', 'phone.tpl')).toMatchObject({ state: 'orphaned', override: 'mine\n', base: 'a\nb\nc\n' });
  await expect(overrides.merge('acme-1', 'phone.tpl')).rejects.toMatchObject({ code: 'template-unmergeable' });
  await expect(overrides.accept('acme-1', 'phone.tpl')).rejects.toMatchObject({ code: 'template-unmergeable' });
  await expect(overrides.put('acme-1', 'phone.tpl', 'x')).rejects.toMatchObject({ code: 'plugin-unknown' });
  plugins.catalogue = catalogue('a\nb\nc\n');
  expect(await overrides.state('acme-1', 'phone.tpl')).toBe('current');
  plugins.catalogue = catalogueOf([], []);
  await overrides.remove('acme-1', 'phone.tpl');
  expect(await overrides.list()).toEqual([]);
});

test('a change of an override leaves its base, so that what the package changed is not forgotten', async () => {
  await overrides.put('acme-1', 'phone.tpl', 'a\nB\nc\n');
  await exchange('a\nb\nC\n');
  expect(await overrides.put('acme-1', 'phone.tpl', 'A\nB\nc\n')).toMatchObject({
    state: 'outdated',
    base: 'a\nb\nc\n',
    former: 'a\nB\nc\n',
  });
});

test('a clean merge is written, has the package’s text as its base, and the override before it is kept', async () => {
  await overrides.put('acme-1', 'phone.tpl', 'A\nb\nc\n');
  await exchange('a\nb\nC\n');
  expect(await overrides.tryMerge('acme-1', 'phone.tpl')).toEqual({ text: 'A\nb\nC\n', conflicts: [] });
  expect(read('acme-1/phone.tpl')).toBe('A\nb\nc\n');
  expect(await overrides.merge('acme-1', 'phone.tpl')).toMatchObject({
    state: 'current',
    override: 'A\nb\nC\n',
    base: 'a\nb\nC\n',
    former: 'A\nb\nc\n',
  });
  expect(changed).toEqual(['acme-1', 'acme-1']);
  expect(readdirSync(join(folder, '.pending/acme-1'))).toEqual([]);
});

test('a merge with conflicts is refused with the lines, and nothing changes', async () => {
  await overrides.put('acme-1', 'phone.tpl', 'new\na\nmine\nc\n');
  await exchange('a\ntheirs\nc\n');
  await expect(overrides.merge('acme-1', 'phone.tpl')).rejects.toMatchObject({
    code: 'template-conflicting',
    complaints: [{ path: 'line 3', message: 'the package changed it, too' }],
  });
  expect(await overrides.get('acme-1', 'phone.tpl')).toMatchObject({ override: 'new\na\nmine\nc\n', state: 'outdated' });
  expect(existsSync(join(folder, '.former'))).toBe(false);
  expect(await overrides.accept('acme-1', 'phone.tpl')).toMatchObject({ override: 'new\na\nmine\nc\n', state: 'current' });
});

test('what is no template is refused with its line, also as a merge, unless it is forced', async () => {
  const refused = overrides.put('acme-1', 'phone.tpl', 'a\n{% if %}\n');
  await expect(refused).rejects.toMatchObject({
    code: 'template-invalid',
    message: expect.stringContaining('templates/acme-1/phone.tpl:2: '),
    complaints: [{ path: 'line 2' }],
  });
  expect(await overrides.list()).toEqual([]);
  await overrides.put('acme-1', 'phone.tpl', '{% if a %}\na\nb\nc\n', { force: true });
  await exchange('a\nb\nc\nd\n');
  await expect(overrides.merge('acme-1', 'phone.tpl')).rejects.toMatchObject({ code: 'template-invalid' });
  expect(await overrides.merge('acme-1', 'phone.tpl', { force: true })).toMatchObject({ state: 'current' });
});

test('who looked at another text than there is now is refused by its check, and nothing is written', async () => {
  const check = () => {
    throw new Error('changed meanwhile');
  };
  await overrides.put('acme-1', 'phone.tpl', 'mine\n');
  await expect(overrides.put('acme-1', 'phone.tpl', 'x', { check })).rejects.toThrow('changed meanwhile');
  await expect(overrides.merge('acme-1', 'phone.tpl', { check })).rejects.toThrow('changed meanwhile');
  await expect(overrides.accept('acme-1', 'phone.tpl', check)).rejects.toThrow('changed meanwhile');
  await expect(overrides.remove('acme-1', 'phone.tpl', check)).rejects.toThrow('changed meanwhile');
  expect(read('acme-1/phone.tpl')).toBe('mine\n');
});

test('what was removed is kept as the former text, and made anew it has a new base', async () => {
  await overrides.put('acme-1', 'phone.tpl', 'mine\n');
  await overrides.remove('acme-1', 'phone.tpl');
  expect(await overrides.get('acme-1', 'phone.tpl')).toMatchObject({ former: 'mine\n' });
  expect(existsSync(join(folder, '.bases/acme-1/phone.tpl'))).toBe(false);
  await exchange('other\n');
  expect(await overrides.put('acme-1', 'phone.tpl', 'mine\n')).toMatchObject({ state: 'current', base: 'other\n' });
  await expect(overrides.remove('acme-1', 'M1.tpl')).rejects.toMatchObject({ code: 'template-unknown' });
});

test('of two changes at once one is done after the other', async () => {
  await Promise.all(['1\n', '2\n', '3\n'].map((text) => overrides.put('acme-1', 'phone.tpl', text)));
  expect(await overrides.get('acme-1', 'phone.tpl')).toMatchObject({ override: '3\n', former: '2\n' });
});

test.each(['..', '.', '', '.bases', 'acme-1/../../x', '/etc', 'a\0b', 'acme-2'])('the plugin %j is unknown', async (plugin) => {
  await overrides.put('acme-1', 'phone.tpl', 'mine\n');
  for (const asked of [
    overrides.get(plugin, 'phone.tpl'),
    overrides.put(plugin, 'phone.tpl', 'x'),
    overrides.remove(plugin, 'phone.tpl'),
    overrides.merge(plugin, 'phone.tpl'),
    overrides.accept(plugin, 'phone.tpl'),
  ]) {
    await expect(asked).rejects.toMatchObject({ code: 'plugin-unknown' });
  }
});

test.each(['..', '', '.tpl', '.x.tpl', '../x.tpl', 'a/b.tpl', 'phone', 'phone.tpl/', 'a\0.tpl', `${'x'.repeat(260)}.tpl`])(
  'a template %j cannot be',
  async (name) => {
    writeFileSync(join(place, 'x.tpl'), 'outside');
    await expect(overrides.get('acme-1', name)).rejects.toMatchObject({ code: 'template-unknown' });
    await expect(overrides.put('acme-1', name, 'x')).rejects.toMatchObject({ code: 'template-invalid' });
    await expect(overrides.remove('acme-1', name)).rejects.toMatchObject({ code: 'template-unknown' });
    expect(readFileSync(join(place, 'x.tpl'), 'utf8')).toBe('outside');
    expect(existsSync(folder)).toBe(false);
  },
);

test('links that lead out of the folder are neither read nor written through', async () => {
  const outside = join(place, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'phone.tpl'), 'outside');
  mkdirSync(folder);
  symlinkSync(outside, join(folder, 'acme-1'));
  await expect(overrides.put('acme-1', 'phone.tpl', 'x')).rejects.toMatchObject({ code: 'template-not-writable' });
  expect((await overrides.get('acme-1', 'phone.tpl')).override).toBeUndefined();
  rmSync(join(folder, 'acme-1'));

  mkdirSync(join(folder, 'acme-1'));
  symlinkSync(join(outside, 'phone.tpl'), join(folder, 'acme-1/phone.tpl'));
  symlinkSync(join(outside, 'phone.tpl'), join(folder, 'acme-1/phone.tpl.part'));
  expect((await overrides.get('acme-1', 'phone.tpl')).override).toBeUndefined();
  await overrides.put('acme-1', 'phone.tpl', 'mine\n');
  expect(read('acme-1/phone.tpl')).toBe('mine\n');

  rmSync(join(folder, '.bases'), { recursive: true });
  mkdirSync(join(outside, 'acme-1'));
  writeFileSync(join(outside, 'acme-1/phone.tpl'), 'outside');
  symlinkSync(outside, join(folder, '.bases'));
  await expect(overrides.accept('acme-1', 'phone.tpl')).rejects.toMatchObject({ code: 'template-not-writable' });
  expect((await overrides.get('acme-1', 'phone.tpl')).base).toBeUndefined();
  expect(readFileSync(join(outside, 'phone.tpl'), 'utf8')).toBe('outside');
  expect(readFileSync(join(outside, 'acme-1/phone.tpl'), 'utf8')).toBe('outside');
});

test('the folder of all overrides may be a link: it is the operator’s', async () => {
  mkdirSync(join(place, 'checkout'));
  symlinkSync(join(place, 'checkout'), folder);
  await overrides.put('acme-1', 'phone.tpl', 'mine\n');
  expect(readFileSync(join(place, 'checkout/acme-1/phone.tpl'), 'utf8')).toBe('mine\n');
});

test('half of a surrogate pair is refused: it would come back as something else', async () => {
  await expect(overrides.put('acme-1', 'phone.tpl', 'a\ud800')).rejects.toMatchObject({ code: 'template-invalid' });
});

test.each([
  ['before the override was written: nothing happened', 'A\nb\nc\n', 'outdated', 'a\nb\nc\n'],
  ['after the override was written: the base follows', 'A\nb\nC\n', 'current', 'a\nb\nC\n'],
])('a merge that ended %s', async (_, override, state, base) => {
  await overrides.put('acme-1', 'phone.tpl', 'A\nb\nc\n');
  await exchange('a\nb\nC\n');
  await overrides.merge('acme-1', 'phone.tpl');
  const digest = '4f5b9bd0'; // of nothing that there is
  put('.bases/acme-1/phone.tpl', 'a\nb\nc\n');
  put('acme-1/phone.tpl', override);
  const { createHash } = await import('node:crypto');
  const merged = createHash('sha256').update('A\nb\nC\n').digest('hex');
  put('.pending/acme-1/phone.tpl', JSON.stringify({ override: merged, base: 'a\nb\nC\n' }));
  put('.pending/acme-1/M1.tpl', JSON.stringify({ override: digest, base: 'x' }));
  await service().keepBases(plugins.catalogue.plugins());
  expect(await overrides.get('acme-1', 'phone.tpl')).toMatchObject({ override, state, base });
  expect(readdirSync(join(folder, '.pending/acme-1'))).toEqual([]);
});

test('a folder that nobody may write to is told, with its name', async () => {
  if (process.getuid?.() === 0) {
    // root may write everywhere; a file in the way stops it, too.
    mkdirSync(folder);
    writeFileSync(join(folder, 'acme-1'), '');
  } else {
    mkdirSync(folder);
    chmodSync(folder, 0o500);
  }
  await expect(overrides.put('acme-1', 'phone.tpl', 'x')).rejects.toMatchObject({
    code: 'template-not-writable',
    message: expect.stringMatching(/templates\S* cannot be written: .+; .+, then try again$/),
  });
});

test('of a package that is to be exchanged only its own overrides are looked at', async () => {
  put('acme-1/phone.tpl', 'mine\n');
  put('acme-2/phone.tpl', 'mine, too\n');
  const [first] = plugins.catalogue.plugins();
  if (!first) throw new Error('The package has no plugin');
  await overrides.keepBases([{ ...first, id: 'acme-2' }]);
  expect(readdirSync(join(folder, '.bases'))).toEqual(['acme-2']);
});
