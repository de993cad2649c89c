import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { resolveName } from '../../../server/artefacts/names.ts';
import { choose } from '../../../server/associate/associate.ts';
import { compileRecogniser } from '../../../server/identify/identify.ts';
import type { Mac } from '../../../server/lib/mac.ts';
import { pluginsFolder, repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import { dhcp, request } from '../../support/requests.ts';
import { parse } from './sep-parse.ts';

const all = await Promise.all(readdirSync(pluginsFolder).map(repositoryPackage));
const plugins = all.filter(({ definition }) => definition.vendor === 'Cisco').flatMap((each) => each.plugins);
const found = plugins.find(({ id }) => id === 'cisco-sip-9.3');
if (!found) throw new Error('there is no line 9.3');
const plugin = found;

function file(config: object, model: string | undefined = '8941'): ReadonlyMap<string, string> {
  const artefact = plugin.artefacts.find(({ template }) => template === 'sep-phone.tpl');
  if (!artefact) throw new Error('there is no file of the phone');
  return parse(render(plugin, artefact, raw(config), device(plugin, { model })));
}

const account = (number: number, more: object = {}) => ({
  username: `u${number}`,
  password: `p${number}`,
  display_name: `Line ${number}`,
  number: `100${number}`,
  proxy_ip: '192.0.2.20',
  ...more,
});
const button = (told: ReadonlyMap<string, string>, number: number, key: string) =>
  told.get(`sipProfile/sipLines/line[${number}]/${key}`);
const manager = (told: ReadonlyMap<string, string>, priority: number, key: string) =>
  told.get(`devicePool/callManagerGroup/members/member[${priority}]/callManager/${key}`);

test('a phone whose model its lease tells gets its own file from this line, though cisco-sccp knows the file’s name', () => {
  const recogniser = compileRecogniser(all, () => undefined);
  const mac = '00:02:fd:ff:21:03' as Mac;
  const leased = recogniser.identify(dhcp({ 60: 'Cisco Systems, Inc. IP Phone CP-8941\0' }, { mac })).info;
  expect(leased).toEqual({ vendor: 'Cisco', model: '8941', mac });
  expect(choose(leased, plugins, undefined)).toBe('cisco-sip-9.3');

  const { info, evidence } = recogniser.identify(request({ transport: 'tftp', path: '/SEP0002FDFF2103.cnf.xml' }));
  expect([info, evidence.map((each) => each.package)]).toEqual([{ vendor: 'Cisco', mac }, ['cisco-sccp']]);
  const known = { ...leased, ...info };
  expect(choose(known, plugins, 'cisco-sip-9.3')).toBe('cisco-sip-9.3');
  const resolved = resolveName('/SEP0002FDFF2103.cnf.xml', plugin, device(plugin, { model: '8941', mac }));
  expect(resolved?.artefact.template).toBe('sep-phone.tpl');
});

test('a phone that was taken for one with SCCP comes to this line when it tells its model', () => {
  const guess = choose({ vendor: 'Cisco' }, plugins, undefined);
  expect(guess).toBe('cisco-sccp-9.4');
  expect(choose({ vendor: 'Cisco', model: '8945' }, plugins, guess)).toBe('cisco-sip-9.3');
});

describe('servers', () => {
  test('of the first line are the call managers of the phone, the second one the backup', () => {
    const told = file({ sip_lines: { 1: account(1, { proxy_port: 5080, backup_proxy_ip: '192.0.2.21' }) } });
    expect([manager(told, 0, 'processNodeName'), manager(told, 0, 'ports/sipPort')]).toEqual(['192.0.2.20', '5080']);
    expect([manager(told, 1, 'processNodeName'), manager(told, 1, 'ports/sipPort')]).toEqual(['192.0.2.21', '5060']);
    expect([told.get('sipProfile/sipProxies/backupProxy'), manager(told, 2, 'processNodeName')]).toEqual([
      '192.0.2.21',
      undefined,
    ]);
  });

  test('of a line that has others are told with the line', () => {
    const told = file({
      sip_lines: { 1: account(1), 2: account(2), 3: account(3, { proxy_ip: '192.0.2.30', proxy_port: 5090 }) },
    });
    const servers = [1, 2, 3].map((number) => [button(told, number, 'proxy'), button(told, number, 'port')]);
    expect(servers).toEqual([
      ['USECALLMANAGER', '5060'],
      ['USECALLMANAGER', '5060'],
      ['192.0.2.30', '5090'],
    ]);
  });

  test.each([
    [undefined, '2', '5060', '5061'],
    ['udp', '2', '5060', '5061'],
    ['tcp', '1', '5060', '5061'],
    ['tls', '3', '5060', '5061'],
  ])('are spoken to over %s', (sip_transport, word, port, secured) => {
    const told = file({ ...(sip_transport !== undefined && { sip_transport }), sip_lines: { 1: account(1) } });
    expect(told.get('transportLayerProtocol')).toBe(word);
    expect([manager(told, 0, 'ports/sipPort'), manager(told, 0, 'ports/securedSipPort')]).toEqual([port, secured]);
  });

  test('over TLS have the port that is configured', () => {
    const told = file({
      sip_transport: 'tls',
      sip_lines: { 1: account(1, { proxy_port: 5071 }), 2: account(2, { proxy_ip: '192.0.2.30' }) },
    });
    expect([manager(told, 0, 'ports/securedSipPort'), button(told, 2, 'port')]).toEqual(['5071', '5061']);
  });

  test('are those of all lines where no line is configured', () => {
    expect(manager(file({ sip_proxy_ip: '192.0.2.20' }), 0, 'processNodeName')).toBe('192.0.2.20');
    expect(file({}).get('devicePool/callManagerGroup/members')).toBe('');
  });
});

describe('buttons', () => {
  const funckeys = {
    1: { type: 'speeddial', value: '2001', label: 'Bob' },
    2: { type: 'blf', value: '2002' },
    3: { type: 'park', value: '701', label: 'Park' },
    4: { type: 'blf', value: '2004', label: 'Dan' },
  };
  const keysOf = (told: ReadonlyMap<string, string>) =>
    [1, 2, 3, 4, 5, 6].map((number) =>
      ['featureID', 'featureLabel', 'speedDialNumber', 'featureOptionMask']
        .map((key) => button(told, number, key))
        .join(' ')
        .trim(),
    );

  test('after those of the lines are keys, as many as there are left', () => {
    expect(keysOf(file({ sip_lines: { 1: account(1) }, funckeys }))).toEqual([
      '9 1001',
      '2 Bob 2001',
      '21 2002 2002 1',
      '2 Park 701',
      '',
      '',
    ]);
    expect(keysOf(file({ sip_lines: { 1: account(1), 3: account(3) }, funckeys }))).toEqual([
      '9 1001',
      '',
      '9 1003',
      '2 Bob 2001',
      '',
      '',
    ]);
  });

  test('of a park key without a number have that of all', () => {
    expect(
      button(file({ sip_lines: { 1: account(1) }, funckeys: { 1: { type: 'park' } }, exten_park: '700' }), 2, 'speedDialNumber'),
    ).toBe('700');
    expect(button(file({ sip_lines: { 1: account(1) }, funckeys: { 1: { type: 'park' } } }), 2, 'featureID')).toBeUndefined();
  });

  test('that the phone does not have are no lines', () => {
    expect(button(file({ sip_lines: { 1: account(1), 5: account(5) } }), 5, 'name')).toBeUndefined();
  });
});

test.each([
  [undefined, 'avt'],
  ['RTP-in-band', 'none'],
  ['RTP-out-of-band', 'avt'],
  ['SIP-INFO', 'avt'],
])('digits are sent as %s says: %s', (sip_dtmf_mode, word) => {
  const config = { ...(sip_dtmf_mode !== undefined && { sip_dtmf_mode }), sip_lines: { 1: account(1) } };
  expect(file(config).get('sipProfile/dtmfOutofBand')).toBe(word);
});

test('a line’s voicemail is its own, or that of all', () => {
  const told = file({ exten_voicemail: '*98', sip_lines: { 1: account(1, { voicemail: '*99' }), 2: account(2) } });
  expect([button(told, 1, 'messagesNumber'), button(told, 2, 'messagesNumber')]).toEqual(['*99', '*98']);
  expect(button(file({ sip_lines: { 1: account(1) } }), 1, 'messagesNumber')).toBeUndefined();
});

test('a line without a number shows its account', () => {
  const { number: _, ...anonymous } = account(1);
  const told = file({ sip_lines: { 1: anonymous } });
  expect([button(told, 1, 'featureLabel'), button(told, 1, 'contact')]).toEqual(['u1', 'u1']);
});

test('the soft key that picks up dials the code of the telephone exchange', () => {
  const key = 'sipProfile/sipCallFeatures/callPickupURI';
  expect(file({ exten_pickup_group: '*8' }).get(key)).toBe('*8');
  expect(file({}).get(key)).toBe('x-cisco-serviceuri-pickup');
});

test('the phone is told to read its file anew, or to boot', () => {
  const { resync } = plugin.line;
  const action = (body = '') => body.split('\r\n')[0];
  expect([resync?.event, action(resync?.body), action(resync?.restart?.body)]).toEqual([
    'service-control',
    'action=restart',
    'action=reset',
  ]);
});
