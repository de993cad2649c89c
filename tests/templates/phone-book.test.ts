import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { escapes } from '../../server/artefacts/escape.ts';
import { compile, defaultLimits } from '../../server/artefacts/template/template.ts';
import type { Format } from '../../server/sdk.ts';

const text = readFileSync(join(import.meta.dirname, '../../templates/phone-book.tpl'), 'utf8');
const book = { url: 'https://192.0.2.40:443', profile: 'default', userUuid: '2a8f3c1e' };

function write(expression: string, format: Format): string {
  const source = { name: 'main.tpl', text: `{% from 'phone-book.tpl' import input, lookup, menu, service %}${expression}` };
  return compile(source, (name) => ({ name, text }), escapes[format]).render({ book }, defaultLimits);
}

test.each<[Format, string]>([
  ['lines', '&'],
  ['xml', '&amp;'],
])('the URL of a look-up stands in a file of the format %s as it has to', (format, and) => {
  expect(write("{{ lookup(book, 'acme', 'term=#SEARCH') }}", format)).toBe(
    `https://192.0.2.40:443/0.1/directories/lookup/default/acme?xivo_user_uuid=2a8f3c1e${and}term=#SEARCH`,
  );
});

test('the form that asks whom to look up has a URL', () => {
  expect(write("{{ input(book, 'acme') }}", 'lines')).toBe(
    'https://192.0.2.40:443/0.1/directories/input/default/acme?xivo_user_uuid=2a8f3c1e',
  );
});

test('the list of what can be looked up has a URL', () => {
  expect(write("{{ menu(book, 'acme') }}", 'lines')).toBe(
    'https://192.0.2.40:443/0.1/directories/menu/default/acme?xivo_user_uuid=2a8f3c1e',
  );
});

test('a user’s service has a URL for each of its states', () => {
  expect(write("{{ service(book, 'acme', 'dnd', 'enable') }}", 'lines')).toBe(
    'https://192.0.2.40:443/0.1/acme/users/2a8f3c1e/services/dnd/enable',
  );
});
