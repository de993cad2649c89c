import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A vendor whose phones the bench plays, and what they look like. */
export interface Vendor {
  readonly name: string;
  readonly plugin: string;
  readonly model: string;
  readonly version: string;
  /** First three bytes of its MAC addresses. */
  readonly prefix: string;
  path(mac: string): string;
  userAgent(mac: string): string;
}

const digitsOf = (mac: string): string => mac.replaceAll(':', '');

export const yealink: Vendor = {
  name: 'Yealink',
  plugin: 'yealink-v86',
  model: 'T46U',
  version: '108.86.0.90',
  prefix: '00:15:65',
  path: (mac) => `/${digitsOf(mac)}.cfg`,
  userAgent: (mac) => `Yealink SIP-T46U 108.86.0.90 ${mac}`,
};

export const digium: Vendor = {
  name: 'Digium',
  plugin: 'digium-2.8.1',
  model: 'D40',
  version: '2.8.1',
  prefix: '00:0f:d3',
  path: (mac) => `/Digium/${digitsOf(mac)}.cfg`,
  userAgent: () => 'Digium D40 2_8_1',
};

/**
 * Puts the package of a vendor's phones into a folder of packages, with so many that are made up beside it that the folder holds `count`;
 * with `all`, every other vendor's comes first.
 */
export function installPackages(folder: string, vendor: Vendor, count: number, all = false): void {
  const own = vendor.name.toLowerCase();
  const real = all ? readdirSync('dist/plugins') : [own];
  for (const id of real) cpSync(join('dist/plugins', id), join(folder, id), { recursive: true });
  for (let index = 1; index <= count - real.length; index++) {
    const name = `Vendor${index}`;
    const prefix = `02:00:${index.toString(16).padStart(2, '0')}`;
    // Every fourth asks for /<mac>.cfg, like Yealink's phones; the others have a folder of their own.
    const definition = index % 4 === 0 ? rootPackage : folderPackage;
    write(folder, name.toLowerCase(), definition(name, `${name.toLowerCase()}-1`, prefix));
  }
}

function write(folder: string, id: string, definition: string): void {
  mkdirSync(join(folder, id, 'templates'), { recursive: true });
  writeFileSync(join(folder, id, 'plugin.js'), definition);
  writeFileSync(join(folder, id, 'templates', 'phone.tpl'), '{{ device.mac }}\n');
}

/** Phones that tell model, firmware and MAC in their User-Agent and ask for /<mac>.cfg: Yealink's shape. */
const rootPackage = (vendor: string, plugin: string, prefix: string): string => `export default {
  vendor: '${vendor}',
  version: '1',
  macPrefixes: ['${prefix}'],
  recognise: {
    userAgent: [/^${vendor} SIP[- ](?<model>[\\w-]+) (?<version>[\\d.]+) (?<mac>[\\da-f:]{17})$/i],
    path: [/^\\/(?<mac>[\\da-f]{12})\\.cfg$/i],
  },
  plugins: { '${plugin}': { series: [{ version: '66.86.0.15', models: { T46S: { lines: 16, keys: 27 }, T42S: { lines: 12, keys: 15 } } }] } },
  artefacts: [{ name: '{mac}.cfg', template: 'phone.tpl', format: 'lines', secret: true }],
};
`;

/** Phones that have a folder of their own on the server: Digium's shape. */
const folderPackage = (vendor: string, plugin: string, prefix: string): string => `export default {
  vendor: '${vendor}',
  version: '1',
  macPrefixes: ['${prefix}'],
  recognise: {
    userAgent: [/^${vendor} (?<model>D\\d\\d) (?<version>[\\d_]+)$/],
    path: [/^\\/${vendor}\\/(?:(?<mac>[\\da-f]{12})\\.cfg$)?/i],
  },
  plugins: { '${plugin}': { series: [{ version: '1.0', models: { D40: { lines: 2 } } }] } },
  artefacts: [{ name: '${vendor}/{mac}.cfg', template: 'phone.tpl', format: 'lines', secret: true }],
};
`;
