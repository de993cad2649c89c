import { expect, test } from '@jest/globals';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { fromPlain, type OrderedJson } from '../../server/lib/ordered-json.ts';
import { loadSettings } from '../../server/settings/load.ts';
import { readPbxs, readTenantWays } from '../../server/settings/pbxs.ts';
import { printSettings, settingsInForce } from '../../server/settings/print.ts';

const read = (value: object) => readPbxs(fromPlain(value) as ReadonlyMap<string, OrderedJson>);
const load = (...set: string[]) => loadSettings({ environment: {}, set }).settings.sync;
function complaints(...set: string[]): string[] {
  try {
    load(...set);
    return [];
  } catch (error) {
    return error instanceof ProvisioningError ? error.complaints.map(({ message }) => message) : [String(error)];
  }
}

test('an Asterisk and a webhook are read with what they leave open', () => {
  const { pbxs, problems } = read({
    pbx: { kind: 'asterisk', host: 'pbx.example.com', username: 'offhook', secret: 's' },
    hook: { kind: 'webhook', url: 'https://pbx.example.com/resync', token: 't' },
  });
  expect(problems).toEqual([]);
  expect(pbxs.get('pbx')).toEqual({
    kind: 'asterisk',
    host: 'pbx.example.com',
    username: 'offhook',
    secret: 's',
    channel: 'pjsip',
    tls: false,
    verify: true,
  });
  expect(pbxs.get('hook')).toMatchObject({ patience_seconds: 10 });
});

test.each<[object, string[], string]>([
  [{ a: 1 }, ['a'], 'must be a map with a kind, which is asterisk or webhook'],
  [{ a: {} }, ['a'], 'must be a map with a kind, which is asterisk or webhook'],
  [{ a: { kind: 'freeswitch' } }, ['a', 'kind'], 'must be asterisk or webhook'],
  [{ a: { kind: 'webhook' } }, ['a', 'url'], 'must be a text, in quotes if it is of digits'],
  [{ a: { kind: 'webhook', url: 'ftp://x' } }, ['a', 'url'], 'must be a URL with http:// or https://'],
  [
    { a: { kind: 'webhook', url: 'http://x', user: 'u' } },
    ['a', 'user'],
    'is no key of it: they are kind, url, token, certificates, patience_seconds',
  ],
  [
    { a: { kind: 'asterisk', host: 'x', username: 'u', secret: 1 } },
    ['a', 'secret'],
    'must be a text, in quotes if it is of digits',
  ],
  [
    { a: { kind: 'asterisk', host: 'x', username: 'u', secret: 's', port: 0 } },
    ['a', 'port'],
    'must be a whole number from 1 to 65535',
  ],
  [{ phone: { kind: 'webhook', url: 'http://x' } }, ['phone'], 'is a way that every server has; choose another name'],
])('%j is refused, with the place', (value, steps, message) => {
  expect(read(value).problems).toContainEqual({ steps, message });
});

test('ways are names that every server has, or that are described', () => {
  expect(load().ways).toEqual(['phone']);
  const hook = 'sync.pbxs={hook: {kind: webhook, url: "http://x/"}}';
  expect(load('sync.ways=hook,registrar,phone', hook).ways).toEqual(['hook', 'registrar', 'phone']);
  expect(complaints('sync.ways=pbx', hook)).toEqual([
    expect.stringContaining(
      'sync.ways names "pbx", which is none of phone, outbound-proxy, registrar, hook; describe it in sync.pbxs',
    ),
  ]);
  expect(complaints('sync.tenant_ways={acme: [pbx]}')).toEqual([expect.stringContaining('sync.tenant_ways names "pbx"')]);
  expect(complaints('sync.tenant_ways={acme: [1]}')).toEqual([
    expect.stringContaining('sync.tenant_ways.acme: must be a list of names'),
  ]);
});

test('one way is a list of one', () => {
  const { ways } = readTenantWays(new Map<string, OrderedJson>([['acme', 'phone']]));
  expect(ways).toEqual(new Map([['acme', ['phone']]]));
});

test('settings that are printed show no secret', () => {
  const loaded = loadSettings({
    environment: {},
    set: [
      'sync.ways=pbx',
      'sync.pbxs={pbx: {kind: asterisk, host: 192.0.2.5, username: u, secret: hunter2}, hook: {kind: webhook, url: "http://x/", token: hunter2}}',
    ],
  });
  const { value } = settingsInForce(loaded.settings).find(({ key }) => key.path === 'sync.pbxs') ?? {};
  for (const shown of [printSettings(loaded), JSON.stringify(value)]) {
    expect(shown).toContain('192.0.2.5');
    expect(shown).not.toContain('hunter2');
  }
});

test('no complaint shows a secret', () => {
  const told = complaints('sync.pbxs={pbx: {kind: asterisk, secret: hunter2, host: 5}, x: {kind: hunter2}}').join('\n');
  expect(told).toContain('sync.pbxs.pbx.host');
  expect(told).not.toContain('hunter2');
});
