import type { Model, Series } from '../../server/sdk.ts';

/** Facts of a model besides those of the SDK. `android`: menus in other languages. `adapter`: ports for telephones, and no screen. */
interface GrandstreamModel extends Model {
  readonly android?: boolean;
  readonly adapter?: boolean;
}

// Four of them in a row, each with two pages of twenty keys.
const GXP2200EXT = { most: 4, keys: 40 };

/**
 * Every model, one row each. `vpk` are the virtual multi-purpose keys on the screen (four pages of the line keys that there are), `mpk`
 * those beside it. The Android phones have more accounts and keys than this: of those P-codes are known.
 */
const models = {
  GXP1100: { lines: 2, keys: { mpk: 3 } },
  GXP1105: { lines: 2, keys: { mpk: 3 } },
  GXP1160: { lines: 2, keys: { mpk: 3 } },
  GXP1165: { lines: 2, keys: { mpk: 3 } },
  GXP1400: { lines: 2, keys: { mpk: 3 } },
  GXP1405: { lines: 2, keys: { mpk: 3 } },
  GXP1450: { lines: 2, keys: { mpk: 3 } },
  GXP1610: { lines: 1 },
  GXP1615: { lines: 1 },
  GXP1620: { lines: 2 },
  GXP1625: { lines: 2 },
  GXP1628: { lines: 2, keys: { mpk: 8 } },
  GXP1630: { lines: 3, keys: { mpk: 8 } },
  GXP2000: { lines: 4, keys: { mpk: 7 } },
  GXP2100: { lines: 4, keys: { mpk: 7 } },
  GXP2110: { lines: 4, keys: { mpk: 18 } },
  GXP2120: { lines: 6, keys: { mpk: 7 } },
  GXP2124: { lines: 4, keys: { mpk: 24 } },
  GXP2130: { lines: 3, keys: { vpk: 12, mpk: 8 } },
  GXP2135: { lines: 4, keys: { vpk: 32 } },
  GXP2140: { lines: 4, keys: { vpk: 16 } },
  GXP2160: { lines: 6, keys: { vpk: 24, mpk: 24 } },
  GXP2170: { lines: 6, keys: { vpk: 48 } },
  GXP2200: { lines: 6, keys: { mpk: 130 }, modules: GXP2200EXT, android: true },
  GRP2612: { lines: 4, keys: { vpk: 16 } },
  GRP2613: { lines: 6, keys: { vpk: 24 } },
  GRP2614: { lines: 4, keys: { vpk: 16, mpk: 24 } },
  GRP2615: { lines: 6, keys: { vpk: 40 } },
  GRP2616: { lines: 6, keys: { vpk: 16, mpk: 24 } },
  GXV3350: { lines: 6, keys: { mpk: 130 }, android: true },
  GXV3370: { lines: 6, keys: { mpk: 130 }, android: true },
  GXV3380: { lines: 6, keys: { mpk: 130 }, android: true },
  HT801: { lines: 1, adapter: true },
  HT802: { lines: 2, adapter: true },
  HT801V2: { lines: 1, adapter: true },
  HT802V2: { lines: 2, adapter: true },
} as const satisfies Readonly<Record<string, GrandstreamModel>>;

type Name = keyof typeof models;

/** @param image its file, as phones ask for it beside their configuration; undefined where it is not known */
function series(version: string, image: string | undefined, names: readonly Name[]): Series {
  return {
    version,
    ...(image !== undefined && { images: [`Grandstream/${image}`] }),
    models: Object.fromEntries(names.map((name) => [name, models[name]])),
  };
}

const GXP16xx = ['GXP1610', 'GXP1615', 'GXP1620', 'GXP1625', 'GXP1628', 'GXP1630'] as const;

export const gxp2000: readonly Series[] = [series('1.2.5.3', undefined, ['GXP2000'])];

export const gxp21xxOfOld: readonly Series[] = [
  series('1.0.8.6', 'gxp1100fw.bin', ['GXP1100', 'GXP1105']),
  series('1.0.8.6', 'gxp2100fw.bin', ['GXP2100']),
  series('1.0.8.6', 'gxp2110fw.bin', ['GXP2110']),
  series('1.0.8.6', 'gxp2120fw.bin', ['GXP2120']),
  series('1.0.8.6', 'gxp2124fw.bin', ['GXP2124']),
];

export const gxp14xx: readonly Series[] = [
  series('1.0.8.9', 'gxp1160fw.bin', ['GXP1160', 'GXP1165']),
  series('1.0.8.9', 'gxp1400fw.bin', ['GXP1400', 'GXP1405']),
  series('1.0.8.9', 'gxp1450fw.bin', ['GXP1450']),
];

export const gxp16xx = (version: string): readonly Series[] => [series(version, 'gxp1600fw.bin', GXP16xx)];

export const gxp21xx = (version: string, names: readonly Name[]): readonly Series[] =>
  names.map((name) => series(version, `${name.toLowerCase()}fw.bin`, [name]));

export const gxp2200: readonly Series[] = [series('1.0.3.27', 'gxp2200fw.bin', ['GXP2200'])];

export const grp261x: readonly Series[] = [
  series('1.0.5.48', 'grp2610fw.bin', ['GRP2612', 'GRP2613', 'GRP2614', 'GRP2615', 'GRP2616']),
];

export const gxv33xx: readonly Series[] = [
  series('1.0.3.25', 'gxv3350fw.bin', ['GXV3350']),
  series('1.0.3.27', 'gxv3370fw.bin', ['GXV3370']),
  series('1.0.3.27', 'gxv3380fw.bin', ['GXV3380']),
];

export const ht80x = (version: string): readonly Series[] => [
  series(version, 'ht801fw.bin', ['HT801']),
  series(version, 'ht802fw.bin', ['HT802']),
];

export const ht80xV2: readonly Series[] = [series('1.0.5.10', 'ht80xv2fw.bin', ['HT801V2', 'HT802V2'])];
