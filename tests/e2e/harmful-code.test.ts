import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type BuiltServer, startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/phones.ts';
import { makeRepository, type TestRepository, writeAcme } from '../support/repository.ts';

let root: string;
let repository: TestRepository;
let server: BuiltServer;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'offhook-harmful-'));
  mkdirSync(join(root, 'by-hand'));
  repository = await makeRepository(root);
});
afterEach(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});

async function start(workers: number): Promise<void> {
  server = await startBuiltServer([`workers=${workers}`, `plugins.directories=${join(root, 'by-hand')}`]);
  await ask('/configs', { id: 'default', role: 'default', parent_ids: [], raw_config: {} });
  await ask('/repositories/main', { location: repository.folder, keys: [repository.key] }, 'PUT');
}

async function ask(path: string, body?: object, method?: string) {
  const answer = await server.ask(`/api/v1${path}`, body, method);
  const text = await answer.text();
  expect([answer.ok, text]).toEqual([true, text]);
  return text === '' ? undefined : JSON.parse(text);
}

/** Starts an operation. @returns how it ended */
async function run(path: string, body: object = {}) {
  const { id } = await ask(path, body);
  return eventually(async () => {
    const operation = await ask(`/operations/${id}`);
    if (operation.ended === null) throw new Error('It goes on');
    return operation;
  });
}

const succeed = async (path: string, body?: object) => expect(await run(path, body)).toMatchObject({ state: 'success' });
const phone = () => httpGet(server.http, '/acme/001122000001.cfg', '127.0.1.1', { 'user-agent': 'Acme M1' });

/** A phone that asks again and again meanwhile, and gets its file each time. @returns how often, and how long it waited at most */
async function served<Result>(text: string, work: () => Promise<Result>): Promise<Result> {
  let working = true;
  const phones = (async () => {
    for (let times = 0; ; times++) {
      if (!working) return times;
      const began = performance.now();
      const { status, body } = await phone();
      expect([status, body]).toEqual([200, `# ${text}\nmac 00:11:22:00:00:01`]);
      expect(performance.now() - began).toBeLessThan(2_000);
      await setTimeout(20);
    }
  })();
  const [result, times] = await Promise.all([
    work().finally(() => {
      working = false;
    }),
    phones,
  ]);
  expect(times).toBeGreaterThan(2);
  return result;
}

const harmful = [
  ['2.0', 'for (;;);', 'did not come to an end within 5 s'],
  ['3.0', 'setTimeout(() => { throw new Error("late"); }, 50);', 'threw: late'],
  ['4.0', 'process.exit(0);', 'ended the process with code 0'],
  ['5.0', 'await new Promise(() => {});', 'waits at its top level'],
] as const;

test.each([1, 3])(
  'with %d workers, code that harms is neither installed nor taken in by a reload, and phones are served throughout',
  async (workers) => {
    await start(workers);
    const pids = () => server.log().flatMap(({ event, pid }) => (event === 'worker.started' ? [pid] : []));
    const before = pids();
    await repository.add({ version: '1.0', text: 'one' });
    for (const [version, code] of harmful) await repository.add({ version, code });
    await succeed('/repositories/refresh');
    await succeed('/packages/acme/install', { version: '1.0' });
    const shelf = readdirSync(join(server.data, 'packages'));

    for (const [version, , told] of harmful) {
      const { state, error } = await served('one', () => run('/packages/acme/install', { version }));
      expect([state, error.code]).toEqual(['fail', 'plugin-unreadable']);
      expect(error.message).toContain(`The code of acme is not taken in: tried apart from the server, it ${told}`);
      expect(await ask('/packages/acme')).toMatchObject({ version: '1.0', former: null });
      expect(readdirSync(join(server.data, 'packages'))).toEqual(shelf);
    }

    for (const [version, code] of harmful) {
      const folder = join(root, 'by-hand', `zenith-${version}`);
      writeAcme(folder, { version, plugins: [`zenith-${version}`] });
      writeFileSync(join(folder, 'plugin.js'), code);
    }
    await served('one', () => run('/reload'));
    for (const [version, , told] of harmful) {
      expect((await ask(`/packages/zenith-${version}`)).problem).toContain(told);
    }

    // The same by a signal, and all workers take in what is well.
    const folder = join(root, 'by-hand/zenith-2.0');
    writeAcme(folder, { version: '2.0', plugins: ['zenith-2.0'] });
    const acme = join(root, 'by-hand/acme');
    writeAcme(acme, { version: '0.9' });
    writeFileSync(join(acme, 'plugin.js'), 'process.exit(0);');
    server.process.kill('SIGHUP');
    await served('one', () =>
      eventually(async () => expect(await ask('/packages/zenith-2.0')).toMatchObject({ version: '2.0', problem: null })),
    );

    // What was tried for an installation that takes its place again is tried, too.
    expect(await served('one', () => ask('/packages/acme/losses'))).toBeDefined();
    expect([server.process.exitCode, pids()]).toEqual([null, before]);
  },
  120_000,
);
