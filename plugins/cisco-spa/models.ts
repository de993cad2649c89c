import type { Model, Series } from '../../server/sdk.ts';

/** `psn` is how a model calls itself in the name of its first file, and `dictionary` what its words on the screen are called. */
interface Row extends Model {
  readonly psn: string;
}

const modules = { most: 2, keys: 32 };

/** Lines and keys share the buttons. */
const phones = {
  SPA301: { psn: '301', lines: 1 },
  SPA303: { psn: '303', lines: 3, keys: 3, modules },
  SPA501G: { psn: '501G', lines: 8, keys: 8, modules },
  SPA502G: { psn: '502G', lines: 1, keys: 0, modules },
  SPA504G: { psn: '504G', lines: 4, keys: 4, modules },
  SPA508G: { psn: '508G', lines: 8, keys: 8, modules },
  SPA509G: { psn: '509G', lines: 12, keys: 12, modules },
  SPA512G: { psn: '512G', lines: 1, keys: 0, modules },
  SPA514G: { psn: '514G', lines: 4, keys: 4, modules },
  SPA525G: { psn: '525G', lines: 5, keys: 5, modules },
  SPA525G2: { psn: '525G2', lines: 5, keys: 5, modules },
  SPA901: { psn: '901', lines: 1 },
  SPA921: { psn: '921', lines: 1 },
  SPA922: { psn: '922', lines: 1 },
  SPA941: { psn: '941', lines: 4, keys: 4 },
  SPA942: { psn: '942', lines: 4, keys: 4 },
  SPA962: { psn: '962', lines: 6, keys: 6, modules },
} satisfies Record<string, Row>;

/** `router`: it is a router, too, whose settings are told apart. */
const adapters = {
  PAP2T: { psn: 'PAP2T', lines: 2 },
  SPA112: { psn: '112', lines: 2, router: true },
  SPA122: { psn: '122', lines: 2, router: true },
  SPA2102: { psn: '2102', lines: 2 },
  SPA3102: { psn: '3102', lines: 1 },
  SPA8000: { psn: '8000', lines: 8 },
  SPA8800: { psn: '8800', lines: 8 },
} satisfies Record<string, Row>;

const models: Readonly<Record<string, Row>> = { ...phones, ...adapters };

export const names: readonly string[] = [...Object.keys(models), 'ATA190'];

function series(version: string, images: string | readonly string[], of: string, facts: object = {}): Series {
  const rows = of.split(' ').map((name) => [name, { ...models[name], ...facts }]);
  return { version, images: [images].flat().map((image) => `firmware/${image}`), models: Object.fromEntries(rows) };
}

export const v755 = [
  // Older firmware than 7.5.2b does not take 7.5.5 at once.
  series('7.5.5', ['spa50x-30x-7-5-5.bin', 'spa50x-30x-7-5-2b.bin'], 'SPA301 SPA303 SPA501G SPA502G SPA504G SPA508G SPA509G', {
    dictionary: 'spa50x_30x_%s_v755.xml',
    stepAt: '7.5.2b',
  }),
  series('7.5.5', 'spa51x-7-5-5.bin', 'SPA512G SPA514G', { dictionary: 'spa50x_30x_%s_v755.xml' }),
  series('7.5.5', 'spa525g-7-5-5.bin', 'SPA525G SPA525G2', { dictionary: 'spa525_%s_v755.xml' }),
];

const dictionary = '%sS.xml';
export const legacy = [
  series('5.1.5', 'spa901-5-1-5.bin', 'SPA901'),
  series('5.1.8', 'spa941-5-1-8.bin', 'SPA921 SPA941'),
  series('6.1.5(a)', 'spa942-6-1-5a.bin', 'SPA922 SPA942', { dictionary }),
  series('6.1.5(a)', 'spa962-6-1-5a.bin', 'SPA962', { dictionary }),
];

export const pap2t = [series('5.1.6', 'pap2t-5-1-6.bin', 'PAP2T')];
export const spa100 = [series('1.3.5p', 'SPA112-SPA122_1.3.5_004p.bin', 'SPA112 SPA122')];
export const spa2102 = [series('5.2.12', 'spa2102-5-2-12.bin', 'SPA2102')];
export const spa3102 = [series('5.1.10', 'spa3102-5-1-10-GW.bin', 'SPA3102')];
export const spa8000 = [series('6.1.11', 'spa8000-6-1-11.bin', 'SPA8000')];
export const spa8800 = [series('6.1.7', 'spa8800-6-1-7-GW.bin', 'SPA8800')];
export const ata190: readonly Series[] = [
  { version: '1.2.2', images: ['ATA190.1-2-2-003.loads'], models: { ATA190: { lines: 2 } } },
];
