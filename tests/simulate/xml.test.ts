import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readXml } from '../../server/simulate/xml.ts';
import { fc } from '../support/fuzz.ts';

test.each([
  ['<a/>', 'a'],
  ['\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- x --><a:b-c x="1" y=\'2\'><d>&amp;&#233;&#xE9;</d></a:b-c>\n', 'a:b-c'],
  ['<!DOCTYPE settings [ <!ENTITY x "y"> ]><settings>&x;</settings>', 'settings'],
  ['<?xml version="1.0"?><?pi a?><é><![CDATA[<&]]></é>', 'é'],
  ['<a b = "x > y"\n c="">text > more</a >', 'a'],
])('%s is well-formed', (text, root) => {
  expect(readXml(text)).toEqual({ root });
});

test.each([
  ['', 'there is no element'],
  ['plain', 'text outside of all elements in line 1'],
  ['<a>\n<b>', 'the end of b is missing'],
  ['<a>\n</b>', '</b> where </a> is due in line 2'],
  ['<a/></a>', '</a>, which was not opened, in line 1'],
  ['<a/>\n<b/>', 'a second outermost element b in line 2'],
  ['<a/>x', 'text outside of all elements in line 1'],
  ['<a x="1" x="2"/>', 'an attribute of a twice in line 1'],
  ['<a x="&"/>', 'an & that stands for itself in line 1'],
  ['<a>a & b</a>', 'an & or ]]> that stands for itself in line 1'],
  ['<a>&nbsp;</a>', 'an & or ]]> that stands for itself in line 1'],
  ['<a>]]></a>', 'an & or ]]> that stands for itself in line 1'],
  ['<a x=1/>', 'markup that does not end in line 1'],
  ['<a x="<"/>', 'markup that does not end in line 1'],
  ['<a', 'markup that does not end in line 1'],
  ['<a><!-- -- --></a>', 'markup that does not end in line 1'],
  ['<a>\n\u0001</a>', 'a control character in line 2'],
  ['<a/><!DOCTYPE a>', 'a document type in line 1'],
])('%p is not: %s', (text, problem) => {
  expect(readXml(text)).toEqual({ problem });
});

/** What libexpat says, all texts in one process. */
function expat(texts: readonly string[]): boolean[] {
  const script = [
    'import json, sys, xml.parsers.expat',
    'def right(text):',
    '  try:',
    '    xml.parsers.expat.ParserCreate("utf-8").Parse(text.encode("utf-8"), True)',
    '    return True',
    '  except xml.parsers.expat.ExpatError:',
    '    return False',
    'print(json.dumps([right(text) for text in json.load(sys.stdin)]))',
  ].join('\n');
  const { stdout } = spawnSync('/usr/bin/python3', ['-c', script], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout) as boolean[];
}

test('5,000 documents that were damaged in one place are judged as libexpat judges them', () => {
  const folder = join(import.meta.dirname, '../plugins/digium/golden/digium-2.8.1/D40-hostile');
  const whole = readdirSync(folder).map((name) => [...readFileSync(join(folder, name), 'utf8')]);
  const pieces = [
    '<',
    '>',
    '&',
    '"',
    "'",
    '/',
    '&amp;',
    '&x;',
    ']]>',
    '<!--',
    '-->',
    '<a>',
    '</a>',
    '<a/>',
    '=',
    'x',
    ' ',
    '\n',
    '\u0002',
    'é',
  ];
  const damaged = fc.record({
    text: fc.constantFrom(...whole),
    at: fc.nat(6_000),
    cut: fc.nat(4),
    put: fc.constantFrom('', ...pieces),
  });
  const texts = fc.sample(damaged, { numRuns: 5_000, seed: 7 }).map(({ text, at, cut, put }) => {
    const start = at % text.length;
    return [...text.slice(0, start), put, ...text.slice(start + cut)].join('');
  });
  const judged = expat(texts);
  expect(judged.filter((right) => right).length).toBeGreaterThan(500);
  expect(judged.filter((right) => !right).length).toBeGreaterThan(500);
  const differ = texts.filter((text, index) => 'root' in readXml(text) !== judged[index]);
  expect(differ.slice(0, 3)).toEqual([]);
});
