import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type BuiltArchive, buildArchive } from '../../server/packaging/build.ts';
import { publish } from '../../server/packaging/publish.ts';
import { folderDao } from '../../server/plugins/dao.ts';
import type { VendorPackage } from '../../server/plugins/model.ts';
import { pluginNotifier } from '../../server/plugins/notifier.ts';
import { pluginService } from '../../server/plugins/service.ts';
import { unpackArchive } from '../../server/repositories/archive.ts';
import { pluginsFolder, repositoryPackage } from '../support/packages.ts';
import { device, raw, render } from '../support/render.ts';

const vendors = ['digium', 'yealink'];

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-packaging-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

test.each(vendors)('%s is the same bytes each time, wherever and whenever it is built', async (id) => {
  const first = await buildArchive(join(pluginsFolder, id));
  const copy = join(root, 'elsewhere', id);
  cpSync(join(pluginsFolder, id), copy, { recursive: true });
  for (const entry of readdirSync(copy, { recursive: true, encoding: 'utf8' })) utimesSync(join(copy, entry), 1, 2);
  writeFileSync(join(copy, '.hidden'), 'of an editor');
  const second = await buildArchive(`${copy}/`);
  expect(second.bytes.equals(first.bytes)).toBe(true);
  expect(second).toMatchObject({ file: `${id}-1.0.0.tar.gz`, info: first.info });
  // No time and no system (RFC 1952, 2.3.1).
  expect(first.bytes.subarray(4, 10).toString('hex')).toBe('0000000002ff');
});

/** Publishes, unpacks and loads, as a server does that installs. */
async function installed(built: BuiltArchive): Promise<VendorPackage> {
  const { packages } = await publish(join(root, 'repository'), [built], { channel: 'stable', keys: [], now: new Date() });
  const [entry] = packages;
  if (!entry) throw new Error('Nothing was published');
  expect(await unpackArchive(join(root, 'repository/stable', entry.file), entry, join(root, 'installed', entry.id))).toEqual(
    built.info,
  );
  const { packages: loaded, broken } = await pluginService(folderDao([join(root, 'installed')]), pluginNotifier()).load();
  expect(broken).toEqual([]);
  const [found] = loaded;
  if (!found) throw new Error('Nothing was loaded');
  return found;
}

/** Functions and patterns as texts, without the formatting that the one or the other compiler gave them. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, each: unknown) =>
      each instanceof RegExp ? `${each}` : typeof each === 'function' ? 'function' : each,
    ),
  );
}

test.each(vendors)('%s is the same catalogue unpacked as in its folder, and renders the same', async (id) => {
  const source = await repositoryPackage(id);
  const unpacked = await installed(await buildArchive(join(pluginsFolder, id)));
  expect(plain(unpacked.definition)).toEqual(plain(source.definition));
  expect(unpacked.templates).toEqual(source.templates);
  expect(unpacked.plugins.map((plugin) => plugin.id)).toEqual(source.plugins.map((plugin) => plugin.id));
  const values = raw({
    sip_proxy_ip: '192.0.2.5',
    sip_lines: { 1: { username: '1001', password: 'secret', display_name: 'Ålice & <Bob>' } },
  });
  for (const [index, plugin] of source.plugins.entries()) {
    const other = unpacked.plugins[index];
    if (!other) throw new Error(`${plugin.id} is missing`);
    expect(other).toMatchObject({ version: plugin.version, artefacts: plugin.artefacts });
    expect([...other.models.keys()]).toEqual([...plugin.models.keys()]);
    for (const model of plugin.models.keys()) {
      for (const [position, artefact] of plugin.artefacts.entries()) {
        const twin = other.artefacts[position];
        if (!twin) throw new Error(`${artefact.name} is missing`);
        const phone = device(plugin, { model });
        expect(render(other, twin, values, phone)).toBe(render(plugin, artefact, values, phone));
      }
    }
  }
});

test('plugin-info has provd’s keys', async () => {
  const { bytes } = await buildArchive(join(pluginsFolder, 'digium'));
  const tar = gunzipSync(bytes).toString();
  const info = JSON.parse(tar.slice(tar.indexOf('{\n  "id"'), tar.indexOf('\n}\n') + 3)) as Record<string, unknown>;
  expect(info).toMatchObject({
    version: '1.0.0',
    description: 'Digium D-series desk phones, D40 to D70',
    description_fr: expect.any(String),
    capabilities: { 'Digium, D40, 1.4.0.0.57389': { lines: 2, protocol: 'sip' } },
  });
});

// A package of one's own -----------------------------------------------------------------------------------------------------------

const definition = (body = '', before = '') => `${before}
  export default {
    vendor: 'Acme', version: '1.2', description: { en: 'Acme phones' }, recognise: { path: [/^\\/acme\\//] },
    plugins: { 'acme-1': { series: [{ version: '1', models: { M: { lines: 1, keys: { top: 2, side: 3 } } } }] } },
    artefacts: [{ name: 'acme/{mac}.cfg', template: 'phone.tpl', format: 'text', secret: true }],
    ${body}
  };`;

function acme(files: Readonly<Record<string, string>> = {}): string {
  const whole = {
    'plugin.ts': definition(),
    'templates/phone.tpl': 'hello',
    'CHANGELOG.md': '# Changelog\n\n## 1.2 - 2026-03-04\n\n- Keys.\n\n## 1.1 - 2026-01-01\n\n- Lines.\n',
    ...files,
  };
  for (const [path, text] of Object.entries(whole)) write(`acme/${path}`, text);
  return join(root, 'acme');
}

async function problem(folder: string): Promise<string> {
  return buildArchive(folder).then(
    () => 'built',
    (cause: Error) => cause.message,
  );
}

test('a package may have several files, and comes out as one that imports nothing', async () => {
  const folder = acme({
    'plugin.ts': definition(
      'words: facts.words',
      "import type { Vendor } from '../../server/sdk.ts';\nimport * as facts from './facts/all.ts';\nconst used: Vendor | undefined = undefined;",
    ),
    'facts/all.ts':
      "import { udp } from '../udp.ts';\nexport const words: Record<string, Record<string, number>> = { transport: { udp } };\n",
    'udp.ts': 'export const udp = 5;\n',
  });
  const built = await installed(await buildArchive(folder));
  expect(built.definition.words).toEqual({ transport: { udp: 5 } });
  expect(readFileSync(join(root, 'installed/acme/plugin.js'), 'utf8')).not.toMatch(/import|server\/sdk/);
});

test('what it says of itself comes from its definition and its changelog', async () => {
  const { info } = await buildArchive(acme());
  expect(info).toEqual({
    id: 'acme',
    version: '1.2',
    vendor: 'Acme',
    descriptions: new Map([['', 'Acme phones']]),
    released: '2026-03-04',
    notes: '- Keys.',
    interface: { min: 1, max: 1 },
    plugins: { 'acme-1': { version: '1', models: ['M'] } },
    capabilities: {
      'Acme, M, 1': { lines: 1, high_availability: true, function_keys: 5, expansion_modules: 0, protocol: 'sip' },
    },
  });
});

test('JavaScript will do', async () => {
  const folder = acme({ 'plugin.js': definition() });
  rmSync(join(folder, 'plugin.ts'));
  expect((await buildArchive(folder)).info.id).toBe('acme');
});

const outside = /a package may import files of its own folder, and of server\/sdk\.ts types alone/;

test.each<[string, Record<string, string>, RegExp]>([
  [
    'a module of Node',
    { 'plugin.ts': definition('', 'import "node:fs";') },
    /^The package acme cannot be built: plugin\.ts, line 1: imports node:fs; /,
  ],
  ['a library', { 'plugin.ts': definition('', 'import lodash from "lodash"; lodash();') }, outside],
  ['a file beside its folder', { 'plugin.ts': definition('', 'import "../other.ts";'), '../other.ts': '' }, outside],
  ['an absolute path', { 'plugin.ts': definition('', 'import "/etc/passwd";') }, outside],
  ['something later', { 'plugin.ts': definition('extra: () => import("node:fs")') }, outside],
  ['something computed later', { 'plugin.ts': definition('extra: (view) => import(view.name)') }, outside],
  [
    'something in the old way',
    { 'plugin.js': definition('', 'require("fs");'), 'plugin.ts': definition('', 'require("fs");') },
    outside,
  ],
  ['a file that is not there', { 'plugin.ts': definition('', 'import "./none.ts";') }, /Could not resolve "\.\/none\.ts"/],
])('a package that imports %s is refused', async (_, files, expected) => {
  expect(await problem(acme(files))).toMatch(expected);
});

test('a link out of the folder is no way around', async () => {
  write('secret.ts', 'export const secret = 1;');
  const folder = acme({
    'plugin.ts': definition('words: { transport: { udp: secret } }', 'import { secret } from "./link.ts";'),
  });
  symlinkSync(join(root, 'secret.ts'), join(folder, 'link.ts'));
  expect(await problem(folder)).toMatch(outside);
});

test.each<[string, Record<string, string>, RegExp]>([
  ['an error in its syntax', { 'plugin.ts': 'export default {' }, /^The package acme cannot be built: plugin\.ts, line 1: /],
  ['a definition that throws', { 'plugin.ts': 'throw new Error("no licence");' }, /no licence/],
  ['a key that nobody knows', { 'plugin.ts': definition('colour: 1') }, /colour/i],
  [
    'a template that is not there',
    { 'plugin.ts': definition('artefacts: [{ name: "a", template: "none.tpl", format: "text" }]') },
    /a needs templates\/none\.tpl/,
  ],
  ['no description', { 'plugin.ts': definition('description: undefined') }, /description: say in English/],
  ['no English description', { 'plugin.ts': definition("description: { fr: 'Téléphones' }") }, /description: say in English/],
  [
    'a need for a later server',
    { 'plugin.ts': definition('interface: 99') },
    /interface: it needs interface 99 and this Offhook has 1: upgrade Offhook/,
  ],
  [
    'a version that is no name',
    { 'plugin.ts': definition("version: '1/2'"), 'CHANGELOG.md': '## 1/2 - 2026-01-01' },
    /version: must be digits and letters/,
  ],
  ['no word on its version', { 'CHANGELOG.md': '## 1.1 - 2026-01-01\n' }, /CHANGELOG\.md has no heading "## 1\.2 - DATE"/],
  ['no date of its version', { 'CHANGELOG.md': '## 1.2\n' }, /CHANGELOG\.md has no heading/],
  ['firmware that cannot be read', { 'pkgs/pkgs.db': '[what]\n' }, /pkgs\/pkgs\.db, line 1: \[what\] is none of/],
  ['a file that is no template', { 'templates/notes.txt': '' }, /templates\/notes\.txt is no template/],
  ['a folder among templates', { 'templates/old/phone.tpl': '' }, /templates\/old is no file/],
])('a package with %s is refused', async (_, files, expected) => {
  expect(await problem(acme(files))).toMatch(expected);
});

test.each<[string, RegExp]>([
  ['Acme', /id: must be lower case letters/],
  ['nothing', /it has neither plugin\.ts nor plugin\.js/],
  ['none', /ENOENT/],
])('the folder %s is refused', async (name, expected) => {
  cpSync(acme(), join(root, 'Acme'), { recursive: true });
  mkdirSync(join(root, 'nothing'));
  expect(await problem(join(root, name))).toMatch(expected);
});
