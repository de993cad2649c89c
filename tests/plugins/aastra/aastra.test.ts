import { describe, expect, test } from '@jest/globals';
import { parseTimeZone } from '../../../server/lib/time-zone.ts';
import type { Plugin } from '../../../server/plugins/model.ts';
import { certificate, privateKey } from '../../support/certificates.ts';
import { repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import type { Values } from '../comparison.ts';
import { parse } from './parse.ts';

const aastra = await repositoryPackage('aastra');
const line = { username: 'u1', password: 'p1', display_name: 'One', proxy_ip: '192.0.2.20' };
const book = { X_xivo_phonebook_ip: '192.0.2.40', X_xivo_user_uuid: '2a8f3c1e' };

function plugin(id: string): Plugin {
  const found = aastra.plugins.find((each) => each.id === `aastra-${id}`);
  if (!found) throw new Error(`there is no line ${id}`);
  return found;
}

function text(id: string, model: string | undefined, config: object, options: object = {}, template = 'phone.tpl'): string {
  const owner = plugin(id);
  const artefact = owner.artefacts.find((each) => each.template === template);
  if (!artefact) throw new Error(`there is no file of ${template}`);
  const phone = device(owner, { ...(model !== undefined && { model }), options: raw(options) });
  return render(owner, artefact, raw(config), phone);
}

function file(id: string, model: string | undefined, config: object, options: object = {}): Values {
  return parse(text(id, model, config, options));
}

/** What keys are, by their names: `blf 2002`. */
function keysOf(id: string, model: string, config: object): Record<string, string> {
  const told = file(id, model, config);
  const names = [...told.keys()].flatMap((key) => /^(.*) type$/.exec(key)?.[1] ?? []);
  return Object.fromEntries(names.map((name) => [name, [told.get(`${name} type`), told.get(`${name} value`)].join(' ').trim()]));
}

describe('the time', () => {
  const clockOf = (timezone: string) => Object.fromEntries(file('8.2.0', '6930', { timezone }));
  const relative = 'dst [start|end] relative date';

  test.each([
    ['Europe/Paris', '-60', ['3 -1 1 2', '10 -1 1 3', '60']],
    ['America/New_York', '300', ['3 2 1 2', '11 1 1 2', '60']],
    ['America/St_Johns', '210', ['3 2 1 2', '11 1 1 2', '60']],
    ['Australia/Lord_Howe', '-630', ['10 1 1 2', '4 1 1 2', '30']],
    ['America/Havana', '300', ['3 2 1 0', '11 1 1 1', '60']],
    ['Asia/Beirut', '-120', ['3 -1 1 0', '10 -1 1 0', '60']],
  ])('of %s is %s minutes west of UTC, by weeks, with Sunday as the first day', (zone, minutes, [start, end, saving]) => {
    const told = clockOf(zone);
    const rule = (which: string) => ['month', 'week', 'day', 'hour'].map((part) => told[`dst ${which} ${part}`]).join(' ');
    expect([told['time zone minutes'], told['dst config'], told['dst minutes']]).toEqual([minutes, '3', saving]);
    expect([told[relative], rule('start'), rule('end')]).toEqual(['1', start, end]);
  });

  test.each([
    ['Asia/Kathmandu', '-345'],
    ['Pacific/Kiritimati', '-840'],
    ['Pacific/Marquesas', '570'],
    ['Etc/UTC', '0'],
  ])('of %s never changes', (zone, minutes) => {
    expect(clockOf(zone)).toMatchObject({ 'time zone name': 'Custom', 'time zone minutes': minutes, 'dst config': '0' });
    expect(clockOf(zone)).not.toHaveProperty('dst minutes');
  });

  test('where the law counts from another day, the date of this year is told', () => {
    const told = clockOf('Asia/Jerusalem');
    expect([told[relative], told['dst start month'], told['dst start hour'], told['dst start week']]).toEqual([
      '0',
      '3',
      '2',
      undefined,
    ]);
    expect(Number(told['dst start day'])).toBeGreaterThan(22);
  });

  test('of every zone is within what the phone takes', () => {
    for (const zone of Intl.supportedValuesOf('timeZone').filter((name) => parseTimeZone(name))) {
      const told = clockOf(zone);
      expect([zone, told['time zone minutes']]).toEqual([zone, expect.stringMatching(/^-?\d{1,3}$/)]);
      if (told['dst config'] === '0') continue;
      expect([zone, Number(told['dst minutes']) <= 60]).toEqual([zone, true]);
      for (const which of ['start', 'end']) {
        expect([zone, told[`dst ${which} month`]]).toEqual([zone, expect.stringMatching(/^(?:[1-9]|1[012])$/)]);
        expect([zone, told[`dst ${which} hour`]]).toEqual([zone, expect.stringMatching(/^(?:1?\d|2[0-3])$/)]);
        const [week, day] = told[relative] === '1' ? [/^(?:-1|[1-4])$/, /^[1-7]$/] : [undefined, /^(?:[12]?\d|3[01])$/];
        expect([zone, told[`dst ${which} week`]]).toEqual([zone, week && expect.stringMatching(week)]);
        expect([zone, told[`dst ${which} day`]]).toEqual([zone, expect.stringMatching(day)]);
      }
    }
  });
});

describe('the languages', () => {
  test.each([
    ['fr_FR', 'Aastra/i18n/lang_fr.txt', 'France', 'French'],
    ['fr_CA', 'Aastra/i18n/lang_fr_ca.txt', 'US', 'French'],
    ['fr_BE', 'Aastra/i18n/lang_fr.txt', 'Europe', 'French'],
    ['de_DE', 'Aastra/i18n/lang_de.txt', 'Germany', 'German'],
    ['es_MX', 'Aastra/i18n/lang_es_mx.txt', 'Mexico', 'Spanish'],
    ['it_IT', 'Aastra/i18n/lang_it.txt', 'Italy', 'Italian'],
    ['nl_NL', 'Aastra/i18n/lang_nl_nl.txt', 'Germany', 'Dutch'],
    ['en_GB', undefined, 'UK', undefined],
    ['en_US', undefined, undefined, undefined],
  ])('%s has the pack %s and the tones %s', (locale, pack, tones, input) => {
    const told = file('4.3.0', '6867i', { locale });
    const said = ['language 1', 'tone set', 'input language'].map((key) => told.get(key));
    expect(said).toEqual([pack, tones, input]);
    expect(told.get('language')).toBe(pack && '1');
  });

  test('are in the folder of the phone’s file for firmware 3, and at the top of the server since', () => {
    const config = { locale: 'fr_FR', http_base_url: 'https://prov.example.com/key' };
    expect(file('3.3.1-SP4', '6757i', config).get('language 1')).toBe('i18n/lang_fr.txt');
    expect(file('5.0.0', '6869i', config).get('language 1')).toBe('key/Aastra/i18n/lang_fr.txt');
  });
});

test.each([
  [
    'http://192.0.2.10:8667',
    { 'download protocol': 'HTTP', 'http server': '192.0.2.10', 'http path': 'Aastra', 'http port': '8667' },
  ],
  [
    'https://a.example/key',
    { 'download protocol': 'HTTPS', 'https server': 'a.example', 'https path': 'key/Aastra', 'https port': '443' },
  ],
  ['http://a.example', { 'download protocol': 'HTTP', 'http server': 'a.example', 'http path': 'Aastra', 'http port': '80' }],
])('a phone of %s fetches its files there', (http_base_url, expected) => {
  expect(Object.fromEntries(file('6.4.0-SP2', '6865i', { http_base_url }))).toMatchObject({
    ...expected,
    'upgrade uri': `${http_base_url}/Aastra`,
  });
});

describe('the servers', () => {
  test.each([
    ['udp', '1', '5060'],
    ['tcp', '2', '5060'],
    ['tls', '4', '5061'],
  ])('over %s have the protocol %s, and where none is configured the port %s', (sip_transport, protocol, port) => {
    const told = file('8.2.0', '6930', { sip_transport, sip_lines: { 1: line } });
    expect([told.get('sip transport protocol'), told.get('sip line1 proxy port')]).toEqual([protocol, port]);
    expect([told.get('sip line1 registrar ip'), told.get('sip line1 registrar port')]).toEqual(['192.0.2.20', port]);
    expect(told.get('sip line1 backup proxy ip')).toBe('0.0.0.0');
  });

  test('over TLS are called on one connection that is kept, unless there are several or the phone has a certificate', () => {
    const keeps = (config: object) => file('8.2.0', '6930', config).get('sips persistent tls');
    const two = { 1: line, 2: { ...line, proxy_ip: '192.0.2.30' } };
    expect(keeps({ sip_transport: 'tls', sip_lines: { 1: line, 2: line } })).toBe('1');
    expect(keeps({ sip_transport: 'tls', sip_lines: two })).toBe('0');
    expect(
      keeps({ sip_transport: 'tls', sip_lines: { 1: line }, sip_local_certificate: certificate, sip_local_key: privateKey }),
    ).toBe('0');
    expect(keeps({ sip_transport: 'tcp', sip_lines: { 1: line } })).toBeUndefined();
  });

  test('and certificates are files beside the phone’s own', () => {
    const config = {
      sip_transport: 'tls',
      sip_servers_root_and_intermediate_certificates: [certificate],
      sip_local_root_and_intermediate_certificates: [certificate],
      sip_local_certificate: certificate,
      sip_local_key: privateKey,
      sip_lines: { 1: line },
    };
    expect(Object.fromEntries(file('5.0.0', '6869i', config))).toMatchObject({
      'sips trusted certificates': '000FD3051122-ca_servers.crt',
      'sips root and intermediate certificates': '000FD3051122-ca_local.crt',
      'sips local certificate': '000FD3051122-local.crt',
      'sips private key': '000FD3051122-local.key',
    });
    for (const template of ['trusted.tpl', 'chain.tpl', 'certificate.tpl']) {
      expect(text('5.0.0', '6869i', config, {}, template).trim()).toBe(certificate.trim());
    }
    expect(text('5.0.0', '6869i', config, {}, 'key.tpl').trim()).toBe(privateKey.trim());
  });
});

test.each([
  ['RTP-in-band', '0', '0'],
  ['RTP-out-of-band', '1', '0'],
  ['SIP-INFO', '1', '1'],
])('digits by %s are outside of the sound: %s, as SIP INFO: %s', (sip_dtmf_mode, outside, info) => {
  const told = file('8.2.0', '6940', { sip_dtmf_mode, sip_lines: { 1: line, 2: { ...line, dtmf_mode: 'SIP-INFO' } } });
  expect(
    ['sip out-of-band dtmf', 'sip dtmf method', 'sip line1 dtmf method', 'sip line2 dtmf method'].map((key) => told.get(key)),
  ).toEqual([outside, info, info, '1']);
});

test.each([
  ['critical', '1'],
  ['error', '3'],
  ['warning', '7'],
  ['info', '39'],
  ['debug', '65535'],
])('the log of the level %s has the bits %s', (syslog_level, bits) => {
  const told = file('8.2.0', '6940', { syslog_enabled: true, syslog_ip: '192.0.2.51', syslog_level });
  expect([told.get('log module sip'), told.get('log module user interface')]).toEqual([bits, bits]);
});

describe('the keys', () => {
  const all = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [index + 1, { type: 'speeddial', value: `${index + 1}` }]));

  test.each([
    ['3.3.1-SP4', '6731i', { prgkey8: 8 }, 8],
    ['3.3.1-SP4', '6735i', { prgkey6: 6, softkey1: 7, softkey20: 26, 'expmod1 key1': 27, 'expmod3 key60': 206 }, 206],
    ['3.3.1-SP4', '6753i', { prgkey6: 6, 'expmod1 key1': 7, 'expmod2 key1': 67 }, 186],
    ['3.3.1-SP4', '6757i', { topsoftkey10: 10, softkey1: 11, softkey20: 30, 'expmod1 key1': 31 }, 210],
    ['3.3.1-SP4', '6739i', { softkey55: 55, 'expmod1 key1': 56 }, 235],
    ['3.3.1-SP4', '9480i', { softkey6: 6 }, 6],
    ['6.4.0-SP2', '6863i', { prgkey3: 3 }, 3],
    ['6.4.0-SP2', '6873i', { topsoftkey48: 48, softkey1: 49, softkey24: 72, 'expmod1 key1': 73, 'expmod1 key84': 156 }, 324],
    ['8.2.0', '6930', { topsoftkey5: 5, softkey1: 6, softkey12: 17, 'expmod1 key1': 18 }, 269],
    ['8.2.0', '6970', { topsoftkey6: 6 }, 6],
  ])('%s %s are counted through: %j of %d', (id, model, expected, count) => {
    const told = keysOf(id, model, { funckeys: all(400) });
    expect(told).toMatchObject(Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, `speeddial ${value}`])));
    expect(Object.keys(told)).toHaveLength(count);
  });

  test('on the lower keys of a 68 call whom they cannot watch, and on those of a 69 watch', () => {
    const funckeys = {
      6: { type: 'blf', value: '1006' },
      21: { type: 'blf', value: '1021' },
      40: { type: 'blf', value: '1040' },
    };
    expect(keysOf('6.4.0-SP2', '6867i', { funckeys })).toMatchObject({
      topsoftkey6: 'blf 1006',
      softkey1: 'speeddial 1021',
      'expmod1 key2': 'blf 1040',
    });
    expect(keysOf('8.2.0', '6930', { funckeys }).softkey1).toBe('blf 1006');
  });

  test('that park have the way to do so, as have the lines', () => {
    const config = {
      exten_park: '700',
      funckeys: { 2: { type: 'park' }, 3: { type: 'park', value: '701' } },
      sip_lines: { 1: line, 2: line },
    };
    expect(keysOf('8.2.0', '6930', config)).toMatchObject({ topsoftkey2: 'park asterisk;700', topsoftkey3: 'park asterisk;701' });
    const told = file('8.2.0', '6930', config);
    expect([1, 2].map((number) => told.get(`sip line${number} park pickup config`))).toEqual([
      '700;700;asterisk',
      '700;700;asterisk',
    ]);
    expect(file('8.2.0', '6930', { exten_park: '700', sip_lines: { 1: line } }).has('sip line1 park pickup config')).toBe(false);
  });

  test('are what is common to have, where nobody says otherwise and what they need is configured', () => {
    const codes = { exten_voicemail: '*98', exten_fwd_unconditional: '*21', exten_dnd: '*25', exten_pickup_call: '*8' };
    expect(keysOf('3.3.1-SP4', '6731i', { ...codes, ...book })).toEqual({
      prgkey1: 'speeddial *98',
      prgkey2: 'speeddial *21',
      prgkey3: 'speeddial *25',
      prgkey4: 'speeddial *8',
      prgkey5: 'services',
      prgkey6: 'none',
      prgkey7: 'none',
      prgkey8: 'xml http://192.0.2.40:9498/0.1/directories/input/default/aastra?xivo_user_uuid=2a8f3c1e',
    });
    expect(keysOf('3.3.1-SP4', '6731i', {})).toEqual({ prgkey5: 'services', prgkey6: 'none', prgkey7: 'none' });
    expect(keysOf('6.4.0-SP2', '6865i', { ...codes, funckeys: { 2: { type: 'blf', value: '1002' } } })).toEqual({
      prgkey1: 'speeddial *98',
      prgkey2: 'blf 1002',
      prgkey3: 'speeddial *25',
    });
    expect(keysOf('6.4.0-SP2', '6865i', book)).toEqual({ prgkey5: 'none', prgkey6: 'none' });
  });

  test('of a phone whose model nobody knows are not told', () => {
    const config = { sip_lines: { 3: line }, funckeys: { 1: { type: 'blf', value: '1' } }, ...book };
    const told = file('8.2.0', undefined, config);
    expect(told.get('sip line3 user name')).toBe('u1');
    expect(told.get('directory script')).toMatch(/^http:/);
    expect([...told.keys()].filter((key) => / type$/.test(key))).toEqual([]);
  });
});

test('a switchboard hears of events, and of no second call', () => {
  const told = file('8.2.0', '6930', {}, { switchboard: true });
  expect([told.get('sip xml notify event'), told.get('call waiting')]).toEqual(['1', '0']);
  expect(file('8.2.0', '6930', {}, { switchboard: false }).has('call waiting')).toBe(false);
});

describe('what somebody typed', () => {
  test.each([
    ['a#1', '"a#1"'],
    ['#', '"#"'],
    ['"a"', '""a""'],
    [' a ', '" a "'],
    ['a"b', 'a"b'],
    ['a;b', 'a;b'],
  ])('as %s is written as %s, and read as it was typed', (typed, written) => {
    const config = { admin_password: typed, sip_lines: { 1: { ...line, voicemail: typed } } };
    const lines = text('8.2.0', '6930', config).split('\n');
    expect(lines).toEqual(expect.arrayContaining([`admin password: ${written}`, `sip line1 vmail: ${written}`]));
    expect(parse(lines.join('\n')).get('admin password')).toBe(typed);
  });

  test('cannot become a setting of its own', () => {
    const evil = 'x\nupgrade uri: http://evil/\r\u2028\u0085';
    const funckeys = { 1: { type: 'blf', value: evil, label: evil } };
    const told = file('8.2.0', '6930', { admin_password: evil, sip_lines: { 1: { ...line, display_name: evil } }, funckeys });
    expect(told.get('upgrade uri')).toBe('http://192.0.2.10:8667/Aastra');
    expect(told.get('sip line1 display name')).toBe('x upgrade uri: http://evil/');
  });
});
