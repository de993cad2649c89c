import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { hasIpv6 } from '../../server/lib/addresses.ts';
import { ProvisioningError } from '../../server/lib/errors.ts';
import { contains, type Ip } from '../../server/lib/ip.ts';
import { loadSettings, type Sources } from '../../server/settings/load.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder with these files; a settings file of it is `join(folder, name)`. */
function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-settings-'));
  folders.push(folder);
  mkdirSync(join(folder, 'conf.d'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function load(yaml: string, rest: Partial<Sources> = {}) {
  return loadSettings({ config: join(folderWith({ 'offhook.yml': yaml }), 'offhook.yml'), environment: {}, ...rest });
}

/** What is complained about, a line each; files by their base name. */
function complaints(sources: Sources): string[] {
  try {
    loadSettings(sources);
  } catch (error) {
    if (!(error instanceof ProvisioningError)) throw error;
    expect(error.code).toBe('settings-invalid');
    for (const { message } of error.complaints) expect(error.message).toContain(message);
    return error.complaints.map(({ message }) => message.replaceAll(/\S*offhook-settings-\w+\//g, ''));
  }
  return [];
}

function complaintsOf(yaml: string, rest: Partial<Sources> = {}): string[] {
  return complaints({ config: join(folderWith({ 'offhook.yml': yaml }), 'offhook.yml'), environment: {}, ...rest });
}

test('with nothing set there are defaults for everything', () => {
  const { settings, files, given } = load('', { directory: '/srv/offhook' });
  expect(settings.data).toBe('/srv/offhook/var');
  expect(settings.http.port).toBe(8667);
  expect(settings.tftp.port).toBe(69);
  expect(settings.admin.port).toBe(8666);
  expect(settings.phones).toMatchObject({ unknown: 'create', nat: false, address_hold_seconds: 3600 });
  expect(settings.phones.url).toBeUndefined();
  expect(settings.log.security_file).toBe('/srv/offhook/var/security.log');
  expect(settings.plugins.directories).toEqual([join(process.cwd(), 'plugins'), '/srv/offhook/var/plugins']);
  expect(settings.base_config).toEqual(new Map());
  expect(given.size).toBe(0);
  expect(files).toHaveLength(1);
});

test('listeners listen everywhere and administration on loopback, in the families that the host has', () => {
  const { settings } = load('');
  expect(settings.http.listen).toEqual(hasIpv6() ? ['0.0.0.0', '::'] : ['0.0.0.0']);
  expect(settings.admin.listen).toEqual(hasIpv6() ? ['127.0.0.1', '::1'] : ['127.0.0.1']);
});

test('in production the data lie in /var/lib/offhook, unless the settings say otherwise', () => {
  const environment = { NODE_ENV: 'production' };
  expect(load('', { environment }).settings.data).toBe('/var/lib/offhook');
  expect(load('data:', { environment }).settings.data).toBe('/var/lib/offhook');
  expect(load('data: /srv/phones', { environment }).settings.data).toBe('/srv/phones');
});

test.each([
  ['50000-50255', { from: 50_000, to: 50_255 }],
  ['69-69', { from: 69, to: 69 }],
  ['1-65535', { from: 1, to: 65_535 }],
])('tftp.transfer_ports: %s is a range of ports with both its ends', (text, ports) => {
  expect(load(`tftp: {transfer_ports: ${text}}`).settings.tftp.transfer_ports).toEqual(ports);
});

test('by default secrets go without a key to loopback, private and link-local networks only', () => {
  const networks = load('').settings.phones.secrets_without_key;
  expect(['127.0.0.1', '192.168.1.2', 'fe80::1', '8.8.8.8'].map((ip) => contains(networks, ip as Ip))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(load('phones: {secrets_without_key: []}').settings.phones.secrets_without_key).toEqual([]);
});

test('a later source outranks an earlier one: file, conf.d by name, environment, flags', () => {
  const folder = folderWith({
    'offhook.yml':
      'http: {port: 1001, trusted_proxies: 1, listen: [10.0.0.1, 10.0.0.2]}\ntftp: {port: 1001, max_transfers: 1001}',
    'conf.d/20-late.yml': 'http:\n  port: 1003\n  listen: [10.0.0.3]\n',
    'conf.d/10-early.yml': 'http: {port: 1002}\ntftp: {max_transfers: 1002}',
    'conf.d/.hidden.yml': 'nonsense: 1',
    'conf.d/30.yml.dpkg-old': 'nonsense: 1',
  });
  const config = join(folder, 'offhook.yml');
  const environment = { OFFHOOK_TFTP_PORT: '1004', OFFHOOK_ADMIN_PORT: '1004', OFFHOOK_DATA: '' };
  const flags = [{ flag: '--log-level', key: 'log.level', value: 'debug' }];
  const { settings, files } = loadSettings({ config, environment, set: ['admin.port=1005', 'log.level=warn'], flags });
  expect(settings.http).toMatchObject({ port: 1003, trusted_proxies: 1, listen: ['10.0.0.3'] });
  expect(settings.tftp).toMatchObject({ port: 1004, max_transfers: 1002 });
  expect(settings.admin.port).toBe(1005);
  expect(settings.log.level).toBe('debug');
  expect(files.map((file) => file.slice(folder.length))).toEqual(['/offhook.yml', '/conf.d/10-early.yml', '/conf.d/20-late.yml']);
});

test('conf.d is read although the file beside it does not exist and was not asked for by name', () => {
  expect(complaints({ config: '/nonexistent/offhook.yml', environment: {} })).toEqual([
    '/nonexistent/offhook.yml: there is no such file; give the right one with --config',
  ]);
});

test('an empty value is the default again, and an empty group says nothing', () => {
  const folder = folderWith({ 'offhook.yml': 'http: {port: 1}\nlog:\n  # level: debug\n', 'conf.d/a.yml': 'http:\n  port:\n' });
  expect(loadSettings({ config: join(folder, 'offhook.yml'), environment: {} }).settings.http.port).toBe(8667);
});

test.each([
  ['http.listen', '10.0.0.1, ::', ['10.0.0.1', '::']],
  ['http.enabled', 'no', false],
  ['http.enabled', '0', false],
  ['phones.nat', 'Yes', true],
  ['phones.nat', '1', true],
  ['http.port', '0', 0],
  ['phones.url', 'https://provisioning.example.com/', 'https://provisioning.example.com'],
  ['phones.url', 'http://[2001:db8::1]:8667/phones//', 'http://[2001:db8::1]:8667/phones'],
  ['log.file', '<data>/offhook.log', '/srv/data/offhook.log'],
  ['plugins.directories', '<data>/one,two', ['/srv/data/one', '/srv/two']],
])('%s=%s is read by the type of the key, from file, environment and flag alike', (key, text, value) => {
  const data = 'data: /srv/data';
  const variable = `OFFHOOK_${key.replaceAll('.', '_').toUpperCase()}`;
  const [group = '', name = ''] = key.split('.');
  const read = (loaded: ReturnType<typeof load>) =>
    new Map(Object.entries(Object(new Map<string, unknown>(Object.entries(loaded.settings)).get(group)))).get(name);
  expect(read(load(data, { directory: '/srv', environment: { [variable]: text } }))).toEqual(value);
  expect(read(load(data, { directory: '/srv', set: [`${key}=${text}`] }))).toEqual(value);
  expect(read(load(`${data}\n${group}: {${name}: "${text}"}`, { directory: '/srv' }))).toEqual(value);
});

test('base_config keeps the order of its keys, numeric ones too, and texts that look like numbers', () => {
  const { settings } = load(`
base_config:
  sip_lines:
    10: {username: 0123, password: 12345678901234567890}
    2: {username: '17'}
  locale: no
  X_mac: 001565123456
  X_other: [1, 2.5, 1.50, 0x1f, 1e5, 12:30, true, ~, "true"]
  ntp_enabled: true
`);
  const lines = new Map([
    [
      '10',
      new Map([
        ['username', '0123'],
        ['password', '12345678901234567890'],
      ]),
    ],
    ['2', new Map([['username', '17']])],
  ]);
  const entries = [...settings.base_config];
  expect(entries.map(([key]) => key)).toEqual(['sip_lines', 'locale', 'X_mac', 'X_other', 'ntp_enabled']);
  expect(entries.map(([, value]) => value)).toEqual([
    lines,
    'no',
    '001565123456',
    [1, 2.5, '1.50', '0x1f', '1e5', '12:30', true, null, 'true'],
    true,
  ]);
  expect([...(settings.base_config.get('sip_lines') as Map<string, unknown>).keys()]).toEqual(['10', '2']);
});

test('base_config merges deeply over all sources', () => {
  const { settings } = load('base_config: {sip_lines: {1: {username: a, number: 1}}, locale: fr_FR}', {
    environment: { OFFHOOK_BASE_CONFIG: '{sip_lines: {1: {username: b}}, timezone: Europe/Paris}' },
    set: ['base_config.sip_lines.1.password=pw', 'base_config.vlan_id=12'],
  });
  expect(settings.base_config).toEqual(
    new Map<string, unknown>([
      [
        'sip_lines',
        new Map([
          [
            '1',
            new Map<string, unknown>([
              ['username', 'b'],
              ['number', 1],
              ['password', 'pw'],
            ]),
          ],
        ]),
      ],
      ['locale', 'fr_FR'],
      ['timezone', 'Europe/Paris'],
      ['vlan_id', 12],
    ]),
  );
});

test('settings are frozen all the way down', () => {
  const { settings } = load('base_config: {sip_lines: {1: {username: a}}, X_list: [1]}');
  const lines = settings.base_config.get('sip_lines') as Map<string, Map<string, string>>;
  expect(() => Object.assign(settings.http.tls, { enabled: true })).toThrow(TypeError);
  expect(() => Object.assign(settings, { data: '/' })).toThrow(TypeError);
  expect(() => (settings.http.listen as string[]).push('10.0.0.1')).toThrow(TypeError);
  expect(() => (settings.plugins.directories as string[]).pop()).toThrow(TypeError);
  expect(() => (settings.base_config as Map<string, string>).set('locale', 'fr_FR')).toThrow(TypeError);
  expect(() => lines.get('1')?.delete('username')).toThrow(TypeError);
  expect(() => lines.clear()).toThrow(TypeError);
  expect(() => (settings.base_config.get('X_list') as number[]).push(2)).toThrow(TypeError);
  expect(lines.get('1')?.get('username')).toBe('a');
});

test.each([
  ['http: {prot: 80}', 'offhook.yml:1: there is no setting http.prot; did you mean http.port?'],
  ['http: {trustedProxies: 1}', 'offhook.yml:1: there is no setting http.trustedProxies; did you mean http.trusted_proxies?'],
  ['http:\n  trusted-proxies: 1', 'offhook.yml:2: there is no setting http.trusted-proxies; did you mean http.trusted_proxies?'],
  ['trusted_proxies: 1', 'offhook.yml:1: there is no setting trusted_proxies; did you mean http.trusted_proxies?'],
  ['phone: {nat: true}', 'offhook.yml:1: there is no setting phone; did you mean phones?'],
  [
    'http: {zzzzzzzzzz: 1}',
    'offhook.yml:1: there is no setting http.zzzzzzzzzz; known here: enabled, listen, port, trusted_proxies, tls',
  ],
  ['http.port: 80', 'offhook.yml:1: http.port must be nested: every part before a dot on a line of its own'],
  ['"": 1', /^offhook\.yml:1: there is no setting ; known here: data, http/],
  ['__proto__: {a: 1}', /^offhook\.yml:1: there is no setting __proto__;/],
  ['dhcp: {subnets: {"a\\u0085b": {}}}', /^offhook\.yml:1: dhcp\.subnets\.a\\u\{85\}b: must be a network/],
  ['"a\\nb": 1', /^offhook\.yml:1: there is no setting a\\u\{a\}b;/],
  ['\n\nhttp:\n  port: eighty', 'offhook.yml:4: http.port is "eighty"; it must be a whole number from 0 to 65535'],
  ['http: {port: 65536}', 'offhook.yml:1: http.port is "65536"; it must be a whole number from 0 to 65535'],
  ['http: {port: 0x50}', 'offhook.yml:1: http.port is "0x50"; it must be a whole number from 0 to 65535'],
  ['http: {port: 080}', 'offhook.yml:1: http.port is "080"; it must be a whole number from 0 to 65535'],
  ['http: {port: 80.5}', 'offhook.yml:1: http.port is "80.5"; it must be a whole number from 0 to 65535'],
  ['http: {port: [80]}', 'offhook.yml:1: http.port is the list ["80"]; it must be a whole number from 0 to 65535'],
  ['http: {port: {a: 1}}', 'offhook.yml:1: http.port is a map; it must be a whole number from 0 to 65535'],
  ['http: {enabled: maybe}', 'offhook.yml:1: http.enabled is "maybe"; it must be true or false'],
  ['http: 8667', 'offhook.yml:1: http must be a map with keys of its own: enabled, listen, port, trusted_proxies, tls'],
  ['- http', /^offhook\.yml:1: the document must be a map with keys of its own: data, http, tftp/],
  ['hello', /^offhook\.yml:1: the document must be a map/],
  ['phones: {unknown: creat}', 'offhook.yml:1: phones.unknown is "creat"; it must be create, hold or refuse'],
  ['log: {level: verbose}', 'offhook.yml:1: log.level is "verbose"; it must be trace, debug, info, warn, error or fatal'],
  [
    'http: {listen: [localhost]}',
    /^offhook\.yml:1: http\.listen is the list \["localhost"\]; it must be a list of IPv4 and IPv6 addresses/,
  ],
  ['http: {listen: []}', /^offhook\.yml:1: http\.listen is the list \[\]; it must be a list/],
  ['http:\n  listen:\n    - ::', /^offhook\.yml:3: http\.listen is the list \["a map"\]; it must be .*:: in quotes/],
  [
    'phones: {secrets_without_key: [10.0.0.0/33]}',
    /^offhook\.yml:1: phones\.secrets_without_key is .*; it must be a list of networks/,
  ],
  ['phones: {url: ftp://x}', /^offhook\.yml:1: phones\.url is "ftp:\/\/x"; it must be a URL/],
  [
    'phones: {url: "http://u:hunter2@x/"}',
    /^offhook\.yml:1: phones\.url is "http:\/\/\[secret\]@x\/"; it must be a URL with http:\/\/ or https:\/\/, without user/,
  ],
  [
    'phones: {secrets_without_key: ["a://u:hunter/2@x", lan]}',
    /^offhook\.yml:1: [^@]* is the list \["a:\/\/\[secret\]@x","lan"\];/,
  ],
  ['phones: {url: "http://x/?"}', /; it must be a URL/],
  ['phones: {url: x}', /; it must be a URL/],
  ...['50000', '50255-50000', '0-10', '65530-65536', '1-2-3', '"a-b"'].map(
    (text) =>
      [`tftp: {transfer_ports: ${text}}`, /tftp\.transfer_ports is .*; it must be a range of ports, 50000-50255/] as const,
  ),
  ['data: ""', 'offhook.yml:1: data is ""; it must be a text that is not empty'],
  ['base_config: [locale]', 'offhook.yml:1: base_config must be raw config keys with their values'],
  ['http: {port: 1}\nhttp: {port: 2}', 'offhook.yml:2: http was given before, on line 1: keep one of them'],
  ['http:\n  port: 1\n  port: 2', 'offhook.yml:3: http.port was given before, on line 2: keep one of them'],
  [
    'base_config:\n  locale: fr_FR\n  "locale": en_US',
    'offhook.yml:3: base_config.locale was given before, on line 2: keep one of them',
  ],
  ['http: &a {port: 1}', /^offhook\.yml:1: anchors .* have no meaning here: write the value out/],
  ['log: {file: *a}', /^offhook\.yml:1: anchors .* have no meaning here/],
  ['log: {file: !!str 1}', /^offhook\.yml:1: anchors .* have no meaning here/],
  ['http:\n  <<: {port: 1}', 'offhook.yml:2: << does not merge here: write the keys out'],
  ['? [a]\n: 1', 'offhook.yml:1: a key must be a plain text'],
  ['http: {port: 1}\n---\nhttp: {port: 2}', /^offhook\.yml:1: only one document is read, and --- starts another/],
  ['http:\n  port: 1\n listen: 2', /^offhook\.yml:3:\d+: this is no valid YAML: /],
  ['http: {port: 1', /^offhook\.yml:1:\d+: this is no valid YAML: /],
  ['\thttp: 1', /^offhook\.yml:1:\d+: this is no valid YAML: /],
  [`base_config: ${'['.repeat(101)}`, /^offhook\.yml:1:\d+: this is no valid YAML: /],
  [
    'http: {tls: {enabled: true, certificate: a.pem}}',
    'offhook.yml:1: http.tls.enabled is true; http.tls.key must name a PEM file',
  ],
  [
    'admin: {tls: {enabled: true, key: a.pem}}',
    /^offhook\.yml:1: admin\.tls\.enabled is true; admin\.tls\.certificate must name/,
  ],
  [
    'admin: {listen: [127.0.0.1, 10.0.0.1]}',
    'offhook.yml:1: admin.listen has 10.0.0.1, where tokens and passwords would cross the network readable; ' +
      'give admin.tls a certificate, or say admin.allow_unencrypted: true',
  ],
  ['admin: {listen: ["::"]}', /^offhook\.yml:1: admin\.listen has ::, where tokens/],
  ['admin: {cors_origins: ["*"]}', /admin\.cors_origins/],
  ['admin: {cors_origins: ["https://portal.example.com/"]}', /admin\.cors_origins/],
  [
    'admin: {port: 8667}',
    'offhook.yml:1: admin.port is 8667, as http.port is, on the same address; choose another port for one of them',
  ],
  ['pnp: {interfaces: [eth0]}\ntftp: {port: 5060}', /^pnp\.port is 5060, as tftp\.port is; choose another port for one of them$/],
  [
    'pnp: {interfaces: [eth0], port: 6000}\ntftp: {transfer_ports: 5000-6000}',
    'offhook.yml:1: pnp.port is 6000, which is in tftp.transfer_ports; choose another port for one of them',
  ],
  [
    'pnp: {interfaces: [eth0]}\ndhcp: {mode: listen, port: 5060}',
    /^pnp\.port is 5060, as dhcp\.port is; choose another port for one of them$/,
  ],
  ['pnp: {interfaces: eth0, port: 0}', /pnp\.port/],
  // Without an IPv4 address in its list, :: takes those of IPv4, too.
  [
    'http: {port: 8666, listen: ["::"]}\nadmin: {listen: [127.0.0.1]}',
    /^admin\.port is 8666, as http\.port is, on the same address/,
  ],
])('%j is refused, with place and remedy', (yaml, message) => {
  expect(complaintsOf(yaml)).toEqual([typeof message === 'string' ? message : expect.stringMatching(message)]);
});

test.each([
  'http: {port: 8666, listen: [10.0.0.1]}\nadmin: {listen: [10.0.0.2], allow_unencrypted: true}',
  'pnp: {interfaces: [eth0]}\nhttp: {port: 5060}',
  'tftp: {port: 5060}\ndhcp: {mode: listen, port: 5060}',
  'pnp: {interfaces: [eth0]}\ntftp: {port: 5060, listen: [10.0.0.1]}',
  'admin: {listen: ["::"], tls: {enabled: true, certificate: a.pem, key: b.pem}}',
  'admin: {listen: [127.0.0.2, "::1"], cors_origins: ["https://portal.example.com", "http://localhost:3000", "http://[::1]:3000"]}',
  'http: {port: 0}\nadmin: {port: 0}',
  'http: {port: 8666, enabled: false}',
  'tftp: {port: 8667}',
  'http: {port: 8666, listen: ["::", 10.0.0.1]}\nadmin: {listen: [127.0.0.1]}',
])('%j is no contradiction', (yaml) => {
  expect(complaintsOf(yaml)).toEqual([]);
});

test('all problems of all sources are told at once', () => {
  const folder = folderWith({
    'offhook.yml': 'http:\n  port: eighty\n  prot: 1\nhttp: {}\n',
    'conf.d/a.yml': 'broken: [',
    'conf.d/b.yml': 'tftp: {port: -1}',
    'conf.d/c.yml': Buffer.from([0x61, 0x3a, 0x20, 0xff]),
    'conf.d/d.yaml': 'http: {port: 1}',
    'conf.d/e.yml': `# ${'x'.repeat(1_048_576)}`,
  });
  const environment = { OFFHOOK_HTTP_PROT: '1', OFFHOOK_ADMIN_PORT: 'none', PATH: '/bin' };
  const set = ['nothing', 'log.levle=debug', '=1', `${'a.'.repeat(200)}b=1`];
  const flags = [{ flag: '--log-level', key: 'log.level', value: 'loud' }];
  expect(complaints({ config: join(folder, 'offhook.yml'), environment, set, flags })).toEqual([
    'conf.d/d.yaml: only names that end in .yml are read; rename it',
    'offhook.yml:4: http was given before, on line 1: keep one of them',
    expect.stringMatching(/^conf\.d\/a\.yml:1:\d+: this is no valid YAML/),
    'conf.d/c.yml: it is not in UTF-8; convert it',
    'conf.d/e.yml: this is no settings file: it has more than a megabyte',
    'OFFHOOK_HTTP_PROT: there is no such setting; did you mean OFFHOOK_HTTP_PORT?',
    '--set nothing: write --set key=value, such as --set http.port=8667',
    '--set =1: write --set key=value, such as --set http.port=8667',
    expect.stringMatching(/^--set a\.a\..*: no setting has so many parts$/),
    'offhook.yml:2: http.port is "eighty"; it must be a whole number from 0 to 65535',
    'offhook.yml:3: there is no setting http.prot; did you mean http.port?',
    'conf.d/b.yml:1: tftp.port is "-1"; it must be a whole number from 0 to 65535',
    'OFFHOOK_ADMIN_PORT: admin.port is "none"; it must be a whole number from 0 to 65535',
    '--set log.levle: there is no setting log.levle; did you mean log.level?',
    '--log-level: log.level is "loud"; it must be trace, debug, info, warn, error or fatal',
  ]);
});

test('a directory instead of a file is told as such', () => {
  const folder = folderWith({});
  expect(complaints({ config: folder, environment: {} })).toEqual([
    expect.stringMatching(/: this is a directory; give a file with --config$/),
  ]);
});

test('what Kubernetes tells about a service named offhook is not taken for settings', () => {
  const environment = {
    OFFHOOK_SERVICE_HOST: '10.96.0.7',
    OFFHOOK_SERVICE_PORT: '8667',
    OFFHOOK_SERVICE_PORT_HTTP: '8667',
    OFFHOOK_PORT: 'tcp://10.96.0.7:8667',
    OFFHOOK_PORT_8667_TCP: 'tcp://10.96.0.7:8667',
    OFFHOOK_PORT_8667_TCP_ADDR: '10.96.0.7',
    OFFHOOK_PORT_69_UDP_PROTO: 'udp',
    OFFHOOK_HTTP_PORT: 'tcp://10.96.0.8:8667',
  };
  expect(load('', { environment }).settings.http.port).toBe(8667);
});

test('no complaint shows a password of base_config, nor the lines around a syntax error', () => {
  const yaml = 'base_config:\n  admin_password: hunter2\n  sip_lines: {1: {password: hunter2: hunter2}\n';
  expect(complaintsOf(yaml).join()).not.toContain('hunter2');
  expect(complaintsOf('base_config: {admin_password: !hunter2^\u0085 x}')).toEqual([
    'offhook.yml:1:41: this is no valid YAML: tag name cannot contain such characters',
  ]);
  expect(complaintsOf('base_config: hunter2').join()).not.toContain('hunter2');
  expect(complaintsOf('', { environment: { OFFHOOK_BASE_CONFIG: 'hunter2' } })).toEqual([
    'OFFHOOK_BASE_CONFIG:1: base_config must be raw config keys with their values',
  ]);
});
