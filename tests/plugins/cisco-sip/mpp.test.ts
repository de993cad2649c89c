import { describe, expect, test } from '@jest/globals';
import { resolveName } from '../../../server/artefacts/names.ts';
import { choose } from '../../../server/associate/associate.ts';
import { repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import type { Values } from '../comparison.ts';
import { parse } from './parse.ts';

const { plugins } = await repositoryPackage('cisco-sip');

function fileOf(id: string, model: string | undefined, config: object): Values {
  const plugin = plugins.find((each) => each.id === id);
  const artefact = plugin?.artefacts.find(({ template }) => template === 'mpp-phone.tpl');
  if (!plugin || !artefact) throw new Error(`${id} has no file for a phone`);
  return parse(render(plugin, artefact, raw(config), device(plugin, model === undefined ? {} : { model })), 'mpp-phone.tpl');
}

const account = { username: 'u1', password: 'p1', display_name: 'Alice', number: '1001', proxy_ip: '192.0.2.20' };

describe('keys of modules', () => {
  const funckeys = { 11: { type: 'blf', value: '2011', label: 'Eve' } };

  test('have names that end otherwise than those of SPA phones, and need more power', () => {
    const values = fileOf('cisco-sip-12.0.7', '8851', { sip_lines: { 1: account }, funckeys });
    expect([values.get('Unit_1_Key_1_'), values.has('Unit_1_Key_1'), values.get('PoE_Power_Required')]).toEqual([
      'fnc=sd+blf+cp;sub=2011@$PROXY;nme=Eve',
      false,
      'Maximum',
    ]);
  });

  test('need no power where there are none', () => {
    expect(fileOf('cisco-sip-12.0.7', '8851', { sip_lines: { 1: account } }).get('PoE_Power_Required')).toBe('Normal');
    const onPhone = fileOf('cisco-sip-12.0.7', '8851', { funckeys: { 2: { type: 'blf', value: '2002' } } });
    expect([onPhone.get('PoE_Power_Required'), onPhone.get('Extended_Function_2_')]).toEqual([
      'Normal',
      'fnc=sd+blf+cp;sub=2002@$PROXY;nme=2002',
    ]);
  });

  test('have both names in firmware 11', () => {
    const values = fileOf('cisco-sip-11.3.1', '6851', { funckeys: { 5: { type: 'speeddial', value: '2005' } } });
    expect([values.get('Unit_1_Key_1_'), values.get('Unit_1_Key_1')]).toEqual(Array(2).fill('fnc=sd;ext=2005@$PROXY;nme=2005'));
  });
});

test('the words on the screen are those of the series', () => {
  const wordsOf = (id: string, model: string) => fileOf(id, model, { locale: 'de_DE' }).get('Dictionary_Server_Script');
  expect(wordsOf('cisco-sip-12.0.7', '8841')).toContain('/locales/;d0=English;x0=en-US_88xx-12.0.4.0002.xml;d1=French;');
  expect(wordsOf('cisco-sip-11.3.1', '8841')).toContain('d2=German;x2=de-DE_88xx-11.3.2.1000.xml;');
  expect(wordsOf('cisco-sip-11.3.1', '7841')).toContain('x3=es-ES_78xx_68xx-11.3.2.1000.xml');
});

test.each([
  ['de_AT', 'German', 'de-DE'],
  ['fr_CA', 'French', 'fr-CA'],
  ['fr_BE', 'French', 'fr-FR'],
  ['en_GB', 'English', 'en-US'],
  ['it_IT', '', 'en-US'],
])('%s is told by its language, as far as phones have it', (locale, language, region) => {
  const values = fileOf('cisco-sip-12.0.7', '8841', { locale });
  expect([values.get('Language_Selection'), values.get('Locale')]).toEqual([language, region]);
});

test.each([
  ['info', 'INFO'],
  ['critical', 'CRITICAL'],
])('the syslog level %s is %s', (syslog_level, word) => {
  const config = { syslog_enabled: true, syslog_ip: '192.0.2.51', syslog_level };
  expect(fileOf('cisco-sip-12.0.7', '8841', config).get('Debug_Level')).toBe(word);
});

test('web pages are there in firmware 12, as with provd, and for a model that nobody knows', () => {
  const web = (id: string, model?: string) => fileOf(id, model, {}).get('Enable_Web_Server');
  expect([web('cisco-sip-12.0.1', '8811'), web('cisco-sip-11.3.1', '8811'), web('cisco-sip-12.0.7')]).toEqual([
    'Yes',
    'No',
    'Yes',
  ]);
});

test('an adapter finds its first file by either name', () => {
  const plugin = plugins.find(({ id }) => id === 'cisco-sip-11.1.0');
  if (!plugin) throw new Error('there are no adapters');
  const found = (path: string) => resolveName(path, plugin, undefined)?.model;
  expect([found('/ata192.cfg'), found('/192.xml'), found('/193.xml')]).toEqual(['ATA192', 'ATA192', undefined]);
});

test('a phone whose release is in no line gets the newest for its model', () => {
  const chosen = (model: string, version?: string) =>
    choose({ vendor: 'Cisco', model, ...(version && { version }) }, plugins, undefined);
  expect([chosen('8841', '11.3.1'), chosen('8841', '12.0.3'), chosen('6871'), chosen('ATA191')]).toEqual([
    'cisco-sip-11.3.1',
    'cisco-sip-12.0.7',
    'cisco-sip-11.3.1',
    'cisco-sip-11.1.0',
  ]);
});
