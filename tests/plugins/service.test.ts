import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { folderDao, type PluginDao, readOverrides } from '../../server/plugins/dao.ts';
import { pluginNotifier } from '../../server/plugins/notifier.ts';
import { type Catalogue, loadPackage, loadTried, pluginService } from '../../server/plugins/service.ts';
import { checkVendor } from '../../server/plugins/validator.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-plugins-'));
  write('package.json', '{"type": "module"}');
});

afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function definition(id: string, change = ''): string {
  return `export default {
    vendor: '${id}', version: '1', recognise: { path: [/^\\/${id}\\//] },
    plugins: { '${id}-1': { series: [{ version: '1', models: { M: { lines: 1 } } }] } },
    artefacts: [{ name: '${id}/{mac}.cfg', template: 'phone.tpl', format: 'text', secret: true }],
    ${change}
  };`;
}

function good(id: string, folder = id): void {
  write(`${folder}/plugin.js`, definition(id));
  write(`${folder}/templates/phone.tpl`, id);
}

async function load(...directories: string[]): Promise<Catalogue> {
  return pluginService(folderDao(directories.length > 0 ? directories : [root]), pluginNotifier()).load();
}

test('packages are found by their folders, with their templates and firmware lines', async () => {
  good('acme');
  good('zenith');
  const { packages, plugin, ofVendor } = await load();
  expect(packages.map(({ id }) => id)).toEqual(['acme', 'zenith']);
  expect(plugin('acme-1')?.package.templates.get('phone.tpl')).toBe('acme');
  expect(ofVendor('zenith').map(({ id }) => id)).toEqual(['zenith-1']);
  expect(ofVendor('nobody')).toEqual([]);
  expect(ofVendor(undefined)).toEqual([]);
});

test('a package for another Offhook is refused before any of its code runs, and says which of the two to upgrade', async () => {
  good('acme');
  write('acme/plugin-info', '{ "interface": { "min": 99, "max": 99 } }');
  write('zenith/plugin.js', 'globalThis.ran = true; export default {};');
  write('zenith/plugin-info', '{ "interface": { "min": 0, "max": 0 } }');
  write('zorro/plugin.js', 'globalThis.ran = true; export default {};');
  write('zorro/plugin-info', '{}');
  const { packages, broken } = await load();
  expect(packages).toEqual([]);
  expect(broken.map(({ problem }) => problem)).toEqual([
    'The package cannot be used: it needs interface 99 and this Offhook has 1: upgrade Offhook',
    'The package cannot be used: it was built for interface 0 and this Offhook needs 1 or newer: upgrade the package',
    'plugin-info does not say for which interface the package is',
  ]);
  expect(globalThis).not.toHaveProperty('ran');
});

test.each<[string, string, RegExp]>([
  ['throws', 'throw new Error("no licence");', /^its code cannot be loaded: no licence$/],
  ['is no JavaScript', 'export default {', /Unexpected end of input|Unexpected token|Unexpected eof/i],
  ['exports nothing', 'export const nothing = 1;', /^plugin\.js has no default export$/],
  ['exports something else', 'export default 5;', /expected object/i],
  ['imports what is not there', 'import "no-such-module"; export default {};', /no-such-module/],
  ['has an unknown key', definition('bad', 'colour: 1'), /colour/i],
  [
    'has a pattern that remembers',
    definition('bad', 'recognise: { path: [/a/g] }'),
    /recognise\.path\.0: \/a\/g must not have the flags g or y/,
  ],
  ['has an unknown fact', definition('bad', 'recognise: { path: [/(?<colour>a)/] }'), /the group colour is no fact/],
  [
    'has no template',
    definition('bad', 'artefacts: [{ name: "a", template: "none.tpl", format: "text" }]'),
    /a needs templates\/none\.tpl, which is not there/,
  ],
  [
    'has a line without files',
    definition('bad', 'artefacts: undefined'),
    /plugins\.bad-1: has no artefacts, and the package has none for all lines/,
  ],
  [
    'has a secret for everybody',
    definition('bad', 'artefacts: [{ name: "a", template: "phone.tpl", format: "text", secret: true }]'),
    /a file with secrets must be one device’s own/,
  ],
  [
    'names a file outside',
    definition('bad', 'artefacts: [{ name: "../{mac}", template: "phone.tpl", format: "text" }]'),
    /must not contain \. or \.\./,
  ],
  [
    'names an unknown placeholder',
    definition('bad', 'artefacts: [{ name: "{colour}", template: "phone.tpl", format: "text" }]'),
    /\{colour\} is not known/,
  ],
  [
    'gives its phones something unknown over DHCP',
    definition('bad', 'dhcp: { 66: "{server.url}/{mac}" }'),
    /^dhcp\.66: \{mac\} is not known; use server\.url, server\.address, server\.host, server\.port, server\.path$/,
  ],
  ['gives its phones a DHCP option that is none', definition('bad', 'dhcp: { 255: "x" }'), /^dhcp\.255: must be the code/],
  [
    'tells its phones something else than a URL over SIP PnP',
    definition('bad', 'pnp: "{server.host}/{mac}.cfg"'),
    /^pnp: must be a URL: \{server\.url\}, or what begins with http:\/\/, https:\/\/ or tftp:\/\/$/,
  ],
  [
    'tells its phones of the server what is not known',
    definition('bad', 'pnp: "{server.url}/{server.key}/{mac}"'),
    /^pnp: \{server\.key\} is not known; use server\.url/,
  ],
  [
    'gives its phones a lease time, or another type of message',
    definition('bad', 'dhcp: { 53: "6" }'),
    /^dhcp\.53: is for the DHCP server itself to say$/,
  ],
  [
    'tells its phones a header that is the server’s',
    definition('bad', 'resync: { event: "check-sync", headers: { "Call-ID": "x" } }'),
    /^resync\.headers\.Call-ID: .*is a header of the server$/s,
  ],
  [
    'tells its phones two headers in one',
    definition('bad', 'resync: { event: "check-sync", restart: { event: "a\\r\\nVia: b" } }'),
    /^resync\.restart\.event: must be one line$/,
  ],
  [
    'tells the phones of a firmware line nothing at all',
    definition('bad').replace('series:', 'resync: { event: "" }, series:'),
    /^plugins\.bad-1\.resync\.event: /,
  ],
  [
    'has a table of locales by something else',
    definition('bad', 'locales: { screen: { French: "French" } }'),
    /^locales\.screen\.French: must be a locale, a language or a country: fr_CA, fr or CA$/,
  ],
  [
    'lets its phones ask for a path from the root',
    definition('bad', 'boot: { transports: ["http"], requests: [{ path: "/bad/{mac}.cfg" }] }'),
    /^boot\.requests\.0\.path: must be a relative path with single slashes; a query may follow$/,
  ],
  [
    'lets its phones say what their model’s row does not have',
    definition('bad', 'boot: { transports: ["http"], userAgent: "Bad {product}/{version}", requests: [{ path: "{mac}.cfg" }] }'),
    /^plugins\.bad-1: boot needs \{product\}, which the model M does not have$/,
  ],
  [
    'has a plugin that is another’s',
    definition('bad', 'plugins: { "acme-1": { series: [{ version: "1", models: {} }] } }'),
    /plugins\.acme-1 is already a plugin of acme/,
  ],
])('a package that %s is disabled with one clear line, and the others work on', async (_, text, problem) => {
  good('acme');
  good('zenith');
  write('bad/plugin.js', text);
  write('bad/templates/phone.tpl', '');
  const { packages, broken } = await load();
  expect(packages.map(({ id }) => id)).toEqual(['acme', 'zenith']);
  expect(broken).toEqual([{ id: 'bad', folder: join(root, 'bad'), problem: expect.stringMatching(problem) }]);
  expect(broken[0]?.problem).not.toMatch(/\n/);
});

test('whatever the code of a package throws is told as a fault of the package', async () => {
  write('bad/plugin.js', "throw new TypeError('boom');");
  await expect(loadPackage(folderDao([root]), { id: 'bad', folder: join(root, 'bad') })).rejects.toMatchObject({
    code: 'plugin-unreadable',
    message: expect.stringContaining('boom'),
  });
});

test('a package that waits for ever at its top level does not hold up the others', async () => {
  good('acme');
  write('bad/plugin.js', 'await new Promise(() => {}); export default {};');
  const { packages, broken } = await pluginService(folderDao([root], { timeoutMs: 500 }), pluginNotifier()).load();
  expect(packages.map(({ id }) => id)).toEqual(['acme']);
  expect(broken[0]?.problem).toBe('plugin.js did not finish loading within 0.5 s');
});

test('while the server runs, code that is new is tried first: what harms is disabled with one clear line, the others work on', async () => {
  good('acme');
  const service = pluginService(folderDao([root], { timeoutMs: 3_000 }), pluginNotifier());
  await service.load();
  good('zenith');
  write('exits/plugin.js', 'process.exit(7);');
  write('loops/plugin.js', 'for (;;);');
  write('newer/plugin.js', 'process.exit(7);');
  write('newer/plugin-info', '{ "interface": { "min": 99, "max": 99 } }');
  const { packages, broken } = await service.load(await service.tryOut());
  expect(packages.map(({ id }) => id)).toEqual(['acme', 'zenith']);
  expect(broken.map(({ id, problem }) => [id, problem])).toEqual([
    ['exits', expect.stringContaining('it ended the process with code 7')],
    ['loops', expect.stringContaining('it did not come to an end within 3 s')],
    ['newer', expect.stringContaining('it needs interface 99')],
  ]);
});

test('a package is installed only when its code was tried and came to rest', async () => {
  good('acme');
  const dao = folderDao([root], { timeoutMs: 3_000 });
  const found = { id: 'acme', folder: join(root, 'acme') };
  expect((await loadTried(dao, found)).plugins.map(({ id }) => id)).toEqual(['acme-1']);
  write('acme/plugin.js', `${definition('acme')} setTimeout(() => { throw new Error('late'); }, 100);`);
  await expect(loadTried(dao, found)).rejects.toMatchObject({
    code: 'plugin-unreadable',
    message: 'The code of acme is not taken in: tried apart from the server, it threw: late',
  });
  const cancelled = AbortSignal.abort(new Error('cancelled'));
  await expect(loadTried(dao, found, cancelled)).rejects.toThrow(/^cancelled$/);
});

test('a package that is exchanged while all are loaded is the new one afterwards', async () => {
  good('old');
  good('new');
  const dao = folderDao([root]);
  let exchanged = false;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow: PluginDao = {
    ...dao,
    find: async () => (await dao.find()).filter(({ id }) => id === (exchanged ? 'new' : 'old')),
    async read(found) {
      if (found.id === 'old') await held;
      return dao.read(found);
    },
  };
  const service = pluginService(slow, pluginNotifier());
  const before = service.load();
  await setTimeout(20);
  exchanged = true;
  const after = service.load();
  await setTimeout(20);
  release();
  await Promise.all([before, after]);
  expect(service.catalogue.plugins().map(({ id }) => id)).toEqual(['new-1']);
});

test('of two packages with one name the one in the later directory counts', async () => {
  good('old', 'one/acme');
  good('new', 'two/acme');
  expect((await load(join(root, 'one'), join(root, 'two'))).plugins().map(({ id }) => id)).toEqual(['new-1']);
});

test('a directory that does not exist holds no packages, and folders without a plugin.js are none', async () => {
  write('notes/readme.txt', 'nothing');
  expect((await load(join(root, 'missing'), root)).packages).toEqual([]);
});

test('a line’s own artefact stands for the package’s of the same name, and adds others', async () => {
  const own =
    '[{ name: "acme/{mac}.cfg", template: "own.tpl", format: "xml", secret: true }, { name: "acme/extra", template: "own.tpl", format: "text" }]';
  write(
    'acme/plugin.js',
    definition('acme', `plugins: { "acme-1": { series: [{ version: "1", models: {} }], artefacts: ${own} } }`),
  );
  write('acme/templates/phone.tpl', '');
  write('acme/templates/own.tpl', '');
  const { plugin } = await load();
  expect(plugin('acme-1')?.artefacts.map(({ name, template, own: mine }) => [name, template, mine])).toEqual([
    ['acme/{mac}.cfg', 'own.tpl', true],
    ['acme/extra', 'own.tpl', false],
  ]);
});

test('a package need not have files that all of its lines share', async () => {
  const line = (name: string) =>
    `{ series: [{ version: "1", models: {} }], artefacts: [{ name: "${name}", template: "phone.tpl", format: "xml" }] }`;
  write(
    'acme/plugin.js',
    definition('acme', `artefacts: undefined, plugins: { "acme-1": ${line('{mac}.cfg')}, "acme-2": ${line('{MAC}.xml')} }`),
  );
  write('acme/templates/phone.tpl', '');
  const { plugin } = await load();
  const namesOf = (id: string) => plugin(id)?.artefacts.map(({ name }) => name);
  expect([namesOf('acme-1'), namesOf('acme-2')]).toEqual([['{mac}.cfg'], ['{MAC}.xml']]);
});

test('a package tells all that is wrong with it at once', () => {
  const complaints = checkVendor({ vendor: '', version: '1', recognise: {}, plugins: {}, artefacts: [{}] }, new Map());
  expect(complaints.map(({ path }) => path)).toEqual([
    'vendor',
    'plugins',
    'artefacts.0.name',
    'artefacts.0.template',
    'artefacts.0.format',
  ]);
});

test('operators’ templates are read by plugin, and so is when the youngest was changed', async () => {
  write('templates/acme-1/M.tpl', 'mine');
  write('templates/acme-1/notes.txt', 'not a template');
  const overrides = await readOverrides(join(root, 'templates'));
  expect([...(overrides.get('acme-1') ?? [])]).toEqual([['M.tpl', 'mine']]);
  expect(await readOverrides(join(root, 'none'))).toEqual(new Map());
});
