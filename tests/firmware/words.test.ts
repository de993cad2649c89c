// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the steps of firmware packages write variables in this way
import { expect, test } from '@jest/globals';
import { expand, readWords } from '../../server/firmware/words.ts';

const variables = new Map([
  ['FILE1', 'fw 1.zip'],
  ['ARG1', 'red'],
]);

test.each([
  ['', []],
  ['cp a b', ['cp', 'a', 'b']],
  ['  cp\ta\n b ', ['cp', 'a', 'b']],
  ['$FILE1', ['fw 1.zip']],
  ['x$ARG1/${ARG1}y', ['xred/redy']],
  ['\\$ARG1 a\\ b \\\\', ['$ARG1', 'a b', '\\']],
  ['v2022*.zz *-(13).zip', ['v2022*.zz', '*-(13).zip']],
])('%j is the words %j', (text, words) => {
  expect(readWords(text).map((word) => expand(word, variables))).toEqual(words);
});

test.each(['$', 'a $ b', '${', '${FILE1', '${}', 'end\\'])('%j says nothing that could be meant', (text) => {
  expect(() => readWords(text)).toThrow('stands for nothing');
});
