import { expect, test } from '@jest/globals';
import { MASK, masked } from '../../server/lib/mask.ts';
import { fromPlain, type OrderedJson, toPlain } from '../../server/lib/ordered-json.ts';

const maskedPlain = (value: object) => toPlain(masked(fromPlain(value) as Map<string, OrderedJson>));

test('values under names of secrets are masked at any depth, and nothing else is', () => {
  const told = {
    sip_lines: { 1: { username: 'u', password: 'p' } },
    exten_dnd: '*78',
    funckeys: { 1: { value: '2' } },
    list: ['a'],
  };
  expect(maskedPlain(told)).toEqual({ ...told, sip_lines: { 1: { username: 'u', password: MASK } } });
});

test('private keys and URLs with passwords are masked under any name', () => {
  expect(maskedPlain({ a: '-----BEGIN PRIVATE KEY-----\nx', b: ['http://u:p@host/'], c: 'http://host/' })).toEqual({
    a: MASK,
    b: [MASK],
    c: 'http://host/',
  });
});

test('what is empty is shown as empty', () => {
  expect(maskedPlain({ password: '', pin: null })).toEqual({ password: '', pin: null });
});

test('what stands in something with the name of a secret is masked, whatever its own name', () => {
  const told = { X_token: { value: 'v', list: ['a', { b: 1 }], none: null }, X_other: { value: 'v' } };
  const hidden = { X_token: { value: MASK, list: [MASK, { b: MASK }], none: null }, X_other: { value: 'v' } };
  expect(maskedPlain(told)).toEqual(hidden);
});
