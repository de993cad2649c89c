import { describe, expect, test } from '@jest/globals';
import { parseTimeZone } from '../../../server/lib/time-zone.ts';
import type { Plugin } from '../../../server/plugins/model.ts';
import { repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import type { Values } from '../comparison.ts';
import { parse } from './parse.ts';

const grandstream = await repositoryPackage('grandstream');
const line = { username: 'u1', password: 'p1', display_name: 'One', proxy_ip: '192.0.2.20' };

function plugin(id: string): Plugin {
  const found = grandstream.plugins.find((each) => each.id === `grandstream-${id}`);
  if (!found) throw new Error(`there is no line ${id}`);
  return found;
}

function textOf(id: string, model: string | undefined, config: object, place = 0): string {
  const owner = plugin(id);
  const artefact = owner.artefacts[place];
  if (!artefact) throw new Error('there is no such file');
  return render(owner, artefact, raw(config), device(owner, { ...(model !== undefined && { model }) }));
}

const file = (id: string, model: string | undefined, config: object): Values => parse(textOf(id, model, config));
const desk = (config: object) => file('1.0.7.81', 'GXP1630', config);
const named = (config: object) => file('1.0.11.85', 'GXP2160', config);

/** The settings of a GXP2000, before they are sealed. */
function old(config: object): Values {
  const settings = textOf('1.2.5.3', 'GXP2000', config, 1).matchAll(/^(P\d+)=(.*)$/gm);
  return new Map([...settings].map(([, code = '', value = '']) => [code, value]));
}

const several = (told: Values, keys: readonly string[]) => keys.map((key) => told.get(key));

describe('the time', () => {
  test.each([
    ['Europe/Paris', 'CET-1CEST-2,M3.5.0/02:00:00,M10.5.0/03:00:00', undefined],
    ['Europe/London', 'GMT+0BST-1,M3.5.0/01:00:00,M10.5.0/02:00:00', undefined],
    ['Europe/Lisbon', 'WET-0WEST-1,M3.5.0/01:00:00,M10.5.0/02:00:00', undefined],
    ['America/New_York', 'customize', 'EST+5EDT+4,M3.2.0/02:00:00,M11.1.0/02:00:00'],
    ['America/St_Johns', 'customize', 'NST+3:30NDT+2:30,M3.2.0/02:00:00,M11.1.0/02:00:00'],
    ['Australia/Lord_Howe', 'customize', 'LHST-10:30LHDT-11,M10.1.0/02:00:00,M4.1.0/02:00:00'],
    ['Asia/Kathmandu', 'customize', 'STD-5:45'],
    ['Pacific/Kiritimati', 'customize', 'STD-14'],
    ['Pacific/Marquesas', 'customize', 'STD+9:30'],
    ['Etc/UTC', 'customize', 'UTC+0'],
  ])('of %s is %s %s', (timezone, zone, custom) => {
    expect(several(desk({ timezone }), ['P64', 'P246'])).toEqual([zone, custom]);
    expect(several(named({ timezone }), ['dateTime.timezone', 'dateTime.timezone.custom'])).toEqual([zone, custom]);
  });

  test('where the law counts from another day, the day of this year is told', () => {
    expect(desk({ timezone: 'Asia/Jerusalem' }).get('P246')).toMatch(
      /^STD-2DST-3,J8[2-8]\/02:00:00,J(?:29[89]|30[0-4])\/02:00:00$/,
    );
    // The Saturday before the last Sunday, in the evening.
    expect(desk({ timezone: 'America/Nuuk' }).get('P246')).toMatch(
      /^STD\+2DST\+1,J(?:8[3-9]|90)\/23:00:00,J(?:29[7-9]|30[0-3])\//,
    );
  });

  test('of every zone is what an old reader of POSIX strings understands, in what the phone takes', () => {
    const form =
      /^[A-Za-z]{3,}[+-]\d\d?(?::\d\d)?(?:[A-Za-z]{3,}[+-]\d\d?(?::\d\d)?(?:,(?:M\d\d?\.[1-5]\.[0-6]|J\d{1,3})\/[0-2]\d:[0-5]\d:00){2})?$/;
    for (const timezone of Intl.supportedValuesOf('timeZone').filter((name) => parseTimeZone(name))) {
      const told = desk({ timezone });
      const rule = told.get('P64') === 'customize' ? told.get('P246') : told.get('P64');
      expect([timezone, rule]).toEqual([timezone, expect.stringMatching(form)]);
      expect(rule?.length).toBeLessThanOrEqual(64);
    }
  });

  test('that is configured outranks a DHCP server’s, and else that of the factory is back', () => {
    expect(several(desk({ timezone: 'Asia/Tokyo', ntp_enabled: true, ntp_ip: '192.0.2.1' }), ['P30', 'P143', 'P144'])).toEqual([
      '192.0.2.1',
      '0',
      '0',
    ]);
    expect(several(desk({}), ['P30', 'P143', 'P144'])).toEqual(['pool.ntp.org', '1', '1']);
    expect(named({}).get('dateTime.timezone')).toBe('auto');
  });

  test.each([
    ['America/New_York', '420', '1', '3,2,7,2,0;11,1,7,2,0;60'],
    ['Europe/Paris', '780', '1', '3,-1,7,2,0;10,-1,7,3,0;60'],
    ['Australia/Lord_Howe', '1350', '1', '10,1,7,2,0;4,1,7,2,0;30'],
    ['Asia/Kolkata', '1050', '0', undefined],
  ])('of %s on a GXP2000 is %s minutes', (timezone, ...expected) => {
    expect(several(old({ timezone }), ['P64', 'P75', 'P246'])).toEqual(expected);
  });

  test('on a GXP2000 is told by the dates of this year where no weekday can be named', () => {
    expect(old({ timezone: 'Asia/Jerusalem' }).get('P246')).toMatch(/^3,2\d,0,2,0;10,(?:2[5-9]|3[01]),0,2,0;60$/);
  });
});

test.each([
  ['fr_FR', 'fr', 'fr'],
  ['fr_CA', 'fr', 'fr'],
  ['pt_BR', 'pt', 'pt'],
  ['zh_CN', 'zh', 'zh'],
  ['zh_TW', 'zh-tw', 'zh-tw'],
  ['sv_SE', 'se', 'sv'],
  ['cs_CZ', 'cs', 'cz'],
  ['uk_UA', 'auto', 'uk'],
  ['th_TH', 'auto', undefined],
])('the language of %s is %s, and %s on an Android phone', (locale, screen, android) => {
  expect([desk({ locale }).get('P1362'), named({ locale }).get('language.gui')]).toEqual([screen, screen]);
  expect(file('1.0.3.2x-android', 'GXV3370', { locale }).get('P1362')).toBe(android);
});

describe('the servers', () => {
  test.each([
    ['udp', '0', 'UDP', '192.0.2.20'],
    ['tcp', '1', 'TCP', '192.0.2.20'],
    ['tls', '2', 'TlsOrTcp', '192.0.2.20:5061'],
  ])('over %s are %s or %s, and where no port is configured at %s', (sip_transport, code, name, address) => {
    const config = { sip_transport, sip_lines: { 1: line } };
    expect(several(desk(config), ['P130', 'P47', 'P2312', 'P48'])).toEqual([code, address, '', '']);
    expect(several(named(config), ['account.1.sip.transport', 'account.1.sip.server.1.address'])).toEqual([name, address]);
  });

  test('are the registrar and its backup, and without one the proxy and its backup', () => {
    const backup = { backup_proxy_ip: '192.0.2.21', backup_proxy_port: 5070 };
    const own = { registrar_ip: '192.0.2.22', backup_registrar_ip: '192.0.2.23', registrar_port: 5080 };
    const told = desk({
      sip_lines: { 1: { ...line, ...backup }, 2: { ...line, ...backup, ...own, outbound_proxy_ip: '2001:db8::1' } },
    });
    expect(several(told, ['P47', 'P2312', 'P48'])).toEqual(['192.0.2.20', '192.0.2.21:5070', '']);
    expect(several(told, ['P402', 'P2412', 'P403'])).toEqual(['192.0.2.22:5080', '192.0.2.23', '[2001:db8::1]']);
  });

  test('of files are told without a scheme, and over which protocol, with the tenant’s key', () => {
    const config = { http_base_url: 'https://prov.example.com/Key-1' };
    expect(several(desk(config), ['P237', 'P192', 'P212', 'P6767'])).toEqual([
      'prov.example.com/Key-1/Grandstream',
      'prov.example.com/Key-1/Grandstream',
      '2',
      '2',
    ]);
    expect(named(config).get('provisioning.config.protocol')).toBe('HTTPS');
  });
});

describe('an account', () => {
  test.each([
    ['RTP-in-band', ['1', '1', '0'], '9', ['100', '101', '102']],
    ['RTP-out-of-band', ['0', '1', '0'], '1', ['101', '102', '100']],
    ['SIP-INFO', ['0', '0', '1'], '2', ['102', '101', '100']],
    [undefined, ['0', '0', '1'], '2', ['102', '101', '100']],
  ])('with the DTMF mode %s', (dtmf_mode, ways, sum, order) => {
    const config = { sip_dtmf_mode: 'RTP-out-of-band', sip_lines: { 1: line, 2: { ...line, ...(dtmf_mode && { dtmf_mode }) } } };
    const alone = dtmf_mode ? config : { sip_lines: config.sip_lines };
    expect(several(desk(alone), ['P2401', 'P2402', 'P2403'])).toEqual(ways);
    expect(old(alone).get('P416')).toBe(sum);
    expect(several(file('1.0.63.3', 'HT802', alone), ['P860', 'P861', 'P862'])).toEqual(order);
  });

  test.each([
    ['disabled', '0', 'Disabled'],
    ['preferred', '1', 'EnabledButNotForced'],
    ['required', '2', 'EnabledAndForced'],
  ])('with SRTP %s', (srtp_mode, code, name) => {
    const config = { sip_lines: { 2: { ...line, srtp_mode } } };
    expect(desk(config).get('P443')).toBe(code);
    expect(named(config).get('account.2.audio.srtpMode')).toBe(name);
  });

  test.each([
    [true, '1', 'Yes'],
    [false, '0', 'No'],
    [undefined, '0', 'No'],
  ])('with MWI %s', (sip_subscribe_mwi, code, name) => {
    const config = { sip_lines: { 1: line }, ...(sip_subscribe_mwi !== undefined && { sip_subscribe_mwi }) };
    expect(desk(config).get('P99')).toBe(code);
    expect(named(config).get('account.1.sip.subscribe.forMwi')).toBe(name);
  });

  test.each([
    [1, ['P271', 'P47', 'P35', 'P36', 'P34', 'P3', 'P33']],
    [2, ['P401', 'P402', 'P404', 'P405', 'P406', 'P407', 'P426']],
    [4, ['P601', 'P602', 'P604', 'P605', 'P606', 'P607', 'P626']],
    [5, ['P1701', 'P1702', 'P1704', 'P1705', 'P1706', 'P1707', 'P1726']],
    [6, ['P1801', 'P1802', 'P1804', 'P1805', 'P1806', 'P1807', 'P1826']],
  ])('%i has the numbers %j', (number, codes) => {
    const whole = { ...line, auth_username: 'auth1', voicemail: '*98' };
    const told = file('1.0.8.6', 'GXP2120', { sip_lines: { [number]: whole } });
    expect(several(told, codes)).toEqual(['1', '192.0.2.20', 'u1', 'auth1', 'p1', 'One', '*98']);
  });

  test('that is not configured is taken back with its password', () => {
    expect(several(desk({ sip_lines: { 1: line } }), ['P501', 'P504', 'P506', 'P502'])).toEqual(['0', '', '', '']);
    expect(several(named({}), ['account.6.enable', 'account.6.sip.subscriber.password'])).toEqual(['No', '']);
  });
});

describe('an adapter', () => {
  test('has its second port under numbers of its own', () => {
    const told = file('1.0.63.3', 'HT802V2', { sip_lines: { 2: { ...line, username: 'u2', backup_proxy_ip: '192.0.2.21' } } });
    const port = ['P401', 'P747', 'P987', 'P735', 'P736', 'P734', 'P703', 'P830', 'P4201', 'P751'];
    expect(several(told, port)).toEqual(['1', '192.0.2.20', '192.0.2.21', 'u2', 'u2', 'p1', 'One', '0', '{ [*x]+ }', '0']);
    expect(several(told, ['P271', 'P34'])).toEqual(['0', '']);
  });

  test('with one port is told nothing of another, and of no keys', () => {
    const config = { sip_lines: { 1: line, 2: line, 5: line }, funckeys: { 1: { type: 'blf', value: '1' } } };
    const codes = [...file('1.0.27.2', 'HT801', config).keys()];
    expect(codes.filter((code) => /^P(?:[457]\d\d|[12]7\d\d|3[02]\d)$/.test(code))).toEqual([]);
  });
});

describe('the keys', () => {
  const blf = { type: 'blf', value: '1002', label: 'Two', line: 2 };

  test.each([
    ['1.0.8.6', 'GXP2124', 1, ['P323', 'P301', 'P302', 'P303']],
    ['1.0.8.6', 'GXP2124', 7, ['P329', 'P319', 'P320', 'P321']],
    ['1.0.8.6', 'GXP2124', 8, ['P353', 'P354', 'P355', 'P356']],
    ['1.0.8.6', 'GXP2124', 18, ['P393', 'P394', 'P395', 'P396']],
    ['1.0.8.6', 'GXP2124', 19, ['P1440', 'P1441', 'P1442', 'P1443']],
    ['1.0.8.6', 'GXP2124', 24, ['P1460', 'P1461', 'P1462', 'P1463']],
    ['1.0.3.27', 'GXP2200', 19, ['P6001', 'P6201', 'P6401', 'P6601']],
    ['1.0.3.27', 'GXP2200', 130, ['P6112', 'P6312', 'P6512', 'P6712']],
    ['1.0.3.27', 'GXP2200', 131, ['P23000', 'P23001', 'P23002', 'P23003']],
    ['1.0.3.27', 'GXP2200', 290, ['P23795', 'P23796', 'P23797', 'P23798']],
  ])('of line %s: %s has its key %i at %j', (id, model, position, codes) => {
    expect(several(file(id, model, { funckeys: { [position]: blf } }), codes)).toEqual(['1', '1', 'Two', '1002']);
  });

  test('after those on the screen come those beside it, which call accounts otherwise', () => {
    const told = named({ funckeys: { 24: blf, 25: blf } });
    expect(several(told, ['pks.vpk.24.account', 'pks.vpk.24.keyMode'])).toEqual(['1', 'BLF']);
    expect(several(told, ['pks.mpk.1.account', 'pks.mpk.1.keyMode', 'pks.mpk.2.keyMode'])).toEqual(['Account2', 'BLF', 'None']);
  });

  test('show the line of their number where no other key is, but only on the screen', () => {
    const told = named({ sip_lines: { 1: line, 2: line }, funckeys: { 2: { ...blf, line: 1 } } });
    const shown = ['pks.vpk.1.keyMode', 'pks.vpk.1.account', 'pks.vpk.2.keyMode', 'pks.vpk.3.keyMode'];
    expect(several(told, shown)).toEqual(['Line', '0', 'BLF', 'None']);
    expect(several(desk({ sip_lines: { 1: line } }), ['P323', 'P303'])).toEqual(['0', '']);
  });

  test('park where all do, and send the recording code within the call', () => {
    const config = { exten_park: '700', funckeys: { 1: { type: 'park' }, 2: { type: 'speeddial', value: '*3' } } };
    expect(several(desk(config), ['P323', 'P303', 'P324', 'P306'])).toEqual(['9', '700', '5', '*3']);
    expect(several(named(config), ['pks.vpk.1.keyMode', 'pks.vpk.1.value', 'pks.vpk.2.keyMode'])).toEqual([
      'CallPark',
      '700',
      'DialDTMF',
    ]);
    // A GXP2000 knows neither.
    expect(several(old(config), ['P323', 'P303', 'P324', 'P306'])).toEqual(['0', '700', '0', '*3']);
  });
});

test.each([
  ['critical', '4', 'Error'],
  ['error', '4', 'Error'],
  ['warning', '3', 'Warning'],
  ['info', '2', 'Info'],
  ['debug', '1', 'Debug'],
])('syslog of the level %s', (syslog_level, code, name) => {
  const config = { syslog_enabled: true, syslog_ip: '192.0.2.51', syslog_level };
  expect(several(desk(config), ['P207', 'P208'])).toEqual(['192.0.2.51', code]);
  expect(named(config).get('maintain.syslog.level')).toBe(name);
});

test('a DNS server that is no address of IPv4 is none', () => {
  const told = desk({ dns_enabled: true, dns_ip: '2001:db8::53' });
  expect(several(told, ['P92', 'P93', 'P94', 'P95'])).toEqual(['0', '0', '0', '0']);
});

test('a phone of a switchboard has no second call', () => {
  const owner = plugin('1.0.7.81');
  const [main] = owner.artefacts;
  if (!main) throw new Error('there is no main file');
  const phone = device(owner, { model: 'GXP1630', options: new Map([['switchboard', true]]) });
  expect(parse(render(owner, main, raw({}), phone)).get('P91')).toBe('1');
});

test('a phone whose model nobody knows has its accounts, and no keys', () => {
  const told = file('1.0.7.81', undefined, { sip_lines: { 3: line, 9: line }, funckeys: { 1: { type: 'blf', value: '1' } } });
  expect(told.get('P504')).toBe('u1');
  expect([...told.keys()].filter((code) => /^P(?:271|401|3[02]\d)$/.test(code))).toEqual([]);
});

describe('the file of a GXP2000', () => {
  const seal = plugin('1.2.5.3').artefacts[1]?.seal;
  const phone = { id: 'd', serial: null, uuid: null, ip: null, vendor: 'Grandstream', model: 'GXP2000', version: null } as const;

  function sealed(text: string): Buffer {
    if (!seal) throw new Error('it is not sealed');
    return Buffer.from(seal(text, { ...phone, mac: '00:0b:82:01:02:03' as never }));
  }

  test.each([
    ['P2=ab\nP47=h\n', 'P2=ab&P47=h&gnkey=0b82', false],
    ['P2=abc\nP47=h\n', 'P2=abc&P47=h&gnkey=0b82', true],
  ])('of %j has its length, a checksum and the MAC before %s', (text, body, filled) => {
    const file = sealed(text);
    expect(file.length).toBe(16 + body.length + (filled ? 1 : 0));
    expect(file.readUInt32BE(0)).toBe(file.length / 2);
    expect(file.subarray(6, 16).toString('hex')).toBe('000b820102030d0a0d0a');
    expect(file.subarray(16).toString('latin1')).toBe(filled ? `${body}\0` : body);
    const words = Array.from({ length: file.length / 2 }, (_, index) => file.readUInt16BE(2 * index));
    expect(words.reduce((sum, word) => sum + word, 0) % 0x1_00_00).toBe(0);
    expect(file.readUInt16BE(4)).not.toBe(0);
  });

  test('says what was typed, and no more', () => {
    const evil = 'a&P2=x=1+2 é\u2028😀%41';
    const body = sealed(textOf('1.2.5.3', 'GXP2000', { sip_lines: { 1: { ...line, password: evil } } }, 1))
      .subarray(16)
      .toString();
    const settings = body.split('&').map((pair) => pair.split('='));
    expect(settings.every((pair) => pair.length === 2)).toBe(true);
    expect(settings.filter(([code]) => code === 'P2')).toEqual([]);
    expect(decodeURIComponent(settings.find(([code]) => code === 'P34')?.[1] ?? '')).toBe('a&P2=x=1+2 é 😀%41');
  });
});

test('what somebody typed cannot become a setting of its own', () => {
  const evil = '</P34><P2>x</P2><P34>';
  expect(several(desk({ sip_lines: { 1: { ...line, password: evil } } }), ['P34', 'P2'])).toEqual([evil, undefined]);
});
