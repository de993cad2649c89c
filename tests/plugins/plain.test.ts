import { expect, test } from '@jest/globals';
import { notPlain } from '../../server/plugins/plain.ts';
import { checkVendor } from '../../server/plugins/validator.ts';

function never(): never {
  throw new Error('code of the package ran');
}

test('objects, lists, patterns, functions and what holds itself are plain', () => {
  const loop: Record<string, unknown> = { list: [1, 'two', undefined, null, [/three/i]], call: never, none: Object.create(null) };
  loop.self = loop;
  expect(notPlain(loop)).toEqual([]);
  for (const value of [undefined, null, 5, 'text', never]) expect(notPlain(value)).toEqual([]);
});

test.each<[string, unknown, string, string]>([
  [
    'a getter',
    {
      get vendor() {
        return never();
      },
    },
    'vendor',
    'is computed when it is read',
  ],
  [
    'a setter',
    {
      set vendor(_value: string) {
        never();
      },
    },
    'vendor',
    'is computed when it is read',
  ],
  [
    'a getter far below',
    {
      plugins: [
        {
          get lines() {
            return never();
          },
        },
      ],
    },
    'plugins.0.lines',
    'is computed when it is read',
  ],
  [
    'a getter of a list',
    { list: Object.defineProperty([1], 0, { get: never, enumerable: true }) },
    'list.0',
    'is computed when it is read',
  ],
  [
    'a getter that it inherits',
    {
      line: Object.create({
        get lines() {
          return never();
        },
      }),
    },
    'line',
    'is an instance of a class',
  ],
  ['a proxy', { line: new Proxy({}, { get: never, ownKeys: never, getPrototypeOf: never }) }, 'line', 'is a proxy'],
  ['a list that is a proxy', new Proxy([], { get: never, ownKeys: never, getPrototypeOf: never }), '', 'is a proxy'],
  ['a class', { line: new (class Line {})() }, 'line', 'is an instance of a class'],
  ['a class of lists', { line: new (class Lines extends Array {})() }, 'line', 'is an instance of a class'],
  ['a class of patterns', { path: new (class Pattern extends RegExp {})('a') }, 'path', 'is an instance of a class'],
  [
    'a pattern with a getter',
    { path: Object.defineProperty(/a/, 'flags', { get: never }) },
    'path.flags',
    'is computed when it is read',
  ],
  ['a list that would take for ever', { list: new Array(1_000_000_000) }, 'list', 'is an array with holes'],
])('%s is not, and does not run', (_, definition, path, told) => {
  expect(notPlain(definition)).toEqual([{ path, message: `must be a plain value, and ${told}` }]);
  expect(checkVendor(definition, new Map())).toEqual([{ path, message: `must be a plain value, and ${told}` }]);
});
