import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { parseMac } from '../../server/lib/mac.ts';
import { folderOverrideDao } from '../../server/overrides/dao.ts';
import { readOverrides } from '../../server/plugins/dao.ts';
import { offhook } from '../cli/terminal.ts';
import { builtPlugins, oneLine, startTestApp } from '../support/app.ts';
import { startBuiltServer } from '../support/built-server.ts';
import { eventually } from '../support/eventually.ts';
import { httpGet } from '../support/phones.ts';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

function temporary(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `offhook-${name}-`));
  made.push(folder);
  return folder;
}

function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const packageText = readFileSync(join(builtPlugins, 'digium/templates/phone.tpl'), 'utf8');

test('overrides that were put there by hand are taken in at the start and at a reload, and the log tells how they stand', async () => {
  const data = temporary('overrides');
  put(data, 'templates/digium-2.8.1/phone.tpl', `${packageText}{# mine #}\n`);
  put(data, 'templates/digium-2.8.1/contacts.tpl', 'mine');
  put(data, 'templates/.bases/digium-2.8.1/contacts.tpl', 'what the package said before');
  put(data, 'templates/acme-9/phone.tpl', 'of a plugin that is not installed');
  const server = await startTestApp(['log.format=json'], data);
  const told = () =>
    readFileSync(join(data, 'offhook.log'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => String(event).startsWith('template.'))
      .map(({ level, event, plugin, name }) => `${level} ${event} ${plugin}/${name}`);
  try {
    const start = [
      'warn template.orphaned acme-9/phone.tpl',
      'warn template.outdated digium-2.8.1/contacts.tpl',
      'info template.current digium-2.8.1/phone.tpl',
    ];
    await eventually(() => expect(told()).toEqual(start));
    expect(readFileSync(join(data, 'templates/.bases/digium-2.8.1/phone.tpl'), 'utf8')).toBe(packageText);
    put(data, 'templates/digium-1.4.0.0/phone.tpl', packageText);
    await server.app.reload();
    await eventually(() =>
      expect(told().slice(3)).toEqual([start[0], 'info template.same digium-1.4.0.0/phone.tpl', start[1], start[2]]),
    );
    expect(readFileSync(join(data, 'templates/.bases/digium-1.4.0.0/phone.tpl'), 'utf8')).toBe(packageText);
    // As after an exchange of packages.
    await server.app.core.plugins.load();
    await eventually(() => expect(told().slice(7)).toEqual(told().slice(3, 7)));
  } finally {
    await server.stop();
  }
});

test('a folder in which nothing can be noted is told, and phones are served all the same', async () => {
  const data = temporary('overrides');
  put(data, 'templates/digium-2.8.1/phone.tpl', 'mine');
  put(data, 'templates/.bases', 'a file in the way');
  const server = await startTestApp(['log.format=json'], data);
  try {
    await eventually(() => expect(readFileSync(join(data, 'offhook.log'), 'utf8')).toContain('template.base-not-kept'));
    expect((await httpGet(server.http, '/Digium/000fd3000001.cfg', '127.0.0.1')).status).toBe(404);
  } finally {
    await server.stop();
  }
});

test('by the command line alone: an override is made, is live at once, is explained when it is outdated, merged and removed', async () => {
  const data = temporary('overrides');
  const server = await startTestApp([], data);
  const { core, addresses } = server.app;
  const on = async (...words: string[]) => {
    const url = addresses.find(({ name }) => name === 'admin')?.url ?? '';
    const { code, out, err } = await offhook([...words, '--server', url, '--data', data]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return out;
  };
  const phone = ['digium-2.8.1', 'phone.tpl'];
  const fetch = async () => (await httpGet(server.http, '/Digium/000fd3000001.cfg', '127.0.0.1')).body;
  try {
    const tenant = core.tenants.main.id;
    await core.configs.create({ id: 'alice', tenant, parents: [], raw: oneLine('secret') });
    const mac = parseMac('000fd3000001');
    if (!mac) throw new Error('no MAC address');
    await core.devices.create(tenant, { mac, vendor: 'Digium', model: 'D40', config: 'alice' }, 'd');
    const before = await fetch();
    expect(before).toContain('password="secret"');
    const file = join(data, 'mine.tpl');
    writeFileSync(file, packageText.replace('<config>', '<config>\n  <!-- mine -->'));
    await on('template', 'override', ...phone, '--from', file);
    expect(await fetch()).toContain('<!-- mine -->');
    // As if the package had been another then.
    writeFileSync(join(data, 'templates/.bases', ...phone), `${packageText}{# old #}\n`);
    writeFileSync(join(data, 'templates', ...phone), `${readFileSync(file, 'utf8')}{# old #}\n`);
    expect((await on('explain', 'd')).replaceAll(/\s+/g, ' ')).toContain(
      "made by templates/digium-2.8.1/phone.tpl, which hides digium/phone.tpl; the package's template changed since it was made;",
    );
    await on('template', 'merge', ...phone);
    expect(await on('template', 'show', ...phone)).toBe(readFileSync(file, 'utf8'));
    expect(await fetch()).toContain('<!-- mine -->');
    await on('template', 'remove', ...phone);
    expect(await fetch()).toBe(before);
  } finally {
    await server.stop();
  }
});

test('of several workers each sends the new file as soon as the change is answered', async () => {
  const server = await startBuiltServer(['workers=3']);
  try {
    const line = { username: 'u', password: 'p', display_name: 'x', proxy_ip: '192.0.2.1' };
    await server.ask('/api/v1/configs', { id: 'c', parent_ids: [], raw_config: { sip_lines: { 1: line } } });
    await server.ask('/api/v1/devices', { id: 'd', mac: '000fd3000001', vendor: 'Digium', model: 'D40', config: 'c' });
    for (const round of [1, 2, 3]) {
      const answer = await server.ask('/api/v1/templates/digium-2.8.1/phone.tpl', { text: `round ${round}` }, 'PUT');
      expect([answer.ok, await answer.text()]).toEqual([true, expect.anything()]);
      const bodies = await Promise.all(
        Array.from({ length: 24 }, async () => (await httpGet(server.http, '/Digium/000fd3000001.cfg', '127.0.0.1')).body),
      );
      expect(new Set(bodies)).toEqual(new Set([`round ${round}`]));
    }
  } finally {
    await server.stop();
  }
}, 60_000);

test('killed in the middle of merges again and again, override and base are both old or both new', async () => {
  const folder = temporary('overrides-kill');
  const dao = join(import.meta.dirname, '../../dist/server/overrides/dao.js');
  const plugins = join(import.meta.dirname, '../../dist/server/plugins/dao.js');
  const program = `
    const { folderOverrideDao } = await import(${JSON.stringify(dao)});
    const { readOverrides } = await import(${JSON.stringify(plugins)});
    const dao = folderOverrideDao(${JSON.stringify(folder)}, readOverrides);
    await dao.recover();
    process.stdout.write('.');
    for (let round = Number(process.argv[1]); ; round++) {
      const text = 'x'.repeat(50_000);
      await dao.writeWithBase('acme-1', 'phone.tpl', 'override ' + round + text, 'base ' + round + text);
    }`;
  const ours = folderOverrideDao(folder, readOverrides);
  let middle = 0;
  let latest = 0;
  for (let kill = 0; kill < 20; kill++) {
    const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program, String(latest + 1)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout ?? child, 'data');
    await new Promise((resolve) => setTimeout(resolve, 5 + kill * 3));
    child.kill('SIGKILL');
    await once(child, 'exit');
    if (((await readOverrides(join(folder, '.pending'))).get('acme-1')?.size ?? 0) > 0) middle++;
    await ours.recover();
    const roundOf = (text = '') => {
      expect(text).toMatch(/^(?:override|base) \d+x{50000}$/);
      return Number(/\d+/.exec(text)?.[0]);
    };
    const [override, base] = [await ours.read('override'), await ours.read('base')].map((texts) =>
      texts.get('acme-1')?.get('phone.tpl'),
    );
    if (override === undefined && base === undefined) continue;
    expect(roundOf(override)).toBe(roundOf(base));
    latest = roundOf(override);
  }
  expect(latest).toBeGreaterThan(20);
  expect(middle).toBeGreaterThan(0);
}, 60_000);
