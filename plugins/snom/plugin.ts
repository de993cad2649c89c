import type { Artefact, Boot, DeviceInfo, Facts, Line, Support, Vendor, View } from '../../server/sdk.ts';
import * as dect from './dect.ts';
import { v8_7_5_35, v8_9_3_80, v10_1_54_13, v10_1_175_16, v10_1_184_15, v10_1_198_19, v10_1_215_13 } from './models.ts';

const macPrefixes = ['00:04:13', '00:1a:e8'];
const ownMac = `(?<mac>(?:${macPrefixes.map((prefix) => prefix.replaceAll(':', '')).join('|')})[\\da-f]{6})`;

const own: Boot['requests'] = [
  { path: 'snom{model}-{MAC}.htm' },
  { path: '{MAC}.xml' },
  { path: 'snom{model}-firmware.xml' },
  { images: true },
];
const boot: Boot = {
  transports: ['http', 'https'],
  userAgent: 'Mozilla/4.0 (compatible; snom{model}-SIP {version} 1.1.5-IFX-05.01.12 {MAC})',
  vendorClass: 'snom{model}',
  requests: [{ path: 'snom{model}.htm' }, ...own],
};

const files: readonly Artefact[] = [
  { name: '{MAC}.xml', template: 'phone.tpl', format: 'xml', secret: true },
  { name: 'snom{model}-{MAC}.htm', template: 'own.tpl', format: 'xml' },
  { name: 'snom{model}.htm', template: 'start.tpl', format: 'xml' },
  { name: 'snom{model}-firmware.xml', template: 'firmware.tpl', format: 'xml' },
  { name: '{MAC}-trusted.pem', template: 'trusted.tpl', format: 'text' },
];
const phones = (series: Line['series']): Line => ({ series, artefacts: files });

/** Before firmware 10 languages come from here. */
const oldPhones = (series: Line['series']): Line => ({
  series,
  artefacts: [
    ...files,
    { name: 'gui_lang.xml', template: 'gui-languages.tpl', format: 'xml' },
    { name: 'web_lang.xml', template: 'web-languages.tpl', format: 'xml' },
  ],
  boot: { ...boot, requests: [{ path: 'snom{model}.htm' }, { path: 'gui_lang.xml' }, { path: 'web_lang.xml' }, ...own] },
});

/** Where a phone says itself who it is, what it asks for does not count. */
function facts({ model, mac, ...found }: Facts, path: string): Facts {
  const named = mac ?? new RegExp(`^/(?:snom\\w+-)?${ownMac}\\.(?:htm|xml)$`, 'i').exec(path)?.groups?.mac;
  return { ...found, ...(model !== undefined && { model: model.toUpperCase() }), ...(named !== undefined && { mac: named }) };
}

/** Phones with firmware before 7 read no XML, and bases are no phones. */
function support(info: DeviceInfo, line: Line): Support | undefined {
  const { vendor, version = '' } = info;
  if (vendor !== 'Snom') return undefined;
  const isLineOfBases = Object.values(dect.lines).includes(line);
  if (info.model !== undefined && dect.isBase(info) !== isLineOfBases) return 100;
  // A base's releases are counted otherwise.
  return !isLineOfBases && /^[0-6]\./.test(version) ? 0 : undefined;
}

/** The account that takes over for each that has a backup: one that nobody has, those after the last one first. There may be none left. */
function backupsOf({ lines, model }: View): ReadonlyMap<number, number> {
  const taken = new Set(lines.map(({ number }) => number));
  const last = Math.max(0, ...taken);
  const most = model?.lines ?? last + lines.length;
  const numbers = Array.from({ length: most }, (_, at) => ((last + at) % most) + 1).filter((number) => !taken.has(number));
  const having = lines.filter(({ backupProxy, number }) => backupProxy !== null && number <= most);
  return new Map(having.slice(0, numbers.length).map(({ number }, at) => [number, numbers[at] ?? 0]));
}

export default {
  vendor: 'Snom',
  version: '1.0.0',
  description: {
    en: 'Snom desk phones 3xx, 7xx, 8xx, D1xx to D8xx, MP and PA1, and DECT bases M300, M400, M700 and M900',
    fr: 'Téléphones de bureau Snom 3xx, 7xx, 8xx, D1xx à D8xx, MP et PA1, bases DECT M300, M400, M700 et M900',
  },
  macPrefixes,

  recognise: {
    userAgent: [
      // Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 000413922D24 SXM:0 UXM:0), of old without the address
      /^Mozilla\/4\.0 \(compatible; snom(?<model>\w+)-SIP (?<version>\d[\d.]*)(?:[^)]* (?<mac>[\dA-F]{12})\b)?/,
      // Mozilla/4.0 (compatible; Snom M900 05.20.0001 000413b60680)
      /^Mozilla\/4\.0 \(compatible; [Ss]nom ?(?<model>M\d{3}) (?<version>\d[\d.]*) (?<mac>[\da-f]{12})\)/i,
    ],
    path: [
      new RegExp(`^/snom(?<model>\\w+)-${ownMac}\\.htm$`, 'i'),
      /^\/snom(?<model>[A-Z]{0,2}\d{1,3})(?:-firmware)?\.(?:htm|xml)$/i,
      // Others name their files so, too.
      new RegExp(`^/${ownMac}\\.xml$`, 'i'),
    ],
    query: [new RegExp(`^mac=${ownMac}$`, 'i')],
    vendorClass: [/^snom-?(?<model>[A-Z]{0,2}\d{1,3})$/i],
  },
  facts,
  support,

  plugins: {
    'snom-10.1.215.13': phones(v10_1_215_13),
    'snom-10.1.198.19': phones(v10_1_198_19),
    'snom-10.1.184.15': phones(v10_1_184_15),
    'snom-10.1.175.16': phones(v10_1_175_16),
    'snom-10.1.54.13': phones(v10_1_54_13),
    'snom-8.9.3.80': oldPhones(v8_9_3_80),
    'snom-8.7.5.35': oldPhones(v8_7_5_35),
    ...dect.lines,
  },

  boot,

  words: {
    srtp: { disabled: 'off', preferred: 'on', required: 'on' },
    savp: { disabled: 'mandatory', preferred: 'optional', required: 'mandatory' },
    // Of bases in one word.
    baseSrtp: { disabled: 'off', preferred: 'optional', required: 'on' },
    dtmf: { 'RTP-in-band': 'off', 'RTP-out-of-band': 'off', 'SIP-INFO': 'sip_info_only' },
    syslogLevel: { critical: 2, error: 3, warning: 4, info: 6, debug: 9 },
  },
  locales: {
    screen: { de: 'Deutsch', en: 'English', es: 'Espanol', fr: 'Français', it: 'Italiano', nl: 'Dutch' },
    base: { de: 'Deutsch', en: 'English', es: 'Espanol', fr: 'Francais', it: 'Italiano', nl: 'Dutch' },
    tones: {
      AU: 'AUS',
      AT: 'AUT',
      CA: 'USA',
      CH: 'SWI',
      DE: 'GER',
      DK: 'DNK',
      ES: 'ESP',
      FR: 'FRA',
      GB: 'GBR',
      IN: 'IND',
      IT: 'ITA',
      JP: 'JPN',
      MX: 'MEX',
      NL: 'NLD',
      NO: 'NOR',
      NZ: 'NZL',
      SE: 'SWE',
      US: 'USA',
    },
    directory: { en: 'Directory', fr: 'Annuaire', es: 'Directorio', de: 'Verzeichnis', it: 'Rubrica', nl: 'Adresboek' },
    mailbox: { en: 'Voicemail', fr: 'Messagerie' },
  },
  servers: ['proxy', 'registrar', 'outboundProxy'],
  extra: (view: View) => ({ ...dect.extra(view), backups: backupsOf(view) }),

  dhcp: { 66: '{server.url}/' },
  pnp: '{server.url}/',
  resync: { event: 'check-sync;reboot=false', restart: { event: 'check-sync;reboot=true' } },
} satisfies Vendor;
