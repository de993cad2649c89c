import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { INDEX, type Index, SIGNATURE } from '../../server/repositories/model.ts';
import { localShelf, type Shelf } from '../../server/repositories/open.ts';
import { type EnteredRepository, type RepositoryService, repositoryService } from '../../server/repositories/service.ts';
import { archive, entry, info, now, type Signer, signed, signer } from './sample.ts';

const ours = signer();
const home = 'http://packages.example/repo';
const options = { signal: new AbortController().signal, progress() {} };

let root: string;
let time: number;
/** What each place has, and what goes wrong there. */
let places: Map<string, Map<string, Buffer> | Error>;
let opened: string[];
let distrusted: string[];
let service: RepositoryService;

async function shelfOf(location: string): Promise<Shelf> {
  opened.push(location);
  const files = places.get(location);
  if (files instanceof Error) throw files;
  return { name: location, read: async (path) => files?.get(path) };
}

const open = () =>
  repositoryService({
    directory: join(root, 'repositories'),
    shelfOf,
    now: () => time,
    distrusted: (name, { code }) => distrusted.push(`${name} ${code}`),
  });

function offer(location: string, change: Partial<Index> = {}, by: Signer = ours): void {
  const { bytes, signature } = signed(by, change);
  const at = (name: string) => `${change.channel ?? 'stable'}/${name}`;
  const before = places.get(location);
  const files = before instanceof Map ? before : new Map<string, Buffer>();
  for (const { file } of change.packages ?? [entry()]) files.set(at(file), archive());
  places.set(location, files.set(at(INDEX), bytes).set(at(SIGNATURE), signature));
}

const enter = (change: Partial<EnteredRepository> = {}) =>
  service.enter({
    name: 'main',
    location: home,
    channel: 'stable',
    priority: 0,
    keys: [ours.line],
    allowUnsigned: false,
    ...change,
  });
const refresh = async (name?: string) => (await service.refresh(name, options)).map(({ problem, serial }) => problem ?? serial);
const versions = (id = 'acme') =>
  service
    .available()
    .get(id)
    ?.map(({ entry: { version }, offer: { repository } }) => `${version} ${repository}`);

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'offhook-repositories-'));
  [time, places, opened, distrusted] = [now.getTime(), new Map(), [], []];
  offer(home);
  service = await open();
});
afterEach(() => rmSync(root, { recursive: true }));

test('what an index lists is known after it was read, and after a restart without its being read again', async () => {
  expect(await enter()).not.toHaveProperty('versions');
  expect(versions()).toBeUndefined();
  expect(await refresh()).toEqual([7]);
  expect(versions()).toEqual(['1.0.0 main']);
  opened = [];
  service = await open();
  expect([versions(), opened]).toEqual([['1.0.0 main'], []]);
  expect(service.list()).toMatchObject([{ name: 'main', versions: 1, serial: 7, refreshed: time, signedBy: expect.any(String) }]);
});

test('what is kept is for its owner only: a location may have a password', async () => {
  await enter({ location: 'http://user:hush@packages.example/' });
  expect(statSync(join(root, 'repositories/list.json')).mode & 0o777).toBe(0o600);
});

test('an index that is kept may have expired: it is still listed, and nothing is installed from it', async () => {
  offer(home, { expires: new Date(time + 1_000) });
  await enter();
  await refresh();
  time += 2_000;
  service = await open();
  const [found] = service.available().get('acme') ?? [];
  if (!found) throw new Error('not listed');
  await expect(service.archive(found, join(root, 'taken'), options.signal)).rejects.toMatchObject({ code: 'index-expired' });
  expect(readdirSync(root)).toEqual(['repositories']);
});

test('what an index no longer has is not installed, although its archive is there', async () => {
  await enter();
  await refresh();
  const [found] = service.available().get('acme') ?? [];
  if (!found) throw new Error('not listed');
  await service.archive(found, join(root, 'taken'), options.signal);
  expect(readFileSync(join(root, 'taken'))).toEqual(archive());
  offer(home, { serial: 8, packages: [] });
  await expect(service.archive(found, join(root, 'again'), options.signal)).rejects.toMatchObject({
    code: 'package-version-unknown',
    message: expect.stringContaining('main no longer has this acme 1.0.0'),
  });
});

test.each([
  ['elsewhere for a while', { location: 'http://mirror.example/' }],
  ['another channel for a while', { channel: 'testing' as const }],
])('an older index is refused, although the repository was %s', async (_what, other) => {
  await enter();
  await refresh();
  await enter(other);
  await refresh();
  await enter();
  offer(home, { serial: 6 });
  expect(await refresh()).toEqual([expect.stringContaining('somebody shows an old one')]);
  service = await open();
  expect(await refresh()).toEqual([expect.stringContaining('somebody shows an old one')]);
});

test('with another password, or a slash at its end, a place is the same', async () => {
  await enter();
  await refresh();
  for (const location of ['http://user:one@packages.example/repo', 'http://user:two@packages.example/repo/']) {
    offer(location, { serial: 6 });
    await enter({ location });
    expect(await refresh()).toEqual([expect.stringContaining('somebody shows an old one')]);
  }
});

test('another place has serials of its own, and what is entered anew after it was removed has none', async () => {
  await enter();
  await refresh();
  offer('http://other.example/', { serial: 1 });
  await enter({ location: 'http://other.example/' });
  expect(versions()).toBeUndefined();
  expect(await refresh()).toEqual([1]);
  offer(home, { serial: 2 });
  await service.remove('main');
  expect([service.list(), versions(), readdirSync(join(root, 'repositories'))]).toEqual([[], undefined, ['list.json']]);
  await enter();
  expect(await refresh()).toEqual([2]);
});

test('what one repository does wrong is told of it, and the others go on', async () => {
  places.set('http://gone.example/', new ProvisioningError('download-failed', 'It does not answer'));
  await enter({ name: 'gone', location: 'http://gone.example/' });
  await enter();
  expect(await refresh()).toEqual(['It does not answer', 7]);
  offer('http://gone.example/', { serial: 3 });
  expect(await refresh('gone')).toEqual([3]);
  expect(service.list().map(({ problem }) => problem)).toEqual([undefined, undefined]);
});

test('a version comes from the repository of the highest priority, else from the one that was entered first', async () => {
  offer('/two', { packages: [entry(), entry(info({ version: '2.0.0' }))] });
  await enter();
  await enter({ name: 'two', location: '/two' });
  await refresh();
  expect(versions()).toEqual(['2.0.0 two', '1.0.0 main']);
  await enter({ name: 'two', location: '/two', priority: 1 });
  expect(versions()).toEqual(['2.0.0 two', '1.0.0 two']);
});

test('a refresh that is cancelled is no problem of the repository', async () => {
  await enter();
  const reason = new ProvisioningError('operation-cancelled', 'It was cancelled');
  places.set(home, reason);
  await expect(service.refresh(undefined, { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(service.list()[0]).not.toHaveProperty('problem');
});

test.each([
  'http://user:hu/sh@packages.example/',
  'https://user:hush@:99999/',
  'sftp://user:hush@packages.example/',
  'file://user:hush@packages.example/',
  'file:///repository?token=hush',
  'http:',
])('%s is not entered, and its password is not shown', async (location) => {
  const refused = enter({ location });
  await expect(refused).rejects.toMatchObject({
    code: 'repository-invalid',
    message: expect.stringContaining('location must be'),
  });
  await expect(refused).rejects.not.toThrow(/hu.?sh/);
  expect(service.list()).toEqual([]);
});

test('an older index is refused, although the token that opens the place is another', async () => {
  await enter({ location: `${home}?token=monday` });
  offer(`${home}?token=monday`);
  expect(await refresh()).toEqual([7]);
  await enter({ location: `${home}?token=tuesday` });
  offer(`${home}?token=tuesday`, { serial: 6 });
  expect(await refresh()).toEqual([expect.stringContaining('somebody shows an old one')]);
});

test('a key that is none is not entered', async () => {
  await expect(enter({ keys: ['rsa'] })).rejects.toMatchObject({ code: 'repository-key-invalid' });
  expect(service.list()).toEqual([]);
});

test('a list that cannot be read is told with what to do', async () => {
  await enter();
  writeFileSync(join(root, 'repositories/list.json'), '[{}]');
  await expect(open()).rejects.toMatchObject({ code: 'repositories-unreadable' });
});

/** A file as the server keeps it: the bytes that were signed, and their signature. */
function kept(change: (index: string, signature: string) => { index: string; signature?: string }): void {
  const file = join(root, 'repositories/main.index.json');
  const { index, signature } = JSON.parse(readFileSync(file, 'utf8'));
  const decoded = (text: string) => Buffer.from(text, 'base64').toString('latin1');
  const encoded = (text: string) => Buffer.from(text, 'latin1').toString('base64');
  const changed = change(decoded(index), decoded(signature));
  const document = { index: encoded(changed.index), ...(changed.signature && { signature: encoded(changed.signature) }) };
  writeFileSync(file, JSON.stringify(document));
}

test('what is kept of an index is what was signed, to the byte', async () => {
  await enter();
  await refresh();
  const { bytes, signature } = signed(ours);
  kept((index, by) => {
    expect([index, by]).toEqual([bytes.toString('latin1'), signature.toString('latin1')]);
    return { index, signature: by };
  });
  expect(statSync(join(root, 'repositories')).mode & 0o777).toBe(0o700);
});

const theirs = signer();
test.each<[string, string, () => void]>([
  ['cannot be read', 'index-kept-invalid', () => writeFileSync(join(root, 'repositories/main.index.json'), '{')],
  [
    'is of an older server',
    'index-kept-invalid',
    () => writeFileSync(join(root, 'repositories/main.index.json'), signed(ours).bytes),
  ],
  [
    'was changed',
    'index-signature-wrong',
    () => kept((index, signature) => ({ index: index.replace('"acme"', '"evil"'), signature })),
  ],
  ['has lost its signature', 'index-unsigned', () => kept((index) => ({ index }))],
  [
    'somebody else has signed',
    'index-key-unknown',
    () => kept((index) => ({ index, signature: theirs.sign(Buffer.from(index, 'latin1')).toString('latin1') })),
  ],
])('an index that was kept and %s is not used until it is read anew, and that is told', async (_what, code, happens) => {
  await enter();
  await refresh();
  happens();
  service = await open();
  expect([versions(), distrusted]).toEqual([undefined, [`main ${code}`]]);
  const [state] = service.list();
  expect(state).not.toHaveProperty('versions');
  expect(state?.problem).toMatch(
    /^What was kept of it is not used until it is read anew \(offhook repository update main\): The index/,
  );
  await refresh();
  expect(versions()).toEqual(['1.0.0 main']);
  expect(service.list()[0]).not.toHaveProperty('problem');
  service = await open();
  expect([versions(), distrusted]).toEqual([['1.0.0 main'], [`main ${code}`]]);
});

test('a key that is no longer trusted takes its index with it, at once and after a restart, until it is trusted again', async () => {
  await enter();
  await refresh();
  opened = [];
  const state = await enter({ keys: [theirs.line] });
  expect(state).not.toHaveProperty('versions');
  expect(state).not.toHaveProperty('signedBy');
  expect(state.problem).toContain('which is not trusted');
  expect([versions(), distrusted]).toEqual([undefined, ['main index-key-unknown']]);
  service = await open();
  expect([versions(), distrusted]).toEqual([undefined, ['main index-key-unknown', 'main index-key-unknown']]);
  const again = await enter({ keys: [theirs.line, ours.line], priority: 3 });
  expect(again).toMatchObject({ versions: 1, signedBy: expect.any(String), serial: 7 });
  expect(again).not.toHaveProperty('problem');
  expect([versions(), opened]).toEqual([['1.0.0 main'], []]);
});

test('an index without signature is used as long as that is allowed', async () => {
  const files = places.get(home);
  if (files instanceof Map) files.delete(`stable/${SIGNATURE}`);
  await enter({ keys: [], allowUnsigned: true });
  expect(await refresh()).toEqual([7]);
  service = await open();
  expect(versions()).toEqual(['1.0.0 main']);
  await enter({ keys: [], allowUnsigned: false });
  expect([versions(), distrusted]).toEqual([undefined, ['main index-unsigned']]);
  expect(await refresh()).toEqual([expect.stringContaining('is not signed')]);
});

test('a folder that the system does not let be read is a problem of the repository', async () => {
  symlinkSync('stable', join(root, 'stable'));
  const shelf = await localShelf(root);
  await expect(shelf.read('stable/index.json', 100)).rejects.toMatchObject({
    code: 'repository-unreadable',
    message: expect.stringMatching(/stable\/index\.json cannot be read: .*ELOOP/),
  });
});
