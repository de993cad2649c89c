import { describe, expect, test } from '@jest/globals';
import { repositoryPackage } from '../../support/packages.ts';
import { device, raw, render } from '../../support/render.ts';
import type { Values } from '../comparison.ts';
import { parse } from './parse.ts';

const { plugins } = await repositoryPackage('digium');
const line = { username: 'u1', password: 'p1', display_name: 'One' };

function file(template: string, config: object): Values {
  const owner = plugins.find(({ id }) => id === 'digium-2.8.1');
  const artefact = owner?.artefacts.find((each) => each.template === template);
  if (!owner || !artefact) throw new Error(`there is no ${template}`);
  return parse(render(owner, artefact, raw(config), device(owner, { model: 'D65' })));
}

const phone = (config: object) => file('phone.tpl', config);

describe('a line', () => {
  test.each([
    ['udp', '5060'],
    ['tcp', '5060'],
    ['tls', '5061'],
  ])('over %s has the port %s at its servers where none is configured', (transport, port) => {
    const servers = { proxy_ip: '192.0.2.20', backup_proxy_ip: '192.0.2.21', outbound_proxy_ip: '192.0.2.24' };
    const values = phone({ sip_transport: transport, sip_lines: { 1: { ...line, ...servers } } });
    const told = ['host_primary.port', 'host_alternate.port', 'outbound_port', 'host_primary.transport'];
    expect(told.map((key) => values.get(`account[0].${key}`))).toEqual([port, port, port, transport]);
  });

  test('that has no outbound proxy is told none', () => {
    const values = phone({ sip_lines: { 1: { ...line, proxy_ip: '192.0.2.20' } } });
    expect([...values.keys()].filter((key) => key.includes('outbound'))).toEqual([]);
  });
});

test('a contact is watched on the proxy of the line that its key belongs to', () => {
  const values = file('contacts.tpl', {
    sip_lines: { 1: { ...line, proxy_ip: '192.0.2.20' }, 2: { ...line, username: 'u2', proxy_ip: '192.0.2.30' } },
    funckeys: {
      1: { type: 'blf', value: '31', line: 1 },
      2: { type: 'blf', value: '32', line: 2 },
      3: { type: 'blf', value: '33' },
      4: { type: 'speeddial', value: '34', line: 2 },
    },
  });
  const watched = [1, 2, 3, 4].map((contact) => values.get(`contact[${contact}].subscribe_to`));
  expect(watched).toEqual(['sip:31@192.0.2.20', 'sip:32@192.0.2.30', 'sip:33@192.0.2.20', undefined]);
});
