import type { Model, Series } from '../../server/sdk.ts';

/** Lines and keys share the buttons. `psn` is how a model calls itself in the name of its first file. */
const models = {
  '6821': { psn: '6821-3PCC', lines: 2, keys: 2 },
  '6841': { psn: '6841-3PCC', lines: 4, keys: 4 },
  '6851': { psn: '6851-3PCC', lines: 4, keys: 4 },
  '6861': { psn: '6861-3PCC', lines: 4, keys: 4 },
  '6871': { psn: '6871-3PCC', lines: 6, keys: 6 },
  '7811': { psn: '7811-3PCC', lines: 1, keys: 1 },
  '7821': { psn: '7821-3PCC', lines: 2, keys: 2 },
  '7832': { psn: '7832-3PCC', lines: 1, keys: 1 },
  '7841': { psn: '7841-3PCC', lines: 4, keys: 4 },
  '7861': { psn: '7861-3PCC', lines: 16, keys: 16 },
  '8811': { psn: '8811-3PCC', lines: 10, keys: 10 },
  '8841': { psn: '8841-3PCC', lines: 10, keys: 10 },
  '8851': { psn: '8851-3PCC', lines: 10, keys: 10 },
  '8861': { psn: '8861-3PCC', lines: 10, keys: 10 },
  // Adapters, which are routers, too, whose settings are told apart.
  ATA191: { psn: '191', lines: 2, router: true },
  ATA192: { psn: '192', lines: 2, router: true },
} satisfies Record<string, Model>;

type Name = keyof typeof models;

export const names = Object.keys(models);

/**
 * @param facts those of the release: `dictionary`, what its words on the screen are called, `web`, whether its web pages are there, and
 * `oldModules`, whether keys of modules might be called as those of SPA phones are
 * @param modules how many each model takes
 */
function series(
  version: string,
  image: string,
  of: readonly Name[],
  facts: object,
  modules: Partial<Record<Name, number>> = {},
): Series {
  const rowOf = (name: Name): Model => {
    const most = modules[name];
    return { ...models[name], ...facts, ...(most !== undefined && { modules: { most, keys: 32 } }) };
  };
  return { version, images: [image], models: Object.fromEntries(of.map((name) => [name, rowOf(name)])) };
}

const of88 = ['8811', '8841', '8851', '8861'] as const;
const modulesOf88 = { '8811': 1, '8841': 1, '8851': 2, '8861': 3 };

// Words of 12.0.4 go with both releases of firmware 12.
const screen12 = { dictionary: '%s_88xx-12.0.4.0002.xml', web: true };
export const v1207 = [
  series('12.0.7', 'sip78xx.12-0-7MPP0201-66.loads', ['7811', '7821', '7832', '7841', '7861'], screen12, {
    '7821': 1,
    '7841': 1,
    '7861': 1,
  }),
  series('12.0.7', 'sip88xx.12-0-7MPP0201-66.loads', of88, screen12, modulesOf88),
];

export const v1201 = [series('12.0.1', 'sip88xx.12-0-1MPP0001-245.loads', of88, screen12, modulesOf88)];

const screen1131 = { dictionary: '%s_78xx_68xx-11.3.2.1000.xml', oldModules: true };
export const v1131 = [
  series('11.3.1', 'sip78xx.11-3-1MSR3-3.loads', ['7811', '7821', '7841', '7861'], screen1131),
  series('11.3.1', 'sip7832.11-3-1MSR3-3.loads', ['7832'], screen1131),
  series('11.3.1', 'sip68xx.11-3-1MSR3-3.loads', ['6841', '6851', '6861', '6871'], screen1131, { '6851': 1 }),
  series('11.3.1', 'sip6821.11-3-1MSR3-3.loads', ['6821'], screen1131),
  series('11.3.1', 'sip88xx.11-3-1MSR3-3.loads', of88, { dictionary: '%s_88xx-11.3.2.1000.xml' }),
];

export const v1110 = [series('MPP-11-1-0-MSR4', 'ATA19x.11-1-0MPP0401-002.img', ['ATA191', 'ATA192'], {})];
