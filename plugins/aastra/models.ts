import type { Model, Series } from '../../server/sdk.ts';

// Each page of a module counts; a module with fewer keys leaves the last of its numbers without any.
const M675i = { most: 3, keys: 60 };
const M685i = { most: 3, keys: 84 };

/** What keys do that nobody has given anything to do, by their names: a word of `words.preset`. */
type Presets = Readonly<Record<string, string>>;

/** Facts of a model besides those of the SDK. */
interface AastraModel extends Model {
  readonly keys: Readonly<Partial<Record<'prgkey' | 'topsoftkey' | 'softkey', number>>>;
  /** What the phone calls itself on the network, and its firmware. */
  readonly product: string;
  readonly brand: 'Aastra' | 'Mitel';
  /** Of the 67, which the 9143i and 9480i belong to, of the 68 or of the 69. */
  readonly generation: 67 | 68 | 69;
  /** It has a screen on which `idle screen mode` shows something else. */
  readonly idleScreen?: boolean;
  /** Keys that the factory has locked. */
  readonly locked?: readonly string[];
  readonly presets?: Presets;
}

const keysOf = (kind: string, ...actions: readonly string[]): Presets =>
  Object.fromEntries(actions.map((action, index) => [`${kind}${index + 1}`, action]));

const threeCodes = ['voicemail', 'forward', 'dnd'] as const;
const sixKeys = [...threeCodes, 'directory', 'callers', 'services'] as const;
const paged67: Presets = { ...keysOf('prgkey', ...sixKeys), softkey1: 'phoneBook', softkey3: 'pickup' };
const large67: Presets = { ...keysOf('topsoftkey', ...sixKeys, 'pickup'), softkey1: 'phoneBook' };
const withDirectory = keysOf('softkey', ...threeCodes, 'directory');

const of67 = { brand: 'Aastra', generation: 67 } as const;
const of68 = { brand: 'Aastra', generation: 68 } as const;
const of69 = { brand: 'Mitel', generation: 69 } as const;
const colour69 = { ...of69, lines: 24, idleScreen: true, modules: M685i } as const;
const paged6920 = { ...colour69, keys: { topsoftkey: 4, softkey: 8 } } as const;
const paged6930 = { ...colour69, keys: { topsoftkey: 5, softkey: 12 }, presets: withDirectory } as const;
const paged6940 = { ...colour69, keys: { topsoftkey: 6, softkey: 48 }, presets: withDirectory } as const;
const paged6915 = { ...colour69, keys: { topsoftkey: 4, softkey: 6 }, presets: withDirectory } as const;

/** Every model, one row each: what a key's number means is the same in all lines. */
const models = {
  '6730i': { ...of67, product: '6730i', lines: 6, keys: { prgkey: 8 }, presets: keysOf('prgkey', ...sixKeys, 'phoneBook') },
  '6731i': {
    ...of67,
    product: '6731i',
    lines: 6,
    keys: { prgkey: 8 },
    presets: keysOf('prgkey', ...threeCodes, 'pickup', 'services', 'none', 'none', 'phoneBook'),
  },
  '6735i': { ...of67, product: '6735i', lines: 9, keys: { prgkey: 6, softkey: 20 }, modules: M675i, presets: paged67 },
  '6737i': { ...of67, product: '6737i', lines: 9, keys: { topsoftkey: 10, softkey: 20 }, modules: M675i, presets: large67 },
  '6739i': {
    ...of67,
    product: '6739i',
    lines: 9,
    keys: { softkey: 55 },
    modules: M675i,
    presets: keysOf('softkey', 'forward', 'dnd', 'phoneBook'),
  },
  '6753i': {
    ...of67,
    product: '53i',
    lines: 9,
    keys: { prgkey: 6 },
    modules: M675i,
    presets: keysOf('prgkey', 'voicemail', 'forward', 'callers', 'phoneBook', 'conf', 'xfer'),
  },
  '6755i': { ...of67, product: '55i', lines: 9, keys: { prgkey: 6, softkey: 20 }, modules: M675i, presets: paged67 },
  '6757i': { ...of67, product: '57i', lines: 9, keys: { topsoftkey: 10, softkey: 20 }, modules: M675i, presets: large67 },
  '9143i': { ...of67, product: '9143i', lines: 9, keys: { prgkey: 7 }, presets: keysOf('prgkey', ...sixKeys, 'phoneBook') },
  '9480i': { ...of67, product: '9480i', lines: 9, keys: { softkey: 6 }, presets: keysOf('softkey', ...threeCodes, 'phoneBook') },
  '6863i': { ...of68, product: '6863i', lines: 2, keys: { prgkey: 3 } },
  '6865i': {
    ...of68,
    product: '6865i',
    lines: 24,
    keys: { prgkey: 8 },
    modules: M685i,
    locked: ['prgkey5', 'prgkey6'],
    presets: { ...keysOf('prgkey', ...threeCodes), prgkey5: 'free', prgkey6: 'free' },
  },
  '6867i': {
    ...of68,
    product: '6867i',
    lines: 24,
    keys: { topsoftkey: 20, softkey: 18 },
    modules: M685i,
    idleScreen: true,
    presets: keysOf('softkey', ...threeCodes),
  },
  '6869i': {
    ...of68,
    product: '6869i',
    lines: 24,
    keys: { topsoftkey: 44, softkey: 24 },
    modules: M685i,
    idleScreen: true,
    presets: { topsoftkey1: 'directory', ...keysOf('softkey', ...threeCodes) },
  },
  '6873i': {
    ...of68,
    product: '6873i',
    lines: 24,
    keys: { topsoftkey: 48, softkey: 24 },
    modules: M685i,
    idleScreen: true,
    presets: withDirectory,
  },
  '6905': { ...of69, product: '6905', lines: 2, keys: { prgkey: 3 } },
  '6910': { ...of69, product: '6910', lines: 2, keys: { prgkey: 8 }, presets: keysOf('prgkey', ...threeCodes) },
  '6915': { ...paged6915, product: '6915' },
  '6915d': { ...paged6915, product: '6915d' },
  '6920': { ...paged6920, product: '6920', presets: withDirectory },
  '6920w': { ...paged6920, product: '6920w', presets: keysOf('softkey', 'forward', 'dnd', 'directory') },
  '6930': { ...paged6930, product: '6930' },
  '6930w': { ...paged6930, product: '6930w' },
  '6940': { ...paged6940, product: '6940' },
  '6940w': { ...paged6940, product: '6940w' },
  '6970': { ...of69, product: '6970', lines: 24, keys: { topsoftkey: 6 } },
} as const satisfies Readonly<Record<string, AastraModel>>;

type Name = keyof typeof models;

/** The model that a phone means by what it calls itself: a 6757i says 57i. */
export function modelOfProduct(product: string): string {
  const [name] = Object.entries(models).find(([, model]) => model.product.toLowerCase() === product.toLowerCase()) ?? [];
  return name ?? (/^5\di$/i.test(product) ? `67${product}` : product);
}

/** @param hasImage whether there is a package that installs the release */
function series(version: string, names: readonly Name[], hasImage = true): Series {
  const rows = names.map((name) => [name, models[name]]);
  return { version, ...(hasImage && { images: ['Aastra/{product}.st'] }), models: Object.fromEntries(rows) as Series['models'] };
}

const four = ['6863i', '6865i', '6867i', '6869i'] as const;
const five = [...four, '6873i'] as const;

/** Series by firmware line. */
export const lines = {
  '3.3.1-SP4': [
    series('3.3.1.4365', ['6730i', '6731i', '6739i', '6753i', '6755i', '6757i', '9143i', '9480i']),
    series('3.3.1.8215', ['6735i', '6737i']),
  ],
  '4.2.0': [series('4.2.0.2023', four)],
  '4.3.0': [series('4.3.0.2036', five)],
  '5.0.0': [series('5.0.0.1018', five)],
  // provd's package for it has no address and the checksum of another phone's firmware, so that no file can be right.
  '5.1.0': [series('5.1.0.6044', ['6930'], false)],
  '6.4.0-SP2': [series('6.4.0.140', five)],
  '8.2.0': [
    series('8.2.0', five),
    series('6.4.0.140', ['6905', '6910', '6915', '6915d', '6920', '6920w', '6930', '6930w', '6940', '6940w', '6970']),
  ],
} as const satisfies Readonly<Record<string, readonly Series[]>>;
