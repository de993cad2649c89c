import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

const resources = [
  'devices',
  'configs',
  'tenants',
  'plugins',
  'firmware',
  'repositories',
  'operations',
  'overrides',
  'leases',
  'access',
  'history',
  'parameters',
];
const pure = ['identify', 'associate', 'artefacts'];

/**
 * Who may import whom, besides a part's own folder: docs/architecture.md says why. Types of a resource's records, and of a phone's
 * request, may be imported from anywhere above `lib`: they are what the parts hand to each other.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  sdk: ['lib'],
  settings: ['lib'],
  version: [],
  ...Object.fromEntries(resources.map((name) => [name, ['sdk', 'lib']])),
  sync: ['lib'],
  ...Object.fromEntries(pure.map((name) => [name, ['sdk', 'lib']])),
  store: ['lib'],
  pipeline: [...resources, ...pure, 'sync', 'sdk', 'lib'],
  packaging: ['plugins', 'firmware', 'repositories', 'sdk', 'lib'],
  simulate: ['plugins', 'configs', 'devices', 'artefacts', 'sdk', 'lib'],
  listeners: ['pipeline', 'lib'],
  'dhcp-config': ['sdk', 'lib'],
  api: ['pipeline', 'dhcp-config', ...resources, ...pure, 'settings', 'sdk', 'lib'],
  app: ['api', 'listeners', 'pipeline', 'store', 'sync', ...resources, ...pure, 'settings', 'version', 'sdk', 'lib'],
  cli: ['app', 'simulate', 'packaging', 'settings', 'version', 'lib'],
  main: ['cli', 'app', 'settings', 'version', 'lib'],
};
const handedAround =
  /^server\/(?:(?:devices|configs|tenants|plugins|firmware|repositories|operations|overrides|leases|access|history|parameters)\/[\w-]+|pipeline\/request)\.ts$/;

interface Import {
  readonly file: string;
  readonly target: string;
  readonly type: boolean;
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm);
  const dynamic = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, target = '']) => ({ file, target, type: false }));
  return [...[...found].map(([, type, target = '']) => ({ file, target, type: type !== undefined })), ...dynamic];
}

/** `server/lib/log.ts` is of the part `lib`, `server/main.ts` is the part `main`. */
function partOf(path: string): string {
  const [, part = ''] = path.split('/');
  return part.replace(/\.ts$/, '');
}

function inside({ file, target }: Import): string {
  return normalize(join(file, '..', target));
}

const imports = filesBelow('server').flatMap(importsOf);

test('every part of the server is in the table', () => {
  const parts = new Set(filesBelow('server').map(partOf));
  expect([...parts].filter((part) => !(part in allowed))).toEqual([]);
});

test('no part imports another than the table allows', () => {
  const broken = imports
    .filter(({ target }) => target.startsWith('.'))
    .filter((each) => {
      const [from, to] = [partOf(each.file), partOf(inside(each))];
      if (from === to || allowed[from]?.includes(to)) return false;
      return !(each.type && from !== 'lib' && handedAround.test(inside(each)));
    })
    .map((each) => `${each.file} imports ${inside(each)}`);
  expect(broken).toEqual([]);
});

test.each([
  ['express', ['api', 'app']],
  ['node:dgram', ['listeners', 'simulate', 'sync', 'lib']],
  ['node:http', ['listeners', 'api', 'pipeline', 'simulate', 'app', 'lib']],
  ['node:https', ['listeners', 'api', 'simulate', 'app', 'lib']],
  ['basic-ftp', ['lib']],
  ['better-sqlite3', ['store']],
  ['nunjucks', ['artefacts']],
  ['pino', ['lib']],
  ['prom-client', ['lib']],
  ['commander', ['cli', 'main']],
  ['diff', ['overrides']],
  ['esbuild', ['packaging']],
  ['koffi', ['lib']],
])('%s is used in %j only', (name, parts) => {
  const users = imports.filter(({ target, type }) => target === name && !type).map(({ file }) => partOf(file));
  expect([...new Set(users)].filter((part) => !parts.includes(part))).toEqual([]);
});

test('a vendor package imports nothing but types of the SDK', () => {
  const broken = filesBelow('plugins')
    .flatMap(importsOf)
    .filter((each) => !(each.type && inside(each) === 'server/sdk.ts') && !/^plugins\/[\w-]+\/[\w-]+\.ts$/.test(inside(each)));
  expect(broken).toEqual([]);
});
