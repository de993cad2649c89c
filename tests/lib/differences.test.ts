import { expect, test } from '@jest/globals';
import { differences, type Fields } from '../../server/lib/differences.ts';
import { MASK } from '../../server/lib/mask.ts';
import { type OrderedJson, parseOrdered, toPlain } from '../../server/lib/ordered-json.ts';
import { Secret } from '../../server/lib/secret.ts';

const map = (value: object) => parseOrdered(JSON.stringify(value)) as Map<string, OrderedJson>;
const between = (before: Fields, after: Fields) =>
  differences(before, after).map((each) => toPlain(new Map(Object.entries(each)) as Map<string, OrderedJson>));

test('values that are otherwise are told by their paths; what came or went is told whole, and lists are values', () => {
  const before = map({ same: { a: 1 }, lines: { 1: { name: 'Ann', port: 1 }, 2: { name: 'Bob' } }, list: [1, [2]], gone: null });
  const after = map({ same: { a: 1 }, lines: { 1: { name: 'Eve', port: 1 }, 3: { name: 'Kim' } }, list: [1, [3]], 'a.b': {} });
  expect(between(before, after)).toEqual([
    { path: 'lines.1.name', before: 'Ann', after: 'Eve' },
    { path: 'lines.2', before: { name: 'Bob' } },
    { path: 'lines.3', after: { name: 'Kim' } },
    { path: 'list', before: [1, [2]], after: [1, [3]] },
    { path: 'gone', before: null },
    { path: 'a\\.b', after: {} },
  ]);
});

test('lists that say the same are the same, and so is whatever stands in another order of keys', () => {
  expect(between(map({ a: [1, { b: 2 }], c: { d: 1, e: 2 } }), map({ c: { e: 2, d: 1 }, a: [1, { b: 2 }] }))).toEqual([]);
});

test('of a secret it is told that it is another, and not what it was or is', () => {
  const before = new Map<string, OrderedJson | Secret>([
    ['key', new Secret('old')],
    ['same', new Secret('same')],
    ['line', map({ password: 'old', name: 'Ann' })],
    ['X_token', map({ value: 'old' })],
    ['url', 'http://u:old@host/'],
  ]);
  const after = new Map<string, OrderedJson | Secret>([
    ['key', new Secret('new')],
    ['same', new Secret('same')],
    ['line', map({ password: 'new', name: 'Eve' })],
    ['X_token', map({ value: 'new' })],
    ['url', 'http://u:new@host/'],
    ['added', map({ secrets: [{ a: 'new' }], password: '' })],
  ]);
  const another = { before: MASK, after: MASK };
  expect(between(before, after)).toEqual([
    { path: 'key', ...another },
    { path: 'line.password', ...another },
    { path: 'line.name', before: 'Ann', after: 'Eve' },
    { path: 'X_token.value', ...another },
    { path: 'url', ...another },
    { path: 'added', after: { secrets: [{ a: MASK }], password: '' } },
  ]);
});
