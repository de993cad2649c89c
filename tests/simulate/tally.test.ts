import { expect, test } from '@jest/globals';
import { quantiles, Tally } from '../../server/simulate/tally.ts';

test('quantiles are values that were measured, by the nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(quantiles(values)).toEqual({ p50: 50, p90: 90, p99: 99, max: 100 });
  expect(quantiles([7])).toEqual({ p50: 7, p90: 7, p99: 7, max: 7 });
  expect(quantiles([])).toBeUndefined();
});

test('files are counted by what became of them, troubles by their words with their first and last time', () => {
  let now = 0;
  const tally = new Tally(() => now);
  tally.served('a', 10, 5);
  tally.missing('a', false, 'a1');
  now = 100;
  tally.failed('a', 3, 'connection reset', 'a2');
  now = 300;
  tally.failed('b', 0, 'connection reset', 'b1');
  tally.missing('b', true, 'b2');
  tally.wrong('b', 7, { kind: 'empty', detail: '0 bytes' }, 'b3');
  expect(tally.files()).toEqual([
    { name: 'a', served: 1, missing: 1, wrong: 0, failed: 1, bytes: 13, latency: { p50: 5, p90: 5, p99: 5, max: 5 } },
    { name: 'b', served: 0, missing: 1, wrong: 1, failed: 1, bytes: 7, latency: undefined },
  ]);
  expect(tally.troubles()).toEqual([
    { what: 'connection reset', times: 2, firstMs: 100, lastMs: 300, example: 'a2' },
    { what: 'no such file', times: 1, firstMs: 300, lastMs: 300, example: 'b2' },
    { what: 'wrong content: empty', times: 1, firstMs: 300, lastMs: 300, example: 'b3: 0 bytes' },
  ]);
});
