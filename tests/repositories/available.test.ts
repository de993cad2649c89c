import { expect, test } from '@jest/globals';
import { available, type Offer } from '../../server/repositories/available.ts';
import { entry, index, info } from './sample.ts';

function offer(repository: string, priority: number, packages: readonly [id: string, version: string, oldest?: number][]): Offer {
  const entries = packages.map(([id, version, oldest = 1]) =>
    entry(info({ id, version, interface: { min: oldest, max: oldest } })),
  );
  return { repository, priority, index: index({ packages: entries }) };
}

function told(offers: readonly Offer[]) {
  const found = available(offers, { oldest: 1, newest: 2 });
  return [...found].map(([id, versions]) => [
    id,
    versions.map(({ entry: { version }, offer: { repository }, refusal }) => [
      version,
      repository,
      ...(refusal ? [refusal] : []),
    ]),
  ]);
}

test('versions of all repositories are listed, the newest first', () => {
  const offers = [
    offer('ours', 1, [['zenith', '1.0']]),
    offer('theirs', 0, [
      ['acme', '1.9'],
      ['acme', '1.10'],
      ['acme', '1.10-rc1'],
    ]),
  ];
  expect(told(offers)).toEqual([
    [
      'acme',
      [
        ['1.10', 'theirs'],
        ['1.10-rc1', 'theirs'],
        ['1.9', 'theirs'],
      ],
    ],
    ['zenith', [['1.0', 'ours']]],
  ]);
});

test('a version that several have is taken from the one that is preferred, whatever their order', () => {
  const [low, high] = [
    offer('low', 1, [
      ['acme', '1.0'],
      ['acme', '2.0'],
    ]),
    offer('high', 5, [['acme', '1.0']]),
  ];
  const expected = [
    [
      'acme',
      [
        ['2.0', 'low'],
        ['1.0', 'high'],
      ],
    ],
  ];
  expect(told([low, high])).toEqual(expected);
  expect(told([high, low])).toEqual(expected);
});

test('between equals the first one wins', () => {
  expect(told([offer('a', 1, [['acme', '1']]), offer('b', 1, [['acme', '1']])])).toEqual([['acme', [['1', 'a']]]]);
});

test('what this server cannot use is listed with the reason', () => {
  expect(
    told([
      offer('ours', 1, [
        ['acme', '2.0', 3],
        ['acme', '1.0', 2],
      ]),
    ]),
  ).toEqual([
    [
      'acme',
      [
        ['2.0', 'ours', 'it needs interface 3 and this Offhook has 2: upgrade Offhook'],
        ['1.0', 'ours'],
      ],
    ],
  ]);
});
