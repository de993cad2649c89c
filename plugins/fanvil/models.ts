import type { Model, Series } from '../../server/sdk.ts';

/** Keys beside the screen, and those of the other kind: on a screen of their own, on the touch screen, or of a door phone. */
type Keys = Readonly<Partial<Record<'side' | 'main', number>>>;

/** Facts of a model besides those of the SDK. */
interface FanvilModel extends Model {
  /** Of which there are several pages: what `perPage` has no number for is on one. */
  readonly keys: Keys;
  readonly perPage?: Keys;
  /** `old`: XML with modules, as phones before the U series were exported; `new`: sysConf. */
  readonly dialect?: 'old';
  /** Its common file. Models after the first with the same one share it as long as nothing else is known of them. */
  readonly common: string;
  /** Its keys are what visitors press: a line does not show on one. */
  readonly door?: boolean;
  /** Which hardware it says it is, in the name of the file that tells of its firmware. */
  readonly hardware?: string;
}

/** What follows from a row: the name in the phone's own requests, and that of the file that tells of its firmware. */
const rowOf = (name: string, { hardware = 'hwv1_0', dialect, perPage = {}, door = false, ...facts }: FanvilModel) => {
  // X6U-Pro calls itself X6U Pro and V62Pro V62 Pro, but H2U-V2 and X5U-V2 do so with the hyphen.
  const product = name.replace(/-?Pro$/, ' Pro');
  const upgrade = `fanvil_${product.toLowerCase().replaceAll(/[ -]/g, '_')}_${hardware}`;
  return { ...facts, dialect: dialect ?? 'new', perPage, door, product, upgrade };
};

const old = { dialect: 'old' } as const;
const side4 = { lines: 4, keys: { side: 12 }, perPage: { side: 4 } } as const;
const side7 = { lines: 12, keys: { side: 21 }, perPage: { side: 7 } } as const;
const touch = { lines: 20, keys: { main: 116 }, perPage: { main: 29 } } as const;
const door = { lines: 2, keys: { main: 1 }, door: true } as const;
const handset = { lines: 4, keys: { main: 16 }, perPage: { main: 8 } } as const;
const x4u = { lines: 12, common: 'F0V00X4U0000', keys: { side: 3, main: 27 }, perPage: { side: 3, main: 6 } } as const;
const x5u = { lines: 16, common: 'F0V00X5U0000', keys: { side: 4, main: 30 }, perPage: { side: 4, main: 6 } } as const;
const x6u = { lines: 20, common: 'F0V00X6U0000', keys: { side: 5, main: 67 }, perPage: { side: 5, main: 12 } } as const;
const x7 = { lines: 20, common: 'F0V00X700000', keys: { main: 127 }, perPage: { main: 29 } } as const;
const x7c = { lines: 20, common: 'F0V0X7C00000', keys: { main: 72 }, perPage: { main: 12 } } as const;
const x210 = { lines: 20, common: 'F0VX21000000', keys: { side: 10, main: 106 }, perPage: { side: 10, main: 32 } } as const;

/** Every model, one row each. */
const models = {
  C58: { ...old, lines: 2, keys: { main: 2 }, common: 'f0C00580000' },
  C62: { ...old, lines: 4, keys: { main: 8 }, common: 'f0C00620000' },

  'H2U-V2': { lines: 2, keys: { main: 11 }, perPage: { main: 10 }, common: 'F0V2UV200000' },

  i10S: { ...door, common: 'F0V10S00000' },
  i10SV: { ...door, common: 'F0V10SV00000' },
  i10SD: { ...door, keys: { main: 2 }, common: 'F0V10SD00000' },
  i16S: { ...door, common: 'F0V16S00000' },
  i16SV: { ...door, common: 'F0V16SV00000' },
  i51W: { ...door, lines: 4, keys: { main: 3 }, common: 'F0Vi51W00000' },
  i52W: { ...door, lines: 4, keys: { main: 3 }, common: 'F0Vi52W00000' },
  i53W: { ...door, lines: 6, keys: { main: 3 }, common: 'F0Vi53W00000' },
  i61: { ...door, common: 'F0V0i6100000' },
  i62: { ...door, common: 'F0V0i6200000' },
  i63: { ...door, keys: { main: 5 }, common: 'F0V0i6300000' },
  i64: { ...door, keys: { main: 4 }, common: 'F0V0i6400000' },

  V61G: { ...side4, common: 'F0VV61G00000' },
  V61W: { ...side4, common: 'F0VV61W00000' },
  V62: { lines: 6, keys: { side: 15 }, perPage: { side: 5 }, common: 'F0VV6200000' },
  V62G: { ...side7, common: 'F0VV62G00000' },
  V62W: { ...side7, common: 'F0VV62W00000' },
  V62Pro: { ...side7, common: 'F0V0V6210000' },
  V63: { ...side7, lines: 6, common: 'F0V0V6300000' },
  V64: { ...side7, common: 'F0V0V6400000' },
  V65: { lines: 20, keys: { side: 45 }, perPage: { side: 9 }, common: 'F0V0V6500000' },
  V66: { ...touch, common: 'F0V0V6600000' },
  V66Pro: { ...touch, common: 'F0V0V66100000' },
  V67: { ...touch, common: 'F0V0V6700000', hardware: 'hw1_1' },

  W610W: { ...handset, common: 'F0V610W00000' },
  W611W: { ...handset, common: 'F0V611W00000' },
  W620W: { ...handset, lines: 8, common: 'F0V620W00000' },

  X2: { ...old, lines: 2, keys: {}, common: 'f0X2hw1.100' },
  X3: { ...old, lines: 2, keys: {}, common: 'F0V00X300000' },
  X3S: { ...old, lines: 2, keys: {}, common: 'f0X3shw1.100' },
  X3SG: { ...old, lines: 2, keys: {}, common: 'f0X3sghw1.100' },
  X4: { ...old, lines: 4, keys: { main: 30 }, common: 'f0X4hw1.100' },
  X5: { ...old, lines: 16, keys: { main: 40 }, common: 'f0X5hw1.100' },
  X5S: { ...old, lines: 16, keys: { main: 40 }, common: 'F0V00X5S0000' },
  X6: { ...old, lines: 20, keys: { main: 60 }, common: 'F0V00X600000' },
  X6V2: { ...old, lines: 20, keys: { main: 60 }, common: 'F0000X600000' },
  X4U: x4u,
  'X4U-V2': x4u,
  'X4U-Pro': x4u,
  X5U: x5u,
  'X5U-V2': x5u,
  'X5U-Pro': x5u,
  X6U: x6u,
  'X6U-V2': x6u,
  'X6U-Pro': x6u,
  X7: x7,
  'X7-V2': x7,
  'X7-Pro': x7,
  X7C: x7c,
  'X7C-V2': x7c,
  'X7C-Pro': x7c,
  X210: x210,
  'X210-V2': x210,
  'X210-Pro': x210,
  X210i: x210,
  'X210i-Pro': x210,
} satisfies Readonly<Record<string, FanvilModel>>;

type Name = keyof typeof models;

/** Some models with a release, and its file as the vendor calls it. */
const series = (version: string, image: string, names: readonly Name[]): Series => ({
  version,
  images: [`Fanvil/firmware/${image}`],
  models: Object.fromEntries(names.map((name) => [name, rowOf(name, models[name])])),
});

// Of models with one common file the first.
const commonFiles = new Map(
  Object.entries(models)
    .toReversed()
    .map(([name, { common }]) => [common.toLowerCase(), name]),
);
const upgradeFiles = new Map(Object.entries(models).map(([name, row]) => [rowOf(name, row).upgrade, name]));

/** The model that a common file, or the file that tells of its firmware, is for: by its name without the last dot. */
export function modelOfFile(name: string): string | undefined {
  return commonFiles.get(name.toLowerCase()) ?? upgradeFiles.get(name.toLowerCase());
}

/** What a phone calls itself, as the table spells it. */
export function modelOfProduct(product: string): string {
  const dashed = product.replaceAll(' ', '-');
  const joined = product.replaceAll(/[ -]/g, '');
  return Object.hasOwn(models, joined) ? joined : dashed;
}

// Releases are told as phones tell them: of P0.18.23.89-2.4.5.2 that is what follows the last hyphen.
export const lines = {
  '2.3': [
    series('2.3', '2c12MIMGV2_5_686_84T20170215103440.z', ['C58']),
    series('2.3', '2c10MIMGV2_5_787_97T20170616102925.z', ['C62']),
  ],
  'serie-h': [series('2.12.20.2', 'h2u-v2-fanvil-release-ff01-5946-2.12.20.2-krnlvUT2025-02-14-14.27.56.z', ['H2U-V2'])],
  'serie-i': [
    series('2.12.44.6', 'I10S-fanvil-3921-full-V0.2.2-2.12.44.6-1864-D0.29.0-T2023-09-08-12.12.40.z', ['i10S']),
    series('2.12.44.6', 'I10SV-fanvil-3918-full-V0.2.2-2.12.44.6-1864-D0.29.0-T2023-09-08-12.26.54.z', ['i10SV']),
    series('2.12.44.6', 'I10SD-fanvil-3922-full-V0.2.2-2.12.44.6-1864-D0.29.0-T2023-09-08-12.20.09.z', ['i10SD']),
    series('2.12.44.6', 'I16S-fanvil-3925-full-V0.2.2-2.12.44.6-1864-D0.29.0-T2023-09-08-12.32.55.z', ['i16S']),
    series('2.12.44.6', 'I16SV-fanvil-3919-full-V0.2.2-2.12.44.6-1864-D0.29.0-T2023-09-08-12.39.00.z', ['i16SV']),
    series('2.12.44.10', 'i51w-fanvil-release-4900-2.12.44.10-krnvlT2023-10-16-16.58.43.z', ['i51W']),
    series('2.12.44.10', 'i52w-fanvil-release-4902-2.12.44.10-krnvlT2023-10-16-17.11.35.z', ['i52W']),
    series('2.12.44.25', 'i53w-fanvil-release-4908-2.12.44.25-krnvlT2024-07-12-19.44.05.z', ['i53W']),
    series('2.12.44.8.4', 'I61-fanvil-3940-full-V0.2.2-2.12.44.8.4-1877-D0.29.0-T2024-01-31-11.28.20.z', ['i61']),
    series('2.12.44.8.4', 'I62-fanvil-3941-full-V0.2.2-2.12.44.8.4-1877-D0.29.0-T2024-01-31-11.35.41.z', ['i62']),
    series('2.12.44.8.4', 'I63-fanvil-3942-full-V0.2.2-2.12.44.8.4-1877-D0.29.0-T2024-01-31-11.45.30.z', ['i63']),
    series('2.12.44.8.4', 'I64-fanvil-3943-full-V0.2.2-2.12.44.8.4-1877-D0.29.0-T2024-01-31-11.52.44.z', ['i64']),
  ],
  'serie-v': [
    series('2.12.20.3', 'v6x-unified-release-a006-2.12.20.3-krvnlUT2024-12-12-16.09.35.z', [
      'V61G',
      'V61W',
      'V62G',
      'V62W',
      'V62Pro',
      'V63',
      'V64',
    ]),
    series('2.12.20', 'v62-fanvil-release-ff01-5944-2.12.20-krnlvUT2024-07-16-04.36.28.z', ['V62']),
    series('2.12.21.1', 'v65-fanvil-release-5924-2.12.21.1-krnvlT2024-08-28-09.41.46.z', ['V65']),
    series('2.12.18.16', 'v66pro-fanvil-release-5927-2.12.18.16-krnvlT2024-12-13-19.26.56.z', ['V66', 'V66Pro']),
    series('2.6.10.1992', 'v67_fanvil_2.6.10.1992_20241023_full.zip', ['V67']),
  ],
  'serie-w': [
    series('2.14.1.4.6', 'w600-unified-release-ff01-2.14.1.4.6-krnvUT2025-02-14-15.21.33.z', ['W610W']),
    series('2.14.2.28.1', 'w611-linkvil-release-ff01-9001-2.14.2.28.1-UkrnlvUT2025-02-13-23.15.10.z', ['W611W']),
    series('2.16.10', 'w620w-Linkvil-release-9011-a00e-2.16.10-UkrvT2025-07-22-09.43.48.z', ['W620W']),
  ],
  'serie-x': [
    series('2.14.0.7386', 'x22.14.0.7386T20210730165954.z', ['X2']),
    series('1.4.0.2090', 'x31.4.0.2090T20180403152509.z', ['X3']),
    series('2.10.2.6887', 'x3s2.10.2.6887T20191115101938.z', ['X3S']),
    series('2.4.12', 'x3sg-5913-RECOVERY-P0.18.23.1.23-2.4.12-1164T2021-11-10-01.17.49.z', ['X3SG']),
    series('2.14.0.7386', 'x42.14.0.7386T20210730173312.z', ['X4']),
    series('1.4.0.2016', 'x51.4.0.2016T20170303151233.z', ['X5']),
    series('1.12.2', 'x5s-6900-P0.16.5-1.12.2-3144T2019-07-23-14.20.37.z', ['X5S']),
    series('1.12.2', 'x6-6904-P0.16.5-1.12.2-3144T2019-07-29-15.09.59.z', ['X6']),
    series('1.12.2', 'x6-6914-P0.16.5-1.12.2-3144T2019-07-23-14.20.41.z', ['X6V2']),
    series('2.12.20', 'x4upro-fanvil-release-ff01-6903-2.12.20-krnlvUT2024-07-16-04.42.26.z', ['X4U', 'X4U-V2', 'X4U-Pro']),
    series('2.12.22.2', 'x5upro-fanvil-release-ff01-6907-2.12.22.2-krnlvUT2025-04-16-20.32.45.z', ['X5U', 'X5U-V2', 'X5U-Pro']),
    series('2.12.16.17', 'x6upro-fanvil-release-ff01-6916-2.12.16.17-krnvUT2023-05-05-18.49.37.z', ['X6U', 'X6U-V2', 'X6U-Pro']),
    series('2.12.16.17', 'x7upro-fanvil-release-6957-2.12.16.17-krnvlT2023-05-05-17.43.48.z', ['X7', 'X7-V2', 'X7-Pro']),
    series('2.12.16.17', 'x7cpro-fanvil-release-6958-2.12.16.17-krnvlT2023-05-05-17.48.40.z', ['X7C', 'X7C-V2', 'X7C-Pro']),
    series('2.4.5.2', 'x210-6924-P0.18.23.89-2.4.5.2-3594T2022-07-29-09.44.03.z', ['X210']),
    series('2.4.5.2', 'x210i-6923-P0.18.23.89-2.4.5.2-3594T2022-07-29-09.53.39.z', ['X210i']),
    series('2.12.20', 'x210pro-fanvil-release-6959-2.12.20-krnvlT2024-07-16-04.32.33.z', ['X210-V2', 'X210-Pro']),
    series('2.12.1.3', 'x210ipro-fanvil-release-6960-2.12.1.3-krnvlT2022-05-14-17.29.43.z', ['X210i-Pro']),
  ],
} satisfies Readonly<Record<string, readonly Series[]>>;
