import { expect, test } from '@jest/globals';
import { certainTexts } from '../../server/dhcp-config/certain.ts';
import { fc } from '../support/fuzz.ts';
import { somePattern, someText } from '../support/patterns.ts';

test.each<[RegExp, string[], boolean]>([
  [/^digium_(?<model>D\d\d)_(?<version>[\d_]+)$/, ['^digium_D'], false],
  [/^(?:Aastra|Mitel)(?<model>\S+)/, ['^Aastra', '^Mitel'], false],
  [/^yealink(?:\s+(?<model>\w+))?$/i, ['^yealink', '^YEALINK', '^Yealink'], false],
  [/^[Yy]ealink/, ['^Yealink', '^yealink'], false],
  [/^snom[a-z]phone/, ['^snom'], false],
  [/Grandstream/, ['Grandstream'], false],
  [/^Cisco|Linksys/, ['^Cisco', 'Linksys'], false],
  [/^(?:Cisco|\w+)/, ['^Cisco'], true],
  [/^\w+phone/, [], true],
  [/^MS/, [], true],
  [/^poly(?:com)?/, ['^poly'], false],
  [/^polycom+/, ['^polycom'], false],
  [/^a\.b\|c/, ['^a.b|c'], false],
  [/^(?=x)(?!y)\bphone/, ['^phone'], false],
  [/^\x41\u0042C/, ['^ABC'], false],
  [/^abc+d/, ['^abc'], false],
  [/^(?:snom?|poly)com/, ['^sno', '^polycom'], false],
  [/^sNom/i, ['^sNom', '^snom', '^SNOM', '^Snom'], false],
  [/^Cisco|Cisco/, ['^Cisco', 'Cisco'], false],
  [/^phone/m, [], true],
  [/^[^a]phone/, [], true],
  [/^$/, [], true],
])('of %s it is certain that %j begins or is in it', (pattern, texts, uncertain) => {
  const found = certainTexts(pattern);
  expect(found.texts.map(({ text, at }) => (at === 'beginning' ? `^${text}` : text))).toEqual(texts);
  expect(found.uncertain).toBe(uncertain);
});

test('of a pattern with many spellings there are sixteen texts at most, which end where there would be more', () => {
  expect(certainTexts(/^x[ab][ab][ab][ab]y/).texts.map(({ text }) => text.length)).toEqual(Array(16).fill(6));
  expect(certainTexts(/^x[ab][ab][ab][ab][ab]y/).texts.map(({ text }) => text.length)).toEqual(Array(16).fill(5));
});

test('whatever matches a pattern has one of its certain texts, where none of its alternatives is uncertain', () => {
  let certain = 0;
  fc.assert(
    fc.property(somePattern, someText, (pattern, text) => {
      const { texts, uncertain } = certainTexts(pattern);
      if (uncertain || !pattern.test(text)) return;
      certain++;
      expect(texts.some((each) => (each.at === 'beginning' ? text.startsWith(each.text) : text.includes(each.text)))).toBe(true);
    }),
    { numRuns: 20_000 },
  );
  expect(certain).toBeGreaterThan(100);
});
