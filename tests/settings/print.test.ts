import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { loadSettings } from '../../server/settings/load.ts';
import { printSettings } from '../../server/settings/print.ts';
import { fc } from '../support/fuzz.ts';

const folder = mkdtempSync(join(tmpdir(), 'offhook-print-'));
const config = join(folder, 'offhook.yml');
afterAll(() => rmSync(folder, { recursive: true }));

function load(yaml: string, environment: NodeJS.ProcessEnv = {}, set: string[] = []) {
  writeFileSync(config, yaml);
  return loadSettings({ config, environment, set, directory: folder });
}

test('the settings in force are printed whole, and what was given says where', () => {
  const loaded = load(
    'http:\n  port: 8080\nphones:\n  secrets_without_key: [loopback, 10.0.0.0/8]\n',
    { OFFHOOK_LOG_LEVEL: 'debug' },
    ['tftp.port=6969'],
  );
  const lines = printSettings(loaded).split('\n');
  expect(lines).toContain(`  port: 8080  # ${config}:2`);
  expect(lines).toContain('  port: 6969  # --set tftp.port');
  expect(lines).toContain('  level: debug  # OFFHOOK_LOG_LEVEL');
  expect(lines).toContain(`  secrets_without_key: [loopback, 10.0.0.0/8]  # ${config}:4`);
  expect(lines).toContain('  # url:');
  expect(lines).toContain('    min_version: TLSv1.2');
  expect(lines).toContain('base_config: {}');
});

test('passwords, keys and tokens of base_config are masked wherever they stand, and nothing else is', () => {
  const marker = 'hunter2';
  const printed = printSettings(
    load(`
base_config:
  locale: fr_FR
  admin_password: ${marker}
  X_api_token: [${marker}]
  X_passwd: {a: ${marker}}
  sip_local_key: |
    ${marker}
  X_note: |
    -----BEGIN RSA PRIVATE KEY-----
    ${marker}
  X_url: https://user:${marker}@example.com/
  sip_lines:
    2: {username: anne, password: ${marker}}
    1: {username: bob, password: "${marker}"}
  X_list:
    - {password: ${marker}, name: c}
    - https://u:${marker}@example.com/
  funckeys: {1: {type: blf, value: 17}}
`),
  );
  expect(printed).not.toContain(marker);
  expect(printed).toContain(`  admin_password: '[secret]'  # ${config}:4`);
  expect(printed).toContain(`  locale: fr_FR  # ${config}:3`);
  for (const name of ['anne', 'bob', 'type: blf', 'value: 17', 'name: c']) expect(printed).toContain(name);
  expect(printed.indexOf('anne')).toBeLessThan(printed.indexOf('bob'));
});

test('what is printed is read the same again', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('no', '012', '~', 'true', '1e5', '<<', '- a', 'a\nb\n', '::', '#'),
  );
  const name = fc
    .oneof(fc.stringMatching(/^X_[a-z]{1,5}$/), fc.constantFrom('1', '10', '2', 'X_no', '__proto__'))
    .filter((each) => !/pass|key|pin|psk|token/.test(each));
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(name, tie('any'), { maxKeys: 3 }),
    ),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 5 }), fc.nat(65_535), (raw, port) => {
      const first = load(JSON.stringify({ base_config: raw, tftp: { port } }));
      const printed = printSettings(first);
      const second = load(printed);
      fc.pre(!printed.includes('[secret]'));
      expect(second.settings).toEqual(first.settings);
    }),
    { numRuns: 300 },
  );
});
