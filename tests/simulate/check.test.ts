import { expect, test } from '@jest/globals';
import { wrongWith } from '../../server/simulate/check.ts';
import type { Expectation } from '../../server/simulate/expect.ts';
import { digiumFleet } from '../support/simulate.ts';

const fleet = await digiumFleet('D40', 10);
const phone = fleet.phone(0);
const other = fleet.phone(1);
const digits = phone.mac.replaceAll(':', '');
const xml: Expectation = { format: 'xml', encoding: 'utf-8', root: 'config', mac: true, account: true };
const lines: Expectation = { format: 'lines', encoding: 'utf-8', root: undefined, mac: false, account: true };

const judge = (text: string, expected: Expectation | undefined, registered = false) =>
  wrongWith(Buffer.from(text), expected, phone, fleet, registered)?.kind;

test.each<[string, string, Expectation | undefined]>([
  ['its own', `<config mac="${digits}"/>`, xml],
  ['one that names a stranger besides', `<config mac="${digits}" gateway="02:00:00:00:00:01"/>`, xml],
  ['settings, sections and comments', '#!version:1.0.0.1\n[section]\n\naccount.1.label = a b\n; remark\nkey: value\n', lines],
  ['settings under a heading that is no markup', '<<VOIP CONFIG FILE>>\n', { ...lines, format: 'text' }],
  ['anything, where nothing is known of it', 'whatever', undefined],
])('a file is right that is %s', (_, text, expected) => {
  expect(judge(text, expected)).toBeUndefined();
});

test.each<[string, string, Expectation | undefined]>([
  ['empty', ' \n', xml],
  ['empty', '', undefined],
  ['not well-formed', `<config mac="${digits}">`, xml],
  ['not well-formed', 'a = 1\nthis is no setting\n', lines],
  ['another kind of document', '<html><body>Please log in</body></html>', xml],
  ['another kind of document', '<html><body>Please log in</body></html>', lines],
  ['another phone’s', `<config mac="${other.mac}"/>`, xml],
  ['another phone’s', `<config mac="${digits}" contacts="${other.mac.replaceAll(':', '-').toUpperCase()}"/>`, xml],
  ['another phone’s', `user = ${other.account}\n`, lines],
  ['another phone’s', `user = ${other.account}\n`, undefined],
  ['without its phone’s MAC', '<config/>', xml],
])('a file is wrong that is %s: %p', (kind, text, expected) => {
  expect(judge(text, expected)).toBe(kind);
});

test('a registered phone’s file has to hold its account, and that of an unregistered one need not', () => {
  expect(judge('user = somebody\n', lines, true)).toBe('without its phone’s account');
  expect(judge('user = somebody\n', lines)).toBeUndefined();
  expect(judge(`user = ${phone.account}\n`, lines, true)).toBeUndefined();
});

test('what is wrong is told without showing what a file holds', () => {
  const told = wrongWith(Buffer.from(`password = s3cret\nuser = ${other.account}\n`), lines, phone, fleet, true);
  expect(told).toEqual({ kind: 'another phone’s', detail: `it holds the account ${other.account}` });
});
