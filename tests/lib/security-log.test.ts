import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { escapeName, openSecurityLog, type SecurityLog } from '../../server/lib/security-log.ts';
import { fc } from '../support/fuzz.ts';

const folder = mkdtempSync(join(tmpdir(), 'offhook-security-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
async function written(act: (log: SecurityLog) => void): Promise<string> {
  const path = join(folder, `${files++}.log`);
  const log = openSecurityLog(path, { now: () => Date.parse('2026-11-22T04:01:00.000Z') });
  act(log);
  await log.close();
  return readFileSync(path, 'utf8');
}

/** The expressions of the fail2ban filter for a mode, as fail2ban applies them: to the line without its date. */
function filter(mode: 'normal' | 'aggressive'): RegExp[] {
  const text = readFileSync('docs/fail2ban/offhook.conf', 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\n[ \t]+/g, '\u0000');
  const values = new Map(Array.from(text.matchAll(/^([\w-]+) = (.*)$/gm), ([, name = '', value = '']) => [name, value]));
  const expand = (value: string): string =>
    value.replaceAll(/%\(([\w-]+)\)s/g, (_, name) => expand(values.get(name) ?? 'unknown'));
  return expand(values.get(`failregex-${mode}`) ?? '')
    .split('\u0000')
    .map((expression) => new RegExp(expression.replace('<ADDR>', '(?<ip>[\\d.]+|[\\da-f:]+)')));
}

function banned(log: string, mode: 'normal' | 'aggressive' = 'normal'): string[] {
  return log
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, ''))
    .flatMap((line) => filter(mode).flatMap((expression) => expression.exec(line)?.groups?.ip ?? []));
}

test('every event is one line of a stable format', async () => {
  const log = await written((security) => {
    security.sensitiveFile('192.0.2.1', 'Digium/000fd3054848.cfg');
    security.sensitiveFile('2001:db8::1', 'Digium/000fd3054848.cfg', 'its network needs a key');
    security.deviceCreated('192.0.2.1', '254374beec8d40209ff70393326b0b13');
    security.wrongKey('192.0.2.1');
    security.loginRefused('192.0.2.7');
    security.loginLimited('2001:db8::7');
    security.wrongCode('192.0.2.9', '254374beec8d40209ff70393326b0b13');
    security.codesLimited('192.0.2.9', '254374beec8d40209ff70393326b0b13');
  });
  expect(log.split('\n')).toEqual([
    '2026-11-22T04:01:00.000Z sensitive file requested from 192.0.2.1: Digium/000fd3054848.cfg (sent)',
    '2026-11-22T04:01:00.000Z sensitive file requested from 2001:db8::1: Digium/000fd3054848.cfg (refused: its network needs a key)',
    '2026-11-22T04:01:00.000Z new device created from 192.0.2.1: 254374beec8d40209ff70393326b0b13',
    '2026-11-22T04:01:00.000Z wrong key from 192.0.2.1',
    '2026-11-22T04:01:00.000Z login refused from 192.0.2.7',
    '2026-11-22T04:01:00.000Z login limited from 2001:db8::7',
    '2026-11-22T04:01:00.000Z wrong code from 192.0.2.9: 254374beec8d40209ff70393326b0b13',
    '2026-11-22T04:01:00.000Z codes limited from 192.0.2.9: 254374beec8d40209ff70393326b0b13',
    '',
  ]);
  // A wrong code comes from the PBX, which is not to be banned for it.
  expect(banned(log)).toEqual(['2001:db8::1', '192.0.2.1', '192.0.2.7', '2001:db8::7']);
  expect(banned(log, 'aggressive')).toEqual(['2001:db8::1', '192.0.2.1', '192.0.2.1', '192.0.2.7', '2001:db8::7']);
});

test('an office of 200 phones that comes back after a power cut is not banned', async () => {
  const log = await written((security) => {
    for (let phone = 0; phone < 200; phone++) security.sensitiveFile('198.51.100.7', `Digium/${phone}.cfg`);
  });
  expect(log.split('\n')).toHaveLength(201);
  expect([...banned(log), ...banned(log, 'aggressive')]).toEqual([]);
});

test.each([
  'a\n2026-11-22T04:01:00.000Z wrong key from 192.0.2.66',
  'a (refused: x)\r\n',
  'a\u2028wrong key from 192.0.2.66',
  'x\u0085 wrong key from 192.0.2.66',
  '\\x20(refused:\\x20x)',
  'a (refused: no)',
  '" \' \u0000 \u001b[2J é € \u{1f4de} \ud800',
  '',
  'x'.repeat(100_000),
])('a file name such as %.60j neither forges a line nor accuses another address', async (name) => {
  const log = await written((security) => security.sensitiveFile('192.0.2.1', name));
  expect(log).toMatch(/^2026-11-22T04:01:00\.000Z sensitive file requested from 192\.0\.2\.1: [!-~]+ \(sent\)\n$/);
  expect(log.length).toBeLessThan(2_000);
  expect(banned(log)).toEqual([]);
  const refused = await written((security) => security.sensitiveFile('192.0.2.1', name, `why ${name}`));
  expect(refused.split('\n')).toHaveLength(2);
  expect(banned(refused)).toEqual(['192.0.2.1']);
});

test('whatever a phone sends is one word of harmless characters, and different names stay different', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 200 }), (one, other) => {
      expect(escapeName(one)).toMatch(/^[\w./:@%+=,~$\\{}-]+$/);
      if (one !== other && one !== '' && other !== '') expect(escapeName(one)).not.toBe(escapeName(other));
    }),
  );
});
