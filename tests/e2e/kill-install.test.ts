import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { type KilledServer, makeKilledServer } from '../support/killed-server.ts';
import { httpGet } from '../support/phones.ts';
import { makeRepository, type TestRepository } from '../support/repository.ts';
import { type RudeServer, startRudeServer } from '../support/rude-server.ts';

const root = mkdtempSync(join(tmpdir(), 'offhook-kill-install-'));
const data = join(root, 'data');
const image = Buffer.alloc(400_000, 'firmware of acme ');
/** Each kind of work is killed so often. */
const kills = 50;
const works = ['install', 'firmware', 'upgrade', 'uninstall'];
const stepMs = 8;

let repository: TestRepository;
let web: RudeServer;
let server: KilledServer;

beforeAll(async () => {
  writeFileSync(join(root, 'acme.rom'), image);
  const archive = execFileSync('tar', ['-C', root, '-czf', '-', 'acme.rom']);
  web = await startRudeServer();
  const url = web.serve('/rom.tar.gz', (_request, response) => response.end(archive));
  repository = await makeRepository(root);
  for (const version of ['1.0', '2.0']) await repository.add({ version, firmware: { url, bytes: archive } });
  mkdirSync(join(root, 'none'));
  server = await makeKilledServer(data, [`plugins.directories=${join(root, 'none')}`, `log.file=${join(root, 'offhook.log')}`]);
});
afterAll(async () => {
  await server.kill();
  await web.close();
  rmSync(root, { recursive: true });
});

const ask: KilledServer['ask'] = (...asked) => server.ask(...asked);

/** Starts an operation and waits for its end. */
async function complete(method: string, path: string, body?: object): Promise<void> {
  const { json } = await ask(method, path, body);
  await eventually(async () => {
    const operation = (await ask('GET', `/operations/${json.id}?wait=5`)).json;
    expect(operation.ended).not.toBeNull();
    expect(operation.error).toBeNull();
  });
}

interface State {
  readonly version: string | null;
  readonly firmware: string | null;
}

/** What is installed, and whether that is whole: phones get it, and nothing else lies in the folders. */
async function look(): Promise<State> {
  const { packages } = (await ask('GET', '/packages')).json;
  const { version, problem } = packages.find(({ id }: { id: string }) => id === 'acme');
  expect(problem).toBeNull();
  const file = await httpGet(server.http, '/acme/001122000001.cfg', '127.0.1.1');
  const rom = await httpGet(server.http, '/fw/acme.rom', '127.0.1.1', { 'user-agent': 'Acme M1' });
  const firmware = version === null ? null : (await ask('GET', '/firmware/acme/rom')).json.installed;
  if (version === null) expect([file.status, rom.status]).toEqual([404, 404]);
  else {
    expect(file.body).toBe(`# version ${version}\nmac 00:11:22:00:00:01`);
    expect(rom.status).toBe(firmware === null ? 404 : 200);
    if (firmware !== null) expect(rom.body).toBe(image.toString());
  }
  for (const shelf of ['packages', 'firmware/installed']) {
    const names = readdirSync(join(data, shelf));
    const list = names.includes('list.json') ? JSON.parse(readFileSync(join(data, shelf, 'list.json'), 'utf8')) : {};
    const listed = (Object.values(list) as { folder: string }[]).map(({ folder }) => folder);
    expect(names.filter((name) => name !== 'list.json').sort()).toEqual(listed.sort());
  }
  expect((await ask('GET', '/operations?state=progress')).json.total).toBe(0);
  return { version, firmware };
}

type Work = readonly [kind: string, method: string, path: string, body?: object];

/** What comes next, so that all is done in turn. */
function nextOf({ version, firmware }: State): Work {
  if (version === null) return ['install', 'POST', '/packages/acme/install', { version: '1.0' }];
  if (version === '1.0' && firmware === null) return ['firmware', 'POST', '/firmware/acme/rom/install'];
  if (version === '1.0') return ['upgrade', 'POST', '/packages/acme/install', { version: '2.0' }];
  return ['uninstall', 'DELETE', '/packages/acme?force=true'];
}

test('killed in the middle of installing, upgrading and uninstalling a package and of installing firmware, the server starts, has the old or the new, and the work can be repeated', async () => {
  await server.start();
  await ask('POST', '/configs', { id: 'default', role: 'default', parent_ids: [], raw_config: {} });
  await ask('PUT', '/repositories/main', { location: repository.folder, keys: [repository.key] });
  await complete('POST', '/repositories/refresh');
  const killed = new Map<string, number>();
  const done = new Map<string, number>();
  const delays = new Map<string, number>();
  const isEnough = () => works.every((kind) => (killed.get(kind) ?? 0) >= kills);
  let state = await look();
  while (!isEnough()) {
    // One whose kills are all done is done in peace, so that the next comes.
    const [kind, method, path, body] = nextOf(state);
    const count = killed.get(kind) ?? 0;
    if (count >= kills) await complete(method, path, body);
    else {
      // Each time a little later, until it was done before the kill came.
      const delay = delays.get(kind) ?? 0;
      const asked = ask(method, path, body).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, delay));
      await server.kill();
      await asked;
      await server.start();
      const after = await look();
      const isDone = JSON.stringify(after) !== JSON.stringify(state);
      killed.set(kind, count + 1);
      delays.set(kind, isDone ? 0 : delay + stepMs);
      if (isDone) done.set(kind, (done.get(kind) ?? 0) + 1);
    }
    // Uninstalling a package leaves its firmware; it is to be installed once more, too.
    if (kind === 'upgrade') await ask('DELETE', '/firmware/acme/rom');
    state = await look();
  }
  // Some were killed before they had changed anything, and some after.
  for (const kind of works) {
    expect([kind, done.get(kind)]).not.toEqual([kind, undefined]);
    expect([kind, done.get(kind)]).not.toEqual([kind, killed.get(kind)]);
  }
  expect(server.errors()).toBe('');
}, 900_000);
