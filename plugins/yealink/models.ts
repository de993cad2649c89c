import type { Model, Series } from '../../server/sdk.ts';

// Two pages of twenty keys, six modules in a row; the later ones have three pages, three modules in a row.
const EXP40 = { most: 6, keys: 40 };
const EXP43 = { most: 3, keys: 60 };
const EXP50 = EXP43;
const EXP55 = EXP43;

/**
 * Facts of a model besides those of the SDK. `common` is the number of its common file (y000000000108.cfg). `android`: codecs and
 * video of another kind. `dect`: a base, of one cell or of many, whose accounts name their servers by a template.
 */
interface YealinkModel extends Model {
  readonly common: string;
  readonly android?: boolean;
  readonly dect?: 'single-cell' | 'multi-cell';
}

/** Every model of the lines 84 to 87, one row each: what differs from line to line stands with the lines below. */
const models = {
  T19P_E2: { lines: 1, keys: 0, common: '053' },
  T21P_E2: { lines: 2, keys: 2, common: '052' },
  T23P: { lines: 3, keys: 3, common: '044' },
  T23G: { lines: 3, keys: 3, common: '044' },
  T27G: { lines: 6, keys: 21, modules: EXP40, common: '069' },
  T30: { lines: 1, keys: 0, common: '127' },
  T30P: { lines: 1, keys: 0, common: '127' },
  T31: { lines: 2, keys: 2, common: '123' },
  T31P: { lines: 2, keys: 2, common: '123' },
  T31G: { lines: 2, keys: 2, common: '123' },
  T31W: { lines: 2, keys: 2, common: '172' },
  T33: { lines: 4, keys: 12, common: '124' },
  T33P: { lines: 4, keys: 12, common: '124' },
  T33G: { lines: 4, keys: 12, common: '124' },
  T34W: { lines: 4, keys: 12, common: '171' },
  T40P: { lines: 3, keys: 3, common: '054' },
  T40G: { lines: 3, keys: 3, common: '076' },
  T41S: { lines: 6, keys: 15, common: '068' },
  T42S: { lines: 12, keys: 15, common: '067' },
  T46S: { lines: 16, keys: 27, modules: EXP40, common: '066' },
  T48S: { lines: 16, keys: 29, modules: EXP40, common: '065' },
  T41U: { lines: 6, keys: 15, common: '108' },
  T42U: { lines: 12, keys: 15, common: '116' },
  T43U: { lines: 12, keys: 15, modules: EXP43, common: '107' },
  T44U: { lines: 12, keys: 24, modules: EXP43, common: '173' },
  T44W: { lines: 12, keys: 24, modules: EXP43, common: '174' },
  T46U: { lines: 16, keys: 27, modules: EXP43, common: '108' },
  T48U: { lines: 16, keys: 29, modules: EXP43, common: '109' },
  T52S: { lines: 12, keys: 21, modules: EXP50, common: '074' },
  T53: { lines: 12, keys: 21, modules: EXP50, common: '095' },
  T53C: { lines: 12, keys: 21, modules: EXP50, common: '095' },
  T53W: { lines: 12, keys: 21, modules: EXP50, common: '095' },
  T54S: { lines: 16, keys: 27, modules: EXP50, common: '070' },
  T54: { lines: 16, keys: 27, modules: EXP50, common: '096' },
  T54W: { lines: 16, keys: 27, modules: EXP50, common: '096' },
  T57: { lines: 16, keys: 29, modules: EXP50, common: '097' },
  T57W: { lines: 16, keys: 29, modules: EXP50, common: '097' },
  T56A: { lines: 16, keys: 27, modules: EXP50, common: '056', android: true },
  T58: { lines: 16, keys: 27, modules: EXP50, common: '058', android: true },
  T58A: { lines: 16, keys: 27, modules: EXP50, common: '058', android: true },
  T58V: { lines: 16, keys: 27, modules: EXP50, common: '058', android: true },
  T58W: { lines: 16, keys: 27, modules: EXP50, common: '150', android: true },
  T73: { lines: 12, keys: 48, modules: EXP55, common: '185' },
  T73U: { lines: 12, keys: 48, modules: EXP55, common: '185' },
  T73W: { lines: 12, keys: 48, modules: EXP55, common: '185' },
  T74: { lines: 16, keys: 60, modules: EXP55, common: '185' },
  T74U: { lines: 16, keys: 60, modules: EXP55, common: '185' },
  T74W: { lines: 16, keys: 60, modules: EXP55, common: '185' },
  T77: { lines: 16, keys: 95, modules: EXP55, common: '185' },
  T77U: { lines: 16, keys: 95, modules: EXP55, common: '185' },
  T85: { lines: 16, keys: 72, modules: EXP55, common: '185' },
  T85W: { lines: 16, keys: 72, modules: EXP55, common: '185' },
  T87: { lines: 16, keys: 95, modules: EXP55, common: '185' },
  T87W: { lines: 16, keys: 95, modules: EXP55, common: '185' },
  T88: { lines: 16, keys: 95, modules: EXP55, common: '192' },
  T88W: { lines: 16, keys: 95, modules: EXP55, common: '192' },
  T88V: { lines: 16, keys: 95, modules: EXP55, common: '192' },
  CP920: { lines: 1, keys: 0, common: '078' },
  CP925: { lines: 1, keys: 0, common: '148' },
  CP960: { lines: 1, keys: 0, common: '073' },
  CP965: { lines: 1, keys: 0, common: '143' },
  AX83H: { lines: 4, keys: 0, common: '180' },
  AX86R: { lines: 4, keys: 0, common: '180' },
  W60B: { lines: 8, dect: 'single-cell', common: '077' },
  W70B: { lines: 10, dect: 'single-cell', common: '146' },
  W75B: { lines: 20, dect: 'multi-cell', common: '175' },
  W75DM: { lines: 20, dect: 'multi-cell', common: '175' },
  W80B: { lines: 30, dect: 'multi-cell', common: '103' },
  W80DM: { lines: 30, dect: 'multi-cell', common: '103' },
  W90B: { lines: 250, dect: 'multi-cell', common: '130' },
  W90DM: { lines: 250, dect: 'multi-cell', common: '130' },
} as const satisfies Readonly<Record<string, YealinkModel>>;

/** Models that older lines had, by the number of their common file. */
const olderModels: Readonly<Record<string, string>> = {
  '004': 'T26P',
  '005': 'T22P',
  '007': 'T20P',
  '023': 'VP530',
  '025': 'W52P',
  '028': 'T46G',
  '029': 'T42G',
  '032': 'T32G',
  '034': 'T21P',
  '035': 'T48G',
  '036': 'T41P',
  '037': 'CP860',
  '038': 'T38G',
  '045': 'T27P',
  '046': 'T29G',
  '051': 'T49G',
};

/** The model that a common file's number means; undefined when it means several, or none that is known. */
export function modelOfCommonFile(common: string): string | undefined {
  const names = Object.entries<YealinkModel>(models).flatMap(([name, model]) => (model.common === common ? [name] : []));
  return names.length > 1 ? undefined : (names[0] ?? olderModels[common]);
}

type Name = keyof typeof models;
/** Images of DECT handsets, and of desk phones behind a DECT dongle, by the name that `over_the_air.url` has for them. */
type Handsets = Readonly<Record<string, string>>;

/** @param image its file in firmware/; undefined where no package has it */
function series(version: string, image: string | undefined, names: readonly Name[], handsets?: Handsets): Series {
  const rows = names.map((name) => {
    // The User-Agent calls desk phones SIP-T46U, and all others by their bare names.
    const product = name.startsWith('T') ? `SIP-${name}` : name;
    return [name, { ...models[name], product, ...(handsets && { handsets }) }];
  });
  return { version, ...(image && { images: [`firmware/${image}`] }), models: Object.fromEntries(rows) as Series['models'] };
}

const dongles = { t41s_dd10k: 'T4S-ddphone-66.85.0.56.rom', t54w_dd10k: 'T54W-ddphone-96.85.0.65.rom' };

/** They share an image. */
const T30_T33 = ['T30', 'T30P', 'T31', 'T31P', 'T31G', 'T33', 'T33P', 'T33G'] as const;

export const v84: readonly Series[] = [
  series('78.84.0.125', 'CP920-78.84.0.125.rom', ['CP920']),
  series('73.84.0.25', 'CP960-73.84.0.25.rom', ['CP960']),
  series('53.84.0.125', 'T19P_E2-53.84.0.125.rom', ['T19P_E2']),
  series('52.84.0.125', 'T21P_E2-52.84.0.125.rom', ['T21P_E2']),
  series('44.84.0.140', 'T23-44.84.0.140.rom', ['T23P', 'T23G']),
  series('69.84.0.125', 'T27G-69.84.0.125.rom', ['T27G']),
  series('54.84.0.125', 'T40-54.84.0.125.rom', ['T40P']),
  series('76.84.0.125', 'T40G-76.84.0.125.rom', ['T40G']),
  series('66.84.0.125', 'T46S(T48S,T42S,T41S)-66.84.0.125.rom', ['T41S', 'T42S', 'T46S', 'T48S']),
  series('70.84.0.70', 'T54S(T52S)-70.84.0.70.rom', ['T52S', 'T54S']),
  series('95.84.0.125', 'T53W(T53)-95.84.0.125.rom', ['T53', 'T53W']),
  series('96.84.0.125', 'T54W-96.84.0.125.rom', ['T54W']),
  series('97.84.0.125', 'T57W-97.84.0.125.rom', ['T57W']),
  series('58.84.0.25', 'T58-58.84.0.25.rom', ['T58', 'T58A']),
];

const handsets85: Handsets = {
  w53h: 'W53H-88.85.0.20.rom',
  w56h: 'W56H-61.85.0.20.rom',
  w57r: 'W57R-118.85.0.15.rom',
  w59r: 'W59R-115.85.0.20.rom',
  w73h: 'W73H-116.85.0.35.rom',
  w74h: 'W74H-119.85.0.15.rom',
  w78h: 'W78H-16.85.0.20.rom',
  cp930w: 'CP930W-87.85.0.20.rom',
  ...dongles,
};

export const v85: readonly Series[] = [
  series('78.85.0.5', 'CP920-78.85.0.5.rom', ['CP920']),
  series('73.85.0.5', 'CP960-73.85.0.5.rom', ['CP960']),
  series('69.85.0.85', 'T27G-69.85.0.85.rom', ['T27G']),
  series('124.85.0.40', 'T31(T30,T30P,T31G,T31P,T33P,T33G)-124.85.0.40.rom', T30_T33),
  series('66.85.0.5', 'T46S(T48S,T42S,T41S)-66.85.0.5.rom', ['T41S', 'T42S', 'T46S', 'T48S']),
  series('96.85.0.5', 'T54W(T57W,T53W,T53)-96.85.0.5.rom', ['T53', 'T53W', 'T54W', 'T57W'], handsets85),
  series('58.85.0.5', 'T58-58.85.0.5.rom', ['T58', 'T58A'], handsets85),
  series('77.85.0.25', 'W60B-77.85.0.25.rom', ['W60B'], handsets85),
  series('146.85.0.40', 'W70B-146.85.0.40.rom', ['W70B'], handsets85),
  // The image of the W75DM holds that of the W75B.
  series('175.85.0.5', 'W75DM-175.85.0.5.rom', ['W75B', 'W75DM'], handsets85),
  series('103.85.0.25', '{model}-103.85.0.25.rom', ['W80B', 'W80DM'], handsets85),
  series('130.85.0.44', '{model}-130.85.0.44.rom', ['W90DM'], handsets85),
  series('130.85.0.44', undefined, ['W90B'], handsets85),
];

const handsets86: Handsets = {
  w53h: 'W53H-88.85.0.20.rom',
  w56h: 'W56H-61.85.0.20.rom',
  w59r: 'W59R-115.85.0.20.rom',
  cp930w: 'CP930W-87.85.0.20.rom',
  ...dongles,
};

export const v86: readonly Series[] = [
  series('78.86.0.15', 'CP920-78.86.0.15.rom', ['CP920']),
  series('148.86.0.5', 'CP925-148.86.0.5.rom', ['CP925']),
  series('143.86.0.10', 'CP965-143.86.0.10.rom', ['CP965']),
  series('69.86.0.15', 'T27G-69.86.0.15.rom', ['T27G']),
  series('124.86.0.75', 'T31(T30,T30P,T31G,T31P,T33P,T33G)-124.86.0.75.rom', T30_T33),
  series('124.86.0.75', undefined, ['T31W', 'T34W'], handsets86),
  series('66.86.0.15', 'T46S(T48S,T42S,T41S)-66.86.0.15.rom', ['T41S', 'T42S', 'T46S', 'T48S']),
  series('108.86.0.90', 'T46U(T43U,T46U,T41U,T48U,T42U,T44U,T44W)-108.86.0.90.rom', [
    'T41U',
    'T42U',
    'T43U',
    'T44U',
    'T44W',
    'T46U',
    'T48U',
  ]),
  series('96.86.0.45', 'T54W(T57W,T53W,T53,T53C,T54,T57)-96.86.0.45(20211130).rom', ['T53', 'T53C', 'T54', 'T57']),
  series('96.86.0.45', 'T54W(T57W,T53W,T53,T53C,T54,T57)-96.86.0.45(20211130).rom', ['T53W', 'T54W', 'T57W'], handsets86),
  series('58.86.0.20', 'T58V(T56A)-58.86.0.20.rom', ['T56A', 'T58', 'T58A', 'T58V']),
  series('150.86.0.5', 'T58W-150.86.0.5.rom', ['T58W'], handsets86),
  series('180.86.0.5', 'AX83-180.86.0.5.rom', ['AX83H']),
];

const handsets87: Handsets = {
  w56h: 'W56H-61.87.0.5.rom',
  w57r: 'W57R-118.87.0.5.rom',
  w59r: 'W59R-115.87.0.5.rom',
  w73h: 'W73H-116.87.0.5.rom',
  w74h: 'W74H-119.87.0.5.rom',
  w78h: 'W78H-16.87.0.5.rom',
  ...dongles,
};

export const v87: readonly Series[] = [
  series('180.87.0.15', 'AX83(AX83,AX86)-180.87.0.15.rom', ['AX83H', 'AX86R']),
  series(
    '96.87.0.15',
    'T54W(T57W,T53W,T53,T53C,T54,T57)-96.87.0.15.rom',
    ['T53', 'T53C', 'T53W', 'T54', 'T54W', 'T57', 'T57W'],
    handsets87,
  ),
  series('150.87.0.15', 'T58W-OS12-150.87.0.15.rom', ['T58', 'T58W'], handsets87),
  series('185.87.0.34', 'T77(T73,T74,T73U,T74U,T77U,T85W,T87W)-185.87.0.34.rom', [
    'T73',
    'T73U',
    'T73W',
    'T74',
    'T74U',
    'T74W',
    'T77',
    'T77U',
    'T85',
    'T85W',
    'T87',
    'T87W',
  ]),
  series('192.87.0.10', 'T88(T88W,T88V)-192.87.0.10.rom', ['T88', 'T88W', 'T88V']),
  series('146.87.0.21', 'W70B-146.87.0.21.rom', ['W70B'], handsets87),
  series('175.87.0.18', '{model}-175.87.0.18.rom', ['W75B', 'W75DM'], handsets87),
  series('103.87.0.18', '{model}-103.87.0.18.rom', ['W80B', 'W80DM'], handsets87),
  series('130.87.0.18', '{model}-130.87.0.18.rom', ['W90B', 'W90DM'], handsets87),
];
