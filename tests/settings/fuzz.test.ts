import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { settingsExample } from '../../server/settings/document.ts';
import { settingsKeys } from '../../server/settings/keys.ts';
import { loadSettings } from '../../server/settings/load.ts';
import { printSettings } from '../../server/settings/print.ts';
import { fc, SEED } from '../support/fuzz.ts';
import { inUse } from '../support/memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'offhook-fuzz-'));
const config = join(folder, 'offhook.yml');
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads, or is refused with complaints of one line each; anything else is thrown on. */
function outcome(document: string | Uint8Array, environment: NodeJS.ProcessEnv = {}, set: string[] = []): 'loaded' | 'refused' {
  writeFileSync(config, document);
  try {
    const loaded = loadSettings({ config, environment, set });
    // Where something was given there is something to print in a new way.
    if (loaded.given.has('base_config')) printSettings(loaded);
    return 'loaded';
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    const wellFormed = error.complaints.length > 0 && error.complaints.every(({ message }) => !/\p{Cc}/u.test(message));
    if (error.code !== 'settings-invalid' || !wellFormed) throw new Error(`Not fit to be shown: ${error.message}`);
    return 'refused';
  }
}

const keys = [...settingsKeys.keys()];
const large = [settingsExample(), settingsExample().replaceAll(/^(\s*)# (?=\w+:)/gm, '$1')];
const small = [
  'http: {port: 8080, listen: [10.0.0.1, "::1"], tls: {enabled: yes, certificate: a, key: b}}\n',
  'base_config:\n  sip_lines:\n    1: {username: a, password: b}\n  X_list: [1, {a: b}, "c"]\n  pem: |\n    abc\n    def\n',
  '%YAML 1.2\n---\n? data\n: &a !!str /srv\nlog: *a\n...\n',
];
const pieces = fc.constantFrom(
  ...keys.flatMap((key) => [`${key.split('.').at(-1)}: `, `--set ${key}`]),
  ...[
    '\n',
    '\n  ',
    '\n    ',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!!map ',
    '<<: ',
    '? ',
    '# ',
    '---',
    '...',
    '%',
    '@',
    '`',
  ],
  ...[
    '\t',
    '\r',
    '\u0000',
    '\u0085',
    '\u2028',
    '\uFEFF',
    '\uD800',
    '__proto__: ',
    'constructor: ',
    'null',
    '~',
    '1e999',
    '0x1',
    '-',
    '[]',
  ],
);
// The large documents cost ten times as much as the small ones, and break in the same places.
const seed = fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...large) }, { weight: 5, arbitrary: fc.constantFrom(...small) });
const mutated = fc
  .tuple(seed, fc.array(fc.tuple(fc.nat(), fc.nat(30), pieces), { minLength: 1, maxLength: 6 }))
  .map(([original, edits]) => {
    let text = original;
    for (const [at, length, piece] of edits) {
      const start = at % (text.length + 1);
      text = text.slice(0, start) + piece + text.slice(start + length);
    }
    return text;
  });
const assembled = fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(''));

test('100,000 random and mutated documents are loaded or refused, and nothing else happens, nor is anything kept', () => {
  const seen = { loaded: 0, refused: 0 };
  const count = (document: string | Uint8Array) => {
    seen[outcome(document)]++;
  };
  const load = (documents: number, seed: number) => {
    fc.assert(fc.property(mutated, count), { numRuns: documents * 0.6, seed });
    fc.assert(fc.property(assembled, count), { numRuns: documents * 0.2, seed });
    fc.assert(fc.property(fc.string({ unit: 'binary' }), count), { numRuns: documents * 0.1, seed });
    fc.assert(fc.property(fc.uint8Array(), count), { numRuns: documents * 0.1, seed });
  };
  load(20_000, SEED);
  const before = inUse();
  load(40_000, SEED + 1);
  const between = inUse();
  load(40_000, SEED + 2);
  // A hundred bytes for each document would be 4 MB. What is made once counts in one of the halves.
  expect(Math.min(between - before, inUse() - between)).toBeLessThan(2_000_000);
  // A fuzz that only ever meets one of the two says little.
  expect(seen.loaded).toBeGreaterThan(200);
  expect(seen.refused).toBeGreaterThan(2_000);
}, 600_000);

test('random environment variables and --set arguments are taken or refused, and nothing else happens', () => {
  const variables = [...settingsKeys.values()].map(({ variable }) => variable);
  const value = fc.oneof(fc.string({ unit: 'binary' }), assembled);
  const environment = fc.dictionary(
    fc.oneof(
      fc.constantFrom(...variables),
      fc.string().map((text) => `OFFHOOK_${text}`),
    ),
    value,
    { maxKeys: 4 },
  );
  const set = fc.array(
    fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom(...keys, 'base_config.a.b'), value).map((pair) => pair.join('=')),
    ),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(environment, set, (variablesGiven, flags) => {
      outcome('', variablesGiven, flags);
    }),
    { numRuns: 2_000 },
  );
});

test('a document that is nested or wide beyond reason costs a complaint, not the process', () => {
  expect(outcome(`base_config: ${'['.repeat(200_000)}`)).toBe('refused');
  expect(outcome(`base_config: ${'{a: '.repeat(200_000)}`)).toBe('refused');
  expect(outcome('- '.repeat(400_000))).toBe('refused');
  expect(outcome(`base_config: {X_list: [${'a,'.repeat(500_000)}]}`)).toBe('loaded');
  expect(outcome(`${'x'.repeat(1_000_000)}: 1`)).toBe('refused');
});
