import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { escapes } from '../../server/artefacts/escape.ts';
import { fc } from '../support/fuzz.ts';

const xml = escapes.xml.escape ?? String;
const lines = escapes.lines.escape ?? String;

test('whatever a value holds, an XML parser reads it back from an attribute and from text', () => {
  const values = fc
    .sample(fc.string({ unit: 'binary', maxLength: 40 }), 500)
    .concat(['a&<>"\'b', 'tab\there', 'two\r\nlines', '\u0000\u0001\ufffe', ']]>', '  x  ']);
  const document = `<d>${values.map((value) => `<v a="${xml(value)}">${xml(value)}</v>`).join('')}</d>`;
  const script = [
    'import json, sys, xml.dom.minidom',
    'nodes = xml.dom.minidom.parseString(sys.stdin.buffer.read()).getElementsByTagName("v")',
    'print(json.dumps([[n.getAttribute("a"), "".join(c.data for c in n.childNodes)] for n in nodes]))',
  ].join('\n');
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', script], { input: document, encoding: 'utf8' });
  expect(stderr).toBe('');
  // XML 1.0 cannot write these at all; lone surrogates become the replacement character on the way out.
  const writable = (value: string) =>
    Buffer.from(value)
      .toString()
      .replace(/(?![\t\n\r\u007f-\u009f])\p{Cc}|[\ufffe\uffff]/gu, '');
  expect(JSON.parse(stdout)).toEqual(values.map((value) => [writable(value), writable(value)]));
});

test('a value never ends its line', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (value) => !/[^\P{Cc}\t]|[\u2028\u2029]/u.test(lines(value))));
  expect(lines('one\r\ntwo = 3')).toBe('one two = 3');
  expect(lines('a\tb')).toBe('a\tb');
});
