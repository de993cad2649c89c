import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Host, Running } from '../../server/cli/serve.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import type { Settings } from '../../server/settings.ts';
import { offhook } from './terminal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-serve-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const addresses = [
  { name: 'http', url: 'http://0.0.0.0:8667' },
  { name: 'http', url: 'http://[::]:8667' },
  { name: 'tftp', url: 'tftp://0.0.0.0:6969' },
  { name: 'admin', url: 'http://127.0.0.1:8666' },
];

/** A process whose server does nothing but tell what was done to it. */
function host(parts: Partial<Running> = {}, program = '/usr/bin/offhook') {
  const told: string[] = [];
  const signals = new Map<string, () => void>();
  let settings: Settings | undefined;
  let launched: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    launched = resolve;
  });
  const fake: Host = {
    async start(given, { development }) {
      settings = given;
      told.push(development ? 'start for development' : 'start');
      launched();
      return {
        addresses,
        reload: async () => void told.push('reload'),
        close: async () => void told.push('close'),
        ...parts,
      };
    },
    onSignal: (name, listener) => void signals.set(name, listener),
    exit: (code) => void told.push(`exit ${code}`),
    program,
  };
  return { fake, told, started, signal: (name: string) => signals.get(name)?.(), settings: () => settings };
}

/** Starts, waits until it runs, ends it. */
async function served(words: readonly string[], environment: NodeJS.ProcessEnv = {}, terminal = false) {
  const process = host();
  const running = offhook(['serve', ...words], '', { environment, terminal }, process.fake);
  await Promise.race([process.started, running]);
  process.signal('SIGTERM');
  return { ...(await running), settings: process.settings(), told: process.told };
}

test('the server runs until it is told to end, and is closed once', async () => {
  for (const name of ['SIGTERM', 'SIGINT']) {
    const { fake, told, started, signal } = host();
    const running = offhook(['serve', '--data', folder], '', {}, fake);
    await started;
    signal(name);
    expect(await running).toMatchObject({ code: 0, out: '', err: '' });
    expect(told).toEqual(['start', 'close']);
  }
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])('a second signal, %s, ends at once', async (name, code) => {
  let closed: () => void = () => {};
  const { fake, told, started, signal } = host({
    close: () =>
      new Promise((resolve) => {
        closed = resolve;
      }),
  });
  const running = offhook(['serve', '--data', folder], '', {}, fake);
  await started;
  signal('SIGTERM');
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(['start']);
  signal(name);
  expect(told).toEqual(['start', `exit ${code}`]);
  closed();
  await running;
});

test('a signal that comes while the server starts ends it as soon as it runs', async () => {
  const { fake, told, signal } = host();
  const { start } = fake;
  const early: Host = {
    ...fake,
    start(settings, options) {
      signal('SIGHUP');
      signal('SIGINT');
      return start(settings, options);
    },
  };
  expect((await offhook(['serve', '--data', folder], '', {}, early)).code).toBe(0);
  expect(told).toEqual(['start', 'close']);
});

test('SIGHUP reads anew; what cannot be read is told, and the server runs on', async () => {
  let fails = false;
  const { fake, told, started, signal } = host({
    reload: async () => {
      if (fails) throw new ProvisioningError('settings-invalid', 'http.tls.key: there is no such file');
      told.push('reload');
    },
  });
  const running = offhook(['serve', '--data', folder], '', {}, fake);
  await started;
  // The server is handed over in the next turns.
  await new Promise((resolve) => setImmediate(resolve));
  signal('SIGHUP');
  fails = true;
  signal('SIGHUP');
  await new Promise((resolve) => setImmediate(resolve));
  signal('SIGTERM');
  expect((await running).err).toBe(
    'offhook: Not everything could be read anew, and stays as it was: http.tls.key: there is no such file\n',
  );
  expect(told).toEqual(['start', 'reload', 'close']);
});

test('a person is told what to do next', async () => {
  const { out } = await served(['--data', folder], {}, true);
  expect(out).toContain('Offhook is running.');
  for (const { url } of addresses) expect(out).toContain(url);
  expect(out).toContain('  curl http://127.0.0.1:8667/Digium/000fd3054848.cfg\n');
  expect(out).toContain('  curl tftp://127.0.0.1:6969/Digium/000fd3054848.cfg\n');
  expect(out).toContain(`  offhook device list --data ${folder} --server http://127.0.0.1:8666\n`);
  expect(out).toContain(`data   ${folder}\n`);
  expect(out).not.toContain('dhcp');
});

test('a person is told of DHCP, and on which interfaces', async () => {
  const { out } = await served(['--data', folder], { OFFHOOK_DHCP_MODE: 'listen', OFFHOOK_DHCP_INTERFACES: 'eth0' }, true);
  expect(out).toContain('dhcp   listen, on eth0\n');
});

test('a person who set nothing is told the short commands', async () => {
  const { out } = await served([], {}, true);
  expect(out).toContain('  offhook device list\n');
});

test('in a clone the commands are those of the clone', async () => {
  const process = host({}, join(globalThis.process.cwd(), 'dist/server/main.js'));
  const running = offhook(['serve', '--development'], '', {}, process.fake);
  await process.started;
  process.signal('SIGTERM');
  expect((await running).out).toContain('  node dist/server/main.js device list\n');
});

test('a program is told nothing on standard output', async () => {
  expect((await served(['--data', folder])).out).toBe('');
});

// Settings ----------------------------------------------------------------------------------------------------------------------

test('development needs no root: its own ports and data, unless something else says otherwise', async () => {
  const plain = await served(['--development']);
  expect(plain.told[0]).toBe('start for development');
  expect(plain.settings).toMatchObject({ data: join(process.cwd(), 'var'), tftp: { port: 6969 }, log: { format: 'pretty' } });

  const file = join(folder, 'offhook.yml');
  writeFileSync(file, 'tftp: {port: 7001}\n');
  const { settings } = await served(['--development', '--config', file, '--set', 'log.format=json'], { OFFHOOK_DATA: folder });
  expect(settings).toMatchObject({ data: folder, tftp: { port: 7001 }, log: { format: 'json' } });
  expect((await served(['--development', '--data', folder])).settings?.data).toBe(folder);
  expect((await served(['--data', folder])).settings).toMatchObject({ tftp: { port: 69 }, log: { format: 'auto' } });
});

test('flags outrank the environment, and that the file', async () => {
  const file = join(folder, 'offhook.yml');
  writeFileSync(file, 'log: {level: error}\nhttp: {port: 1}\nadmin: {port: 2}\n');
  const environment = { OFFHOOK_HTTP_PORT: '3', OFFHOOK_LOG_LEVEL: 'warn' };
  const { settings } = await served(
    ['--config', file, '--set', 'http.port=4', '--set', 'tftp.port=5', '--log-level', 'debug'],
    environment,
  );
  expect(settings).toMatchObject({ log: { level: 'debug' }, http: { port: 4 }, admin: { port: 2 }, tftp: { port: 5 } });
});

test('settings that cannot be used are told all at once, without a stack, and nothing is started', async () => {
  const { code, out, err, told } = await served([
    '--set',
    'htp.port=1',
    '--set',
    'http.port=x',
    '--config',
    join(folder, 'none.yml'),
  ]);
  expect({ code, out, told }).toEqual({ code: 78, out: '', told: [] });
  expect(err.split('\n')).toEqual([
    'offhook: The settings cannot be used:',
    expect.stringContaining('none.yml: there is no such file'),
    expect.stringContaining('did you mean http?'),
    expect.stringContaining('http.port is "x"'),
    '',
  ]);
});

test('a base_config that no phone could be given is told like any mistake, each with its place', async () => {
  const file = join(folder, 'offhook.yml');
  writeFileSync(
    file,
    'base_config:\n  vlan_id: 9999\n  foo: 1\n  sip_lines:\n    "1":\n      proxy_port: hunter2\n  X_ok: 1\nhttp: {port: x}\n',
  );
  const { code, err, told } = await served(['--config', file, '--set', 'base_config.locale=french']);
  expect({ code, told }).toEqual({ code: 78, told: [] });
  expect(err.replaceAll(`${folder}/`, '').trimEnd().split('\n').slice(1).sort()).toEqual([
    '  --set base_config.locale: base_config.locale: must be a language and a country such as fr_CA',
    '  offhook.yml:2: base_config.vlan_id: must be a whole number from 0 to 4094',
    '  offhook.yml:3: base_config.foo: there is no such key. Keys of your own must start with X_',
    '  offhook.yml:6: base_config.sip_lines.1.proxy_port: must be a port from 1 to 65535',
    '  offhook.yml:8: http.port is "x"; it must be a whole number from 0 to 65535',
  ]);
});

test.each([
  ['settings-invalid', 78],
  ['store-corrupt', 1],
])('a start that fails with %s ends with %i and one message', async (code, expected) => {
  const fake: Host = {
    ...host().fake,
    start: async () => {
      throw new ProvisioningError(code, 'the port is in use');
    },
  };
  expect(await offhook(['serve'], '', {}, fake)).toMatchObject({ code: expected, out: '', err: 'offhook: the port is in use\n' });
});

test('the settings in force are printed with their origin, without passwords, and nothing is started', async () => {
  const words = ['--print-settings', '--development', '--set', 'base_config={admin_password: marker-s3cr3t}'];
  const { code, out, told } = await served(words);
  expect({ code, told }).toEqual({ code: 0, told: [] });
  expect(out).toMatch(/^ {2}port: 6969 {2}# --development$/m);
  expect(out).toContain('admin_password: ');
  expect(out).not.toContain('marker-s3cr3t');
});
