import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { associate } from '../../../server/associate/associate.ts';
import { compileRecogniser } from '../../../server/identify/identify.ts';
import { pluginsFolder, repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import { request } from '../../support/requests.ts';
import { parse } from './parse.ts';

const all = await Promise.all(readdirSync(pluginsFolder).map(repositoryPackage));
const ofCisco = all.filter(({ definition }) => definition.vendor === 'Cisco').flatMap(({ plugins }) => plugins);
const sccp = await repositoryPackage('cisco-sccp');

function file(id: string, model: string | undefined, config: object): ReadonlyMap<string, string> {
  const plugin = sccp.plugins.find((each) => each.id === `cisco-sccp-${id}`);
  const [artefact] = plugin?.artefacts ?? [];
  if (!plugin || !artefact) throw new Error(`there is no line ${id}`);
  return parse(render(plugin, artefact, raw(config), device(plugin, model === undefined ? {} : { model })));
}

const member = (priority: number) => `devicePool/callManagerGroup/members/member[${priority}]/callManager`;

test('call managers are tried in their order, at 2000 where no port is told', () => {
  const told = file('9.4', '7942G', { sccp_call_managers: { 2: { ip: '192.0.2.21', port: 2443 }, 1: { ip: 'cm.example.com' } } });
  const place = (priority: number) => [
    told.get(`${member(priority)}/processNodeName`),
    told.get(`${member(priority)}/ports/ethernetPhonePort`),
  ];
  expect([place(0), place(1), place(2)]).toEqual([
    ['cm.example.com', '2000'],
    ['192.0.2.21', '2443'],
    [undefined, undefined],
  ]);
});

test.each([
  ['9.4', '7911G', 'SCCP11.9-4-2SR1-1S'],
  ['9.4', '7965G', 'SCCP45.9-4-2SR3-1S'],
  ['8.5.2', '7975G', 'SCCP75.8-5-2S'],
  ['legacy', '7905G', 'CP7905080003SCCP070409A'],
  ['legacy', '7920', 'cmterm_7920.4.0-03-02'],
  ['legacy', '7937', 'apps37sccp.1-4-5-7'],
  ['legacy', '7960G', 'P0030801SR02'],
  ['wireless-1.4.5', '7921G', 'CP7921G-1.4.5.3'],
  ['cipc-2.1.2', 'CIPC', ''],
  ['9.4', undefined, ''],
])('in line %s a %s runs %s', (id, model, load) => {
  expect(file(id, model, {}).get('loadInformation')).toBe(load);
});

test('the menu is locked by the administrator’s password, and by none without one', () => {
  const key = 'commonProfile/phonePassword';
  expect(file('9.4', '7942G', { admin_password: '4711' }).get(key)).toBe('4711');
  expect(file('9.4', '7942G', {}).has(key)).toBe(false);
});

test('the directory needs a phone book and somebody who asks it', () => {
  const book = { X_xivo_phonebook_ip: '192.0.2.40' };
  expect(file('9.4', '7942G', book).get('directoryURL')).toBe('');
  expect(file('9.4', '7942G', { ...book, X_xivo_user_uuid: '2a8f3c1e' }).get('directoryURL')).toBe(
    'http://192.0.2.40:9498/0.1/directories/menu/default/cisco?xivo_user_uuid=2a8f3c1e',
  );
});

test.each([
  [undefined, 'cisco-sccp-9.4'],
  ['7942G', 'cisco-sccp-9.4'],
  ['7975G', 'cisco-sccp-8.5.2'],
  ['7912G', 'cisco-sccp-legacy'],
  ['7921G', 'cisco-sccp-wireless-1.4.5'],
  ['CIPC', 'cisco-sccp-cipc-2.1.2'],
  ['7985G', 'cisco-sccp-9.4'],
  ['8945', 'cisco-sip-9.3'],
  ['9971', 'cisco-sip-9.3'],
])('of all lines for Cisco phones a phone that says it is a %s gets %s', (model, id) => {
  expect(associate({ vendor: 'Cisco', ...(model !== undefined && { model }) }, ofCisco)?.plugin.id).toBe(id);
});

test('the boot loader’s file tells which model was reset', () => {
  const recogniser = compileRecogniser(all, () => undefined);
  const loaders = ['06', '11', '31', '41', '42', '45', '61', '62', '65', '70', '71', '75'];
  const found = loaders.map((each) => recogniser.identify(request({ path: `/term${each}.default.loads` })).info.model);
  expect(found).toEqual(loaders.map((each) => `79${each}G`));
});
