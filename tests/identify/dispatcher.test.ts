import { expect, jest, test } from '@jest/globals';
import { Dispatcher } from '../../server/identify/dispatcher.ts';
import { fc } from '../support/fuzz.ts';

function owners(dispatcher: Dispatcher<string>, text: string): string[] {
  return dispatcher.match(text).map(({ entry }) => entry.owner);
}

test('a text is matched by all patterns that fit, in the order in which they were given', () => {
  const dispatcher = new Dispatcher([
    { pattern: /cfg$/, owner: 'anybody' },
    { pattern: /^\/acme\//i, owner: 'acme' },
    { pattern: /\d/, owner: 'digits' },
    { pattern: /^\/other\//, owner: 'other' },
  ]);
  expect(owners(dispatcher, '/ACME/1.cfg')).toEqual(['anybody', 'acme', 'digits']);
});

test('a pattern that many have runs once and is everybody’s find', () => {
  const pattern = /^Phone (?<model>\w+)/;
  const exec = jest.spyOn(RegExp.prototype, 'exec');
  const dispatcher = new Dispatcher(
    Array.from({ length: 100 }, (_, index) => ({ pattern: new RegExp(pattern), owner: `v${index}` })),
  );
  exec.mockClear();
  const matches = dispatcher.match('Phone T1');
  const runs = exec.mock.calls.length;
  exec.mockRestore();
  expect(matches).toHaveLength(100);
  expect(matches[99]).toMatchObject({ groups: { model: 'T1' }, entry: { owner: 'v99' } });
  expect(runs).toBe(1);
});

test('a request costs as many pattern runs with a thousand vendors as with one', () => {
  const vendors = Array.from({ length: 1_000 }, (_, index) => index.toString(36).padStart(4, 'v'));
  const dispatcher = new Dispatcher(
    vendors.map((name) => ({ pattern: new RegExp(`^${name}-phone (?<model>\\w+)`), owner: name })),
  );
  const exec = jest.spyOn(RegExp.prototype, 'exec');
  expect(owners(dispatcher, 'vv00-phone T1')).toEqual([]);
  const [known = ''] = vendors.slice(500, 501);
  exec.mockClear();
  const found = dispatcher.match(`${known}-phone T1`).length;
  const runs = exec.mock.calls.length;
  exec.mockRestore();
  expect(found).toBe(1);
  expect(runs).toBeLessThan(40);
});

test('filing patterns by what they require loses no match', () => {
  const pattern = fc.constantFrom(/abc/, /ab.*cd/i, /(?:abc|bcd)\d/, /\d+/, /c?d/, /^aab/, /bca$/, /ABC/, /[a-d]{3}/, /\/ab\.cd/);
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 8 }), fc.string({ unit: fc.constantFrom(...'abcdABCD1/.') }), (patterns, text) => {
      const dispatcher = new Dispatcher(patterns.map((each, index) => ({ pattern: each, owner: `${index}` })));
      const expected = patterns.flatMap((each, index) => (each.test(text) ? [`${index}`] : []));
      expect(owners(dispatcher, text).sort()).toEqual(expected.sort());
    }),
    { numRuns: 5_000 },
  );
});
