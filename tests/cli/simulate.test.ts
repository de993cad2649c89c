import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Io } from '../../server/cli/io.ts';
import { builtPlugins, raw, startTestApp, type TestApp } from '../support/app.ts';
import { noHost, offhook, type Ran } from './terminal.ts';

const main = join(import.meta.dirname, '../../dist/server/main.js');

let server: TestApp;
let place: string[];

beforeAll(async () => {
  server = await startTestApp();
  const { configs, tenants } = server.app.core;
  const line = { username: 'autoprov', password: 'autoprov', display_name: 'Not assigned', proxy_ip: '192.0.2.20' };
  await configs.create({
    id: 'auto',
    tenant: tenants.main.id,
    parents: [],
    role: 'autocreate',
    raw: raw({ sip_lines: { 1: line } }),
  });
  const admin = server.app.addresses.find(({ name }) => name === 'admin')?.url ?? '';
  place = ['--to', `http://127.0.0.1:${server.http}`, '--data', server.data, '--server', admin];
});

afterAll(() => server.stop());

/** With the packages that were built, as an installed server has them. */
function run(words: readonly string[], io: Partial<Io> = {}, host = noHost): Promise<Ran> {
  return offhook(['simulate', ...words], '', { environment: { OFFHOOK_PLUGINS_DIRECTORIES: builtPlugins }, ...io }, host);
}

const simulate = (...words: string[]) => run([...words, ...place]);

test('phones come up, and a table says what they got', async () => {
  const { code, out, err } = await simulate('--model', 'D40', '--phones', '20', '--power-cut');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^20 of 20 phones came up at http:\/\/127\.0\.0\.1:\d+; the last after [\d.]+ m?s\.\n\nFILE /);
  expect(out).toMatch(/^Digium\/\{mac\}\.cfg +20 +- +- +- .* \d+ kB$/m);
  expect(out).toMatch(/^a whole boot +20 /m);
});

test('for programs there is the report', async () => {
  const { code, out } = await simulate('--plugin', 'digium-1.4.0.0', '--phones', '6', '--ramp', '1', '--json');
  const report = JSON.parse(out);
  expect(code).toBe(0);
  expect(report).toMatchObject({ phones: 6, up: 6, down: [], unfinished: 0, troubles: [] });
  expect(report.files[0]).toMatchObject({ name: 'Digium/{mac}.cfg', served: 6, wrong: 0, latency: { p50: expect.any(Number) } });
});

test('registered phones hold their own accounts, and are removed afterwards', async () => {
  const { devices, configs } = server.app.core;
  const before = [(await devices.list({})).total, (await configs.list({})).total];
  const first = await simulate('--model', 'D65', '--phones', '10', '--seed', 'register', '--register');
  expect([first.code, (await devices.list({})).total, (await configs.list({})).total]).toEqual([
    0,
    (before[0] ?? 0) + 10,
    (before[1] ?? 0) + 10,
  ]);
  const [device] = (await devices.list({ where: { model: 'D65' } })).devices;
  expect(device?.config).toBe(device?.id);
  const again = await simulate('--model', 'D65', '--phones', '10', '--seed', 'register', '--register', '--remove');
  expect([again.code, (await devices.list({})).total, (await configs.list({})).total]).toEqual([0, ...before]);
});

test('a registered phone whose file is not its own is told', async () => {
  const words = ['--model', 'D62', '--phones', '2', '--seed', 'crossed'];
  await simulate(...words, '--register');
  const { devices } = server.app.core;
  const [first, second] = (await devices.list({ where: { model: 'D62' } })).devices;
  await devices.change(first?.id ?? '', () => ({ config: second?.config ?? null }));
  const { code, out, err } = await simulate(...words, '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out).troubles).toMatchObject([
    {
      what: 'wrong content: another phone’s',
      times: 1,
      example: expect.stringContaining(`it holds the account ${second?.config}`),
    },
  ]);
  expect(err).toBe('offhook: 1 of 2 phones did not come up (1 gave up: wrong content: another phone’s)\n');
});

/** What is told on a terminal, with what each piece of it sets off. */
function screen(look: (text: string) => void = () => {}) {
  const told: string[] = [];
  const err = (text: string) => {
    told.push(text);
    look(text);
  };
  return { told, io: { terminal: true, err } };
}

test('progress is a line that is written over on a terminal', async () => {
  const { told, io } = screen();
  const { code } = await run(['--model', 'D50', '--phones', '4', '--ramp', '1', ...place], io);
  expect(code).toBe(0);
  expect(told.slice(0, -1).every((text) => text.startsWith('\r\u001b[K') && !text.includes('\n'))).toBe(true);
  expect(told.at(-1)).toBe('\r\u001b[K');
  expect(told.join('')).toMatch(/\d of 4 up, \d asking, \d+ files, \d+ ms/);
});

test.each<[string, string[], string | RegExp]>([
  ['no phones', [], 'offhook: Say which phones: --model NAME, or --plugin ID; offhook plugin list --lines shows them\n'],
  ['too many', ['--model', 'D40', '--phones', '10001'], /It must be from 1 to 10000\./],
  ['two ways to begin', ['--model', 'D40', '--ramp', '5', '--power-cut'], /'--power-cut' cannot be used with option '--ramp/],
])('%s is a wrong call', async (_, words, problem) => {
  const { code, err } = await simulate(...words);
  expect(code).toBe(2);
  expect(err).toMatch(problem);
});

test.each<[string, string[], RegExp]>([
  [
    'a model that nobody makes',
    ['--model', 'Rotary 1936'],
    /^offhook: No installed plugin has the model Rotary 1936: offhook plugin list --lines shows all\n$/,
  ],
  [
    'a model with a digit too few, in small letters',
    ['--plugin', 'digium-2.8.1', '--model', 'd6'],
    /^offhook: digium-2\.8\.1 has no model d6: did you mean D60 or D62 or D65\? offhook plugin list --lines shows all\n$/,
  ],
  [
    'a plugin that is not there',
    ['--plugin', 'acme-1'],
    /^offhook: There is no plugin acme-1: offhook plugin list --lines shows all\n$/,
  ],
  [
    'a plugin of another version',
    ['--plugin', 'digium-2.8.2'],
    /^offhook: There is no plugin digium-2\.8\.2: did you mean digium-2\.8\.1\? offhook plugin list --lines shows all\n$/,
  ],
  [
    'a model that the line does not have',
    ['--plugin', 'digium-1.1.0.0', '--model', 'D65'],
    /^offhook: digium-1\.1\.0\.0 has no model D65: offhook plugin list --lines shows all\n$/,
  ],
  [
    'a URL that is none',
    ['--model', 'D40', '--to', 'ftp://x'],
    /^offhook: ftp:\/\/x is no URL with http:\/\/, https:\/\/ or tftp:\/\/, without user, query or fragment\n$/,
  ],
])('%s is told', async (_, words, problem) => {
  const { code, err } = await run([...place.slice(2), ...words]);
  expect([code, err]).toEqual([1, expect.stringMatching(problem)]);
});

test('a phone is made to speak what it does not, and says so', async () => {
  const url = `tftp://127.0.0.1:${server.tftp}`;
  const { code, err } = await run(['--model', 'D40', '--seed', 'tftp', ...place, '--to', url, '--blksize', '1000']);
  expect([code, err]).toEqual([0, 'A D40 does not speak TFTP by its package; it is made to.\n']);
});

test('an interrupt ends the run, and tells how far it came', async () => {
  let interrupt = () => {};
  const onSignal = (_: string, listener: () => void) => {
    interrupt = listener;
  };
  const { io } = screen((text) => text.includes('1 of 100 up') && interrupt());
  const phones = ['--model', 'D70', '--phones', '100', '--ramp', '3600'];
  const { code, out } = await run([...phones, ...place], io, { ...noHost, onSignal });
  expect([code, out]).toEqual([1, expect.stringMatching(/^1 of 100 phones came up/)]);
});

test('against a server that is stopped in the middle it says what happened, and ends with 1', async () => {
  const data = mkdtempSync(join(tmpdir(), 'offhook-stopped-'));
  const words = [
    'http.port=0',
    'tftp.port=0',
    'admin.port=0',
    'http.listen=127.0.0.1',
    'tftp.listen=127.0.0.1',
    'admin.listen=127.0.0.1',
  ];
  const child = spawn(process.execPath, [
    main,
    'serve',
    '--development',
    '--data',
    data,
    ...words.flatMap((word) => ['--set', word]),
  ]);
  try {
    let welcome = '';
    while (!welcome.includes('Ctrl+C')) welcome += String((await once(child.stdout, 'data'))[0]);
    const url = /^ +http +(\S+)$/m.exec(welcome)?.[1] ?? '';
    const { told, io } = screen((text) => /K[1-9]\d* of/.test(text) && child.kill('SIGKILL'));
    const phones = ['--model', 'D40', '--phones', '200', '--ramp', '4', '--tries', '2'];
    const { code, out } = await run([...phones, '--data', server.data, '--to', url], io);
    expect(code).toBe(1);
    expect(out).toMatch(/^connection refused +\d+ +[\d.]+ m?s to [\d.]+ m?s +Digium\/[\da-f]{12}/m);
    expect(told.at(-1)).toMatch(/^offhook: \d+ of 200 phones did not come up \(.*\d+ gave up: connection refused/);
  } finally {
    child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
});
