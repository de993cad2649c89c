import type { Model, Series } from '../../server/sdk.ts';

/** Lines are those of the telephone exchange, which also says what keys do. `family`: whose firmware the model runs. */
const models = {
  '7905G': { lines: 1 },
  '7906G': { lines: 1, family: 11 },
  '7911G': { lines: 1, family: 11 },
  '7912G': { lines: 1 },
  '7920': { lines: 6 },
  '7921G': { lines: 6 },
  '7931G': { lines: 24, family: 31 },
  '7937': { lines: 4 },
  '7940': { lines: 2 },
  '7940G': { lines: 2 },
  '7941G': { lines: 2, family: 41 },
  '7942G': { lines: 2, family: 42 },
  '7945G': { lines: 2, family: 45 },
  '7960G': { lines: 6 },
  '7961G': { lines: 6, family: 41 },
  '7962G': { lines: 6, family: 42 },
  '7965G': { lines: 6, family: 45 },
  '7970G': { lines: 8, family: 70 },
  '7971G': { lines: 8, family: 70 },
  '7975G': { lines: 8, family: 75 },
  CIPC: { lines: 8 },
} satisfies Record<string, Model>;

type Name = keyof typeof models;

export const names = Object.keys(models);

function series(version: string, image: string | undefined, ...of: readonly Name[]): Series {
  return {
    version,
    ...(image !== undefined && { images: [image] }),
    models: Object.fromEntries(of.map((name) => [name, models[name]])),
  };
}

const common = ['7906G', '7911G', '7931G', '7941G', '7942G', '7961G', '7962G', '7970G', '7971G'] as const;

export const v94 = [
  series('9.4.2SR1', 'SCCP{family}.9-4-2SR1-1S.loads', ...common),
  series('9.4.2SR3', 'SCCP{family}.9-4-2SR3-1S.loads', '7945G', '7965G'),
];
export const v852 = [series('8.5.2', 'SCCP{family}.8-5-2S.loads', ...common, '7945G', '7965G', '7975G')];
export const legacy = [
  series('8.0.3', 'CP7905080003SCCP070409A.sbin', '7905G'),
  series('8.0.4', 'CP7912080004SCCP080108A.sbin', '7912G'),
  series('3.0.2', 'cmterm_7920.4.0-03-02.bin', '7920'),
  series('1.4.5.7', 'apps37sccp.1-4-5-7.bin', '7937'),
  series('8.1.2', 'P0030801SR02.loads', '7940', '7940G', '7960G'),
];
export const wireless = [series('1.4.5', 'CP7921G-1.4.5.3.LOADS', '7921G')];
export const cipc = [series('2.1.2', undefined, 'CIPC')];
