import { describe, expect, test } from '@jest/globals';
import { choose, score } from '../../../server/associate/associate.ts';
import type { Plugin } from '../../../server/plugins/model.ts';
import { repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import type { Values } from '../comparison.ts';
import { parse } from './parse.ts';

const snom = await repositoryPackage('snom');
const line = { username: 'u1', password: 'p1', display_name: 'One', proxy_ip: '192.0.2.20' };

function plugin(id: string): Plugin {
  const found = snom.plugins.find((each) => each.id === `snom-${id}`);
  if (!found) throw new Error(`there is no line ${id}`);
  return found;
}

function text(id: string, model: string, template: string, config: object = {}): string {
  const owner = plugin(id);
  const artefact = owner.artefacts.find((each) => each.template === template);
  if (!artefact) throw new Error(`there is no ${template}`);
  return render(owner, artefact, raw(config), device(owner, { model, mac: '00:04:13:92:2d:24' as never }));
}

const file = (id: string, model: string, template: string, config: object): Values => parse(text(id, model, template, config));
const d785 = (config: object) => file('10.1.215.13', 'D785', 'phone.tpl', config);
const m900 = (config: object) => file('dect-07.40.0104', 'M900', 'dect.tpl', config);
const setting = (values: Values, name: string) => values.get(`phone-settings/${name}`);

describe('the time', () => {
  test.each([
    ['Europe/Paris', '+3600', '3600 03.05.07 02:00:00 10.05.07 03:00:00'],
    ['America/New_York', '-18000', '3600 03.02.07 02:00:00 11.01.07 02:00:00'],
    ['Australia/Sydney', '+36000', '3600 10.01.07 02:00:00 04.01.07 03:00:00'],
    ['Australia/Lord_Howe', '+37800', '1800 10.01.07 02:00:00 04.01.07 02:00:00'],
    ['Asia/Kolkata', '+19800', ''],
    ['America/Phoenix', '-25200', ''],
  ])('a phone in %s is told %s and %s, and no name that would count more', (timezone, offset, rule) => {
    const values = d785({ timezone });
    expect(['utc_offset', 'dst', 'timezone'].map((name) => setting(values, name))).toEqual([offset, rule, '']);
  });

  test('every zone that there is makes an offset and a rule that phones can read', () => {
    for (const timezone of Intl.supportedValuesOf('timeZone')) {
      const values = d785({ timezone });
      expect(setting(values, 'utc_offset')).toMatch(/^[+-]\d+$/);
      // With a weekday, or by day and month.
      expect(setting(values, 'dst')).toMatch(/^(?:\d+(?: \d\d\.(?:0[1-5]\.0[1-7]|\d\d) \d\d:\d\d:00){2})?$/);
    }
  });

  test.each([
    ['Europe/Paris', 'FRA+1', 'auto', ['3', '2', '1', '5'], ['10', '3', '1', '5']],
    ['America/New_York', 'USA-5', 'auto', ['3', '2', '1', '2'], ['11', '2', '1', '1']],
    ['Europe/London', 'GBR-0', 'auto', ['3', '1', '1', '5'], ['10', '2', '1', '5']],
    ['Asia/Kolkata', undefined, 'off', [], []],
  ])('a base in %s is told its country, and when its clocks change', (timezone, zone, daylight, start, stop) => {
    const values = m900({ timezone });
    const change = (which: string) =>
      ['month', 'time', 'day_of_week', 'wday_last_in_month'].flatMap((part) => setting(values, `dst_${which}_${part}`) ?? []);
    expect([setting(values, 'timezone'), setting(values, 'dst_enable')]).toEqual([zone, daylight]);
    expect([change('start'), change('stop')]).toEqual([start, stop]);
  });
});

describe('a line with a backup', () => {
  const withBackup = { ...line, backup_proxy_ip: '192.0.2.21' };

  test('fails over to an account after the last line, which is hidden and registers at the backup', () => {
    const values = d785({ sip_lines: { 1: withBackup, 2: { ...line, username: 'u2' } } });
    const of = (name: string) => [1, 2, 3, 4].map((number) => setting(values, `${name}[${number}]`));
    expect(of('user_active')).toEqual(['on', 'on', 'on', 'off']);
    expect(of('user_host')).toEqual(['192.0.2.20', '192.0.2.20', '192.0.2.21', undefined]);
    expect(of('user_name')).toEqual(['u1', 'u2', 'u1', '']);
    expect(of('hide_identity')).toEqual(['false', 'false', 'true', undefined]);
    expect(of('user_failover_identity').slice(0, 3)).toEqual(['3', '', undefined]);
    expect(setting(values, 'status_msgs_that_are_blocked')?.trim()).toBe('Identity03IsNotRegistered');
  });

  test('takes a number between lines when there is none after the last', () => {
    const values = d785({ sip_lines: { 1: withBackup, 12: { ...withBackup, username: 'u12' } } });
    expect([1, 12].map((number) => setting(values, `user_failover_identity[${number}]`))).toEqual(['2', '3']);
    expect([2, 3].map((number) => setting(values, `user_name[${number}]`))).toEqual(['u1', 'u12']);
  });

  test('goes without where the model has no account left, and its own account stays', () => {
    const values = file('8.9.3.80', '715', 'phone.tpl', {
      sip_lines: { 1: withBackup, 2: withBackup, 3: withBackup, 4: { ...line, username: 'u4' } },
    });
    expect([1, 2, 3].map((number) => setting(values, `user_failover_identity[${number}]`))).toEqual(['', '', '']);
    expect(setting(values, 'user_name[4]')).toBe('u4');
    expect(setting(values, 'status_msgs_that_are_blocked')?.trim()).toBe('');
  });
});

describe('the keys', () => {
  const keys = {
    1: { type: 'blf', value: '1002', label: 'Bob' },
    2: { type: 'speeddial', value: '*3', line: 2 },
    3: { type: 'park', value: '701' },
  };
  const config = { sip_lines: { 1: line, 2: line }, funckeys: keys, exten_pickup_call: '*8' };

  test('watch, dial and park for the line that they belong to; the others show the lines', () => {
    const values = d785(config);
    const told = (name = '') => [0, 1, 2, 3, 4].map((number) => values.get(`functionKeys/fkey[${number}]${name}`));
    expect(told()).toEqual(['blf 1002|*8', 'speed *3', 'speed 701', 'line', 'line']);
    expect(told('@context')).toEqual(['active', '2', 'active', 'active', 'active']);
    expect(told('@label')).toEqual(['Bob', '*3', '701', '', '']);
  });

  test('that park calls are orbits where the model has these, and watched ones pick up only by a code that is configured', () => {
    const { exten_pickup_call: _, ...without } = config;
    const values = file('8.9.3.80', '725', 'phone.tpl', without);
    expect([0, 2].map((number) => values.get(`functionKeys/fkey[${number}]`))).toEqual(['blf 1002', 'orbit 701']);
  });

  test('of expansion modules follow those of the phone', () => {
    const values = d785({ sip_lines: { 1: line }, funckeys: { 25: { type: 'speeddial', value: '1003' } } });
    expect(values.get('functionKeys/fkey[24]')).toBe('speed 1003');
    expect(values.has('functionKeys/fkey[77]')).toBe(true);
    expect(values.has('functionKeys/fkey[78]')).toBe(false);
  });

  test('below the screen are told by number from firmware 10 on, and before by name where there is one', () => {
    expect(text('10.1.215.13', 'D785', 'phone.tpl')).toContain('<context_key idx="0" perm="R">keyevent F_ADR_BOOK</context_key>');
    const [old, older] = [text('8.9.3.80', 'D745', 'phone.tpl'), text('10.1.54.13', '725', 'phone.tpl')];
    expect(old).not.toMatch(/context_key|gui_fkey1/);
    expect(older).toContain('<gui_fkey1 perm="R">keyevent F_ADR_BOOK</gui_fkey1>');
  });
});

describe('a base', () => {
  test('has a server once for all handsets that share it, and each handset the number of its own', () => {
    const other = { ...line, proxy_ip: '192.0.2.30', proxy_port: 5080 };
    const values = m900({ sip_lines: { 1: line, 2: other, 12: { ...line, username: 'u12' } } });
    expect([1, 2, 3].map((number) => setting(values, `user_host[${number}]`))).toEqual([
      '192.0.2.20',
      '192.0.2.30:5080',
      undefined,
    ]);
    expect([1, 2, 12].map((number) => setting(values, `subscr_sip_ua_data_server_id[${number}]`))).toEqual(['1', '2', '1']);
    expect([1, 2, 12].map((number) => setting(values, `subscr_dect_ac_code[${number}]`))).toEqual(['0001', '0002', '0012']);
  });

  test('registers at the registrar, and goes there through the proxy unless there is one for that', () => {
    const values = m900({
      sip_lines: {
        1: { ...line, registrar_ip: '192.0.2.22' },
        2: { ...line, registrar_ip: '192.0.2.22', outbound_proxy_ip: '192.0.2.24' },
        3: line,
      },
    });
    expect([1, 2, 3].map((number) => setting(values, `user_host[${number}]`))).toEqual([
      '192.0.2.22',
      '192.0.2.22',
      '192.0.2.20',
    ]);
    expect([1, 2, 3].map((number) => setting(values, `user_outbound[${number}]`))).toEqual(['192.0.2.20', '192.0.2.24', '']);
  });

  test('switches off handsets that nobody has', () => {
    const values = m900({ sip_lines: { 2: line } });
    expect([1, 2, 3, 1000].map((number) => setting(values, `user_active[${number}]`))).toEqual(['off', 'on', 'off', 'off']);
  });

  test('has logins for three roles from firmware 7 on, before that one', () => {
    const config = { admin_username: 'boss', admin_password: 'secret' };
    const logins = (values: Values) =>
      ['http_user', 'http_pass', 'http_engineer_pass', 'admin_mode_password'].map((name) => setting(values, name));
    expect(logins(m900(config))).toEqual(['boss', 'secret', 'secret', undefined]);
    expect(logins(file('dect-05.20.0001', 'M900', 'dect.tpl', config))).toEqual(['boss', 'secret', undefined, 'secret']);
    expect(text('dect-07.40.0104', 'M900', 'dect.tpl')).not.toMatch(/http_\w*pass/);
  });

  test('is told numbers of firmware for itself and for each kind of handset', () => {
    const told = text('dect-05.20.0001', 'M700', 'dect-firmware.tpl');
    expect(told).toContain('<fp_fwu_sw_version>520</fp_fwu_sw_version>');
    expect(told).toContain('<pp_fwu_branch_version type="M25">1</pp_fwu_branch_version>');
  });
});

describe('the lists of files', () => {
  test('name languages before firmware 10 only', () => {
    expect(text('8.9.3.80', '725', 'start.tpl')).toContain('/gui_lang.xml"/>');
    expect(text('10.1.215.13', 'D785', 'start.tpl')).not.toContain('<file');
  });

  test('name the second image with the first from 10.1.184 on', () => {
    const image = (id: string, model: string) => /<firmware perm="">(.*)<\/firmware>/.exec(text(id, model, 'firmware.tpl'))?.[1];
    expect(image('10.1.175.16', 'D785')).toBe('http://192.0.2.10:8667/firmware/snomD785-10.1.175.16-SIP-r.bin');
    expect(image('10.1.215.13', 'D785')).toBe(
      'http://192.0.2.10:8667/firmware/snomD785-10.1.215.13-SIP-r.bin?chained_url=http://192.0.2.10:8667/firmware/snomD785-ramdisk-chained-update-r.bin',
    );
    expect(image('10.1.215.13', 'D865')).toBe('http://192.0.2.10:8667/firmware/snomD865-10.1.215.13-SIP-r.swu');
  });
});

describe('the plugin', () => {
  const scoreOf = (id: string, info: object) => score({ vendor: 'Snom', ...info }, plugin(id)).score;

  test('of phones supports no base, and that of bases no phone', () => {
    const chosen = (model: string) => choose({ vendor: 'Snom', model }, snom.plugins, undefined);
    expect([chosen('M900'), chosen('M300'), chosen('D785'), chosen('370')]).toEqual([
      'snom-dect-07.40.0104',
      'snom-dect-05.20.0001',
      'snom-10.1.215.13',
      'snom-8.7.5.35',
    ]);
    // Those that nobody has a row for.
    expect(scoreOf('dect-07.40.0104', { model: 'M999' })).toBeGreaterThan(scoreOf('10.1.215.13', { model: 'M999' }));
    expect(scoreOf('10.1.215.13', { model: 'D999' })).toBeGreaterThan(scoreOf('dect-07.40.0104', { model: 'D999' }));
  });

  test('supports no phone with firmware that cannot read XML', () => {
    expect(scoreOf('8.7.5.35', { model: '370', version: '6.5.20' })).toBe(0);
    expect(scoreOf('8.7.5.35', { model: '370', version: '7.3.30' })).toBeGreaterThan(0);
  });
});
