import { describe, expect, test } from '@jest/globals';
import type { Plugin } from '../../../server/plugins/model.ts';
import { repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import type { Values } from '../comparison.ts';
import { parse } from './parse.ts';

const gigaset = await repositoryPackage('gigaset');
const line = { username: 'u1', password: 'p1', display_name: 'One', proxy_ip: '192.0.2.20' };

function plugin(id: string): Plugin {
  const found = gigaset.plugins.find((each) => each.id === `gigaset-${id}`);
  if (!found) throw new Error(`there is no line ${id}`);
  return found;
}

function file(id: string, model: string, config: object): Values {
  const owner = plugin(id);
  const artefact = owner.artefacts.find(({ name }) => name === '{mac}.xml');
  if (!artefact) throw new Error('there is no main file');
  return parse(render(owner, artefact, raw(config), device(owner, { model })));
}

const n670 = (config: object) => file('Nx70-83.v2.65.0', 'N670 IP PRO', config);

describe('the time', () => {
  test.each([
    ['Europe/Paris', 'Europe/Paris'],
    ['America/Montreal', 'America/New_York'],
    ['America/Toronto', 'America/New_York'],
    ['Africa/Lagos', 'Europe/Berlin'],
    ['Asia/Kolkata', 'Asia/Karachi'],
    ['Asia/Singapore', 'Asia/Hong_Kong'],
    ['Atlantic/Reykjavik', 'Greenwich'],
    ['Australia/Hobart', 'Australia/Sydney'],
    ['America/Phoenix', 'America/Denver'],
    ['America/St_Johns', 'America/Sao_Paulo'],
    ['Pacific/Kiritimati', 'Pacific/Noumea'],
  ])('an Nx70 in %s is told %s', (timezone, name) => {
    expect(n670({ timezone }).get('DmGlobal.0.TimeZone')).toBe(name);
  });

  test.each([
    ['Europe/Berlin', 0x1b, 1],
    ['Asia/Kolkata', 0x30, 0],
    ['America/New_York', 0x0d, 1],
    ['Australia/Adelaide', 0x40, 1],
    ['Pacific/Chatham', 0x50, 1],
    ['Pacific/Kiritimati', 0x50, 0],
  ])('N510 and N720 in %s are told the number of the offset, and whether clocks change', (timezone, number, daylight) => {
    const [n510, n720] = [file('N510', 'N510 IP PRO', { timezone }), file('N720', 'N720 DM PRO', { timezone })];
    const told = (values: Values, data: string) => [
      values.get(`${data}.uiI_TIME_TIMEZONE`),
      values.get(`${data}.ucB_TIME_USE_AUTOMATIC_DST`),
    ];
    expect(told(n510, 'BS_IP_Data1')).toEqual([String(number), String(daylight)]);
    expect(told(n720, 'BS_IP_Data')).toEqual([String(number), String(daylight)]);
  });

  test('every zone that there is makes a file', () => {
    for (const timezone of Intl.supportedValuesOf('timeZone')) {
      expect(n670({ timezone }).get('DmGlobal.0.TimeZone')).toMatch(/./);
      expect(file('N510', 'N510 IP PRO', { timezone }).get('BS_IP_Data1.uiI_TIME_TIMEZONE')).toMatch(/^\d+$/);
    }
  });
});

test('lines with the same servers share a provider, and each line names its own', () => {
  const values = n670({
    sip_lines: {
      1: line,
      2: { ...line, username: 'u2' },
      4: { ...line, username: 'u4', proxy_ip: 'sip.example.com', dtmf_mode: 'SIP-INFO' },
    },
  });
  expect(['00001', '00002', '00004'].map((handset) => values.get(`SipAccount.${handset}.ProviderId`))).toEqual(['0', '0', '1']);
  expect([values.get('SipProvider.1.Domain'), values.get('SipProvider.1.DTMFTransmission')]).toEqual(['sip.example.com', '4']);
  expect(values.has('SipProvider.2.Domain')).toBe(false);
});

test.each([
  ['udp', '1', '5060'],
  ['tcp', '2', '5060'],
  ['tls', '3', '5061'],
])('over %s an Nx70 has the transport %s, and the port %s where none is configured', (transport, word, port) => {
  const values = n670({ sip_transport: transport, sip_lines: { 1: line } });
  expect([values.get('SipProvider.0.TransportProtocol'), values.get('SipProvider.0.ProxyServerPort')]).toEqual([word, port]);
});

test.each([
  ['disabled', '0', '0'],
  ['preferred', '1', '1'],
  ['required', '1', '0'],
])('with SRTP %s an Nx70 encrypts (%s), and takes calls that are not encrypted (%s)', (mode, enabled, others) => {
  const values = n670({ sip_srtp_mode: mode, sip_lines: { 1: line } });
  expect([values.get('SipProvider.0.SRTP_Enabled'), values.get('SipProvider.0.AcceptNonSRTPCalls')]).toEqual([enabled, others]);
});

test('a handset is registered with the end of its number, or with zeros', () => {
  const values = n670({
    sip_lines: { 1: { ...line, number: '+33 1 2345' }, 2: { ...line, number: '12' }, 3: { ...line, username: 'bob' } },
  });
  expect(['00001', '00002', '00003'].map((handset) => values.get(`hs.${handset}.DECT_AC`))).toEqual(['2345', '0012', '0000']);
});

test('the PIN of an N510 is a password of four digits, and no other', () => {
  const pin = (admin_password: string) => file('N510', 'N510 IP PRO', { admin_password }).get('BS_CUSTOM.aucKdsPin[0]');
  expect([pin('1234'), pin('12345'), pin('abcd')]).toEqual(['0x12,0x34', undefined, undefined]);
});

test('an address of a DNS server is one number, with two digits for each part', () => {
  const values = file('N510', 'N510 IP PRO', { dns_enabled: true, dns_ip: '10.0.0.1' });
  expect(values.get('BS_IP_Data1.ulI_DNS_SERVER_1')).toBe(String(0x0a000001));
});

test('accounts that nobody has are switched off', () => {
  const values = file('N510', 'N510 IP PRO', { sip_lines: { 1: line, 3: line } });
  const active = [1, 2, 3, 4, 5, 6].map((number) => values.get(`BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_${number}`));
  expect(active).toEqual(['1', '0', '1', '0', '0', '0']);
});

test('an N720 is told what to dial for services', () => {
  const values = file('N720', 'N720 DM PRO', { exten_dnd: '*25', exten_fwd_busy: '*23' });
  expect(values.get('BS_VOIP_Data.astVoipProviders[%].NetCodeDND_ON[%]')).toBe('*25');
  expect(values.get('BS_VOIP_Data.astVoipProviders[%].NetCodeCFB_OFF[%]')).toBe('*23');
  expect(values.has('BS_VOIP_Data.astVoipProviders[%].NetCodeCFU_ON[%]')).toBe(false);
});
