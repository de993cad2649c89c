import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseTimeZone } from '../../../server/lib/time-zone.ts';
import type { Plugin } from '../../../server/plugins/model.ts';
import { pluginsFolder, repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import type { Values } from '../comparison.ts';
import { isInstalled } from '../firmware.ts';
import { parse } from './parse.ts';

const yealink = await repositoryPackage('yealink');
const firmware = readFileSync(join(pluginsFolder, 'yealink/pkgs/pkgs.db'), 'utf8');
const line = { username: 'u1', password: 'p1', display_name: 'One', proxy_ip: '192.0.2.20' };

function plugin(id: string): Plugin {
  const found = yealink.plugins.find((each) => each.id === `yealink-${id}`);
  if (!found) throw new Error(`there is no line ${id}`);
  return found;
}

function file(id: string, model: string | undefined, config: object): Values {
  const owner = plugin(id);
  const [main] = owner.artefacts;
  if (!main) throw new Error('there is no main file');
  return parse(render(owner, main, raw(config), device(owner, { ...(model !== undefined && { model }) })));
}

function clockOf(timezone: string): Record<string, string> {
  const values = [...file('v86', 'CP920', { timezone })].filter(([key]) => key.startsWith('local_time.'));
  return Object.fromEntries(values.map(([key, value]) => [key.slice('local_time.'.length), value]));
}

test.each(yealink.plugins.map((each) => [each.id, each] as const))(
  'every handset’s image in %s is in a firmware package',
  (id, { models }) => {
    const images = [...models.values()].flatMap(({ model }) => Object.values((model.handsets ?? {}) as Record<string, string>));
    expect([...new Set(images)].filter((image) => !isInstalled(firmware, id, `firmware/${image}`))).toEqual([]);
  },
);

describe('the time', () => {
  test.each([
    ['Europe/Paris', { time_zone: '+1', start_time: '3/5/7/2', end_time: '10/5/7/3', offset_time: '60', dst_time_type: '1' }],
    ['America/New_York', { time_zone: '-5', start_time: '3/2/7/2', end_time: '11/1/7/2', offset_time: '60' }],
    ['Europe/London', { time_zone: '+0', start_time: '3/5/7/1', end_time: '10/5/7/2' }],
    ['Australia/Lord_Howe', { time_zone: '+10:30', start_time: '10/1/7/2', end_time: '4/1/7/2', offset_time: '30' }],
    ['America/St_Johns', { time_zone: '-3:30', start_time: '3/2/7/2', end_time: '11/1/7/2' }],
    ['Asia/Kathmandu', { time_zone: '+5:45', summer_time: '0' }],
    ['Pacific/Kiritimati', { time_zone: '+14', summer_time: '0' }],
    ['Pacific/Marquesas', { time_zone: '-9:30', summer_time: '0' }],
  ])('of %s', (zone, expected) => {
    expect(clockOf(zone)).toMatchObject(expected);
  });

  test('where the law counts from another day, the date of this year is told', () => {
    const told = clockOf('Asia/Jerusalem');
    expect(told).toMatchObject({ time_zone: '+2', summer_time: '1', dst_time_type: '0' });
    expect(told.start_time).toMatch(/^03\/2[3-9]\/02$/);
    expect(told.end_time).toMatch(/^10\/(?:2[5-9]|3[01])\/02$/);
  });

  test('of every zone is within what the phone takes', () => {
    for (const zone of Intl.supportedValuesOf('timeZone').filter((name) => parseTimeZone(name))) {
      const told = clockOf(zone);
      expect([zone, told.time_zone]).toEqual([zone, expect.stringMatching(/^(?:-(?:\d|1[01])|\+(?:\d|1[0-4]))(?::(?:30|45))?$/)]);
      if (told.summer_time === '0') continue;
      const form =
        told.dst_time_type === '1' ? /^(?:\d|1[0-2])\/[1-5]\/[1-7]\/(?:1?\d|2[0-3])$/ : /^\d\d\/\d\d\/(?:[01]\d|2[0-3])$/;
      expect([zone, told.start_time, told.end_time]).toEqual([zone, expect.stringMatching(form), expect.stringMatching(form)]);
    }
  });
});

describe('the languages', () => {
  test.each([
    ['fr_FR', 'French', 'France'],
    ['fr_CA', 'French_CA', 'United States'],
    ['de_AT', 'German', 'Austria'],
    ['en_GB', 'English', 'Great Britain'],
    ['es_MX', 'Spanish_LA', 'Mexico'],
    ['pt_PT', 'Portuguese', 'Portugal'],
    ['zh_TW', 'Chinese_T', '%NULL%'],
    ['nl_NL', '%NULL%', 'Netherlands'],
  ])('%s is %s with the tones of %s', (locale, screen, tones) => {
    const told = file('v86', 'T46U', { locale });
    expect([told.get('lang.gui'), told.get('lang.wui'), told.get('voice.tone.country')]).toEqual([screen, screen, tones]);
  });

  test('a base tells its handsets the number of theirs', () => {
    expect(file('v85', 'W60B', { locale: 'en_US' }).get('custom.handset.language')).toBe('0');
    expect(file('v85', 'W60B', { locale: 'es_ES' }).get('custom.handset.language')).toBe('6');
    expect(file('v85', 'W60B', { locale: 'nl_NL' }).get('custom.handset.language')).toBe('%NULL%');
  });
});

describe('the servers', () => {
  test.each([
    ['udp', '0', '%NULL%'],
    ['tcp', '1', '%NULL%'],
    ['tls', '2', '5061'],
  ])('over %s have the type %s, and where none is configured the port %s', (sip_transport, type, port) => {
    const told = file('v86', 'T46U', { sip_transport, sip_lines: { 1: line } });
    expect(told.get('account.1.sip_server.1.transport_type')).toBe(type);
    expect(told.get('account.1.sip_server.1.port')).toBe(port);
    expect(told.get('account.1.sip_server.2.port')).toBe('%NULL%');
  });

  test('of bases with many cells are templates that accounts share', () => {
    const told = file('v87', 'W90DM', {
      sip_backup_proxy_ip: '192.0.2.21',
      sip_lines: { 1: line, 2: { ...line, proxy_ip: '192.0.2.30' }, 3: { ...line, username: 'u3', registrar_ip: '192.0.2.40' } },
    });
    expect([1, 2, 3].map((number) => told.get(`account.${number}.sip_server.template`))).toEqual(['1', '2', '1']);
    expect(told.get('template.1.sip_server.1.address')).toBe('192.0.2.20');
    expect(told.get('template.1.sip_server.2.address')).toBe('192.0.2.21');
    expect(told.get('template.2.sip_server.1.address')).toBe('192.0.2.30');
    expect([...told.keys()].filter((key) => key.startsWith('template.3'))).toEqual([]);
    expect(told.get('account.250.enable')).toBe('0');
    expect(told.get('static.firmware.url')).toBe('http://192.0.2.10:8667/firmware/$PN-130.87.0.18.rom');
  });

  test('of a base with one cell stand with each account', () => {
    const told = file('v87', 'W70B', { sip_transport: 'tls', sip_lines: { 1: line, 5: { ...line, username: 'u5' } } });
    expect(told.get('account.5.sip_server.1.address')).toBe('192.0.2.20');
    expect(told.get('account.5.sip_server.1.transport_type')).toBe('2');
    expect(told.get('account.10.enable')).toBe('0');
    expect([...told.keys()].filter((key) => key.startsWith('template.'))).toEqual([]);
  });
});

describe('the keys', () => {
  test.each([
    ['v84', 'T27G', 'linekey.21', 'expansion_module.1.key.1', 'expansion_module.6.key.40'],
    ['v85', 'T48S', 'linekey.29', 'expansion_module.1.key.1', 'expansion_module.6.key.40'],
    ['v86', 'T54W', 'linekey.27', 'expansion_module.1.key.1', 'expansion_module.3.key.60'],
    ['v87', 'T77U', 'linekey.95', 'expansion_module.1.key.1', 'expansion_module.3.key.60'],
  ])('%s %s: after %s comes %s, and the last is %s', (id, model, last, next, end) => {
    const types = [...file(id, model, {}).keys()].filter((key) => /^(?:linekey|expansion_module)\..*\.type$/.test(key));
    expect(types[types.indexOf(`${last}.type`) + 1]).toBe(`${next}.type`);
    expect(types.at(-1)).toBe(`${end}.type`);
  });

  test('a line shows on the key of its number unless another key is there', () => {
    const sip_lines = { 1: { ...line, number: '1001' }, 2: { ...line, number: '1002' } };
    const told = file('v86', 'T46U', { sip_lines, funckeys: { 2: { type: 'blf', value: '1003' } }, exten_pickup_call: '*8' });
    expect([told.get('linekey.1.type'), told.get('linekey.1.value')]).toEqual(['15', '1001']);
    expect([told.get('linekey.2.type'), told.get('linekey.2.extension')]).toEqual(['16', '*8']);
    expect([told.get('linekey.3.type'), told.get('linekey.3.value')]).toEqual(['0', '%NULL%']);
  });

  test('the recording code is sent within the call, and a park key without a value parks where all do', () => {
    const funckeys = { 1: { type: 'speeddial', value: '*3' }, 2: { type: 'park' } };
    const told = file('v86', 'T46U', { funckeys, exten_park: '700' });
    expect(told.get('linekey.1.type')).toBe('11');
    expect([told.get('linekey.2.type'), told.get('linekey.2.value')]).toEqual(['10', '700']);
  });

  test('a phone whose model nobody knows has its accounts, and no keys', () => {
    const told = file('v87', undefined, { sip_lines: { 3: line }, funckeys: { 1: { type: 'blf', value: '1' } } });
    expect(told.get('account.3.user_name')).toBe('u1');
    expect([...told.keys()].filter((key) => /^linekey|^account\.[12]\.|firmware/.test(key))).toEqual([]);
  });
});

test('what somebody typed cannot become a setting of its own, or end the file', () => {
  const evil = 'x\nstatic.auto_provision.server.url = http://evil/\r\u2028\u0085# %NULL%';
  const config = {
    admin_password: evil,
    sip_lines: { 1: { ...line, password: evil, display_name: evil } },
    funckeys: { 1: { type: 'blf', value: evil, label: evil } },
  };
  const told = file('v86', 'T46U', config);
  expect(told.get('static.auto_provision.server.url')).toBe('http://192.0.2.10:8667/');
  expect(told.get('account.1.password')).toBe('x static.auto_provision.server.url = http://evil/ # %NULL%');
});

test('a tab is part of a password', () => {
  expect(file('v86', 'T46U', { sip_lines: { 1: { ...line, password: 'a\tb' } } }).get('account.1.password')).toBe('a\tb');
});
