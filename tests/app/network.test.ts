import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fetching } from '../../server/app/network.ts';
import { loadSettings } from '../../server/settings/load.ts';

const of = (...set: string[]) => fetching(loadSettings({ environment: {}, set }).settings);

test('nobody is between this server and others unless it is set', async () => {
  const { network, patience, credentialsFor } = await of();
  expect(network).toEqual({ proxies: {}, connectMs: expect.any(Number), stallMs: expect.any(Number) });
  expect(patience.tries).toBeGreaterThan(1);
  expect(credentialsFor('vendor.example')).toBeUndefined();
});

test('what clients of provd set counts at once, where the settings leave it open', async () => {
  const set = new Map<string, string>();
  const { settings } = loadSettings({ environment: {}, set: ['network.http_proxy=proxy.example:3128'] });
  const { network } = await fetching(settings, { get: (name) => set.get(name) });
  expect(network.proxies.https).toBeUndefined();
  for (const name of ['http_proxy', 'https_proxy', 'ftp_proxy']) set.set(name, `${name}.example:1`);
  const { http, https, ftp } = network.proxies;
  expect([http?.host, https?.host, ftp?.host]).toEqual(['proxy.example', 'https_proxy.example', 'ftp_proxy.example']);
});

test('each protocol has its proxy, and times are in seconds', async () => {
  const { network, patience } = await of(
    'network.http_proxy=http://user:hush@proxy.example:3128',
    'network.https_proxy=secure.example:8443',
    'network.connect_seconds=2',
    'network.stall_seconds=3',
    'network.tries=4',
  );
  const { http, https, ftp } = network.proxies;
  expect(http).toMatchObject({ secure: false, host: 'proxy.example', port: 3128, credentials: { username: 'user' } });
  expect(http?.credentials?.password.reveal()).toBe('hush');
  expect(JSON.stringify(network)).not.toContain('hush');
  expect([https, ftp]).toEqual([{ secure: false, host: 'secure.example', port: 8443 }, undefined]);
  expect([network.connectMs, network.stallMs, patience.tries]).toEqual([2_000, 3_000, 4]);
});

test('a login is for its host alone', async () => {
  const { credentialsFor } = await of('firmware.credentials={"vendor.example": {"username": "me", "password": "hush"}}');
  const login = credentialsFor('vendor.example');
  expect([login?.username, login?.password.reveal(), JSON.stringify(login)]).toEqual([
    'me',
    'hush',
    expect.not.stringContaining('hush'),
  ]);
  expect([credentialsFor('other.example'), credentialsFor('toString')]).toEqual([undefined, undefined]);
});

test('certificates are read, and told with their setting when they cannot be', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-network-'));
  const file = join(folder, 'ours.pem');
  writeFileSync(file, 'certificate');
  expect((await of(`network.certificates=${file}`)).network.certificates).toBe('certificate');
  rmSync(folder, { recursive: true });
  await expect(of(`network.certificates=${file}`)).rejects.toMatchObject({
    code: 'settings-invalid',
    message: expect.stringContaining('network.certificates'),
  });
});
