import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { resolveName } from '../../../server/artefacts/names.ts';
import { choose, score } from '../../../server/associate/associate.ts';
import { compileRecogniser } from '../../../server/identify/identify.ts';
import type { Mac } from '../../../server/lib/mac.ts';
import { certificate } from '../../support/certificates.ts';
import { pluginsFolder, repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import { request } from '../../support/requests.ts';
import type { Values } from '../comparison.ts';
import { parse } from './parse.ts';

const all = await Promise.all(readdirSync(pluginsFolder).map(repositoryPackage));
const plugins = all.filter(({ definition }) => definition.vendor === 'Cisco').flatMap((each) => each.plugins);

function pluginOf(model: string) {
  const found = plugins.find((each) => each.package.id === 'cisco-spa' && each.models.has(model));
  if (!found) throw new Error(`there is no ${model}`);
  return found;
}

function fileOf(model: string, config: object, template = 'phone.tpl'): Values {
  const plugin = pluginOf(model);
  const artefact = plugin.artefacts.find((each) => each.template === template);
  if (!artefact) throw new Error(`${model} has no ${template}`);
  return parse(render(plugin, artefact, raw(config), device(plugin, { model })), template);
}

const account = (number: number, more: object = {}) => ({
  username: `u${number}`,
  password: `p${number}`,
  display_name: `Line ${number}`,
  number: `100${number}`,
  proxy_ip: '192.0.2.20',
  ...more,
});

describe('time zones', () => {
  const told = (timezone: string) => {
    const values = fileOf('SPA508G', { timezone });
    return ['Time_Zone', 'Time_Offset__HH_mm_', 'Daylight_Saving_Time_Enable', 'Daylight_Saving_Time_Rule'].map((key) =>
      values.get(key),
    );
  };

  test.each([
    ['Etc/UTC', 'GMT', '', 'no', undefined],
    ['Europe/London', 'GMT', '', 'yes', 'start=3/-1/7/1:0:0;end=10/-1/7/2:0:0;save=1:0:0'],
    ['America/Los_Angeles', 'GMT-08:00', '', 'yes', 'start=3/8/7/2:0:0;end=11/1/7/2:0:0;save=1:0:0'],
    ['America/St_Johns', 'GMT-03:30', '', 'yes', 'start=3/8/7/2:0:0;end=11/1/7/2:0:0;save=1:0:0'],
    ['Asia/Kathmandu', 'GMT+05:45', '', 'no', undefined],
    ['Australia/Sydney', 'GMT+10:00', '', 'yes', 'start=10/1/7/2:0:0;end=4/1/7/3:0:0;save=1:0:0'],
  ])('%s is told by its offset and its rule', (zone, ...expected) => {
    expect(told(zone)).toEqual(expected);
  });

  test.each([
    ['Asia/Kabul', 'GMT+04:00', '00/30'],
    ['Pacific/Marquesas', 'GMT-10:00', '00/30'],
    ['Australia/Eucla', 'GMT+08:00', '00/45'],
    ['Pacific/Chatham', 'GMT+12:00', '00/45'],
    ['Pacific/Kiritimati', 'GMT+13:00', '01/00'],
  ])('%s, which phones do not list, is told by one that they do and how far it is from there', (zone, base, ahead) => {
    expect(told(zone).slice(0, 2)).toEqual([base, ahead]);
  });

  test('half an hour of summer time is told as such', () => {
    expect(told('Australia/Lord_Howe')[3]).toBe('start=10/1/7/2:0:0;end=4/1/7/2:0:0;save=0:30:0');
  });

  test('a change that no weekday of a month names is told by its day, which is none of the week', () => {
    expect(told('America/Nuuk')[3]).toMatch(/^start=3\/\d+\/0\/\d+:0:0;end=10\/\d+\/0\/\d+:0:0;save=1:0:0$/);
  });

  test.each([
    ['Europe/Paris', '+01 2 2'],
    ['Africa/Tunis', '+01 1 0'],
    ['America/New_York', '-05 2 1'],
    ['America/Bogota', '-05 1 0'],
    ['America/St_Johns', '-03.5 1 1'],
    ['Pacific/Auckland', '+12 2 4'],
    ['Asia/Kathmandu', undefined],
  ])('the router of an adapter is told %s as it lists it, or not at all', (timezone, zone) => {
    expect(fileOf('SPA122', { timezone }).get('router-configuration/Time_Setup/Time_Zone')).toBe(zone);
  });
});

describe('keys', () => {
  const funckeys = {
    1: { type: 'blf', value: '2001' },
    2: { type: 'speeddial', value: '20;02', label: 'a;b' },
    3: { type: 'park' },
    9: { type: 'blf', value: '2009', label: 'Zoé', line: 2 },
    41: { type: 'speeddial', value: '2041' },
    73: { type: 'speeddial', value: '2073' },
  };
  const values = fileOf('SPA508G', { exten_park: '700', sip_lines: { 1: account(1) }, funckeys });

  test('that are lines are no keys', () => {
    expect([values.get('Extension_1_'), values.get('Extended_Function_1_')]).toEqual(['1', '']);
  });

  test('have no semicolon in what they dial and are called, which would end it', () => {
    expect([values.get('Extension_2_'), values.get('Short_Name_2_'), values.get('Extended_Function_2_')]).toEqual([
      'Disabled',
      'a,b',
      'fnc=sd;ext=20,02@$PROXY;nme=a,b',
    ]);
  });

  test('park where all calls are parked, or do nothing', () => {
    expect(values.get('Extended_Function_3_')).toBe('fnc=sd;ext=700@$PROXY;nme=700');
    expect(fileOf('SPA508G', { funckeys: { 3: { type: 'park' } } }).get('Extended_Function_3_')).toBe('');
  });

  test('beyond those of the phone are those of its modules, 32 on each, and then there are no more', () => {
    expect(values.get('Unit_1_Key_1')).toBe('fnc=sd+blf+cp;sub=2009@$PROXY;vid=2;nme=Zoé');
    expect(values.get('Unit_2_Key_1')).toBe('fnc=sd;ext=2041@$PROXY;nme=2041');
    expect([...values.values()].filter((value) => value.includes('2073'))).toEqual([]);
  });

  test('are all those of the modules on a phone that has none itself', () => {
    expect(fileOf('SPA512G', { sip_lines: { 1: account(1) }, funckeys }).get('Unit_1_Key_1')).toBe(
      'fnc=sd+blf+cp;sub=2001@$PROXY;nme=2001',
    );
  });
});

describe('accounts', () => {
  test.each([
    [undefined, 'UDP', '192.0.2.20:5060'],
    ['udp', 'UDP', '192.0.2.20:5060'],
    ['tcp', 'TCP', '192.0.2.20:5060'],
    ['tls', 'TLS', '192.0.2.20:5061'],
  ])('are reached over %s, at its port', (sip_transport, word, proxy) => {
    const values = fileOf('SPA504G', { ...(sip_transport && { sip_transport }), sip_lines: { 1: account(1) } });
    expect([values.get('SIP_Transport_1_'), values.get('Proxy_1_')]).toEqual([word, proxy]);
  });

  test('have a list of servers where there is a backup', () => {
    const line = account(2, { proxy_port: 5080, backup_proxy_ip: '2001:db8::1' });
    expect(fileOf('SPA504G', { sip_lines: { 2: line } }).get('Proxy_2_')).toBe(
      'xivo_proxies2:SRV=192.0.2.20:5080:p=0|[2001:db8::1]:5060:p=1',
    );
  });

  test.each([
    ['disabled', 'No', 'No', 'Optional'],
    ['preferred', 'Yes', 'Yes', 'Optional'],
    ['required', 'Yes', 'Yes', 'Required'],
  ])('have secure calls as %s says', (srtp_mode, setting, service, option) => {
    const values = fileOf('SPA504G', { sip_lines: { 1: account(1), 2: account(2, { srtp_mode }) } });
    expect(['Secure_Call_Setting', 'Secure_Call_Serv_2_', 'Secure_Call_Option_2_'].map((key) => values.get(key))).toEqual([
      setting,
      service,
      option,
    ]);
    expect(values.get('Secure_Call_Serv_1_')).toBe('No');
  });

  test('that nobody has are taken back', () => {
    const values = fileOf('SPA504G', { sip_lines: { 3: account(3) } });
    expect([1, 2, 3, 4].map((number) => values.get(`Line_Enable_${number}_`))).toEqual(['No', 'No', 'Yes', 'No']);
    expect(['User_ID_1_', 'Password_1_', 'Proxy_1_'].map((key) => values.get(key))).toEqual(['', '', '']);
    expect(values.has('Line_Enable_5_')).toBe(false);
  });
});

test.each([
  [undefined, '0'],
  ['critical', '0'],
  ['error', '0'],
  ['warning', '1'],
  ['info', '2'],
  ['debug', '3'],
])('what goes to the syslog from the level %s on is as much as %s', (syslog_level, level) => {
  const config = syslog_level === undefined ? {} : { syslog_enabled: true, syslog_ip: '192.0.2.51', syslog_level };
  expect(fileOf('SPA504G', config).get('Debug_Level')).toBe(level);
});

test('a phone is told where certificates are only if there are some', () => {
  expect(fileOf('SPA504G', {}).get('Custom_CA_Rule')).toBe('');
  const certificates = { sip_servers_root_and_intermediate_certificates: [certificate] };
  expect(fileOf('SPA504G', certificates).get('Custom_CA_Rule')).toMatch(/^http.*\/[\da-f]{12}-trusted\.pem$/);
});

test('old phones read Latin-1, the others UTF-8', () => {
  const encodingOf = (model: string) => pluginOf(model).artefacts[0]?.encoding;
  expect([encodingOf('SPA942'), encodingOf('SPA504G')]).toEqual(['iso-8859-1', undefined]);
});

describe('an ATA190', () => {
  const plugin = pluginOf('ATA190');
  const mac = '00:02:fd:ff:21:03' as Mac;
  const lines = { sip_lines: { 1: account(1), 2: account(2, { proxy_ip: '192.0.2.30' }) } };

  test('has a file for each port, the second of which begins after the first byte of its address', () => {
    const templateOf = (path: string) => resolveName(path, plugin, device(plugin, { model: 'ATA190', mac }))?.artefact.template;
    expect(templateOf('/ATA0002FDFF2103.cnf.xml')).toBe('ata190.tpl');
    expect(templateOf('/ATA02FDFF210301.cnf.xml')).toBe('ata190-second.tpl');
    expect(templateOf('/ATA02FDFF210302.cnf.xml')).toBeUndefined();
  });

  test('is two phones, each with its own line', () => {
    const of = (template: string) => {
      const values = fileOf('ATA190', lines, template);
      return ['sipProfile/sipLines/line/name', 'sipProfile/sipLines/line/proxy', 'sipProfile/phoneLabel'].map((key) =>
        values.get(key),
      );
    };
    expect(of('ata190.tpl')).toEqual(['u1', '192.0.2.20', '1001']);
    expect(of('ata190-second.tpl')).toEqual(['u2', '192.0.2.30', '1002']);
  });

  test('without a second line has a second port that is nobody’s', () => {
    const values = fileOf('ATA190', { sip_lines: { 1: account(1) } }, 'ata190-second.tpl');
    expect([values.get('sipProfile/sipLines'), values.get('sipProfile/phoneLabel')]).toEqual(['', '']);
  });

  test('is known by the file of its first port, and is not taken for another by that of its second', () => {
    const recogniser = compileRecogniser(all, () => undefined);
    const heard = (path: string) => recogniser.identify(request({ transport: 'tftp', path })).info;
    expect(heard('/ATA0002FDFF2103.cnf.xml')).toEqual({ vendor: 'Cisco', model: 'ATA190', mac });
    expect(heard('/ATA02FDFF210301.cnf.xml')).toEqual({ vendor: 'Cisco', model: 'ATA190' });
  });
});

test('a phone of Cisco’s that tells no model, or one that is not made here, is not for these lines', () => {
  const own = plugins.filter((each) => each.package.id === 'cisco-spa');
  for (const info of [{ vendor: 'Cisco' }, { vendor: 'Cisco', model: 'SPA9999' }, { vendor: 'Cisco', model: '7941G' }]) {
    expect(Math.max(...own.map((plugin) => score(info, plugin).score))).toBeLessThan(300);
  }
  expect(choose({ vendor: 'Cisco' }, plugins, undefined)).toBe('cisco-sccp-9.4');
});

test('Linksys’ phones write themselves with a dash, and are in the table without it', () => {
  const recogniser = compileRecogniser(all, () => undefined);
  const headers = { 'user-agent': 'Linksys/SPA-962-6.1.5(a) (4MM00F903042)' };
  const { info } = recogniser.identify(request({ path: '/spa962.cfg', headers }));
  expect([info.model, choose(info, plugins, undefined)]).toEqual(['SPA962', 'cisco-spa-legacy']);
});
