import { describe, expect, test } from '@jest/globals';
import { imagesOf, resolveName } from '../../../server/artefacts/names.ts';
import { parseTimeZone } from '../../../server/lib/time-zone.ts';
import type { Plugin } from '../../../server/plugins/model.ts';
import { certificate, privateKey } from '../../support/certificates.ts';
import { repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import type { Values } from '../comparison.ts';
import { parse } from './parse.ts';

const polycom = await repositoryPackage('polycom');
const line = { username: 'u1', password: 'p1', display_name: 'One', proxy_ip: '192.0.2.20' };

function plugin(id: string): Plugin {
  const found = polycom.plugins.find((each) => each.id === `polycom-${id}`);
  if (!found) throw new Error(`there is no line ${id}`);
  return found;
}

function file(id: string, model: string | undefined, config: object, template = 'user.tpl'): Values {
  const owner = plugin(id);
  const artefact = owner.artefacts.find((each) => each.template === template);
  if (!artefact) throw new Error(`there is no ${template}`);
  return parse(render(owner, artefact, raw(config), device(owner, { ...(model !== undefined && { model }) })));
}

/** What a file says below a name, without it. */
function below(prefix: string, told: Values): Record<string, string> {
  return Object.fromEntries(
    [...told].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
  );
}

const clockOf = (timezone: string) => below('tcpIpApp.sntp.', file('6.4.6', 'VVX450', { timezone }));

test('the master file names files that there are, and the image by the name that the phone puts its number before', () => {
  for (const owner of polycom.plugins) {
    const told = file(owner.id.slice('polycom-'.length), undefined, {}, 'master.tpl');
    const mac = '00:04:f2:12:34:56' as never;
    const named = (told.get('CONFIG_FILES') ?? '').replace('[PHONE_MAC_ADDRESS]', '0004f2123456').split(', ');
    expect(named.map((name) => resolveName(`/${name}`, owner, device(owner, { mac }))?.artefact.template)).toEqual([
      'user.tpl',
      'common.tpl',
    ]);
    for (const { name, model, series } of owner.models.values())
      expect([name, imagesOf(series, name)]).toEqual([name, [`${model.part}.${told.get('APP_FILE_PATH')}`]]);
  }
});

test('what phones keep in flash is told with the word that makes them take it', () => {
  for (const config of [{}, { dns_enabled: true, dns_ip: '192.0.2.53', admin_password: 'x', user_password: 'y' }]) {
    const told = file('6.4.6', 'VVX450', config);
    const kept = [...told.keys()].filter((key) => key.startsWith('device.') && !key.endsWith('.set'));
    expect(kept.filter((key) => told.get(`${key}.set`) !== '1')).toEqual([]);
    expect(told.get('device.set')).toBe('1');
  }
});

test('a VLAN and a syslog server that went away are taken back; passwords that nobody configured are left alone', () => {
  const told = below('device.', file('4.0.11', 'SPIP550', {}));
  expect(told).toMatchObject({ 'net.vlanId': '', 'syslog.serverName': '', 'syslog.transport': '0' });
  expect(Object.keys(told).filter((key) => key.startsWith('auth.'))).toEqual([]);
});

describe('the time', () => {
  const rule = (month: string, time: string, week: string | undefined) => ({
    month,
    time,
    dayOfWeek: '1',
    'dayOfWeek.lastInMonth': week === undefined ? '1' : '0',
    ...(week !== undefined && { date: week }),
  });

  test.each([
    ['Europe/Paris', '3600', rule('3', '2', undefined), rule('10', '3', undefined)],
    ['Europe/London', '0', rule('3', '1', undefined), rule('10', '2', undefined)],
    ['America/New_York', '-18000', rule('3', '2', '8'), rule('11', '2', '1')],
    ['America/St_Johns', '-12600', rule('3', '2', '8'), rule('11', '2', '1')],
    ['Australia/Sydney', '36000', rule('10', '2', '1'), rule('4', '3', '1')],
    ['Pacific/Auckland', '43200', rule('9', '2', undefined), rule('4', '3', '1')],
  ])('of %s', (zone, offset, start, stop) => {
    const told = clockOf(zone);
    expect(told).toMatchObject({ gmtOffset: offset, 'daylightSavings.enable': '1', 'daylightSavings.fixedDayEnable': '0' });
    expect(below('daylightSavings.start.', new Map(Object.entries(told)))).toEqual(start);
    expect(below('daylightSavings.stop.', new Map(Object.entries(told)))).toEqual(stop);
  });

  test.each([
    ['Asia/Kathmandu', '20700'],
    ['Asia/Kolkata', '19800'],
    ['Pacific/Marquesas', '-34200'],
    ['Pacific/Kiritimati', '50400'],
  ])('of %s has no change', (zone, offset) => {
    const told = clockOf(zone);
    expect(told).toMatchObject({ gmtOffset: offset, 'daylightSavings.enable': '0' });
    expect(Object.keys(told).filter((key) => key.startsWith('daylightSavings.st'))).toEqual([]);
  });

  test('where the law counts from another day, the date of this year is told', () => {
    const told = clockOf('Asia/Jerusalem');
    expect(told).toMatchObject({
      'daylightSavings.fixedDayEnable': '1',
      'daylightSavings.start.month': '3',
      'daylightSavings.start.date': expect.stringMatching(/^2[3-9]$/),
      'daylightSavings.start.time': '2',
      'daylightSavings.stop.month': '10',
      'daylightSavings.stop.date': expect.stringMatching(/^(?:2[5-9]|3[01])$/),
      'daylightSavings.stop.time': '2',
    });
    expect(Object.keys(told).filter((key) => key.includes('dayOfWeek'))).toEqual([]);
  });

  test('of every zone is within what the phone takes', () => {
    for (const zone of Intl.supportedValuesOf('timeZone').filter((name) => parseTimeZone(name))) {
      const told = clockOf(zone);
      const { gmtOffset, 'daylightSavings.enable': enabled } = told;
      expect([zone, Math.abs(Number(gmtOffset)) <= 14 * 3600 && Number(gmtOffset) % 900 === 0]).toEqual([zone, true]);
      if (enabled === '0') continue;
      for (const end of ['start', 'stop']) {
        const { month, time, dayOfWeek, date } = below(`daylightSavings.${end}.`, new Map(Object.entries(told)));
        const text = `${month} ${time} ${dayOfWeek ?? '-'} ${date ?? '-'}`;
        expect([zone, text]).toEqual([
          zone,
          expect.stringMatching(/^(?:[1-9]|1[0-2]) (?:1?\d|2[0-3]) (?:[1-7]|-) (?:[1-9]|[12]\d|3[01]|-)$/),
        ]);
      }
    }
  });

  test('without a configured zone or server, what DHCP says counts', () => {
    expect(below('tcpIpApp.sntp.', file('5.9.2', 'VVX411', {}))).toEqual({ address: '', 'address.overrideDHCP': '0' });
  });
});

test.each([
  ['fr_CA', 'French_France', 'Annuaire'],
  ['en_GB', 'English_United_Kingdom', 'Directory'],
  ['en_US', 'English_United_States', 'Directory'],
  ['nb_NO', 'Norwegian_Norway', 'Directory'],
  ['pt_BR', 'Portuguese_Portugal', 'Directory'],
  ['fi_FI', '', 'Directory'],
])('the language of %s is "%s", and the phone book is called %s', (locale, language, label) => {
  const book = { X_xivo_phonebook_ip: '192.0.2.40', X_xivo_user_uuid: '2a8f3c1e-5b7d-4e9f-8a6b-0c1d2e3f4a5b' };
  const told = file('6.4.6', 'VVX450', { locale, ...book });
  expect([told.get('lcl.ml.lang'), told.get('softkey.1.label')]).toEqual([language, label]);
});

describe('the servers', () => {
  test.each([
    ['udp', 'UDPOnly'],
    ['tcp', 'TCPOnly'],
    ['tls', 'TLS'],
  ])('over %s are told as %s, and without a port the phone takes that of the transport', (sip_transport, word) => {
    const config = {
      sip_transport,
      sip_backup_proxy_ip: '192.0.2.21',
      sip_outbound_proxy_ip: '192.0.2.24',
      sip_lines: { 1: line },
    };
    const told = below('reg.1.', file('6.4.6', 'VVX450', config));
    for (const server of ['server.1', 'server.2', 'outboundProxy'])
      expect([told[`${server}.transport`], told[`${server}.port`]]).toEqual([word, '']);
    expect(told).toMatchObject({ 'server.2.address': '192.0.2.21', 'outboundProxy.address': '192.0.2.24' });
  });

  test('are not told where a line has none', () => {
    const told = file('6.4.6', 'VVX450', { sip_lines: { 3: line } });
    expect([...told.keys()].filter((key) => /^reg\.(?:[12]\.|3\.server\.2|3\.outboundProxy)/.test(key))).toEqual([]);
  });
});

describe('encryption of calls', () => {
  const both = { sip_lines: { 1: line, 2: { ...line, srtp_mode: 'required' } } };

  test.each([
    ['disabled', '0', '0', '0'],
    ['preferred', '1', '1', '0'],
    ['required', '1', '1', '1'],
  ])('that is %s', (sip_srtp_mode, enable, offer, require) => {
    const told = file('6.4.6', 'VVX450', { sip_srtp_mode, sip_lines: { 1: line } });
    expect(below('sec.srtp.', told)).toEqual({ enable, offer, require });
    expect(below('reg.1.srtp.', told)).toEqual({});
  });

  test('of one line is possible where the others do not want it', () => {
    const told = file('6.4.6', 'VVX450', both);
    expect(below('sec.srtp.', told)).toEqual({ enable: '1', offer: '0', require: '0' });
    expect(below('reg.1.srtp.', told)).toEqual({});
    expect(below('reg.2.srtp.', told)).toEqual({ enable: '1', offer: '1', require: '1' });
  });
});

test.each([
  [{ sip_dtmf_mode: 'RTP-in-band' }, '1 0 0'],
  [{ sip_dtmf_mode: 'RTP-out-of-band' }, '1 1 0'],
  [{ sip_dtmf_mode: 'SIP-INFO' }, '0 0 1'],
  [{}, '1 1 0'],
  // The phone has one setting for all lines.
  [{ sip_lines: { 1: line, 2: { ...line, dtmf_mode: 'SIP-INFO' } } }, '0 0 1'],
  [{ sip_dtmf_mode: 'RTP-in-band', sip_lines: { 1: { ...line, dtmf_mode: 'SIP-INFO' } } }, '1 0 0'],
])('tones for %j', (config, expected) => {
  const told = file('6.4.6', 'VVX450', config);
  const keys = ['tone.dtmf.viaRtp', 'tone.dtmf.rfc2833Control', 'voIpProt.SIP.dtmfViaSignaling.rfc2976'];
  expect(keys.map((key) => told.get(key)).join(' ')).toBe(expected);
});

describe('the keys', () => {
  const all = Object.fromEntries(Array.from({ length: 140 }, (_, index) => [index + 1, { type: 'blf', value: `${index + 1}` }]));

  test.each([
    ['3.2.4B', 'SPIP330', undefined],
    ['4.0.11', 'SPIP550', '3'],
    ['4.0.11', 'SPIP650', '47'],
    ['5.9.2', 'VVX350', '6'],
    ['6.4.6', 'VVX450', '132'],
  ])('%s %s: the last is %s', (id, model, last) => {
    const told = file(id, model, { funckeys: all });
    const addresses = [...told].filter(([key]) => key.endsWith('.address') && key.startsWith('attendant.'));
    expect(addresses.at(-1)?.[1]).toBe(last);
  });

  test('a park key takes the call along, others do not, and one without a value parks where all do', () => {
    const funckeys = {
      1: { type: 'park' },
      2: { type: 'speeddial', value: '2001' },
      3: { type: 'blf', value: '3001', label: 'Bob' },
    };
    const told = file('6.4.6', 'VVX450', { funckeys, exten_park: '700' });
    expect(below('attendant.resourceList.', told)).toEqual({
      '1.address': '700',
      '1.label': '',
      '1.type': 'automata',
      '2.address': '2001',
      '2.label': '',
      '3.address': '3001',
      '3.label': 'Bob',
    });
  });

  test('the recording code is a soft key during calls, and group pickup one without a call', () => {
    const funckeys = { 2: { type: 'speeddial', value: '*3', label: 'Record' } };
    const told = file('6.4.6', 'VVX150', { funckeys, exten_pickup_group: '*8', locale: 'fr_FR' });
    expect(below('attendant.', told)).toEqual({});
    expect(below('softkey.', told)).toEqual({
      '2.enable': '1',
      '2.action': '*8$Tinvite$',
      '2.label': 'Intercepter',
      '2.use.idle': '1',
      '3.enable': '1',
      '3.action': '*3$Tdtmf$',
      '3.label': 'Record',
      '3.use.active': '1',
    });
    expect(file('6.4.6', 'VVX150', {}, 'common.tpl').get('feature.enhancedFeatureKeys.enabled')).toBe('1');
  });

  test('a phone with the option switchboard does not let calls wait', () => {
    const owner = plugin('6.4.6');
    const [main] = owner.artefacts;
    if (!main) throw new Error('there is no main file');
    const board = device(owner, { model: 'VVX450', options: new Map([['switchboard', true]]) });
    expect(parse(render(owner, main, raw({}), board)).get('call.callWaiting.enable')).toBe('0');
    expect(file('6.4.6', 'VVX450', {}).get('call.callWaiting.enable')).toBe('1');
  });
});

test.each([
  ['VVX101', false],
  ['VVX150', false],
  ['VVX201', false],
  ['VVX250', false],
  ['VVX301', true],
  [undefined, true],
])('a %s shows the phone book: %p', (model, shown) => {
  const book = { X_xivo_phonebook_ip: '192.0.2.40', X_xivo_user_uuid: '2a8f3c1e-5b7d-4e9f-8a6b-0c1d2e3f4a5b' };
  const told = file('6.4.6', model, book);
  expect([told.has('mb.main.home'), told.has('softkey.1.action')]).toEqual([shown, shown]);
});

test('certificates are told with their line breaks, and SIP is told to use them', () => {
  const told = file('6.4.6', 'VVX450', {
    sip_servers_root_and_intermediate_certificates: Array.from({ length: 8 }, () => certificate),
    sip_local_certificate: certificate,
    sip_local_key: privateKey,
  });
  expect(told.get('sec.TLS.customCaCert.6')).toBe(certificate.trim());
  expect(told.has('sec.TLS.customCaCert.7')).toBe(false);
  expect(told.get('sec.TLS.profile.1.caCert.application6')).toBe('1');
  expect(told.get('sec.TLS.customDeviceKey.1')).toBe(privateKey.trim());
  expect(told.get('sec.TLS.profileSelection.SIP')).toBe('ApplicationProfile1');
  expect(below('sec.TLS.', file('6.4.6', 'VVX450', {}))).toEqual({});
});

test('what somebody typed cannot become a setting of its own, nor end a header of SIP', () => {
  const evil = 'x"\n  device.prov.serverName="http://evil/"\r\n/><reg\u2028 & &quot;';
  const funckeys = { 1: { type: 'blf', value: evil, label: evil } };
  const told = file('6.4.6', 'VVX450', {
    admin_password: evil,
    funckeys,
    sip_lines: { 1: { ...line, password: evil, display_name: evil } },
  });
  expect(told.has('device.prov.serverName')).toBe(false);
  expect(told.get('reg.1.auth.password')).toBe(evil);
  expect(told.get('attendant.resourceList.1.address')).toBe(evil);
  expect(told.get('reg.1.displayName')).toBe('x" device.prov.serverName="http://evil/" /><reg & &quot;');
});
