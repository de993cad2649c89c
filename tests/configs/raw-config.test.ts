import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import type { RawConfig } from '../../server/configs/model.ts';
import { checkDocument, type PhoneSettings, readSettings } from '../../server/configs/raw-config.ts';
import { type OrderedJson, parseOrdered } from '../../server/lib/ordered-json.ts';
import { certificate, encryptedPrivateKey, otherPrivateKey, privateKey, privateKeySec1 } from '../support/certificates.ts';

function raw(document: object | string): RawConfig {
  return parseOrdered(typeof document === 'string' ? document : JSON.stringify(document)) as Map<string, OrderedJson>;
}

function complaints(document: object | string): string[] {
  return checkDocument(raw(document)).map(({ path, message }) => `${path}: ${message}`);
}

function settings(document: object): PhoneSettings {
  const reading = readSettings(raw(document));
  if ('complaints' in reading) throw new Error(JSON.stringify(reading.complaints));
  return reading.settings;
}

function missing(document: object): string[] {
  const reading = readSettings(raw(document));
  return 'complaints' in reading ? reading.complaints.map(({ path, message }) => `${path}: ${message}`) : [];
}

const line = { username: 'u1', password: 'p1', display_name: 'One', proxy_ip: '192.0.2.1' };

const port = 'must be a port from 1 to 65535';
const host = 'must be an IP address or a host name, without a port';
const whole = (range: string) => `must be a whole number from ${range}`;
const text = 'must be a text (a whole number will do)';

// Documents ---------------------------------------------------------------------------------------------------------------------

test.each<[string, unknown, string]>([
  ['sip_proxy_port', 0, port],
  ['sip_proxy_port', 65_536, port],
  ['sip_proxy_port', 50.5, port],
  ['sip_proxy_port', '5060 ', port],
  ['sip_proxy_port', '0x13c4', port],
  ['sip_proxy_port', true, port],
  ['sip_proxy_port', [5060], port],
  ['tftp_port', -1, port],
  ['http_port', '99999', port],
  ['syslog_port', 'syslog', port],
  ['X_xivo_phonebook_port', 0, port],
  ['vlan_id', 4095, whole('0 to 4094')],
  ['vlan_id', -1, whole('0 to 4094')],
  ['vlan_priority', 8, whole('0 to 7')],
  ['vlan_pc_port_id', '4095', whole('0 to 4094')],
  ['config_version', 'one', 'must be a whole number'],
  ['ip', '192.0.2.300', host],
  ['ntp_ip', 'ntp.example.com:123', host],
  ['dns_ip', '', host],
  ['syslog_ip', '-log.example.com', host],
  ['sip_proxy_ip', 'sip proxy', host],
  ['sip_outbound_proxy_ip', '[2001:db8::1]', host],
  ['sip_registrar_ip', `${'a'.repeat(64)}.example.com`, host],
  ['sip_backup_proxy_ip', 'fe80::1%eth0', host],
  ['sip_backup_registrar_ip', 7, host],
  ['X_xivo_phonebook_ip', 'http://pb.example.com', host],
  ['dns_enabled', 'true', 'must be true or false'],
  ['ntp_enabled', 1, 'must be true or false'],
  ['vlan_enabled', 'yes', 'must be true or false'],
  ['syslog_enabled', 0, 'must be true or false'],
  ['sip_subscribe_mwi', 'false', 'must be true or false'],
  ['syslog_level', 'notice', 'must be critical, error, warning, info or debug'],
  ['protocol', 'sip', 'must be SIP or SCCP'],
  ['sip_transport', 'sctp', 'must be udp, tcp or tls'],
  ['sip_srtp_mode', true, 'must be disabled, preferred or required'],
  ['sip_dtmf_mode', 'sip-info', 'must be RTP-in-band, RTP-out-of-band or SIP-INFO'],
  ['X_xivo_phonebook_scheme', 'ftp', 'must be http or https'],
  ['X_xivo_phonebook_profile', 'a/b', 'must be letters, digits, dots, dashes and underscores'],
  ['X_xivo_user_uuid', '?', 'must be letters, digits, dots, dashes and underscores'],
  ['locale', 'fr', 'must be a language and a country such as fr_CA'],
  ['locale', 'fr_CA.UTF-8', 'must be a language and a country such as fr_CA'],
  ['locale', 'FR_fr', 'must be a language and a country such as fr_CA'],
  ['timezone', 'Mars/Phobos', 'must be a time zone of the IANA data such as America/Montreal'],
  ['timezone', '+01:00', 'must be a time zone of the IANA data such as America/Montreal'],
  ['http_base_url', 'ftp://example.com', 'must be an http or https URL without query, fragment and password'],
  ['http_base_url', 'http://', 'must be an http or https URL without query, fragment and password'],
  ['http_base_url', 'http://a:b@example.com', 'must be an http or https URL without query, fragment and password'],
  ['http_base_url', 'http://example.com/?x', 'must be an http or https URL without query, fragment and password'],
  ['http_base_url', 'example.com:8667', 'must be an http or https URL without query, fragment and password'],
  ['admin_username', true, text],
  ['admin_password', ['x'], text],
  ['exten_park', 7.5, text],
  ['exten_park', 2 ** 60, text],
  ['_comment', {}, text],
  ['sip_local_certificate', 'x', 'must be one X.509 certificate in PEM (BEGIN CERTIFICATE)'],
  ['sip_local_certificate', certificate + certificate, 'must be one X.509 certificate in PEM (BEGIN CERTIFICATE)'],
  ['sip_local_certificate', privateKey, 'must be one X.509 certificate in PEM (BEGIN CERTIFICATE)'],
  ['sip_local_certificate', certificate.replace('MII', 'MIJ'), 'must be one X.509 certificate in PEM (BEGIN CERTIFICATE)'],
  ['sip_local_certificate', `subject=me\n${certificate}`, 'must be one X.509 certificate in PEM (BEGIN CERTIFICATE)'],
  ['sip_local_key', certificate, 'must be one private key in PEM (BEGIN PRIVATE KEY) without a passphrase'],
  ['sip_local_key', encryptedPrivateKey, 'must be one private key in PEM (BEGIN PRIVATE KEY) without a passphrase'],
  [
    'sip_local_key',
    privateKey.replace('MIGH', 'AAAA'),
    'must be one private key in PEM (BEGIN PRIVATE KEY) without a passphrase',
  ],
  ['sip_servers_root_and_intermediate_certificates', certificate, 'must be a list of X.509 certificates in PEM'],
  ['sip_lines', [], 'must be an object whose keys are numbers'],
  ['sccp_call_managers', 'x', 'must be an object whose keys are numbers'],
  ['funckeys', 1, 'must be an object whose keys are numbers'],
])('%s: %j is refused', (key, value, message) => {
  expect(complaints({ [key]: value })).toEqual([`raw_config.${key}: ${message}`]);
});

test.each<[string, unknown, string]>([
  ['sip_lines', { 1: 'x' }, 'sip_lines.1: must be an object'],
  ['sip_lines', { 1: { proxy_port: 'x' } }, `sip_lines.1.proxy_port: ${port}`],
  ['sip_lines', { 12: { dtmf_mode: 'x' } }, 'sip_lines.12.dtmf_mode: must be RTP-in-band, RTP-out-of-band or SIP-INFO'],
  ['sip_lines', { 1: { srtp_mode: 'x' } }, 'sip_lines.1.srtp_mode: must be disabled, preferred or required'],
  ['sip_lines', { 1: { registrar_ip: 'a b' } }, `sip_lines.1.registrar_ip: ${host}`],
  ['sip_lines', { 1: { voicemail: false } }, `sip_lines.1.voicemail: ${text}`],
  ['sip_lines', { 1: { password: {} } }, `sip_lines.1.password: ${text}`],
  ['sccp_call_managers', { 1: { ip: '1.2.3.4:2000' } }, `sccp_call_managers.1.ip: ${host}`],
  ['sccp_call_managers', { 2: { port: 65_536 } }, `sccp_call_managers.2.port: ${port}`],
  ['funckeys', { 1: { type: 'BLF' } }, 'funckeys.1.type: must be speeddial, blf or park'],
  ['funckeys', { 1: { line: 0 } }, `funckeys.1.line: ${whole('1 to 9999')}`],
  [
    'sip_servers_root_and_intermediate_certificates',
    [certificate, 'x'],
    'sip_servers_root_and_intermediate_certificates.1: must be one X.509 certificate in PEM (BEGIN CERTIFICATE)',
  ],
])('within %s, %j is refused where it stands', (key, value, complaint) => {
  expect(complaints({ [key]: value })).toEqual([`raw_config.${complaint}`]);
});

test.each([
  ['0', '"0"'],
  ['01', '01'],
  ['-1', '-1'],
  ['1.5', '"1.5"'],
  ['one', 'one'],
  ['10000', '10000'],
  ['__proto__', '__proto__'],
])('%s is no number of a line, a key or a call manager', (key) => {
  const message = 'the key must be a number from 1 to 9999, without leading zeros';
  for (const table of ['sip_lines', 'funckeys', 'sccp_call_managers']) {
    const shown = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
    expect(complaints(`{"${table}":{"${key}":{}}}`)).toEqual([`raw_config.${table}.${shown}: ${message}`]);
  }
});

test.each([
  [
    '{"sip_prox_ip":"192.0.2.1"}',
    'sip_prox_ip: there is no such key; did you mean sip_proxy_ip? Keys of your own must start with X_',
  ],
  ['{"TimeZone":"UTC"}', 'TimeZone: there is no such key; did you mean timezone? Keys of your own must start with X_'],
  ['{"colour":1}', 'colour: there is no such key. Keys of your own must start with X_'],
  ['{"__proto__":{"vlan_id":1}}', '__proto__: there is no such key. Keys of your own must start with X_'],
  ['{"constructor":1}', 'constructor: there is no such key. Keys of your own must start with X_'],
  ['{"XX_mac":1}', 'XX_mac: keys with XX_ are reserved: templates are given theirs under such names; use X_'],
  ['{"X_":1}', 'X_: a key of your own must be X_ and letters, digits and underscores'],
  ['{"X_a-b":1}', 'X_a-b: a key of your own must be X_ and letters, digits and underscores'],
  ['{"a b":1}', '"a b": there is no such key. Keys of your own must start with X_'],
  [
    '{"sip_lines":{"1":{"user_name":"x"}}}',
    'sip_lines.1.user_name: there is no such key; did you mean username? Keys of your own must start with X_',
  ],
  [
    '{"funckeys":{"1":{"typ":"blf"}}}',
    'funckeys.1.typ: there is no such key; did you mean type? Keys of your own must start with X_',
  ],
])('%s names a key that there is not', (document, complaint) => {
  expect(complaints(document)).toEqual([`raw_config.${complaint}`]);
});

test('a wrong key is shown, but not all of it when it is endless', () => {
  const [complaint = ''] = complaints({ ['k'.repeat(100_000)]: 1 });
  expect(complaint.length).toBeLessThan(200);
});

test('all complaints come at once', () => {
  const paths = checkDocument(raw({ vlan_id: 5000, nope: 1, sip_lines: { x: {}, 1: { proxy_port: 0, nope: 1 } } })).map(
    ({ path }) => path,
  );
  expect(paths.toSorted()).toEqual([
    'raw_config.nope',
    'raw_config.sip_lines.1.nope',
    'raw_config.sip_lines.1.proxy_port',
    'raw_config.sip_lines.x',
    'raw_config.vlan_id',
  ]);
});

test.each<[string, object | string]>([
  ['nothing', {}],
  [
    'keys of others, with whatever in them',
    { X_a1: { deep: [null, { 'any key': 1 }] }, X_xivo_anything: null, sip_lines: { 1: { X_a: 1 } } },
  ],
  [
    'nulls wherever something may be',
    '{"vlan_id":null,"sip_lines":{"1":null,"2":{"username":null}},"funckeys":null,"sip_local_key":null}',
  ],
  ['numbers in quotes', { sip_proxy_port: '5060', vlan_id: '0', funckeys: { 1: { line: '9999' } } }],
  ['numbers for texts', { exten_park: 700, admin_password: 1234, funckeys: { 1: { value: 3002 } } }],
  ['IPv6 addresses', { sip_proxy_ip: '2001:db8::1', dns_ip: '::1' }],
  ['host names', { ntp_ip: 'pool.ntp.org.', syslog_ip: 'log_1', sip_proxy_ip: 'xn--bcher-kva.example', ip: '3com' }],
  ['languages of three letters', { locale: 'fil_PH' }],
  ['a zone that is a link', { timezone: 'America/Montreal' }],
  ['the limits', { vlan_id: 4094, vlan_priority: 7, sip_proxy_port: 65_535, tftp_port: 1 }],
  [
    'what only a parent or child completes',
    { vlan_enabled: true, sip_lines: { 1: { voicemail: '*98' } }, funckeys: { 1: { label: 'x' } } },
  ],
  [
    'a certificate with CRLF and blank lines around it',
    { sip_local_certificate: `\r\n${certificate.replaceAll('\n', '\r\n')}\r\n` },
  ],
  ['both forms of a private key', { sip_local_key: privateKeySec1 }],
  ['comments', { _comment: 'x', config_version: 1 }],
])('a document may have %s', (_, document) => {
  expect(complaints(document)).toEqual([]);
});

// Settings ----------------------------------------------------------------------------------------------------------------------

test('of an empty config all is null, empty, or the default', () => {
  expect(settings({})).toEqual({
    httpBaseUrl: null,
    tftpPort: null,
    protocol: null,
    locale: null,
    timeZone: null,
    dns: null,
    ntp: null,
    vlan: null,
    syslog: null,
    admin: { username: null, password: null },
    user: { username: null, password: null },
    sip: {
      transport: 'udp',
      srtp: 'disabled',
      dtmf: null,
      proxy: null,
      backupProxy: null,
      registrar: null,
      backupRegistrar: null,
      outboundProxy: null,
      subscribeMwi: null,
      trustedCertificates: [],
      localChain: [],
      localCertificate: null,
      localKey: null,
    },
    lines: [],
    callManagers: [],
    keys: [],
    codes: {
      dnd: null,
      forwardUnconditional: null,
      forwardNoAnswer: null,
      forwardBusy: null,
      forwardDisableAll: null,
      park: null,
      pickupGroup: null,
      pickupCall: null,
      voicemail: null,
    },
    phoneBook: null,
  });
});

test('every key is read', () => {
  const read = settings({
    http_base_url: 'https://prov.example.com/Key-1.2~$3abc//',
    tftp_port: '69',
    protocol: 'SCCP',
    locale: 'fr_CA',
    timezone: 'America/St_Johns',
    dns_enabled: true,
    dns_ip: '192.0.2.53',
    ntp_enabled: true,
    ntp_ip: 'pool.ntp.org',
    vlan_enabled: true,
    vlan_id: 0,
    vlan_priority: 5,
    vlan_pc_port_id: '200',
    syslog_enabled: true,
    syslog_ip: '192.0.2.51',
    admin_username: 'admin',
    admin_password: 1234,
    user_username: 'user',
    user_password: '0000',
    sip_transport: 'tls',
    sip_subscribe_mwi: false,
    sip_servers_root_and_intermediate_certificates: [certificate],
    sip_local_root_and_intermediate_certificates: [certificate, certificate],
    sip_local_certificate: certificate,
    sip_local_key: privateKeySec1,
    sccp_call_managers: { 10: { ip: '192.0.2.10' }, 2: { ip: '192.0.2.2', port: 2001 } },
    funckeys: { 10: { type: 'park' }, 9: { type: 'blf', value: 3002, label: 'B', line: '2' } },
    exten_dnd: '*25',
    exten_fwd_unconditional: '*21',
    exten_fwd_no_answer: '*22',
    exten_fwd_busy: '*23',
    exten_fwd_disable_all: '*20',
    exten_park: 700,
    exten_pickup_group: '*8',
    exten_pickup_call: '*9',
    exten_voicemail: '*98',
    X_xivo_phonebook_ip: 'pb.example.com',
    X_xivo_user_uuid: '2a8f3c1e-5b7d-4e9f-8a6b-0c1d2e3f4a5b',
  });
  expect(read).toMatchObject({
    httpBaseUrl: 'https://prov.example.com/Key-1.2~$3abc',
    tftpPort: 69,
    protocol: 'SCCP',
    locale: { name: 'fr_CA', language: 'fr', country: 'CA' },
    timeZone: 'America/St_Johns',
    dns: { host: '192.0.2.53' },
    ntp: { host: 'pool.ntp.org' },
    vlan: { id: 0, priority: 5, pcPortId: 200 },
    syslog: { host: '192.0.2.51', port: 514, level: 'warning' },
    admin: { username: 'admin' },
    user: { username: 'user' },
    sip: {
      transport: 'tls',
      subscribeMwi: false,
      trustedCertificates: [certificate],
      localChain: [certificate, certificate],
      localCertificate: certificate,
    },
    callManagers: [
      { priority: 2, host: '192.0.2.2', port: 2001 },
      { priority: 10, host: '192.0.2.10', port: null },
    ],
    keys: [
      { position: 9, type: 'blf', value: '3002', label: 'B', line: 2 },
      { position: 10, type: 'park', value: '700', label: null, line: null },
    ],
    codes: {
      dnd: '*25',
      forwardUnconditional: '*21',
      forwardNoAnswer: '*22',
      forwardBusy: '*23',
      forwardDisableAll: '*20',
      park: '700',
      pickupGroup: '*8',
      pickupCall: '*9',
      voicemail: '*98',
    },
    phoneBook: {
      scheme: 'http',
      host: 'pb.example.com',
      port: 9498,
      profile: 'default',
      userUuid: '2a8f3c1e-5b7d-4e9f-8a6b-0c1d2e3f4a5b',
    },
  });
  expect(read.admin.password?.reveal()).toBe('1234');
  expect(read.user.password?.reveal()).toBe('0000');
  expect(read.sip.localKey?.reveal()).toBe(privateKeySec1);
});

test('what has an address but is not enabled is not told', () => {
  const read = settings({
    dns_ip: '192.0.2.1',
    ntp_enabled: false,
    ntp_ip: '192.0.2.1',
    vlan_id: 5,
    vlan_enabled: null,
    syslog_ip: 'log',
  });
  expect(read).toMatchObject({ dns: null, ntp: null, vlan: null, syslog: null });
});

test('a null hides what is below it, down to a line or a default', () => {
  const read = settings({
    sip_lines: { 1: null, 2: line },
    exten_dnd: null,
    syslog_enabled: true,
    syslog_ip: 'log',
    syslog_port: null,
  });
  expect(read.lines.map(({ number }) => number)).toEqual([2]);
  expect(read.codes.dnd).toBeNull();
  expect(read.syslog?.port).toBe(514);
});

test('a line has what is its own, and the rest from all lines', () => {
  const read = settings({
    sip_proxy_ip: 'proxy',
    sip_proxy_port: 5061,
    sip_backup_proxy_ip: 'backup',
    sip_registrar_ip: 'registrar',
    sip_registrar_port: 5065,
    sip_backup_registrar_ip: 'backup-registrar',
    sip_outbound_proxy_ip: 'outbound',
    sip_outbound_proxy_port: 5069,
    sip_dtmf_mode: 'SIP-INFO',
    sip_srtp_mode: 'preferred',
    sip_lines: {
      10: { username: 10, password: 'p10', display_name: 'Ten', auth_username: 'a10', number: 1010, voicemail: '*98' },
      2: {
        ...{ username: 'u2', password: 'p2', display_name: 'Two' },
        proxy_ip: 'p',
        backup_proxy_ip: 'bp',
        registrar_ip: 'r',
        registrar_port: 1,
        backup_registrar_ip: 'br',
        outbound_proxy_ip: 'o',
        dtmf_mode: 'RTP-in-band',
        srtp_mode: 'required',
      },
    },
  });
  expect(read.sip).toMatchObject({ proxy: { host: 'proxy', port: 5061 }, registrar: { host: 'registrar', port: 5065 } });
  expect(read.lines).toMatchObject([
    {
      ...{ number: 2, username: 'u2', authUsername: 'u2', displayName: 'Two', extension: null, voicemail: null },
      proxy: { host: 'p', port: null },
      backupProxy: { host: 'bp', port: null },
      registrar: { host: 'r', port: 1 },
      backupRegistrar: { host: 'br', port: null },
      outboundProxy: { host: 'o', port: null },
      dtmf: 'RTP-in-band',
      srtp: 'required',
    },
    {
      ...{ number: 10, username: '10', authUsername: 'a10', displayName: 'Ten', extension: '1010', voicemail: '*98' },
      proxy: { host: 'proxy', port: 5061 },
      backupProxy: { host: 'backup', port: null },
      registrar: { host: 'registrar', port: 5065 },
      backupRegistrar: { host: 'backup-registrar', port: null },
      outboundProxy: { host: 'outbound', port: 5069 },
      dtmf: 'SIP-INFO',
      srtp: 'preferred',
    },
  ]);
  expect(read.lines.map(({ password }) => password.reveal())).toEqual(['p2', 'p10']);
});

test.each<[string, object, object, unknown]>([
  ['its proxy', { proxy_port: 5080 }, {}, { host: '192.0.2.1', port: 5080 }],
  ['its proxy rather than where the others register', {}, { sip_registrar_ip: 'r' }, { host: '192.0.2.1', port: null }],
  ['the proxy of all lines', { proxy_ip: null }, { sip_proxy_ip: 'p', sip_proxy_port: 5061 }, { host: 'p', port: 5061 }],
  ['its proxy, at another port', { registrar_port: 5070 }, {}, { host: '192.0.2.1', port: 5070 }],
  ['the registrar of all lines', { proxy_ip: null }, { sip_proxy_ip: 'p', sip_registrar_ip: 'r' }, { host: 'r', port: null }],
])('without a registrar of its own a line registers at %s', (_, own, all, registrar) => {
  expect(settings({ ...all, sip_lines: { 1: { ...line, ...own } } }).lines[0]?.registrar).toEqual(registrar);
});

test('the port of all lines goes with their host, not with another', () => {
  const all = { sip_proxy_ip: 'p', sip_proxy_port: 5061 };
  const ports = settings({ ...all, sip_lines: { 1: { ...line, proxy_ip: 'p' }, 2: { ...line, proxy_ip: 'q' } } }).lines.map(
    ({ proxy }) => proxy.port,
  );
  expect(ports).toEqual([5061, null]);
});

test.each<[object, string]>([
  [{ dns_enabled: true }, 'dns_ip: is missing; dns_enabled needs it'],
  [{ ntp_enabled: true, ntp_ip: null }, 'ntp_ip: is missing; ntp_enabled needs it'],
  [{ vlan_enabled: true, vlan_priority: 1 }, 'vlan_id: is missing; vlan_enabled needs it'],
  [{ syslog_enabled: true }, 'syslog_ip: is missing; syslog_enabled needs it'],
  [{ sip_lines: { 3: { ...line, username: null } } }, 'sip_lines.3.username: is missing; every line needs it'],
  [{ sip_lines: { 3: { ...line, password: null } } }, 'sip_lines.3.password: is missing; every line needs it'],
  [{ sip_lines: { 3: { ...line, display_name: null } } }, 'sip_lines.3.display_name: is missing; every line needs it'],
  [
    { sip_lines: { 3: { ...line, proxy_ip: null } } },
    'sip_lines.3.proxy_ip: is missing; a line needs it when there is no sip_proxy_ip',
  ],
  [{ sccp_call_managers: { 1: { port: 1 } } }, 'sccp_call_managers.1.ip: is missing; every call manager needs it'],
  [{ funckeys: { 1: { value: '1' } } }, 'funckeys.1.type: is missing; every key needs it'],
  [{ funckeys: { 1: { type: 'blf' } } }, 'funckeys.1.value: is missing; a key of type blf needs it'],
  [{ funckeys: { 1: { type: 'speeddial' } } }, 'funckeys.1.value: is missing; a key of type speeddial needs it'],
  [
    { sip_local_certificate: certificate, sip_local_key: otherPrivateKey },
    'sip_local_key: is not the key of sip_local_certificate',
  ],
  [{ vlan_id: 4095 }, 'vlan_id: must be a whole number from 0 to 4094'],
  [{ nope: 1 }, 'nope: there is no such key. Keys of your own must start with X_'],
])('a complete config is refused: %j', (document, complaint) => {
  expect(missing(document)).toEqual([`raw_config.${complaint}`]);
});

test('all that is missing is told at once', () => {
  expect(missing({ dns_enabled: true, sip_lines: { 1: {} }, funckeys: { 1: {} }, sccp_call_managers: { 1: {} } })).toHaveLength(
    7,
  );
});

test('no password and no key of the settings can be printed', () => {
  const marker = 'm4rker';
  const read = settings({
    admin_password: marker,
    user_password: marker,
    sip_local_key: privateKey,
    sip_lines: { 1: { ...line, password: marker } },
  });
  for (const printed of [JSON.stringify(read), inspect(read, { depth: null, showHidden: true }), `${read.admin.password}`]) {
    expect(printed).not.toContain(marker);
    expect(printed).not.toContain('PRIVATE KEY');
  }
});

test('a line without a voicemail of its own has the extension of all', () => {
  const line = { username: 'u', password: 'p', display_name: 'U', proxy_ip: '192.0.2.20' };
  const sip_lines = { 1: line, 2: { ...line, voicemail: '*99' } };
  expect(settings({ exten_voicemail: '*98', sip_lines }).lines.map(({ voicemail }) => voicemail)).toEqual(['*98', '*99']);
});

test('a speed dial of the recording code is for within a call, and nothing else is', () => {
  const funckeys = {
    1: { type: 'speeddial', value: '*3' },
    2: { type: 'blf', value: '*3' },
    3: { type: 'speeddial', value: '*31' },
  };
  expect(settings({ funckeys }).keys.map(({ inCall }) => inCall)).toEqual([true, false, false]);
});

test('the address of the phone book’s server stands in brackets in its URL if it is one of IPv6', () => {
  expect(settings({ X_xivo_phonebook_ip: '2001:db8::1' }).phoneBook?.url).toBe('http://[2001:db8::1]:9498');
});
