import type { Artefact, DeviceInfo, Facts, Line, Recognise, Support, Words } from '../../server/sdk.ts';
import { names, v1110, v1131, v1201, v1207 } from './models.ts';

/** Multiplatform phones and adapters, whose firmware is made for the exchanges of others. */

const files: readonly Artefact[] = [
  { name: '{mac}.xml', template: 'mpp-phone.tpl', format: 'xml', secret: true },
  { name: '{mac}-trusted.pem', template: 'trusted.tpl', format: 'text' },
];
const phone: Omit<Line, 'series'> = {
  artefacts: [...files, { name: '{psn}.xml', template: 'mpp-start.tpl', format: 'xml' }],
  boot: {
    transports: ['http', 'https', 'tftp'],
    userAgent: 'Cisco-CP-{model}-3PCC/{version} ({mac})',
    vendorClass: 'CP-{model}-3PCC',
    requests: [{ path: '{psn}.xml' }, { path: '{mac}.xml' }, { images: true }],
  },
};

export const lines: Readonly<Record<string, Line>> = {
  'cisco-sip-12.0.7': { series: v1207, ...phone },
  'cisco-sip-12.0.1': { series: v1201, ...phone },
  'cisco-sip-11.3.1': { series: v1131, ...phone },
  'cisco-sip-11.1.0': {
    series: v1110,
    artefacts: [
      ...files,
      { name: 'ata{psn}.cfg', template: 'mpp-start.tpl', format: 'xml' },
      // What DHCP option 66 calls it, which speaks to phones alike.
      { name: '{psn}.xml', template: 'mpp-start.tpl', format: 'xml' },
    ],
    boot: {
      transports: ['http', 'https', 'tftp'],
      userAgent: 'Cisco/{model}-{version:-} ({serial})',
      vendorClass: 'CISCO {model}-MPP',
      requests: [{ path: ['{psn}.xml', 'ata{psn}.cfg'] }, { path: '{mac}.xml' }, { images: true }],
    },
  },
};

// Others call their files so, too: of Cisco's many addresses only those that these phones were seen with.
const ownMac = '(?<mac>00562b[\\da-f]{6})';

export const recognise = {
  userAgent: [
    // Cisco-CP-7841-3PCC/11.3.1 (00562b043615), and newer Cisco-CP-6841-3PCC/12.0.7 (00562b043615)_FCH1234ABCD_S
    /^Cisco-CP-(?<model>\d{4})-3PCC\/(?<version>\S+) \((?<mac>[\dA-F]{12})\)(?:_(?<serial>[A-Z\d]+)(?:_\w)?)?$/i,
    // Cisco/ATA191-MPP-11-1-0-MSR4 (FCH2443D9R4)
    /^Cisco\/(?<model>ATA19\d)-(?<version>MPP-\S+) \((?<serial>\w+)\)$/,
  ],
  path: [
    /^\/Cisco\/CP-(?<model>\d{4})-3PCC\/(?<mac>[\da-f]{12})\.cfg$/i,
    /^\/(?<model>\d{4})-3PCC\.xml$/,
    /^\/ata(?<model>19[12])\.cfg$/i,
    new RegExp(`^/${ownMac}\\.xml$`, 'i'),
  ],
  query: [new RegExp(`^mac=${ownMac}$`, 'i')],
  vendorClass: [/^CP-(?<model>\d{4})-3PCC/, /^CISCO (?<model>ATA19\d)-MPP/],
} satisfies Recognise;

/** An adapter tells its MAC address only in the name of its own file. */
export function facts({ model, mac, ...found }: Facts, path: string): Facts {
  const named = mac ?? /^\/([\da-f]{12})\.xml$/i.exec(path)?.[1];
  return {
    ...found,
    ...(model !== undefined && { model: /^19\d$/.test(model) ? `ATA${model}` : model }),
    ...(named !== undefined && { mac: named }),
  };
}

export function support({ vendor, model }: DeviceInfo): Support | undefined {
  return vendor === 'Cisco' && model !== undefined && names.includes(model) ? undefined : 100;
}

export const words: Words = {
  settings: { adminPassword: 'Admin_Password', moduleKey: 'Unit_%s_Key_%s_', dictionaries: 'locales' },
  dictionary: { de: 'de-DE', en: 'en-US', es: 'es-ES', fr: 'fr-FR' },
  debugLevel: { critical: 'CRITICAL', error: 'ERROR', warning: 'WARNING', info: 'INFO', debug: 'DEBUG' },
};
