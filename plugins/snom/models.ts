import type { Model, Series } from '../../server/sdk.ts';

/**
 * Keys of the phone itself, and modules with 18 each: keys are counted on, whatever a module has. `park`: what a key that parks calls is,
 * `softKeys`: the four keys below the screen are told by number, `directoryKey`: one of them is told by name.
 */
const d7 = { most: 3, keys: 18 };
const orbit = { park: 'orbit' };
const soft = { softKeys: true };

type Rows = Readonly<Record<string, Model>>;

const models: Rows = {
  D120: { lines: 2, keys: 0 },
  D140: { lines: 2, keys: 2, ...soft },
  D150: { lines: 2, keys: 2, ...soft },
  D305: { lines: 4, keys: 5 },
  D315: { lines: 4, keys: 5, modules: d7, directoryKey: true },
  D335: { lines: 12, keys: 32, modules: d7, ...soft },
  D345: { lines: 12, keys: 48, modules: d7, ...soft },
  D375: { lines: 12, keys: 12, modules: d7, ...soft },
  D385: { lines: 12, keys: 48, modules: d7, ...soft },
  D712: { lines: 4, keys: 5, directoryKey: true },
  D713: { lines: 6, keys: 4, ...soft },
  '715': { lines: 4, keys: 5, modules: d7, directoryKey: true, ...orbit },
  D717: { lines: 6, keys: 3, modules: d7, ...soft },
  '725': { lines: 12, keys: 18, modules: d7, directoryKey: true, ...orbit },
  D735: { lines: 12, keys: 32, modules: d7, ...soft },
  D745: { lines: 12, keys: 32, modules: d7, ...soft },
  D765: { lines: 12, keys: 16, modules: d7, ...soft, ...orbit },
  D785: { lines: 12, keys: 24, modules: d7, ...soft },
  D810: { lines: 12, keys: 16, modules: d7, ...soft },
  D812: { lines: 12, keys: 32, modules: d7, ...soft },
  D815: { lines: 12, keys: 40, modules: d7, ...soft },
  D862: { lines: 8, keys: 32, modules: d7, ...soft },
  D865: { lines: 12, keys: 40, modules: d7, ...soft },
  D892: { lines: 12, keys: 40, modules: d7, ...soft },
  '300': { lines: 12, keys: 6, modules: d7 },
  '320': { lines: 12, keys: 12, modules: d7 },
  '370': { lines: 12, keys: 12, modules: d7 },
  '710': { lines: 12, keys: 5, modules: d7, ...orbit },
  '720': { lines: 12, keys: 18, modules: d7, ...orbit },
  '760': { lines: 12, keys: 16, modules: d7, ...orbit },
  '820': { lines: 12, keys: 16 },
  '821': { lines: 12, keys: 12 },
  '870': { lines: 12, keys: 15 },
  MP: { lines: 12, keys: 0 },
  PA1: { lines: 1, keys: 0 },
};

/** What a firmware has otherwise than the rows above. */
type Changes = Readonly<Record<string, Partial<Model>>>;

function series(
  version: string,
  images: readonly string[],
  of: string,
  changes: Changes = {},
  facts: Partial<Model> = {},
): Series {
  const rows = of.split(' ').map((name): [string, Model] => {
    const row = models[name];
    if (!row) throw new Error(`there is no ${name}`);
    return [name, { ...row, ...facts, ...changes[name] }];
  });
  return { version, images: images.map((image) => `firmware/snom{model}-${image}`), models: Object.fromEntries(rows) };
}

const image = '{version}-SIP-r.bin';
/** From 10.1.184 on, phones of the series D3 and D7 need a second image with it. */
const chained = [image, 'ramdisk-chained-update-r.bin'];
/** What phones of the series D8 take is packed otherwise. */
const image8 = ['{version}-SIP-r.swu'];

const noModules = { modules: { most: 0, keys: 0 } };
const oneModule = { most: 1, keys: 18 };
const before215 = {
  D812: { keys: 28, modules: oneModule },
  D815: { keys: 36, modules: oneModule },
  D862: { keys: 28 },
  D865: { keys: 43 },
};

export const v10_1_215_13 = [
  series('10.1.215.13', [image], 'D140 D150 D713'),
  series('10.1.215.13', chained, 'D335 D385 715 D717 D735 D785', { '715': { keys: 3 } }),
  series('10.1.215.13', image8, 'D810 D812 D815 D862 D865 D892'),
];
export const v10_1_198_19 = [
  series('10.1.198.19', [image], 'D140 D150 D713'),
  series('10.1.198.19', chained, 'D315 D335 D385 715 D717 D735 D785'),
  series('10.1.198.19', image8, 'D812 D815 D862 D865', before215),
];
export const v10_1_184_15 = [
  series('10.1.184.15', [image], 'D140 D150 D713'),
  series('10.1.184.15', chained, 'D315 D335 D385 D712 715 D717 D735 D785'),
  series('10.1.184.15', image8, 'D812 D815 D862 D865', before215),
];
export const v10_1_175_16 = [
  series('10.1.175.16', [image], 'D315 D335 D345 D385 D712 D713 715 D717 725 D735 D785', { D785: noModules }),
  series('10.1.175.16', image8, 'D862 D865', before215),
];
export const v10_1_54_13 = [
  series('10.1.54.13', [image], 'D120 D305 D315 D335 D345 D375 D385 D712 715 D717 725 D735 D745 D765 D785', {
    D765: noModules,
    D785: noModules,
  }),
];

/** Before firmware 10 all keys below the screen are told by name, or not. */
const eight = { softKeys: false, directoryKey: false };
export const v8_9_3_80 = [
  series(
    '8.9.3.80',
    [image],
    'D305 D315 D345 D375 710 D712 715 720 725 D745 760 D765',
    { D345: { keys: 5, ...noModules }, '710': { lines: 4, ...noModules }, '715': noModules, '720': noModules, '760': noModules },
    eight,
  ),
];
export const v8_7_5_35 = [
  series('8.7.5.35', ['{version}-SIP-f.bin'], '300 320 370 PA1', {}, eight),
  series('8.7.5.35', [image], '710 715 720 725 760 D765 820 821 870 MP', { '715': { lines: 12 } }, eight),
];

/** Bases with handsets, one account each. `release` and `branch`: how firmware of bases and handsets is numbered. */
function bases(version: string, release: number, branch: number, of: Rows, handsets: string, facts: Partial<Model> = {}): Series {
  const written = `v${String(release).padStart(4, '0')}_b${String(branch).padStart(4, '0')}`;
  const numbers = { release, branch, handsets: handsets.split(' '), ...facts };
  return {
    version,
    images: [`{model}/{model}_${written}.fwu`, ...handsets.split(' ').map((handset) => `${handset}/${handset}_${written}.fwu`)],
    models: Object.fromEntries(Object.entries(of).map(([name, row]) => [name, { ...row, ...numbers }])),
  };
}

export const dect7 = [
  bases('07.40.0104', 740, 104, { M400: { lines: 20 }, M900: { lines: 1000 } }, 'M30 M65 M70 M80 M85 M90', { roles: true }),
];
export const dect5 = [
  bases('05.20.0001', 520, 1, { M300: { lines: 20 }, M700: { lines: 1000 }, M900: { lines: 1000 } }, 'M25 M65 M70 M80 M85 M90'),
];
