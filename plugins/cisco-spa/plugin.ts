import type { Artefact, Boot, DeviceInfo, Facts, Line, Support, Vendor } from '../../server/sdk.ts';
import * as ata190 from './ata190.ts';
import { legacy, names, pap2t, spa100, spa2102, spa3102, spa8000, spa8800, v755 } from './models.ts';

const own = { name: '{mac}.xml', template: 'phone.tpl', format: 'xml', secret: true } as const;
const files: readonly Artefact[] = [
  own,
  { name: 'spa{psn}.cfg', template: 'start.tpl', format: 'xml' },
  { name: '{mac}-trusted.pem', template: 'trusted.tpl', format: 'text' },
];

/** Of old, phones read Latin-1. */
const latin: Line['artefacts'] = files.map((file) => (file === own ? { ...own, encoding: 'iso-8859-1' } : file));

const requests: Boot['requests'] = [{ path: 'spa{psn}.cfg' }, { path: '{mac}.xml' }, { images: true }];
const linksys = (userAgent: string, first = requests): Boot => ({
  transports: ['http', 'https', 'tftp'],
  userAgent,
  requests: first,
});

/** What files of one model only tell by their names. */
const byFile = new Map([
  ['INIT', 'PAP2T'],
  ['SPAPAP2T', 'PAP2T'],
  ['ATA', 'ATA190'],
]);

/** SPA-942, SPA525g and CISCO SPA122 are written otherwise on the boxes that they come in. */
function modelOf(found: string): string {
  const plain = found.replace('-', '').toUpperCase();
  return byFile.get(plain) ?? plain;
}

/** A serial number may look like a MAC address; the MAC stands in the name of the phone's own file, too. */
function facts({ model, mac, ...found }: Facts, path: string): Facts {
  const named = mac ?? /^\/([\da-f]{12})\.xml$/i.exec(path)?.[1];
  return { ...found, ...(model !== undefined && { model: modelOf(model) }), ...(named !== undefined && { mac: named }) };
}

/** Requests that tell no model are rather those of phones with SCCP, and a model that is not in the table has a first file of another name. */
function support({ vendor, model }: DeviceInfo): Support | undefined {
  return vendor === 'Cisco' && model !== undefined && names.includes(model) ? undefined : 100;
}

export default {
  vendor: 'Cisco',
  version: '1.0.0',
  description: {
    en: 'Cisco and Linksys SPA phones 301 to 525G2 and 9xx, and adapters PAP2T, SPA112 to SPA8800 and ATA190',
    fr: 'Téléphones SPA 301 à 525G2 et 9xx et adaptateurs PAP2T, SPA112 à SPA8800 et ATA190 de Cisco et Linksys',
  },

  recognise: {
    userAgent: [
      // Cisco/SPA508G-7.4.8a (0002FDFF2103)(CBT141400UK), Cisco/SPA525G-7.4.7 (CBT141900G7), and others with digits in small letters
      /^Cisco\/(?<model>SPA\w+)-(?<version>\S+) (?:\((?<mac>[\dA-F]{12})\))?\((?<serial>\w+)\)$/i,
      // Linksys/SPA-942-6.1.5(a) (88019FA42805), Linksys/PAP2T-5.1.6 (FH500M123456)
      /^Linksys\/(?<model>SPA-?\w+|PAP2T)-(?<version>[^\s-]+) \((?<serial>\w+)\)$/,
    ],
    path: [/^\/(?<model>spa(?:PAP2T|\d{3,4}\w{0,2}))\.cfg$/i, /^\/(?<model>init)\.cfg$/, ...ata190.path],
    // Cisco SPA508G, CISCO SPA122, LINKSYS SPA-942, Cisco ATA190
    vendorClass: [/^(?:CISCO|Cisco|LINKSYS) (?<model>SPA-?\d{3,4}\w{0,2}|ATA190)/],
  },
  facts,
  support,

  plugins: {
    'cisco-spa-7.5.5': { series: v755, artefacts: files },
    'cisco-spa-legacy': { series: legacy, artefacts: latin, boot: linksys('Linksys/{model}-{version} ({serial})') },
    'cisco-pap2t-5.1.6': {
      series: pap2t,
      artefacts: [...files, { name: 'init.cfg', template: 'start.tpl', format: 'xml' }],
      boot: linksys('Linksys/{model}-{version} ({serial})', [{ path: 'init.cfg' }, { path: '{mac}.xml' }, { images: true }]),
    },
    'cisco-spa100-1.3.5p': { series: spa100, artefacts: files },
    'cisco-spa2102-5.2.12': { series: spa2102, artefacts: files, boot: linksys('Linksys/{model}-{version} ({serial})') },
    'cisco-spa3102-5.1.10': { series: spa3102, artefacts: files, boot: linksys('Linksys/{model}-{version} ({serial})') },
    'cisco-spa8000-6.1.11': { series: spa8000, artefacts: files },
    'cisco-spa8800-6.1.7': { series: spa8800, artefacts: files },
    'cisco-ata190-1.2.2': ata190.line,
  },

  boot: {
    transports: ['http', 'https', 'tftp'],
    userAgent: 'Cisco/{model}-{version} ({MAC})({serial})',
    vendorClass: 'Cisco {model}',
    requests,
  },

  words: {
    settings: { adminPassword: 'Admin_Passwd', moduleKey: 'Unit_%s_Key_%s', dictionaries: 'i18n' },
    dictionary: { de: 'de', en: 'en', es: 'es', fr: 'fr' },
    debugLevel: { critical: 0, error: 0, warning: 1, info: 2, debug: 3 },
  },
  servers: ['proxy', 'backupProxy', 'outboundProxy'],

  dhcp: { 66: '{server.url}/spa$PSN.cfg' },
  resync: { event: 'check-sync', restart: { event: 'reboot_now' } },
} satisfies Vendor;
