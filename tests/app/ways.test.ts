import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { createWays, type Ways } from '../../server/app/ways.ts';
import { createLog } from '../../server/lib/log.ts';
import { loadSettings } from '../../server/settings/load.ts';
import type { Tenant } from '../../server/tenants/model.ts';

const folder = mkdtempSync(join(tmpdir(), 'offhook-ways-'));
const open: Ways[] = [];
afterEach(async () => {
  for (const ways of open.splice(0)) await ways.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const all = [
  { id: 'm', name: 'main' },
  { id: 'n', name: 'north' },
  { id: 's', name: 'north shop' },
] as Tenant[];
const tenants = {
  list: () => all,
  get: (id: string) => all.find((tenant) => tenant.id === id),
  line: (id: string) => ({ m: ['m'], n: ['n', 'm'], s: ['s', 'n', 'm'] })[id] ?? [],
};
const lines: string[] = [];
const log = createLog({ level: 'warn', format: 'json', sink: { write: (line) => void lines.push(line) } });

async function ways(...set: string[]): Promise<Ways> {
  const made = await createWays(loadSettings({ environment: {}, set }).settings, tenants, metrics, log);
  open.push(made);
  return made;
}
const counted: [string, string][] = [];
const metrics = { phoneTold: (way: string, outcome: string) => void counted.push([way, outcome]) };
const names = (of: Ways, tenant: string) => of.of(tenant).map(({ name }) => name);

test('a tenant has the ways that are said of it, or of the next above it that has any, or else the usual ones', async () => {
  const hook =
    'sync.pbxs={hook: {kind: webhook, url: "http://127.0.0.1:9/"}, pbx: {kind: asterisk, host: 127.0.0.1, username: u, secret: s}}';
  const made = await ways('sync.ways=registrar,phone', hook, 'sync.tenant_ways={north: [pbx, hook]}');
  expect(names(made, 'm')).toEqual(['registrar', 'phone']);
  expect(names(made, 'n')).toEqual(['pbx', 'hook']);
  expect(names(made, 's')).toEqual(['pbx', 'hook']);
  expect(names(await ways('sync.tenant_ways={s: outbound-proxy}'), 's')).toEqual(['outbound-proxy']);
});

test('what comes of telling phones is counted by way', async () => {
  const [phone] = (await ways()).of('m');
  await phone?.tell({ event: 'x' }, { device: 'd', hasOwnAddress: true, transport: 'udp' });
  expect(counted).toEqual([['phone', 'impossible']]);
});

test('a tenant that there is not is told of in the log, and does not keep the server from starting', async () => {
  lines.length = 0;
  await ways('sync.tenant_ways={nowhere: [phone]}');
  expect(lines.join('')).toContain('"tenant":"nowhere"');
});

test.each([
  ['sync.certificates', (path: string) => [`sync.certificates=${path}`]],
  [
    'sync.pbxs.hook.certificates',
    (path: string) => [`sync.pbxs={hook: {kind: webhook, url: "https://x/", certificates: ${path}}}`],
  ],
  [
    'sync.pbxs.pbx.certificates',
    (path: string) => [`sync.pbxs={pbx: {kind: asterisk, host: x, username: u, secret: s, tls: true, certificates: ${path}}}`],
  ],
])('certificates that cannot be read are named with their setting: %s', async (key, set) => {
  await expect(ways(...set('/nowhere/ca.pem'))).rejects.toMatchObject({ message: expect.stringContaining(key) });
});

test('certificates that can be read are taken', async () => {
  writeFileSync(join(folder, 'ca.pem'), '');
  expect(names(await ways(`sync.certificates=${join(folder, 'ca.pem')}`), 'm')).toEqual(['phone']);
});
