import { expect, test } from '@jest/globals';
import type { OrderedJson } from '../../server/lib/ordered-json.ts';
import { fromPlain, JsonError, parseOrdered, stringifyOrdered, toPlain } from '../../server/lib/ordered-json.ts';
import { fc } from '../support/fuzz.ts';

const JUMBLED = '{"10":"ten","b":[{"2":null,"1":true}],"2":"two","a":-1.5}';

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

function errorOf(text: string): JsonError {
  try {
    parseOrdered(text);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

/** JSON.parse's value in one spelling, or that it refuses. */
function judge(parse: () => unknown): string {
  try {
    return JSON.stringify(parse());
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonError) return 'refused';
    throw error;
  }
}

test('keys keep the order of the text, those that look like integers too', () => {
  expect([...(parseOrdered(JUMBLED) as Map<string, OrderedJson>).keys()]).toEqual(['10', 'b', '2', 'a']);
  expect(stringifyOrdered(parseOrdered(JUMBLED))).toBe(JUMBLED);
});

test('an indented text has one item a line, and nothing between empty brackets', () => {
  const value = parseOrdered('{"2":[1,{}],"1":[],"x":{"y":"z"}}');
  expect(stringifyOrdered(value, 2)).toBe('{\n  "2": [\n    1,\n    {}\n  ],\n  "1": [],\n  "x": {\n    "y": "z"\n  }\n}');
});

test.each([
  ['{"a": 1,\n  "b": 2\n  "c": 3}', 3, 3, 'a comma or } is expected'],
  ['[1 2]', 1, 4, 'a comma or ] is expected'],
  ['{"a": 1, "a": 2}', 1, 10, 'the key "a" appears twice in one object'],
  ['{"\\u0061": 1,\r\n"a": 2}', 2, 1, 'the key "a" appears twice in one object'],
  ['{"a" 1}', 1, 6, 'a colon is expected after the key'],
  ['{"a": 1,}', 1, 9, 'a key in double quotes is expected'],
  ["{'a': 1}", 1, 2, 'a key in double quotes is expected'],
  ['[1,]', 1, 4, 'a value is expected'],
  ['', 1, 1, 'the text ends where a value is expected'],
  ['{"a":', 1, 6, 'the text ends where a value is expected'],
  ['"abc', 1, 5, 'the text ends within a string'],
  ['"a\\xb"', 1, 3, 'this escape is unknown'],
  ['"a\nb"', 1, 3, 'a control character must be written as an escape'],
  ['{} x', 1, 4, 'nothing may follow the value'],
  ['\uFEFF{}', 1, 1, 'a value is expected'],
  [`\n${nested(101)}`, 2, 101, 'nested deeper than 100 levels'],
])('%j is refused at line %d, column %d: %s', (text, line, column, problem) => {
  expect(errorOf(text)).toMatchObject({ line, column, message: `Line ${line}, column ${column}: ${problem}` });
});

test('100 levels are read and written; a million brackets are an error, not a crash', () => {
  expect(stringifyOrdered(parseOrdered(nested(100)))).toBe(nested(100));
  expect(errorOf(nested(1_000_000)).message).toContain('nested deeper');
});

test.each([
  '01',
  '1.',
  '.5',
  '+1',
  '-',
  '1e',
  'NaN',
  'Infinity',
  'tru',
  'truex',
  "'a'",
  '[1,,2]',
  '{a:1}',
  '"\\u12g4"',
  '"\\',
  '1 /**/',
])('%j is refused, as JSON.parse does', (text) => {
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  expect(() => parseOrdered(text)).toThrow(JsonError);
});

test.each(['9007199254740993', '-0', '1e999', '-1e999', '0.1e-2', '123456789012345678901234567890', '5e-324'])(
  '%s is the number that JSON.parse makes of it, and survives being written',
  (text) => {
    expect(parseOrdered(text)).toBe(JSON.parse(text));
    expect(Number(stringifyOrdered(parseOrdered(text))) === JSON.parse(text)).toBe(true);
  },
);

test('__proto__ and constructor are keys like any other and reach no prototype', () => {
  const text = '{"__proto__":{"polluted":true},"constructor":1}';
  const plain = toPlain(parseOrdered(text)) as Record<string, unknown>;
  expect(Object.keys(plain)).toEqual(['__proto__', 'constructor']);
  expect(plain.polluted).toBeUndefined();
  expect(Object.getPrototypeOf(plain)).toBeNull();
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(stringifyOrdered(fromPlain(plain))).toBe(text);
});

test('any JSON is read as JSON.parse reads it and written as JSON.stringify writes it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.integer({ min: 0, max: 8 }), (text, indent) => {
      const plain = JSON.parse(text);
      expect(JSON.stringify(toPlain(parseOrdered(text)))).toBe(JSON.stringify(plain));
      expect(stringifyOrdered(fromPlain(plain), indent)).toBe(JSON.stringify(plain, null, indent));
    }),
    { numRuns: 2_000 },
  );
});

test('what is written is read back the same, order included', () => {
  const { value } = fc.letrec<{ value: OrderedJson }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(null, true, false),
      fc.double({ noNaN: true }).map((number) => number + 0),
      fc.string({ unit: 'binary' }),
      fc.array(tie('value'), { maxLength: 6 }),
      fc
        .array(fc.tuple(fc.oneof(fc.string(), fc.nat().map(String), fc.constant('__proto__')), tie('value')), { maxLength: 6 })
        .map((entries) => new Map(entries)),
    ),
  }));
  fc.assert(
    fc.property(value, fc.constantFrom(0, 2), (tree, indent) => {
      const text = stringifyOrdered(tree, indent);
      expect(stringifyOrdered(parseOrdered(text), indent)).toBe(text);
      expect(parseOrdered(text)).toEqual(tree);
    }),
    { numRuns: 1_000 },
  );
});

test('any text, and any JSON with a bit of it changed, is refused or read as by JSON.parse', () => {
  const fragments = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    'u0041',
    '\n',
    '\u0000',
    ' ',
    '-',
    '0',
    '1',
    '.',
    'e',
    '+',
    'true',
    'null',
    '\u2028',
  ];
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...fragments)).map((parts) => parts.join('')),
    // Two changes to valid JSON: a fragment in place of a few characters.
    fc
      .tuple(fc.json(), fc.array(fc.tuple(fc.nat(200), fc.nat(2), fc.constantFrom(...fragments)), { maxLength: 2 }))
      .map(([text, edits]) => edits.reduce((whole, [at, cut, put]) => whole.slice(0, at) + put + whole.slice(at + cut), text)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const ours = judge(() => toPlain(parseOrdered(text)));
      const duplicate = ours === 'refused' && /appears twice/.test(errorOf(text).message);
      if (!duplicate) expect(ours).toBe(judge(() => JSON.parse(text)));
    }),
    { numRuns: 10_000 },
  );
});

test('a document of a megabyte is read: strings of any length, as many keys as there are', () => {
  const long = JSON.stringify('\u00e9\\"\n'.repeat(100_000));
  const keys = Array.from({ length: 20_000 }, (_, index) => `"${20_000 - index}":${long.length}`).join(',');
  const text = `{"text":${long},"keys":{${keys}}}`;
  expect(stringifyOrdered(parseOrdered(text))).toBe(text);
});

test('Maps and plain objects may be mixed; undefined properties are left out', () => {
  const value = {
    b: new Map<string, unknown>([
      ['2', { x: undefined, y: [1] }],
      ['1', undefined],
    ]),
    a: null,
  };
  expect(stringifyOrdered(fromPlain(value))).toBe('{"b":{"2":{"y":[1]}},"a":null}');
});

const cycle: unknown[] = [];
cycle.push({ cycle });

test.each<[string, unknown, string]>([
  ['a date', { at: new Date(0) }, 'JSON has no Date'],
  ['a buffer', Buffer.from('x'), 'JSON has no Uint8Array'],
  ['a function', [() => 1], 'JSON has no function'],
  ['a big integer', 1n, 'JSON has no bigint'],
  ['nothing', [undefined], 'JSON has no undefined'],
  ['not a number', [Number.NaN], 'JSON has no NaN'],
  ['a key that is a number', new Map([[1, 1]]), 'JSON has no keys but strings'],
  ['a cycle', cycle, 'The value is nested deeper than 100 levels, or contains itself'],
])('%s cannot become JSON', (_, value, message) => {
  expect(() => fromPlain(value)).toThrow(new TypeError(message));
});

test('a value that could not be read back is not written', () => {
  const self = new Map<string, OrderedJson>();
  self.set('self', self);
  expect(() => stringifyOrdered(self)).toThrow(TypeError);
  expect(() => stringifyOrdered([Number.NaN])).toThrow(TypeError);
});
