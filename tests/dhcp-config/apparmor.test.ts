import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
/** Where .ci/debian-packages unpacks Debian's profiles, and what reads them. */
const peers = join(root, '.cache/peers');
const docs = readFileSync(join(root, 'docs/dhcp.md'), 'utf8');

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'offhook-apparmor-'));
  cpSync(join(peers, 'etc/apparmor.d'), base, { recursive: true });
});
afterEach(() => rmSync(base, { recursive: true }));

/** The rules of a profile as they are compiled, for no kernel. @throws with what is wrong with it */
function rulesOf(profile: string): string {
  const words = ['--config-file=/dev/null', '--skip-kernel-load', '--skip-cache', '--base', base, '--dump', 'rule-exprs'];
  const parser = join(peers, 'sbin/apparmor_parser');
  return execFileSync('sh', ['-c', '"$@" 2>&1', 'sh', parser, ...words, join(base, profile)], { encoding: 'utf8' });
}

const executes = (hook: string) => new RegExp(`^rule: ${hook} `, 'm');

test('what is to be added to the profile of ISC dhcpd stands where it is read, and lets it execute the hook', () => {
  const [, rule = '', file = ''] = /^ {4}echo '(.*)' >> \/etc\/apparmor\.d\/(.*)$/m.exec(docs) ?? [];
  expect(docs).toContain('apparmor_parser -r /etc/apparmor.d/usr.sbin.dhcpd');
  const hook = '/usr/local/lib/offhook/isc/offhook-lease';
  // A package makes it empty when it is installed.
  writeFileSync(join(base, file), '');
  expect(rulesOf('usr.sbin.dhcpd')).not.toMatch(executes(hook));
  writeFileSync(join(base, file), `${rule}\n`);
  expect(rulesOf('usr.sbin.dhcpd')).toMatch(executes(hook));
});

test('what is to be put into the profile of Kea is a rule of it, and lets it execute the hook', () => {
  const [rule = ''] = /^ {4}\/usr\/local\/lib\/offhook\/kea.*$/m.exec(docs) ?? [];
  const [, profile = ''] = /before the last brace of `\/etc\/apparmor\.d\/(.*?)`/.exec(docs) ?? [];
  const hook = '/usr/local/lib/offhook/kea/offhook-lease';
  expect(rulesOf(profile)).not.toMatch(executes(hook));
  const text = readFileSync(join(base, profile), 'utf8');
  const brace = text.lastIndexOf('}');
  writeFileSync(join(base, profile), `${text.slice(0, brace)}${rule}\n${text.slice(brace)}`);
  expect(rulesOf(profile)).toMatch(executes(hook));
});
