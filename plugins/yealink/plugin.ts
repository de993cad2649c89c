import type { Facts, LineView, Vendor, View } from '../../server/sdk.ts';
import { modelOfCommonFile, v84, v85, v86, v87 } from './models.ts';

const macPrefixes = [
  '00:15:65',
  '24:9a:d8',
  '34:97:d7',
  '44:db:d2',
  '64:4f:56',
  '80:5e:0c',
  '80:5e:c0',
  'b0:61:a9',
  'c4:fc:22',
  'e4:34:d7',
  'ec:1d:a9',
  'f0:16:53',
];
const ownMac = `(?<mac>(?:${macPrefixes.map((prefix) => prefix.replaceAll(':', '')).join('|')})[\\da-f]{6})`;

/** A common file tells a model by its number; a name with a MAC alone, nothing but the MAC. */
function facts({ vendor, ...found }: Facts): Facts | undefined {
  const { model, version, mac } = found;
  if (mac !== undefined && model === undefined) return { mac };
  if (version === undefined && model !== undefined && /^\d{3}$/.test(model)) {
    const name = modelOfCommonFile(model);
    return { ...(vendor && { vendor }), ...(name && { model: name }) };
  }
  return { ...(vendor && { vendor }), ...found };
}

/** What the phone shows for an account: as provd's plugin of that line has it, so that no screen changes on the way from there. */
function labelOf({ extension, displayName }: LineView, { plugin, model }: View): string {
  if (plugin.id === 'yealink-v84' || plugin.id === 'yealink-v85') return extension ?? displayName;
  return plugin.id === 'yealink-v87' && model?.dect && extension !== null ? `${extension} ${displayName}` : displayName;
}

// Where Spanish is spoken in America.
const countries = 'AR BO CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV US UY VE'.split(' ');
const latinAmerica = Object.fromEntries(countries.map((country) => [`es_${country}`, 'Spanish_LA']));

export default {
  vendor: 'Yealink',
  version: '1.0.0',
  description: {
    en: 'Yealink desk phones T1x to T8x, conference phones CP, Wi-Fi handsets AX and DECT bases W, firmware 84 to 87',
    fr: 'Téléphones Yealink T1x à T8x, de conférence CP, Wi-Fi AX et bases DECT W, micrologiciels 84 à 87',
  },
  macPrefixes,

  recognise: {
    userAgent: [
      // Yealink SIP-T46U 108.86.0.90 44:db:d2:67:58:4b, Yealink SIP VP-T49G 51.80.0.10 00:15:65:9b:5a:44, Yealink W60B 77.81.0.35 80:…
      // The MAC is left out when static.auto_provision.user_agent_mac.enable is 0.
      /^yealink\s+(?:SIP(?: VP)?-)?(?<model>\w+)\s+(?<version>\d[\d.]*)(?:\s+(?<mac>(?:[\da-f]{2}:){5}[\da-f]{2}))?$/i,
      // Yealink-T46G 28.71.0.81 28.1.0.128.0.0.0: the release of the hardware instead of a MAC
      /^yealink-(?<model>\w+)\s+(?<version>\d[\d.]*)\s+\d[\d.]*$/i,
      // VP530P 23.70.0.40 00:15:65:31:4b:c0
      /^(?<model>VP530P?|W60B)\s+(?<version>\d[\d.]*)\s+(?<mac>(?:[\da-f]{2}:){5}[\da-f]{2})$/,
    ],
    path: [
      // /0015654c4c26.cfg, .boot, -local.cfg and -contact.xml, but only of Yealink's own addresses: other vendors name theirs so, too.
      new RegExp(`^/${ownMac}(?:\\.cfg|\\.boot|-[\\w-]+\\.\\w+)$`, 'i'),
      // /y000000000108.cfg: here the number of the model's common file
      /^\/y000000000(?<model>\d{3})\.(?:cfg|boot)$/,
    ],
    // yealink, and yealink SIP-T46S where it is set so
    vendorClass: [/^yealink(?:\s+(?:SIP-)?(?<model>[A-Z]\w+))?$/i],
  },
  facts,

  plugins: {
    'yealink-v84': { series: v84 },
    'yealink-v85': { series: v85 },
    'yealink-v86': { series: v86 },
    'yealink-v87': { series: v87 },
  },

  artefacts: [
    { name: '{mac}.cfg', template: 'phone.tpl', format: 'lines', secret: true },
    { name: 'y000000000{common}.cfg', template: 'common.tpl', format: 'lines' },
    { name: 'directory_setting.xml', template: 'directory.tpl', format: 'xml' },
    { name: '{mac}-trusted.pem', template: 'trusted.tpl', format: 'text' },
    { name: '{mac}-device.pem', template: 'device.tpl', format: 'text', secret: true },
  ],

  boot: {
    transports: ['http', 'https', 'tftp'],
    userAgent: 'Yealink {product} {version} {mac::}',
    vendorClass: 'yealink',
    requests: [
      { path: ['{mac}.boot', 'y000000000000.boot'], optional: true },
      { path: 'y000000000{common}.cfg', optional: true },
      { path: '{mac}.cfg' },
      { images: true },
      { path: 'directory_setting.xml', optional: true },
    ],
  },

  words: {
    transport: { udp: 0, tcp: 1, tls: 2 },
    srtp: { disabled: 0, preferred: 1, required: 2 },
    dtmf: { 'RTP-in-band': 0, 'RTP-out-of-band': 1, 'SIP-INFO': 2 },
    key: { park: 10, speeddial: 13, blf: 16 },
    /** Types of key that the vocabulary has no word for. */
    ownKey: { none: 0, dtmf: 11, line: 15 },
    syslogLevel: { critical: 2, error: 3, warning: 4, info: 6, debug: 6 },
  },

  locales: {
    // The fourteen that the language packs of line 84 have (000.GUI.English.lang, …).
    screen: {
      en: 'English',
      zh: 'Chinese_S',
      zh_TW: 'Chinese_T',
      zh_HK: 'Chinese_T',
      zh_MO: 'Chinese_T',
      fr: 'French',
      fr_CA: 'French_CA',
      de: 'German',
      it: 'Italian',
      pl: 'Polish',
      pt: 'Portuguese',
      pt_BR: 'Portuguese_LA',
      es: 'Spanish',
      ...latinAmerica,
      tr: 'Turkish',
      ru: 'Russian',
    },
    handset: { en: 0, fr: 1, de: 2, it: 3, pl: 4, pt: 5, es: 6, tr: 7 },
    tones: {
      AT: 'Austria',
      AU: 'Australia',
      BE: 'Belgium',
      BR: 'Brazil',
      // Canada has the tones of the United States, and the phone no word for it.
      CA: 'United States',
      CH: 'Switzerland',
      CL: 'Chile',
      CN: 'China',
      CZ: 'Czech',
      DE: 'Germany',
      DK: 'Denmark',
      ES: 'Spain',
      FI: 'Finland',
      FR: 'France',
      GB: 'Great Britain',
      GR: 'Greece',
      HU: 'Hungary',
      IN: 'India',
      IT: 'Italy',
      JP: 'Japan',
      LT: 'Lithuania',
      MX: 'Mexico',
      NL: 'Netherlands',
      NO: 'Norway',
      NZ: 'New Zealand',
      PT: 'Portugal',
      RU: 'Russia',
      SE: 'Sweden',
      US: 'United States',
    },
  },

  servers: ['proxy', 'backupProxy', 'outboundProxy'],
  extra: (view) => ({ labels: new Map(view.lines.map((line) => [line.number, labelOf(line, view)])) }),

  dhcp: { 66: '{server.url}' },
  // Auto provisioning guide, "SIP NOTIFY": with reboot=true the phone restarts, whatever has changed.
  resync: { event: 'check-sync', restart: { event: 'check-sync;reboot=true' } },
} satisfies Vendor;
