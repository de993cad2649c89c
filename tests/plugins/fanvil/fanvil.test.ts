import { describe, expect, test } from '@jest/globals';
import { resolveName } from '../../../server/artefacts/names.ts';
import { parseTimeZone } from '../../../server/lib/time-zone.ts';
import type { Plugin } from '../../../server/plugins/model.ts';
import { repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import type { Values } from '../comparison.ts';
import { parse } from './parse.ts';

const fanvil = await repositoryPackage('fanvil');
const line = { username: 'u1', password: 'p1', display_name: 'One', proxy_ip: '192.0.2.20' };

function plugin(id: string): Plugin {
  const found = fanvil.plugins.find((each) => each.id === `fanvil-${id}`);
  if (!found) throw new Error(`there is no line ${id}`);
  return found;
}

function text(id: string, model: string | undefined, config: object, part = '{mac}', options: object = {}): string {
  const owner = plugin(id);
  const artefact = owner.artefacts.find(({ name }) => name.includes(part));
  if (!artefact) throw new Error(`there is no file of ${part}`);
  return render(owner, artefact, raw(config), device(owner, { ...(model !== undefined && { model }), options: raw(options) }));
}

const file = (...parts: Parameters<typeof text>): Values => parse(text(...parts));

/** What a file says below a name, without it. */
function below(prefix: string, told: Values): Record<string, string> {
  return Object.fromEntries(
    [...told].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
  );
}

/** What keys are, by their places: `1 2001@1/f`. */
function keysOf(told: Values): Record<string, string> {
  return Object.fromEntries(
    [...told].flatMap(([key, type]) => {
      const [, place] = /(?:^| )((?:(?:dssSide|internal) \d+ )?Fkey ?\d+) Type$/.exec(key) ?? [];
      return place === undefined ? [] : [[place, `${type} ${told.get(key.replace(/Type$/, 'Value'))}`.trim()]];
    }),
  );
}

describe('the time', () => {
  const date = 'sysConf phone date ';
  const clockOf = (timezone: string) => below(date, file('serie-x', 'X6U', { timezone }));
  const rule = (told: Record<string, string>, side: string) =>
    ['Mon', 'Week', 'Wday', 'Hour', 'Min'].map((part) => told[`DST${side}${part}`]).join(' ');

  test.each([
    ['Europe/Paris', '4 UTC+1', '3 5 0 2 0', '10 5 0 3 0', '60'],
    ['Europe/London', '0 UCT', '3 5 0 1 0', '10 5 0 2 0', '60'],
    ['America/New_York', '-20 UTC-05', '3 2 0 2 0', '11 1 0 2 0', '60'],
    ['America/St_Johns', '-14 UTC-03:30', '3 2 0 2 0', '11 1 0 2 0', '60'],
    ['Australia/Lord_Howe', '42 UTC+10:30', '10 1 0 2 0', '4 1 0 2 0', '30'],
    ['Pacific/Chatham', '51 UTC+12:45', '9 5 0 2 45', '4 1 0 3 45', '60'],
  ])('of %s is %s quarters of an hour east, and changes by weeks from Sunday', (zone, offset, start, end, saving) => {
    const told = clockOf(zone);
    expect(`${told.TimeZone} ${told.TimeZoneName}`).toBe(offset);
    expect([told.EnableDST, rule(told, 'Start'), rule(told, 'End'), told.DSTMinOffset]).toEqual(['2', start, end, saving]);
  });

  test.each([
    ['Asia/Kathmandu', '23 UTC+5:45'],
    ['Pacific/Marquesas', '-38 UTC-09:30'],
    ['Pacific/Kiritimati', '56 UTC+14'],
  ])('of %s has no change', (zone, offset) => {
    const told = clockOf(zone);
    expect([`${told.TimeZone} ${told.TimeZoneName}`, told.EnableDST, told.DSTStartMon]).toEqual([offset, '0', undefined]);
  });

  test('where the law counts from another day, the rule is the one that is right this year', () => {
    // The Friday before the last Sunday of March, which is the 23rd to the 29th, at two.
    expect(rule(clockOf('Asia/Jerusalem'), 'Start')).toMatch(/^3 [45] 5 2 0$/);
    // The evening before the last Sunday.
    expect(rule(clockOf('America/Nuuk'), 'Start')).toMatch(/^3 [45] 6 \d+ 0$/);
  });

  test('of every zone is within what phones take, in all dialects', () => {
    for (const zone of Intl.supportedValuesOf('timeZone').filter((name) => parseTimeZone(name))) {
      const told = clockOf(zone);
      expect([zone, Number.isInteger(Number(told.TimeZone)) && Math.abs(Number(told.TimeZone)) <= 56]).toEqual([zone, true]);
      const old = below('VOIP_CONFIG_FILE GLOBAL_CONFIG_MODULE ', file('serie-x', 'X4', { timezone: zone }));
      expect([zone, old.Time_Zone, old.Enable_DST]).toEqual([zone, told.TimeZone, told.EnableDST]);
      const oldest = file('2.3', 'C62', { timezone: zone });
      expect([zone, oldest.get('Enable Daylight')]).toEqual([zone, told.EnableDST === '0' ? '0' : '1']);
      if (told.EnableDST === '0') continue;
      for (const side of ['Start', 'End']) {
        const expected = expect.stringMatching(/^(?:[1-9]|1[0-2]) [1-5] [0-6] (?:1?\d|2[0-3]) (?:0|15|30|45|59)$/);
        expect([zone, rule(told, side)]).toEqual([zone, expected]);
        const ofOldest = ['Mon', 'Week', 'Wday', 'Hour', 'Min'].map((part) => oldest.get(`DayLight ${side} ${part}`)).join(' ');
        expect([zone, ofOldest]).toEqual([zone, rule(told, side)]);
      }
    }
  });

  test.each([
    ['Asia/Shanghai', '56', 'CST_008'],
    ['Europe/Paris', '27', 'MET_001'],
    ['America/New_York', '12', 'UCT_-05'],
    // Half hours have no number that is known.
    ['Asia/Kolkata', '46', 'UCT_005'],
    ['America/St_Johns', '15', 'UCT_-04'],
  ])('of %s is number %s of the list of firmware 2.3', (timezone, number, name) => {
    const told = file('2.3', 'C62', { timezone });
    expect([told.get('Time Zone'), told.get('Time String Zone')]).toEqual([number, name]);
  });
});

describe('the keys', () => {
  const all = Object.fromEntries(
    Array.from({ length: 140 }, (_, index) => [index + 1, { type: 'blf', value: `${index + 1}`, line: 1 }]),
  );

  test.each([
    ['serie-v', 'V61G', { 1: 'dssSide 1 Fkey 1', 4: 'dssSide 1 Fkey 4', 5: 'dssSide 2 Fkey 1', 12: 'dssSide 3 Fkey 4' }],
    ['serie-v', 'V67', { 1: 'internal 1 Fkey 1', 29: 'internal 1 Fkey 29', 30: 'internal 2 Fkey 1' }],
    ['serie-x', 'X4U', { 3: 'dssSide 1 Fkey 3', 4: 'internal 1 Fkey 1', 10: 'internal 2 Fkey 1' }],
    ['serie-x', 'X210', { 10: 'dssSide 1 Fkey 10', 11: 'internal 1 Fkey 1', 43: 'internal 2 Fkey 1' }],
    ['serie-i', 'i10SD', { 1: 'internal 1 Fkey 1', 2: 'internal 1 Fkey 2' }],
    ['serie-w', 'W610W', { 8: 'internal 1 Fkey 8', 9: 'internal 2 Fkey 1' }],
    ['serie-x', 'X6', { 1: 'Fkey1', 60: 'Fkey60' }],
    ['2.3', 'C62', { 1: 'Fkey1', 8: 'Fkey8' }],
  ])('of %s %s lie on their pages', (id, model, places: Record<number, string>) => {
    const told = keysOf(file(id, model, { funckeys: all }));
    for (const [position, place] of Object.entries(places)) expect([place, told[place]]).toEqual([place, `1 ${position}@1/ba`]);
    // Those that the model does not have are told all the same.
    expect(Object.values(told).filter((value) => value === '1 140@1/ba')).toHaveLength(1);
  });

  test.each([
    ['serie-x', 'X5U', 'dssSide 1 Fkey '],
    ['serie-x', 'X4', 'Fkey'],
    ['2.3', 'C62', 'Fkey'],
  ])('of %s %s dial, watch and park; digits are sent within the call; lines show where nothing else is', (id, model, prefix) => {
    const told = keysOf(
      file(id, model, {
        sip_lines: { 1: line, 4: line },
        funckeys: {
          1: { type: 'speeddial', value: '2001', line: 2 },
          2: { type: 'blf', value: '2002' },
          3: { type: 'park' },
          5: { type: 'speeddial', value: '*3' },
        },
        exten_pickup_call: '*8',
        exten_park: '700',
      }),
    );
    const four = [1, 2, 3, 4].map((number) => told[`${prefix}${number}`]);
    expect(four).toEqual(['1 2001@2/f', '1 2002@1/ba*82002', '1 700@1/c', '2 SIP4']);
    expect(told[model === 'X5U' ? 'internal 1 Fkey 1' : `${prefix}5`]).toBe('4 *3');
  });

  test('a line does not show on the button of a door phone', () => {
    expect(keysOf(file('serie-i', 'i16S', { sip_lines: { 1: line } }))).toEqual({ 'internal 1 Fkey 1': '0' });
    expect(keysOf(file('serie-h', 'H2U-V2', { sip_lines: { 1: line } }))['internal 1 Fkey 1']).toBe('2 SIP1');
  });

  test('a number that no phone has is left out, and no file grows by it', () => {
    const funckeys = { 1: { type: 'speeddial', value: '2001' }, 9999: { type: 'speeddial', value: '2002' } };
    expect(Object.values(keysOf(file('serie-x', 'X2', { funckeys })))).toEqual(['1 2001@1/f']);
  });

  test('a model that nobody knows has what is configured', () => {
    expect(keysOf(file('serie-v', 'V99', { funckeys: { 2: { type: 'speeddial', value: '2001' } } }))).toEqual({
      'internal 1 Fkey 1': '0',
      'internal 1 Fkey 2': '1 2001@1/f',
    });
  });
});

describe('servers', () => {
  const told = (config: object) => below('sysConf sip line 1 ', file('serie-v', 'V65', { sip_lines: { 1: line }, ...config }));

  test.each([
    ['udp', '0', '', '5060'],
    ['tcp', '1', '', '5060'],
    ['tls', '3', '5061', '5061'],
  ])('over %s without ports', (sip_transport, word, registerPort, proxyPort) => {
    expect(told({ sip_transport })).toMatchObject({
      Transport: word,
      RegisterAddr: '192.0.2.20',
      RegisterPort: registerPort,
      ProxyAddr: '192.0.2.20',
      ProxyPort: proxyPort,
      BackupAddr: '',
      BackupPort: '',
      BakProxyAddr: '',
    });
  });

  test('the outbound proxy is the proxy, and the backup proxy the second server, unless there is a backup registrar', () => {
    const one = { ...line, outbound_proxy_ip: '192.0.2.24', outbound_proxy_port: 5069, backup_proxy_ip: '192.0.2.21' };
    expect(told({ sip_lines: { 1: one } })).toMatchObject({
      ProxyAddr: '192.0.2.24',
      ProxyPort: '5069',
      BackupAddr: '192.0.2.21',
      BakProxyAddr: '192.0.2.21',
    });
    expect(told({ sip_lines: { 1: { ...one, backup_registrar_ip: '192.0.2.23' } } })).toMatchObject({
      BackupAddr: '192.0.2.23',
      BakProxyAddr: '192.0.2.21',
    });
  });

  test('an account that went away is off and empty in all dialects', () => {
    expect(below('sysConf sip line 2 ', file('serie-x', 'X6U', { sip_lines: { 1: line } }))).toMatchObject({
      EnableReg: '0',
      RegisterUser: '',
      RegisterPswd: '',
    });
    expect(
      below('VOIP_CONFIG_FILE SIP_CONFIG_MODULE SIP_Line_List SIP2 ', file('serie-x', 'X4', { sip_lines: { 1: line } })),
    ).toMatchObject({
      Enable_Reg: '0',
      Register_User: '',
    });
    expect(below('SIP2 ', file('2.3', 'C62', { sip_lines: { 1: line } }))).toMatchObject({
      'Enable Reg': '0',
      'Register User': '',
    });
  });

  test.each([
    ['srtp_mode', { disabled: '0', preferred: '1', required: '2' }, 'MediaCrypto'],
    ['dtmf_mode', { 'RTP-in-band': '0', 'RTP-out-of-band': '1', 'SIP-INFO': '2' }, 'DTMFMode'],
  ])('%s of a line counts more than that of all', (name, modes: Record<string, string>, setting) => {
    for (const [mode, word] of Object.entries(modes)) {
      const [other = ''] = Object.keys(modes).filter((each) => each !== mode);
      expect(told({ [`sip_${name}`]: mode })[setting]).toBe(word);
      expect(told({ [`sip_${name}`]: other, sip_lines: { 1: { ...line, [name]: mode } } })[setting]).toBe(word);
    }
  });
});

test.each([
  ['serie-v', 'V62', 'fr_CA', '5'],
  ['serie-v', 'V62', 'es_MX', '6'],
  ['serie-v', 'V62', 'ja_JP', ''],
  ['serie-x', 'X210', 'fr_FR', 'fr'],
  ['serie-x', 'X210', 'sk_SK', 'slo'],
  ['serie-x', 'X210', 'zh_TW', 'tc'],
  ['serie-x', 'X4', 'es_ES', '10'],
  ['serie-x', 'X4', 'en_US', '0'],
  ['2.3', 'C58', 'de_AT', 'de'],
])('%s %s speaks %s by the word %p', (id, model, locale, word) => {
  const told = file(id, model, { locale });
  const setting = [...told].find(([key]) => /(?:DefaultLanguage| Language|^Language)$/.test(key));
  expect(setting?.[1]).toBe(word);
});

test.each([
  ['fr_FR', '25', '4'],
  ['fr_CA', '18', '13'],
  ['en_US', '11', '10'],
  ['ja_JP', '4', '10'],
  ['pl_PL', '11', '10'],
])('tones and the date for %s', (locale, tone, style) => {
  const told = file('serie-x', 'X7', { locale });
  expect([told.get('sysConf mm SelectYourTone'), told.get('sysConf phone timeDisplay DateDisplayStyle')]).toEqual([tone, style]);
});

test('passwords that nobody configured are left alone, and no account of the web page is named', () => {
  for (const [id, model] of [
    ['serie-x', 'X4'],
    ['serie-x', 'X6U'],
    ['2.3', 'C62'],
  ] as const) {
    const told = file(id, model, {});
    expect([...told.keys()].filter((key) => /(?:Menu_?Password|Keypad Password|account \d|Account\d)/.test(key))).toEqual([]);
  }
});

test('phones with the option switchboard do not let calls wait', () => {
  const waiting = (options: object) => file('serie-x', 'X6U', {}, '{mac}', options).get('sysConf call port 1 CallWaiting');
  expect([waiting({}), waiting({ switchboard: true })]).toEqual(['1', '0']);
});

test('a syslog server is one of the outputs, and a VLAN without a priority has 0', () => {
  const told = file('serie-v', 'V65', { syslog_enabled: true, syslog_ip: '192.0.2.51', vlan_enabled: true, vlan_id: 7 });
  expect(below('sysConf log ', told)).toMatchObject({
    OutputDevice: 'stdout,syslog',
    Level: 'WARNING',
    SyslogServer: '192.0.2.51',
  });
  expect(below('sysConf qos ', told)).toMatchObject({ EnableVLAN: '1', VLANID: '7', SignallingPriority: '0', EnablePVID: '0' });
});

test('phones are told over which protocol their server is', () => {
  for (const [http_base_url, word] of [
    ['http://192.0.2.10:8667', '4'],
    ['https://prov.example.com/key', '5'],
  ] as const) {
    const ap = below('sysConf ap ', file('serie-x', 'X6U', { http_base_url }));
    expect([ap.FlashServerIP, ap.FlashProtocol]).toEqual([http_base_url, word]);
    expect(file('2.3', 'C62', { http_base_url }).get('Download Protocol')).toBe(word);
  }
});

test('the file that tells of firmware has the release and the image of the model, by the name that the phone asks for', () => {
  const owner = plugin('serie-v');
  const phone = device(owner, { model: 'V62Pro' });
  expect(resolveName('/Fanvil/fanvil_v62_pro_hwv1_0.txt', owner, phone)?.artefact.template).toBe('upgrade.tpl');
  expect(text('serie-v', 'V62Pro', {}, '{upgrade}').split('\n').slice(0, 2)).toEqual([
    'Version=2.12.20.3',
    'Firmware=http://192.0.2.10:8667/Fanvil/firmware/v6x-unified-release-a006-2.12.20.3-krvnlUT2024-12-12-16.09.35.z',
  ]);
});
