import type { Model, Series } from '../../server/sdk.ts';

// What the largest module has, the one with paper labels; the one with a display counts 28, and passes over the rest.
const EM = { most: 3, keys: 40 };

/**
 * Facts of a model besides those of the SDK. `part` is the number of its hardware, which its images begin with. `browser`: it has none to
 * show the phone book in. Keys are those besides the first line's, sidecars of the SoundPoint among them.
 */
interface PolycomModel extends Model {
  readonly part: string;
  readonly browser?: false;
}

/** Every model of all lines, one row each. */
const models = {
  SPIP301: { lines: 2, keys: 0, part: '2345-11300-010' },
  SPIP320: { lines: 2, keys: 0, part: '2345-12200-002' },
  SPIP321: { lines: 2, keys: 0, part: '2345-12360-001' },
  SPIP330: { lines: 2, keys: 0, part: '2345-12200-001' },
  SPIP331: { lines: 2, keys: 0, part: '2345-12365-001' },
  SPIP335: { lines: 2, keys: 0, part: '2345-12375-001' },
  SPIP430: { lines: 2, keys: 0, part: '2345-11402-001' },
  SPIP450: { lines: 3, keys: 2, part: '2345-12450-001' },
  SPIP501: { lines: 3, keys: 0, part: '2345-11500-040' },
  SPIP550: { lines: 4, keys: 3, part: '2345-12500-001' },
  SPIP560: { lines: 4, keys: 3, part: '2345-12560-001' },
  SPIP600: { lines: 6, keys: 0, part: '2345-11600-001' },
  SPIP601: { lines: 6, keys: 0, part: '2345-11605-001' },
  SPIP650: { lines: 6, keys: 47, part: '2345-12600-001' },
  SPIP670: { lines: 6, keys: 47, part: '2345-12670-001' },
  SSIP4000: { lines: 1, keys: 0, part: '2201-06642-001' },
  SSIP5000: { lines: 1, keys: 0, part: '3111-30900-001' },
  SSIP6000: { lines: 1, keys: 0, part: '3111-15600-001' },
  SSIP7000: { lines: 1, keys: 0, part: '3111-40000-001' },
  VVX101: { lines: 1, keys: 2, part: '3111-40250-001', browser: false },
  VVX150: { lines: 2, keys: 2, part: '3111-48810-001', browser: false },
  VVX201: { lines: 2, keys: 2, part: '3111-40450-001', browser: false },
  VVX250: { lines: 4, keys: 4, part: '3111-48820-001', browser: false },
  VVX300: { lines: 6, keys: 6, modules: EM, part: '3111-46135-002' },
  VVX301: { lines: 6, keys: 6, modules: EM, part: '3111-48300-001' },
  VVX310: { lines: 6, keys: 6, modules: EM, part: '3111-46161-001' },
  VVX311: { lines: 6, keys: 6, modules: EM, part: '3111-48350-001' },
  VVX350: { lines: 6, keys: 6, part: '3111-48830-001' },
  VVX400: { lines: 12, keys: 12, modules: EM, part: '3111-46157-002' },
  VVX401: { lines: 12, keys: 12, modules: EM, part: '3111-48400-001' },
  VVX410: { lines: 12, keys: 12, modules: EM, part: '3111-46162-001' },
  VVX411: { lines: 12, keys: 12, modules: EM, part: '3111-48450-001' },
  VVX450: { lines: 12, keys: 12, modules: EM, part: '3111-48840-001' },
  VVX500: { lines: 12, keys: 12, modules: EM, part: '3111-44500-001' },
  VVX501: { lines: 12, keys: 12, modules: EM, part: '3111-48500-001' },
  VVX600: { lines: 16, keys: 16, modules: EM, part: '3111-44600-001' },
  VVX601: { lines: 16, keys: 16, modules: EM, part: '3111-48600-001' },
  VVX1500: { lines: 6, keys: 6, part: '2345-17960-001' },
} as const satisfies Readonly<Record<string, PolycomModel>>;

type Name = keyof typeof models;

const families: Readonly<Record<string, string>> = { SPIP: 'SoundPointIP', SSIP: 'SoundStationIP', VVX: 'VVX' };

function series(version: string, names: readonly Name[]): Series {
  const rows = names.map((name) => {
    // PolycomSoundPointIP-SPIP_335, PolycomVVX-VVX_400
    const [letters = '', digits = ''] = name.split(/(?=\d)(?<=\D)/);
    return [name, { ...models[name], family: families[letters], product: `${letters}_${digits}` }];
  });
  return { version, images: ['{part}.sip.ld'], models: Object.fromEntries(rows) as Series['models'] };
}

export const v316: readonly Series[] = [series('3.1.6.0017', ['SPIP301', 'SPIP501', 'SPIP600', 'SPIP601', 'SSIP4000'])];

/** SoundPoint and SoundStation that both 3.2.4 and 4.0.11 run on. */
const later = [
  'SPIP321',
  'SPIP331',
  'SPIP335',
  'SPIP450',
  'SPIP550',
  'SPIP560',
  'SPIP650',
  'SPIP670',
  'SSIP5000',
  'SSIP6000',
  'SSIP7000',
] as const;

export const v324: readonly Series[] = [
  series('3.2.4.0267', ['SPIP320', 'SPIP330', 'SPIP430', ...later]),
  series('3.2.4.0244', ['VVX1500']),
];

export const v4011: readonly Series[] = [series('4.0.11', later)];

/** VVX that both 5.9.2 and 6.4.6 run on. */
const current = [
  'VVX101',
  'VVX150',
  'VVX201',
  'VVX250',
  'VVX301',
  'VVX311',
  'VVX350',
  'VVX401',
  'VVX411',
  'VVX450',
  'VVX501',
  'VVX601',
] as const;

export const v592: readonly Series[] = [
  series('5.9.2', [...current, 'VVX300', 'VVX310', 'VVX400', 'VVX410', 'VVX500', 'VVX600', 'VVX1500']),
];

export const v646: readonly Series[] = [series('6.4.6', current)];
