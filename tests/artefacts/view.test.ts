import { expect, test } from '@jest/globals';
import { testPackage } from '../support/packages.ts';
import { device, raw, render } from '../support/render.ts';

test('what people and keys are called stands on one line, and is otherwise as it was typed', () => {
  const [plugin] = testPackage(
    'acme',
    {},
    { 'phone.tpl': '{{ lines[0].displayName }}|{{ keys[0].label }}|{{ keys[1].label }}' },
  ).plugins;
  if (!plugin?.artefacts[0]) throw new Error('the package has no plugin');
  const told = (name: string, label: string) =>
    render(
      plugin,
      plugin.artefacts[0] as never,
      raw({
        sip_lines: { 1: { username: 'u', password: 'p', display_name: name, proxy_ip: '192.0.2.20' } },
        funckeys: { 1: { type: 'blf', value: '1', label }, 2: { type: 'blf', value: '2' } },
      }),
      device(plugin),
    );
  expect(told('Zoé\r\nFrom: <sip:x>', 'a\tb\u2028 c ')).toBe('Zoé From: <sip:x>|a b c|None');
  expect(told(' two  blanks ', '中文 😀')).toBe(' two  blanks |中文 😀|None');
});
