import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
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
  plugin: 'yealink-bench',
  model: 'T46S',
  version: '66.86.0.15',
  prefix: '00:15:65',
  path: (mac) => `/${digitsOf(mac)}.cfg`,
  userAgent: (mac) => `Yealink SIP-T46S 66.86.0.15 ${mac}`,
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

/** Puts the package of a vendor's phones into a folder of packages, with so many others beside it that the folder holds `count`. */
export function installPackages(folder: string, vendor: Vendor, count: number): void {
  if (vendor === digium) cpSync('dist/plugins/digium', join(folder, 'digium'), { recursive: true });
  else write(folder, 'yealink', rootPackage('Yealink', 'yealink-bench', '00:15:65'), accountsTemplate);
  for (let index = 1; index < count; index++) {
    const name = `Vendor${index}`;
    const prefix = `02:00:${index.toString(16).padStart(2, '0')}`;
    // Every fourth asks for /<mac>.cfg, like Yealink's phones; the others have a folder of their own.
    const definition = index % 4 === 0 ? rootPackage : folderPackage;
    write(folder, name.toLowerCase(), definition(name, `${name.toLowerCase()}-1`, prefix), '{{ device.mac }}\n');
  }
}

function write(folder: string, id: string, definition: string, template: string): void {
  mkdirSync(join(folder, id, 'templates'), { recursive: true });
  writeFileSync(join(folder, id, 'plugin.js'), definition);
  writeFileSync(join(folder, id, 'templates', 'phone.tpl'), template);
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

const accountSettings = Array.from({ length: 94 }, (_, index) => `account.{{ number }}.setting_${index}.mode = ${index % 7}`);

/** Sixteen accounts of 100 settings and 27 keys, as Yealink's phones read them: some 50 KB. */
const accountsTemplate = `#!version:1.0.0.1
{% for number in range(1, 17) -%}
{% set line = (lines | selectattr('number', 'equalto', number) | first) or none -%}
account.{{ number }}.enable = {{ 1 if line else 0 }}
account.{{ number }}.label = {{ line.displayName if line }}
account.{{ number }}.display_name = {{ line.displayName if line }}
account.{{ number }}.user_name = {{ line.username if line }}
account.{{ number }}.auth_name = {{ line.authUsername if line }}
account.{{ number }}.password = {{ line.password if line }}
account.{{ number }}.sip_server.1.address = {{ line.proxy.host if line and line.proxy }}
account.{{ number }}.sip_server.1.port = {{ line.proxy.port or 5060 if line and line.proxy }}
${accountSettings.join('\n')}
{% endfor -%}
{% for key in keys -%}
linekey.{{ key.position }}.type = {{ 16 if key.type == 'blf' else 13 }}
linekey.{{ key.position }}.value = {{ key.value }}
linekey.{{ key.position }}.label = {{ key.label }}
linekey.{{ key.position }}.line = {{ key.line or 1 }}
{% endfor -%}
local_time.ntp_server1 = {{ ntp.host if ntp }}
static.auto_provision.server.url = {{ server.url }}
`;
